"""How the whole installation is doing, for who keeps it running: counts, ages and codes, nothing of a family."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, literal_column, true
from sqlmodel import Session, col, select

from storage import audit, damaged, heartbeats
from storage.models import Conversation, Message, Quarantine, Recording, table
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
    sounds = select(func.count(), func.min(Recording.at)).where(col(Recording.status).in_(("waiting", "fetched")))
    return Status(
        families=waiting(conversations(session)),
        outbox={status: pending.get(status, Waiting(0, None)) for status in PENDING},
        failed=failed(session, now),
        recordings=Waiting(*session.exec(sounds).one()),
        unplaced=Waiting(*session.exec(select(func.count(), func.min(Quarantine.at))).one()),
        damaged=Waiting(*damaged.count(session)),
        workers=[(each.process, each.at) for each in heartbeats.beats(session, heartbeats.WORKER, now)],
        backup=audit.last_time(session, backup),
        retention=audit.last_time(session, "retention"),
    )


def conversations(session: Session) -> dict[str, tuple[int, Waiting]]:
    """By status: how many there are, and who of them waits. Closed ones are what is left of all: nobody reads those."""
    talk = table(Conversation).c
    still_open = (
        select(talk.status, func.count(), func.count(talk.waiting_since), func.min(talk.waiting_since))
        .where(talk.status != literal_column("'closed'"))  # in the words of its index
        .group_by(talk.status)
        .subquery()
    )
    every = select(func.count()).select_from(table(Conversation)).subquery()  # by itself: SQLite counts pages then
    both = every.outerjoin(still_open, true())  # in one statement: of one moment
    rows = session.connection().execute(select(*every.c, *still_open.c).select_from(both)).all()
    found = {status: (many, Waiting(waits, since)) for _, status, many, waits, since in rows if status}
    closed = rows[0][0] - sum(many for many, _ in found.values())
    return found | ({"closed": (closed, Waiting(0, None))} if closed else {})


def waiting(found: dict[str, tuple[int, Waiting]]) -> Waiting:
    """For a person, not for the questions."""
    some = [found[status][1] for status in OPEN if status in found]
    return Waiting(sum(each.count for each in some), min((each.since for each in some if each.since), default=None))


def failed(session: Session, now: datetime) -> list[tuple[str, int]]:
    """What providers refused since yesterday, by our code for it. Ids begin with their time: only a day is read."""
    is_failed = col(Message.status) == literal_column("'failed'")  # in the words of its index
    since = f"{int((now - timedelta(days=1)).timestamp() * 1000):012x}"
    statement = (
        select(Message.error, func.count())
        .where(col(Message.id) >= since, Message.direction == "out", is_failed)
        .group_by(Message.error)
        .order_by(func.count().desc(), Message.error)
    )
    return [(code, many) for code, many in session.exec(statement)]
