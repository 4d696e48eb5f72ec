"""Codes with which a family goes on from another address. One lives per conversation, for an hour; once somebody has
sent it, for as long as the answer from the first address may take.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import Session, col, select

from storage.keys import Keys
from storage.models import JoinCode
from storage.turns import Thread

SIGNS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # nothing that is read as something else
LENGTH = 6
_LIVES = timedelta(hours=1)
_WAITS = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who sent the code, and how; `contact_id` is "" as long as nobody did."""

    conversation_id: str
    contact_id: str
    channel: str
    provider: str
    our_number: str


def give(session: Session, keys: Keys, thread: Thread, at: datetime) -> str:
    """A new code for this conversation; the one before it is worth nothing any more."""
    drop(session, thread.conversation_id)
    code = _new_code()
    while session.get(JoinCode, _blind(keys, code)) is not None:
        code = _new_code()
    session.add(
        JoinCode(
            blind=_blind(keys, code), desk_id=thread.desk_id, conversation_id=thread.conversation_id, until=at + _LIVES
        )
    )
    session.flush()
    return code


def find(session: Session, keys: Keys, code: str, at: datetime) -> Asked | None:
    """The conversation that this code is of."""
    row = session.get(JoinCode, _blind(keys, code))
    return _asked(row) if row is not None and at < row.until else None


def ask(session: Session, keys: Keys, code: str, by: Thread, at: datetime) -> None:
    """Who sent the code waits for the answer of the first address."""
    row = session.get_one(JoinCode, _blind(keys, code))
    row.contact_id, row.channel, row.provider = by.contact_id, by.channel, by.provider
    row.our_number, row.until = by.our_number, at + _WAITS
    session.add(row)
    session.flush()


def pending(session: Session, conversation_id: str) -> Asked | None:
    """Who wants to go on with this conversation from another address."""
    row = session.exec(select(JoinCode).where(JoinCode.conversation_id == conversation_id)).first()
    return _asked(row) if row is not None and row.contact_id else None


def drop(session: Session, conversation_id: str) -> None:
    session.connection().execute(delete(JoinCode).where(col(JoinCode.conversation_id) == conversation_id))


def prune(session: Session, now: datetime) -> None:
    """Forget codes that are too old."""
    session.connection().execute(delete(JoinCode).where(col(JoinCode.until) <= now))


def _asked(row: JoinCode) -> Asked:
    return Asked(row.conversation_id, row.contact_id or "", row.channel, row.provider, row.our_number)


def _blind(keys: Keys, code: str) -> str:
    return keys.blind("join", code)


def _new_code() -> str:
    """Six signs with at least a letter and a digit among them: no word, no number of another kind."""
    while True:
        code = "".join(secrets.choice(SIGNS) for _ in range(LENGTH))
        if not (code.isalpha() or code.isdigit()):
            return code
