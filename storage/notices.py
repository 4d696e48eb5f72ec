"""What a colleague wants to be told by mail, and where; the address counts once they pressed the link in a mail."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, and_, col, select

from storage import staff
from storage.keys import Keys
from storage.models import MailWish, Staff, StaffDesk, StaffMail

LASTS = timedelta(days=3)  # the link


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who gets mails, opened."""

    staff_id: str
    role: str
    language: str
    address: str


@dataclass(frozen=True, slots=True)
class Address:
    address: str
    is_confirmed: bool


def address(session: Session, keys: Keys, staff_id: str) -> Address | None:
    row = session.get(StaffMail, staff_id)
    return None if row is None else Address(_opened(keys, row), row.confirmed_at is not None)


def keep(session: Session, keys: Keys, staff_id: str, to: str, now: datetime) -> str:
    """Another address, or the same once more; the secret of the link that confirms it."""
    secret = secrets.token_urlsafe(24)
    row = session.get(StaffMail, staff_id, with_for_update=True) or StaffMail(staff_id=staff_id, address=b"")
    row.address = keys.seal(keys.installation, "staff_mail", "address", staff_id, to)
    row.token, row.token_until, row.confirmed_at = _digest(secret), now + LASTS, None
    session.add(row)
    session.flush()
    return secret


def asked(session: Session, secret: str, now: datetime) -> StaffMail | None:
    """Whose address this link confirms."""
    row = session.exec(select(StaffMail).where(StaffMail.token == _digest(secret))).first()
    return row if row is not None and row.token_until is not None and row.token_until > now else None


def confirm(session: Session, row: StaffMail, now: datetime) -> None:
    row.confirmed_at, row.token, row.token_until = now, "", None
    session.add(row)
    for wish in session.exec(select(MailWish).where(MailWish.staff_id == row.staff_id)):
        wish.digested_at = now
        session.add(wish)
    session.flush()


def wishes(session: Session, staff_id: str) -> dict[str, MailWish]:
    """By desk."""
    return {each.desk_id: each for each in session.exec(select(MailWish).where(MailWish.staff_id == staff_id))}


def choose(session: Session, staff_id: str, chosen: Mapping[str, tuple[str, bool]], now: datetime) -> None:
    """`chosen`: desk -> (digest, at once)."""
    kept = wishes(session, staff_id)
    for desk_id, (digest, at_once) in chosen.items():
        row = kept.get(desk_id) or MailWish(staff_id=staff_id, desk_id=desk_id, digested_at=now)
        if row.digest != digest:
            row.digest, row.digested_at = digest, now
        row.at_once = at_once
        session.add(row)
    session.flush()


def off(session: Session, staff_id: str) -> None:
    """Nothing more, of any desk. The address stays until it is taken away."""
    for row in wishes(session, staff_id).values():
        session.delete(row)
    session.flush()


def forget(session: Session, staff_id: str) -> None:
    staff.forget_mail(session, staff_id)
    session.flush()


def wanted(session: Session) -> list[MailWish]:
    """Every wish of somebody who still works at that desk and confirmed an address."""
    statement = (
        select(MailWish)
        .join(StaffMail, col(StaffMail.staff_id) == col(MailWish.staff_id))
        .join(Staff, col(Staff.id) == col(MailWish.staff_id))
        .join(
            StaffDesk,
            and_(col(StaffDesk.staff_id) == MailWish.staff_id, col(StaffDesk.desk_id) == MailWish.desk_id),
        )
        .where(col(StaffMail.confirmed_at).is_not(None), col(Staff.disabled).is_(False))
        .order_by(col(MailWish.staff_id), col(MailWish.desk_id))
    )
    return [each for each in session.exec(statement) if each.digest or each.at_once]


def lock(session: Session, staff_id: str) -> dict[str, MailWish]:
    """The wishes of one, which nobody else answers meanwhile."""
    statement = select(MailWish).where(MailWish.staff_id == staff_id).order_by(col(MailWish.desk_id)).with_for_update()
    return {each.desk_id: each for each in session.exec(statement)}


def reader(session: Session, keys: Keys, staff_id: str) -> Reader | None:
    """None for who confirmed no address or is gone."""
    row, person = session.get(StaffMail, staff_id), session.get(Staff, staff_id)
    if row is None or row.confirmed_at is None or person is None or person.disabled:
        return None
    return Reader(staff_id, person.role, person.language, _opened(keys, row))


def _opened(keys: Keys, row: StaffMail) -> str:
    return keys.open(keys.installation, "staff_mail", "address", row.staff_id, row.address)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
