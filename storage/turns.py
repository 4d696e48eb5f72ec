"""One turn of a conversation: the hot path, in Core statements that SQLAlchemy compiles once and keeps.

Everything here runs inside the one transaction of a turn. The conversation's row is locked where the database can
(PostgreSQL); on SQLite the writer is alone anyway.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import bindparam, case, delete, insert, literal_column, select, update
from sqlalchemy.sql.base import Executable
from sqlmodel import Session

from flows.engine.turn import local_day
from storage import damaged
from storage.ids import new_id
from storage.keys import Keys, KeysProblem
from storage.models import (
    Contact,
    ContactFamily,
    Conversation,
    DeskPostcode,
    Fact,
    Family,
    FormText,
    Message,
    OrganiserText,
    Quarantine,
    Registration,
    Seen,
    table,
)
from storage.statements import Row, Statement, changed, insert_of

_CONTACT, _FAMILY, _LINK = table(Contact), table(Family), table(ContactFamily)
_CONVERSATION, _MESSAGE, _SEEN = table(Conversation), table(Message), table(Seen)
_FACT, _REGISTRATION, _FORM_TEXT, _TELLS = table(Fact), table(Registration), table(FormText), table(OrganiserText)

_IS_OPEN = _CONVERSATION.c.status != literal_column("'closed'")  # in the words of the indexes of what is open
_ITS_ID: Any = literal_column("contact.id")  # SQLAlchemy leaves a table's name out of SQLite's RETURNING
_FAMILY_OF = (  # for whom a contact speaks now
    select(_LINK.c.family_id)
    .where(_LINK.c.contact_id == _ITS_ID)
    .order_by(_LINK.c.since.desc())
    .limit(literal_column("1"))
    .scalar_subquery()
)
_TELLS_UNTIL = select(_TELLS.c.until).where(_TELLS.c.contact_id == _ITS_ID).scalar_subquery()
_TODAY = bindparam("today", type_=_CONTACT.c.heard_on.type)
_HEAR = Statement(
    update(_CONTACT)
    .where(_CONTACT.c.blind == bindparam("by"))
    .values(
        last_inbound_at=bindparam("now"), heard_on=_TODAY,
        heard_today=case((_CONTACT.c.heard_on == _TODAY, _CONTACT.c.heard_today + 1), else_=1),
    )
    .returning(
        _CONTACT.c.id, _CONTACT.c.opted_out, _CONTACT.c.cannot_text, _CONTACT.c.heard_today,
        _FAMILY_OF.label("family_id"), _TELLS_UNTIL.label("tells_until"),
    )
)  # fmt: skip
_FIND_FAMILY = Statement(select(_FAMILY_OF.label("family_id")).where(_CONTACT.c.blind == bindparam("by")))
_FIND_CONVERSATION = Statement(
    select(
        _FAMILY.c.key,
        *(
            _CONVERSATION.c[name]
            for name in (
                "id", "desk_id", "contact_id", "channel", "provider", "our_number", "language", "status", "asking",
                "form", "state", "turn", "last_inbound_at", "waiting_since", "closed_at", "snoozed_until",
            )
        ),
    )
    .join(_FAMILY, _FAMILY.c.id == _CONVERSATION.c.family_id)
    .where(_CONVERSATION.c.family_id == bindparam("family"), _IS_OPEN)
    .with_for_update(of=_CONVERSATION)
)  # fmt: skip
_KEY = Statement(select(_FAMILY.c.key).where(_FAMILY.c.id == bindparam("family")))
_HAS_REQUEST = Statement(
    select(_REGISTRATION.c.id)
    .where(_REGISTRATION.c.family_id == bindparam("family"), _REGISTRATION.c.state != "ticket")
    .limit(1)
)
_OF_POSTCODE = Statement(
    select(table(DeskPostcode).c.desk_id).where(table(DeskPostcode).c.postcode == bindparam("postcode"))
)
_KEPT_FORM = Statement(select(_FORM_TEXT.c.text).where(_FORM_TEXT.c.hash == bindparam("hash_")))
_INSERT_MESSAGE, _INSERT_CONVERSATION = Statement(insert(_MESSAGE)), Statement(insert(_CONVERSATION))
_INSERT_CONTACT, _INSERT_FAMILY = Statement(insert(_CONTACT)), Statement(insert(_FAMILY))
_INSERT_LINK = Statement(insert(_LINK))
_SAVE = Statement(update(_CONVERSATION).where(_CONVERSATION.c.id == bindparam("row")))


def _see(dialect: str) -> Executable:
    found: Executable = insert_of(dialect, _SEEN).on_conflict_do_nothing().returning(_SEEN.c.id)
    return found


def _add_one(dialect: str) -> Executable:
    found: Executable = insert_of(dialect, _FACT).on_conflict_do_update(
        index_elements=_FACT.primary_key.columns, set_={"count": _FACT.c.count + 1}
    )
    return found


_JUST_AFTER = timedelta(milliseconds=1)
_SEE, _COUNT = Statement(_see), Statement(_add_one)


class Thread(NamedTuple):  # not a dataclass, as elsewhere: a turn makes six, and here each costs a fifth of that
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
    heard_today: int = 0
    tells_until: datetime | None = None  # an organiser that tells of requests by text message, until then
    waiting_since: datetime | None = None
    kept: Row | None = None  # the conversation's row as it was read, until something is written to it


def is_new(session: Session, provider: str, kind: str, id_: str, at: datetime) -> bool:
    """Whether this provider event was never taken. From here on it was."""
    return _SEE.first(session, {"provider": provider, "kind": kind, "id": id_, "at": at}) is not None


def desk_of_postcode(session: Session, postcode: str) -> str | None:
    found = _OF_POSTCODE.first(session, {"postcode": postcode})
    return str(found.desk_id) if found else None


def thread(session: Session, keys: Keys, kind: str, address: str, at: datetime) -> Thread:
    """The contact (made when new), its current family (made when none) and its open conversation, locked.

    `kind`: "phone" for SMS, calls and WhatsApp of one E.164 number, else the provider's name.
    """
    blind = keys.blind(kind, address)
    row = _HEAR.first(session, {"by": blind, "now": at, "today": local_day(at)})
    if row is None:
        return _new_contact(session, keys, blind, address, at)
    found = Thread(
        row.id, row.opted_out, row.cannot_text, row.family_id or "", b"", heard_today=row.heard_today,
        tells_until=row.tells_until,
    )  # fmt: skip
    open_one = _FIND_CONVERSATION.first(session, {"family": row.family_id})
    key = open_one.key if open_one else _key_of(session, row.family_id)
    if key is None:
        return new_family(session, keys, found, at)
    if open_one is None:
        return found._replace(key=key)
    try:
        return _opened(keys, found._replace(key=key), open_one)._replace(kept=open_one)
    except KeysProblem:  # damaged: who writes begins anew, or would be refused for ever; a person looks at the old one
        damaged.note(session, "conversation", open_one.id, at)
        return new_family(session, keys, found, at)


def of_conversation(
    session: Session, keys: Keys, conversation_id: str, desk_ids: frozenset[str] | None, *, is_locked: bool = True
) -> Thread | None:
    """The same from the desk's side; None when it is not one of these desks' (None: any)."""
    row = session.get(Conversation, conversation_id, with_for_update=True if is_locked else None)
    if row is None or (desk_ids is not None and row.desk_id not in desk_ids):
        return None
    contact, family = session.get_one(Contact, row.contact_id), session.get_one(Family, row.family_id)
    if family.key is None:
        return None
    found = Thread(contact.id, contact.opted_out, contact.cannot_text, family.id, family.key)
    return _opened(keys, found, row)


def of_address(session: Session, keys: Keys, kind: str, address: str) -> Thread | None:
    """The conversation that is open with an address, locked; what it sent last stays what it was."""
    row = _FIND_FAMILY.first(session, {"by": keys.blind(kind, address)})
    opened = _FIND_CONVERSATION.first(session, {"family": row.family_id}) if row and row.family_id else None
    return of_conversation(session, keys, opened.id, None) if opened else None


def need(session: Session, conversation_id: str) -> int:
    """How badly help is needed, as the queue reckons it."""
    return session.get_one(Conversation, conversation_id).need


def new_family(session: Session, keys: Keys, thread: Thread, at: datetime) -> Thread:
    """The address speaks for another family from here on."""
    family_id, key = new_id(at), keys.new_key()
    _INSERT_FAMILY.run(session, {"id": family_id, "key": key, "created_at": at})
    _INSERT_LINK.run(session, {"contact_id": thread.contact_id, "family_id": family_id, "since": at})
    return Thread(
        thread.contact_id, thread.opted_out, thread.cannot_text, family_id, key, heard_today=thread.heard_today,
        tells_until=thread.tells_until,
    )  # fmt: skip


def has_request(session: Session, family_id: str) -> bool:
    """Whether this family has a request that counts."""
    return _HAS_REQUEST.first(session, {"family": family_id}) is not None


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
        "asking": "", "asked_on": asked_on, "turn": 0, "need": 0, "reminders": 0, "waiting_why": "",
        "last_inbound_at": at, "opened_at": at,
    }  # fmt: skip
    _INSERT_CONVERSATION.run(session, row)
    return thread._replace(
        conversation_id=id_, desk_id=desk_id, channel=channel, provider=provider, our_number=our_number,
        language=language, status="with_bot", asking="", form=form, state=state, turn=0,
        last_inbound_at=at,
    )  # fmt: skip


def save(session: Session, keys: Keys, thread: Thread, **changes: Any) -> Thread:
    """Keep what changed of the conversation (`state` in clear JSON here, sealed there); the turn counts on."""
    values: dict[str, Any] = {**changes, "turn": thread.turn + 1}
    if "state" in values:
        values["state"] = keys.seal(thread.key, "conversation", "state", thread.conversation_id, changes["state"])
    _SAVE.run(session, {"row": thread.conversation_id, **changed(thread.kept, values)})
    known = {name: changes[name] for name in ("state", "status", "language", "desk_id") if name in changes}
    return thread._replace(turn=thread.turn + 1, kept=None, **known)


def message(
    keys: Keys, thread: Thread, *, direction: str, status: str, at: datetime, channel: str = "", provider: str = "",
    provider_id: str = "", question: str = "", segments: int = 0, due_at: datetime | None = None,
    author: str | None = None, prompts: str | None = None, body: str | None = None, error: str = "",
    buttons: str | None = None, unasked: bool | None = None,
) -> dict[str, Any]:  # fmt: skip
    """One row of the timeline, for `add_messages`. An outgoing one that is `queued` goes out; text is sealed.

    It comes after what the family said last, also when the clock was set back since.
    """
    id_ = new_id(max(at, thread.last_inbound_at + _JUST_AFTER) if thread.last_inbound_at else at)

    def seal(column: str, text: str | None) -> bytes | None:
        return None if text is None else keys.seal(thread.key, "message", column, id_, text)

    return {
        "id": id_, "desk_id": thread.desk_id, "family_id": thread.family_id,
        "conversation_id": thread.conversation_id, "contact_id": thread.contact_id,
        "direction": direction, "channel": channel or thread.channel,
        "provider": provider or thread.provider, "provider_id": provider_id, "status": status, "error": error,
        "question": question, "segments": segments, "attempts": 0, "at": at, "due_at": due_at, "lease_until": None,
        "author": author, "prompts": seal("prompts", prompts), "body": seal("body", body),
        "buttons": seal("buttons", buttons), "unasked": unasked,
    }  # fmt: skip


def add_messages(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Put rows made by `message` on their timelines."""
    _INSERT_MESSAGE.each(session, rows)


