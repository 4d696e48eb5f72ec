"""The yearly counts seen from other sides: divided, overlapping, over the years, as worklists, as charts, on paper."""

import re
from datetime import date, datetime, timedelta
from xml.etree import ElementTree

import pytest
from sqlmodel import select

from flows.engine.turn import local_day
from intake import breakdowns, importing, reports
from intake.breakdowns import age
from intake.installation import Installation
from intake.reports import Wanted
from intake.web import charts
from intake.web.charts import Bar
from storage import clock, desks, staff
from storage.database import Database, Session
from storage.keys import Keys
from storage.models import Fact, StaffDesk
from tests.intake.pages import Browser
from tests.intake.test_mirror import facts
from tests.intake.test_reports import NOW, filled

__all__ = ["filled"]  # the fixture
HEADER = "external_reference,desk,asked_on,channel,language,birth,postcode,start,urgent,extended,vulnerable,outcome,outcome_reason,outcome_on"
ROWS = (
    "A,gent,2021-03-01,sms,nl,2021-01,9000,2021-09,yes,no,no,no_place,full,2021-10-01",
    "B,gent,2022-03-01,voice,fr,2022-01,9000,2022-09,yes,yes,yes,placed_other_municipality,,2022-10-01",
    "C,gent,2023-03-01,sms,nl,2022-11,9000,2023-09,no,no,no,placed_other_municipality,,2023-10-01",
    "D,gent,2024-03-05,sms,nl,2023-01,9000,2024-05,yes,no,no,,,",
    "E,gent,2024-02-01,sms,tr,2022-01,9030,2024-05,no,no,no,,,",
    "F,gent,2024-03-01,desk,tr,due:2024-08,9030,2024-05,yes,yes,no,,,",
    "G,gent,2024-11-01,desk,nl,2019-01,9030,2025-01,no,yes,unknown,no_place,days,2025-01-10",
    *(
        f"N{n},gent,2024-05-0{n},sms,nl,2024-01,9000,2024-09,no,no,no,informal_solution,,2024-09-01"
        for n in range(1, 6)
    ),
)


@pytest.fixture
def register(database: Database, keys: Keys, here: Installation) -> Database:
    """Four years of requests at one desk."""

    def work(session: Session) -> None:
        desks.add(session, keys, NOW, "gent", "Gent", "+3290000001", ["9000"], desks.Choices())

    database.write(work).result()
    fill(database, here)
    return database


def fill(database: Database, here: Installation) -> None:
    sent = "\n".join((HEADER, *ROWS)).encode()
    assert database.write(lambda session: importing.run(session, here, sent, NOW)).result().added == len(ROWS)


def every_desk(session: Session) -> frozenset[str]:
    return frozenset(desk.id for desk in desks.everything(session))


def test_the_parts_of_a_year_make_the_year(register: Database, here: Installation) -> None:
    with register.read() as session:
        every = every_desk(session)
        whole = reports.counts(session, here, Wanted(2024), NOW, every).everybody
        found = {each.by: each.parts for each in breakdowns.breakdowns(session, here, Wanted(2024), NOW, every)}
    assert list(found) == ["month", "language", "channel", "postcode", "age"]
    for by, parts in found.items():
        told = (sum(part.unique for part in parts), sum(part.unanswered or 0 for part in parts))
        assert told == (whole.unique, whole.unanswered) == (9, 6), by
    assert [part.key for part in found["month"]] == [f"2024-{month:02}" for month in range(1, 13)]
    assert [(part.key, part.unique) for part in found["language"]] == [
        ("nl", 7),
        ("rest", 2),
    ]  # a small one is not told
    assert [(part.key, part.unique) for part in found["channel"]] == [("sms", 7), ("desk", 2)]
    assert [(part.key, part.unanswered) for part in found["postcode"]] == [("9000", 5), ("9030", 1)]
    assert {part.key: part.unique for part in found["age"]} == {"expected": 1, "0": 5, "1": 1, "2": 1, "3": 1}


