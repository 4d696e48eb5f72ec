"""The yearly counts: by command, as a page and as a file, over requests whose outcomes are known."""

import csv
import hashlib
import html
import io
import json
import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from sqlmodel import select

from flows.engine.turn import local_day
from intake import reports, set_up
from intake.installation import Installation
from intake.reports import Wanted, WrongReport
from storage import clock, desks, registrations, staff
from storage.database import Database, Session
from storage.keys import Keys
from storage.models import Audit, Registration
from tests.databases import fill
from tests.intake.pages import Browser, all_ask_today, text_us

NOW = datetime(2026, 2, 10, 12, tzinfo=ZoneInfo("Europe/Brussels"))
ASKED = datetime(2025, 5, 6, 9, tzinfo=ZoneInfo("Europe/Brussels"))
FAMILIES = {  # number: what became of it, on which day; what was asked
    "+32470000041": (("no_place:full", "2025-09-01"), ("start", "1")),  # urgent, unanswered
    "+32470000042": (("informal_solution", "2025-10-01"), ("start", "06-2026")),  # unanswered
    "+32470000043": (("placed_via_desk", "2025-10-01"), ("start", "1")),
    "+32470000044": (("no_place:care_need", "2026-02-05"), ("start", "1")),  # dated after the filing day
    "+32470000045": (("lapsed:moved", "2025-06-01"), ("start", "1")),
    "+32470000046": (None, ("start", "06-2026")),  # open, start to come
    "+32470000047": (None, ("start", "07-2025")),  # open, start passed
    "+32470000048": (("unreachable", "2025-11-01"), ("start", "1")),
    "+32470000049": (("not_a_request:test", "2025-05-07"), ("start", "1")),  # counts nowhere
}


@pytest.fixture
def filled(database: Database, keys: Keys, here: Installation) -> Database:
    def work(session: Session) -> None:
        desks.add(session, keys, ASKED, "gent", "Gent", "+3290000001", ["9000"], desks.Choices())
        desks.add(session, keys, ASKED, "aalst", "Aalst", "+3290000002", ["9300"], desks.Choices())
        staff.add(session, ASKED, "lut", "coordinator", [])

    def everything() -> None:
        database.write(work).result()
        for number, (outcome, (_, start)) in FAMILIES.items():
            id_ = text_us(database, here, number, "dag", "1", "02-2025", "9000", start, at=ASKED)
            if outcome:
                database.write(lambda session, id_=id_, outcome=outcome: _settle(session, keys, id_, *outcome)).result()
        text_us(database, here, "+32470000050", "dag", "4", at=ASKED)  # a call-back ticket counts nothing
        text_us(database, here, "+32470000051", "dag", "1", "02-2025", "9000", "1", at=ASKED - timedelta(days=365))

    fill(database, "reported", everything)
    return database


def _settle(session: Session, keys: Keys, conversation: str, chosen: str, on: str) -> None:
    """What came of a request; recorded at noon of that day."""
    row = session.exec(select(Registration).where(Registration.conversation_id == conversation)).one()
    person = staff.find(session, "lut")
    assert person
    code, _, reason = chosen.partition(":")
    at = datetime.fromisoformat(f"{on}T12:00+00:00")
    registrations.set_outcome(session, keys, row, code, reason, date.fromisoformat(on), person.id, at)


def count(database: Database, here: Installation, **more: object) -> reports.Report:
    with database.read() as session:
        every = frozenset(desk.id for desk in desks.everything(session))
        return reports.counts(session, here, Wanted(2025, **more), NOW, every)  # type: ignore[arg-type]


