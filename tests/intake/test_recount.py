"""Every number of the yearly counts against a plain recount, over hundreds of random histories: equal to the last cell.

Outcomes that change over years and are noted late, merges and undos, tickets, lists of organisers, requests that another
register reports, decisions of colleagues, late replies; all definitions, year rules, reference dates and moments.
"""

import random
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import select

from flows import definitions
from flows.definitions import REASONS, Outcome, YearRule
from intake import breakdowns, reports
from intake.installation import Installation
from intake.reports import COLUMNS, Wanted
from storage import desks, imports, merging, registrations, staff
from storage.database import Database, Session
from storage.imports import New
from storage.keys import Keys
from storage.models import Registration
from storage.registrations import Content
from tests.intake.recount import FLAGS, Life, Question, recount

DESKS = ("gent", "aalst", "ronse")
FIRST, LAST = date(2019, 6, 1), date(2026, 6, 30)
NOW = datetime(2026, 7, 1, 10, tzinfo=UTC)
LIVES = 260


def random_life(chance: random.Random) -> Life:
    asked_on = _day(chance, FIRST, LAST)
    life = Life(
        desk=chance.choice(DESKS), asked_on=asked_on, written_at=_moment(chance, asked_on, 40), start=_start(chance, asked_on),
        flags={flag: chance.choice([True, True, False, None]) for flag in FLAGS},
        state=chance.choice(["complete"] * 8 + ["draft", "ticket"]),
        source=chance.choice(["desk"] * 7 + ["referrer", "organiser", "old_register"]),
        counted_in=chance.choice(["here"] * 9 + ["platform"]),
        replied_at=chance.choice([None, _moment(chance, asked_on, 60), _moment(chance, asked_on, 500)]),
    )  # fmt: skip
    for _ in range(chance.choice([0, 1, 1, 2, 3, 5])):
        since = _day(chance, asked_on, LAST)
        outcome = chance.choice(
            [each for each in Outcome if each is not Outcome.NOT_A_REQUEST or chance.random() < 0.4]
        )
        reason = chance.choice(REASONS.get(outcome, ("",)))
        life.outcomes.append((since, _moment(chance, since, 400), outcome.value, reason))
    return life


def _day(chance: random.Random, first: date, last: date) -> date:
    return first + timedelta(days=chance.randrange((last - first).days + 1))


def _moment(chance: random.Random, day: date, within: int) -> datetime:
    at = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return at + timedelta(
        days=chance.randrange(within), seconds=chance.randrange(86_400), microseconds=chance.randrange(10**6)
    )


def _start(chance: random.Random, asked_on: date) -> str:
    day = asked_on + timedelta(days=chance.randrange(-30, 500))
    return chance.choice(["asap", "asap", "", day.isoformat(), f"{day:%Y-%m}", f"{day:%Y-%m}"])


def keep(session: Session, keys: Keys, lives: list[Life], chance: random.Random) -> None:
    """All of it as the service writes it, and who was merged with whom."""
    ids = {each.slug: each.id for each in desks.everything(session)}
    author = staff.find(session, "els")
    assert author
    rows = []
    for place, life in enumerate(lives):
        values = {flag: None if chance.random() < 0.2 else value for flag, value in life.flags.items()}
        content = Content("complete", "{}", "{}", {}, "", values, life.asked_on, life.start)
        new = New(
            ids[life.desk],
            f"{place:08d}",
            "",
            life.source,
            life.counted_in,
            "sms",
            "nl",
            "",
            content,
            "{}",
            "",
            "",
            None,
        )
        imports.add(session, keys, [new], life.written_at, lambda _: None)
        row = session.exec(select(Registration).where(Registration.reference == new.reference)).one()
        row.state = life.state
        for flag, value in life.flags.items():
            if value != values[flag]:
                registrations.override(session, keys, row, flag, value, life.written_at)
        if life.replied_at:
            registrations.first_reply(session, row.conversation_id, life.replied_at)
        for since, recorded, code, reason in life.outcomes:
            registrations.set_outcome(session, keys, row, code, reason, since, None, recorded)
        session.flush()
        rows.append(row)
    _merge(session, rows, lives, author.id, chance)


