"""One turn of a conversation: the hot path, in Core statements that SQLAlchemy compiles once and keeps.

Everything here runs inside the one transaction of a turn. The conversation's row is locked where the database can
(PostgreSQL); on SQLite the writer is alone anyway.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlmodel import Session

from storage.ids import new_id
from storage.keys import Keys
from storage.models import (
    Contact,
    ContactFamily,
    Conversation,
    DeskNumber,
    DeskPostcode,
    Fact,
    Family,
    FormText,
    Message,
    Quarantine,
    Registration,
    Seen,
    Timer,
    table,
)

_CONTACT, _FAMILY, _LINK = table(Contact), table(Family), table(ContactFamily)
_CONVERSATION, _MESSAGE, _TIMER, _SEEN = table(Conversation), table(Message), table(Timer), table(Seen)
_FACT, _REGISTRATION = table(Fact), table(Registration)

_FIND_CONTACT = select(_CONTACT.c.id, _CONTACT.c.opted_out, _CONTACT.c.cannot_text).where(
    _CONTACT.c.blind == bindparam("blind")
)
_FIND_FAMILY = (
    select(_FAMILY.c.id, _FAMILY.c.key, _FAMILY.c.joined_to)
    .join(_LINK, _LINK.c.family_id == _FAMILY.c.id)
    .where(_LINK.c.contact_id == bindparam("contact"))
    .order_by(_LINK.c.since.desc())
    .limit(1)
)
_FIND_CONVERSATION = (
    select(_CONVERSATION)
    .where(and_(_CONVERSATION.c.family_id == bindparam("family"), _CONVERSATION.c.status != "closed"))
    .with_for_update()
)
_HAS_REQUEST = (
    select(func.count())
    .select_from(_REGISTRATION)
    .where(_REGISTRATION.c.family_id == bindparam("family"), _REGISTRATION.c.state != "ticket")
)
_DESK_OF_NUMBER = select(DeskNumber.desk_id).where(  # type: ignore[call-overload]
    DeskNumber.number == bindparam("number"), DeskNumber.channel == bindparam("channel")
)
_HEARD = update(_CONTACT).where(_CONTACT.c.id == bindparam("contact")).values(last_inbound_at=bindparam("at"))
_SEE = {
    "sqlite": insert_sqlite(_SEEN).on_conflict_do_nothing().returning(_SEEN.c.id),
    "postgresql": insert_postgresql(_SEEN).on_conflict_do_nothing().returning(_SEEN.c.id),
}
_COUNT = {
    "sqlite": insert_sqlite(_FACT).on_conflict_do_update(
        index_elements=_FACT.primary_key.columns, set_={"count": _FACT.c.count + 1}
    ),
    "postgresql": insert_postgresql(_FACT).on_conflict_do_update(
        index_elements=_FACT.primary_key.columns, set_={"count": _FACT.c.count + 1}
    ),
}
_INSERT_MESSAGE, _INSERT_CONVERSATION = insert(_MESSAGE), insert(_CONVERSATION)
_INSERT_TIMER = insert(_TIMER)
_SAVE = update(_CONVERSATION).where(_CONVERSATION.c.id == bindparam("row"))


@dataclass(frozen=True, slots=True)
class Thread:
    """Who writes, for which family, and the open conversation ("" when there is none)."""

    contact_id: str
    opted_out: bool
    cannot_text: str
    family_id: str
    key: bytes
    conversation_id: str = ""
    desk_id: str = ""
    channel: str = ""
    provider: str = ""
    our_number: str = ""
    language: str = ""
    status: str = ""
    asking: str = ""
    form: str = ""
    state: str = ""
    turn: int = 0
    last_inbound_at: datetime | None = None


def is_new(session: Session, provider: str, kind: str, id_: str, at: datetime) -> bool:
    """Whether this provider event was never taken. From here on it was."""
    statement = _SEE[_dialect(session)]
    result = session.connection().execute(statement, {"provider": provider, "kind": kind, "id": id_, "at": at})
    return result.first() is not None


def desk_of_number(session: Session, number: str, channel: str) -> str | None:
    """The id of the front desk that this number of ours belongs to."""
    return session.connection().execute(_DESK_OF_NUMBER, {"number": number, "channel": channel}).scalar()


def desk_of_postcode(session: Session, postcode: str) -> str | None:
    found = session.get(DeskPostcode, postcode)
    return found.desk_id if found else None


def thread(session: Session, keys: Keys, kind: str, address: str, at: datetime) -> Thread:
    """The contact (made when new), its current family (made when none) and its open conversation, locked.

    `kind`: "phone" for SMS, calls and WhatsApp of one E.164 number, else the provider's name.
    """
    blind = keys.blind(kind, address)
    connection = session.connection()
    contact = connection.execute(_FIND_CONTACT, {"blind": blind}).first()
    if contact is None:
        return _new_contact(session, keys, blind, address, at)
    connection.execute(_HEARD, {"contact": contact.id, "at": at})
    family = connection.execute(_FIND_FAMILY, {"contact": contact.id}).first()
    if family is None or family.key is None:
        return new_family(session, keys, Thread(contact.id, contact.opted_out, contact.cannot_text, "", b""), at)
    found = Thread(contact.id, contact.opted_out, contact.cannot_text, family.id, family.key)
    return _with_conversation(session, keys, found)


def of_conversation(
    session: Session, keys: Keys, conversation_id: str, desk_ids: frozenset[str] | None
) -> Thread | None:
    """The same from the desk's side; None when it is not one of these desks' (None: any)."""
    row = session.get(Conversation, conversation_id, with_for_update=True)
    if row is None or (desk_ids is not None and row.desk_id not in desk_ids):
        return None
    contact, family = session.get_one(Contact, row.contact_id), session.get_one(Family, row.family_id)
    if family.key is None:
        return None
    found = Thread(contact.id, contact.opted_out, contact.cannot_text, family.id, family.key)
    return _opened(keys, found, row)


def new_family(session: Session, keys: Keys, thread: Thread, at: datetime) -> Thread:
    """The address speaks for another family from here on."""
    family = Family(id=new_id(at), key=keys.new_key(), created_at=at)
    session.add(family)
    session.flush()
    session.add(ContactFamily(contact_id=thread.contact_id, family_id=family.id, since=at))
    session.flush()
    assert family.key is not None
    return Thread(thread.contact_id, thread.opted_out, thread.cannot_text, family.id, family.key)


def has_request(session: Session, family_id: str) -> bool:
    """Whether this family has a request that counts."""
    return bool(session.connection().execute(_HAS_REQUEST, {"family": family_id}).scalar_one())


def open_conversation(
    session: Session, keys: Keys, thread: Thread, *, desk_id: str, channel: str, provider: str, our_number: str,
    language: str, form: str, state: str, asked_on: date, at: datetime,
) -> Thread:  # fmt: skip
    """A new conversation of the thread's family. At most one is open per family: the database sees to it."""
    id_ = new_id(at)
    row = {
        "id": id_, "desk_id": desk_id, "family_id": thread.family_id, "contact_id": thread.contact_id,
        "channel": channel, "provider": provider, "our_number": our_number, "language": language,
        "status": "with_bot", "form": form, "state": keys.seal(thread.key, "conversation", "state", id_, state),
        "asking": "", "asked_on": asked_on, "turn": 0, "need": 0, "waiting_why": "",
        "last_inbound_at": at, "opened_at": at,
    }  # fmt: skip
    session.connection().execute(_INSERT_CONVERSATION, row)
    return replace(
        thread, conversation_id=id_, desk_id=desk_id, channel=channel, provider=provider, our_number=our_number,
        language=language, status="with_bot", asking="", form=form, state=state, turn=0,
        last_inbound_at=at,
    )  # fmt: skip


