"""`receive`: one thing a provider told us becomes messages, a State, registrations and facts, in one transaction.

Everything a family sends comes through here, whatever the channel. The caller runs it inside `Database.write` and
answers the provider when that future resolves.
"""

import json
from dataclasses import replace
from datetime import timedelta

from channels.base import Inbound
from flows.events import Answered, Channel, Event, Resumed, Started, Text
from intake.installation import Installation
from intake.turn import Turn, open_conversation
from storage import desks, turns
from storage.database import Session
from storage.desks import Front
from storage.turns import Thread


def receive(session: Session, installation: Installation, inbound: Inbound) -> str | None:
    """The id of the conversation it went to; None when it was seen before or belongs to no desk (quarantine)."""
    if not turns.is_new(session, inbound.provider.value, inbound.kind, inbound.id, inbound.at):
        return None
    keys = installation.keys
    front = desks.of_number(session, inbound.recipient, inbound.channel.value)
    if front is None:
        quarantine(session, installation, inbound, "no desk has this number")
        return None
    thread = turns.thread(session, keys, "phone", inbound.sender, inbound.at)
    if thread.desk_id and thread.desk_id != front.id:
        front = desks.front(session, thread.desk_id)
    was_call = thread.channel == Channel.VOICE.value
    thread = replace(
        thread, channel=inbound.channel.value, provider=inbound.provider.value, our_number=inbound.recipient
    )
    thread, event = _event(session, installation, inbound, thread, front, was_call=was_call)
    heard = turns.message(
        keys, thread, direction="in", status="received", at=inbound.at, channel=inbound.channel.value,
        provider=inbound.provider.value, provider_id=inbound.id, question=thread.asking, body=_text(inbound),
    )  # fmt: skip
    _, chosen = installation.seen(front)
    answers = inbound.repliable and inbound.sender.startswith(chosen.countries)
    Turn(session, installation, front, thread, event.at, answers, heard).take(event)
    return thread.conversation_id


def _event(
    session: Session, installation: Installation, inbound: Inbound, thread: Thread, front: Front, *, was_call: bool
) -> tuple[Thread, Event]:
    """What this means to the conversation that is open, or to a new one. `was_call`: it was heard last, not read."""
    given = inbound.input or Text("")
    if thread.conversation_id:
        is_late = inbound.at - (thread.last_inbound_at or inbound.at) >= timedelta(hours=installation.resume_hours)
        if is_late or was_call:
            return thread, Resumed(inbound.at, inbound.channel, given, is_late=is_late)
        return thread, Answered(inbound.at, inbound.channel, given)
    again = turns.has_request(session, thread.family_id)
    desk, _ = installation.seen(front)
    opened = open_conversation(session, installation, replace(thread, desk_id=front.id), desk, inbound.at)
    return opened, Started(inbound.at, inbound.channel, inbound.input, has_open_request=again)


def quarantine(session: Session, installation: Installation, inbound: Inbound, reason: str) -> None:
    """Keep what we cannot place, for a person to look at."""
    kept = json.dumps({"from": inbound.sender, "to": inbound.recipient, "text": _text(inbound)})
    turns.quarantine(session, installation.keys, inbound.provider.value, reason, kept, inbound.at)


def _text(inbound: Inbound) -> str:
    """What arrived. A picture or sound is noted where it came, so that a colleague knows of it."""
    body = inbound.input.text if isinstance(inbound.input, Text) else ""
    kinds = (each.media_type or "?" for each in inbound.attachments)
    return "\n".join((body, *(f"[{kind}]" for kind in kinds))) if inbound.attachments else body
