"""The writer: what it was given is done, and whoever goes away does not stop it for the others."""

import asyncio
import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from storage import clock, turns
from storage.database import Database
from storage.keys import Keys
from storage.models import Quarantine

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def test_a_caller_who_goes_away_does_not_stop_the_writer(database: Database) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(session: Session) -> None:
        begun.set()
        go_on.wait(timeout=5)

    first = database.write(slow)
    second = database.write(lambda session: clock.set_now(session, NOON))

    async def wait_and_leave() -> None:
        waiting = [asyncio.wrap_future(each) for each in (first, second)]
        await asyncio.to_thread(begun.wait, 5)
        for each in waiting:
            each.cancel()
        go_on.set()

    asyncio.run(wait_and_leave())
    for each in (first, second):
        each.result(timeout=5)  # what was given is done, also when nobody waits for it
    ahead = database.write(clock.offset).result(timeout=5)  # and the writer is still there
    assert abs(clock.system_now() + ahead - NOON) < timedelta(minutes=1)


def test_what_could_not_be_committed_is_not_acknowledged(database: Database) -> None:
    def points_nowhere(session: Session) -> None:
        for statement in (
            "create table late (id integer primary key, other integer references late deferrable initially deferred)",
            "insert into late values (1, 2)",
        ):
            session.connection().exec_driver_sql(statement)

    with pytest.raises(IntegrityError):
        database.write(points_nowhere).result(timeout=5)
    with database.connect() as connection:
        assert not inspect(connection).has_table("late")
    database.write(clock.offset).result(timeout=5)  # and the writer is still there


def test_a_work_that_fails_takes_none_of_its_group_with_it(database: Database, keys: Keys) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(session: Session) -> None:
        begun.set()
        go_on.wait(timeout=5)

    def fails(session: Session) -> None:
        turns.quarantine(session, keys, "twilio", "of the one that fails", "", NOON)
        session.flush()
        raise ZeroDivisionError

    def keeps(session: Session) -> None:
        turns.quarantine(session, keys, "twilio", "kept", "", NOON)

    first = database.write(slow)
    begun.wait(timeout=5)  # what comes now waits together
    before, failed, after = (database.write(each) for each in (keeps, fails, keeps))
    go_on.set()
    for each in (first, before, after):
        each.result(timeout=5)
    with pytest.raises(ZeroDivisionError):
        failed.result(timeout=5)
    with database.read() as session:
        assert sorted(session.exec(select(Quarantine.reason))) == ["kept", "kept"]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_two_processes_that_read_and_then_write_take_turns(database: Database, url: str) -> None:
    other = Database(url)  # with connections and a writer of its own, as another process has
    before = database.write(clock.offset).result()

    def one_minute_more(session: Session) -> None:
        ahead = clock.offset(session) + timedelta(minutes=1)
        session.expunge_all()
        clock.set_now(session, clock.system_now() + ahead)

    try:
        for each in [where.write(one_minute_more) for _ in range(40) for where in (database, other)]:
            each.result(timeout=30)
        gone = database.write(clock.offset).result() - before
        assert abs(gone - timedelta(minutes=80)) < timedelta(seconds=30)
    finally:
        other.close()
