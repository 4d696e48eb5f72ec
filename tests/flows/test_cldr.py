"""Days, months and dates as the Unicode CLDR writes them in each language are read as what they are."""

from datetime import date

import pytest
from babel.dates import format_date, get_day_names, get_month_names

from flows.grammar.understand import context_on, understand
from locales import languages

TODAY = date(2026, 11, 23)
CODES = tuple(code for code, each in languages.load().items() if not each.only_spoken)
DAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")
DATES = tuple(date(2027, month, 3 + 2 * month) for month in range(1, 13))
LOOSE = {  # abbreviations that nobody types, or that are another word as well
    ("ku", "medium"), ("ku", "long"), ("ku", "full"), ("so", "medium"), ("ps", "full"),
}  # fmt: skip


@pytest.mark.parametrize("form", ["full", "long", "medium"])
@pytest.mark.parametrize("code", CODES)
def test_a_date_is_read_as_it_is_written(code: str, form: str) -> None:
    context = context_on(TODAY, code)
    for day in DATES:
        text = format_date(day, form, locale=code)
        read = understand("date", text, context)
        assert read == day.isoformat() or (read is None and (code, form) in LOOSE), text


@pytest.mark.parametrize("code", CODES)
def test_a_month_is_read_by_its_name(code: str) -> None:
    context = context_on(TODAY, code)
    for where in ("format", "stand-alone"):
        for number, name in get_month_names("wide", where, code).items():
            assert understand("date", f"{name} 2027", context) == f"2027-{number:02}", name


@pytest.mark.parametrize("code", CODES)
def test_a_weekday_is_read_by_its_name(code: str) -> None:
    context = context_on(TODAY, code)
    for number, name in get_day_names("wide", "stand-alone", code).items():
        if (code, name) != ("ps", "اونۍ"):  # CLDR's Saturday; the same word is the week
            assert understand("weekdays_parts", name, context) == [[DAYS[number], "day"]], name


def test_a_weekday_that_does_not_fit_its_date_is_asked_again() -> None:
    context = context_on(TODAY, "en")
    assert understand("date", "Sunday, April 11, 2027", context) == "2027-04-11"
    assert understand("date", "Monday, April 11, 2027", context) is None
