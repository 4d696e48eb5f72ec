"""Calls: those that come in, what was said in them, and those we owe a family."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from storage.models.columns import Kept, partial, row_id, sealed, time


class Call(Kept, table=True):
    """A call, and what it hears next: a request that comes again gets the very same words."""

    __table_args__ = (UniqueConstraint("provider", "provider_id"),)
    id: str = row_id()
    desk_id: str = Field(foreign_key="desk.id")
    family_id: str = Field(foreign_key="family.id", index=True)
    conversation_id: str = Field(foreign_key="conversation.id", index=True)
    provider: str
    provider_id: str
    our_number: str
    is_hidden: bool = False
    status: str = "open"  # open, over
    turn: int = 0  # what was heard so far
    expects: str = ""  # what the next request brings, see `storage.calls.Expects`
    about: str = ""  # the reference that was keyed in, while its month is awaited
    began_at: datetime = time()
    ended_at: datetime | None = time(default=None)
    response: bytes = sealed()  # TwiML


class Recording(Kept, table=True):
    """What a caller said. Fetched from the provider, sealed, and deleted there."""

    __table_args__ = (
        UniqueConstraint("provider", "provider_id"),
        Index("recording_due", "status", "due_at"),
    )
    id: str = row_id()
    desk_id: str = Field(foreign_key="desk.id")
    family_id: str = Field(foreign_key="family.id", index=True)
    conversation_id: str = Field(foreign_key="conversation.id", index=True)
    provider: str
    provider_id: str
    status: str = "waiting"  # waiting, fetched (still at the provider), kept, lost
    seconds: int = 0
    attempts: int = 0
    at: datetime = time()
    due_at: datetime = time()
    media_type: str = ""
    sound: bytes | None = sealed(default=None)


class CallBack(Kept, table=True):
    """Somebody to be called. At most one is open for a conversation."""

    __tablename__ = "call_back"
    __table_args__ = (
        partial("one_open_call_back", "conversation_id", where="status = 'open'", unique=True),
        Index("call_backs", "desk_id", "status", "due_at"),
    )
    id: str = row_id()
    desk_id: str = Field(foreign_key="desk.id")
    conversation_id: str = Field(foreign_key="conversation.id", index=True)
    reason: str
    status: str = "open"  # open, done, another_way
    asked_at: datetime = time()
    due_at: datetime = time()  # not before
    interpreter_id: str | None = Field(default=None, foreign_key="interpreter.id")
    booked_at: datetime | None = time(default=None)  # with the interpreter
    mailed_due: datetime | None = time(default=None)  # the day of which colleagues were told by mail that it passed


class CallAttempt(Kept, table=True):
    """One try to call a family back."""

    __tablename__ = "call_attempt"
    id: str = row_id()
    desk_id: str = Field(foreign_key="desk.id")
    call_back_id: str = Field(foreign_key="call_back.id", index=True)
    outcome: str  # reached, no_answer, busy, wrong_number, failed
    author: str | None = Field(default=None, foreign_key="staff.id")
    at: datetime = time()


class Interpreter(Kept, table=True):
    """Somebody who interprets for a desk, by phone. Name and number are sealed with the desk's key."""

    id: str = row_id()
    desk_id: str = Field(foreign_key="desk.id", index=True)
    language: str
    name: bytes = sealed()
    number: bytes = sealed()
    removed: bool = False
