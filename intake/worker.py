"""What nobody asks for at the moment: messages go to their providers, promises come due, silence closes.

Messages of one conversation go out in the order they were written.
"""

import asyncio
import logging
import os
import socket
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial

from channels.base import Button, Outgoing, Provider, Recorder, Sender, SendError, Sent
from channels.twilio_history import TwilioHistory
from flows.engine.turn import local_day
from flows.events import Channel, Expired, Unanswered
from intake import follow_up, measures, organisers, promises, reconciling, referral, reminders, tombstones, tracing
from intake.installation import Installation
from intake.one_by_one import one_by_one
from intake.steady import Steady
from intake.stopping import Ended
from intake.turn import UNANSWERED, Turn
from storage import (
    audit,
    budgets,
    conversations,
    damaged,
    desks,
    dispatch,
    erasure,
    heartbeats,
    import_drafts,
    joining,
    outbox,
    queue,
    recordings,
    timers,
    turns,
)
from storage import organisers as stored_organisers
from storage.database import Database, Session
from storage.dispatch import Due
from storage.keys import Keys

log = logging.getLogger("intake.worker")
_MOST_ATTEMPTS = 8
_LONGEST_WAIT = timedelta(hours=1)
_LOOK_AFTER = timedelta(minutes=1)
_FETCH_AFTER = timedelta(seconds=5)
_LOOK_AT_STARTS = timedelta(hours=1)
_RECONCILE_AFTER = timedelta(minutes=10)
_BEAT_AFTER = timedelta(seconds=15)
_IDLE = 0.25  # seconds between two looks while nothing is due


async def send_due(
    database: Database, keys: Keys, senders: Mapping[Provider, Sender], now: datetime, *, takes_back: bool = True
) -> int:
    """Send what is due once; how many messages were tried. `takes_back`: also what others held for too long."""
    claim = partial(dispatch.claim, keys=keys, now=now, takes_back=takes_back, is_day=reminders.is_day(now))
    due = await asyncio.wrap_future(database.write(claim))
    await asyncio.gather(*(_send(database, senders, each, now) for each in due))
    return len(due)


async def fetch_due(database: Database, keys: Keys, recorders: Mapping[Provider, Recorder], now: datetime) -> int:
    """Fetch what callers said, seal it, delete it where it was made; how many recordings were tried."""
    due = await asyncio.wrap_future(database.write(partial(recordings.due, now=now)))
    await asyncio.gather(*(_fetch(database, keys, recorders, each) for each in due))
    return len(due)


async def look_after(database: Database, here: Installation, now: datetime, expire_days: int) -> None:
    """Promises that came due, conversations that fell silent, events that no provider sends again."""
    if any(await one_by_one(
        database, "timer", lambda session, most: timers.due(session, now, most),
        lambda session, id_: _keep_promise(session, here, id_, now), now,
    )):  # fmt: skip
        await asyncio.to_thread(_after_erasing, database, here)
    before = now - timedelta(days=expire_days)
    await one_by_one(
        database, "conversation", lambda session, most: turns.silent(session, before, most),
        lambda session, id_: _expire(session, here, id_, before, now), now,
    )  # fmt: skip
    if reminders.is_day(now):
        await _remind(database, here, now)
        await _remind_organisers(database, here, now)
    await asyncio.wrap_future(database.write(lambda session: queue.wake(session, now)))
    await asyncio.wrap_future(database.write(promises.reckon))
    await _follow_up(database, here, now)
    await asyncio.wrap_future(database.write(lambda session: turns.prune_seen(session, now - erasure.SEEN)))
    await asyncio.wrap_future(database.write(lambda session: joining.prune(session, now)))
    await asyncio.wrap_future(database.write(lambda session: import_drafts.prune(session, now)))
    await asyncio.wrap_future(database.write(lambda session: stored_organisers.prune(session, now)))
    await asyncio.wrap_future(database.write(lambda session: outbox.settle_early(session, now)))
    await asyncio.wrap_future(database.write(lambda session: budgets.prune(session, local_day(now))))


def _after_erasing(database: Database, here: Installation) -> None:
    database.scrub()
    if here.erased is not None:
        with database.read() as session:
            tombstones.keep(here.erased, erasure.tombstones(session))


async def _remind_organisers(database: Database, here: Installation, now: datetime) -> None:
    """Once in a calendar month, each in a transaction of its own."""
    first = local_day(now).replace(day=1)
    await one_by_one(
        database, "organiser", lambda session, most: stored_organisers.to_remind(session, first),
        lambda session, id_: organisers.remind(session, here, id_, now), now,
    )  # fmt: skip


