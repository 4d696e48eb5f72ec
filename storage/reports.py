"""The rows behind the yearly counts: every request that counts, with its outcomes as they were known at a moment."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlmodel import Session, col, select

from storage.keys import Keys
from storage.models import Desk, Outcome, Registration

_FLAGS = ("urgent", "extended", "priority", "vulnerable")
_COLUMNS = (
    "id", "desk_id", "asked_on", "start", "rules", "first_reply_at", "care_need",
    *_FLAGS, *(f"{flag}_override" for flag in _FLAGS),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Request:
    """One unique request. `outcomes`: (since, code, reason), the oldest first; `flags`: what counts of each."""

    id: str
    asked_on: date
    start: str
    flags: Mapping[str, bool | None]
    rules: Mapping[str, str | None]
    outcomes: tuple[tuple[date, str, str], ...]
    first_reply_at: datetime | None


def requests(
    session: Session, keys: Keys, desk_ids: frozenset[str], known_on: datetime, asked: tuple[date, date] | None = None
) -> list[Request]:
    """All countable requests of these desks as known then, those asked in `asked` (both days included) where given."""
    desk_keys = {desk.id: desk.key for desk in session.exec(select(Desk).where(col(Desk.id).in_(desk_ids)))}
    counted = [
        col(Registration.desk_id).in_(desk_ids),
        col(Registration.state) != "ticket",
        col(Registration.source).in_(("desk", "referrer")),
        col(Registration.counted_in) == "here",
        col(Registration.same_as).is_(None),
        col(Registration.created_at) <= known_on,
    ]
    if asked is not None:
        counted.append(col(Registration.asked_on).between(*asked))
    outcomes = _outcomes(session, desk_keys, keys, counted, known_on)
    columns = [getattr(Registration, name) for name in _COLUMNS]
    rows = session.connection().execute(select(*columns).where(*counted))
    return [
        Request(
            row.id, row.asked_on, row.start, _flags(keys, desk_keys[row.desk_id], row), _rules(row.rules),
            outcomes.get(row.id, ()), row.first_reply_at,
        )
        for row in rows
    ]  # fmt: skip


def _outcomes(
    session: Session, desk_keys: Mapping[str, bytes], keys: Keys, counted: list[Any], known_on: datetime
) -> dict[str, tuple[tuple[date, str, str], ...]]:
    found: dict[str, tuple[tuple[date, str, str], ...]] = {}
    statement = (
        select(
            Outcome.id, Outcome.desk_id, Outcome.registration_id, Outcome.code, Outcome.reason,
            Outcome.sealed_reason, Outcome.since,
        )  # type: ignore[call-overload]
        .join(Registration, col(Registration.id) == col(Outcome.registration_id))
        .where(col(Outcome.recorded_at) <= known_on, *counted)
        .order_by(col(Outcome.since), col(Outcome.recorded_at))
    )  # fmt: skip
    for row in session.connection().execute(statement):
        reason = row.reason
        if row.sealed_reason is not None:
            reason = keys.open(desk_keys[row.desk_id], "outcome", "sealed_reason", row.id, row.sealed_reason)
        found[row.registration_id] = (*found.get(row.registration_id, ()), (row.since, row.code, reason))
    return found


def _flags(keys: Keys, desk_key: bytes, row: Any) -> dict[str, bool | None]:
    """What counts: what staff decided, else what the answers say."""
    found: dict[str, bool | None] = {}
    for flag in _FLAGS:
        override = getattr(row, f"{flag}_override")
        found[flag] = getattr(row, flag) if override is None else override
    care = {"value": None, "override": None}
    if row.care_need is not None:
        care = json.loads(keys.open(desk_key, "registration", "care_need", row.id, row.care_need))
    found["care_need"] = care["value"] if care["override"] is None else care["override"]
    return found


@lru_cache(maxsize=256)
def _rules(text: str) -> Mapping[str, str | None]:
    """Thousands of requests were decided by the same few rules."""
    found: Mapping[str, str | None] = json.loads(text)
    return found
