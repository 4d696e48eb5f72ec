"""What the provider has and we do not: messages and calls that came while we were down, or after the backup we are at.

And the other way round: what lies at the provider for longer than a week, of what we have handled, is deleted there.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from channels.base import Inbound, Provider, SendError
from channels.twilio_history import Kept, TwilioHistory
from intake import calls as callers
from intake.conversations import receive, show_late
from intake.installation import Installation
from storage import history
from storage.database import Database, Session

T = TypeVar("T")
log = logging.getLogger("intake.reconciling")
OVERLAP = timedelta(hours=1)  # before the newest one known: another may have been missed just before it
KEPT = timedelta(days=7)  # at the provider
_MOST = timedelta(days=13)  # further back we do not know any more what we had (worker.py forgets events after 14 days)
AT_ONCE = 200  # records that are looked at, and deleted, at one go


@dataclass(frozen=True, slots=True)
class TakenIn:
    """How many were missed. `late`: of the messages, those that stand on the timeline and were not answered."""

    messages: int = 0
    calls: int = 0
    late: int = 0


async def reconcile(
    database: Database, here: Installation, provider: TwilioHistory, now: datetime, since: datetime | None = None
) -> TakenIn:
    """Take in what was missed since then (left out: since a little before the newest one known). Raises `SendError`."""
    newest = await _in(database, partial(history.newest, now=now))
    start = max(since or (newest or now) - OVERLAP, now - _MOST)
    messages = late = calls = 0
    for each in await provider.messages(start):
        found = await _in(database, partial(_take_message, here=here, inbound=each))
        messages, late = messages + bool(found), late + (found == "late")
    for each in await provider.calls(start):
        calls += await _in(database, partial(_take_call, here=here, inbound=each, now=now))
    if messages or calls:
        log.warning("taken_in", extra={"count": messages + calls})
    return TakenIn(messages, calls, late)


async def delete_old(database: Database, provider: TwilioHistory, now: datetime) -> int:
    """Delete at the provider what is older than a week and done with here; how many. Raises `SendError`.

    What we do not know waits a week longer: it may have been missed, or its family was erased since.
    """
    deleted = 0
    for kept in await provider.older_than(now - KEPT, AT_ONCE):
        if kept.at < now - _MOST or await _in(database, partial(_is_handled, kept=kept)):
            await provider.delete(kept)
            deleted += 1
    return deleted


async def backlog(provider: TwilioHistory, now: datetime) -> int:
    """How much lies at the provider for a day longer than it should. Raises `SendError`."""
    return len(await provider.older_than(now - KEPT - timedelta(days=1), AT_ONCE))


async def in_turn(database: Database, here: Installation, provider: TwilioHistory, now: datetime) -> None:
    """Both, as the worker does it; a provider that is down is looked at again the next time."""
    steps: tuple[Callable[[], Awaitable[object]], ...] = (
        partial(reconcile, database, here, provider, now), partial(delete_old, database, provider, now)
    )  # fmt: skip
    for step in steps:
        try:
            await step()
        except SendError as problem:
            log.warning("not_reconciled", extra={"code": problem.code})


def _take_message(session: Session, here: Installation, inbound: Inbound) -> str:
    """Nothing when it was known. An answer that comes after later ones is shown and not taken as one: "late"."""
    if history.has_event(session, Provider.TWILIO.value, inbound.kind, inbound.id):
        return ""
    if history.went_on(session, here.keys, inbound.sender, inbound.at):
        show_late(session, here, inbound)
        return "late"
    receive(session, here, inbound)
    return "taken"


def _take_call(session: Session, here: Installation, inbound: Inbound, now: datetime) -> bool:
    """A call that nobody answered here: the family is called back. One whose end we did not hear is over."""
    if history.has_call(session, Provider.TWILIO.value, inbound.id):
        callers.hang_up(session, here, Provider.TWILIO, inbound.id, now)
        return False
    callers.ring(session, here, inbound)
    callers.owe_after_fault(session, here, Provider.TWILIO, inbound.id, inbound.at)
    callers.hang_up(session, here, Provider.TWILIO, inbound.id, inbound.at)
    return history.has_call(session, Provider.TWILIO.value, inbound.id)


def _is_handled(session: Session, kept: Kept) -> bool:
    return history.is_settled(session, Provider.TWILIO.value, kept.kind, kept.provider_id)


async def _in(database: Database, work: Callable[[Session], T]) -> T:
    return await asyncio.wrap_future(database.write(work))
