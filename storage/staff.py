"""Accounts of the people at the desk: argon2id passwords, one-time links."""

import hashlib
import secrets
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlmodel import Session, col, delete, select

from storage.ids import new_id
from storage.models import MailWish, Staff, StaffDesk, StaffDevice, StaffMail, StaffSession

ROLES = ("worker", "coordinator", "administrator", "auditor", "referrer", "translator")
INVITATION = timedelta(days=3)
SHORTEST_PASSWORD = 12  # characters
hasher = PasswordHasher()  # at the cost that RFC 9106 advises; tests, which sign in a thousand times, set a cheaper one


class StaffProblem(ValueError):
    """One sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who is signed in, and at which desks."""

    id: str
    username: str
    role: str
    desk_ids: frozenset[str]
    has_factor: bool = False  # whether a second one is set up
    language: str = ""  # of the pages; "": Dutch
    is_elsewhere: bool = False  # whether they sign in at their organisation, which sees to a second factor


def add(session: Session, at: datetime, username: str, role: str, desk_ids: list[str]) -> str:
    """A new account; returns the secret of its one-time link. Raises `StaffProblem`."""
    if role not in ROLES:
        raise StaffProblem(f"there is no role {role}: choose one of {', '.join(ROLES)}")
    if session.exec(select(Staff).where(Staff.username == username)).first():
        raise StaffProblem(f"there is already an account {username}: choose another name")
    staff = Staff(id=new_id(at), username=username, role=role)
    secret = _invite(staff, at)
    session.add(staff)
    session.flush()
    for desk_id in desk_ids:
        session.add(StaffDesk(staff_id=staff.id, desk_id=desk_id))
    return secret


def reset(session: Session, at: datetime, username: str) -> str:
    """A new one-time link, for a disabled account too; the old password, the second factor and every session end."""
    staff = _named(session, username)
    staff.password, staff.totp, staff.disabled, staff.subject = "", None, False, None
    forget_browsers(session, staff.id)
    session.add(staff)
    return _invite(staff, at)


def disable(session: Session, username: str) -> None:
    staff = _named(session, username)
    staff.disabled = True
    session.add(staff)
    forget_mail(session, staff.id)
    forget_browsers(session, staff.id)


def everybody(session: Session) -> list[Staff]:
    return list(session.exec(select(Staff).order_by(col(Staff.username))))


def by_subject(session: Session, subject: str) -> Staff | None:
    return session.exec(select(Staff).where(Staff.subject == subject)).first()


def bind(session: Session, staff: Staff, subject: str) -> None:
    """From now on they sign in at their organisation alone: the password ends here."""
    staff.subject, staff.password, staff.totp, staff.invitation, staff.invited_until = subject, "", None, "", None
    session.add(staff)
    forget_browsers(session, staff.id)


def by_id(session: Session, staff_id: str) -> Staff | None:
    return session.get(Staff, staff_id)


def desks_of(session: Session, staff_id: str) -> frozenset[str]:
    return frozenset(session.exec(select(StaffDesk.desk_id).where(StaffDesk.staff_id == staff_id)))


def colleagues(session: Session, desk_ids: frozenset[str]) -> list[tuple[Staff, frozenset[str]]]:
    """Every account of these desks, with all its desks."""
    found: dict[str, set[str]] = {}
    theirs = select(StaffDesk.staff_id).where(col(StaffDesk.desk_id).in_(desk_ids))
    for each in session.exec(select(StaffDesk).where(col(StaffDesk.staff_id).in_(theirs))):
        found.setdefault(each.staff_id, set()).add(each.desk_id)
    accounts = session.exec(select(Staff).where(col(Staff.id).in_(theirs)).order_by(col(Staff.username)))
    return [(each, frozenset(found[each.id])) for each in accounts]


def at_desk(session: Session, desk_id: str, roles: Collection[str]) -> dict[str, str]:
    """Username -> id of those with one of these roles there who can sign in, by name."""
    found = session.exec(
        select(Staff.username, Staff.id)
        .join(StaffDesk, col(StaffDesk.staff_id) == col(Staff.id))
        .where(StaffDesk.desk_id == desk_id, col(Staff.role).in_(roles), col(Staff.disabled).is_(False))
        .order_by(col(Staff.username))
    )
    return dict(found.all())


def place(session: Session, staff: Staff, role: str, desk_ids: frozenset[str]) -> None:
    """Another role, other desks. It holds from the next page that they open."""
    staff.role = role
    session.add(staff)
    session.exec(delete(StaffDesk).where(col(StaffDesk.staff_id) == staff.id))
    for desk_id in sorted(desk_ids):
        session.add(StaffDesk(staff_id=staff.id, desk_id=desk_id))
    session.flush()


def choose_language(session: Session, staff_id: str, language: str) -> None:
    staff = session.get_one(Staff, staff_id)
    staff.language = language
    session.add(staff)


def invited(session: Session, secret: str, now: datetime) -> Staff | None:
    """Whom this one-time link was made for."""
    staff = session.exec(select(Staff).where(Staff.invitation == _digest(secret))).first()
    return staff if staff and staff.invited_until and staff.invited_until > now and not staff.disabled else None


def set_password(session: Session, staff: Staff, password: str) -> None:
    """Raises `StaffProblem` when it is too short."""
    if len(password) < SHORTEST_PASSWORD:
        raise StaffProblem(f"choose a password of at least {SHORTEST_PASSWORD} characters")
    staff.password, staff.invitation, staff.invited_until = hash_password(password), "", None
    session.add(staff)


def hash_password(password: str) -> str:
    return hasher.hash(_one_way(password))


def verify(staff: Staff | None, password: str) -> bool:
    """Whether the password is right; takes as long for an account that does not exist."""
    try:
        kept = staff.password if staff and staff.password else _decoy()
        return hasher.verify(kept, _one_way(password)) and bool(staff and staff.password)
    except VerificationError:
        return False


def find(session: Session, username: str) -> Staff | None:
    return session.exec(select(Staff).where(Staff.username == username)).first()


def forget_browsers(session: Session, staff_id: str) -> None:
    """Signed out everywhere, and known nowhere."""
    session.exec(delete(StaffSession).where(col(StaffSession.staff_id) == staff_id))
    session.exec(delete(StaffDevice).where(col(StaffDevice.staff_id) == staff_id))


def forget_mail(session: Session, staff_id: str) -> None:
    """No address, and nothing to be told by mail."""
    session.exec(delete(MailWish).where(col(MailWish.staff_id) == staff_id))
    session.exec(delete(StaffMail).where(col(StaffMail.staff_id) == staff_id))


def names(session: Session) -> dict[str, str]:
    """Username by id, for the timeline."""
    return {staff.id: staff.username for staff in everybody(session)}


def names_of(session: Session, ids: Collection[str]) -> dict[str, str]:
    """The same for a few."""
    found = session.exec(select(Staff.id, Staff.username).where(col(Staff.id).in_(ids))).all() if ids else []
    return dict(found)


def _invite(staff: Staff, at: datetime) -> str:
    secret = secrets.token_urlsafe(24)
    staff.invitation, staff.invited_until = _digest(secret), at + INVITATION
    return secret


def _named(session: Session, username: str) -> Staff:
    staff = find(session, username)
    if staff is None:
        raise StaffProblem(f"there is no account {username}: `intake staff list` shows them")
    return staff


def _one_way(password: str) -> str:
    """Keyboards write é in two ways."""
    return unicodedata.normalize("NFKC", password)


@cache
def _decoy() -> str:
    return hasher.hash(secrets.token_hex(16))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
