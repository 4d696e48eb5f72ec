"""A family that wants to be forgotten: everything about it goes, and its key before all, so that no copy can be read.

A tombstone keeps the bare id of what was erased, and the provider's ids of what it sent of late: a restored backup is
cleaned with it before anybody sees it, and nothing is taken in from the provider again.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, literal, update
from sqlmodel import Session, col, select

from storage.ids import new_id
from storage.models import (
    Call,
    CallAttempt,
    CallBack,
    Contact,
    ContactFamily,
    Conversation,
    Earlier,
    Family,
    Filing,
    FollowUp,
    Frozen,
    JoinCode,
    Mention,
    Merge,
    Message,
    Organiser,
    OrganiserText,
    Outcome,
    Presence,
    Recording,
    Referral,
    Registration,
    ReplyDraft,
    Seen,
    Timer,
    Tombstone,
)
from storage.turns import Thread

Event = tuple[str, str, str]  # provider, kind, the provider's id
SEEN = timedelta(days=14)  # no provider tells of an event after so long
TERM = timedelta(days=7)  # in which the desk, or the family, may still stop it
KIND = "erase"  # of the timer


def plan(session: Session, thread: Thread, at: datetime) -> None:
    """Everything of this family goes when the term ends. Asked twice, the first term counts."""
    if due(session, thread.conversation_id) is None:
        session.add(
            Timer(
                id=new_id(at), desk_id=thread.desk_id, conversation_id=thread.conversation_id, turn=0, kind=KIND,
                due_at=at + TERM,
            )
        )  # fmt: skip
        session.flush()


def due(session: Session, conversation_id: str) -> datetime | None:
    """When everything goes; None where nobody asked for it."""
    statement = select(Timer.due_at).where(Timer.conversation_id == conversation_id, Timer.kind == KIND)
    return session.exec(statement).first()


def stop(session: Session, conversation_id: str) -> bool:
    """The family changed its mind; False when there was nothing to stop."""
    statement = delete(Timer).where(col(Timer.conversation_id) == conversation_id, col(Timer.kind) == KIND)
    return session.connection().execute(statement).rowcount > 0


def family_of(session: Session, reference: str) -> str | None:
    """The family of the request with this number."""
    return session.exec(select(Registration.family_id).where(Registration.reference == reference)).first()


def erase(session: Session, family_id: str, at: datetime) -> None:
    """Nothing of it is left: requests, messages, calls, recordings, addresses of nobody else. Counts go down by it."""
    family = session.get(Family, family_id)
    if family is None:
        return
    session.connection().execute(update(Family).where(col(Family.id) == family_id).values(key=None))
    talks = select(Conversation.id).where(Conversation.family_id == family_id)
    requests = select(Registration.id).where(Registration.family_id == family_id)
    calls_owed = select(CallBack.id).where(col(CallBack.conversation_id).in_(talks))
    alone = _addresses_of_nobody_else(session, family_id)
    sent = _sent_of_late(session, family_id, at)
    _run(session, update(Registration).where(col(Registration.same_as).in_(requests)).values(same_as=None))
    for where in (
        update(Frozen).where(col(Frozen.registration_id).in_(requests)).values(registration_id=None),
        delete(Merge).where(col(Merge.registration_id).in_(requests) | col(Merge.into_id).in_(requests)),
        delete(Outcome).where(col(Outcome.registration_id).in_(requests)),
        delete(Earlier).where(col(Earlier.registration_id).in_(requests)),
        delete(FollowUp).where(col(FollowUp.registration_id).in_(requests)),
        delete(Referral).where(col(Referral.family_id) == family_id),
        delete(Registration).where(col(Registration.family_id) == family_id),
        delete(CallAttempt).where(col(CallAttempt.call_back_id).in_(calls_owed)),
        delete(CallBack).where(col(CallBack.conversation_id).in_(talks)),
        *(
            delete(each).where(col(each.conversation_id).in_(talks))
            for each in (Presence, ReplyDraft, Mention, OrganiserText)
        ),
        delete(JoinCode).where(col(JoinCode.conversation_id).in_(talks)),
        delete(Timer).where(col(Timer.conversation_id).in_(talks)),
        update(Organiser).where(col(Organiser.conversation_id).in_(talks)).values(conversation_id=None),
        *(
            delete(each).where(col(each.family_id) == family_id)
            for each in (Filing, Recording, Call, Message, Conversation)
        ),
        delete(ContactFamily).where(col(ContactFamily.family_id) == family_id),
        update(JoinCode).where(col(JoinCode.contact_id).in_(alone)).values(contact_id=None),
        update(Message).where(col(Message.contact_id).in_(alone)).values(contact_id=None),
        delete(OrganiserText).where(col(OrganiserText.contact_id).in_(alone)),
        delete(Contact).where(col(Contact.id).in_(alone)),
        update(Family).where(col(Family.joined_to) == family_id).values(joined_to=None),
        delete(Family).where(col(Family.id) == family_id),
    ):
        _run(session, where)
    if session.get(Tombstone, family_id) is None:
        session.add(Tombstone(family_id=family_id, at=at, events=json.dumps(sent)))
    know(session, sent, at)
    session.flush()
    session.expire_all()


def family_without_requests(session: Session, conversation_id: str) -> str | None:
    """The family behind a conversation, where it asked for nothing: an organiser, not a family."""
    talk = session.get(Conversation, conversation_id)
    if talk is None:
        return None
    asked = select(Registration.id).where(Registration.family_id == talk.family_id).limit(1)
    return talk.family_id if session.exec(asked).first() is None else None


def is_there(session: Session, family_id: str) -> bool:
    return session.get(Family, family_id) is not None


@dataclass(frozen=True, slots=True)
class Stone:
    """When a family was erased, and what of it may still lie at a provider: (provider, kind, id)."""

    at: datetime
    events: tuple[Event, ...] = ()


def tombstones(session: Session) -> dict[str, Stone]:
    """Every family that was erased."""
    return {
        each.family_id: Stone(each.at, tuple(map(tuple, json.loads(each.events))))
        for each in session.exec(select(Tombstone))
    }


def know(session: Session, events: Iterable[Event], at: datetime) -> None:
    """These were taken: whoever reads the provider's list later takes none of them for one that was missed."""
    for provider, kind, id_ in events:
        session.merge(Seen(provider=provider, kind=kind, id=id_, at=at))


def _sent_of_late(session: Session, family_id: str, now: datetime) -> list[Event]:
    since = now - SEEN
    texts = select(Message.provider, literal("message"), Message.provider_id).where(
        Message.family_id == family_id, Message.direction == "in", Message.at > since, Message.provider_id != ""
    )
    calls = select(Call.provider, literal("call"), Call.provider_id).where(
        Call.family_id == family_id, Call.began_at > since
    )
    return [(provider, kind, id_) for each in (texts, calls) for provider, kind, id_ in session.exec(each)]


def _addresses_of_nobody_else(session: Session, family_id: str) -> list[str]:
    mine = select(ContactFamily.contact_id).where(ContactFamily.family_id == family_id)
    statement = (
        select(ContactFamily.contact_id)
        .where(col(ContactFamily.contact_id).in_(mine))
        .group_by(col(ContactFamily.contact_id))
        .having(func.count() == 1)
    )
    return list(session.exec(statement))


def _run(session: Session, statement: Any) -> None:
    session.connection().execute(statement)
