"""Calling families back: what was tried, when next, with whose help, and the call itself.

A click rings the desk's own phone first. Who picks up there is put through to the family, who sees the desk's number;
with an interpreter all three are on one line.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from channels import voice
from channels.base import Provider
from flows import state as states
from flows.engine.turn import BRUSSELS
from flows.state import State
from intake import opening_hours
from intake.answered import answered
from intake.desk import DeskError, not_there
from intake.installation import Installation
from intake.problems import Unclear
from storage import audit, call_backs, desks, turns
from storage.call_backs import Interprets, Wanted
from storage.database import Session
from storage.models import Desk
from storage.staff import Person

OUTCOMES = ("reached", "no_answer", "busy", "wrong_number", "failed")
_HALF_DAY = timedelta(hours=4)
_NUMBER = 15  # digits, at most


@dataclass(frozen=True)
class Call:
    """One line of the list, opened. `number`: "" when none is known (a hidden caller who gave none)."""

    wanted: Wanted
    state: State
    number: str
    interpreters: tuple[Interprets, ...]


def everything(session: Session, here: Installation, person: Person) -> list[Call]:
    """Who is to be called, earliest first."""
    helpers = interpreters(session, here, person)
    found = call_backs.wanted(session, here.keys, person.desk_ids)
    return [_opened(session, here, each, helpers, is_locked=False) for each in found]


def interpreters(session: Session, here: Installation, person: Person) -> list[Interprets]:
    keys = {desk.id: desk.key for desk in desks.everything(session) if desk.id in person.desk_ids}
    return call_backs.interpreters(session, here.keys, keys)


def attempt(
    session: Session, here: Installation, person: Person, id_: str, outcome: str, next_on: str, now: datetime
) -> None:
    """A colleague tried. `next_on`: when again, local ISO 8601, or "" for the next half-day. Raises `DeskError`."""
    call = get(session, here, person, id_)
    if outcome not in OUTCOMES:
        raise DeskError(422, "Choose what came of the call.")
    desk = session.get_one(Desk, call.wanted.row.desk_id)
    later = _moment(next_on) if next_on else _next_half_day(desks.choices(desk).hours, now)
    call_backs.attempt(session, call.wanted.row, outcome, person.id, max(later, now), now)
    thread = turns.of_conversation(session, here.keys, call.wanted.row.conversation_id, person.desk_ids)
    if outcome == OUTCOMES[0] and thread is not None:
        answered(session, thread, now)
    audit.add(session, now, desk.id, person.id, "called", call.wanted.row.conversation_id)


def book(
    session: Session, here: Installation, person: Person, id_: str, interpreter_id: str, at: str, now: datetime
) -> None:
    """An interpreter helps at a given time. Raises `DeskError`."""
    call = get(session, here, person, id_)
    if interpreter_id not in {each.id for each in call.interpreters}:
        raise DeskError(422, "Choose an interpreter.")
    when = _moment(at)
    if when < now:
        raise DeskError(422, "Choose a time to come.")
    call_backs.book(session, call.wanted.row, interpreter_id, when)
    audit.add(session, now, call.wanted.row.desk_id, person.id, "interpreter_booked", call.wanted.row.conversation_id)


def add_interpreter(
    session: Session, here: Installation, person: Person, desk_id: str, language: str, name: str, number: str,
    now: datetime,
) -> None:  # fmt: skip
    """One more on the list of a desk. Raises `DeskError`."""
    if desk_id not in person.desk_ids:
        raise not_there()
    if not name.strip() or len(name) > 80 or language not in here.words:
        raise Unclear("name", "Give a name and a language.")
    digits = "".join(sign for sign in number if sign.isdigit())
    if not number.strip().startswith("+") or not 8 <= len(digits) <= _NUMBER:
        raise Unclear("number", "Write the number as +32470000000.")
    key = session.get_one(Desk, desk_id).key
    call_backs.add_interpreter(session, here.keys, desk_id, key, language, name.strip(), f"+{digits}", now)
    audit.add(session, now, desk_id, person.id, "interpreter_added", language)


def remove_interpreter(session: Session, person: Person, interpreter_id: str, now: datetime) -> None:
    """Nobody can be booked who left the list. Raises `DeskError`."""
    if not call_backs.remove_interpreter(session, interpreter_id, person.desk_ids):
        raise not_there()
    audit.add(session, now, None, person.id, "interpreter_removed", interpreter_id)


@dataclass(frozen=True)
class Placed:
    """A call to make. `address`: of the TwiML that whoever picks up hears."""

    provider: Provider
    number: str
    caller_id: str
    address: str


def ring_desk(
    session: Session, here: Installation, person: Person, id_: str, interpreter_id: str, now: datetime
) -> Placed:
    """The desk's own phone first. Raises `DeskError`."""
    call = get(session, here, person, id_)
    row = call.wanted.row
    desk = session.get_one(Desk, row.desk_id)
    chosen = desks.choices(desk)
    if not chosen.desk_phone:
        raise DeskError(409, "Give the desk's own phone first, under Opening hours.")
    if not call.number:
        raise DeskError(409, "This family gave no number.")
    if not call.number.startswith(chosen.countries):
        raise DeskError(409, "We do not call numbers of this country: call yourself.")
    audit.add(session, now, desk.id, person.id, "call_placed", row.conversation_id)
    shown = chosen.caller_id or desk.number
    return Placed(_carrier(call.wanted), chosen.desk_phone, shown, _address(here, "out", row.id, interpreter_id))


