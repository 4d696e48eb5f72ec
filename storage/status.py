"""How the whole installation is doing, for who keeps it running: counts, ages and codes, nothing of a family."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select

from storage import audit, damaged, heartbeats
from storage.models import Conversation, Message, Quarantine, Recording
from storage.outbox import PENDING, is_pending
from storage.queue import OPEN


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many, and since when the first of them."""

    count: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Status:
    families: Waiting
    outbox: dict[str, Waiting]  # by status, of `PENDING`
    failed: list[tuple[str, int]]  # since yesterday: code and how often, the most frequent first
    recordings: Waiting  # not fetched yet, or not deleted yet at the provider
    unplaced: Waiting  # authentic events that nobody could read
    damaged: Waiting  # rows that the worker leaves alone
    workers: list[tuple[str, datetime]]  # process and its last sign
    backup: datetime | None  # proven
    retention: datetime | None


def of(session: Session, now: datetime, backup: str) -> Status:
    """`backup`: what the audit calls one that was proven."""
    told = select(Message.status, func.count(), func.min(Message.at)).where(is_pending(col(Message.status)))
    pending = {status: Waiting(many, since) for status, many, since in session.exec(told.group_by(Message.status))}
    waits = select(func.count(), func.min(Conversation.waiting_since)).where(
        col(Conversation.status).in_(OPEN), col(Conversation.waiting_since).is_not(None)
    )
    sounds = select(func.count(), func.min(Recording.at)).where(col(Recording.status).in_(("waiting", "fetched")))
    return Status(
        families=Waiting(*session.exec(waits).one()),
        outbox={status: pending.get(status, Waiting(0, None)) for status in PENDING},
        failed=failed(session, now),
        recordings=Waiting(*session.exec(sounds).one()),
        unplaced=Waiting(*session.exec(select(func.count(), func.min(Quarantine.at))).one()),
        damaged=Waiting(*damaged.count(session)),
        workers=[(each.process, each.at) for each in heartbeats.beats(session, heartbeats.WORKER, now)],
        backup=audit.last_time(session, backup),
        retention=audit.last_time(session, "retention"),
    )


def failed(session: Session, now: datetime) -> list[tuple[str, int]]:
    """What providers refused since yesterday, by our code for it. Ids begin with their time: only a day is read."""
    since = f"{int((now - timedelta(days=1)).timestamp() * 1000):012x}"
    statement = (
        select(Message.error, func.count())
        .where(col(Message.id) >= since, Message.direction == "out", Message.status == "failed")
        .group_by(Message.error)
        .order_by(func.count().desc(), Message.error)
    )
    return [(code, many) for code, many in session.exec(statement)]
