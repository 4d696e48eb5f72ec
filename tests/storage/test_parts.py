"""On PostgreSQL the timeline lies in parts, by desk: what names a desk reads one of them, what moves goes to another."""

import re
import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from storage import conversations, desks, dispatch, facts, outbox, registrations, turns
from storage.database import Database
from storage.keys import Keys
from storage.models import Message
from storage.of_desks import OfDesks
from tests.network import until
from tests.storage.test_growth import statements
from tests.storage.test_turns import NOW, desk_id, hear, say

__all__ = ["desk_id"]  # the fixture
pytestmark = pytest.mark.parametrize("url", ["postgresql"], indirect=True)
Work = Callable[[Session], Any]


def read(database: Database | OfDesks, work: Work) -> list[set[str]]:
    """For each statement about messages, the parts that it looks into. None may be read from end to end."""

    def look(session: Session) -> list[set[str]]:
        session.connection().execute(text("set local enable_seqscan = off"))  # so little is kept here that it would pay
        session.info["driver"] = session.connection().connection.driver_connection
        with statements(session) as seen:
            work(session)
        ask = session.info["driver"].execute
        asked = [(statement, given) for statement, given in seen if re.search(r"\bmessage\b", statement)]
        plans = ["\n".join(row[0] for row in ask(f"explain analyze {statement}", given)) for statement, given in asked]
        for each in plans:
            assert "Seq Scan on message" not in each, each
        return [
            set(re.findall(r"on (message_\d\d)", re.sub(r".*never executed.*", "", each)))
            for each in plans
            if "Insert on message" not in each
        ]

    found = database.write(look).result()
    assert found
    return found


@pytest.fixture
def thread(database: Database, keys: Keys, desk_id: str) -> turns.Thread:
    """A conversation in which something came in."""
    found = database.write(hear(keys, desk_id, "SM1", "hallo")).result()
    assert found is not None
    return found


@pytest.fixture
def due(database: Database, keys: Keys, thread: turns.Thread) -> dispatch.Due:
    """A message of that conversation that is on its way to the provider."""
    database.write(say(keys, thread, "dag")).result()
    (found,) = database.write(lambda session: dispatch.claim(session, keys, NOW)).result()
    return found


@pytest.fixture
def other_desk(database: Database, keys: Keys) -> str:
    """Whose messages lie in another part than those of `desk_id`."""

    def work(session: Session) -> str:
        where = text(
            "select part from generate_series(0, 15) part "
            "where satisfies_hash_partition(cast('message' as regclass), 16, part, cast(:id as varchar))"
        )

        def part(id_: str) -> int:
            found: int = session.connection().execute(where, {"id": id_}).scalar_one()
            return found

        first = part(desks.everything(session)[0].id)
        for number in range(100):
            id_ = desks.add(session, keys, NOW, f"d{number}", "Loket", f"+32900001{number:02}", [], desks.Choices()).id
            session.flush()
            if part(id_) != first:
                return id_
        raise AssertionError("a hundred desks in one part")

    return database.write(work).result()


def test_what_knows_the_desk_reads_its_part_alone(
    database: Database, keys: Keys, thread: turns.Thread, due: dispatch.Due
) -> None:
    took = read(database, lambda session: dispatch.claim(session, keys, NOW + timedelta(minutes=2)))
    assert [len(parts) for parts in took] == [16, 16, 1]  # leases that ended, what is due, and each that is taken
    mine = frozenset({thread.desk_id})
    asked: dict[str, Work] = {
        "a conversation with its timeline": lambda session: conversations.view(
            session, keys, mine, thread.conversation_id
        ),
        "what happened there": lambda session: conversations.events(session, keys, thread, ["moved"]),
        "what waits until the family writes": lambda session: outbox.holds(session, thread),
        "the family writes": lambda session: outbox.release(session, thread, NOW),
        "at which question it waits": lambda session: facts.stood_at(session, thread, NOW),
        "one was sent": lambda session: dispatch.sent(session, due.id, "SM-a", due.desk_id),
    }
    for what, work in asked.items():
        for door in (database, OfDesks(database, mine)):  # other desks' rows are hidden there, beside that
            assert [len(parts) for parts in read(door, work)] == [1], what
    said = read(database, lambda session: outbox.apply_status(session, "twilio", "SM-a", "delivered", "", NOW))
    assert [len(parts) for parts in said] == [16, 1]  # a provider names no desk


def test_who_waits_for_a_message_that_moves_tries_once_more_and_finds_it(
    database: Database, keys: Keys, thread: turns.Thread, due: dispatch.Due, other_desk: str
) -> None:
    """The row that they wait for goes to another part: PostgreSQL gives that up (40001)."""
    later, has_moved, go_on = NOW + timedelta(minutes=2), threading.Event(), threading.Event()
    tries = Counter[str]()

    def move(session: Session) -> None:
        registrations.move(session, keys, thread.conversation_id, other_desk, NOW)
        has_moved.set()
        go_on.wait(timeout=20)

    def sent(session: Session) -> None:
        tries["sent"] += 1
        dispatch.sent(session, due.id, "SM-a", due.desk_id)

    def claim(session: Session) -> list[dispatch.Due]:
        tries["claim"] += 1
        return dispatch.claim(session, keys, later)

    moving = database.write(move)
    assert has_moved.wait(timeout=20)
    passed_over = database.write(lambda session: dispatch.claim(session, keys, later, takes_back=False))
    assert passed_over.result(timeout=20) == []
    claiming = database.write(claim)  # the lease of what moves has ended
    until(lambda: _waiting(database) == 1, 20)
    sending = database.write(sent)
    until(lambda: _waiting(database) == 2, 20)
    go_on.set()
    for each in (moving, claiming, sending):
        each.result(timeout=20)
    assert tries == {"sent": 2, "claim": 2}
    with database.read() as session:
        row = session.exec(select(Message).where(Message.id == due.id)).one()
        assert (row.desk_id, row.provider_id) == (other_desk, "SM-a")
        view = conversations.view(session, keys, frozenset({other_desk}), thread.conversation_id)
        assert view is not None and [each.body for each in view.entries] == ["hallo", "dag"]


def test_a_conversation_that_moves_takes_along_what_the_worker_has_in_hand(
    database: Database, keys: Keys, thread: turns.Thread, due: dispatch.Due, other_desk: str
) -> None:
    has_sent, go_on = threading.Event(), threading.Event()

    def sent(session: Session) -> None:
        dispatch.sent(session, due.id, "SM-a", due.desk_id)
        has_sent.set()
        go_on.wait(timeout=20)

    sending = database.write(sent)
    assert has_sent.wait(timeout=20)
    move = lambda session: registrations.move(session, keys, thread.conversation_id, other_desk, NOW)  # noqa: E731
    moving = database.write(move)
    until(lambda: _waiting(database) == 1, 20)
    go_on.set()
    sending.result(timeout=20)
    moving.result(timeout=20)
    with database.read() as session:
        row = session.exec(select(Message).where(Message.id == due.id)).one()
        assert (row.desk_id, row.status) == (other_desk, "sent")


def _waiting(database: Database) -> int:
    """How many wait for a row that another one holds, or stand behind who does."""
    with database.read() as session:
        here = "select count(*) from pg_stat_activity where datname = current_database()"
        asked = text(f"{here} and wait_event_type = 'Lock'")
        return int(session.connection().execute(asked).scalar_one())
