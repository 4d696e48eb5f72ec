"""Requests that may be for one child, and those that a colleague decided are: they count once, and it can be undone."""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session, and_, col, or_, select, true

from storage.ids import new_id
from storage.keys import Keys
from storage.models import ContactFamily, Merge, Registration

MONTHS = 2  # a child that is expected comes earlier or later
_MOST = 20


def alike(session: Session, keys: Keys, row: Registration, birth_month: str) -> list[Registration]:
    """Requests of the same desk from the same number, or for a child of about that age in that town; the newest first.

    Children of one conversation are never alike: a family that names two has two. `birth_month`: "2026-02", or "".
    """
    mine = select(ContactFamily.contact_id).where(ContactFamily.family_id == row.family_id)
    families = select(ContactFamily.family_id).where(col(ContactFamily.contact_id).in_(mine))
    near = [keys.blind("birth", month) for month in months_around(birth_month)]
    by_child = (col(Registration.birth_blind).in_(near)) & (col(Registration.postcode) == row.postcode)
    of_that_age = or_(col(Registration.birth_blind).in_(near), col(Registration.birth_blind) == "") if near else true()
    by_number = and_(col(Registration.family_id).in_(families), of_that_age)
    statement = (
        select(Registration)
        .where(
            Registration.desk_id == row.desk_id, Registration.state != "ticket",
            Registration.conversation_id != row.conversation_id, col(Registration.same_as).is_(None),
            or_(by_number, by_child) if near and row.postcode else by_number,
        )
        .order_by(col(Registration.asked_on).desc())
        .limit(_MOST)
    )  # fmt: skip
    return list(session.exec(statement))


def merge(session: Session, row: Registration, into: Registration, author: str, at: datetime) -> None:
    """`row` counts no more: it is the same child as `into`. What was merged into it goes along."""
    for each in (row, *session.exec(select(Registration).where(Registration.same_as == row.id).with_for_update())):
        _undo(session, each, author, at)
        each.same_as = into.id
        session.add(each)
        session.add(
            Merge(id=new_id(at), desk_id=row.desk_id, registration_id=each.id, into_id=into.id, author=author, at=at)
        )
    session.flush()


def undo(session: Session, row: Registration, author: str, at: datetime) -> None:
    """It is a request of its own after all."""
    _undo(session, row, author, at)
    row.same_as = None
    session.add(row)
    session.flush()


def addresses(session: Session, family_id: str) -> set[str]:
    """The ids of the contacts that speak for a family, or did."""
    return set(session.exec(select(ContactFamily.contact_id).where(ContactFamily.family_id == family_id)))


def references(session: Session, ids: Iterable[str]) -> dict[str, str]:
    statement = select(Registration.id, Registration.reference).where(col(Registration.id).in_(list(ids)))
    return dict(session.exec(statement).all())


def _undo(session: Session, row: Registration, author: str, at: datetime) -> None:
    statement = select(Merge).where(Merge.registration_id == row.id, col(Merge.undone_at).is_(None))
    for each in session.exec(statement):
        each.undone_by, each.undone_at = author, at
        session.add(each)


def months_around(month: str) -> list[str]:
    """The months in which a child of this month ("2026-02") may be noted; none for ""."""
    if not month:
        return []
    place = int(month[:4]) * 12 + int(month[5:7]) - 1
    return [f"{each // 12}-{each % 12 + 1:02}" for each in range(place - MONTHS, place + MONTHS + 1)]
