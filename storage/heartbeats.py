"""Signs of life: a process notes that it did its round, others see who is silent."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import Session, col, select

from storage.models import Heartbeat

WORKER, WEB = "worker", "web"
_KEPT = timedelta(days=7)


def beat(session: Session, what: str, process: str, now: datetime) -> None:
    """It did its round. Processes that are silent for long are forgotten."""
    session.connection().execute(delete(Heartbeat).where(col(Heartbeat.at) < now - _KEPT))
    session.merge(Heartbeat(what=what, process=process, at=now))


def beats(session: Session, what: str) -> list[Heartbeat]:
    """Each process that does this, the liveliest first."""
    return list(session.exec(select(Heartbeat).where(Heartbeat.what == what).order_by(col(Heartbeat.at).desc())))
