"""The way out of the outbox, in Core statements that are compiled once: what is due is claimed, what went is noted.

A message is claimed with a lease; who dies while sending leaves `unknown` behind: looked up at the provider, then
sent again. Messages of one conversation go out in the order they were written. On SQLite both hold the one writer, so
that every family that texts meanwhile waits for them.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, case, func, literal_column, or_, select, update
from sqlmodel import Session

from storage import leases, outbox
from storage.addresses import number_for
from storage.keys import Keys, KeysProblem
from storage.models import Contact, Conversation, EarlyStatus, Family, Message, table
from storage.statements import Row, Statement

LEASE = timedelta(seconds=60)  # longer than any send takes
_JUST_WRITTEN = timedelta(minutes=10)
_MESSAGE, _CONVERSATION, _FAMILY = table(Message), table(Conversation), table(Family)
_CONTACT, _EARLIER, _STATUS = table(Contact), table(Message).alias(), table(EarlyStatus)
_COMES_AFTER_ANOTHER = (
    select(_EARLIER.c.id)
    .where(
        _EARLIER.c.conversation_id == _MESSAGE.c.conversation_id, outbox.is_pending(_EARLIER.c.status),
        _EARLIER.c.direction == "out", _EARLIER.c.id < _MESSAGE.c.id,
    )
    .exists()
)  # fmt: skip
_ARE_DUE = (
    select(
        _MESSAGE.c.id, _MESSAGE.c.conversation_id, _MESSAGE.c.desk_id, _MESSAGE.c.provider, _MESSAGE.c.channel,
        _MESSAGE.c.status, _MESSAGE.c.attempts, _MESSAGE.c.at, _MESSAGE.c.question, _MESSAGE.c.body, _MESSAGE.c.buttons,
        _FAMILY.c.key, _CONTACT.c.id.label("contact_id"), _CONTACT.c.address,
        _CONVERSATION.c.channel.label("their_channel"), _CONVERSATION.c.our_number, _CONVERSATION.c.language,
    )
    .join(_CONVERSATION, _CONVERSATION.c.id == _MESSAGE.c.conversation_id)
    .join(_FAMILY, _FAMILY.c.id == _MESSAGE.c.family_id)
    .join(_CONTACT, _CONTACT.c.id == func.coalesce(_MESSAGE.c.contact_id, _CONVERSATION.c.contact_id))
    .where(
        _MESSAGE.c.direction == "out", outbox.is_pending(_MESSAGE.c.status), _MESSAGE.c.status != "sending",
        or_(_MESSAGE.c.due_at <= bindparam("now"), _MESSAGE.c.at > bindparam("now")),  # the clock was set back since
        ~_COMES_AFTER_ANOTHER,
    )
    .order_by(_MESSAGE.c.due_at, _MESSAGE.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True, of=_MESSAGE)
)  # fmt: skip
_DUE = Statement(_ARE_DUE)
_DUE_AT_NIGHT = Statement(  # what was asked for, or written just now by who looked at the hour, or is waited for
    _ARE_DUE.where(
        or_(
            _MESSAGE.c.unasked.is_(None), _MESSAGE.c.at > bindparam("just_written"),
            _CONVERSATION.c.last_inbound_at > _MESSAGE.c.at,
        )
    )
)  # fmt: skip
_TAKE_BACK = Statement(  # leases that ended: whoever held them is gone, or too slow
    update(_MESSAGE)
    .where(
        outbox.is_pending(_MESSAGE.c.status), _MESSAGE.c.status == "sending",
        leases.free(_MESSAGE.c.lease_until, bindparam("now"), bindparam("latest")),
    )
    .values(status="unknown", lease_until=None, due_at=bindparam("now"))
)  # fmt: skip
_TAKE = Statement(update(_MESSAGE).where(_MESSAGE.c.id == bindparam("row")))
_BEFORE = [each for each, rank in outbox.RANK.items() if rank < outbox.RANK["sent"]]
_IS_BEFORE = _MESSAGE.c.status.in_([literal_column(f"'{each}'") for each in _BEFORE])
_SENT = Statement(
    update(_MESSAGE)
    .where(_MESSAGE.c.id == bindparam("row"))
    .values(
        status=case((_IS_BEFORE, "sent"), else_=_MESSAGE.c.status),
        lease_until=case((_IS_BEFORE, None), else_=_MESSAGE.c.lease_until),
    )
    .returning(_MESSAGE.c.provider)
)
_EARLY = Statement(
    select(_STATUS.c.status).where(
        _STATUS.c.provider == bindparam("provider"), _STATUS.c.provider_id == bindparam("name")
    )
)


@dataclass(frozen=True, slots=True)
class Due:
    """A message to hand to its provider. `was_unknown`: look it up first, it may have been taken."""

    id: str
    conversation_id: str
    provider: str
    channel: str
    to: str
    sender: str
    text: str
    attempts: int
    at: datetime
    was_unknown: bool
    buttons: tuple[tuple[str, str], ...] = ()  # label, data
    notice: str = ""  # the language of a notice


def claim(
    session: Session, keys: Keys, now: datetime, limit: int = 50, *, takes_back: bool = True, is_day: bool = True
) -> list[Due]:
    """Take what is due; nobody else gets it until the lease ends.

    `takes_back`: also what others held for too long. `is_day`: also what nobody asked for and is late.
    """
    session.flush()  # what follows goes past the session
    if takes_back:
        _TAKE_BACK.run(session, {"now": now, "latest": leases.latest(now, LEASE)})
    values = {"now": now, "most": limit} if is_day else {"now": now, "most": limit, "just_written": now - _JUST_WRITTEN}
    found = (_DUE if is_day else _DUE_AT_NIGHT).run(session, values)
    due = [each for row in found if (each := _opened(session, keys, row))]
    _TAKE.each(
        session,
        [{"row": x.id, "status": "sending", "lease_until": now + LEASE, "attempts": x.attempts} for x in due],
    )
    return due


def sent(session: Session, message_id: str, provider_id: str) -> None:
    """The provider took it. It may have said already what became of it."""
    session.flush()
    row = _SENT.first(session, {"row": message_id, "provider_id": provider_id})
    if row and _EARLY.first(session, {"provider": row.provider, "name": provider_id}):
        early = session.get_one(EarlyStatus, (row.provider, provider_id))
        outbox.settle(session, early, early.at)


def _opened(session: Session, keys: Keys, row: Row) -> Due | None:
    """None when it cannot be opened: a damaged row holds up nobody else."""
    try:
        text = keys.open(row.key, "message", "body", row.id, row.body) if row.key and row.body is not None else ""
        buttons = keys.open(row.key, "message", "buttons", row.id, row.buttons) if row.key and row.buttons else "[]"
        to = keys.open(keys.installation, "contact", "address", row.contact_id, row.address)
    except KeysProblem:
        outbox.failed(session, row.id, "unreadable")
        return None
    return Due(
        id=row.id, conversation_id=row.conversation_id, provider=row.provider, channel=row.channel, to=to,
        sender=_our_number(session, row), text=text, attempts=row.attempts + 1, at=row.at,
        was_unknown=row.status == "unknown",
        buttons=tuple((str(label), str(data)) for label, data in json.loads(buttons)),
        notice=row.language if row.question == outbox.NOTICE else "",
    )  # fmt: skip


def _our_number(session: Session, row: Row) -> str:
    """A message may go another way than the family's last one came."""
    if row.channel == row.their_channel:
        return str(row.our_number)
    return number_for(session, row.desk_id, row.channel) or str(row.our_number)
