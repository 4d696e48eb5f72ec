"""Requests one by one for an export: which they are, opened some at a time, and which were given when to whom."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import sqlalchemy as sql
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from storage import registrations
from storage.ids import new_id
from storage.keys import Keys
from storage.models import Contact, Conversation, Desk, Export, Family, Outcome, Registration
from storage.registrations import Opened

_CHUNK = 500
_LATE = timedelta(minutes=10)  # what was begun before an export and kept after it is in the next one


def of_year(session: Session, desk_ids: frozenset[str], year: int) -> list[str]:
    """The ids of every request that was asked in a year, the oldest first; tickets are none."""
    statement = (
        sql.select(Registration.id)  # type: ignore[call-overload]
        .where(
            col(Registration.desk_id).in_(desk_ids), col(Registration.state) != "ticket",
            col(Registration.asked_on).between(date(year, 1, 1), date(year, 12, 31)),
        )
        .order_by(col(Registration.asked_on), col(Registration.id))
    )  # fmt: skip
    return list(session.connection().execute(statement).scalars())


def opened(session: Session, keys: Keys, ids: Sequence[str]) -> Iterator[Opened]:
    """These requests in this order, some at a time; those that are gone are left out. Read-only sessions."""
    desk_keys = {desk.id: desk.key for desk in session.exec(select(Desk))}
    for first in range(0, len(ids), _CHUNK):
        some = ids[first : first + _CHUNK]
        rows = {row.id: row for row in session.exec(select(Registration).where(col(Registration.id).in_(some)))}
        families = {row.family_id for row in rows.values()}
        family_keys = dict(session.exec(select(Family.id, Family.key).where(col(Family.id).in_(families))).all())
        outcomes: dict[str, Outcome] = {}
        last = select(Outcome).where(col(Outcome.registration_id).in_(some))
        for each in session.exec(last.order_by(col(Outcome.since), col(Outcome.recorded_at))):
            outcomes[each.registration_id] = each
        addresses = _addresses(session, keys, some)
        for id_ in some:
            if (row := rows.get(id_)) is not None:
                found = registrations.opened_with(
                    keys, row, family_keys[row.family_id], desk_keys[row.desk_id], outcomes.get(id_)
                )  # fmt: skip
                yield replace(found, address=addresses.get(id_, ""))
        session.expunge_all()


def with_address(session: Session, keys: Keys, found: Opened) -> Opened:
    """One request as `opened` gives it."""
    return replace(found, address=_addresses(session, keys, [found.row.id]).get(found.row.id, ""))


def _addresses(session: Session, keys: Keys, ids: Sequence[str]) -> dict[str, str]:
    statement = (
        select(Registration.id, Contact.id, Contact.address)
        .join(Conversation, col(Conversation.id) == col(Registration.conversation_id))
        .join(Contact, col(Contact.id) == col(Conversation.contact_id))
        .where(col(Registration.id).in_(ids))
    )
    return {
        id_: keys.open(keys.installation, "contact", "address", contact, sealed)
        for id_, contact, sealed in session.exec(statement)
    }


def changed(
    session: Session, desk_id: str, last: Export | None, until: datetime, most: int
) -> list[tuple[str, datetime]]:  # fmt: skip
    """The requests that are new or were changed since the last export, and when; the first to change come first."""
    recorded = aliased(Outcome)
    told = (
        sql.select(sql.func.max(col(recorded.recorded_at)))
        .where(col(recorded.registration_id) == col(Registration.id))
        .correlate(Registration)
        .scalar_subquery()
    )
    statement = sql.select(Registration.id, Registration.updated_at, told).where(  # type: ignore[call-overload]
        col(Registration.desk_id) == desk_id, col(Registration.state) != "ticket"
    )
    if last is not None:
        since = last.until - _LATE
        statement = statement.where(sql.or_(col(Registration.updated_at) > since, told > since))
    given = set(json.loads(last.ids)) if last is not None and last.ids else set()
    found = []
    for id_, updated, outcome in session.connection().execute(statement):
        at = max(filter(None, (updated, outcome)))
        if at <= until and not (last is not None and id_ in given and at <= last.until):
            found.append((id_, at))
    return sorted(found, key=lambda each: (each[1], each[0]))[:most]


def last_of(session: Session, desk_id: str) -> Export | None:
    """The newest export of what is new whose download was really made."""
    statement = select(Export).where(
        Export.desk_id == desk_id, Export.kind == "new", col(Export.finished_at).is_not(None)
    )
    return session.exec(statement.order_by(col(Export.until).desc(), col(Export.id).desc()).limit(1)).first()


def begin(
    session: Session, kind: str, staff_id: str, desk_id: str, ids: Sequence[str], until: datetime, now: datetime
) -> str:  # fmt: skip
    """An export that somebody asked for; its id. It counts as given when `finish` says so."""
    id_ = new_id(now)
    kept = json.dumps(list(ids)) if kind == "new" else ""  # the others are asked for by their year, or by this one
    session.add(
        Export(id=id_, kind=kind, staff_id=staff_id, desk_id=desk_id, count=len(ids), ids=kept, until=until, at=now)
    )
    session.flush()
    return id_


def finish(session: Session, export_id: str, digest: str, now: datetime) -> None:
    """The last of it was handed over. `digest`: SHA-256 of the file."""
    row = session.get_one(Export, export_id)
    row.finished_at, row.hash = row.finished_at or now, digest
    session.add(row)
    session.flush()


def newest(session: Session, desk_ids: frozenset[str], most: int) -> list[Export]:
    statement = select(Export).where(col(Export.desk_id).in_(desk_ids), col(Export.finished_at).is_not(None))
    return list(session.exec(statement.order_by(col(Export.id).desc()).limit(most)))


def get(session: Session, export_id: str, desk_ids: frozenset[str]) -> Export | None:
    row = session.get(Export, export_id)
    return row if row is not None and row.desk_id in desk_ids else None


def of_hash(session: Session, digest: str) -> list[Export]:
    return list(session.exec(select(Export).where(Export.hash == digest).order_by(col(Export.id))))


def ids_of(row: Export) -> list[str]:
    """The requests in an export of what was new."""
    found: list[str] = json.loads(row.ids or "[]")
    return found
