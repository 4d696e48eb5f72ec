"""Every number of the yearly counts against a plain recount, over hundreds of random histories: equal to the last cell.

Outcomes that change over years and are noted late, merges and undos, tickets, lists of organisers, requests that another
register reports for a while, categories that answers and colleagues change, requests that turn out to be none, that go to
another desk, late replies; all definitions, year rules, reference dates and moments.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import select

from flows import definitions
from flows.definitions import REASONS, Outcome, YearRule
from intake import breakdowns, desk, installation, passing, reports
from intake.installation import Installation
from intake.reports import COLUMNS, Wanted
from storage import desks, imports, merging, registrations, staff, turns
from storage.database import Database, Session
from storage.imports import New
from storage.keys import Keys
from storage.models import Registration, Staff
from storage.registrations import Content
from storage.staff import Person
from tests.databases import migrated_sqlite, new_database
from tests.intake.pages import PUBLIC
from tests.intake.recount import FLAGS, Life, Question, recount

DESKS = ("gent", "aalst", "ronse")
FIRST, LAST = date(2019, 6, 1), date(2026, 6, 30)
NOW = datetime(2026, 7, 1, 10, tzinfo=UTC)
LIVES = 260


def random_life(chance: random.Random) -> Life:
    asked_on = _day(chance, FIRST, LAST)
    life = Life(
        desk=chance.choice(DESKS), asked_on=asked_on, written_at=_moment(chance, asked_on, 40), start=_start(chance, asked_on),
        told=_flags(chance), decided=_flags(chance, [None] * 5 + [True, False]),
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
    if chance.random() < 0.6:
        _change(chance, life)
    return life


def _change(chance: random.Random, life: Life) -> None:
    """What it counts as changes up to five times: by answers, colleagues, another register, a move, a list."""
    now, decided = life, dict(life.decided)
    for _ in range(chance.randrange(1, 6)):
        at = life.written_at + timedelta(
            seconds=chance.randrange(1, 900 * 86_400), microseconds=chance.randrange(10**6)
        )
        life.changes.append((at, {}))
    life.changes.sort(key=lambda each: each[0])
    for at, changed in life.changes:
        match chance.choice(["answers", "decided", "decided", "source", "counted_in", "counted_in", "desk"]):
            case "answers":
                state = "complete" if now.state == "ticket" or chance.random() < 0.5 else now.state
                changed |= {"told": _flags(chance), "start": _start(chance, life.asked_on), "state": state}
            case "decided":
                decided = decided | {chance.choice(FLAGS): chance.choice([True, False, None])}
                changed |= {"decided": decided}
            case "source":
                changed |= {"source": chance.choice(["desk", "referrer", "organiser"])}
            case "counted_in":
                changed |= {"counted_in": "here" if now.counted_in == "platform" else "platform"}
            case _:
                changed |= {"desk": chance.choice(DESKS)}
        now = life.known_on(at)


def _flags(chance: random.Random, among: Sequence[bool | None] = (True, True, False, None)) -> dict[str, bool | None]:
    return {flag: chance.choice(among) for flag in FLAGS}


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


def keep(session: Session, here: Installation, lives: list[Life], chance: random.Random) -> None:
    """All of it as the service writes it, and who was merged with whom."""
    ids = {each.slug: each.id for each in desks.everything(session)}
    author = staff.find(session, "els")
    assert author
    rows = []
    for place, life in enumerate(lives):
        content = Content("complete", "{}", "{}", {}, "", life.told, life.asked_on, life.start)
        new = New(
            ids[life.desk], f"{place:08d}", "", life.source, life.counted_in, "sms", "nl", "", content, "{}", "", "",
            None,
        )  # fmt: skip
        imports.add(session, here.keys, [new], life.written_at, lambda _: None)
        row = session.exec(select(Registration).where(Registration.reference == new.reference)).one()
        row.state = life.state
        for flag, value in life.decided.items():
            if value is not None:
                registrations.override(session, here.keys, row, flag, value, life.written_at)
        if life.replied_at:
            registrations.first_reply(session, row.conversation_id, life.replied_at)
        for since, recorded, code, reason in life.outcomes:
            registrations.set_outcome(session, here.keys, row, code, reason, since, None, recorded)
        session.flush()
        for at, changed in life.changes:
            for what, value in changed.items():
                if getattr(life.known_on(at - timedelta(microseconds=1)), what) != value:
                    _do(session, here, row, life.known_on(at), what, author, at, ids)
            session.flush()
        rows.append(row)
    _merge(session, rows, lives, author.id, chance)


def _do(
    session: Session, here: Installation, row: Registration, life: Life, what: str, author: Staff, at: datetime,
    ids: Mapping[str, str],
) -> None:  # fmt: skip
    """What the service does so that this is otherwise from now on."""
    match what:
        case "source":
            registrations.set_source(session, row.conversation_id, life.source, at, author.id)
        case "counted_in":
            person = Person(author.id, "els", "worker", frozenset(ids.values()))
            desk.act_on_request(
                session, here, person, row.id, at, lambda act, it: passing.count_at(act, it, life.counted_in)
            )
        case "desk":
            registrations.move(session, here.keys, row.conversation_id, ids[life.desk], at, author.id)
        case "decided":
            for flag, value in life.decided.items():
                registrations.override(session, here.keys, row, flag, value, at, author.id)
        case _:
            content = Content(life.state, "{}", "{}", {}, "", life.told, life.asked_on, life.start)
            thread = turns.of_conversation(session, here.keys, row.conversation_id, None)
            assert thread
            kept, key = registrations.kept(session, row.conversation_id)[1], desks.front(session, row.desk_id).key
            registrations.store(session, here.keys, thread, 1, content, kept, key, lambda: row.reference, at)
    session.flush()
    session.expire_all()


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


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One for all tests here: they only read what `lives` wrote."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            url = migrated_sqlite(tmp_path_factory.mktemp("recount") / "recount.db")
        else:
            server, template = (request.getfixturevalue(name) for name in ("postgresql", "migrated_template"))
            url = stack.enter_context(new_database(server, like=template))
        database = Database(url)
        stack.callback(database.close)
        yield database


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return installation.load(Keys.create(tmp_path_factory.mktemp("keys") / "keys.json"), PUBLIC)


@pytest.fixture(scope="module")
def lives(database: Database, here: Installation) -> list[Life]:
    chance = random.Random(2026)
    found = [random_life(chance) for _ in range(LIVES)]

    def work(session: Session) -> None:
        for number, slug in enumerate(DESKS):
            desks.add(session, here.keys, NOW, slug, slug, f"+329000000{number}", [], desks.Choices())
        staff.add(session, NOW, "els", "worker", [])
        session.flush()
        keep(session, here, found, chance)

    database.write(work).result()
    return found


def questions(chance: random.Random, lives: list[Life], many: int) -> list[Question]:
    """`many` for each definition under each year rule; some just before or after something was written down."""
    moments = sorted(at for life in lives for at in (life.replied_at, *(each[1] for each in life.outcomes)) if at)
    moments += [at for life in lives for at, _ in life.changes]
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
    assert merged > 50 and any(len(life.merges) > 1 for life in lives)
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
