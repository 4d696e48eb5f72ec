"""Which families are to be asked whether they found childcare, and when they were."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, exists, func
from sqlmodel import Session, col, select

from flows.definitions import ENDED, Asked
from flows.engine.following import QUESTIONS
from storage.ids import new_id
from storage.models import Conversation, FollowUp, Message, Outcome, Registration

GRACE = timedelta(days=14)  # so long after its day a question is still asked; never twice within it
APART = timedelta(days=5)  # between two questions to one family, as long as the first is not answered
WRITTEN, CALL, NOBODY = "written", "call", "nobody"
_LEAST = timedelta(days=7)  # after the request itself
_MOST = 1000
_NO_DAY = ("asap", "")  # reckoned from the day of asking


def due(
    session: Session, desk_id: str, today: date, weeks: Iterable[int], most: int, now: datetime
) -> list[str]:  # fmt: skip
    """Requests about which it is time to ask, so many weeks after the wanted start (before it: less than 0)."""
    found: dict[str, None] = {}
    for each in weeks:
        latest = today - timedelta(weeks=each)
        earliest = latest - GRACE + timedelta(days=1)
        for by in (_by_start(earliest, latest), _by_asking(earliest, latest)):  # each has an index of its own
            for id_, asked_on, start in session.connection().execute(_open(desk_id, by, now, most)):
                day = Asked(asked_on, start).starts or asked_on
                if earliest <= day <= latest and day + timedelta(weeks=each) >= asked_on + _LEAST:
                    found[id_] = None
    return list(found)


def _by_start(earliest: date, latest: date) -> Any:
    return col(Registration.start).between(f"{earliest:%Y-%m}", latest.isoformat())


def _by_asking(earliest: date, latest: date) -> Any:
    """Where no day is wanted. `coalesce` keeps a database from looking up every "asap" there is."""
    return and_(
        func.coalesce(col(Registration.start), "").in_(_NO_DAY), col(Registration.asked_on).between(earliest, latest)
    )


def _open(desk_id: str, starts: Any, now: datetime, most: int) -> Any:
    """Open requests that were not asked about lately, nor too often."""
    row = Registration
    outcome = (
        select(Outcome.code)
        .where(Outcome.registration_id == row.id)
        .order_by(col(Outcome.since).desc(), col(Outcome.recorded_at).desc())
        .limit(1)
        .correlate(row)
        .scalar_subquery()
    )
    lately = exists().where(col(FollowUp.registration_id) == row.id, col(FollowUp.at) > now - GRACE).correlate(row)
    written = (
        select(func.count())
        .where(FollowUp.registration_id == row.id, FollowUp.kind == WRITTEN)
        .correlate(row)
        .scalar_subquery()
    )
    return (
        select(col(row.id), col(row.asked_on), col(row.start))
        .where(
            row.desk_id == desk_id, row.state != "ticket", col(row.source).in_(("desk", "referrer")),
            row.counted_in == "here", col(row.same_as).is_(None), starts,
            func.coalesce(outcome, "open").not_in(ENDED), ~lately, written < most,
        )
        .order_by(col(row.id))
        .limit(_MOST)
    )  # fmt: skip


def is_due(session: Session, row: Registration, now: datetime, most: int) -> bool:
    """Whether it still is, now that nobody else can ask: neither asked lately nor too often."""
    asked = of_request(session, row.id)
    return not any(now - each.at < GRACE for each in asked) and sum(each.kind == WRITTEN for each in asked) < most


def of_request(session: Session, registration_id: str) -> list[FollowUp]:
    """The newest first."""
    statement = select(FollowUp).where(FollowUp.registration_id == registration_id)
    return list(session.exec(statement.order_by(col(FollowUp.id).desc())))


def add(session: Session, row: Registration, kind: str, at: datetime) -> None:
    session.add(FollowUp(id=new_id(at), desk_id=row.desk_id, registration_id=row.id, kind=kind, at=at))
    session.flush()


def answered(session: Session, registration_id: str, code: str, at: datetime) -> None:
    """The last question about this request has its answer."""
    last = next((each for each in of_request(session, registration_id) if each.kind == WRITTEN), None)
    if last is not None:
        last.code, last.answered_at = code, at
        session.add(last)


def asked_lately(session: Session, conversation_id: str, now: datetime) -> bool:
    """Whether a question of ours went out there a few days ago, which may still be answered."""
    statement = select(Message.id).where(
        Message.conversation_id == conversation_id, Message.direction == "out", col(Message.question).in_(QUESTIONS),
        col(Message.at) > now - APART,
    )  # fmt: skip
    return session.exec(statement.limit(1)).first() is not None


def open_requests(session: Session, family_id: str) -> int:
    """How many requests of a family count: with more than one, each is named by its number."""
    statement = select(func.count()).where(
        Registration.family_id == family_id, Registration.state != "ticket", col(Registration.same_as).is_(None)
    )
    return session.exec(statement).one()


def open_conversation(session: Session, family_id: str) -> str | None:
    """The one that this family has open."""
    statement = select(Conversation.id).where(
        Conversation.family_id == family_id, Conversation.status != "closed"
    )  # fmt: skip
    return session.exec(statement).first()
