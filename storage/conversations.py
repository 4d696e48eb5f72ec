"""What the desk sees of one conversation: its timeline, who holds it, since when it waits. The queue: `queue.py`."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from storage import leases, registrations
from storage.keys import Keys, KeysProblem
from storage.models import Contact, Conversation, Family, Message
from storage.queue import OPEN
from storage.turns import Thread


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a timeline, opened. `prompts`: JSON of what was said, None for what a person wrote."""

    id: str
    direction: str
    channel: str
    status: str
    error: str
    question: str
    segments: int
    at: datetime
    author: str | None
    prompts: str | None
    body: str
    buttons: str | None  # JSON of what hung under it to be pressed


@dataclass(frozen=True, slots=True)
class View:
    conversation: Conversation
    key: bytes  # the family's
    contact: Contact
    address: str
    state: str
    entries: tuple[Entry, ...]
    registrations: tuple[registrations.Opened, ...]


def view(session: Session, keys: Keys, desk_ids: frozenset[str], conversation_id: str) -> View | None:
    """Everything of one conversation, opened; None when it is not one of these desks'."""
    row = session.get(Conversation, conversation_id)
    if row is None or row.desk_id not in desk_ids:
        return None
    family, contact = session.get_one(Family, row.family_id), session.get_one(Contact, row.contact_id)
    if family.key is None:
        return None
    address = keys.open(keys.installation, "contact", "address", contact.id, contact.address)
    state = keys.open(family.key, "conversation", "state", row.id, row.state)
    return View(
        row, family.key, contact, address, state,
        tuple(_entries(session, keys, family.key, row)),
        tuple(registrations.of_conversation(session, keys, row.id)),
    )  # fmt: skip


def events(session: Session, keys: Keys, thread: Thread, what: Collection[str]) -> list[Entry]:
    """What happened of these kinds, oldest first."""
    statement = select(Message).where(
        Message.desk_id == thread.desk_id, Message.conversation_id == thread.conversation_id,
        Message.direction == "event", col(Message.question).in_(what),
    )  # fmt: skip
    return [_entry(keys, thread.key, row) for row in session.exec(statement.order_by(col(Message.id)))]


def of_address(session: Session, keys: Keys, kind: str, address: str) -> tuple[str | None, list[Entry]]:
    """Everything that went to and from an address, oldest first, and its newest conversation: what a phone shows."""
    contact = session.exec(select(Contact).where(Contact.blind == keys.blind(kind, address))).first()
    if contact is None:
        return None, []
    rows = session.exec(select(Message).where(Message.contact_id == contact.id).order_by(col(Message.id))).all()
    opened = ((row, session.get_one(Family, row.family_id).key) for row in rows)
    entries = [_entry(keys, key, row) for row, key in opened if key is not None]
    return (rows[-1].conversation_id if rows else None), entries


def sent_as(session: Session, keys: Keys, provider: str, provider_id: str) -> tuple[Entry, Conversation] | None:
    """A message of ours by the provider's name for it; None when there is none."""
    row = session.exec(
        select(Message).where(
            Message.provider == provider, Message.provider_id == provider_id, Message.direction == "out"
        )
    ).first()
    family = session.get_one(Family, row.family_id) if row else None
    if row is None or family is None or family.key is None:
        return None
    return _entry(keys, family.key, row), session.get_one(Conversation, row.conversation_id)


def holder(row: Conversation, now: datetime) -> str | None:
    """The staff id of who is answering this family now."""
    return row.claimed_by if leases.holds(row.claimed_until, now, leases.CLAIM) else None


def claim(session: Session, conversation_id: str, staff_id: str, now: datetime) -> bool:
    """Take it, or keep it a while longer; False when a colleague holds it."""
    row = session.get_one(Conversation, conversation_id, with_for_update=True)
    if holder(row, now) not in (None, staff_id):
        return False
    row.claimed_by, row.claimed_until = staff_id, now + leases.CLAIM
    session.add(row)
    return True


def release(session: Session, conversation_id: str, staff_id: str) -> None:
    row = session.get_one(Conversation, conversation_id, with_for_update=True)
    if row.claimed_by == staff_id:
        row.claimed_by = row.claimed_until = None
        session.add(row)


def waiting(earlier: datetime | None, since: datetime | None, why: str) -> dict[str, Any]:
    """The columns that say that somebody waits for a person, and why; None: nobody does any more.

    A wait that began `earlier` goes on; by when it is to be answered is reckoned anew.
    """
    begun = {} if since is not None and earlier is not None else {"waiting_since": since}
    return {"waiting_why": why if since is not None else "", "answer_by": None, **begun}


def set_waiting(session: Session, conversation_id: str, since: datetime | None, why: str) -> None:
    """`waiting`, for a conversation by its id."""
    row = session.get_one(Conversation, conversation_id)
    for name, value in waiting(row.waiting_since, since, why).items():
        setattr(row, name, value)
    session.add(row)
    session.flush()


def family_of(session: Session, conversation_id: str) -> str:
    return session.get_one(Conversation, conversation_id).family_id


def states(session: Session, keys: Keys, family_id: str) -> list[str]:
    """Where each conversation of a family stands, opened (JSON), the newest first."""
    key = session.get_one(Family, family_id).key
    found = session.exec(
        select(Conversation).where(Conversation.family_id == family_id).order_by(col(Conversation.id).desc())
    )
    return [keys.open(key, "conversation", "state", row.id, row.state) for row in found] if key is not None else []


def promised(session: Session, conversation_id: str, at: datetime) -> None:
    """The day came by which we promised an answer: who was not answered waits."""
    row = session.get(Conversation, conversation_id)
    if row is not None and row.status in OPEN and row.waiting_since is None:
        set_waiting(session, conversation_id, at, "promised")


def set_need(session: Session, conversation_id: str) -> None:
    """How badly help is needed, after a colleague decided a category."""
    session.flush()
    found = registrations.kept(session, conversation_id)
    row = session.get_one(Conversation, conversation_id)
    row.need, row.answer_by = registrations.need(registrations.flags_of(each) for each in found.values()), None
    session.add(row)


def _entries(session: Session, keys: Keys, key: bytes, talk: Conversation) -> list[Entry]:
    said = select(Message).where(Message.desk_id == talk.desk_id, Message.conversation_id == talk.id)
    found = session.exec(said.order_by(col(Message.id)))
    return [_entry(keys, key, row) for row in found]


def _entry(keys: Keys, key: bytes, row: Message) -> Entry:
    def opened(column: str, sealed: bytes | None) -> str | None:
        return None if sealed is None else keys.open(key, "message", column, row.id, sealed)

    try:
        prompts, body, buttons = (opened(each, getattr(row, each)) for each in ("prompts", "body", "buttons"))
        error = row.error
    except KeysProblem:  # a damaged row hides no other
        prompts, body, buttons, error = None, "", None, "unreadable"
    return Entry(
        row.id, row.direction, row.channel, row.status, error, row.question, row.segments, row.at, row.author,
        prompts, body or "", buttons,
    )  # fmt: skip