def test_the_year_by_its_default_definition(filled: Database, here: Installation) -> None:
    found = count(filled, here)
    every, urgent = found.measures[0], found.measures[1]
    assert (found.definition.id, found.year_rule, found.as_of) == ("opgroeien-2023", "year-asked", date(2026, 1, 31))
    assert (every.unique, every.unanswered, every.unreachable) == (8, 2, 1)
    assert (every.open_start_to_come, every.open_start_passed) == (1, 2)
    assert (urgent.measure, urgent.unique, urgent.unanswered, urgent.flag_unknown) == ("urgent", 5, 1, 0)
    care = found.measures[-1]
    assert (care.measure, care.unique, care.flag_unknown, care.registered) == ("care_need", 0, 8, True)
    assert [each.registered for each in found.measures if each.measure == "priority"] == [False]
    assert found.categories["urgent"] == ["dringend-u4"]


def test_a_desk_reports_the_categories_that_are_asked_of_it(filled: Database, here: Installation) -> None:
    set_up.categories_of(filled, "gent", 2025, ["priority", "urgent"])
    lines = {desk: {each.measure for each in count(filled, here, desk=desk).measures if each.registered}
             for desk in ("gent", "aalst", None)}  # fmt: skip
    assert lines["gent"] == {"all", "urgent", "priority"}
    assert lines["aalst"] == lines[None] == {"all", "urgent", "extended", "vulnerable", "care_need"}
    assert sum(each.unique for each in count(filled, here, desk="gent").overlap) == 8
    set_up.categories_of(filled, "gent", 2025, None)
    assert len([each for each in count(filled, here, desk="gent").measures if each.registered]) == 5
    with filled.read() as session:
        told = session.exec(select(Audit).where(Audit.what == "setting_changed").order_by(Audit.id)).all()
    assert [each.before for each in told] == ["{}", '{"2025": ["urgent", "priority"]}']


@pytest.mark.parametrize(
    ("more", "unanswered"),
    [
        ({"as_of": date(2025, 9, 15)}, 1),
        ({"as_of": date(2026, 2, 10)}, 3),
        ({"as_of": date(2026, 2, 10), "known_on": datetime(2025, 9, 15, tzinfo=NOW.tzinfo)}, 1),
        ({"definition": "bruto"}, 6),
        ({"definition": "raw-2019"}, None),
        ({"definition": "geen-reactie-in-14"}, 7),
        ({"desk": "gent"}, 2),
        ({"desk": "aalst"}, 0),
    ],
)
def test_a_report_says_what_it_was_asked(
    filled: Database, here: Installation, more: dict[str, object], unanswered: int | None
) -> None:
    assert count(filled, here, **more).measures[0].unanswered == unanswered


def test_a_year_by_its_start(filled: Database, here: Installation) -> None:
    assert count(filled, here, year_rule="year-of-start").measures[0].unique == 6
    assert count(filled, here, year_rule="every-year-open").measures[0].unique == 9


@pytest.mark.parametrize("more", [{"definition": "x"}, {"year_rule": "x"}, {"desk": "x"}])
def test_what_cannot_be_counted_is_refused(filled: Database, here: Installation, more: dict[str, object]) -> None:
    with pytest.raises(WrongReport):
        count(filled, here, **more)


def test_the_json_carries_its_own_hash(filled: Database, here: Installation) -> None:
    content = count(filled, here, desk="gent").as_json()
    claimed = content.pop("hash")
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert claimed == hashlib.sha256(text.encode()).hexdigest()
    assert list(content) == ["year", "desk", "definitions", "as_of", "known_on", "measures"]


