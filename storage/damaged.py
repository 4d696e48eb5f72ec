"""Rows that cannot be opened or read: noted, left alone from then on, and shown to who keeps the service running."""

from datetime import datetime

from sqlalchemy import delete, func
from sqlmodel import Session, select

from storage.models import Damaged


def note(session: Session, what: str, row_id: str, now: datetime) -> None:
    """This one is left alone."""
    if session.get(Damaged, (what, row_id)) is None:
        session.add(Damaged(what=what, row_id=row_id, at=now))


def known(session: Session, what: str) -> frozenset[str]:
    """The ids of those that are."""
    return frozenset(session.exec(select(Damaged.row_id).where(Damaged.what == what)))


def count(session: Session) -> tuple[int, datetime | None]:
    """How many are left alone, and since when the first."""
    return session.exec(select(func.count(), func.min(Damaged.at)).select_from(Damaged)).one()


def forget(session: Session) -> None:
    """All are tried again: keys, code or rows may be others by now."""
    session.connection().execute(delete(Damaged))