async def _remind(database: Database, here: Installation, now: datetime) -> None:
    for times, silence in enumerate(reminders.AFTER):
        await one_by_one(
            database, "conversation", partial(_to_remind, times=times, before=now - silence),
            partial(_remind_one, here=here, before=now - silence, now=now), now,
        )  # fmt: skip


def _to_remind(session: Session, most: int, times: int, before: datetime) -> list[str]:
    return turns.to_remind(session, times, before, most)


def _remind_one(session: Session, id_: str, here: Installation, before: datetime, now: datetime) -> None:
    reminders.remind(session, here, id_, before, now)


async def _follow_up(database: Database, here: Installation, now: datetime) -> None:
    await one_by_one(
        database, "referral", lambda session, _: referral.due(session, now),
        lambda session, id_: referral.ask(session, here, id_, now), now,
    )  # fmt: skip
    await one_by_one(
        database, "registration", lambda session, _: follow_up.due(session, now),
        lambda session, id_: follow_up.ask(session, here, id_, now), now,
    )  # fmt: skip


def _keep_promise(session: Session, here: Installation, id_: str, now: datetime) -> bool:
    """A family that was promised an answer by now waits for one, unless it got one or said more since.

    Who wanted to be forgotten is. Whether anybody was.
    """
    taken = timers.take(session, id_)
    if taken is None:
        return False
    kind, conversation_id, is_current = taken
    if kind == "promised" and is_current:
        conversations.promised(session, conversation_id, now)
    if kind == UNANSWERED and is_current:
        _give_up(session, here, conversation_id, now)
    if kind != erasure.KIND:
        return False
    family_id = conversations.family_of(session, conversation_id)
    erasure.erase(session, family_id, now)
    audit.add(session, now, None, "", "erased", family_id)
    return True


def _give_up(session: Session, here: Installation, conversation_id: str, now: datetime) -> None:
    """The family did not answer something on which more hangs: a person asks."""
    thread = turns.of_conversation(session, here.keys, conversation_id, None)
    if thread is not None:
        Turn(session, here, desks.front(session, thread.desk_id), thread, now).take(Unanswered(now))


def _expire(session: Session, here: Installation, id_: str, before: datetime, now: datetime) -> None:
    """Close what fell silent; the request stays."""
    thread = turns.of_conversation(session, here.keys, id_, None)
    if thread is None or thread.status != "with_bot" or thread.last_inbound_at is None:
        return
    if max(thread.last_inbound_at, turns.opened_at(session, id_)) < before:
        turns.add_message(session, here.keys, thread, direction="event", status="kept", at=now, question="expired")
        Turn(session, here, desks.front(session, thread.desk_id), thread, now).take(Expired(now))


async def run(
    database: Database,
    here: Installation,
    senders: Mapping[Provider, Sender],
    recorders: Mapping[Provider, Recorder],
    clock: Callable[[], datetime],
    expire_days: int,
    provider: TwilioHistory | None = None,
    ended: Ended = lambda: False,
) -> None:
    """Until `ended`, after the round it is in. A fault of the database is logged and tried again.

    Without senders, messages wait.
    """
    looked_after, fetched = clock() - _LOOK_AFTER, clock() - _FETCH_AFTER
    starts_looked_at, reconciled = clock() - _LOOK_AT_STARTS, clock() - _RECONCILE_AFTER
    beaten, process = clock() - _BEAT_AFTER, f"{socket.gethostname()}:{os.getpid()}"
    steady, is_new = Steady(), True
    while not ended():
        tried = 0
        try:
            now = clock()
            if is_new:
                await asyncio.wrap_future(database.write(damaged.forget))
                is_new = False
            if _is_due(starts_looked_at, _LOOK_AT_STARTS, now):
                await asyncio.wrap_future(database.write(partial(promises.look_at_starts, now=now)))
                starts_looked_at = now
            if _is_due(looked_after, _LOOK_AFTER, now):
                await look_after(database, here, now, expire_days)
                looked_after = now
            if provider is not None and _is_due(reconciled, _RECONCILE_AFTER, now):
                await reconciling.in_turn(database, here, provider, now)
                reconciled = now
            is_steady = steady.is_so()
            tried = await send_due(database, here.keys, senders, now, takes_back=is_steady) if senders else 0
            if recorders and _is_due(fetched, _FETCH_AFTER, now):
                await fetch_due(database, here.keys, recorders, now)
                fetched = now
            if _is_due(beaten, _BEAT_AFTER, now):  # after all that, or it would be no sign
                await asyncio.wrap_future(
                    database.write(partial(heartbeats.beat, what=heartbeats.WORKER, process=process, now=now))
                )
                beaten = now
        except Exception:  # the worker must outlive every fault
            log.exception("worker_fault")
            measures.worker_fault()
            await asyncio.sleep(1)
        if not tried:
            await asyncio.sleep(_IDLE)


