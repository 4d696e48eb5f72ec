"""What we know of what a provider remembers: which of its records were taken in, and which are done with."""

from datetime import datetime

from sqlmodel import Session, col, func, select

from storage.keys import Keys
from storage.models import Call, Contact, ContactFamily, Conversation, Message, Seen

_PENDING = ("queued", "sending", "unknown", "held")


def newest(session: Session, now: datetime) -> datetime | None:
    """When the last event of Twilio came that we know of. Not by a clock that was ahead."""
    return session.exec(select(func.max(Seen.at)).where(Seen.provider == "twilio", col(Seen.at) <= now)).one()


def has_event(session: Session, provider: str, kind: str, id_: str) -> bool:
    return session.get(Seen, (provider, kind, id_)) is not None


def has_call(session: Session, provider: str, provider_id: str) -> bool:
    """Also when its family was erased since."""
    statement = select(Call.id).where(Call.provider == provider, Call.provider_id == provider_id)
    return session.exec(statement).first() is not None or has_event(session, provider, "call", provider_id)


def went_on(session: Session, keys: Keys, number: str, at: datetime) -> bool:
    """Whether the family of this number wrote or called after that moment, in a conversation that is open."""
    statement = (
        select(Conversation.id)
        .join(ContactFamily, col(ContactFamily.family_id) == col(Conversation.family_id))
        .join(Contact, col(Contact.id) == col(ContactFamily.contact_id))
        .where(
            Contact.blind == keys.blind("phone", number), Conversation.status != "closed",
            col(Conversation.last_inbound_at) > at,
        )
    )  # fmt: skip
    return session.exec(statement).first() is not None


def is_settled(session: Session, provider: str, kind: str, provider_id: str) -> bool:
    """Whether nothing of this record is needed there any more: it was taken in, or sent and reported on."""
    if kind == "call":
        return has_call(session, provider, provider_id)
    statement = select(Message.status).where(Message.provider == provider, Message.provider_id == provider_id)
    status = session.exec(statement).first()
    return status not in _PENDING if status else has_event(session, provider, "message", provider_id)
