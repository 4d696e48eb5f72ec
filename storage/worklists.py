"""Requests that somebody should chase: each of them lowers the shortage as long as nobody knows what came of it."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import and_, exists, func, or_
from sqlmodel import Session, col, select

from storage.follow_ups import WRITTEN
from storage.models import FollowUp, Outcome, Registration

MOST = 500


def started(session: Session, desk_ids: frozenset[str], today: date) -> list[Registration]:
    """Still open while the wanted start is over, the earliest start first."""
    return _found(session, desk_ids, _latest() == "open", _has_started(today))


def silent(session: Session, desk_ids: frozenset[str], today: date) -> list[Registration]:
    """The same, of families that were asked and never answered."""
    asked = exists().where(col(FollowUp.registration_id) == Registration.id, col(FollowUp.kind) == WRITTEN)
    answered = exists().where(col(FollowUp.registration_id) == Registration.id, col(FollowUp.code) != "")
    return _found(
        session, desk_ids, _latest() == "open", _has_started(today), asked.correlate(Registration),
        ~answered.correlate(Registration),
    )  # fmt: skip


def unreachable(session: Session, desk_ids: frozenset[str], _: date) -> list[Registration]:
    return _found(session, desk_ids, _latest() == "unreachable")


def named(session: Session, desk_ids: frozenset[str], references: Iterable[str]) -> list[Registration]:
    """Those of these desks that have one of these numbers."""
    statement = select(Registration).where(
        col(Registration.desk_id).in_(desk_ids), col(Registration.reference).in_(list(references))
    )
    return list(session.exec(statement.order_by(col(Registration.reference))))


def lock(session: Session, row: Registration) -> None:
    """Nobody else decides about it until this transaction ends; read anew."""
    session.refresh(row, with_for_update=True)


def _found(session: Session, desk_ids: frozenset[str], *conditions: Any) -> list[Registration]:
    statement = select(Registration).where(
        col(Registration.desk_id).in_(desk_ids), Registration.state != "ticket", Registration.counted_in == "here",
        col(Registration.source).in_(("desk", "referrer")), col(Registration.same_as).is_(None), *conditions,
    )  # fmt: skip
    return list(session.exec(statement.order_by(col(Registration.asked_on)).limit(MOST)))


def _latest() -> Any:
    """The code of the last outcome of a registration; "open" while there is none."""
    last = (
        select(Outcome.code)
        .where(Outcome.registration_id == Registration.id)
        .order_by(col(Outcome.since).desc(), col(Outcome.recorded_at).desc())
        .limit(1)
        .correlate(Registration)
        .scalar_subquery()
    )
    return func.coalesce(last, "open")


def _has_started(today: date) -> Any:
    """As text: "2026-03" stands before "2026-03-02", and a month is its first day."""
    start = col(Registration.start)
    over = [and_(start.not_in(("", "asap", f"{today:%Y-%m}")), start < today.isoformat())]
    over.append(and_(start == "asap", col(Registration.asked_on) < today))
    if today.day > 1:
        over.append(start == f"{today:%Y-%m}")
    return or_(*over)