def save(session: Session, keys: Keys, thread: Thread, **changes: Any) -> Thread:
    """Keep what changed of the conversation (`state` in clear JSON here, sealed there); the turn counts on."""
    values: dict[str, Any] = {**changes, "turn": thread.turn + 1}
    if "state" in values:
        values["state"] = keys.seal(thread.key, "conversation", "state", thread.conversation_id, changes["state"])
    session.connection().execute(_SAVE, {"row": thread.conversation_id, **values})
    kept = {name: changes[name] for name in ("state", "status", "language", "desk_id") if name in changes}
    return replace(thread, turn=thread.turn + 1, **kept)


def add_message(
    session: Session, keys: Keys, thread: Thread, *, direction: str, status: str, at: datetime, channel: str = "",
    provider: str = "", provider_id: str = "", question: str = "", segments: int = 0, due_at: datetime | None = None,
    author: str | None = None, prompts: str | None = None, body: str | None = None, error: str = "",
) -> str:  # fmt: skip
    """One row of the timeline; an outgoing one that is `queued` goes out. `prompts` and `body` are sealed."""
    id_ = new_id(at)

    def seal(column: str, text: str | None) -> bytes | None:
        return None if text is None else keys.seal(thread.key, "message", column, id_, text)

    row = {
        "id": id_, "desk_id": thread.desk_id, "family_id": thread.family_id,
        "conversation_id": thread.conversation_id, "direction": direction, "channel": channel or thread.channel,
        "provider": provider or thread.provider, "provider_id": provider_id, "status": status, "error": error,
        "question": question, "segments": segments, "attempts": 0, "at": at, "due_at": due_at, "lease_until": None,
        "author": author, "prompts": seal("prompts", prompts), "body": seal("body", body),
    }  # fmt: skip
    session.connection().execute(_INSERT_MESSAGE, row)
    return id_