def test_the_csv_tells_what_was_counted_and_then_counts(filled: Database, here: Installation) -> None:
    lines = count(filled, here).as_csv().splitlines()
    told = [line for line in lines if line.startswith("#")]
    rows = list(csv.DictReader(io.StringIO("\n".join(lines[len(told) :]))))
    assert [row["measure"] for row in rows] == ["all", "urgent", "extended", "priority", "vulnerable", "care_need"]
    assert (rows[0]["unique"], rows[0]["unanswered"], rows[0]["registered"]) == ("8", "2", "yes")
    assert told[0] == "# year: 2025" and told[-1].startswith("# hash: ")


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_coordinator_reads_and_downloads_the_counts(somebody: Browser, database: Database) -> None:
    all_ask_today(database)
    somebody.sign_in()
    page = somebody.get("/reports")
    assert "Alle aanvragen 2 0" in page and "Voorrangsgroep niet gevraagd" in page
    assert re.search("Dringend [12] 0", page)  # one wants childcare in January: that is soon in December
    year = str(local_day(clock.system_now()).year)
    answer = somebody.client.get(f"/reports/counts.csv?year={year}&desk=gent")
    assert answer.headers["content-type"].startswith("text/csv") and f"# year: {year}" in answer.text
    assert "Kies een jaar" in somebody.get("/reports?year=2026&desk=x") and somebody.page.status_code == 404
    assert "Kies een jaar" in somebody.get("/reports?year=1700")


@pytest.mark.parametrize("measure", ["all", "urgent", "extended"])
def test_a_number_is_as_large_as_what_is_behind_it(filled: Database, here: Installation, measure: str) -> None:
    report = count(filled, here)
    (row,) = (each for each in report.measures if each.measure == measure)
    with filled.read() as session:
        every = frozenset(desk.id for desk in desks.everything(session))
        for column in reports.COLUMNS:
            found = reports.behind(session, here, Wanted(2025), NOW, every, measure, column)
            assert len({each.id for each in found}) == len(found) == getattr(row, column), column


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_number_opens_the_requests_behind_it(somebody: Browser, database: Database) -> None:
    all_ask_today(database)
    somebody.sign_in()
    somebody.get("/reports")
    link = re.search(r'href="(/reports/requests\?[^"]*measure=urgent&amp;column=unique)"', somebody.page.text)
    assert link
    page = somebody.get(html.unescape(link[1]))
    assert "Dringend: Uniek" in page and "9000" in page
    conversation = re.search(r'href="(/desk/conversations/\w+)"', somebody.page.text)
    assert conversation and "De aanvraag" in somebody.get(conversation[1])
    assert somebody.get("/reports/requests?measure=x&column=unique") and somebody.page.status_code == 404
    with database.read() as session:
        assert session.exec(select(Audit.what).where(Audit.what == "counted")).first() == "counted"


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_counts_and_requests_are_downloaded(somebody: Browser, database: Database) -> None:
    all_ask_today(database)
    somebody.sign_in()
    year = local_day(clock.system_now()).year
    answer = somebody.client.get(f"/reports/counts.xlsx?year={year}")
    assert openpyxl.load_workbook(io.BytesIO(answer.content))["counts"]["A2"].value == "all"
    answer = somebody.client.get(f"/reports/requests.csv?year={year}")
    assert next(csv.DictReader(io.StringIO(answer.text)))["desk"] == "gent"
    assert "bruto" in somebody.get(f"/reports?year={year}&definition=bruto&year_rule=year-of-start&as_of={year}-01-01")
    with database.read() as session:
        assert session.exec(select(Audit.what).where(Audit.what == "exported")).first() == "exported"


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_the_public_page_shows_every_text_beside_its_dutch(somebody: Browser, here: Installation) -> None:
    page = somebody.get("/texts/gent")
    assert "Wanneer is uw kind geboren?" in page and "Quand est né votre enfant" in page and "ontwerp" in page
    assert "We bewaren uw antwoorden" in page
    assert somebody.page.text.count("<tr id=") == len(here.form.sources)
    assert "Wann ist Ihr Kind" not in page and "Wann ist Ihr Kind" in somebody.get("/texts/gent?language=de")
    found = somebody.get("/texts/gent?language=fr&q=NÉ+votre")
    assert "Wanneer is uw kind geboren?" in found and f"van de {len(here.form.sources)} teksten" in found
    assert "Welke uren" not in found and "Geen tekst met" in somebody.get("/texts/gent?q=xyzzy")
    assert "geen loket" in somebody.get("/texts/nergens") and somebody.page.status_code == 404
