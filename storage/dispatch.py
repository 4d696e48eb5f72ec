"""The way out of the outbox, in Core statements that are compiled once: what is due is claimed, what went is noted.

A message is claimed with a lease; who dies while sending leaves `unknown` behind: looked up at the provider, then
sent again. Messages of one conversation go out in the order they were written. On SQLite both hold the one writer, so
that every family that texts meanwhile waits for them.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, case, func, literal_column, or_, select, update
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
_NEXT = (  # the first of each conversation that is still to go out
    select(_EARLIER.c.desk_id, func.min(_EARLIER.c.id).label("id"))
    .where(_EARLIER.c.direction == "out", outbox.is_pending(_EARLIER.c.status))
    .group_by(_EARLIER.c.desk_id, _EARLIER.c.conversation_id)
    .subquery()
)
# Looked at again when another worker had the row. Not in the words of the index: a database believes that hardly
# anything is under way, also on a day when thousands are, and would look through all of that for each of them.
_IS_FREE = func.coalesce(_MESSAGE.c.status, "").in_(
    [literal_column(f"'{each}'") for each in outbox.PENDING if each != "sending"]
)
_ARE_DUE = (
    select(
        _MESSAGE.c.id, _MESSAGE.c.conversation_id, _MESSAGE.c.desk_id, _MESSAGE.c.provider, _MESSAGE.c.channel,
        _MESSAGE.c.status, _MESSAGE.c.attempts, _MESSAGE.c.at, _MESSAGE.c.question, _MESSAGE.c.body, _MESSAGE.c.buttons,
        _FAMILY.c.key, _CONTACT.c.id.label("contact_id"), _CONTACT.c.address,
        _CONVERSATION.c.channel.label("their_channel"), _CONVERSATION.c.our_number, _CONVERSATION.c.language,
    )
    .join(_NEXT, and_(_NEXT.c.id == _MESSAGE.c.id, _NEXT.c.desk_id == _MESSAGE.c.desk_id))
    .join(_CONVERSATION, _CONVERSATION.c.id == _MESSAGE.c.conversation_id)
    .join(_FAMILY, _FAMILY.c.id == _MESSAGE.c.family_id)
    .join(_CONTACT, _CONTACT.c.id == func.coalesce(_MESSAGE.c.contact_id, _CONVERSATION.c.contact_id))
    .where(
        _IS_FREE,
        or_(_MESSAGE.c.due_at <= bindparam("now"), _MESSAGE.c.at > bindparam("now")),  # the clock was set back since
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
_IS_ROW, _IS_THERE = _MESSAGE.c.id == bindparam("row"), _MESSAGE.c.desk_id == bindparam("desk")
_TAKE = Statement(update(_MESSAGE).where(_IS_ROW, _IS_THERE))
_BEFORE = [each for each, rank in outbox.RANK.items() if rank < outbox.RANK["sent"]]
_IS_BEFORE = _MESSAGE.c.status.in_([literal_column(f"'{each}'") for each in _BEFORE])
_WAS_SENT = (
    update(_MESSAGE)
    .where(_IS_ROW)
    .values(
        status=case((_IS_BEFORE, "sent"), else_=_MESSAGE.c.status),
        lease_until=case((_IS_BEFORE, None), else_=_MESSAGE.c.lease_until),
    )
    .returning(_MESSAGE.c.provider)
)
_SENT, _SENT_THERE = Statement(_WAS_SENT), Statement(_WAS_SENT.where(_IS_THERE))
_EARLY = Statement(
    select(_STATUS.c.status).where(
        _STATUS.c.provider == bindparam("provider"), _STATUS.c.provider_id == bindparam("name")
    )
)


@dataclass(frozen=True, slots=True)
class Due:
    """A message to hand to its provider. `was_unknown`: look it up first, it may have been taken."""

    id: str
    desk_id: str
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
        [
            {"row": x.id, "desk": x.desk_id, "status": "sending", "lease_until": now + LEASE, "attempts": x.attempts}
            for x in due
        ],
    )
    return due


def sent(session: Session, message_id: str, provider_id: str, desk_id: str = "") -> None:
    """The provider took it. It may have said already what became of it. `desk_id`: whose it was when it was claimed."""
    session.flush()
    values = {"row": message_id, "provider_id": provider_id}
    row = _SENT_THERE.first(session, {**values, "desk": desk_id}) if desk_id else None
    row = row or _SENT.first(session, values)  # it may have gone to another desk meanwhile
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
        id=row.id, desk_id=row.desk_id, conversation_id=row.conversation_id, provider=row.provider,
        channel=row.channel, to=to, sender=_our_number(session, row), text=text,
        attempts=row.attempts + 1, at=row.at,
        was_unknown=row.status == "unknown",
        buttons=tuple((str(label), str(data)) for label, data in json.loads(buttons)),
        notice=row.language if row.question == outbox.NOTICE else "",
    )  # fmt: skip


def _our_number(session: Session, row: Row) -> str:
    """A message may go another way than the family's last one came."""
    if row.channel == row.their_channel:
        return str(row.our_number)
    return number_for(session, row.desk_id, row.channel) or str(row.our_number)
