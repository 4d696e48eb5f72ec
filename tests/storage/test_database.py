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
