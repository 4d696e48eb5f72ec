"""Exports that ask for too much: what is refused, what is hidden, and what must be the same twice."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from intake import exporting, public, publishing, reports
from intake.installation import Installation
from intake.public import TooSmall, protect
from intake.reports import Wanted, WrongReport
from intake.settings import Settings
from storage import desks, registrations
from storage.database import Database
from storage.keys import Keys
from tests.intake.pages import Browser, text_us
from tests.intake.test_public import FLAGS, attack, large, many
from tests.intake.test_reports import NOW, filled

__all__ = ["filled"]  # the fixture
CASES = {
    each["id"]: each
    for each in map(json.loads, Path(__file__).with_name("bad_exports.jsonl").read_text("utf-8").splitlines())
}
DOWNLOADS = (
    "/reports/counts.csv", "/reports/counts.xlsx", "/reports/requests.csv", "/reports/template",
    "/reports/template/counts.csv", "/reports/template/counts.xlsx",
)  # fmt: skip
ASKED = [each for each in CASES.values() if each["request"]["query"] not in ("", "desk=tiny")]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("case", ASKED, ids=lambda case: case["id"])
def test_a_choice_that_an_export_does_not_have_is_refused_by_name(somebody: Browser, case: dict[str, Any]) -> None:
    """Periods of one's own, groups, formats, a lower threshold: exports know whole years, desks and definitions."""
    somebody.sign_in()
    name = case["request"]["query"].partition("=")[0]
    for address in DOWNLOADS:
        answer = somebody.client.get(f"{address}?{case['request']['query']}")
        assert answer.status_code == 422 and f"Deze keuze kennen we niet: {name}." in answer.text, address


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_day_that_is_none_is_refused(somebody: Browser) -> None:
    somebody.sign_in()
    assert somebody.client.get("/reports/counts.csv?as_of=2027-02-31").status_code == 422
    assert somebody.client.get("/reports/counts.csv?year=2026&desk=../../x").status_code == 404


def test_no_setting_lowers_the_threshold() -> None:  # exp-007
    with pytest.raises(ValidationError):
        Settings(public_threshold=CASES["exp-007"]["expect"]["k_used_min"] - 1)
    assert CASES["exp-007"]["expect"]["k_used_min"] == public.LEAST


def test_a_part_of_a_year_is_never_published(filled: Database, here: Installation) -> None:  # exp-008
    many(filled, here)
    for more in ({"as_of": NOW.date() - timedelta(days=1)}, {"known_on": NOW - timedelta(days=1)}):
        with pytest.raises(WrongReport, match="one fixed day"):
            publish(filled, here, **more)


def test_the_total_of_a_tiny_desk_is_hidden(filled: Database, here: Installation) -> None:  # exp-011
    with pytest.raises(WrongReport, match="fewer than 10"):
        publish(filled, here, desk="gent")


def test_all_but_one_hides_the_one(here: Installation) -> None:  # exp-012
    table = large()
    table["vulnerable"] = {"unique": 89, "unanswered": 36, "open_start_to_come": 18, "open_start_passed": 13,
                           "unreachable": 8, "flag_unknown": 10}  # fmt: skip  # of 100: one says no
    hidden = {str(cell) for cell in protect(table, 5, parts_are_disjoint=True)}
    assert hidden & {"vulnerable.unique", "vulnerable.flag_unknown"}
    assert attack(table, hidden, {("vulnerable", "no"): 1}) >= 5


def test_a_zero_is_shown(here: Installation) -> None:  # exp-013: none is nobody; docs/decisions/0009
    assert protect(large(unreachable=0, unanswered=0), 5, parts_are_disjoint=True) == frozenset()
    with pytest.raises(TooSmall):
        protect({row: dict.fromkeys(reports.COLUMNS, 0) for row in ("all", *FLAGS)}, 5, parts_are_disjoint=True)


def test_the_same_export_twice_is_the_same_bytes(filled: Database, here: Installation) -> None:  # exp-017
    def requests() -> str:
        with filled.read() as session:
            every = frozenset(each.id for each in desks.everything(session))
            return "".join(exporting.as_csv(exporting.registrations(session, here, 2025, None, every)))

    assert requests() == requests() and requests().count("\n") > 9
    many(filled, here)
    assert publish(filled, here) == publish(filled, here, now=NOW + timedelta(days=40))


def test_a_request_of_new_years_eve_is_of_the_old_year_in_brussels(database: Database, here: Installation) -> None:
    put(database, here)  # exp-019
    text_us(
        database,
        here,
        "+32470000091",
        "dag",
        "1",
        "02-2026",
        "9000",
        "1",
        at=datetime.fromisoformat("2026-12-31T23:30+01:00"),
    )
    assert [uniques(database, here, year, None) for year in (2026, 2027)] == [1, 0]


def test_a_request_that_moved_counts_once(database: Database, keys: Keys, here: Installation) -> None:  # exp-021
    put(database, here)
    id_ = text_us(
        database,
        here,
        "+32470000092",
        "dag",
        "1",
        "02-2026",
        "9000",
        "1",
        at=datetime.fromisoformat("2026-03-02T09:00+01:00"),
    )
    with database.read() as session:
        aalst = next(each.id for each in desks.everything(session) if each.slug == "aalst")
    database.write(lambda session: registrations.move(session, keys, id_, aalst, NOW)).result()
    assert [uniques(database, here, 2026, desk) for desk in (None, "gent", "aalst")] == [1, 0, 1]


def put(database: Database, here: Installation) -> None:
    def work(session: Any) -> None:
        desks.add(session, here.keys, NOW, "gent", "Gent", "+3290000001", ["9000"], desks.Choices())
        desks.add(session, here.keys, NOW, "aalst", "Aalst", "+3290000002", ["9300"], desks.Choices())

    database.write(work).result()


def uniques(database: Database, here: Installation, year: int, desk: str | None) -> int | None:
    with database.read() as session:
        every = frozenset(each.id for each in desks.everything(session))
        now = datetime.fromisoformat("2028-03-01T12:00+01:00")
        return reports.counts(session, here, Wanted(year, desk), now, every).measures[0].unique


def publish(database: Database, here: Installation, now: datetime = NOW, **more: Any) -> str:
    with database.read() as session:
        every = frozenset(each.id for each in desks.everything(session))
    work = publishing.publish
    return database.write(lambda session: work(session, here, Wanted(2025, **more), now, every, 5)).result().as_csv()