@pytest.mark.parametrize(
    ("asked_on", "quarter", "expected"),
    [("2025-03-31", "2025-Q2", "expected"), ("2025-04-01", "2025-Q2", "0"), ("2025-04-01", "2024-Q3", "0"),
     ("2025-04-01", "2024-Q2", "1"), ("2025-04-01", "2019-Q1", "3"), ("2025-04-01", "", "")],
)  # fmt: skip
def test_an_age_is_told_to_the_quarter(asked_on: str, quarter: str, expected: str) -> None:
    assert age(date.fromisoformat(asked_on), quarter) == expected


def test_each_year_is_counted_by_its_own_definition_and_says_when_it_changed(
    register: Database, here: Installation
) -> None:
    with register.read() as session:
        found = breakdowns.years(session, here, Wanted(2024), NOW, every_desk(session))
    assert [(each.year, each.unique, each.unanswered, each.is_other) for each in found] == [
        (2021, 1, None, False), (2022, 1, 1, True), (2023, 1, 0, True), (2024, 9, 6, False),
    ]  # fmt: skip
    assert found[-1].as_of == date(2025, 1, 31)


def test_every_request_is_in_so_many_categories(register: Database, here: Installation) -> None:
    with register.read() as session:
        report = reports.counts(session, here, Wanted(2024), NOW, every_desk(session))
        twice = reports.counts(session, here, Wanted(2022), NOW, every_desk(session))
    assert [(each.categories, each.unique, each.unanswered) for each in report.overlap] == [
        (0, 6, 5), (1, 2, 1), (2, 1, 0), (3, 0, 0),
    ]  # fmt: skip
    assert [each.unique for each in twice.overlap] == [0, 0, 0, 1]


def test_a_worklist_begins_with_what_matters_most(register: Database, here: Installation) -> None:
    with register.read() as session:
        found = reports.behind(
            session, here, Wanted(2024), NOW, every_desk(session), reports.ALL, "open_start_passed"
        )  # fmt: skip
    assert [(each.lines, each.since) for each in found] == [
        (("urgent", "extended"), date(2024, 3, 1)), (("urgent",), date(2024, 3, 5)), ((), date(2024, 2, 1)),
    ]  # fmt: skip


@pytest.mark.parametrize("draw", [charts.lying, charts.standing])
def test_a_chart_says_in_words_what_it_draws(draw: object) -> None:
    bars = [Bar("<Één>", 40, 10, "10 van 40"), Bar("twee", 0, 0, "0"), Bar("drie", 8, None, "8", "andere definitie")]
    svg = str(draw("id", "Per <maand>", bars))  # type: ignore[operator]
    root = ElementTree.fromstring(svg)
    names = {each.tag: each.text for each in root if each.tag in ("title", "desc")}
    assert names == {"title": "Per <maand>", "desc": "<Één>: 10 van 40; twee: 0; drie: 8 (andere definitie)"}
    assert root.get("role") == "img" and root.get("aria-labelledby") == "id-title id-told"
    assert "style" not in svg and "script" not in svg
    rects = [each for each in root if each.tag == "rect"]
    assert [each.get("class") for each in rects] == ["whole", "part", "whole"]
    size = "width" if draw is charts.lying else "height"
    whole, part, small = (float(str(each.get(size)).rstrip("%")) for each in rects)
    assert part == pytest.approx(whole / 4, abs=0.1) and small == pytest.approx(whole / 5, abs=0.1)


