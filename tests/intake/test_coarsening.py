"""When names go: nobody stands out by what is left, what went cannot come back, and every count stays as it was."""

import json
import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta

from sqlmodel import Session, select

from flows import definitions
from flows.definitions import YearRule
from intake import forgetting, importing, reports
from intake.installation import Installation
from intake.reports import Wanted
from storage import audit, desks, retention
from storage.database import Database
from storage.keys import Keys
from storage.models import Earlier, Registration
from tests.intake.test_conversations import here

__all__ = ["here"]  # the fixture
LATER = datetime(2026, 11, 30, tzinfo=UTC)
HEADER = "external_reference,desk,asked_on,channel,language,birth,postcode,start,urgent,vulnerable,outcome,outcome_on"


def take(database: Database, here: Installation, rows: list[str]) -> None:
    text = "\n".join((HEADER, *(f"X{number},gent,{row}" for number, row in enumerate(rows))))
    database.write(lambda session: importing.run(session, here, text.encode(), LATER)).result()


def run(database: Database, keys: Keys, now: datetime = LATER) -> retention.Plan:
    with database.read() as session:
        planned = retention.plan(session, now)
    done = forgetting.run(database, keys, now)
    assert done == planned  # a dry run says what will be
    return done


def left(database: Database) -> Counter[tuple[object, ...]]:
    with database.read() as session:
        rows = session.exec(select(Registration)).all()
        return Counter(
            (row.vulnerable, row.postcode, row.birth_quarter, row.language, row.channel, row.start) for row in rows
        )


def counted(session: Session, here: Installation) -> list[object]:
    """Every table of every year, by every definition and rule, without the moment at which it was made."""
    (desk,) = desks.everything(session)
    return [
        reports.counts(
            session, here, Wanted(year, None, definition.id, rule.value), LATER, frozenset({desk.id})
        ).as_json()["measures"]
        for year in (2022, 2023) for definition in definitions.load().unanswered for rule in YearRule
    ]  # fmt: skip


def test_few_that_are_alike_are_told_less_of(database: Database, keys: Keys, here: Installation) -> None:
    usual = "2022-03-01,sms,nl,2022-01,9000,2022-09,no,no,,"
    take(database, here, [
        *[usual] * 6,
        *["2022-03-01,voice,fr,2022-01,9000,2022-09,no,no,,"] * 3,  # enough without language and channel
        *["2022-03-01,web,nl,2022-01,9000,2022-09,no,no,,"] * 2,
        *["2022-04-01,sms,tr,2020-05,9030,2022-09-15,no,no,,"] * 2,  # too few even without the town: some join them
        "2022-03-01,sms,nl,2022-01,9000,2022-09,no,yes,,",  # the only vulnerable one: nothing but that is left
    ])  # fmt: skip
    assert run(database, keys).requests == 3 + 2 + 2 + 1
    assert left(database) == {
        (False, "9000", "2022-Q1", "nl", "sms", "2022-09"): 6,
        (False, "", "", "", "", "2022-09"): 7,
        (True, "", "", "", "", "2022-09"): 1,
    }
    assert run(database, keys).requests == 0


def test_no_cell_is_small_and_no_count_changes(database: Database, keys: Keys, here: Installation) -> None:
    dice = random.Random(5)
    rows = []
    for _ in range(150):
        asked = date(2022, 1, 1) + timedelta(days=dice.randrange(720))
        start = asked + timedelta(days=dice.randrange(400))
        outcome = dice.choice(("", "no_place", "placed_via_desk", "offer_made", "lapsed", "informal_solution"))
        rows.append(",".join((
            f"{asked}", dice.choice(("sms", "voice", "whatsapp")), dice.choice(("nl", "nl", "fr", "ar")),
            f"{asked.year - dice.randrange(3)}-{dice.randrange(1, 13):02}", dice.choice(("9000", "9000", "9030", "8000")),
            dice.choice((f"{start}", f"{start:%Y-%m}", "asap", "")), dice.choice(("yes", "no", "unknown")),
            dice.choice(("no", "no", "yes")), outcome,
            f"{asked + timedelta(days=dice.randrange(300))}" if outcome else "",
        )))  # fmt: skip
    take(database, here, rows)
    with database.read() as session:
        before = counted(session, here)
        days = sum(len(row.start) == 10 for row in session.exec(select(Registration)))
    assert run(database, keys).families == 150
    with database.read() as session:
        assert counted(session, here) == before
        kept = session.exec(select(Registration)).all()
        assert sum(len(row.start) == 10 for row in kept) < days  # most starts are months now
        cells, groups = Counter[tuple[object, ...]](), Counter[tuple[object, ...]]()
        for row in kept:
            group = row.asked_on.year, row.urgent_override, row.vulnerable_override, row.urgent, row.vulnerable
            groups[group] += 1
            cells[(*group, row.postcode, row.birth_quarter, row.language, row.channel)] += 1
        for cell, many in cells.items():
            assert many >= 5 or (groups[cell[:5]] == many and cell[5:] == ("", "", "", ""))
        assert any(cell[5] for cell in cells)  # not all of it went


def test_of_who_still_has_a_name_only_a_language_of_few_goes(
    database: Database, keys: Keys, here: Installation
) -> None:
    take(database, here, ["2022-03-01,sms,nl,2022-01,9000,2022-09,no,no,,", "2026-03-01,sms,fr,2026-01,9030,,no,no,,"])
    assert run(database, keys) == retention.Plan(0, 1, 1)
    assert (False, "9030", "2026-Q1", "", "sms", "") in left(database)
    assert run(database, keys, LATER + timedelta(days=800)) == retention.Plan(0, 1, 1)
    with database.read() as session:
        assert audit.verify(session) is None


def test_a_start_that_was_changed_later_says_no_day_either(database: Database, keys: Keys, here: Installation) -> None:
    row = "gent,2022-03-01,sms,nl,2022-01,9000,{},no,no,{},{}"
    rows = [row.format("2022-09-15", "", ""), row.format("2022-09-15", "no_place", "2022-09-10")]
    after = [row.format("2022-10-20", "", ""), row.format("2022-10", "no_place", "2022-09-10")]
    for at, some in ((LATER - timedelta(days=9), rows), (LATER - timedelta(days=8), after)):
        text = "\n".join((HEADER, *(f"X{number},{each}" for number, each in enumerate(some))))
        database.write(lambda session, text=text, at=at: importing.run(session, here, text.encode(), at)).result()
    run(database, keys)
    with database.read() as session:
        found = [json.loads(each.before)["start"] for each in session.exec(select(Earlier).order_by(Earlier.id))]
    assert found == ["2022-09", "2022-09-15"]  # an outcome lies between the first of that month and the day


def test_a_language_of_few_goes_when_conversations_are_closed(
    database: Database, keys: Keys, here: Installation
) -> None:
    asked = "2026-03-01,sms,{},2026-01,9000,2026-09,no,no,,"
    take(database, here, [asked.format(language) for language in (*["tr"] * 5, *["ti"] * 4)])
    run(database, keys)
    with database.read() as session:
        found = Counter(row.language for row in session.exec(select(Registration)))
    assert found == {"tr": 5, "": 4}
