"""What every adapter speaks: inbound events in, rendered messages out, one vocabulary of statuses and errors.

An adapter is a module of pure `parse(...) -> Inbound` and `render(...) -> tuple[Body, ...]`, plus one
`async send(outgoing) -> Sent`. Channel (how people reach us) and provider (who carries it) are two things.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from flows.events import Channel, Input, Option


class Provider(StrEnum):
    TWILIO = "twilio"
    TELEGRAM = "telegram"
    SIMULATOR = "simulator"


SHARE_NUMBER = "number"  # the data of a button that sends the number of the phone it is pressed on
LISTEN = "listen"  # the data of a button that plays its message
EDIT = "edit"  # the kind of what changes a message that was taken already: shown, never an answer
_LONGEST_DATA = 64
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def clean(text: str) -> str:
    """Without what no person types and no database keeps."""
    return _CONTROLS.sub("", text)


class Malformed(ValueError):
    """A signed request we cannot read. `status` is what the provider gets: 400 or 413. Never holds what was sent."""

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture or sound the family sent; fetched later by this name, from the provider's own host. "": never."""

    name: str
    media_type: str


@dataclass(frozen=True, slots=True)
class Inbound:
    """One thing a provider told us. Unique by (provider, kind, id): a second one changes nothing."""

    provider: Provider
    kind: str  # message, call, turn, recording …
    id: str
    channel: Channel
    sender: str  # E.164 for phones, the account's id for Telegram; what stands there otherwise
    recipient: str  # which of our addresses was used: decides the desk
    at: datetime
    input: Input | None  # None: a call that begins
    repliable: bool = True  # False for short codes, names and hidden numbers: kept, never answered
    attachments: tuple[Attachment, ...] = ()
    shown: str = ""  # what stood on the button that was pressed
    album: str = ""  # several pictures sent at once arrive one by one: what they share


@dataclass(frozen=True, slots=True)
class Button:
    """A choice to press. `data` comes back when it is: see `button_data`."""

    label: str
    data: str


@dataclass(frozen=True, slots=True)
class Body:
    """One rendered message: the exact text, and how many segments the network makes of it (0: does not apply)."""

    text: str
    segments: int = 0
    buttons: tuple[Button, ...] = ()


def button_data(question: str, choice: str) -> str:
    """What a button sends back; at most 64 bytes, as Telegram has it."""
    return f"{question}:{choice}"


def pressed(data: str) -> Option:
    """The button that sent this. An unknown one is of no question: it has passed."""
    question, _, choice = clean(data)[:_LONGEST_DATA].partition(":")
    return Option(question, choice)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message on its way. `reference` is our own id of it, the same at every attempt."""

    provider: Provider
    channel: Channel
    to: str
    sender: str
    text: str
    reference: str
    buttons: tuple[Button, ...] = ()
    notice: str = ""  # the language of a notice that there is an answer: what a closed window still lets through


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider took it."""

    provider_id: str


class DeliveryStatus(StrEnum):
    """Every provider's words for delivery in one vocabulary; the order below is the only direction it moves in."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    UNKNOWN = "unknown"  # we cannot know whether the provider took it; looked up, then sent again
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class StatusUpdate:
    """What a provider says about a message it carries. `code` is the provider's error code, "" when there is none."""

    provider: Provider
    provider_id: str
    status: DeliveryStatus | None  # None: a word we do not know; kept in the log, changes nothing
    code: str = ""


class SendError(Exception):
    """A provider did not take a message.

    `code` is from one small vocabulary of ours (`opted_out`, `invalid_number`, `too_fast`, `refused`, `unreachable`,
    …) shown to staff in words; `retryable`: the same message may be sent again, because it was surely not taken;
    `uncertain`: it may have been taken; look it up before sending again. `wait` is in seconds, from the provider.
    """

    def __init__(self, code: str, *, retryable: bool = False, uncertain: bool = False, wait: float = 0.0) -> None:
        super().__init__(code)
        self.code, self.retryable, self.uncertain, self.wait = code, retryable, uncertain, wait


class Recorder(Protocol):
    """The part of an adapter that brings what was spoken or photographed."""

    async def fetch(self, recording_id: str) -> tuple[bytes, str]:
        """A sound or a picture and its media type, checked by its content. Raises `SendError`."""
        ...

    async def delete(self, recording_id: str) -> None:
        """No copy stays at the provider. Raises `SendError`."""
        ...


class Telephone(Recorder, Protocol):
    """The part of an adapter that handles calls beside the TwiML of a turn."""

    async def call(self, number: str, caller_id: str, address: str) -> str:
        """Ring `number`; who picks up hears the TwiML at `address`. The provider's id. Raises `SendError`."""
        ...


class Sender(Protocol):
    """The part of an adapter that talks to a provider."""

    async def send(self, outgoing: Outgoing) -> Sent:
        """Hand one message to the provider. Raises `SendError`."""
        ...

    async def find(self, outgoing: Outgoing, since: datetime) -> tuple[Sent, ...]:
        """What the provider took that may be this message (after an uncertain error), the oldest first.

        Others with the same words may be among them. Raises `SendError`.
        """
        ...
