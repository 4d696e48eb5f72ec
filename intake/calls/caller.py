"""One call at work, inside the transaction of its turn: what is said, and what it waits for then."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from channels import sms, voice
from channels.voice import Ask, Connect, HangUp, Next, Pressed, Record
from flows import state as states
from flows.answers import Command
from flows.desk import SOURCE
from flows.engine.entries import entry
from flows.engine.keying import KEYS
from flows.engine.order import LANGUAGE
from flows.engine.turn import BRUSSELS, local_day
from flows.events import Answered, Channel, Closed, Digits, Entry, Event, HungUp, NoInput, Prompt, Reason, Recording
from flows.events import Text as Said
from flows.form import Question
from flows.grammar.phone import is_mobile
from flows.speaking import Line, line
from flows.state import State, Status
from intake import opening_hours
from intake.calls import organiser
from intake.installation import Installation
from intake.prompts import dump_prompts
from intake.sounds import Level
from intake.turn import Turn
from storage import addresses, call_backs, calls, desks, recordings, registrations, turns
from storage.calls import Expects
from storage.database import Session
from storage.desks import Choices, Front
from storage.models import Call
from storage.turns import Thread

_LONGEST = timedelta(seconds=voice.LONGEST_CALL)
_DAY = timedelta(days=1)
_TEXTS_A_DAY = 2  # after calls that dropped
_MESSAGES = (Reason.QUESTION, Reason.ABOUT_REQUEST)  # what is said after the tone is for the desk
_TO_A_PERSON = ("hand_over.asked", "hand_over.not_understood")
_PUT_THROUGH = ("completed", "answered")
_LONGEST_HINTS = 500  # characters
_MENU, _HAS_NUMBER = "purpose", "5"  # the first question, and a key beside its answers
_IS_ORGANISER = "8"  # told to organisers alone: families have keys enough
_REFERENCE = 8  # digits
_ONCE_MORE = next(key for key, command in KEYS.items() if command is Command.REPEAT)
_FOR_A_PERSON = next(key for key, command in KEYS.items() if command is Command.HUMAN)


@dataclass
class Caller:
    """One call at work, inside the transaction of its turn."""

    session: Session
    here: Installation
    front: Front
    thread: Thread
    call: Call
    at: datetime
    turn: int = 1  # of the answer to what is said now

    def begin(self, event: Event) -> str:
        """The first words: a neutral greeting above the menu, or the question where this family stopped."""
        note(self.session, self.here, self.thread, "called", self.at)
        if not self._is_spoken():
            event = Answered(self.at, Channel.VOICE, Digits(_FOR_A_PERSON))  # a person, whatever was asked
        state, said, reasons = self._step(event, None)
        if state.asking == LANGUAGE:
            said = [self._line("call.greeting", language=self._offered[0]), *said]
        return self._say(said, *self._next(state, said, reasons))

    def go_on(self, pressed: Pressed) -> str:
        """One answer more."""
        match Expects(self.call.expects):
            case Expects.CONNECT:
                return self._after_connecting(pressed.dialled)
            case Expects.MESSAGE | Expects.DOOR if not isinstance(pressed.input, Digits):
                return self._after_message(pressed)
            case Expects.REFERENCE | Expects.BIRTH_MONTH if self._wants_a_person(pressed):
                return self._answer(Pressed(pressed.call_id, Digits(_FOR_A_PERSON)))
            case Expects.REFERENCE:
                return self._take_reference(pressed)
            case Expects.BIRTH_MONTH:
                return self._tell_status(pressed)
            case Expects.ORGANISER:
                return self._hear_organiser(pressed)
            case Expects.NOTHING | Expects.TEXTED:
                return self._say([], HangUp(), Expects.NOTHING)
            case _ if self.at - self.call.began_at > _LONGEST:
                return self._end_long_call()
            case _:
                return self._answer(pressed)

    @staticmethod
    def _wants_a_person(pressed: Pressed) -> bool:
        return isinstance(pressed.input, Digits) and pressed.input.digits.rstrip("#") == _FOR_A_PERSON

    def _take_reference(self, pressed: Pressed) -> str:
        """The number of a request that was made from another phone; then its month."""
        given = pressed.input.digits if isinstance(pressed.input, Digits) else ""
        if len(given) != _REFERENCE or not given.isdecimal():
            return self._back_to_menu([self._line("call.no_match")])
        self.call.about = given
        return self._say([self._line("call.birth_month")], self._keys(2), Expects.BIRTH_MONTH)

    def _tell_status(self, pressed: Pressed) -> str:
        """Neutral, and only to who knows both: when it was asked, and by when a person answers."""
        given = pressed.input.digits if isinstance(pressed.input, Digits) else ""
        reference, self.call.about = self.call.about, ""
        month, today = int(given) if given.isdecimal() else 0, local_day(self.at)
        keys = self.here.keys
        asked = registrations.asked_on(self.session, keys, reference, month, today.year) if 1 <= month <= 12 else None
        if asked is None:
            return self._back_to_menu([self._line("call.no_match")])
        by = today + timedelta(days=self._chosen.promise_days)
        return self._back_to_menu([self._line("command.status", asked_on=asked.isoformat(), by=by.isoformat())])

    def _hear_organiser(self, pressed: Pressed | None) -> str:
        """An organiser tells of requests by keys; `about` says how far it is."""
        given = pressed.input.digits if pressed and isinstance(pressed.input, Digits) else ""
        heard = organiser.hear(self.session, self.here, self.call.about, given, self.at)
        self.call.about = heard.about
        said = [self._line(key, SOURCE) for key in heard.says]
        if not heard.digits:
            return self._say(said, HangUp(), Expects.NOTHING)
        return self._say(said, self._keys(heard.digits), Expects.ORGANISER)

    def _back_to_menu(self, first: list[Line]) -> str:
        state, said, reasons = self._step(Answered(self.at, Channel.VOICE, Digits(_ONCE_MORE)), None)
        said = [*first, *said]
        return self._say(said, *self._next(state, said, reasons))

    def _keys(self, digits: int) -> Ask:
        return Ask(self._action(), Entry(digits))

    def drop(self) -> None:
        """Who had begun gets a text message where that is possible and allowed; everybody else is called."""
        after = Turn(self.session, self.here, self.front, self.thread, self.at).take(HungUp(self.at))
        if after.status is Status.CLOSED:
            return  # who only wanted to know something has it
        state, number = (
            states.load(self.thread.state),
            turns.address_of(self.session, self.here.keys, self.thread.contact_id),
        )
        if not state.family.get("purpose"):
            if self._chosen.missed_calls and number.startswith(self._chosen.countries):
                self._owe_call("missed")
        elif self._may_text(number, state):
            self._text("call.dropped", state.language)
            calls.end_with(self.session, self.call, Expects.TEXTED)
        elif not self.call.is_hidden or state.family.get("contact_number"):
            self._owe_call("dropped")

    def _answer(self, pressed: Pressed) -> str:
        given = pressed.input
        if self.thread.asking == _MENU and given == Digits(_HAS_NUMBER):
            return self._say([self._line("call.reference")], self._keys(_REFERENCE), Expects.REFERENCE)
        if self.thread.asking == _MENU and given == Digits(_IS_ORGANISER):
            Turn(self.session, self.here, self.front, self.thread, self.at).take(Closed(self.at))  # no family asks
            return self._hear_organiser(None)
        if isinstance(given, Recording):
            given = Recording(self._recorded(given.id, pressed.seconds))
        is_silent = given is None or (isinstance(given, Digits) and given.digits == "")
        event: Event = (
            NoInput(self.at, Channel.VOICE) if is_silent or given is None else Answered(self.at, Channel.VOICE, given)
        )
        state, said, reasons = self._step(event, given)
        return self._say(said, *self._next(state, said, reasons))

    def _step(self, event: Event, given: object) -> tuple[State, list[Line], list[Reason]]:
        """The engine's step: the State, what is said, and why a person goes on (if so)."""
        turn = Turn(self.session, self.here, self.front, self.thread, self.at, heard=self._heard(given))
        turn.take(event)
        self.thread, state = turn.last.thread, turn.last.state
        self.call.conversation_id, self.call.family_id = self.thread.conversation_id, self.thread.family_id
        self.call.desk_id = self.thread.desk_id
        if self.thread.desk_id != self.front.id:
            self.front = desks.front(self.session, self.thread.desk_id)
        return state, turn.lines, turn.reasons

    def _heard(self, given: object) -> dict[str, object] | None:
        """What the caller did, as a row of the timeline."""
        match given:
            case Digits(digits):
                body = digits
            case Said(text):
                body = text
            case Recording(id_):
                body = f"[recording:{id_}]"
            case _:
                return None
        return turns.message(
            self.here.keys, self.thread, direction="in", status="received", at=self.at,
            provider_id=f"{self.call.provider_id}:{self.turn - 1}", question=self.thread.asking, body=body,
        )  # fmt: skip

    def _next(self, state: State, said: list[Line], reasons: list[Reason]) -> tuple[Next, Expects]:
        """What the call does after these words. May add to them."""
        if state.asking and self.here.sounds.level(state.language) is Level.DOOR and state.asking != LANGUAGE:
            said[:] = [self._line("call.door")]
            return self._record(), Expects.DOOR
        if state.asking == _MENU and any(each.key == _MENU for each in said):
            at = next((at for at, each in enumerate(said) if each.key == "call.keys"), len(said))
            said.insert(at, self._line("call.have_number"))
        if state.asking:
            return self._ask(state), Expects.KEYS
        if reasons and reasons[-1] in _MESSAGES:
            return self._record(), Expects.MESSAGE
        if any(each.key in _TO_A_PERSON for each in said) or (reasons and not said):
            return self._to_a_person(said)
        if any(each.key == "hand_over.call_me" for each in said):
            said.append(self._when_we_call())
        if not said:
            said.append(self._line("call.bye"))
        return HangUp(), Expects.NOTHING

    def _ask(self, state: State) -> Ask | Record:
        question = self.here.form_of(self.session, self.thread.form).question(state.asking)
        keys = entry(state, question)
        if keys.is_recorded:
            return self._record()
        speech = "" if question.id == LANGUAGE else self.here.words[state.language].speech
        return Ask(self._action(), keys, speech, self._hints(question, state.language) if speech else "")

    def _hints(self, question: Question, language: str) -> str:
        """What may well be said: the answers as they are offered."""
        wording = self.here.wording_of(self.here.form)
        return ", ".join(wording.message(f"{question.id}.{option.id}", language, {}) for option in question.options)[
            :_LONGEST_HINTS
        ]

    def _record(self) -> Record:
        report = f"{self.here.public_url}/twilio/voice/recording"
        return Record(self._action(), report)

    def _to_a_person(self, said: list[Line]) -> tuple[Next, Expects]:
        """Put through while the desk is open; a call-back is owed until somebody took the call."""
        chosen = self._chosen
        self._owe_call("asked")
        if chosen.desk_phone and opening_hours.is_open(chosen.hours, self.at):
            said.append(self._line("call.connect"))
            note(self.session, self.here, self.thread, "put_through", self.at)
            url = announce_url(self.here, self.call.provider_id)
            return Connect(self._action(), chosen.desk_phone, self.call.our_number, url), Expects.CONNECT
        said.append(self._when_we_call())
        return HangUp(), Expects.NOTHING

    def _after_connecting(self, dialled: str) -> str:
        if dialled in _PUT_THROUGH:
            call_backs.settle(self.session, self.thread.conversation_id)
            note(self.session, self.here, self.thread, "taken", self.at)
            return self._say([], HangUp(), Expects.NOTHING)
        note(self.session, self.here, self.thread, "not_taken", self.at)
        return self._say([self._line("call.no_answer"), self._when_we_call()], HangUp(), Expects.NOTHING)

    def _after_message(self, pressed: Pressed) -> str:
        """A spoken message for the desk, or silence where one was awaited: a person calls either way."""
        was_door = self.call.expects == Expects.DOOR
        if isinstance(pressed.input, Recording):
            id_ = self._recorded(pressed.input.id, pressed.seconds)
            row = self._heard(Recording(id_))
            if row is not None and not was_door:
                turns.add_messages(self.session, (row,))
            if was_door:
                self._step(Answered(self.at, Channel.VOICE, Digits(_FOR_A_PERSON)), Recording(id_))
        elif was_door:
            self._step(Answered(self.at, Channel.VOICE, Digits(_FOR_A_PERSON)), None)
        self._owe_call("interpreter" if was_door else "question")
        if was_door:
            return self._say([self._line("call.interpreter")], HangUp(), Expects.NOTHING)
        thanks = [self._line("call.recorded")] if isinstance(pressed.input, Recording) else []
        return self._say([*thanks, self._when_we_call()], HangUp(), Expects.NOTHING)

    def _end_long_call(self) -> str:
        self._step(Answered(self.at, Channel.VOICE, Digits(_FOR_A_PERSON)), None)
        self._owe_call("asked")
        return self._say([self._line("call.long")], HangUp(), Expects.NOTHING)

    def _say(self, said: list[Line], after: Next, expects: Expects) -> str:
        document = voice.render(self._sayable(said, after), after, self.here.words, self.here.sounds.play)
        calls.keep(self.session, self.here.keys, self.thread.key, self.call, document, expects, self.turn)
        return document

    def _sayable(self, said: list[Line], after: Next) -> list[Line]:
        """What is heard of this. No call ends in silence: where words lack, that an interpreter calls, or Dutch."""
        heard = [each for each in said if self.here.sounds.can_say(each)]
        if heard or not said:
            return heard
        if self.here.sounds.level(said[0].language) is Level.DOOR:
            return [self._line("call.interpreter")] if isinstance(after, HangUp) else []
        wording = self.here.wording_of(self.here.form)
        return [line(each.key, SOURCE, wording, dict(each.values)) for each in said]

    # --- calls we owe ------------------------------------------------------------------------------------------------

    def _owe_call(self, reason: str) -> None:
        due = self._next_opening or self.at
        call_backs.ask(self.session, self.thread.desk_id, self.thread.conversation_id, reason, due, self.at)

    def _when_we_call(self) -> Line:
        """At the first possible moment where the hours are known, else by the day we promise."""
        opens = self._next_opening
        if opens is not None:
            local = opens.astimezone(BRUSSELS)
            return self._line("call.back_at", day=local.date().isoformat(), time=f"{local:%H:%M}")
        by = local_day(self.at) + timedelta(days=self._chosen.promise_days)
        return self._line("call.back", by=by.isoformat())

    @property
    def _next_opening(self) -> datetime | None:
        """None while the desk is open, or when its hours are not known."""
        hours = self._chosen.hours
        return None if opening_hours.is_open(hours, self.at) else opening_hours.next_opening(hours, self.at)

    # --- small things ------------------------------------------------------------------------------------------------

    @property
    def _chosen(self) -> Choices:
        return self.here.seen(self.front)[1]

    @property
    def _offered(self) -> tuple[str, ...]:
        return self.here.heard(self.front).languages

    def _is_spoken(self) -> bool:
        """Whether this family's language can be spoken to at all; a person can, with an interpreter."""
        state = states.load(self.thread.state)
        return LANGUAGE not in state.family or self.here.sounds.level(state.language) is not Level.NONE

    def _line(self, key: str, language: str = "", **values: str) -> Line:
        return line(key, language or self.thread.language, self.here.wording_of(self.here.form), values)

    def _recorded(self, provider_id: str, seconds: int) -> str:
        return recordings.record(self.session, self.thread, provider_id, seconds, self.at)

    def _action(self) -> str:
        """Where the answer goes: it names call, turn and language, and cannot be made up."""
        call, turn = self.call.provider_id, self.turn
        query = {"call": call, "turn": turn, "lang": self.thread.language, "mac": mac_of(self.here, call, turn)}
        return f"{self.here.public_url}/twilio/voice/turn?{urlencode(query)}"

    def _may_text(self, number: str, state: State) -> bool:
        is_allowed = state.family.get("contact") in (None, "call_text") and not self.thread.opted_out
        return (
            is_allowed
            and not self.here.words[state.language].only_spoken
            and not (self.call.is_hidden or self.thread.cannot_text)
            and calls.since(self.session, self.thread.family_id, self.at - _DAY, Expects.TEXTED) < _TEXTS_A_DAY
            and is_mobile(number)
            and number.startswith(self._chosen.countries)
        )

    def _text(self, key: str, language: str) -> None:
        """A text message after the call."""
        prompt = Prompt(key)
        thread = addresses.written(self.session, self.here.keys, self.thread, self.at)
        for body in sms.render((prompt,), language, self.here.wording_of(self.here.form)):
            turns.add_message(
                self.session, self.here.keys, thread, direction="out", status="queued", at=self.at, due_at=self.at,
                segments=body.segments, body=body.text, prompts=dump_prompts((prompt,)),
            )  # fmt: skip


def note(session: Session, here: Installation, thread: Thread, what: str, at: datetime) -> None:
    """What happened, on the timeline."""
    turns.add_message(
        session, here.keys, thread, direction="event", status="kept", at=at, question=what, body="{}",
        channel=Channel.VOICE.value,
    )  # fmt: skip


def mac_of(here: Installation, call_id: str, turn: int) -> str:
    return here.keys.blind("turn", f"{call_id}:{turn}")[:24]


def announce_url(here: Installation, call_id: str) -> str:
    query = urlencode({"call": call_id, "leg": "desk", "mac": mac_of(here, call_id, -1)})
    return f"{here.public_url}/twilio/voice/turn?{query}"
