"""Reading the audit: what happened at some desks, everything about one family, and who reads without doing anything."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Integer, and_, cast, func, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from storage.audit import LOOKED, SEARCHED
from storage.models import Audit, CallBack, Conversation, Registration, StaffDesk

PAGE = 100  # lines


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines. `before`: the id of a line, for those that are older."""

    who: str = ""
    what: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """How many conversations somebody opened, and with how many of these they did nothing."""

    who: str
    looked: int
    idle: int


def lines(session: Session, desk_ids: frozenset[str], wanted: Wanted) -> list[Audit]:
    """Newest first: of these desks, and what their people did of no desk (signing in, searching)."""
    theirs = select(StaffDesk.staff_id).where(col(StaffDesk.desk_id).in_(desk_ids))
    found = select(Audit).where(
        or_(col(Audit.desk_id).in_(desk_ids), and_(col(Audit.desk_id).is_(None), col(Audit.who).in_(theirs)))
    )
    for column, value in ((Audit.who, wanted.who), (Audit.what, wanted.what)):
        if value:
            found = found.where(column == value)
    if wanted.since:
        found = found.where(Audit.at >= wanted.since)
    if wanted.until:
        found = found.where(Audit.at < wanted.until)
    if wanted.before:
        found = found.where(col(Audit.id) < wanted.before)
    return list(session.exec(found.order_by(col(Audit.id).desc()).limit(PAGE)))


def of_family(session: Session, conversation_id: str, desk_ids: frozenset[str]) -> list[Audit] | None:
    """Every line about the family of a conversation, oldest first; None when it is not at these desks."""
    here = session.get(Conversation, conversation_id)
    if here is None or here.desk_id not in desk_ids:
        return None
    talks = list(session.exec(select(Conversation.id).where(Conversation.family_id == here.family_id)))
    about = [here.family_id, *talks]
    about += session.exec(select(Registration.id).where(Registration.family_id == here.family_id))
    about += session.exec(select(CallBack.id).where(col(CallBack.conversation_id).in_(talks)))
    return list(session.exec(select(Audit).where(col(Audit.about).in_(about)).order_by(col(Audit.id))))


def idle_readers(session: Session, desk_ids: frozenset[str], since: datetime) -> list[Reader]:
    """Who opened conversations of these desks, most without doing anything first."""
    act = aliased(Audit)
    acted = select(act.id).where(
        act.who == Audit.who, act.about == Audit.about, col(act.what).not_in((LOOKED, SEARCHED)), act.at >= since
    ).exists()  # fmt: skip
    looks = select(Audit.who, Audit.about, acted.label("acted")).where(
        Audit.what == LOOKED, col(Audit.desk_id).in_(desk_ids), Audit.at >= since
    ).distinct().subquery()  # fmt: skip
    counted = select(
        looks.c.who, func.count(), func.sum(cast(looks.c.acted, Integer))
    ).group_by(looks.c.who)  # fmt: skip
    found = [Reader(who, many, many - int(acts or 0)) for who, many, acts in session.execute(counted)]
    return sorted(found, key=lambda each: (-each.idle, each.who))


def conversations(session: Session, ids: set[str], desk_ids: frozenset[str]) -> set[str]:
    """Which of these ids are conversations of these desks."""
    found = select(Conversation.id).where(col(Conversation.id).in_(ids), col(Conversation.desk_id).in_(desk_ids))
    return set(session.exec(found))
