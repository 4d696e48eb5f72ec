"""What the provider's routes call: a call that begins, an answer, a recording, the end of the line."""

import hmac
from datetime import datetime, timedelta

from channels import voice
from channels.base import Inbound, Provider
from channels.voice import HangUp, Pressed, Recorded
from flows.desk import SOURCE
from flows.events import Called, Channel, Event, Started
from flows.speaking import line
from flows.state import Status
from intake.calls.caller import Caller, announce_url, mac_of, note
from intake.installation import Installation
from intake.sounds import Level
from intake.turn import open_conversation
from intake.unplaced import quarantine
from locales.dates import name_in
from storage import call_backs, calls, desks, recordings, turns
from storage.calls import Expects
from storage.database import Session
from storage.desks import Front
from storage.turns import Thread

_CALLS_A_DAY = 30  # of one family: more is a machine, or a child with a telephone
_DEAD = timedelta(hours=1)  # no call of ours lasts so long: this was kept on the way, or the clock was set


def ring(session: Session, here: Installation, inbound: Inbound) -> str:
    """A call that begins, or its first request once more: the TwiML it hears."""
    provider = inbound.provider.value
    call = calls.find(session, provider, inbound.id)
    if call is not None:
        return calls.said(session, here.keys, call)
    front = desks.of_number(session, inbound.recipient, Channel.VOICE.value)
    if front is None:
        quarantine(session, here, inbound, "no desk has this number")
        return apology(here, SOURCE)
    thread = turns.thread(session, here.keys, "phone" if inbound.repliable else "call", inbound.sender, inbound.at)
    if thread.desk_id and thread.desk_id != front.id:
        front = desks.front(session, thread.desk_id)
    thread = thread._replace(
        desk_id=front.id, channel=Channel.VOICE.value, provider=provider, our_number=inbound.recipient
    )
    if calls.since(session, thread.family_id, inbound.at - timedelta(days=1)) >= _CALLS_A_DAY:
        return voice.busy()  # it costs nobody anything, and the first of these calls left its trace
    thread, event = _opened(session, here, inbound, thread, front)
    call = calls.begin(session, thread, inbound.id, is_hidden=not inbound.repliable, at=inbound.at)
    caller = Caller(session, here, front, thread, call, inbound.at)
    return caller.begin(event)


def answer(session: Session, here: Installation, inbound: Inbound, pressed: Pressed, turn: int, mac: str) -> str:
    """What a caller pressed or said. `turn`, `mac`: of the address; what is not of this very turn changes nothing."""
    call = calls.find(session, inbound.provider.value, pressed.call_id)
    if call is None:
        return ring(session, here, inbound)
    is_now = turn == call.turn and hmac.compare_digest(mac, mac_of(here, call.provider_id, turn))
    thread = turns.of_conversation(session, here.keys, call.conversation_id, None)
    if not is_now or call.status == "over" or thread is None:
        return calls.said(session, here.keys, call) or apology(here, SOURCE)
    if inbound.at - call.began_at > _DEAD:
        return apology(here, thread.language)
    thread = thread._replace(channel=Channel.VOICE.value, provider=call.provider, our_number=call.our_number)
    caller = Caller(session, here, desks.front(session, thread.desk_id), thread, call, inbound.at, turn + 1)
    return caller.go_on(pressed)


def announce(session: Session, here: Installation, provider: Provider, call_id: str, mac: str, digits: str) -> str:
    """What the worker at the desk hears who picks up, and whether that key took the call."""
    call = calls.find(session, provider.value, call_id)
    if call is None or not hmac.compare_digest(mac, mac_of(here, call_id, -1)):
        return voice.bridge(is_taken=False)
    if digits:
        return voice.bridge(is_taken=digits == "1")
    thread = turns.of_conversation(session, here.keys, call.conversation_id, None)
    wording = here.wording_of(here.form)
    language = name_in(SOURCE, thread.language) if thread else ""  # a Dutch voice says it
    said = [line("call.announce", SOURCE, wording, {"name": language})]
    if thread is not None and turns.need(session, thread.conversation_id) > 0:
        said.append(line("call.announce_urgent", SOURCE, wording))
    said.append(line("call.take", SOURCE, wording))
    return voice.announce(said, announce_url(here, call_id), here.words, here.sounds.play)


def keep_recording(session: Session, here: Installation, provider: Provider, told: Recorded, at: datetime) -> None:
    """A recording is ready; the turn that it answers may have come before or come later."""
    call = calls.find(session, provider.value, told.call_id)
    thread = turns.of_conversation(session, here.keys, call.conversation_id, None) if call else None
    if thread is not None:
        recordings.record(session, thread._replace(provider=provider.value), told.id, told.seconds, at)


def hang_up(session: Session, here: Installation, provider: Provider, call_id: str, at: datetime) -> None:
    """The line is closed. What was answered stays; who did not come to an end is told how to go on, or is called."""
    call = calls.find(session, provider.value, call_id)
    if call is None or not calls.end(session, call, at):
        return
    thread = turns.of_conversation(session, here.keys, call.conversation_id, None)
    if thread is not None:
        note(session, here, thread, "call_ended", at)
    if thread is None or thread.status != Status.WITH_BOT or call.expects not in (Expects.KEYS, Expects.DOOR):
        return
    thread = thread._replace(channel=Channel.VOICE.value, provider=call.provider, our_number=call.our_number)
    Caller(session, here, desks.front(session, thread.desk_id), thread, call, at).drop()


def owe_after_fault(session: Session, here: Installation, provider: Provider, call_id: str, at: datetime) -> None:
    """A turn failed: this family is called. Nothing when the call itself was never written down."""
    call = calls.find(session, provider.value, call_id)
    if call is not None:
        call_backs.ask(session, call.desk_id, call.conversation_id, "fault", at, at)


def apology(here: Installation, language: str) -> str:
    """The last resort of every error. In Dutch where that language cannot be spoken."""
    code = language if language in here.words and here.sounds.level(language) is Level.FULL else SOURCE
    said = line("call.sorry", code, here.wording_of(here.form))
    return voice.render([said], HangUp(), here.words, here.sounds.play)


def _opened(
    session: Session, here: Installation, inbound: Inbound, thread: Thread, front: Front
) -> tuple[Thread, Event]:
    """What this call means to the conversation that is open, or to a new one."""
    if thread.conversation_id:
        heard = thread.last_inbound_at or inbound.at
        return thread, Called(
            inbound.at, Channel.VOICE, is_late=inbound.at - heard >= timedelta(hours=here.resume_hours)
        )
    again = turns.has_request(session, thread.family_id)
    opened = open_conversation(session, here, thread, here.heard(front), inbound.at)
    return opened, Started(inbound.at, Channel.VOICE, None, has_open_request=again, is_hidden=not inbound.repliable)
