"""Outgoing messages on their way: queued → sending → sent → delivered → read, or unknown, or failed. Forward only.

How they are claimed and noted as sent is in `dispatch.py`; here is what else becomes of them.
"""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sql
from sqlalchemy import bindparam, literal_column, update
from sqlmodel import Session, col, select

from storage.keys import Keys
from storage.models import Contact, Conversation, EarlyStatus, Message, table
from storage.statements import Row, Statement
from storage.turns import Thread

NOTICE = "notice.answer"  # the key of "there is an answer for you"
HELD = "held"  # waits until the family writes: a closed window lets only a notice through
_FORGOTTEN = timedelta(days=1)
PENDING = ("queued", "sending", "unknown")
RANK = {HELD: 0, "queued": 0, "sending": 1, "unknown": 2, "sent": 3, "delivered": 4, "read": 5, "failed": 6}

_MESSAGE = table(Message)
_NAMED = Statement(  # locked: it stays at its desk until its change is made there
    sql.select(_MESSAGE.c.id, _MESSAGE.c.desk_id, _MESSAGE.c.status)
    .where(_MESSAGE.c.provider == bindparam("by"), _MESSAGE.c.provider_id == bindparam("name"))
    .with_for_update()
)
_CHANGE = Statement(update(_MESSAGE).where(_MESSAGE.c.id == bindparam("row"), _MESSAGE.c.desk_id == bindparam("desk")))


def is_pending(status: Any) -> Any:
    """Still to go out. In the very words of the index, or SQLite reads every message that was ever sent."""
    return status.in_([literal_column(f"'{each}'") for each in PENDING])


def retry(session: Session, message_id: str, attempt: int, due_at: datetime, code: str) -> None:
    """Surely not taken; once more, later."""
    _again(session, message_id, attempt, "queued", due_at, code)


def unknown(session: Session, message_id: str, attempt: int, due_at: datetime, code: str) -> None:
    """Nobody knows whether it was taken; looked up before it goes out again."""
    _again(session, message_id, attempt, "unknown", due_at, code)


def given_up(session: Session, message_id: str, attempt: int, code: str) -> None:
    """The provider will never take it, or did not take it often enough."""
    if _under_way(session, message_id, attempt):
        failed(session, message_id, code)


def failed(session: Session, message_id: str, code: str) -> None:
    """Final. Staff see it; some reasons stay with the contact. What WhatsApp did not let through goes as a text."""
    message = session.get_one(Message, message_id, with_for_update=True)
    if code == "window_closed" and message.channel == "whatsapp":
        _as_text(session, message)
        return
    _move(session, message, "failed", error=code)
    if message.question == NOTICE:  # nobody knows that something waits: it goes another way
        for held in session.exec(select(Message).where(*_held(message))):
            _as_text(session, held)
    conversation = session.get_one(Conversation, message.conversation_id)
    contact = session.get_one(Contact, message.contact_id or conversation.contact_id)
    if code in ("opted_out", "invalid_number", "landline", "blocked"):
        contact.cannot_text = code
        contact.opted_out = contact.opted_out or code == "opted_out"
        session.add(contact)
    if conversation.status in ("waiting", "with_desk") and conversation.waiting_since is None:
        conversation.waiting_since, conversation.waiting_why = message.at, "not_delivered"
        session.add(conversation)


def release(session: Session, thread: Thread, at: datetime) -> None:
    """The family wrote: what waited for that goes out, before anything new."""
    session.connection().execute(update(Message).where(*_held(thread)).values(status="queued", due_at=at))


def holds(session: Session, thread: Thread) -> bool:
    """Whether something waits until the family writes: then it was told so already."""
    return session.exec(select(Message.id).where(*_held(thread)).limit(1)).first() is not None


def _held(of: Thread | Message) -> tuple[Any, ...]:
    """`of`: a conversation, or a message of it."""
    return (
        col(Message.desk_id) == of.desk_id, col(Message.conversation_id) == of.conversation_id,
        col(Message.status) == HELD,
    )  # fmt: skip


def block(session: Session, keys: Keys, kind: str, address: str) -> None:
    """This address takes nothing of us any more: what was on its way there fails at once."""
    contact = session.exec(select(Contact).where(Contact.blind == keys.blind(kind, address))).first()
    if contact is None:
        return
    contact.cannot_text = "blocked"
    session.add(contact)
    statement = (
        select(Message.id)
        .where(
            Message.contact_id == contact.id, Message.direction == "out", is_pending(col(Message.status))
        )
    )  # fmt: skip
    for message_id in session.exec(statement).all():
        failed(session, message_id, "blocked")


def apply_status(session: Session, provider: str, provider_id: str, status: str, code: str, at: datetime) -> str | None:
    """What a provider says later. Never goes back; returns our id of the message.

    None for one whose name we did not note yet: kept, for the moment when we do.
    """
    session.flush()  # what follows goes past the session
    message = _NAMED.first(session, {"by": provider, "name": provider_id})
    if message is None:
        early = session.get(EarlyStatus, (provider, provider_id)) or EarlyStatus(
            provider=provider, provider_id=provider_id, status="queued", at=at
        )
        if RANK[status] > RANK[early.status]:
            early.status, early.code = status, code
        session.add(early)
        return None
    if status == "failed":
        if message.status not in ("delivered", "read", "failed"):  # what arrived does not come back
            failed(session, message.id, code or "refused")
    else:
        _move(session, message, status)
    return str(message.id)


def settle_early(session: Session, now: datetime) -> None:
    """Statuses that came at the very moment in which we noted the name; those of nobody's messages are forgotten."""
    for early in session.exec(select(EarlyStatus)).all():
        settle(session, early, now)
        if early.at < now - _FORGOTTEN:
            session.delete(early)


def settle(session: Session, early: EarlyStatus, now: datetime) -> None:
    """What was said too early, now that the message has its name."""
    if apply_status(session, early.provider, early.provider_id, early.status, early.code, now) is not None:
        session.delete(early)


def known(session: Session, provider: str, provider_ids: list[str]) -> frozenset[str]:
    """Those of these that are messages of ours already."""
    statement = select(Message.provider_id).where(
        Message.provider == provider, col(Message.provider_id).in_(provider_ids)
    )
    return frozenset(session.exec(statement))


def _as_text(session: Session, message: Message) -> None:
    """The same words once more, by SMS: the only step back that a message may take."""
    message.channel, message.status, message.error, message.provider_id = "sms", "queued", "window_closed", ""
    message.lease_until, message.attempts, message.due_at = None, 0, message.due_at or message.at
    session.add(message)


def _again(session: Session, message_id: str, attempt: int, status: str, due_at: datetime, code: str) -> None:
    message = _under_way(session, message_id, attempt)
    if message is not None:
        message.status, message.due_at, message.lease_until, message.error = status, due_at, None, code
        session.add(message)


def _under_way(session: Session, message_id: str, attempt: int) -> Message | None:
    """None when another worker has it by now, or it was sent: whose lease ended comes too late with bad news."""
    message = session.get_one(Message, message_id, with_for_update=True)
    return message if (message.status, message.attempts) == ("sending", attempt) else None


def _move(session: Session, message: Message | Row, status: str, **more: str) -> None:
    """`message`: locked, or its desk may have changed by now."""
    values: dict[str, Any] = dict(more)
    if RANK[status] > RANK.get(message.status, 6):
        values |= {"status": status, "lease_until": None}
    if values:
        session.flush()  # what follows goes past the session
        _CHANGE.run(session, {"row": message.id, "desk": message.desk_id, **values})
        session.expire_all()
