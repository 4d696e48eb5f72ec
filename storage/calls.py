"""Calls that come in: where each stands, and what it hears next."""

from datetime import datetime
from enum import StrEnum

from sqlmodel import Session, func, select

from storage.ids import new_id
from storage.keys import Keys
from storage.models import Call, Family
from storage.turns import Thread


class Expects(StrEnum):
    """What the next request of a call brings."""

    KEYS = "keys"
    MESSAGE = "message"  # a spoken one, for the desk
    DOOR = "door"  # the same, from a caller whose language has only a few recordings
    REFERENCE = "reference"  # of a request made from another phone
    BIRTH_MONTH = "birth_month"  # that goes with it
    ORGANISER = "organiser"  # a code, then a month, a town and a start; `about` says how far
    CONNECT = "connect"  # how a call that was put through ended
    NOTHING = "nothing"  # we said goodbye
    TEXTED = "texted"  # the line dropped, and a text message said how to go on


def find(session: Session, provider: str, provider_id: str) -> Call | None:
    """The call, locked where the database can."""
    statement = select(Call).where(Call.provider == provider, Call.provider_id == provider_id).with_for_update()
    return session.exec(statement).first()


def begin(session: Session, thread: Thread, provider_id: str, *, is_hidden: bool, at: datetime) -> Call:
    """A call that just came in, in the thread's conversation. `keep` gives it its first words."""
    return Call(
        id=new_id(at), desk_id=thread.desk_id, family_id=thread.family_id, conversation_id=thread.conversation_id,
        provider=thread.provider, provider_id=provider_id, our_number=thread.our_number, is_hidden=is_hidden,
        began_at=at, response=b"",
    )  # fmt: skip


def keep(session: Session, keys: Keys, key: bytes, call: Call, response: str, expects: Expects, turn: int) -> None:
    """What is said now; the same bytes go out when this request comes again."""
    call.response, call.expects = keys.seal(key, "call", "response", call.id, response), expects.value
    call.turn = turn
    session.add(call)
    session.flush()


def said(session: Session, keys: Keys, call: Call) -> str:
    """What went out last; "" when the family's key is gone."""
    family = session.get_one(Family, call.family_id)
    return "" if family.key is None else keys.open(family.key, "call", "response", call.id, call.response)


def end(session: Session, call: Call, at: datetime) -> bool:
    """The line is closed; False when it was before."""
    if call.status == "over":
        return False
    call.status, call.ended_at, call.about = "over", at, ""
    session.add(call)
    return True


def since(session: Session, family_id: str, begin: datetime, expects: Expects | None = None) -> int:
    """How many calls a family made since then; with `expects`: only those that ended in that way."""
    statement = select(func.count()).where(Call.family_id == family_id, Call.began_at >= begin)
    if expects is not None:
        statement = statement.where(Call.expects == expects.value)
    return session.exec(statement).one()


def end_with(session: Session, call: Call, expects: Expects) -> None:
    """How a call ended that did not come to an end by itself."""
    call.expects = expects.value
    session.add(call)
    session.flush()
