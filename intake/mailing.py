"""Mails go to the server: written in the transaction of what they tell of, sent beside the worker, given up in time."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial

from channels.base import SendError
from channels.mail import Attachment, Letter, MailServer
from intake import measures
from intake.stopping import Ended, pause
from storage import mails
from storage.database import Database, Session
from storage.keys import Keys

Clock = Callable[[], datetime]
Write = Callable[[datetime], Awaitable[None]]
log = logging.getLogger("intake.mailing")
_LONGEST_WAIT = timedelta(hours=1)
_WRITE_AFTER = timedelta(minutes=1)
_PAUSE = 2.0  # seconds between two looks


def post(session: Session, keys: Keys, kind: str, letter: Letter, now: datetime, useful: timedelta) -> None:
    """It goes out when this transaction is durable, as long as it is `useful`."""
    mails.queue(session, keys, kind, json.dumps(asdict(letter)), now, now + useful)


async def send_due(database: Database, keys: Keys, server: MailServer, clock: Clock) -> int:
    """Send what is due, one after the other; how many were tried. A server that hangs takes minutes: time goes on."""
    tried = 0
    while await asyncio.to_thread(_is_due, database, now := clock()):
        due = await asyncio.wrap_future(database.write(partial(mails.claim, keys=keys, now=now)))
        if due is not None:
            await _send(database, server, due, now)
            tried += 1
    return tried


async def run(
    database: Database, keys: Keys, server: MailServer, clock: Clock, write: Write, ended: Ended
) -> None:  # fmt: skip
    """Until `ended`. `write`: queues, now and then, what time alone makes due. A fault is logged and tried again."""
    written = clock() - _WRITE_AFTER
    while not ended():
        try:
            now = clock()
            if not written <= now < written + _WRITE_AFTER:
                await write(now)
                written = now
            await send_due(database, keys, server, clock)
        except Exception:  # it must outlive every fault
            log.exception("mail_fault")
        await pause(_PAUSE, ended)


def _is_due(database: Database, now: datetime) -> bool:
    with database.read() as session:
        return mails.is_due(session, now)


async def _send(database: Database, server: MailServer, due: mails.Due, now: datetime) -> None:
    try:
        await server.send(_letter(due.content), due.id, now)
        work, result = partial(mails.end, mail_id=due.id, status="sent"), "sent"
    except SendError as problem:
        log.warning("mail_not_sent", extra={"mail_id": due.id, "code": problem.code})
        later = now + _wait(due.attempts)
        if problem.uncertain:
            work, result = partial(mails.end, mail_id=due.id, status="unknown", code=problem.code), "unknown"
        elif problem.retryable and later < due.until:
            work, result = partial(mails.retry, mail_id=due.id, due_at=later, code=problem.code), "later"
        else:
            work, result = partial(mails.end, mail_id=due.id, status="failed", code=problem.code), "failed"
    measures.mail(due.kind, result)
    await asyncio.wrap_future(database.write(work))


def _letter(content: str) -> Letter:
    told = json.loads(content)
    return Letter(**{**told, "attachments": tuple(Attachment(**each) for each in told["attachments"])})


def _wait(attempts: int) -> timedelta:
    """A minute, then twice as long each time."""
    return min(_LONGEST_WAIT, timedelta(minutes=float(2 ** min(attempts - 1, 10))))
