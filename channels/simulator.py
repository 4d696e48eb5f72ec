"""A telephone that needs no provider: what `chat` and the demo send, as the same `Inbound` a real one gives."""

import secrets
from datetime import datetime

from channels.base import Inbound, Provider
from flows.events import Channel, Text

LONGEST_TEXT = 1600  # characters, as at a real provider


def parse(text: str, sender: str, recipient: str, at: datetime) -> Inbound:
    """A text message from `sender` (E.164) to one of our numbers."""
    return Inbound(
        provider=Provider.SIMULATOR,
        kind="message",
        id=secrets.token_hex(16),
        channel=Channel.SMS,
        sender=sender,
        recipient=recipient,
        at=at,
        input=Text(text[:LONGEST_TEXT]),
    )