def add_message(session: Session, keys: Keys, thread: Thread, **content: Any) -> str:
    """One `message`, put on its timeline; its id."""
    row = message(keys, thread, **content)
    add_messages(session, (row,))
    return str(row["id"])


def keep_form(session: Session, hash_: str, text: str) -> None:
    if _KEPT_FORM.first(session, {"hash_": hash_}) is None:
        session.add(FormText(hash=hash_, text=text))
        session.flush()


def form_text(session: Session, hash_: str) -> str | None:
    found = _KEPT_FORM.first(session, {"hash_": hash_})
    return found.text if found else None


def opt_out(session: Session, contact_id: str, *, value: bool) -> None:
    session.connection().execute(update(_CONTACT).where(_CONTACT.c.id == contact_id).values(opted_out=value))


def unblocked(session: Session, thread: Thread) -> Thread:
    """Whoever writes to our bot can be written to again."""
    session.connection().execute(update(_CONTACT).where(_CONTACT.c.id == thread.contact_id).values(cannot_text=""))
    return thread._replace(cannot_text="")


def count(session: Session, facts: Sequence[Mapping[str, Any]]) -> None:
    """One more of each fact, for the equity mirror: desk_id, day, language, channel, key, event."""
    _COUNT.each(session, [{**fact, "count": 1} for fact in facts])


