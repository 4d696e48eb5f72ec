"""Requests that may be for one child, and those that a colleague decided are: they count once, and it can be undone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sql
from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from storage.ids import new_id
from storage.keys import Keys
from storage.models import ContactFamily, Family, Merge, Registration, table
from storage.statements import Statement

MONTHS = 2  # a child that is expected comes earlier or later
_ROW, _FAMILY, _LINK = table(Registration).c, table(Family).c, table(ContactFamily).c


@dataclass(frozen=True, slots=True)
class Near:
    """A request that may be for the same child. `answers`: JSON, opened."""

    id: str
    postcode: str
    answers: str
    same_number: bool


def near(session: Session, keys: Keys, row: Registration, birth_month: str) -> list[Near]:
    """Requests of the same desk that came from the same number, or are for a child of that month, or of about that age
    in that town or with the same name.

    Children of one conversation are never alike: a family that names two has two. `birth_month`: "2026-02", or "".
    """
    blinds = [keys.blind("birth", month) for month in months_around(birth_month)]
    months = {f"month_{place}": blind for place, blind in enumerate(blinds)}
    families = _FAMILIES.run(session, {"family": row.family_id})  # a join would lead SQLite through the whole desk
    ways: list[tuple[Statement, dict[str, str]]] = [(_SAME_NUMBER, {"family": each.family_id}) for each in families]
    if birth_month:
        ways.append((_SAME_MONTH, {"month": keys.blind("birth", birth_month)}))
    if birth_month and row.postcode:
        ways.append((_SAME_TOWN, {"postcode": row.postcode, **months}))
    if birth_month and row.name_blind:
        ways.append((_SAME_NAME, {"name": row.name_blind, **months}))
    found: dict[str, Near] = {}
    for statement, values in ways:
        among = {"desk": row.desk_id, "conversation": row.conversation_id, **values}
        for each in statement.run(session, among):
            if each.id not in found:
                text = keys.open(each.key, "registration", "answers", each.id, each.answers)
                found[each.id] = Near(each.id, each.postcode, text, statement is _SAME_NUMBER)
    return list(found.values())


def _candidates(way: Any) -> Statement:
    return Statement(
        sql.select(_ROW.id, _ROW.postcode, _ROW.answers, _FAMILY.key)
        .join(Family, _FAMILY.id == _ROW.family_id)
        .where(
            _ROW.desk_id == bindparam("desk"), _ROW.state != "ticket", _ROW.same_as.is_(None),
            _ROW.conversation_id != bindparam("conversation"), _FAMILY.key.is_not(None), way,
        )
    )  # fmt: skip


_MINE = sql.select(_LINK.contact_id).where(_LINK.family_id == bindparam("family"))
_ABOUT_THAT_AGE = _ROW.birth_blind.in_([bindparam(f"month_{place}") for place in range(2 * MONTHS + 1)])
_FAMILIES = Statement(sql.select(_LINK.family_id).where(_LINK.contact_id.in_(_MINE)).distinct())  # of its numbers
_SAME_NUMBER = _candidates(_ROW.family_id == bindparam("family"))
_SAME_MONTH = _candidates(_ROW.birth_blind == bindparam("month"))
_SAME_TOWN = _candidates(sql.and_(_ABOUT_THAT_AGE, _ROW.postcode == bindparam("postcode")))
_SAME_NAME = _candidates(sql.and_(_ABOUT_THAT_AGE, _ROW.name_blind == bindparam("name")))


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


def references(session: Session, ids: Iterable[str]) -> dict[str, str]:
    wanted = set(ids)
    statement = select(Registration.id, Registration.reference).where(col(Registration.id).in_(wanted))
    return dict(session.exec(statement).all()) if wanted else {}


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
