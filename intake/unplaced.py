"""What arrived, in words; and what of it nobody can place, kept for a person to look at."""

import json

from channels.base import Inbound
from flows.events import Contact, Text
from intake.installation import Installation
from storage import turns
from storage.database import Session


def quarantine(session: Session, installation: Installation, inbound: Inbound, reason: str) -> None:
    """Keep what we cannot place, for a person to look at."""
    kept = json.dumps({"from": inbound.sender, "to": inbound.recipient, "text": words_of(inbound)})
    turns.quarantine(session, installation.keys, inbound.provider.value, reason, kept, inbound.at)


def words_of(inbound: Inbound) -> str:
    """What arrived, in words."""
    match inbound.input:
        case Text(text):
            return text
        case Contact(number):
            return number
        case _:
            return inbound.shown
