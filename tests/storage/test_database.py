"""The writer: what it was given is done, and whoever goes away does not stop it for the others."""

import asyncio
import threading
from datetime import UTC, datetime, timedelta

from sqlmodel import Session

from storage import clock
from storage.database import Database

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def test_a_caller_who_goes_away_does_not_stop_the_writer(database: Database) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(session: Session) -> None:
        begun.set()
        go_on.wait(timeout=5)

    async def ask_and_leave() -> None:
        first = asyncio.wrap_future(database.write(slow))
        second = asyncio.wrap_future(database.write(lambda session: clock.set_now(session, NOON)))
        await asyncio.to_thread(begun.wait, 5)
        first.cancel()
        second.cancel()
        go_on.set()

    asyncio.run(ask_and_leave())
    ahead = database.write(clock.offset).result(timeout=5)  # the writer is there, and what it was given is done
    assert abs(clock.system_now() + ahead - NOON) < timedelta(minutes=1)
