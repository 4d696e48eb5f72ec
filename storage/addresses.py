"""The addresses of a family: which of them it is written to, which others speak for it.

A family may use several: SMS, calls and WhatsApp of one number are one contact, an account of an app is another.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from storage.keys import Keys
from storage.models import Contact, ContactFamily, Conversation, DeskNumber, Message, Registration
from storage.turns import Thread, address_of, thread

WINDOW = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Address:
    """One that speaks for a family now. `is_current`: the one it wrote from last."""

    contact_id: str
    address: str
    cannot_text: str
    is_current: bool

    @property
    def is_phone(self) -> bool:
        return self.address.startswith("+")


def written(session: Session, keys: Keys, to: Thread, at: datetime) -> Thread:
    """How this family is written to: where it wrote from last, else another way that is open.

    By text message after a call, and when WhatsApp lets nobody write any more; by another address of the family when
    the last one takes nothing from us.
    """
    if to.cannot_text:
        to = _elsewhere(session, keys, to) or to
    if to.channel == "voice" or is_closed_window(to.channel, to.last_inbound_at, at):
        return replace(to, channel="sms", our_number=number_for(session, to.desk_id, "sms") or to.our_number)
    return to


def is_closed_window(channel: str, last_inbound_at: datetime | None, at: datetime) -> bool:
    """WhatsApp takes words of our own only within a day of the family's last message (Meta's rule)."""
    return channel == "whatsapp" and at - (last_inbound_at or at) >= WINDOW


def number_for(session: Session, desk_id: str, channel: str) -> str | None:
    """Our number of a desk for a channel."""
    statement = select(DeskNumber.number).where(DeskNumber.desk_id == desk_id, DeskNumber.channel == channel)
    return session.exec(statement).first()


def of_family(session: Session, keys: Keys, family_id: str, current: str) -> list[Address]:
    """Every address that speaks for this family and for no other since, the newest first."""
    links = session.exec(
        select(ContactFamily).where(ContactFamily.family_id == family_id).order_by(col(ContactFamily.since).desc())
    )
    found = []
    for link in links:
        if _family_of(session, link.contact_id) == family_id:
            contact = session.get_one(Contact, link.contact_id)
            address = address_of(session, keys, contact.id)
            found.append(Address(contact.id, address, contact.cannot_text, contact.id == current))
    return found


def join(session: Session, keys: Keys, to: Thread, kind: str, address: str, at: datetime) -> bool:
    """From now on this address speaks for the family of `to` too.

    False when it speaks for a family that asked something already: two requests are never made one without a person.
    """
    other = thread(session, keys, kind, address, at)
    if other.family_id == to.family_id:
        return True
    if other.conversation_id or _has_asked(session, other.family_id):
        return False
    session.add(ContactFamily(contact_id=other.contact_id, family_id=to.family_id, since=at))
    session.flush()
    return True


def part(session: Session, contact_id: str, family_id: str) -> None:
    """Undo a join: this address speaks for whom it spoke before."""
    link = session.get(ContactFamily, (contact_id, family_id))
    if link is not None:
        session.delete(link)
        session.flush()


def _elsewhere(session: Session, keys: Keys, to: Thread) -> Thread | None:
    """The family's newest other address that can be written to."""
    for each in of_family(session, keys, to.family_id, to.contact_id):
        contact = session.get_one(Contact, each.contact_id)
        if each.is_current or each.cannot_text or contact.opted_out:
            continue
        channel = "sms" if each.is_phone else "telegram"
        provider = _provider(session, each.contact_id) or ("twilio" if each.is_phone else "telegram")
        number = number_for(session, to.desk_id, channel) or ""
        return replace(
            to, contact_id=each.contact_id, cannot_text="", channel=channel, provider=provider, our_number=number
        )
    return None


def _provider(session: Session, contact_id: str) -> str | None:
    """Who carried what went to and fro there last."""
    statement = select(Message.provider).where(Message.contact_id == contact_id).order_by(col(Message.id).desc())
    return session.exec(statement.limit(1)).first()


def _family_of(session: Session, contact_id: str) -> str | None:
    statement = select(ContactFamily.family_id).where(ContactFamily.contact_id == contact_id)
    return session.exec(statement.order_by(col(ContactFamily.since).desc()).limit(1)).first()


def _has_asked(session: Session, family_id: str) -> bool:
    asked = select(Conversation.id).where(Conversation.family_id == family_id).limit(1)
    kept = select(Registration.id).where(Registration.family_id == family_id).limit(1)
    return session.exec(asked).first() is not None or session.exec(kept).first() is not None