def keep_form(session: Session, hash_: str, text: str) -> None:
    if session.get(FormText, hash_) is None:
        session.add(FormText(hash=hash_, text=text))
        session.flush()


def form_text(session: Session, hash_: str) -> str | None:
    found = session.get(FormText, hash_)
    return found.text if found else None


def opt_out(session: Session, contact_id: str, *, value: bool) -> None:
    session.connection().execute(update(_CONTACT).where(_CONTACT.c.id == contact_id).values(opted_out=value))


def count(session: Session, desk_id: str, day: date, language: str, channel: str, key: str, event: str) -> None:
    """One fact more for the equity mirror."""
    row = {"desk_id": desk_id, "day": day, "language": language, "channel": channel, "key": key, "event": event}
    session.connection().execute(_COUNT[_dialect(session)], {**row, "count": 1})


def remind(session: Session, thread: Thread, kind: str, due_at: datetime, at: datetime) -> None:
    """A timer for the turn that was just saved; when the family or a colleague acts first, it does nothing."""
    row = {"id": new_id(at), "desk_id": thread.desk_id, "conversation_id": thread.conversation_id,
           "turn": thread.turn, "kind": kind, "due_at": due_at}  # fmt: skip
    session.connection().execute(_INSERT_TIMER, row)


def due_timers(session: Session, now: datetime, limit: int = 100) -> list[tuple[str, str, bool]]:
    """Take the timers that are due: (kind, conversation id, whether its turn is still the one it was set for)."""
    statement = (
        select(_TIMER.c.id, _TIMER.c.kind, _TIMER.c.conversation_id, _TIMER.c.turn, _CONVERSATION.c.turn)
        .join(_CONVERSATION, _CONVERSATION.c.id == _TIMER.c.conversation_id)
        .where(_TIMER.c.due_at <= now)
        .order_by(_TIMER.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = session.connection().execute(statement).all()
    session.connection().execute(delete(_TIMER).where(_TIMER.c.id.in_([row[0] for row in rows])))
    return [(row[1], row[2], row[3] == row[4]) for row in rows]


def prune_seen(session: Session, before: datetime) -> int:
    """Forget provider events that no provider sends again."""
    return session.connection().execute(delete(_SEEN).where(_SEEN.c.at < before)).rowcount


def silent(session: Session, before: datetime, limit: int = 100) -> list[str]:
    """Open conversations in which the family was last heard before this."""
    statement = (
        select(_CONVERSATION.c.id)
        .where(_CONVERSATION.c.status == "with_bot", _CONVERSATION.c.last_inbound_at < before)
        .limit(limit)
    )
    return list(session.connection().execute(statement).scalars())


def quarantine(session: Session, keys: Keys, provider: str, reason: str, body: str, at: datetime) -> None:
    """An authentic event that we cannot place: kept for a person to look at."""
    id_ = new_id(at)
    sealed = keys.seal(keys.installation, "quarantine", "body", id_, body)
    session.add(Quarantine(id=id_, provider=provider, reason=reason, at=at, body=sealed))


def address_of(session: Session, keys: Keys, contact_id: str) -> str:
    contact = session.get_one(Contact, contact_id)
    return keys.open(keys.installation, "contact", "address", contact.id, contact.address)


def _new_contact(session: Session, keys: Keys, blind: str, address: str, at: datetime) -> Thread:
    id_ = new_id(at)
    sealed = keys.seal(keys.installation, "contact", "address", id_, address)
    session.add(Contact(id=id_, blind=blind, address=sealed, last_inbound_at=at))
    session.flush()
    return new_family(session, keys, Thread(id_, False, "", "", b""), at)


def _with_conversation(session: Session, keys: Keys, thread: Thread) -> Thread:
    row = session.connection().execute(_FIND_CONVERSATION, {"family": thread.family_id}).first()
    return thread if row is None else _opened(keys, thread, row)


def _opened(keys: Keys, thread: Thread, row: Any) -> Thread:
    return replace(
        thread, conversation_id=row.id, desk_id=row.desk_id, channel=row.channel, provider=row.provider,
        our_number=row.our_number, language=row.language, status=row.status, asking=row.asking,
        form=row.form, turn=row.turn,
        state=keys.open(thread.key, "conversation", "state", row.id, row.state), last_inbound_at=row.last_inbound_at,
    )  # fmt: skip


def _dialect(session: Session) -> str:
    return session.get_bind().dialect.name