def _is_due(last: datetime, every: timedelta, now: datetime) -> bool:
    """Also when the clock was set back: what it did later than now is no reason to wait."""
    return not last <= now < last + every


async def _send(database: Database, senders: Mapping[Provider, Sender], due: Due, now: datetime) -> None:
    sender = senders.get(Provider(due.provider))
    outgoing = Outgoing(Provider(due.provider), Channel(due.channel), due.to, due.sender, due.text, due.id,
                        tuple(Button(*each) for each in due.buttons), due.notice)  # fmt: skip
    if sender is None:
        await asyncio.wrap_future(database.write(partial(outbox.failed, message_id=due.id, code="no_provider")))
        return
    began, outcome = time.perf_counter(), "sent"
    with tracing.span("send", tracing.SpanKind.CLIENT, channel=due.channel, attempt=due.attempts) as span:
        try:
            taken = await _taken_before(database, sender, outgoing, due.at) if due.was_unknown else None
            taken = taken or await sender.send(outgoing)
            work = partial(dispatch.sent, message_id=due.id, provider_id=taken.provider_id, desk_id=due.desk_id)
        except SendError as problem:
            outcome = problem.code
            tracing.failed(span, outcome)
            work = _after_refusal(due, problem, now)
    measures.send(due.provider, outcome, time.perf_counter() - began)
    await asyncio.wrap_future(database.write(work))


def _after_refusal(due: Due, problem: SendError, now: datetime) -> "partial[None]":
    """What becomes of a message that its provider did not take."""
    measures.provider_error(due.provider, problem.code)
    later = now + _wait(due.attempts, problem.wait)
    log.warning("not_sent", extra={"message_id": due.id, "code": problem.code})
    if due.attempts >= _MOST_ATTEMPTS or not (problem.retryable or problem.uncertain):
        return partial(outbox.given_up, message_id=due.id, attempt=due.attempts, code=problem.code)
    if problem.uncertain:
        return partial(outbox.unknown, message_id=due.id, attempt=due.attempts, due_at=later, code=problem.code)
    return partial(outbox.retry, message_id=due.id, attempt=due.attempts, due_at=later, code=problem.code)


async def _taken_before(database: Database, sender: Sender, outgoing: Outgoing, since: datetime) -> Sent | None:
    """The message at its provider, after an attempt of which nobody knows: one that is no other message of ours."""
    found = await sender.find(outgoing, since)
    ids = [each.provider_id for each in found]
    look = partial(outbox.known, provider=outgoing.provider.value, provider_ids=ids)
    known = await asyncio.wrap_future(database.write(look)) if ids else frozenset()
    return next((each for each in found if each.provider_id not in known), None)


async def _fetch(database: Database, keys: Keys, recorders: Mapping[Provider, Recorder], due: recordings.Due) -> None:
    """A fault leaves it for the next time; what the provider does not have, or what is no sound, is lost."""
    recorder = recorders.get(Provider(due.provider))
    if recorder is None:
        return
    try:
        if not due.is_fetched:
            sound, kind = await recorder.fetch(due.provider_id)
            keep = partial(recordings.fetched, keys=keys, recording_id=due.id, sound=sound, media_type=kind)
            await asyncio.wrap_future(database.write(keep))
        await recorder.delete(due.provider_id)
        await asyncio.wrap_future(database.write(partial(recordings.deleted, recording_id=due.id)))
    except SendError as problem:
        measures.provider_error(due.provider, problem.code)
        log.warning("not_fetched", extra={"recording_id": due.id, "code": problem.code})
        comes_later = problem.retryable or problem.uncertain or problem.code == "not_there"  # not ready yet
        is_final = not comes_later or recordings.gives_up(due)
        if is_final and not due.is_fetched:
            await asyncio.wrap_future(database.write(partial(recordings.lost, recording_id=due.id)))


def _wait(attempts: int, asked: float) -> timedelta:
    """Twice as long each time, and never shorter than the provider asked."""
    return max(timedelta(seconds=asked), min(_LONGEST_WAIT, timedelta(seconds=2 ** min(attempts, 12))))
