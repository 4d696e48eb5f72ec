"""`receive`: one thing a provider told us becomes messages, a State, registrations and facts, in one transaction.

Everything a family sends comes through here, whatever the channel. The caller runs it inside `Database.write` and
answers the provider when that future resolves.
"""

from dataclasses import replace
from datetime import timedelta

from channels.base import EDIT, Inbound
from flows.engine.turn import local_day
from flows.events import Answered, Channel, Contact, Event, JoinAsked, Recording, Resumed, Started, Text
from intake import joining, organiser_texts
from intake.installation import Installation
from intake.turn import Turn, open_conversation
from intake.unplaced import quarantine, words_of
from storage import addresses, budgets, conversations, desks, outbox, recordings, turns
from storage import joining as codes
from storage.database import Session
from storage.desks import Front
from storage.keys import Keys
from storage.turns import Thread

_JOIN = "join"  # the question that the first address gets
_NUMBER = "contact_number"
_KEPT = {"audio": "recording", "image": "picture"}  # what is fetched, and how it stands on the timeline
SPENT = "spent"  # a number that writes more than people do: a person looks, the bot is silent
EDITED = "edited"  # stands where a message's question stands: these words were changed afterwards


def receive(session: Session, installation: Installation, inbound: Inbound) -> str | None:
    """The id of the conversation it went to; None when it was seen before or belongs to no desk (quarantine)."""
    if not turns.is_new(session, inbound.provider.value, inbound.kind, inbound.id, inbound.at):
        return None
    keys = installation.keys
    code = joining.code_in(inbound)
    if code and (joined := _ask_to_join(session, installation, inbound, code)):
        return joined
    is_telegram = inbound.channel is Channel.TELEGRAM
    front = (
        desks.of_bot(session, inbound.recipient)
        if is_telegram
        else desks.of_number(session, inbound.recipient, inbound.channel.value)
    )
    if front is None:
        quarantine(session, installation, inbound, "no desk has this number")
        return None
    thread = turns.thread(session, keys, _kind(inbound), inbound.sender, inbound.at)
    if thread.cannot_text == "blocked":
        thread = turns.unblocked(session, thread)
    if inbound.kind == EDIT:
        return _show(session, keys, inbound, thread, EDITED)
    if thread.desk_id and thread.desk_id != front.id:
        front = desks.front(session, thread.desk_id)
    if organiser_texts.is_for(session, installation, inbound, thread):
        why_not = _why_not(session, installation, inbound, thread, front)
        return organiser_texts.take(session, installation, inbound, thread, front, why_not)
    if inbound.channel is Channel.WHATSAPP and thread.conversation_id:
        outbox.release(session, thread, inbound.at)
    was_call = thread.channel == Channel.VOICE.value
    thread = thread._replace(
        channel=inbound.channel.value, provider=inbound.provider.value, our_number=inbound.recipient
    )
    thread, event = _event(session, installation, inbound, thread, front, was_call=was_call)
    if inbound.album and not turns.is_new(session, inbound.provider.value, "album", inbound.album, inbound.at):
        return _show(session, keys, inbound, thread)  # of an album the first picture is answered
    event, body = _with_media(session, inbound, thread, event)
    heard = turns.message(
        keys, thread, direction="in", status="received", at=inbound.at, channel=inbound.channel.value,
        provider=inbound.provider.value, provider_id=inbound.id, question=thread.asking, body=body,
    )  # fmt: skip
    why_not = _why_not(session, installation, inbound, thread, front)
    Turn(session, installation, front, thread, event.at, why_not, heard).take(event)
    if why_not == SPENT:
        conversations.set_waiting(session, thread.conversation_id, inbound.at, SPENT)
    if isinstance(inbound.input, Contact) and thread.asking == _NUMBER:
        addresses.join(session, keys, thread, "phone", inbound.input.number, inbound.at)
    return thread.conversation_id


def show_late(session: Session, here: Installation, inbound: Inbound) -> None:
    """A message that was missed, and after which the family wrote others: on the timeline, and a person looks."""
    if turns.is_new(session, inbound.provider.value, inbound.kind, inbound.id, inbound.at):
        thread = turns.of_address(session, here.keys, _kind(inbound), inbound.sender)
        if thread is not None and _show(session, here.keys, inbound, thread):
            conversations.set_waiting(session, thread.conversation_id, inbound.at, "wrote")


