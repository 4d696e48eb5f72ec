"""What reaches us of a family: over which channel, and what exactly was typed, keyed, pressed or said."""

from dataclasses import dataclass
from enum import StrEnum


class Channel(StrEnum):
    """How people reach us; which provider carries it is another question (`channels.base.Provider`)."""

    SMS = "sms"
    VOICE = "voice"
    WHATSAPP = "whatsapp"
    TELEGRAM = "telegram"


@dataclass(frozen=True, slots=True)
class Text:
    """Typed (SMS, chat) or heard (speech): exactly what arrived."""

    text: str


@dataclass(frozen=True, slots=True)
class Digits:
    """Keys on a phone, `0-9*#`."""

    digits: str


@dataclass(frozen=True, slots=True)
class Option:
    """A button: the question it stood under, and the option's id."""

    question: str
    id: str


@dataclass(frozen=True, slots=True)
class Recording:
    """A spoken answer that storage keeps under `id`."""

    id: str


@dataclass(frozen=True, slots=True)
class Contact:
    """A phone number (E.164) shared from the sender's own address book entry."""

    number: str


@dataclass(frozen=True, slots=True)
class Location:
    latitude: float
    longitude: float


Input = Text | Digits | Option | Recording | Contact | Location
