"""A request that a colleague keys in: somebody at the counter, on the desk's phone, or on an organiser's printed form.

The same questions in the same order on one page, read as a family's answers are; three of them make it count.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from flows import categories
from flows import state as states
from flows.answers import Answer, Kind
from flows.desk import Desk
from flows.engine import needless, read_correction, start, step
from flows.engine.turn import local_day
from flows.events import Corrected, Prompt
from flows.form import Question
from flows.grammar.phone import read_phone
from flows.state import CHILD
from intake.desk import NOT_CORRECTED, Act, DeskError
from intake.installation import Installation
from intake.turn import Turn, open_conversation
from storage import addresses, audit, desks, registrations, turns
from storage.database import Session
from storage.ids import new_id
from storage.models import Desk as Row
from storage.staff import Person
from storage.turns import Thread

CHANNEL = "desk"
SOURCES = ("organiser",)  # beside the family itself
_NUMBER = "contact_number"
_FIRST = ("language", _NUMBER)  # asked apart: for whom, and how to reach them
_NEEDED = ("birth", "place", "start")
_EXAMPLE = re.compile(r"\b[Bb]ijvoorbeeld:? (.+?)(?:\.$|, of:)")
_CHOSEN = (Kind.CHOICE, Kind.YES_NO)


@dataclass(frozen=True)
class Field:
    """One question on the page. `options`: what can be chosen, (what is sent, label); `several`: more than one."""

    key: str
    label: str
    hint: str
    part: int
    options: tuple[tuple[str, str], ...]
    several: bool
    required: bool


def fields(here: Installation, desk: Desk, today: date) -> Iterator[Field]:
    """In the order of the form; what a desk does not ask is left out."""
    wording = here.wording_of(here.form)
    for question in _asked(here, desk, today):
        prompt = Prompt(question.id, (), question.choices, question.id)
        options = tuple((choice.number, wording.choice(prompt, choice, "nl")) for choice in question.choices)
        is_chosen = question.kind in (*_CHOSEN, Kind.SEVERAL)
        examples = (_example(question), *(" = ".join(each) for each in options))
        yield Field(
            question.id, question.label, "" if is_chosen else ", ".join(filter(None, examples)), question.part,
            options if is_chosen else (), question.kind is Kind.SEVERAL, question.id in _NEEDED,
        )  # fmt: skip


def _example(question: Question) -> str:
    """What its example for families shows, alone: "Stuur de maand, bijvoorbeeld 09-2026, of:" is 09-2026."""
    found = _EXAMPLE.search(question.example)
    return found[1] if found else ""


def keep(
    session: Session, here: Installation, person: Person, slug: str, given: Mapping[str, str], now: datetime
) -> str:
    """The conversation of the new request, taken by who keyed it in. Raises `DeskError`; `wrong` names the question."""
    desk = own_desk(session, person, slug)
    thread = fill_in(session, here, desk.id, _address(session, here, given, now), given, now)
    turns.add_message(
        session, here.keys, thread, direction="event", status="kept", at=now, question="keyed_in", author=person.id
    )
    audit.add(session, now, desk.id, person.id, "keyed_in", thread.conversation_id)
    if given.get("source") == SOURCES[0]:
        registrations.set_source(session, thread.conversation_id, SOURCES[0], now, person.id)
    kept = turns.of_conversation(session, here.keys, thread.conversation_id, person.desk_ids)
    assert kept is not None
    Act(session, here, person, kept, now).claim()
    return thread.conversation_id


def own_desk(session: Session, person: Person, slug: str) -> Row:
    """One of the person's own. Raises `DeskError`."""
    desk = next((each for each in desks.everything(session) if each.slug == slug and each.id in person.desk_ids), None)
    if desk is None:
        raise DeskError(422, "Choose a desk.")
    return desk


def fill_in(
    session: Session, here: Installation, desk_id: str, address: Thread, given: Mapping[str, str], now: datetime,
    left_out: Collection[str] = (),
) -> Thread:  # fmt: skip
    """A conversation with every question answered that has an answer, its request complete. Raises `DeskError`."""
    front = desks.front(session, desk_id)
    seen, _ = here.seen(front)
    thread = _begin(session, here, seen, address, desk_id, given, now)
    for question in _asked(here, seen, local_day(now)):
        text = "" if question.id in left_out else given.get(question.id, "").strip()
        if not text and question.id in _NEEDED:
            raise WrongField(question.id, "Fill in: %(label)s.", question.label)
        if text:
            thread = _answer(session, here, front, thread, question, text, seen, now)
    return _take(session, here, front, thread, Corrected(now, "summary", "right", 1), now)