def _ask_to_join(session: Session, here: Installation, inbound: Inbound, code: str) -> str | None:
    """Somebody sent a family's code: that family is asked whether it was them. None when it is nobody's code."""
    asked = codes.find(session, here.keys, code, inbound.at)
    first = turns.of_conversation(session, here.keys, asked.conversation_id, None) if asked else None
    if asked is None or first is None:
        return None
    front = desks.front(session, first.desk_id)
    by = turns.thread(session, here.keys, _kind(inbound), inbound.sender, inbound.at)
    if by.family_id == first.family_id or _why_not(session, here, inbound, by, front):
        return None
    there = first._replace(
        contact_id=by.contact_id, channel=inbound.channel.value, provider=inbound.provider.value,
        our_number=inbound.recipient, opted_out=False, cannot_text="",
    )  # fmt: skip
    is_first = asked.contact_id == ""
    form = here.form_of(session, first.form)
    may_join = (
        asked.contact_id in ("", by.contact_id) and addresses.may_leave(session, by.family_id)
        and first.status in ("with_bot", "waiting") and form.knows(_JOIN)
    )  # fmt: skip
    Turn(session, here, front, there, inbound.at).tell("code.asked" if may_join else "code.not")
    if may_join and is_first:
        codes.ask(session, here.keys, code, there, inbound.at)
        turns.add_message(
            session, here.keys, first, direction="event", status="kept", at=inbound.at, question="join_asked"
        )
        written = addresses.written(session, here.keys, first, inbound.at)
        Turn(session, here, front, written, inbound.at).take(JoinAsked(inbound.at, Channel(written.channel)))
    return first.conversation_id


def _kind(inbound: Inbound) -> str:
    """What kind of address it came from: SMS, calls and WhatsApp of one number are one."""
    return "telegram" if inbound.channel is Channel.TELEGRAM else "phone"


def _why_not(session: Session, here: Installation, inbound: Inbound, thread: Thread, front: Front) -> str:
    """Why this message gets no answer of the bot; "" when it does."""
    _, chosen = here.seen(front)
    is_phone = inbound.channel is not Channel.TELEGRAM
    if not inbound.repliable or (is_phone and not inbound.sender.startswith(chosen.countries)):
        return "not_answerable"
    is_spent = budgets.is_spent(session, here.keys, here.limits, thread, inbound.sender, local_day(inbound.at))
    return SPENT if is_spent else ""


def _with_media(session: Session, inbound: Inbound, thread: Thread, event: Event) -> tuple[Event, str]:
    """Voice notes and pictures are kept for the desk; where words were awaited, a voice note is the answer.

    The second: what stands on the timeline.
    """
    lines = [words_of(inbound)] if words_of(inbound) else []
    for each in inbound.attachments:
        kind = next((kind for kind in _KEPT if each.media_type.startswith(f"{kind}/")), None)
        if kind is None or not each.name:
            lines.append(f"[{each.media_type or '?'}]")
            continue
        id_ = recordings.record(session, thread, each.name, 0, inbound.at)
        lines.append(f"[{_KEPT[kind]}:{id_}]")
        if kind == "audio" and isinstance(event, Answered) and event.input == Text(""):
            event = replace(event, input=Recording(id_))
    return event, "\n".join(lines)


def _show(session: Session, keys: Keys, inbound: Inbound, thread: Thread, why: str = "") -> str | None:
    """On the timeline and no more: words changed afterwards (what was answered stays), one more picture."""
    if not thread.conversation_id:
        return None
    turns.add_message(
        session, keys, thread, direction="in", status="received", at=inbound.at, provider_id=inbound.id,
        question=why, body=_with_media(session, inbound, thread, Answered(inbound.at, inbound.channel, Text("")))[1],
    )  # fmt: skip
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
    opened = open_conversation(session, installation, thread._replace(desk_id=front.id), desk, inbound.at)
    has_no_number = inbound.channel is Channel.TELEGRAM
    return opened, Started(inbound.at, inbound.channel, inbound.input, has_open_request=again, is_hidden=has_no_number)
