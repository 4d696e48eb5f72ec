"""One event on one conversation: the engine steps, and its effects become messages, registrations and facts.

Families' messages (`conversations.py`), what colleagues do (`desk.py`) and what time brings (`worker.py`) all come
through here, inside the one transaction of their turn.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from channels.base import LISTEN, SHARE_NUMBER, Body, Button
from channels.registry import RENDER
from flows import state as states
from flows.desk import SOURCE, Desk
from flows.engine import start, step
from flows.engine.following import FOUND_HOW, MAY_PASS, REFERRAL
from flows.engine.order import LANGUAGE
from flows.engine.turn import local_day
from flows.events import (
    Answered,
    AskedFor,
    AskErasure,
    Called,
    Channel,
    Count,
    Effect,
    Event,
    FindChildcare,
    GiveCode,
    HandOver,
    Join,
    Joined,
    LookUpHours,
    NewFamily,
    NotARequest,
    Option,
    OweCall,
    Prompt,
    Reason,
    Register,
    Resumed,
    Say,
    Started,
    Stop,
    TextThis,
    Told,
)
from flows.form import Form
from flows.speaking import Line, lines
from flows.state import State, Status
from flows.wording import Wording
from intake import informing, joining, listening, opening_hours, told
from intake.installation import Installation
from intake.prompts import dump_buttons, dump_prompts
from intake.registration import content
from storage import addresses, call_backs, conversations, erasure, registrations, timers, turns
from storage import joining as codes
from storage.database import Session
from storage.desks import Choices, Front
from storage.statements import Row
from storage.turns import Thread

_ERASURE = "erasure"
UNANSWERED = "unanswered"  # the timer of a question on which something hangs
_WAITS = timedelta(days=7)  # for its answer
_HANGS_ON = (FOUND_HOW, REFERRAL, MAY_PASS)
_SAID = (Answered, Resumed)
_HEARD = (Started, Called, Answered, Resumed)
_CALLS = (Reason.CALL_ME, Reason.URGENT_OTHER)  # promise a call, on whatever channel


@dataclass
class Turn:
    """One event at work on one conversation: steps the engine and carries its effects out.

    What they write is gathered and goes to the database together. `why_not`: why the address is not written to ("": it
    is); `heard`: the row of the message that this is about, which goes onto the timeline first; `author`: the colleague
    whose act this is; `unasked`: nobody asked for what is said, so that it does not come at night.
    """

    session: Session
    installation: Installation
    front: Front
    thread: Thread
    at: datetime
    why_not: str = ""
    heard: Mapping[str, Any] | None = None
    author: str | None = None
    unasked: bool | None = None
    lines: list[Line] = field(init=False, default_factory=list)  # what a caller hears
    reasons: list[Reason] = field(init=False, default_factory=list)  # why a person goes on from here
    state: State = field(init=False)  # what came of it
    last: "Turn" = field(init=False)  # this one, or the first one of another family on the same phone
    _desk: Desk = field(init=False)
    _chosen: Choices = field(init=False)
    _opens: bool = field(init=False, default=False)  # whether this event settled the language
    _changes: dict[str, Any] = field(init=False, default_factory=dict)  # of the conversation
    _messages: list[Mapping[str, Any]] = field(init=False, default_factory=list)
    _facts: list[Mapping[str, Any]] = field(init=False, default_factory=list)
    _names: dict[str, str] = field(init=False, default_factory=dict)  # what the engine calls "@1", "@code", "@hours"
    _agreed: bool | None = field(init=False, default=None)  # to go on from the address that sent the code

    def __post_init__(self) -> None:
        self._desk, self._chosen = self.installation.seen(self.front)
        if self._is_call:
            self._desk = self.installation.heard(self.front)
        self.last = self

    def take(self, event: Event) -> State:
        """The State that comes of it; everything it asks for is done."""
        form = self.installation.form_of(self.session, self.thread.form)
        before = states.load(self.thread.state)
        after, effects = step(form, before, event, self._desk)
        if wanted := next((each for each in effects if isinstance(each, FindChildcare)), None):
            found = informing.find(self.session, self.installation, self.thread, wanted, self.at)
            after, more = step(form, after, found, self._desk)
            effects += more
        self.state = after
        is_heard = isinstance(event, _HEARD)
        self._stop_or_not(effects, is_heard=is_heard)
        is_reopened = before.status is Status.CLOSED and after.status is not Status.CLOSED
        is_first = is_reopened or isinstance(event, AskedFor)  # what this family hears from us first
        self._opens = is_first or (LANGUAGE not in before.family and LANGUAGE in after.family)
        if is_reopened:
            self._changes["opened_at"] = self.at
        if after.asking in _HANGS_ON and before.asking != after.asking:
            self._remind(self.at + _WAITS, UNANSWERED)
        self.thread = self.thread._replace(language=after.language)
        if self.heard is not None:
            self._messages.append(self.heard)
        self._register_all(effects, after)
        for effect in effects:
            self._carry_out(effect, form, after)
        has_person = (Status.WAITING, Status.WITH_DESK)
        is_button = isinstance(event, _SAID) and isinstance(event.input, Option)  # an old one: nothing new was said
        if is_heard and not is_button and before.status in has_person and after.status in has_person and not effects:
            self._wait("wrote")
        self._write(after, is_heard=is_heard)
        if is_heard and before.family.get("place") != after.family.get("place"):
            self._move(after)  # what a colleague corrects stays with that colleague
        if self._agreed is not None:
            self._join(is_agreed=self._agreed)
        return after

    def tell(self, key: str) -> None:
        """Say something beside the questions; the conversation stays as it is."""
        form = self.installation.form_of(self.session, self.thread.form)
        self._say((Prompt(key),), form, states.load(self.thread.state))
        turns.add_messages(self.session, self._messages)

    def _write(self, after: State, *, is_heard: bool) -> None:
        """All rows of this turn. The conversation as it stands now goes first: others point to it."""
        keys = self.installation.keys
        self.thread = turns.save(
            self.session, keys, self.thread, state=states.dump(after), status=after.status.value,
            language=after.language, asking=after.asking, channel=self.thread.channel,
            contact_id=self.thread.contact_id, provider=self.thread.provider, our_number=self.thread.our_number,
            last_inbound_at=self.at if is_heard else self.thread.last_inbound_at, form=self.thread.form,
            closed_at=self.at if after.status is Status.CLOSED else None, **self._changes,
            **({"snoozed_until": None} if is_heard else {}),
        )  # fmt: skip
        turns.add_messages(self.session, self._messages)
        turns.count(self.session, self._facts)
        self.session.expire_all()  # a Session that read these rows before reads them anew

    def _stop_or_not(self, effects: tuple[Effect, ...], *, is_heard: bool) -> None:
        """After "stop" nothing goes out; whoever writes again afterwards wants to hear us."""
        stop = next((effect for effect in effects if isinstance(effect, Stop)), None)
        if stop or (self.thread.opted_out and is_heard):
            turns.opt_out(self.session, self.thread.contact_id, value=stop is not None)
            self.thread = self.thread._replace(opted_out=stop is not None and not stop.says_goodbye)

    def _carry_out(self, effect: Effect, form: Form, state: State) -> None:
        match effect:
            case Say(prompts):
                self._say(prompts, form, state)
            case TextThis(prompts):
                self._text(prompts, form, state)
            case HandOver(reason):
                self.reasons.append(reason)
                self._wait(reason.value)
                if reason in _CALLS and not call_backs.was_owed(self.session, self.thread.conversation_id):
                    self._owe_call(reason)
                self._remind(self.at + timedelta(days=self._desk.promise_days))
            case OweCall(reason):
                self._wait(reason.value)
                self._owe_call(reason)
            case AskErasure():
                self._wait(_ERASURE)
                erasure.plan(self.session, self.thread, self.at)
            case GiveCode():
                self._names |= joining.give(self.session, self.installation, self.thread, self.at)
            case Join(is_agreed):
                self._agreed = is_agreed
            case NewFamily():
                self._new_family(state)
            case Count(key, event):
                self._facts.append(
                    {
                        "desk_id": self.thread.desk_id, "day": local_day(self.at), "language": self.thread.language,
                        "channel": self.thread.channel, "key": key, "event": event,
                    }
                )  # fmt: skip
            case Told():
                shown = told.keep(self.session, self.installation, effect, self.thread.family_id, self.at)
                self._note(direction="event", status="kept", question="told", body=json.dumps(shown))
            case LookUpHours():
                self._names["hours"] = informing.hours(self._chosen.hours, self.at)
            case NotARequest():
                informing.note(self.session, self.installation, self.thread.conversation_id, self.at)
            case Register() | Stop() | FindChildcare():
                pass  # done before anything could be said

    def _say(self, prompts: tuple[Prompt, ...], form: Form, state: State) -> None:
        named = tuple(_named(prompt, self._names) for prompt in prompts)
        wording = self.installation.wording_of(form)
        if self._is_call:
            self._speak(named, state, wording)
            return
        twin = self._twin(named, state.language)
        told = tuple(prompt for prompt in named if not (twin and wording.is_only_dutch(prompt.key)))
        render = RENDER[Channel(self.thread.channel)]
        own = self._to_hear(render(told, state.language, wording), state.language, wording)
        bodies = (*own, *_without_buttons(render(twin, SOURCE, wording)))
        why_not = "opted_out" if self.thread.opted_out else self.why_not
        for place, body in enumerate(bodies):
            self._note(
                direction="out", status="failed" if why_not else "queued", due_at=self.at, error=why_not,
                segments=body.segments, question=state.asking, body=body.text, buttons=dump_buttons(body.buttons),
                prompts=dump_prompts(named) if place == 0 else None,
            )  # fmt: skip

    def _to_hear(self, bodies: tuple[Body, ...], language: str, wording: Wording) -> tuple[Body, ...]:
        """With a button that plays it, in an app that has buttons and a language that can be heard."""
        if self.thread.channel != Channel.TELEGRAM or not listening.can(self.installation, language):
            return bodies
        button = Button(wording.text(Prompt("chat.listen"), language), LISTEN)
        return tuple(
            each if each.buttons[:1] and each.buttons[0].data == SHARE_NUMBER
            else replace(each, buttons=(*each.buttons, button))
            for each in bodies
        )  # fmt: skip

    def _text(self, prompts: tuple[Prompt, ...], form: Form, state: State) -> None:
        """To the phone that calls."""
        named = tuple(_named(prompt, self._names) for prompt in prompts)
        for body in RENDER[Channel.SMS](named, state.language, self.installation.wording_of(form)):
            self._note(
                direction="out", status="queued", due_at=self.at, channel="sms", segments=body.segments,
                body=body.text, prompts=dump_prompts(named),
            )  # fmt: skip

    def _speak(self, prompts: tuple[Prompt, ...], state: State, wording: Wording) -> None:
        """Said in the call that is on the line."""
        said = lines(prompts, state.language, wording)
        self.lines += said
        self._note(
            direction="out", status="spoken", question=state.asking, body="\n".join(each.text for each in said),
            prompts=dump_prompts(prompts),
        )  # fmt: skip

    @property
    def _is_call(self) -> bool:
        return self.thread.channel == Channel.VOICE.value

    def _owe_call(self, reason: Reason) -> None:
        hours = self._chosen.hours
        opens = None if opening_hours.is_open(hours, self.at) else opening_hours.next_opening(hours, self.at)
        call_backs.ask(
            self.session, self.thread.desk_id, self.thread.conversation_id, reason.value, opens or self.at, self.at
        )

    def _twin(self, prompts: tuple[Prompt, ...], language: str) -> tuple[Prompt, ...]:
        """The same in Dutch, as the language law asks: a translation never stands alone. () where a desk needs none."""
        alongside = self._chosen.dutch_alongside
        if language == SOURCE or not (alongside == "always" or (alongside == "opening" and self._opens)):
            return ()
        return (*prompts, Prompt("twin.page", (("page", self._desk.page),))) if self._opens else prompts

    def _register_all(self, effects: tuple[Effect, ...], state: State) -> None:
        """Requests are kept before anything is said, which may name their references."""
        if not any(isinstance(effect, Register | Say | TextThis) for effect in effects):
            return
        kept = registrations.kept(self.session, self.thread.conversation_id)
        self._names |= {str(child): str(row.reference) for child, row in kept.items()}
        flags = {child: registrations.flags_of(row) for child, row in kept.items()}
        for effect in effects:
            if isinstance(effect, Register):
                child = effect.child or 1
                flags[child] = self._register(effect.state.value, effect.child or 0, state, kept.get(child))
        self._changes["need"] = registrations.need(flags.values())

    def _register(self, how: str, child: int, state: State, old: Row | None) -> set[str]:
        """Keep one request; the flags that count of it now."""
        given = content(
            how, state.answers_of(child), date.fromisoformat(state.asked_on), self._desk.rules,
            self._chosen.urgent_days,
        )  # fmt: skip
        self._names[str(child or 1)] = registrations.store(
            self.session, self.installation.keys, self.thread, child or 1, given, old, self.front.key,
            lambda: registrations.new_reference(secrets.randbelow), self.at, self.author,
        )  # fmt: skip
        decided = {flag: getattr(old, f"{flag}_override") if old else None for flag in registrations.CLEAR_FLAGS}
        return {flag for flag, each in decided.items() if (given.flags[flag] if each is None else each)}

    def _wait(self, why: str) -> None:
        """Somebody waits for a person. What they waited for already stays, unless it is something new to ask."""
        earlier = self._changes.get("waiting_since", self.thread.waiting_since)
        if why != "wrote" or earlier is None:
            self._changes |= conversations.waiting(earlier, self.at, why)

    def _remind(self, at: datetime, kind: str = "promised") -> None:
        """For the turn that is being written: whoever acts before the timer is due makes it do nothing."""
        timers.add(self.session, self.thread._replace(turn=self.thread.turn + 1), kind, at, self.at)

    def _note(self, **content: Any) -> None:
        """One row more of the timeline."""
        self._messages.append(
            turns.message(self.installation.keys, self.thread, at=self.at, unasked=self.unasked, **content)
        )

    def _move(self, state: State) -> None:
        """A request for a town of another desk of this installation goes there, with all that was said."""
        place = state.family.get("place")
        there = turns.desk_of_postcode(self.session, place) if isinstance(place, str) else None
        if there is None or there == self.thread.desk_id:
            return
        keys = self.installation.keys
        registrations.move(self.session, keys, self.thread.conversation_id, there, self.at)
        self.thread = self.thread._replace(desk_id=there)
        turns.add_message(
            self.session, keys, self.thread, direction="event", status="kept", at=self.at, question="moved"
        )

    def _join(self, *, is_agreed: bool) -> None:
        """Who sent the code hears what was answered, and goes on with the questions where it is."""
        asked = codes.pending(self.session, self.thread.conversation_id)
        if asked is None:
            return
        codes.drop(self.session, self.thread.conversation_id)
        there = self.thread._replace(
            contact_id=asked.contact_id, channel=asked.channel, provider=asked.provider,
            our_number=asked.our_number, opted_out=False, cannot_text="", last_inbound_at=self.at,
        )  # fmt: skip
        turn = Turn(self.session, self.installation, self.front, there, self.at)
        if not is_agreed or not addresses.take_over(self.session, asked.contact_id, self.thread.family_id, self.at):
            turn.tell("code.not")
            return
        turns.add_message(
            self.session, self.installation.keys, there, direction="event", status="kept", at=self.at,
            question="joined",
        )  # fmt: skip
        if not self._is_call:  # who is on the line goes on there
            turn.take(Joined(self.at, Channel(asked.channel)))

    def _new_family(self, state: State) -> None:
        """Somebody else on the same phone: a family, a conversation and a key of their own, in the same language."""
        fresh = turns.new_family(self.session, self.installation.keys, self.thread, self.at)
        address = self.thread._replace(family_id=fresh.family_id, key=fresh.key, language=state.language)
        opened = open_conversation(self.session, self.installation, address, self._desk, self.at)
        told = Started(self.at, Channel(self.thread.channel), None, language=state.language)
        fresh_turn = Turn(self.session, self.installation, self.front, opened, self.at, self.why_not)
        fresh_turn.take(told)
        self.lines += fresh_turn.lines
        self.last = fresh_turn


def _without_buttons(bodies: tuple[Body, ...]) -> tuple[Body, ...]:
    """The Dutch beside a translation is there to be read; pressed is the family's own."""
    return tuple(replace(each, buttons=()) for each in bodies)


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


def _named(prompt: Prompt, names: Mapping[str, str]) -> Prompt:
    """The engine's "@1 @2" as the references of these children."""
    values = tuple(
        (name, " ".join(names[each[1:]] for each in raw.split()) if raw.startswith("@") else raw)
        for name, raw in prompt.values
    )
    return replace(prompt, values=values)
