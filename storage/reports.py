"""The rows behind the yearly counts: every request that counts, with its outcomes as they were known at a moment."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from storage.keys import Keys
from storage.models import Desk, Outcome, Registration

_FLAGS = ("urgent", "extended", "priority", "vulnerable")


@dataclass(frozen=True, slots=True)
class Request:
    """One unique request. `outcomes`: (since, code, reason), the oldest first; `flags`: what counts of each."""

    id: str
    asked_on: date
    start: str
    flags: Mapping[str, bool | None]
    rules: Mapping[str, str | None]
    outcomes: tuple[tuple[date, str, str], ...]
    first_reply_on: datetime | None


def requests(session: Session, keys: Keys, desk_ids: frozenset[str], known_on: datetime) -> list[Request]:
    """All countable requests of these desks as known then; the caller decides which year they belong to."""
    desk_keys = {desk.id: desk.key for desk in session.exec(select(Desk).where(col(Desk.id).in_(desk_ids)))}
    outcomes: dict[str, list[tuple[date, str, str]]] = {}
    statement = (
        select(Outcome)
        .where(col(Outcome.desk_id).in_(desk_ids), col(Outcome.recorded_at) <= known_on)
        .order_by(col(Outcome.since), col(Outcome.recorded_at))
    )
    for row in session.exec(statement):
        reason = row.reason
        if row.sealed_reason is not None:
            reason = keys.open(desk_keys[row.desk_id], "outcome", "sealed_reason", row.id, row.sealed_reason)
        outcomes.setdefault(row.registration_id, []).append((row.since, row.code, reason))
    counted = select(Registration).where(
        col(Registration.desk_id).in_(desk_ids),
        col(Registration.state) != "ticket",
        col(Registration.source).in_(("desk", "referrer")),
        Registration.counted_in == "here",
        col(Registration.same_as).is_(None),
        col(Registration.created_at) <= known_on,
    )
    return [
        Request(
            row.id,
            row.asked_on,
            row.start,
            _flags(keys, desk_keys[row.desk_id], row),
            json.loads(row.rules),
            tuple(outcomes.get(row.id, ())),
            row.first_reply_at,
        )
        for row in session.exec(counted)
    ]


def _flags(keys: Keys, desk_key: bytes, row: Registration) -> dict[str, bool | None]:
    found: dict[str, bool | None] = {}
    for flag in _FLAGS:
        override = getattr(row, f"{flag}_override")
        found[flag] = getattr(row, flag) if override is None else override
    care = {"value": None, "override": None}
    if row.care_need is not None:
        care = json.loads(keys.open(desk_key, "registration", "care_need", row.id, row.care_need))
    found["care_need"] = care["value"] if care["override"] is None else care["override"]
    return found
