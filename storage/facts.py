"""What happened at the questions, counted without families; and who waits for a person just now."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sql
from sqlalchemy import func
from sqlmodel import Session

from storage.models import Conversation, Fact, Message, UtcTime, table
from storage.turns import Thread


@dataclass(frozen=True, slots=True)
class Total:
    """How often an event happened at a question. `key`: "" for what is about the whole conversation."""

    language: str
    channel: str
    key: str
    event: str
    count: int


@dataclass(frozen=True, slots=True)
class Wait:
    """Somebody who waits for a person just now, at this question."""

    language: str
    channel: str
    key: str
    since: datetime


def totals(session: Session, desk_ids: Collection[str], first: date, last: date) -> list[Total]:
    """Both days included."""
    fact = table(Fact).c
    by = (fact.language, fact.channel, fact.key, fact.event)
    statement = (
        sql.select(*by, func.sum(fact.count))
        .where(fact.desk_id.in_(desk_ids), fact.day.between(first, last))
        .group_by(*by)
    )
    found = session.connection().execute(statement)
    return [Total(language, channel, key, event, int(count)) for language, channel, key, event, count in found]


def waits(session: Session, desk_ids: Collection[str]) -> list[Wait]:
    row = table(Conversation).c
    question = _stood_at(row.desk_id, row.id, row.waiting_since)
    statement = sql.select(row.language, row.channel, question, row.waiting_since).where(
        row.desk_id.in_(desk_ids), row.waiting_since.is_not(None)
    )
    return [Wait(language, channel, key or "", since) for language, channel, key, since in _all(session, statement)]


def stood_at(session: Session, thread: Thread, since: datetime) -> str:
    """The question that a family had before it when it began to wait; "" where there was none."""
    desk_id, conversation_id = sql.literal(thread.desk_id), sql.literal(thread.conversation_id)
    statement = sql.select(_stood_at(desk_id, conversation_id, sql.literal(since, UtcTime())))
    return next((key or "" for (key,) in _all(session, statement)), "")


def _stood_at(desk_id: Any, conversation_id: Any, since: Any) -> Any:
    said = table(Message).c
    return (
        sql.select(said.question)
        .where(
            said.desk_id == desk_id, said.conversation_id == conversation_id, said.direction == "in", said.at <= since
        )
        .order_by(said.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def _all(session: Session, statement: Any) -> Any:
    return session.connection().execute(statement)
