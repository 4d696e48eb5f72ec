"""A new master key closes every data key anew, some at a time, while the service goes on."""

from sqlmodel import Session, col, select

from storage.keys import Keys, master_of
from storage.models import Desk, Family

_CHUNK = 500


def some(session: Session, keys: Keys, after: str) -> tuple[str | None, int]:
    """The next families whose ids follow `after`: where to go on (None: done), and how many were closed anew."""
    statement = select(Family).where(col(Family.id) > after).order_by(col(Family.id)).limit(_CHUNK)
    rows, changed = session.exec(statement.with_for_update()).all(), 0
    for row in rows:
        if row.key is not None and master_of(row.key) != keys.current:
            row.key = keys.rewrap(row.key)
            session.add(row)
            changed += 1
    return (rows[-1].id if len(rows) == _CHUNK else None), changed


def desks(session: Session, keys: Keys) -> None:
    for desk in session.exec(select(Desk).with_for_update()):
        desk.key = keys.rewrap(desk.key)
        session.add(desk)


def used(session: Session) -> set[str]:
    """The master keys that close something."""
    found = {master_of(key) for key in session.exec(select(Desk.key))}
    return found | {master_of(key) for key in session.exec(select(Family.key)) if key is not None}
