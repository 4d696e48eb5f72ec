"""Opening hours as a week: what a coordinator types, what stands in the settings, and back."""

from datetime import UTC, date, datetime

import pytest

from flows import week
from flows.week import OtherDays, Week
from intake import opening_hours

WEEK = Week(
    ("09:00-16:00",) * 2 + ("09:00-12:00,13:00-19:00",) + ("09:00-16:00",) * 2 + ("", ""), True,
    (OtherDays(date(2026, 11, 2), date(2026, 11, 2), "09:00-12:00"), OtherDays(date(2026, 12, 24), date(2027, 1, 3))),
)  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("9-12, 13u30-16u", "09:00-12:00,13:30-16:00"), ("9u tot 12u en 13 - 16", "09:00-12:00,13:00-16:00"),
        ("9.00–12.30", "09:00-12:30"), ("0:00-24:00", "00:00-24:00"), ("", ""), ("9", None), ("12-9", None),
        ("9-25", None), ("9:75-12", None), ("9-12 11-13", None), ("in de voormiddag", None),
    ],
)  # fmt: skip
def test_times_are_read_as_people_type_them(typed: str, read: str | None) -> None:
    assert week.read_times(typed) == read


def test_a_week_goes_to_openstreetmaps_way_and_back() -> None:
    hours = week.write(WEEK)
    assert hours == (
        "Mo-Tu 09:00-16:00; We 09:00-12:00,13:00-19:00; Th-Fr 09:00-16:00; PH off; "
        "2026 Nov 02 09:00-12:00; 2026 Dec 24-2027 Jan 03 off"
    )
    assert opening_hours.is_valid(hours) and week.parse(hours) == WEEK


def test_a_later_rule_goes_before_an_earlier_one() -> None:
    found = week.parse("Mo-Fr 09:00-16:00; We off; Sa,Su 10:00-11:00")
    assert found and found.days == ("09:00-16:00",) * 2 + ("",) + ("09:00-16:00",) * 2 + ("10:00-11:00",) * 2
    assert list(week.spans(found)) == [(0, 1, "09:00-16:00"), (3, 4, "09:00-16:00"), (5, 6, "10:00-11:00")]


@pytest.mark.parametrize("hours", ["24/7", "Mo[1] 09:00-10:00", "Mo-Fr 09:00+", "2026 Feb 30 off", "week 1-20 Mo 9-10"])
def test_what_a_week_cannot_hold_stays_as_it_was_written(hours: str) -> None:
    assert week.parse(hours) is None


def test_nobody_is_there_without_times() -> None:
    assert week.write(Week()) == "" and week.parse("") == Week()


def test_a_desk_that_never_closes_or_never_opens_has_no_next_opening() -> None:
    now = datetime(2026, 11, 30, 10, 30, tzinfo=UTC)
    assert [
        opening_hours.next_opening(hours, now)
        for hours in ("24/7", "Mo-Su 00:00-24:00", "off", "2020 Mar 01 09:00-12:00", "")
    ] == [None] * 5
    assert opening_hours.next_opening("Mo-Fr 09:00-12:00,13:00-16:00", now) == datetime(2026, 11, 30, 12, tzinfo=UTC)
