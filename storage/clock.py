"""What time it is. The test door can set it, for all processes at once; otherwise it is the system's."""

from datetime import UTC, datetime, timedelta

from sqlmodel import Session

from storage.models import Clock


def system_now() -> datetime:
    return datetime.now(UTC)


def offset(session: Session) -> timedelta:
    """How far the clock was set away from the system's."""
    kept = session.get(Clock, 1)
    return timedelta(seconds=kept.offset if kept else 0)


def set_now(session: Session, now: datetime) -> None:
    """From here on it is `now`, and the clock ticks on."""
    session.merge(Clock(id=1, offset=(now - system_now()).total_seconds()))
