"""Takes what waits in the outbox to the providers, message by message in the order of each conversation."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial

from channels.base import Outgoing, Provider, Sender, SendError
from flows.events import Channel
from storage import outbox
from storage.database import Database
from storage.keys import Keys
from storage.outbox import Due

log = logging.getLogger("intake.worker")
_MOST_ATTEMPTS = 8
_LONGEST_WAIT = timedelta(hours=1)
_IDLE = 0.25  # seconds between two looks while nothing is due


async def send_due(database: Database, keys: Keys, senders: Mapping[Provider, Sender], now: datetime) -> int:
    """Send what is due once; how many messages were tried."""
    due = await asyncio.wrap_future(database.write(partial(outbox.claim, keys=keys, now=now)))
    await asyncio.gather(*(_send(database, senders, each, now) for each in due))
    return len(due)


async def run(
    database: Database, keys: Keys, senders: Mapping[Provider, Sender], clock: Callable[[], datetime]
) -> None:
    """Until cancelled. A fault of the database is logged and tried again."""
    while True:
        tried = 0
        try:
            tried = await send_due(database, keys, senders, clock())
        except Exception:  # the worker must outlive every fault
            log.exception("worker_fault")
            await asyncio.sleep(1)
        if not tried:
            await asyncio.sleep(_IDLE)


async def _send(database: Database, senders: Mapping[Provider, Sender], due: Due, now: datetime) -> None:
    sender = senders.get(Provider(due.provider))
    outgoing = Outgoing(Provider(due.provider), Channel(due.channel), due.to, due.sender, due.text, due.id)
    if sender is None:
        await asyncio.wrap_future(database.write(partial(outbox.failed, message_id=due.id, code="no_provider")))
        return
    try:
        found = await sender.find(outgoing, due.at) if due.was_unknown else None
        taken = found or await sender.send(outgoing)
        work = partial(outbox.sent, message_id=due.id, provider_id=taken.provider_id)
    except SendError as problem:
        later = now + _wait(due.attempts, problem.wait)
        log.warning("not_sent", extra={"message_id": due.id, "code": problem.code})
        if due.attempts >= _MOST_ATTEMPTS or not (problem.retryable or problem.uncertain):
            work = partial(outbox.failed, message_id=due.id, code=problem.code)
        elif problem.uncertain:
            work = partial(outbox.unknown, message_id=due.id, due_at=later, code=problem.code)
        else:
            work = partial(outbox.retry, message_id=due.id, due_at=later, code=problem.code)
    await asyncio.wrap_future(database.write(work))


def _wait(attempts: int, asked: float) -> timedelta:
    """Twice as long each time, and never shorter than the provider asked."""
    return max(timedelta(seconds=asked), min(_LONGEST_WAIT, timedelta(seconds=2 ** min(attempts, 12))))
