"""Mails on their way: queued → sending → sent, or unknown, or failed. Each goes out at most once.

A mail is written in the transaction of what it tells of. Whoever dies while sending leaves `unknown` behind: it may
have arrived, and nobody can look that up, so that it is not sent again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, update
from sqlmodel import Session, col, select

from storage.ids import new_id
from storage.keys import Keys, KeysProblem
from storage.models import Mail

LEASE = timedelta(minutes=5)  # longer than a server may take
_KEPT = timedelta(days=30)
_PENDING = ("queued", "sending")


@dataclass(frozen=True, slots=True)
class Due:
    """A mail to hand over. `content`: as it was queued."""

    id: str
    kind: str
    content: str
    attempts: int
    at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Figures:
    """How many wait and since when; those given up since yesterday, by code."""

    waiting: int
    since: datetime | None
    given_up: tuple[tuple[str, int], ...]


def queue(session: Session, keys: Keys, kind: str, content: str, at: datetime, until: datetime) -> None:
    """It goes out when this transaction is durable, and not after `until`."""
    id_ = new_id(at)
    sealed = keys.seal(keys.installation, "mail", "content", id_, content)
    session.add(Mail(id=id_, kind=kind, at=at, due_at=at, until=until, content=sealed))
    session.flush()


def is_due(session: Session, now: datetime) -> bool:
    """Whether there is anything to do, without waiting for anybody who writes."""
    statement = select(Mail.id).where(col(Mail.status).in_(_PENDING), col(Mail.due_at) <= now)
    return session.exec(statement.limit(1)).first() is not None


def claim(session: Session, keys: Keys, now: datetime) -> Due | None:
    """The next one, which nobody else gets. One at a time: whoever is killed while sending loses no other."""
    _settle(session, now)
    statement = select(Mail).where(Mail.status == "queued", col(Mail.due_at) <= now).order_by(col(Mail.due_at))
    row = session.exec(statement.limit(1).with_for_update(skip_locked=True)).first()
    if row is None:
        return None
    try:
        content = keys.open(keys.installation, "mail", "content", row.id, row.content or b"")
    except KeysProblem:  # a damaged row holds up nobody else
        end(session, row.id, "failed", "unreadable")
        return None
    row.status, row.due_at, row.attempts = "sending", now + LEASE, row.attempts + 1
    session.add(row)
    return Due(row.id, row.kind, content, row.attempts, row.at, row.until)


def retry(session: Session, mail_id: str, due_at: datetime, code: str) -> None:
    """Surely not taken; once more, later."""
    row = session.get_one(Mail, mail_id)
    row.status, row.due_at, row.error = "queued", due_at, code
    session.add(row)


def end(session: Session, mail_id: str, status: str, code: str = "") -> None:
    """Whatever became of it, to whom it went and what it said are not kept."""
    row = session.get_one(Mail, mail_id)
    row.status, row.error, row.content = status, code, None
    session.add(row)
    session.flush()


def figures(session: Session, now: datetime) -> Figures:
    waits = select(func.count(), func.min(Mail.at)).where(col(Mail.status).in_(_PENDING))
    lost = (
        select(Mail.error, func.count())
        .where(col(Mail.status).in_(("failed", "unknown")), col(Mail.at) > now - timedelta(days=1))
        .group_by(Mail.error)
        .order_by(func.count().desc(), Mail.error)
    )
    waiting, since = session.exec(waits).one()
    return Figures(waiting, since, tuple((code, many) for code, many in session.exec(lost)))


def prune(session: Session, now: datetime) -> None:
    session.connection().execute(
        delete(Mail).where(col(Mail.at) < now - _KEPT, col(Mail.status).not_in(_PENDING))
    )  # fmt: skip


def _settle(session: Session, now: datetime) -> None:
    """Those whose sender is gone, and those that come too late."""
    gone = update(Mail).where(col(Mail.status) == "sending", col(Mail.due_at) <= now)
    late = update(Mail).where(col(Mail.status) == "queued", col(Mail.until) <= now)
    session.connection().execute(gone.values(status="unknown", error="interrupted", content=None))
    session.connection().execute(
        late.values(status="failed", error=func.coalesce(func.nullif(Mail.error, ""), "too_late"), content=None)
    )