def not_needed(here: Installation, desk: Desk, given: Mapping[str, str], now: datetime) -> frozenset[str]:
    """The fields that can change nothing any more, by what is filled in so far: the stop rule of the conversation."""
    state = start(here.form, desk, now)
    told = {"language": given.get("language") or "nl", "purpose": "own"}
    for key, value in told.items():
        state, _ = step(here.form, state, Corrected(now, key, value, None), desk)
    for question in _asked(here, desk, local_day(now)):
        text = given.get(question.id, "").strip()
        read = read_correction(here.form, state, question.id, text, desk, now) if text else None
        if read is not None:
            child = 1 if question.scope == CHILD else None
            state, _ = step(here.form, state, Corrected(now, question.id, read, child), desk)
    return needless(here.form, state, desk, now)


class WrongField(DeskError):
    """A field that could not be read. `field`: the question."""

    def __init__(self, field: str, sentence: str, label: str) -> None:
        super().__init__(422, sentence, label=label)
        self.field = field


def _asked(here: Installation, desk: Desk, today: date) -> tuple[Question, ...]:
    """Those of the conversation; what no rule in force today uses is asked of nobody."""
    left_out = {*NOT_CORRECTED, *_FIRST} | (set() if desk.days_asked else {"days"})
    return tuple(
        each
        for each in here.form.questions
        if each.id not in left_out and (not each.relevant.matters or categories.matters(each.id, {}, today, desk.rules))
    )


def _address(session: Session, here: Installation, given: Mapping[str, str], now: datetime) -> Thread:
    """The family's number; without one nobody can be written to, and the request counts all the same."""
    number = number_in(given)
    if number is None:
        return nobody(session, here, now)
    found = turns.thread(session, here.keys, "phone", number, now)
    if found.conversation_id:
        raise DeskError(409, "This number has an open conversation. Search for it, and go on there.")
    return found


def number_in(given: Mapping[str, str]) -> str | None:
    """The family's number. Raises `WrongField` for something else."""
    text = given.get(_NUMBER, "").strip()
    number = read_phone(text)
    if text and number is None:
        raise WrongField(_NUMBER, "This is not a telephone number: %(label)s.", text)
    return number


def nobody(session: Session, here: Installation, now: datetime) -> Thread:
    """A new family that cannot be written to."""
    found = turns.thread(session, here.keys, CHANNEL, f"{addresses.NOBODY}{new_id(now)}", now)
    return addresses.without_number(session, found)


def _begin(
    session: Session, here: Installation, desk: Desk, address: Thread, desk_id: str, given: Mapping[str, str],
    now: datetime,
) -> Thread:  # fmt: skip
    language = given.get("language", "")
    address = address._replace(
        desk_id=desk_id, channel=CHANNEL, provider="", language=language if language in here.words else "nl",
        our_number=addresses.number_for(session, desk_id, "sms") or "",
    )  # fmt: skip
    thread = open_conversation(session, here, address, desk, now)
    front = desks.front(session, desk_id)
    for key, value in (("language", address.language), ("purpose", "own")):
        thread = _take(session, here, front, thread, Corrected(now, key, value, None), now)
    if number := read_phone(given.get(_NUMBER, "")):
        thread = _take(session, here, front, thread, Corrected(now, _NUMBER, number, None), now)
    return thread


def _answer(
    session: Session, here: Installation, front: desks.Front, thread: Thread, question: Question, text: str,
    desk: Desk, now: datetime,
) -> Thread:  # fmt: skip
    value: Answer | None = read_correction(here.form, states.load(thread.state), question.id, text, desk, now)
    if value is None:
        raise WrongField(question.id, "We could not read this: %(label)s.", question.label)
    child = 1 if question.scope == CHILD else None
    return _take(session, here, front, thread, Corrected(now, question.id, value, child), now)


def _take(
    session: Session, here: Installation, front: desks.Front, thread: Thread, event: Corrected, now: datetime
) -> Thread:
    turn = Turn(session, here, front, thread, now)
    turn.take(event)
    return turn.thread
