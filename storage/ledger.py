"""What stands in the database in ids and codes alone: for the test door and for those who watch over the service."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from flows import state as states
from flows.answers import REFUSED, UNKNOWN, Answer
from storage import damaged, heartbeats, registrations, status
from storage.keys import Keys
from storage.models import Contact, ContactFamily, Conversation, Desk, Family, Message, Registration
from storage.outbox import PENDING, is_pending

_ONLY_WHETHER = ("birth", "parent_name", "contact_number")  # shown as given, unknown or refused


def everything(session: Session, keys: Keys) -> dict[str, list[dict[str, Any]]]:
    """Every event, provider send, conversation and registration."""
    messages = session.exec(select(Message).order_by(col(Message.id))).all()
    conversations = session.exec(select(Conversation).order_by(col(Conversation.id))).all()
    return {
        "inbound": [
            {"id": row.id, "channel": row.channel, "provider_id": row.provider_id, "conversation": row.conversation_id}
            for row in messages
            if row.direction == "in"
        ],
        "outbound": [
            {
                "id": row.id, "conversation": row.conversation_id, "status": row.status, "attempts": row.attempts,
                "provider_id": row.provider_id,
            }
            for row in messages
            if row.direction == "out" and row.status != "spoken"
        ],
        "conversations": [_conversation(row) for row in conversations],
        "registrations": list(_registrations(session, keys)),
    }  # fmt: skip


def of_address(session: Session, keys: Keys, kind: str, address: str) -> dict[str, Any] | None:
    """The open conversation of the address's current family, else its newest; None for an unknown address."""
    contact = session.exec(select(Contact).where(Contact.blind == keys.blind(kind, address))).first()
    if contact is None:
        return None
    family_id = session.exec(
        select(ContactFamily.family_id)
        .where(ContactFamily.contact_id == contact.id)
        .order_by(col(ContactFamily.since).desc())
    ).first()
    row = session.exec(
        select(Conversation)
        .where(Conversation.family_id == family_id)
        .order_by(col(Conversation.status) == "closed", col(Conversation.id).desc())
    ).first()
    family = session.get(Family, family_id)
    if row is None or family is None or family.key is None:
        return None
    state = states.load(keys.open(family.key, "conversation", "state", row.id, row.state))
    answers = {
        "family": {key: _code(key, value) for key, value in state.family.items()},
        "children": [{key: _code(key, value) for key, value in child.answers.items()} for child in state.children],
    }
    return {**_conversation(row), "answers": answers}


def measures(session: Session, now: datetime) -> Iterator[tuple[str, dict[str, str], float]]:
    """Name, labels and value of what can be watched: how much waits, and how long already."""
    talks = status.conversations(session)
    for state, (count, _) in talks.items():
        yield "opvanglijn_conversations", {"status": state}, count
    waits = status.waiting(talks)
    yield "opvanglijn_waiting", {}, waits.count
    yield "opvanglijn_waiting_oldest_seconds", {}, max(0.0, (now - waits.since).total_seconds()) if waits.since else 0
    for code, count in status.failed(session, now):
        yield "opvanglijn_not_delivered_day", {"code": code}, count
    yield "opvanglijn_damaged", {}, damaged.count(session)[0]
    alive = heartbeats.beats(session, heartbeats.WORKER, now)
    if alive:
        yield "opvanglijn_worker_silent_seconds", {}, max(0.0, (now - alive[0].at).total_seconds())
    statement = (
        select(Message.status, func.count(), func.min(Message.at))
        .where(is_pending(col(Message.status)))
        .group_by(Message.status)
    )
    found = {state: (count, oldest) for state, count, oldest in session.exec(statement)}
    for state in PENDING:
        yield "opvanglijn_outbox", {"status": state}, found.get(state, (0, now))[0]
    oldest = min((first for _, first in found.values()), default=now)
    yield "opvanglijn_outbox_oldest_seconds", {}, max(0.0, (now - oldest).total_seconds())


def _conversation(row: Conversation) -> dict[str, Any]:
    return {
        "id": row.id, "channel": row.channel, "language": row.language, "status": row.status,
        "asking": row.asking or None,
    }  # fmt: skip


def _registrations(session: Session, keys: Keys) -> Iterator[dict[str, Any]]:
    slugs = {desk.id: desk.slug for desk in session.exec(select(Desk))}
    for row in session.exec(select(Registration).order_by(col(Registration.id))):
        opened = registrations.opened(session, keys, row)
        yield {
            "id": row.id, "reference": row.reference, "desk": slugs[row.desk_id], "state": row.state,
            "categories": {flag: opened.flag(flag) for flag in opened.derived},
            "outcome": opened.outcome.code if opened.outcome else "open",
        }  # fmt: skip


def _code(key: str, value: Answer) -> object:
    if key in _ONLY_WHETHER:
        return value if value in (UNKNOWN, REFUSED) else "given"
    return json.loads(json.dumps(value))
