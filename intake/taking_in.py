"""What a webhook means, from its body to the work of one transaction: as it comes, or taken in later from the spool."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import islice

from channels import twilio, voice
from channels.base import Malformed, Provider
from intake import calls, updates
from intake.conversations import receive
from intake.installation import Installation
from intake.stopping import Ended, pause
from storage import outbox, turns
from storage.database import Database, Session, is_away
from storage.keys import KeysProblem
from storage.spool import Spool, Told

log = logging.getLogger("intake.taking_in")
Take = Callable[[Session, Installation], object]
OWED = "/twilio/voice/owed"  # a call that nobody could take: the family is called back
_TOGETHER = 50  # in one transaction: whoever writes to one of these families waits that long
_PAUSE = 1.0  # seconds between two looks into the spool


def nothing(_session: Session, _here: Installation) -> None:
    """What changes nothing."""


def of_message(form: twilio.Form, at: datetime) -> Take:
    """A text or WhatsApp message. Raises `Malformed`."""
    inbound = twilio.parse(form, at)
    return lambda session, here: receive(session, here, inbound)


def of_status(form: twilio.Form, at: datetime) -> Take:
    """What became of a message of ours. Raises `Malformed`."""
    update = twilio.parse_status(form)
    found = update.status
    if found is None:
        log.info("unknown_status", extra={"route": "/twilio/status"})
        return nothing
    return lambda session, here: outbox.apply_status(
        session, update.provider.value, update.provider_id, found.value, update.code, at
    )


def of_recording(form: twilio.Form, at: datetime) -> Take:
    """A recording is ready to be fetched. Raises `Malformed`."""
    told = voice.parse_recording(form)
    if told is None:
        return nothing
    return lambda session, here: calls.keep_recording(session, here, Provider.TWILIO, told, at)


def of_call_status(form: twilio.Form, at: datetime) -> Take:
    """A call is over. Raises `Malformed`."""
    call_id, is_over = voice.parse_call_status(form)
    if not is_over:
        return nothing
    return lambda session, here: calls.hang_up(session, here, Provider.TWILIO, call_id, at)


def of_lost_call(form: twilio.Form, at: datetime) -> Take:
    """A caller heard the apology: the family stands on the list of those to call. Raises `Malformed`."""
    inbound = voice.parse_call(form, at)

    def take(session: Session, here: Installation) -> None:
        calls.ring(session, here, inbound)  # nothing new when the call was known
        calls.owe_after_fault(session, here, Provider.TWILIO, inbound.id, at)
        calls.hang_up(session, here, Provider.TWILIO, inbound.id, at)

    return take


OF_TWILIO: Mapping[str, Callable[[twilio.Form, datetime], Take]] = {
    "/twilio/sms": of_message,
    "/twilio/whatsapp": of_message,
    "/twilio/status": of_status,
    "/twilio/voice/recording": of_recording,
    "/twilio/voice/status": of_call_status,
    OWED: of_lost_call,
}


def read(told: Told) -> Take:
    """What was put aside. Raises `Malformed`: it was read once before it was put there."""
    if told.route == "/telegram":
        return updates.read(told.body, told.at)
    return OF_TWILIO[told.route](twilio.parse_form(told.body), told.at)


async def take_in(spool: Spool, database: Database, here: Installation) -> int:
    """What waits, in its order, as long as the database answers; how many are in."""
    done = 0
    with spool.alone() as is_alone:
        waiting = spool.each() if is_alone else iter(())
        while some := list(islice(waiting, _TOGETHER)):
            try:
                await _take_all(some, database, here)
            except Exception as problem:
                if is_away(problem):
                    return done
                raise
            for told in some:
                spool.drop(told)
            done += len(some)
    return done


async def _take_all(some: Sequence[Told], database: Database, here: Installation) -> None:
    """In one transaction: most of what one costs alone is its way to the disk. One by one when one of them fails.

    What a work of ours cannot digest is put where a person sees it, and holds up nobody.
    """
    try:
        await asyncio.wrap_future(database.write(partial(_take, here=here, some=some)))
    except Exception as problem:
        if is_away(problem):
            raise
        if len(some) > 1:
            for told in some:
                await _take_all([told], database, here)
            return
        if not isinstance(problem, Malformed | KeysProblem):
            log.exception("not_taken_in", extra={"route": some[0].route})
        await asyncio.wrap_future(database.write(partial(_put_aside, here=here, told=some[0])))


def _take(session: Session, here: Installation, some: Sequence[Told]) -> None:
    for told in some:
        if _is_new(session, told):
            read(told)(session, here)
            session.flush()
            session.expunge_all()


def _is_new(session: Session, told: Told) -> bool:
    """Noted with what it changes: after a death in between, its file is there still, and those of later ones."""
    return turns.is_new(session, "spool", "told", told.id, told.at)


def _put_aside(session: Session, here: Installation, told: Told) -> None:
    if not _is_new(session, told):
        return
    provider = Provider.TELEGRAM if told.route == "/telegram" else Provider.TWILIO
    turns.quarantine(
        session, here.keys, provider.value, "not taken in", told.body.decode("utf-8", "replace"), told.at
    )  # fmt: skip


async def run(spool: Spool, database: Database, here: Installation, ended: Ended) -> None:
    """Until `ended`."""
    while not ended():
        try:
            if spool.count():
                found = await take_in(spool, database, here)
                log.info("taken_in", extra={"count": found})
        except Exception:  # it must outlive every fault
            log.exception("spool_fault")
        await pause(_PAUSE, ended)
