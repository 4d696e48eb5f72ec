"""Who did what, in a chain: every line carries a hash over itself and the line before it, so that none can vanish."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlmodel import Session, col, select

from storage.models import Audit
from storage.row_security import across

_LONGEST = 300  # characters of what a line is about
LOOKED, SEARCHED = "looked", "searched"
ONE_LOOK = timedelta(hours=1)  # a page that stays open, or is opened again, is one look


def add(
    session: Session, at: datetime, desk_id: str | None, who: str, what: str, about: str = "", before: str = "",
    after: str = "",
) -> None:  # fmt: skip
    """`who`: a staff id, "" for the service itself; `about`: the id of a row. Never anything a family told.

    `before`, `after`: JSON of a setting or an account that was changed.
    """
    if len(about) > _LONGEST:
        raise ValueError(f"an id is shorter than {_LONGEST} characters: PostgreSQL's index holds no long ones")
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("select pg_advisory_xact_lock(731)"))  # one line after the other
    with across(session):  # the line before may be another desk's
        last = session.exec(select(Audit).order_by(col(Audit.id).desc()).limit(1)).first()
    line = Audit(at=at, desk_id=desk_id, who=who, what=what, about=about, before=before, after=after, hash="")
    line.hash = _hash(last.hash if last else "", line)
    session.add(line)
    session.flush()


def last(session: Session, desk_id: str, what: str) -> str:
    """Who did this at the desk last, "" when nobody did."""
    statement = select(Audit.who).where(Audit.desk_id == desk_id, Audit.what == what).order_by(col(Audit.id).desc())
    return session.exec(statement.limit(1)).first() or ""


def last_time(session: Session, what: str) -> datetime | None:
    """When the service itself did this last, None when it never did."""
    statement = select(Audit.at).where(Audit.who == "", Audit.what == what).order_by(col(Audit.id).desc())
    return session.exec(statement.limit(1)).first()


def verify(session: Session) -> int | None:
    """The id of the first line that does not fit the one before it, None when the chain is whole."""
    before = ""
    for line in session.exec(select(Audit).order_by(col(Audit.id))):
        if line.hash != _hash(before, line):
            return line.id
        before = line.hash
    return None


def _hash(before: str, line: Audit) -> str:
    parts = [before, line.at.isoformat(), line.desk_id or "", line.who, line.what, line.about]
    if line.before or line.after:
        parts += [line.before, line.after]
    content = "\0".join(parts)
    return hashlib.sha256(content.encode()).hexdigest()


def look(session: Session, at: datetime, desk_id: str | None, who: str, about: str) -> None:
    """Somebody reads what a family told: a line, once an hour."""
    if not has_looked(session, who, about, at):
        add(session, at, desk_id, who, LOOKED, about)


def search(session: Session, at: datetime, who: str, found: Sequence[tuple[str | None, str]]) -> None:
    """Somebody looked families up. `found`: desk and conversation of each; one line at least."""
    for desk_id, conversation in found or [(None, "")]:
        add(session, at, desk_id, who, SEARCHED, conversation)


def has_looked(session: Session, who: str, about: str, now: datetime) -> bool:
    found = select(Audit.id).where(
        Audit.about == about, Audit.who == who, Audit.what == LOOKED, Audit.at > now - ONE_LOOK
    )
    return session.exec(found.limit(1)).first() is not None
