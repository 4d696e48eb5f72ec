"""The rows of frozen reports: a random id each, and which request it was as long as that is kept."""

import secrets
from collections.abc import Sequence

from sqlmodel import Session, col, select

from storage.models import Frozen, Registration

_CHUNK = 500


def name(session: Session, registration_ids: Sequence[str]) -> dict[str, str]:
    """A new random id for each of these requests."""
    named = {id_: secrets.token_hex(8) for id_ in registration_ids}
    desks = {}
    for first in range(0, len(registration_ids), _CHUNK):
        some = registration_ids[first : first + _CHUNK]
        statement = select(Registration.id, Registration.desk_id).where(col(Registration.id).in_(some))
        desks.update(dict(session.exec(statement).all()))
    session.add_all(Frozen(id=name, desk_id=desks[id_], registration_id=id_) for id_, name in named.items())
    session.flush()
    return named


def requests(session: Session, ids: Sequence[str]) -> dict[str, str]:
    """Which request each of these was; those that are gone are left out."""
    found: dict[str, str] = {}
    for first in range(0, len(ids), _CHUNK):
        statement = select(Frozen.id, Frozen.registration_id).where(col(Frozen.id).in_(ids[first : first + _CHUNK]))
        found |= {id_: kept for id_, kept in session.exec(statement) if kept is not None}
    return found


def references(session: Session, desk_ids: frozenset[str]) -> dict[str, str]:
    statement = select(Registration.id, Registration.reference).where(col(Registration.desk_id).in_(desk_ids))
    return dict(session.exec(statement).all())


def why_not(session: Session, registration_id: str) -> str:
    """Why a request that was counted is not any more: merged, counted_in, source, other."""
    row = session.get_one(Registration, registration_id)
    if row.same_as is not None:
        return "merged"
    if row.counted_in != "here":
        return "counted_in"
    return "source" if row.source not in ("desk", "referrer") else "other"
