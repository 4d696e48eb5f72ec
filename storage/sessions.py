"""Browsers: which are signed in, how long still, when they were last seen and proven, which are known from before."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, delete, select, update

from storage.models import Staff, StaffDesk, StaffDevice, StaffSession
from storage.staff import Person

KNOWN = timedelta(days=90)  # how long a browser is known after nobody signed in there


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody in a browser. `proven_at`: when password and code were given last."""

    person: Person
    seen_at: datetime
    proven_at: datetime


def begin(session: Session, staff_id: str, now: datetime, lasts: timedelta, device: str) -> str:
    """A new session; returns the token for the browser's cookie."""
    session.exec(delete(StaffSession).where(col(StaffSession.until) <= now))
    token = secrets.token_urlsafe(32)
    session.add(
        StaffSession(
            token=digest(token), staff_id=staff_id, device=device, since=now, until=now + lasts, seen_at=now,
            proven_at=now,
        )
    )  # fmt: skip
    session.flush()
    return token


def of(session: Session, token: str, now: datetime, idle: timedelta) -> SignedIn | None:
    """Who is signed in in the browser with this token."""
    kept = session.get(StaffSession, digest(token))
    return _whose(session, kept) if kept is not None and _lives(kept, now, idle) else None


def away(session: Session, token: str, now: datetime, idle: timedelta) -> SignedIn | None:
    """Who was signed in there and did nothing for too long. Once their password is given, `prove` brings them back."""
    kept = session.get(StaffSession, digest(token))
    return _whose(session, kept) if kept is not None and kept.until > now and not _lives(kept, now, idle) else None


def _whose(session: Session, kept: StaffSession) -> SignedIn | None:
    staff = session.get_one(Staff, kept.staff_id)
    if staff.disabled:
        return None
    desks = session.exec(select(StaffDesk.desk_id).where(StaffDesk.staff_id == staff.id))
    is_elsewhere = staff.subject is not None
    has_factor = staff.totp is not None or is_elsewhere
    person = Person(
        staff.id, staff.username, staff.role, frozenset(desks), has_factor, staff.language, is_elsewhere
    )  # fmt: skip
    return SignedIn(person, kept.seen_at, kept.proven_at)


def see(session: Session, token: str, now: datetime) -> None:
    """Somebody did something there: the idle time begins anew."""
    session.exec(update(StaffSession).where(col(StaffSession.token) == digest(token)).values(seen_at=now))


def prove(session: Session, token: str, now: datetime) -> str:
    """Password and code were given again; by whom."""
    kept = session.get_one(StaffSession, digest(token))
    kept.proven_at = kept.seen_at = now
    session.add(kept)
    return kept.staff_id


def own(session: Session, staff_id: str, now: datetime, idle: timedelta) -> list[StaffSession]:
    """Every session of an account, the one seen last first."""
    found = session.exec(
        select(StaffSession).where(StaffSession.staff_id == staff_id).order_by(col(StaffSession.seen_at).desc())
    )
    return [each for each in found if _lives(each, now, idle)]


def end(session: Session, token: str) -> None:
    """The session of the browser with this token."""
    session.exec(delete(StaffSession).where(col(StaffSession.token) == digest(token)))


def end_one(session: Session, staff_id: str, kept: str) -> bool:
    """One of an account's own, by what is kept of its token; whether there was one."""
    found = session.get(StaffSession, kept)
    if found is None or found.staff_id != staff_id:
        return False
    session.delete(found)
    return True


def end_all(session: Session, staff_id: str, but: str = "") -> None:
    """Every session of an account; `but`: the token of one that stays."""
    mine = delete(StaffSession).where(col(StaffSession.staff_id) == staff_id)
    session.exec(mine.where(col(StaffSession.token) != digest(but)))


def know(session: Session, staff_id: str, now: datetime) -> str:
    """A browser in which the account signed in; returns the token it keeps."""
    session.exec(delete(StaffDevice).where(col(StaffDevice.until) <= now))
    token = secrets.token_urlsafe(32)
    session.add(StaffDevice(token=digest(token), staff_id=staff_id, until=now + KNOWN))
    session.flush()
    return token


def is_known(session: Session, staff_id: str, token: str, now: datetime) -> bool:
    found = session.get(StaffDevice, digest(token))
    return found is not None and found.staff_id == staff_id and found.until > now


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _lives(kept: StaffSession, now: datetime, idle: timedelta) -> bool:
    """Seen a moment ago. By a clock that was far ahead is not: whoever comes then signs in once more."""
    return kept.until > now and abs(now - kept.seen_at) < idle
