"""What a colleague says to a family: the exact messages it gets, by which way, before they go; and their going.

A preview and an answer are made by the same functions: what was looked at is what is sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from channels.base import Body
from channels.registry import OWN_WORDS, RENDER
from flows import state as states
from flows.engine.following import MAY_PASS
from flows.events import Channel, Prompt, StaffWrote
from intake import follow_up, phrases
from intake.answered import answered
from intake.installation import Installation
from intake.phrases import Phrases
from intake.prompts import dump_prompts
from intake.turn import Turn
from storage import addresses, audit, desks, outbox, turns
from storage.database import Session
from storage.staff import Person
from storage.turns import Thread

MAY_PASS_PHRASE = "phrase.may_pass"  # asks whether another desk or register may have the request


@dataclass(frozen=True)
class Saying:
    """`thread`: the way it goes; `prompt`: None for own words; `language`: what it turns out to be in.

    `is_held`: it waits behind a notice until the family writes.
    """

    thread: Thread
    bodies: tuple[Body, ...]
    prompt: Prompt | None
    language: str
    is_held: bool

    @property
    def segments(self) -> int:
        """Text messages; 0 where nothing is counted."""
        return sum(each.segments for each in self.bodies)


def why_not(thread: Thread) -> str:
    """The code of why nothing can be sent to this family, "" when something can."""
    return "opted_out" if thread.opted_out else thread.cannot_text


def phrase(
    session: Session, here: Installation, thread: Thread, key: str, given: Mapping[str, str], now: datetime
) -> Saying:
    """A vetted phrase in the family's language, in Dutch where it has none. Raises `DeskError`."""
    return filled_in(session, here, thread, key, given, phrases.of_desk(session, here, thread.desk_id), now)


def filled_in(
    session: Session, here: Installation, thread: Thread, key: str, given: Mapping[str, str], of: Phrases, now: datetime
) -> Saying:
    """The same with the phrases of its desk, read before."""
    prompt, wording = of.prompt(key, given), of.wording
    of.must_reach(here, key, thread.language)
    to = way(session, here, thread, now)
    bodies = RENDER[Channel(to.channel)]((prompt,), thread.language, wording)
    language = thread.language if wording.is_translated(prompt.key, thread.language) else "nl"
    return Saying(to, bodies, prompt, language, waits(here, thread, now))


def own_words(session: Session, here: Installation, thread: Thread, text: str, now: datetime) -> Saying:
    """As they were written, in whatever language that is."""
    to = way(session, here, thread, now)
    return Saying(to, (OWN_WORDS[Channel(to.channel)](text),), None, "", waits(here, thread, now))


def way(session: Session, here: Installation, thread: Thread, now: datetime) -> Thread:
    """How this family is written to now."""
    return thread if waits(here, thread, now) else addresses.written(session, here.keys, thread, now)


def waits(here: Installation, thread: Thread, now: datetime) -> bool:
    """Whether WhatsApp lets only a notice through now, and there is one in the family's language."""
    return (
        addresses.is_closed_window(thread.channel, thread.last_inbound_at, now)
        and thread.language in here.templates and not thread.cannot_text
    )  # fmt: skip


def send(
    session: Session, here: Installation, person: Person, thread: Thread, saying: Saying, now: datetime,
    about: str = "",
) -> None:  # fmt: skip
    """Onto the timeline and on its way: the family waits for us no more.

    `about`: the request that it asks whether to pass on. The answer is read by itself, unless the family sees the
    question only later, behind a notice.
    """
    asks = StaffWrote(now, MAY_PASS, about) if about and not saying.is_held else StaffWrote(now)
    if asks.question or states.load(thread.state).asking == MAY_PASS:
        _wait_for(session, here, thread, asks)
    else:
        turns.save(session, here.keys, thread)  # timers set before this turn do nothing any more
    if saying.is_held:
        _give_notice(session, here, thread, now)
    prompts = None if saying.prompt is None else dump_prompts((saying.prompt,))
    for place, body in enumerate(saying.bodies):
        turns.add_message(
            session, here.keys, saying.thread, direction="out", status=outbox.HELD if saying.is_held else "queued",
            at=now, due_at=None if saying.is_held else now, author=person.id, segments=body.segments,
            body=body.text, prompts=prompts if place == 0 else None,
        )  # fmt: skip
    answered(session, thread, now)
    audit.add(session, now, thread.desk_id, person.id, "replied", thread.conversation_id)


def _wait_for(session: Session, here: Installation, thread: Thread, asks: StaffWrote) -> None:
    """Whatever the family says next is read as an answer to this, and to nothing that was asked before."""
    if asks.question:
        thread = follow_up.knowing(session, here, thread, asks.question)
    Turn(session, here, desks.front(session, thread.desk_id), thread, asks.at).take(asks)


def _give_notice(session: Session, here: Installation, thread: Thread, now: datetime) -> None:
    """Once: what is written now arrives when the family writes."""
    if outbox.holds(session, thread):
        return
    prompt = Prompt(outbox.NOTICE)
    (body,) = RENDER[Channel.WHATSAPP]((prompt,), thread.language, here.wording_of(here.form))
    turns.add_message(
        session, here.keys, thread, direction="out", status="queued", at=now, due_at=now, body=body.text,
        prompts=dump_prompts((prompt,)), question=outbox.NOTICE,
    )  # fmt: skip
