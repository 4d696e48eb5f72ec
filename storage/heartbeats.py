"""Signs of life: a process notes that it did its round, others see who is silent."""

from datetime import datetime, timedelta

from sqlalchemy import delete, or_
from sqlmodel import Session, col, select

from storage.models import Heartbeat

WORKER, WEB = "worker", "web"
_KEPT = timedelta(days=7)
_AHEAD = timedelta(minutes=1)  # clocks of several machines differ


def beat(session: Session, what: str, process: str, now: datetime) -> None:
    """It did its round. Processes that are silent for long are forgotten, and signs of a clock that was ahead."""
    gone = or_(col(Heartbeat.at) < now - _KEPT, col(Heartbeat.at) > now + _AHEAD)
    session.connection().execute(delete(Heartbeat).where(gone))
    session.merge(Heartbeat(what=what, process=process, at=now))


def beats(session: Session, what: str, now: datetime) -> list[Heartbeat]:
    """Each process that does this, the liveliest first."""
    statement = select(Heartbeat).where(Heartbeat.what == what, col(Heartbeat.at) <= now + _AHEAD)
    return list(session.exec(statement.order_by(col(Heartbeat.at).desc())))
