"""Timers: what is to be done later, if the conversation still stands at that turn."""

from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlmodel import Session

from storage.ids import new_id
from storage.models import Conversation, Timer, table
from storage.statements import Statement
from storage.turns import Thread

_TIMER, _CONVERSATION = table(Timer).c, table(Conversation).c
_INSERT = Statement(insert(table(Timer)))


def add(session: Session, thread: Thread, kind: str, due_at: datetime, at: datetime) -> None:
    """A timer for the turn that was just saved; when the family or a colleague acts first, it does nothing."""
    row = {"id": new_id(at), "desk_id": thread.desk_id, "conversation_id": thread.conversation_id,
           "turn": thread.turn, "kind": kind, "due_at": due_at}  # fmt: skip
    _INSERT.run(session, row)


def due(session: Session, now: datetime, limit: int) -> list[str]:
    """The ids of the timers that are due, the earliest first."""
    statement = select(_TIMER.id).where(_TIMER.due_at <= now).order_by(_TIMER.due_at).limit(limit)
    return list(session.connection().execute(statement).scalars())


def take(session: Session, id_: str) -> tuple[str, str, bool] | None:
    """Its kind, its conversation, and whether that still stands at its turn; None when another worker has it."""
    statement = (
        select(_TIMER.kind, _TIMER.conversation_id, _TIMER.turn, _CONVERSATION.turn)
        .join(table(Conversation), _CONVERSATION.id == _TIMER.conversation_id)
        .where(_TIMER.id == id_)
        .with_for_update(skip_locked=True)
    )
    row = session.connection().execute(statement).first()
    if row is None:
        return None
    session.connection().execute(delete(Timer).where(_TIMER.id == id_))
    return row[0], row[1], row[2] == row[3]
