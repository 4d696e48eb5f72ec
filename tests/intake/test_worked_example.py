"""The worked example in the documents: its families, fed to the service, give its tables; who they are stands there too."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlmodel import select

from intake import importing, reports
from intake.installation import Installation
from intake.reports import COLUMNS, Wanted
from storage import desks, merging, registrations, staff
from storage.database import Database, Session
from storage.keys import Keys
from storage.models import Registration
from tests.transcript import ROOT

TEXT = (ROOT / "docs/yearly-report.md").read_text(encoding="utf-8")
NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
FLAGS = ("urgent", "extended", "vulnerable", "care_need")
Row = dict[str, str]
Count = Callable[..., reports.Report]


def table(heading: str) -> list[Row]:
    """The rows of the table under a heading."""
    part = TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line[:1] == "|"]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[2:]]


@pytest.fixture
def told(database: Database, keys: Keys, here: Installation) -> Database:
    """The families of the document, each written down on its day."""

    def prepare(session: Session) -> None:
        desks.add(session, keys, NOW, "gent", "Gent", "+3290000001", ["9000"], desks.Choices())
        staff.add(session, NOW, "els", "worker", [])

    database.write(prepare).result()
    rows = table("The families")
    assert len(rows) == 20
    for row in rows:
        database.write(lambda session, row=row: take(session, here, row)).result()
    for row in rows:
        database.write(lambda session, row=row: happen(session, keys, row)).result()
    return database


def take(session: Session, here: Installation, row: Row) -> None:
    known = {"?": "unknown"}
    start = "" if row["start"] == "?" else row["start"]
    source = "organiser" if "organiser" in row["what came of it"] else "desk"
    flags = ",".join(known.get(row[name], row[name]) for name in ("urgent", "extended", "vulnerable", "care need"))
    sent = (
        f"external_reference,desk,source,asked_on,birth,start,{','.join(FLAGS)}\n"
        f"{row['no']},gent,{source},{row['asked on']},2025-01,{start},{flags}\n"
    )
    assert importing.run(session, here, sent.encode(), noon(row["asked on"])).added == 1


def happen(session: Session, keys: Keys, row: Row) -> None:
    mine = of(session, row["no"])
    if row["first answer"] != "never":
        registrations.first_reply(session, mine.conversation_id, noon(row["first answer"]))
    for told in row["what came of it"].split("; "):
        if same := re.fullmatch(r"the same child as (\d+), decided (\S+)", told):
            author = staff.find(session, "els")
            assert author
            merging.merge(session, mine, of(session, same[1]), author.id, noon(same[2]))
        elif outcome := re.fullmatch(r"(\w+)(?: (\w+))? (\d{4}-\d\d-\d\d)(?: noted (\S+))?", told):
            code, reason, since, noted = outcome.groups(default="")
            registrations.set_outcome(
                session, keys, mine, code, reason, date.fromisoformat(since), None, noon(noted or since)
            )  # fmt: skip
        else:
            assert told in ("nothing yet", "from an organiser"), told


def of(session: Session, number: str) -> Registration:
    return session.exec(select(Registration).where(Registration.external_reference == number)).one()


def noon(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(12), UTC)


@pytest.fixture
def count(told: Database, here: Installation) -> Count:
    def counted(**more: object) -> reports.Report:
        with told.read() as session:
            wanted = Wanted(2025, "gent", **more)  # type: ignore[arg-type]
            return reports.counts(session, here, wanted, NOW, frozenset(each.id for each in desks.everything(session)))

    return counted


@pytest.fixture
def which(told: Database, here: Installation) -> Callable[..., str]:
    """The numbers of the families behind a number of everybody."""

    def found(column: str, **more: object) -> str:
        with told.read() as session:
            wanted = Wanted(2025, "gent", **more)  # type: ignore[arg-type]
            every = frozenset(each.id for each in desks.everything(session))
            ids = [each.id for each in reports.behind(session, here, wanted, NOW, every, reports.ALL, column)]
            numbers = [int(session.get_one(Registration, id_).external_reference) for id_ in ids]
        return ", ".join(map(str, sorted(numbers)))

    return found


def shown(row: object, columns: tuple[str, ...]) -> list[str]:
    return ["–" if (value := getattr(row, column)) is None else str(value) for column in columns]


def test_every_table_of_the_document_is_what_is_counted(count: Count, which: Callable[..., str]) -> None:
    report = count()
    assert report.definition.id == "opgroeien-2023" and report.as_of == date(2026, 1, 31)
    assert [[each.measure, *shown(each, COLUMNS)] for each in report.measures] == [
        list(row.values()) for row in table("The table for 2025")
    ]
    assert [shown(each, ("categories", "unique", "unanswered")) for each in report.overlap] == [
        list(row.values()) for row in table("Why the categories do not add up")
    ]
    by_definition = table("The same sixteen by every definition")
    assert [row["definition"] for row in by_definition] == [each.id for each in reports.definitions.load().unanswered]
    for row in by_definition:
        everybody = count(definition=row["definition"]).everybody
        assert shown(everybody, ("unique", "unanswered")) == ["16", row["unanswered"]], row
        if row["unanswered"] != "–":
            assert which("unanswered", definition=row["definition"]) == row["which"], row
    for row in table("The same families by every year rule"):
        everybody = count(year_rule=row["year rule"]).everybody
        assert shown(everybody, ("unique", "unanswered")) == [row["unique"], row["unanswered"]], row
        assert which("unique", year_rule=row["year rule"]) == row["which"], row


def test_every_day_of_the_document_is_what_was_known_then(count: Count) -> None:
    for row in table("The same year on another day"):
        known_on = noon(row["known on"]) + timedelta(hours=1)
        everybody = count(as_of=date.fromisoformat(row["as of"]), known_on=known_on).everybody
        assert shown(everybody, COLUMNS[:5]) == list(row.values())[2:], row
