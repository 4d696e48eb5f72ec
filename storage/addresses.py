"""The addresses of a family: which of them it is written to, which others speak for it.

A family may use several: SMS, calls and WhatsApp of one number are one contact, an account of an app is another.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from storage.keys import Keys
from storage.models import Contact, ContactFamily, Conversation, DeskNumber, Message, Registration
from storage.turns import Thread, address_of, thread

WINDOW = timedelta(hours=24)
NOBODY = "desk:"  # before the address of a family that gave no number
NO_NUMBER = "no_number"


@dataclass(frozen=True, slots=True)
class Address:
    """One that speaks for a family now. `is_current`: it wrote from there last; `is_joined`: another came first."""

    contact_id: str
    address: str
    cannot_text: str
    is_current: bool
    is_joined: bool

    @property
    def is_phone(self) -> bool:
        return self.address.startswith("+")

    @property
    def is_nobody(self) -> bool:
        """A family at the counter that gave no number, or one that is known no more."""
        return not self.address or self.address.startswith(NOBODY)


def written(session: Session, keys: Keys, to: Thread, at: datetime) -> Thread:
    """How this family is written to: where it wrote from last, else another way that is open.

    By text message after a call, and when WhatsApp lets nobody write any more; by another address of the family when
    the last one takes nothing from us.
    """
    if to.cannot_text:
        to = _elsewhere(session, keys, to) or to
    if not to.provider:  # a request that was keyed in
        to = to._replace(provider=_provider(session, to.contact_id) or "twilio")
    if to.channel in ("voice", "desk") or is_closed_window(to.channel, to.last_inbound_at, at):
        return to._replace(channel="sms", our_number=number_for(session, to.desk_id, "sms") or to.our_number)
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
    ).all()
    found = []
    for link in links:
        if _family_of(session, link.contact_id) == family_id:
            contact = session.get_one(Contact, link.contact_id)
            address, is_joined = address_of(session, keys, contact.id), link is not links[-1]
            found.append(Address(contact.id, address, contact.cannot_text, contact.id == current, is_joined))
    return found


def without_number(session: Session, to: Thread) -> Thread:
    """Nothing can be sent there."""
    contact = session.get_one(Contact, to.contact_id)
    contact.cannot_text = NO_NUMBER
    session.add(contact)
    session.flush()
    return to._replace(cannot_text=NO_NUMBER)


def join(session: Session, keys: Keys, to: Thread, kind: str, address: str, at: datetime) -> bool:
    """From now on this address speaks for the family of `to` too.

    False when it speaks for a family that asked something already: two requests are never made one without a person.
    """
    other = thread(session, keys, kind, address, at)
    if other.family_id == to.family_id:
        return True
    if other.conversation_id or _has_asked(session, other.family_id):
        return False
    later = at + timedelta(microseconds=1)  # than the family that a new address begins with
    session.add(ContactFamily(contact_id=other.contact_id, family_id=to.family_id, since=later))
    session.flush()
    return True


def chosen(session: Session, keys: Keys, to: Thread, number: str, at: datetime) -> Thread | None:
    """By text message to the number that the family named itself; None where that speaks for others, or is closed."""
    if not join(session, keys, to, "phone", number, at):
        return None
    contact = session.exec(select(Contact).where(Contact.blind == keys.blind("phone", number))).one()
    provider = _provider(session, contact.id) or (to.provider if to.channel != "telegram" else "") or "twilio"
    return to._replace(
        contact_id=contact.id, opted_out=contact.opted_out, cannot_text=contact.cannot_text, channel="sms",
        provider=provider, our_number=number_for(session, to.desk_id, "sms") or to.our_number,
    )  # fmt: skip


def take_over(session: Session, contact_id: str, family_id: str, at: datetime) -> bool:
    """This address leaves what it only began, and speaks for this family from now on.

    False when it has a request of its own, or waits for a person.
    """
    own = _family_of(session, contact_id)
    if own is None or not may_leave(session, own):
        return False
    began = select(Conversation).where(Conversation.family_id == own, col(Conversation.status) != "closed")
    for conversation in session.exec(began):
        conversation.status, conversation.closed_at, conversation.asking = "closed", at, ""
        session.add(conversation)
    session.add(ContactFamily(contact_id=contact_id, family_id=family_id, since=at))
    session.flush()
    return True


def may_leave(session: Session, family_id: str) -> bool:
    """Whether this family asked for nothing that counts yet, and nobody at the desk waits for it."""
    kept = select(Registration.id).where(
        Registration.family_id == family_id, col(Registration.state) != "ticket"
    ).limit(1)  # fmt: skip
    waits = select(Conversation.id).where(
        Conversation.family_id == family_id, col(Conversation.status).in_(("waiting", "with_desk"))
    )
    return session.exec(kept).first() is None and session.exec(waits.limit(1)).first() is None


def part(session: Session, keys: Keys, to: Thread, contact_id: str) -> bool:
    """Undo a join: this address speaks for whom it spoke before, and the conversation goes on at another one.

    False when it is the only address, or the one that all began with.
    """
    all_of_them = of_family(session, keys, to.family_id, to.contact_id)
    parted = next((each for each in all_of_them if each.contact_id == contact_id and each.is_joined), None)
    if parted is None:
        return False
    session.delete(session.get_one(ContactFamily, (contact_id, to.family_id)))
    session.flush()
    if parted.is_current:
        _go_on_elsewhere(session, to, next(each for each in all_of_them if each is not parted))
    return True


def _go_on_elsewhere(session: Session, to: Thread, there: Address) -> None:
    channel = "sms" if there.is_phone else "telegram"
    conversation = session.get_one(Conversation, to.conversation_id)
    conversation.contact_id, conversation.channel = there.contact_id, channel
    conversation.provider = _provider(session, there.contact_id) or conversation.provider
    conversation.our_number = number_for(session, to.desk_id, channel) or ""
    session.add(conversation)
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
        return to._replace(
            contact_id=each.contact_id, cannot_text="", channel=channel, provider=provider, our_number=number
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
