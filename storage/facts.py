"""What happened at the questions, counted without families; and how long requests waited for a person."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sql
from sqlalchemy import func
from sqlmodel import Session, col

from storage.models import Conversation, Fact, Registration, table


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
    language: str
    channel: str
    asked_at: datetime
    replied_at: datetime | None


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


def waits(session: Session, desk_ids: Collection[str], first: date, last: date) -> list[Wait]:
    """Of the requests that came over a channel of ours; lists from elsewhere were never waiting here."""
    row = table(Registration).c
    statement = (
        sql.select(row.language, row.channel, row.created_at, row.first_reply_at)
        .join(Conversation, col(Conversation.id) == row.conversation_id)
        .where(
            row.desk_id.in_(desk_ids), row.asked_on.between(first, last),
            col(Conversation.provider) != "",
        )
    )  # fmt: skip
    return [Wait(*each) for each in session.connection().execute(statement)]