def test_a_chart_of_nothing_is_a_chart() -> None:
    assert "<rect" not in charts.standing("a", "Niets", []) + charts.lying("b", "Niets", [Bar("nul", 0, 0, "0")])


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_coordinator_looks_at_the_counts_from_every_side(
    somebody: Browser, database: Database, here: Installation
) -> None:
    fill(database, here)
    somebody.sign_in()
    page = somebody.get("/reports?year=2024")
    assert "In twee categorieën 1 0" in page and "3 Alle aanvragen" in page and "6 van 9" in page
    assert 'aria-current="page">Tabel' in somebody.page.text
    page = somebody.get("/reports/requests?year=2024&measure=all&column=open_start_passed")
    assert page.index("1 maart 2024") < page.index("5 maart 2024") < page.index("1 februari 2024")
    assert "niemand noteerde wat ervan kwam" in page
    page = somebody.get("/reports/divided?year=2024")
    assert "Nederlands 7 6 Alle andere samen 2 0" in page and "Nog niet geboren 1 0" in page and "okt 2024 0 0" in page
    page = somebody.get("/reports/years?year=2024")
    assert "2022 1 1 Opgroeien, 2022 andere definitie" in page and "kunt u de aantallen" in page
    assert "andere definitie" not in somebody.get("/reports/years?year=2024&definition=bruto")
    page = somebody.get("/reports/definitions?year=2024")
    assert "Opgroeien, vanaf 2023 gebruikt voor 2024" in page and "Niet zeker:" in page and "Kwetsbaar gezin" in page
    for part in ("divided", "years", "print", "definitions"):
        somebody.get(f"/reports/{part}?year=1700")
        assert somebody.page.status_code == 404


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_the_sheet_for_the_alderman_carries_figure_definition_unknowns_day_and_hash(
    somebody: Browser, database: Database, here: Installation
) -> None:
    fill(database, here)
    somebody.sign_in()
    known_on = datetime(2026, 6, 1, 12, 0, tzinfo=NOW.tzinfo)
    page = somebody.get("/reports/print?year=2024&desk=gent&known_on=2026-06-01T12:00")
    assert "Vragen naar kinderopvang in 2024" in page and "unieke vragen 9" in page and "waarvan onbeantwoord 6" in page
    assert "Open, terwijl de opvang al moest beginnen: 3" in page and "Wij tellen het mee" in page
    assert "Resultaten tot en met 31 januari 2025, zoals gekend op 1 juni 2026, 12:00" in page
    assert "Kwetsbaar gezin Minstens twee" in page and "Voorrangsgroep" not in page  # not reported for 2024
    with database.read() as session:
        told = reports.counts(
            session, here, Wanted(2024, "gent", known_on=known_on), NOW, every_desk(session)
        ).as_json()
    assert re.findall(r"[0-9a-f]{64}", page) == [told["hash"]]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_nobody_sees_the_numbers_of_another_desk(
    somebody: Browser, database: Database, keys: Keys, here: Installation
) -> None:
    fill(database, here)

    def work(session: Session) -> None:
        at = NOW + timedelta(days=1)
        desk = desks.add(session, keys, at, "aalst", "Aalst", "+3290000077", ["9300"], desks.Choices())
        person = staff.find(session, "balie")
        assert person
        for link in session.exec(select(StaffDesk).where(StaffDesk.staff_id == person.id)):
            session.delete(link)
        session.add(StaffDesk(staff_id=person.id, desk_id=desk.id))

    database.write(work).result()
    somebody.sign_in()
    for part in ("", "/divided", "/years", "/print"):
        assert "van 9" not in somebody.get(f"/reports{part}?year=2024") and somebody.page.status_code == 200
        assert somebody.get(f"/reports{part}?year=2024&desk=gent") and somebody.page.status_code == 404


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_coordinator_looks_into_the_mirror(somebody: Browser, database: Database) -> None:
    somebody.sign_in()
    assert "te weinig om er iets over te zeggen" in somebody.get("/reports/languages")
    year = local_day(clock.system_now()).year

    def work(session: object) -> None:
        desk = session.exec(select(Fact.desk_id)).first()  # type: ignore[attr-defined]
        for each in (*facts("nl", 100, 10, 80), *facts("ps", 20, 8, 10)):
            told = {name: getattr(each, name) for name in each.__slots__}
            session.merge(Fact(desk_id=desk, day=date(year, 3, 1), **told))  # type: ignore[attr-defined]

    database.write(work).result()
    page = somebody.get("/reports/languages")
    assert "Pasjtoe: gezinnen stoppen minstens twee keer zo vaak" in page and "8 van 20" in page and "40 %" in page
    assert somebody.get(f"/reports/languages?year={year - 1}") and "te weinig" in somebody.text