def prune_seen(session: Session, before: datetime) -> int:
    """Forget provider events that no provider sends again."""
    return session.connection().execute(delete(_SEEN).where(_SEEN.c.at < before)).rowcount


def silent(session: Session, before: datetime, limit: int = 100) -> list[str]:
    """Open conversations in which the family was last heard before this."""
    statement = (
        select(_CONVERSATION.c.id)
        .where(
            _IS_OPEN, _CONVERSATION.c.status == "with_bot", _CONVERSATION.c.last_inbound_at < before,
            _CONVERSATION.c.opened_at < before,
        )
        .limit(limit)
    )  # fmt: skip
    return list(session.connection().execute(statement).scalars())


def opened_at(session: Session, conversation_id: str) -> datetime:
    """When it was begun, or last opened again."""
    return session.get_one(Conversation, conversation_id).opened_at


def to_remind(session: Session, reminders: int, before: datetime, limit: int = 100) -> list[str]:
    """Conversations that were reminded so often, and in which the family was last heard before this."""
    statement = (
        select(_CONVERSATION.c.id)
        .where(
            _IS_OPEN, _CONVERSATION.c.status == "with_bot", _CONVERSATION.c.last_inbound_at < before,
            _CONVERSATION.c.reminders == reminders,
        )
        .limit(limit)
    )  # fmt: skip
    return list(session.connection().execute(statement).scalars())


