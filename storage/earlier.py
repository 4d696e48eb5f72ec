"""What counted of a request at a moment that has passed: every change of it is kept, with when, by whom, from what.

Only what decides about counts, and only what changed. A report of today needs none of it; one as of an earlier moment
lays what was known then over what is known now.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import sqlalchemy as sql
from sqlalchemy import insert
from sqlmodel import Session, col

from storage.ids import new_id
from storage.keys import Keys
from storage.models import Earlier, Registration, table
from storage.statements import Statement

CLEAR_FLAGS = ("urgent", "extended", "priority", "vulnerable")
CARE_NEED = "care_need"
COUNTED = (
    "desk_id", "state", "source", "counted_in", "asked_on", "start", "rules", *CLEAR_FLAGS,
    *(f"{flag}_override" for flag in CLEAR_FLAGS),
)  # fmt: skip
_EARLIER, _NOW = table(Earlier).c, table(Registration).c
_INSERT = Statement(insert(table(Earlier)))


@contextmanager
def noted(session: Session, row: Registration, at: datetime, author: str | None = None) -> Iterator[None]:
    """Whatever is changed of the request inside is kept as it was before."""
    before = {name: getattr(row, name) for name in COUNTED}
    care_need = row.care_need
    yield
    changed = {name: value for name, value in before.items() if getattr(row, name) != value}
    care = (care_need,) if care_need != row.care_need else ()
    if row.created_at < at:
        note(session, row.id, before["desk_id"], changed, at, author, care)


def note(
    session: Session, registration_id: str, desk_id: str, before: Mapping[str, Any], at: datetime,
    author: str | None = None, care_need: tuple[bytes | None, ...] = (),
) -> None:  # fmt: skip
    """`before`: the columns that change, as they were; `care_need`: the one it had, () where it stays."""
    told = {name: value.isoformat() if isinstance(value, date) else value for name, value in before.items()}
    if care_need == (None,):
        told[CARE_NEED] = None
    if told or care_need:
        row = {
            "id": new_id(at), "desk_id": desk_id, "registration_id": registration_id, "at": at, "author": author,
            "before": json.dumps(told), CARE_NEED: care_need[0] if care_need else None,
        }  # fmt: skip
        _INSERT.run(session, row)


def since(session: Session, desk_ids: frozenset[str], known_on: datetime) -> dict[str, dict[str, Any]]:
    """The requests of which something changed after that moment: id -> what of it was otherwise then.

    All that these desks have, or had then.
    """
    if session.connection().execute(sql.select(_EARLIER.id).where(_EARLIER.at > known_on).limit(1)).first() is None:
        return {}
    theirs = sql.union(
        sql.select(_EARLIER.registration_id).where(_EARLIER.desk_id.in_(desk_ids), _EARLIER.at > known_on),
        sql.select(_NOW.id).where(_NOW.desk_id.in_(desk_ids)),
    )
    statement = (
        sql.select(_EARLIER.registration_id, _EARLIER.before, _EARLIER.care_need)
        .where(_EARLIER.at > known_on, _EARLIER.registration_id.in_(theirs))
        .order_by(_EARLIER.at.desc(), _EARLIER.id.desc())
    )
    found: dict[str, dict[str, Any]] = {}
    for registration_id, before, care_need in session.connection().execute(statement):
        told = json.loads(before)
        if "asked_on" in told:
            told["asked_on"] = date.fromisoformat(told["asked_on"])
        if care_need is not None:
            told[CARE_NEED] = care_need
        found.setdefault(registration_id, {}).update(told)
    return found


def reseal(session: Session, keys: Keys, registration_id: str, old: bytes, new: bytes) -> None:
    """The request goes to another desk: its earlier care needs are closed by the key of that one."""
    statement = sql.select(_EARLIER.id, _EARLIER.care_need).where(
        _EARLIER.registration_id == registration_id, _EARLIER.care_need.is_not(None)
    )
    for id_, kept in session.connection().execute(statement).all():
        text = keys.open(old, "registration", CARE_NEED, registration_id, kept)
        anew = keys.seal(new, "registration", CARE_NEED, registration_id, text)
        session.connection().execute(sql.update(Earlier).where(col(Earlier.id) == id_).values(care_need=anew))
