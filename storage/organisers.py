"""Organisers of a desk: their contact, the code with which they tell of a request, when they were reminded."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, exists, func, or_
from sqlmodel import Session, col, select

from storage.ids import new_id
from storage.keys import Keys
from storage.models import Conversation, Desk, Message, Organiser, OrganiserText, Registration

TEXTED = "organiser"  # stands where a message's question stands: it was no family's


@dataclass(frozen=True, slots=True)
class Contact:
    """What a desk knows of one. `number`: E.164 or ""."""

    name: str
    postcode: str
    number: str
    email: str
    wants_reminders: bool  # by text message
    wants_mail: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    row: Organiser
    contact: Contact
    code: str


def keep(
    session: Session, keys: Keys, desk_id: str, contact: Contact, code: str, now: datetime, id_: str = ""
) -> str:  # fmt: skip
    """A new one, or other data of the one with this id (its code stays)."""
    desk_key = session.get_one(Desk, desk_id).key
    row = session.get(Organiser, id_) if id_ else None
    if row is None:
        id_ = new_id(now)
        row = Organiser(
            id=id_, desk_id=desk_id, postcode="", name=b"", number=b"", email=b"",
            code=keys.seal(desk_key, "organiser", "code", id_, code), code_blind=blind(keys, code),
        )  # fmt: skip
    row.postcode, row.wants_reminders = contact.postcode, contact.wants_reminders
    row.wants_mail = contact.wants_mail
    for name in ("name", "number", "email"):
        setattr(row, name, keys.seal(desk_key, "organiser", name, id_, getattr(contact, name)))
    session.add(row)
    session.flush()
    return id_


def everything(session: Session, keys: Keys, desk_keys: Mapping[str, bytes]) -> list[Opened]:
    """Those of these desks (id -> wrapped key) that did not end."""
    statement = select(Organiser).where(col(Organiser.desk_id).in_(desk_keys), col(Organiser.ended_at).is_(None))
    found = [opened(keys, row, desk_keys[row.desk_id]) for row in session.exec(statement)]
    return sorted(found, key=lambda each: each.contact.name.lower())


def opened(keys: Keys, row: Organiser, desk_key: bytes) -> Opened:
    told = {
        name: keys.open(desk_key, "organiser", name, row.id, getattr(row, name))
        for name in ("name", "number", "email", "code")
    }
    contact = Contact(told["name"], row.postcode, told["number"], told["email"], row.wants_reminders, row.wants_mail)
    return Opened(row, contact, told["code"])


def of_code(session: Session, keys: Keys, code: str) -> Organiser | None:
    statement = select(Organiser).where(Organiser.code_blind == blind(keys, code), col(Organiser.ended_at).is_(None))
    return session.exec(statement).first()


def blind(keys: Keys, code: str) -> str:
    return keys.blind("organiser", code)


def end(session: Session, keys: Keys, row: Organiser, now: datetime) -> None:
    """It organises no more: its number, address and code go, what it told of stays."""
    desk_key = session.get_one(Desk, row.desk_id).key
    for name in ("number", "email", "code"):
        setattr(row, name, keys.seal(desk_key, "organiser", name, row.id, ""))
    row.code_blind, row.ended_at, row.wants_reminders = blind(keys, row.id), now, False
    row.wants_mail = False
    session.add(row)
    session.flush()


def to_remind(session: Session, before: date) -> list[str]:
    """Those who want it and were not reminded since this day."""
    statement = select(Organiser.id).where(
        col(Organiser.ended_at).is_(None), or_(col(Organiser.wants_reminders), col(Organiser.wants_mail)),
        (col(Organiser.reminded_on).is_(None)) | (col(Organiser.reminded_on) < before),
    )  # fmt: skip
    return list(session.exec(statement.order_by(col(Organiser.id))))


def texting(session: Session, contact_id: str, now: datetime) -> OrganiserText | None:
    """How far an organiser is that tells of requests by text message; None when it is none, or was silent too long."""
    row = session.get(OrganiserText, contact_id)
    return row if row is not None and row.until > now else None


def conversation_of(session: Session, contact_id: str) -> str | None:
    """The closed one in which messages to and from this address stand already, as an organiser's."""
    reminded = exists().where(col(Organiser.conversation_id) == Conversation.id)
    wrote = exists().where(
        col(Message.desk_id) == Conversation.desk_id, col(Message.conversation_id) == Conversation.id,
        col(Message.question) == TEXTED,
    )  # fmt: skip
    statement = select(Conversation.id).where(
        Conversation.contact_id == contact_id, Conversation.status == "closed", or_(reminded, wrote)
    )
    return session.exec(statement.order_by(col(Conversation.id).desc()).limit(1)).first()


def text_on(session: Session, row: OrganiserText, about: str, until: datetime) -> None:
    """It goes on with the next message; with `about` "" it is done."""
    row.about, row.until = about, until
    session.add(row)
    session.flush()
    if not about:
        session.delete(row)
        session.flush()


def prune(session: Session, now: datetime) -> None:
    session.connection().execute(delete(OrganiserText).where(col(OrganiserText.until) <= now))


def told(session: Session, desk_ids: frozenset[str], prefix: str) -> int:
    """How many requests of these desks carry a number of another register that begins so."""
    statement = select(func.count()).where(
        col(Registration.desk_id).in_(desk_ids),
        col(Registration.external_reference).startswith(prefix, autoescape=True),
    )
    return session.exec(statement).one()
