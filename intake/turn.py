"""One event on one conversation: the engine steps, and its effects become messages, registrations and facts.

Families' messages (`conversations.py`), what colleagues do (`desk.py`) and what time brings (`worker.py`) all come
through here, inside the one transaction of their turn.
"""

import json
import secrets
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta

from channels import sms
from flows import state as states
from flows.desk import SOURCE, Desk
from flows.engine import start, step
from flows.engine.order import LANGUAGE
from flows.engine.turn import local_day
from flows.events import (
    Answered,
    AskErasure,
    Channel,
    Count,
    Effect,
    Event,
    HandOver,
    NewFamily,
    Prompt,
    Reason,
    Register,
    Remind,
    Resumed,
    Say,
    Started,
    Stop,
)
from flows.form import Form
from flows.state import State, Status
from intake.installation import Installation
from intake.registration import content
from storage import conversations, registrations, turns
from storage.database import Session
from storage.desks import Choices
from storage.turns import Thread

_ERASURE = "erasure"
_HEARD = (Started, Answered, Resumed)


@dataclass
class Turn:
    """One event at work on one conversation. `may_answer`: whether the address may be written to at all."""

    """One event at work on one conversation: steps the engine and carries its effects out."""

    session: Session
    installation: Installation
    desk: Desk
    chosen: Choices
    thread: Thread
    at: datetime
    may_answer: bool = True
    _opens: bool = False  # whether this event settled the language

    def take(self, event: Event) -> State:
        """The State that comes of it; everything it asks for is done."""
        form = self.installation.form_of(self.session, self.thread.form)
        before = states.load(self.thread.state)
        after, effects = step(form, before, event, self.desk)
        self._stop_or_not(effects, event)
        is_heard = isinstance(event, _HEARD)
        self.thread = turns.save(
            self.session, self.installation.keys, self.thread, state=states.dump(after), status=after.status.value,
            language=after.language, asking=after.asking,
            last_inbound_at=self.at if is_heard else self.thread.last_inbound_at,
            closed_at=self.at if after.status is Status.CLOSED else None,
        )  # fmt: skip
        self.session.expire_all()  # what follows reads rows that Core has changed
        self._opens = LANGUAGE not in before.family and LANGUAGE in after.family
        references = registrations.references(self.session, self.thread.conversation_id) if effects else {}
        for effect in effects:
            self._carry_out(effect, form, after, references)
        if is_heard and before.family.get("place") != after.family.get("place"):
            self._move(after)  # what a colleague corrects stays with that colleague
        has_person = (Status.WAITING, Status.WITH_DESK)
        if is_heard and before.status in has_person and after.status in has_person and not effects:
            conversations.wrote(self.session, self.thread.conversation_id, self.at)
        return after

    def _stop_or_not(self, effects: tuple[Effect, ...], event: Event) -> None:
        """After "stop" nothing goes out; whoever writes again afterwards wants to hear us."""
        stops = any(isinstance(effect, Stop) for effect in effects)
        if stops or (self.thread.opted_out and isinstance(event, _HEARD)):
            turns.opt_out(self.session, self.thread.contact_id, value=stops)
            self.thread = replace(self.thread, opted_out=stops)

    def _carry_out(self, effect: Effect, form: Form, state: State, references: dict[int, str]) -> None:
        match effect:
            case Say(prompts):
                self._say(prompts, form, state, references)
            case Register(how, child):
                self._register(how.value, child, state, references)
            case HandOver(reason):
                self._hand_over(reason)
            case Remind(at):
                turns.remind(self.session, self.thread, "promised", at, self.at)
            case AskErasure():
                conversations.set_waiting(self.session, self.thread.conversation_id, self.at, _ERASURE)
            case NewFamily():
                self._new_family(state)
            case Count(key, event):
                turns.count(
                    self.session, self.thread.desk_id, local_day(self.at), self.thread.language, self.thread.channel,
                    key, event,
                )  # fmt: skip
            case Stop():
                pass  # done before anything could be said

    def _say(self, prompts: tuple[Prompt, ...], form: Form, state: State, references: dict[int, str]) -> None:
        named = tuple(_named(prompt, references) for prompt in prompts)
        wording = self.installation.wording_of(form)
        twin = self._twin(named, state.language)
        told = tuple(prompt for prompt in named if not (twin and wording.is_only_dutch(prompt.key)))
        bodies = (*sms.render(told, state.language, wording), *sms.render(twin, SOURCE, wording))
        why_not = "" if self.may_answer else "not_answerable"
        why_not = "opted_out" if self.thread.opted_out else why_not
        for place, body in enumerate(bodies):
            turns.add_message(
                self.session, self.installation.keys, self.thread, direction="out", at=self.at, due_at=self.at,
                status="failed" if why_not else "queued", error=why_not, segments=body.segments,
                question=state.asking, body=body.text,
                prompts=json.dumps([asdict(prompt) for prompt in named]) if place == 0 else None,
            )  # fmt: skip

    def _twin(self, prompts: tuple[Prompt, ...], language: str) -> tuple[Prompt, ...]:
        """The same in Dutch, as the language law asks: a translation never stands alone. () where a desk needs none."""
        if language == SOURCE or not (
            self.chosen.dutch_alongside == "always" or (self.chosen.dutch_alongside == "opening" and self._opens)
        ):
            return ()
        return (*prompts, Prompt("twin.page", (("page", self.desk.page),))) if self._opens else prompts

    def _move(self, state: State) -> None:
        """A request for a town of another desk of this installation goes there, with all that was said."""
        place = state.family.get("place")
        there = turns.desk_of_postcode(self.session, place) if isinstance(place, str) else None
        if there is None or there == self.thread.desk_id:
            return
        registrations.move(self.session, self.installation.keys, self.thread.conversation_id, there)
        self.thread = replace(self.thread, desk_id=there)
        turns.add_message(
            self.session, self.installation.keys, self.thread, direction="event", status="kept", at=self.at,
            question="moved",
        )  # fmt: skip

    def _register(self, how: str, child: int | None, state: State, references: dict[int, str]) -> None:
        answers = state.answers_of(child or 0)
        references[child or 1] = registrations.store(
            self.session, self.installation.keys, self.thread, child or 1,
            content(how, answers, date.fromisoformat(state.asked_on), self.desk.rules, self.chosen.urgent_days),
            lambda: registrations.new_reference(secrets.randbelow), self.at,
        )  # fmt: skip
        conversations.set_need(self.session, self.thread.conversation_id)

    def _hand_over(self, reason: Reason) -> None:
        conversations.set_waiting(self.session, self.thread.conversation_id, self.at, reason.value)
        promised = self.at + timedelta(days=self.desk.promise_days)
        turns.remind(self.session, self.thread, "promised", promised, self.at)

    def _new_family(self, state: State) -> None:
        """Somebody else on the same phone: a family, a conversation and a key of their own, in the same language."""
        fresh = turns.new_family(self.session, self.installation.keys, self.thread, self.at)
        address = replace(self.thread, family_id=fresh.family_id, key=fresh.key, language=state.language)
        opened = open_conversation(self.session, self.installation, address, self.desk, self.at)
        channel = Channel(self.thread.channel)
        replace(self, thread=opened).take(Started(self.at, channel, None, language=state.language))


def open_conversation(
    session: Session, installation: Installation, address: Thread, desk: Desk, at: datetime
) -> Thread:
    """A new conversation with the present form. `address`: who writes, for which family, how and to which number."""
    form = installation.form
    turns.keep_form(session, form.hash, form.text)
    first = start(form, desk, at)
    return turns.open_conversation(
        session, installation.keys, address, desk_id=address.desk_id, channel=address.channel,
        provider=address.provider, our_number=address.our_number, language=address.language or first.language,
        form=form.hash, state=states.dump(first), asked_on=local_day(at), at=at,
    )  # fmt: skip


def _named(prompt: Prompt, references: dict[int, str]) -> Prompt:
    """The engine's "@1 @2" as the references of these children."""
    values = tuple(
        (name, " ".join(references[int(each[1:])] for each in raw.split()) if raw.startswith("@") else raw)
        for name, raw in prompt.values
    )
    return Prompt(prompt.key, values, prompt.choices, prompt.question)