def reminded(session: Session, conversation_id: str, reminders: int) -> None:
    statement = update(_CONVERSATION).where(_CONVERSATION.c.id == conversation_id).values(reminders=reminders)
    session.connection().execute(statement)


def quarantine(session: Session, keys: Keys, provider: str, reason: str, body: str, at: datetime) -> None:
    """An authentic event that we cannot place: kept for a person to look at."""
    id_ = new_id(at)
    sealed = keys.seal(keys.installation, "quarantine", "body", id_, body)
    session.add(Quarantine(id=id_, provider=provider, reason=reason, at=at, body=sealed))


def address_of(session: Session, keys: Keys, contact_id: str) -> str:
    contact = session.get_one(Contact, contact_id)
    return keys.open(keys.installation, "contact", "address", contact.id, contact.address)


def _key_of(session: Session, family_id: str | None) -> bytes | None:
    row = _KEY.first(session, {"family": family_id})
    return row.key if row else None


def _new_contact(session: Session, keys: Keys, blind: str, address: str, at: datetime) -> Thread:
    id_ = new_id(at)
    sealed = keys.seal(keys.installation, "contact", "address", id_, address)
    row = {"id": id_, "blind": blind, "address": sealed, "opted_out": False, "cannot_text": "", "last_inbound_at": at,
           "heard_on": local_day(at), "heard_today": 1}  # fmt: skip
    _INSERT_CONTACT.run(session, row)
    return new_family(session, keys, Thread(id_, False, "", "", b"", heard_today=1), at)


def _opened(keys: Keys, thread: Thread, row: Row) -> Thread:
    return thread._replace(
        conversation_id=row.id, desk_id=row.desk_id, channel=row.channel, provider=row.provider,
        our_number=row.our_number, language=row.language, status=row.status, asking=row.asking,
        form=row.form, turn=row.turn,
        state=keys.open(thread.key, "conversation", "state", row.id, row.state), last_inbound_at=row.last_inbound_at,
        waiting_since=row.waiting_since,
    )  # fmt: skip