def connect(
    session: Session, here: Installation, leg: str, call_back_id: str, interpreter_id: str, mac: str
) -> tuple[str, tuple[Placed, ...]]:
    """What somebody hears who picked up for a call-back, and who is to be called now.

    `leg`: "out" for the desk's phone, "join" for the family and the interpreter, who wait for nobody.
    """
    found = call_backs.get(session, here.keys, call_back_id, None)
    if found is None or not hmac.compare_digest(mac, _mac(here, leg, call_back_id, interpreter_id)):
        return voice.bridge(is_taken=False), ()
    desk = session.get_one(Desk, found.row.desk_id)
    helpers = call_backs.interpreters(session, here.keys, {desk.id: desk.key})
    call = _opened(session, here, found, helpers)
    shown = desks.choices(desk).caller_id or desk.number
    if not interpreter_id:
        return voice.call_out(call.number, shown), ()
    room = voice.meet(f"call-back-{call_back_id}", is_desk=leg == "out")
    helper = next((each for each in helpers if each.id == interpreter_id), None)
    if leg != "out" or helper is None:
        return room, ()
    address = _address(here, "join", call_back_id, interpreter_id)
    return room, tuple(Placed(_carrier(found), number, shown, address) for number in (helper.number, call.number))


def _carrier(wanted: Wanted) -> Provider:
    """Who places the call, however the family wrote."""
    return Provider.SIMULATOR if wanted.conversation.provider == Provider.SIMULATOR else Provider.TWILIO


def _address(here: Installation, leg: str, call_back_id: str, interpreter_id: str) -> str:
    mac = _mac(here, leg, call_back_id, interpreter_id)
    query = {"leg": leg, "call": call_back_id, "with": interpreter_id, "mac": mac}
    return f"{here.public_url}/twilio/voice/turn?{urlencode(query)}"


def get(session: Session, here: Installation, person: Person, id_: str) -> Call:
    """Raises `DeskError` when it is not there, or another desk's."""
    found = call_backs.get(session, here.keys, id_, person.desk_ids)
    if found is None:
        raise not_there()
    return _opened(session, here, found, interpreters(session, here, person))


def _opened(
    session: Session, here: Installation, wanted: Wanted, helpers: list[Interprets], *, is_locked: bool = True
) -> Call:
    thread = turns.of_conversation(session, here.keys, wanted.row.conversation_id, None, is_locked=is_locked)
    state = states.load(thread.state) if thread else State(form="", language="nl", asked_on="")
    given = state.family.get("contact_number")
    number = given if isinstance(given, str) and given.startswith("+") else wanted.number
    fitting = tuple(each for each in helpers if each.language == state.language and each.desk_id == wanted.row.desk_id)
    return Call(wanted, state, number if number.startswith("+") else "", fitting)


def _moment(local: str) -> datetime:
    """A time as a colleague's browser gives it. Raises `DeskError`."""
    try:
        return datetime.fromisoformat(local).replace(tzinfo=BRUSSELS)
    except ValueError:
        raise DeskError(422, "Give a date and a time.") from None


def _next_half_day(hours: str, now: datetime) -> datetime:
    """After the next break: a family that is not there in the morning may be there in the afternoon."""
    later = now + _HALF_DAY
    if not hours or opening_hours.is_open(hours, later):
        return later
    return opening_hours.next_opening(hours, later) or later


def _mac(here: Installation, leg: str, call_back_id: str, interpreter_id: str) -> str:
    return here.keys.blind("call_out", f"{leg}:{call_back_id}:{interpreter_id}")[:24]