def _merge(session: Session, rows: list[Registration], lives: list[Life], author: str, chance: random.Random) -> None:
    """Colleagues find the same child, again and again, and change their minds."""
    for step in range(len(rows)):
        at = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=step * 9, seconds=chance.randrange(10**5))
        place, other = chance.sample(range(len(rows)), 2)
        if rows[place].same_as:
            merging.undo(session, rows[place], author, at)
            lives[place].merges[-1][1] = at
        elif lives[place].desk == lives[other].desk and not rows[other].same_as:
            follow = [place, *(each for each, row in enumerate(rows) if row.same_as == rows[place].id)]
            merging.merge(session, rows[place], rows[other], author, at)
            for each in follow:
                if lives[each].merges and lives[each].merges[-1][1] is None:
                    lives[each].merges[-1][1] = at
                lives[each].merges.append([at, None])


@pytest.fixture
def lives(database: Database, keys: Keys) -> list[Life]:
    chance = random.Random(2026)
    found = [random_life(chance) for _ in range(LIVES)]

    def work(session: Session) -> None:
        for number, slug in enumerate(DESKS):
            desks.add(session, keys, NOW, slug, slug, f"+329000000{number}", [], desks.Choices())
        staff.add(session, NOW, "els", "worker", [])
        session.flush()
        keep(session, keys, found, chance)

    database.write(work).result()
    return found


def questions(chance: random.Random, lives: list[Life], many: int) -> list[Question]:
    """`many` for each definition under each year rule; some just before or after something was written down."""
    moments = sorted(at for life in lives for at in (life.replied_at, *(each[1] for each in life.outcomes)) if at)
    found = []
    for definition in definitions.load().unanswered:
        for rule in YearRule:
            for _ in range(many):
                year = chance.randrange(2019, 2027)
                as_of = chance.choice(
                    [date(year + 1, 1, 31), _day(chance, FIRST, LAST), _day(chance, date(year, 6, 1), LAST)]
                )
                just = chance.choice(moments) + timedelta(seconds=chance.choice([-1, 0]))
                known_on = chance.choice([NOW, just, _moment(chance, date(year, 6, 1), 500)])
                chosen = chance.choice([frozenset(DESKS), frozenset({chance.choice(DESKS)})])
                found.append(Question(year, definition.id, rule.value, as_of, known_on, chosen))
    return found


def test_a_plain_recount_gives_every_cell(database: Database, here: Installation, lives: list[Life]) -> None:
    chance, counted, merged = random.Random(7), 0, sum(bool(life.merges) for life in lives)
    assert merged > 60 and any(len(life.merges) > 2 for life in lives)
    with database.read() as session:
        ids = {each.slug: each.id for each in desks.everything(session)}
        for asked in questions(chance, lives, 9):
            wanted = Wanted(asked.year, None, asked.definition, asked.year_rule, asked.as_of, asked.known_on)
            mine = frozenset(ids[slug] for slug in asked.desks)
            report = reports.counts(session, here, wanted, NOW, mine)
            found = {each.measure: {column: asdict(each)[column] for column in COLUMNS} for each in report.measures}
            expected = recount(lives, asked)
            assert found == expected, asked
            assert sum(each.unique for each in report.overlap) == expected["all"]["unique"]
            counted += sum(count or 0 for row in expected.values() for count in row.values())
    assert counted > 5_000  # much was there to be counted


def test_every_division_of_a_random_year_makes_the_whole(
    database: Database, here: Installation, lives: list[Life]
) -> None:
    with database.read() as session:
        every = frozenset(each.id for each in desks.everything(session))
        for year in range(2020, 2026):
            asked = Question(year, "bruto", "year-asked", date(year + 1, 1, 31), NOW, frozenset(DESKS))
            expected = recount(lives, asked)["all"]
            wanted = Wanted(year, definition="bruto")
            for each in breakdowns.breakdowns(session, here, wanted, NOW, every):
                assert sum(part.unique for part in each.parts) == expected["unique"]
                assert sum(part.unanswered or 0 for part in each.parts) == expected["unanswered"]
