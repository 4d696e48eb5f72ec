"""What people at the desk do with a conversation. Each act is one transaction, seen on the timeline and in the audit.

Every act looks the conversation up within the person's own desks; who has not taken it cannot answer.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TypeVar

from flows import state as states
from flows.answers import Flag
from flows.definitions import REASONS, Outcome
from flows.engine import read_correction
from flows.engine.turn import local_day
from flows.events import Closed, Corrected, Event, StaffReleased, StaffTook
from flows.form import Form
from flows.grammar.phone import read_phone
from flows.state import CHILD, State, Status
from intake import opening_hours, promises, saying, together, uniqueness
from intake.installation import Installation
from intake.outcomes import wanted
from intake.problems import DeskError as DeskError
from intake.problems import not_there as not_there
from intake.registration import plain_name
from intake.saying import Saying
from intake.turn import Turn
from storage import (
    addresses,
    audit,
    conversations,
    desks,
    erasure,
    follow_ups,
    merging,
    queue,
    registrations,
    staff,
    turns,
)
from storage import together as friends
from storage.database import Session
from storage.models import Conversation, Registration
from storage.queue import Sought
from storage.staff import Person
from storage.turns import Thread

MAY: Mapping[str, frozenset[str]] = {  # role -> what it may; the routes name the same words
    "worker": frozenset({"queue", "act", "translate"}),
    "coordinator": frozenset(
        {"queue", "act", "translate", "phrases", "reports", "record", "export", "template", "import", "people", "audit"}
        | {"settings", "choose", "connect", "define", "conclude", "suggest", "file"}
    ),
    "administrator": frozenset(
        {"reports", "record", "template", "people", "audit", "translate", "settings", "connect", "status"}
    ),
    "auditor": frozenset({"reports", "audit", "settings"}),
    "referrer": frozenset({"refer"}),
    "translator": frozenset({"record", "translate", "suggest"}),
}
_FIRST_PAGES = {
    "queue": "/desk",
    "reports": "/reports",
    "suggest": "/desk/translations",
    "record": "/desk/voice",
    "refer": "/desk/refer",
}  # where whoever may do it begins
NOT_CORRECTED = (
    "language", "purpose", "information", "information_place", "information_next", "continue", "support", "summary",
    "another_child",
)  # steers, tells nothing  # fmt: skip
_LONGEST = {"reply": 1000, "note": 2000, "reason": 300}  # characters
_LONGEST_SNOOZE = timedelta(days=365)
_T = TypeVar("_T")


def first_page(role: str) -> str:
    """Where somebody with this role begins."""
    return next((page for what, page in _FIRST_PAGES.items() if what in MAY[role]), "/desk")


@dataclass(frozen=True)
class Act:
    """One person at work on one conversation, inside a transaction."""

    session: Session
    here: Installation
    person: Person
    thread: Thread
    now: datetime

    def claim(self) -> None:
        """Take it; the bot is silent from here on."""
        if self.thread.status == Status.CLOSED:
            raise DeskError(409, "This conversation is closed.")
        if not conversations.claim(self.session, self.thread.conversation_id, self.person.id, self.now):
            raise self._held()
        self._take_on()
        if self.thread.status != Status.WITH_DESK:
            self.note_event("claimed")
            self._take(StaffTook(self.now))

    def reopen(self) -> None:
        """One that was closed, by mistake or before there was something to tell: the family may be written to again."""
        if self.thread.status != Status.CLOSED:
            raise DeskError(409, "This conversation is open already.")
        if follow_ups.open_conversation(self.session, self.thread.family_id) is not None:
            raise DeskError(409, "This family has another conversation that is open: answer there.")
        conversations.claim(self.session, self.thread.conversation_id, self.person.id, self.now)
        self.note_event("reopened")
        self._take(StaffTook(self.now))

    def take_over(self) -> None:
        """From a colleague who holds it, and sees so at once."""
        row = self.session.get_one(Conversation, self.thread.conversation_id)
        held = conversations.holder(row, self.now)
        if held is not None and held != self.person.id:
            conversations.release(self.session, self.thread.conversation_id, held)
            name = staff.names_of(self.session, {held}).get(held, "")
            self.note_event("taken_over", {"from": name})
        self.claim()

    def _take_on(self) -> None:
        """It is this person's: not put off, handed to nobody else, looked at."""
        queue.snooze(self.session, self.thread.conversation_id, None)
        friends.handed_no_more(self.session, self.thread.conversation_id)
        friends.seen(self.session, self.thread.conversation_id, self.person.id)

    def hand_over(self, to: str, note: str, *, is_agreed: bool) -> None:
        """`to`: "staff:" or "desk:" and an id; `is_agreed`: the family wants another desk to have its request."""
        self._must_hold()
        why, (kind, _, id_) = written(note, "note"), to.partition(":")
        if kind == "desk" and not is_agreed:
            raise DeskError(422, "Ask the family first whether another desk may have its request.")
        if kind == "desk":
            moved, name = together.hand_to_desk(self.session, self.here, self.person, self.thread, id_, self.now)
            act = replace(self, thread=moved)
        else:
            act, name = self, together.hand_to(self.session, self.person, self.thread, id_, self.now)
        together.note(self.session, self.here, self.person, act.thread, why, self.now)
        act.note_event("handed_over", {"to": name})

    def seen(self) -> None:
        """Somebody asked to look, and this person did."""
        friends.seen(self.session, self.thread.conversation_id, self.person.id)

    def heartbeat(self) -> None:
        """Hold on to it while the page is open."""
        self._must_hold()
        conversations.claim(self.session, self.thread.conversation_id, self.person.id, self.now)

    def release(self) -> None:
        self._must_hold()
        conversations.release(self.session, self.thread.conversation_id, self.person.id)
        self.note_event("released")

    def hand_back(self) -> None:
        """The bot goes on with its questions."""
        self._must_hold()
        if self.thread.cannot_text:
            raise DeskError(409, "Nothing can be sent to this family. Ask the rest yourself.")
        conversations.release(self.session, self.thread.conversation_id, self.person.id)
        conversations.set_waiting(self.session, self.thread.conversation_id, None, "")
        self.note_event("handed_back")
        self._take(
            StaffReleased(self.now), saying.way(self.session, self.here, self.thread, self.now)
        )  # a call is over: the questions go on in writing

    def close(self) -> None:
        self._must_hold()
        conversations.release(self.session, self.thread.conversation_id, self.person.id)
        conversations.set_waiting(self.session, self.thread.conversation_id, None, "")
        self.note_event("closed")
        self._take(Closed(self.now))

    def phrase(self, key: str, given: Mapping[str, str], about: str = "") -> None:
        """A vetted phrase, in the family's language. `about`: the request it is about, where it asks something."""
        said = saying.phrase(self.session, self.here, self.thread, key, given, self.now)
        if key == saying.MAY_PASS_PHRASE and not about:
            kept = registrations.kept(self.session, self.thread.conversation_id)
            about = next(iter(kept.values())).id if len(kept) == 1 else ""  # of several: which one, nobody knows
        self._say(said, about)

    def reply(self, text: str) -> None:
        """A colleague's own words: they arrive as they are."""
        words = written(text, "reply")
        self._say(saying.own_words(self.session, self.here, self.thread, words, self.now))
        friends.keep_draft(self.session, self.here.keys, self.thread, self.person.id, "", self.now)

    def snooze(self, on: str, reason: str) -> None:
        """Put off to a day, or until the family writes. `on`: ISO 8601."""
        self._must_hold()
        why = written(reason, "reason")
        try:
            day = date.fromisoformat(on)
        except ValueError:
            raise DeskError(422, "Give a date.") from None
        today = local_day(self.now)
        if not today < day <= today + _LONGEST_SNOOZE:
            raise DeskError(422, "Choose a day after today, within a year.")
        if self.thread.status == Status.CLOSED:
            raise DeskError(409, "This conversation is closed.")
        _, chosen = self.here.desk(self.session, self.thread.desk_id)
        hours = chosen.hours or promises.USUAL_HOURS
        queue.snooze(self.session, self.thread.conversation_id, opening_hours.start_of_day(hours, day))
        conversations.release(self.session, self.thread.conversation_id, self.person.id)
        self.note_event("snoozed", {"until": day.isoformat(), "reason": why})

    def note(self, text: str) -> None:
        """For colleagues alone. Those it names (@name) find it under what is theirs."""
        body = written(text, "note")
        together.mention(self.session, self.person, self.thread, body, self.now)
        together.note(self.session, self.here, self.person, self.thread, body, self.now)

    def part(self, contact_id: str) -> None:
        """Take an address off this family that was joined to it by mistake."""
        self._must_hold()
        if not addresses.part(self.session, self.here.keys, self.thread, contact_id):
            raise DeskError(422, "This address cannot be taken off: the conversation began there.")
        self.note_event("parted")

    def keep(self) -> None:
        """The family changed its mind: nothing is erased."""
        self._must_hold()
        if not erasure.stop(self.session, self.thread.conversation_id):
            raise DeskError(409, "Nothing is going to be erased.")
        self.note_event("kept")

    def _say(self, said: Saying, about: str = "") -> None:
        self._must_hold()
        if self.thread.opted_out:
            raise DeskError(409, "This family asked us to send no more messages. Call instead.")
        if self.thread.cannot_text:
            raise DeskError(409, "This number cannot receive text messages. Call instead.")
        saying.send(self.session, self.here, self.person, self.thread, said, self.now, about)

    def correct(self, row: Registration, key: str, text: str) -> None:
        """Put another answer in place; guards and flags follow."""
        self.must_decide()
        form = self.here.form_of(self.session, self.thread.form)
        if key not in correctable(form):
            raise DeskError(422, "Choose a question.")
        desk, _ = self.here.desk(self.session, self.thread.desk_id)
        state = states.load(self.thread.state)
        value = read_correction(form, state, key, text, desk, self.now) if text.strip() else None
        if value is None:
            raise DeskError(422, "We could not read this answer. Write it as a family would, for example: 02-2026.")
        child = row.child if form.question(key).scope == CHILD else None
        self.note_event("corrected", {"key": key, "child": row.child})
        self._take(Corrected(self.now, key, value, child))

    def override(self, row: Registration, flag: str, value: bool | None, reason: str) -> None:
        """A colleague decides a category, and says why."""
        self.must_decide()
        if flag not in {each.value for each in Flag}:
            raise DeskError(422, "Choose a category.")
        why = written(reason, "reason")
        registrations.override(self.session, self.here.keys, row, flag, value, self.now, self.person.id)
        conversations.set_need(self.session, self.thread.conversation_id)
        self.note_event("decided", {"flag": flag, "value": value, "reason": why, "child": row.child})

    def set_outcome(self, row: Registration, chosen: str, on: str) -> None:
        """`chosen`: a code, or code:reason; `on`: since which day, ISO 8601."""
        self.must_decide()
        want = wanted(chosen, on, local_day(self.now))
        if want.since < row.asked_on:
            raise DeskError(422, "The date must lie between the day of the request and today.")
        registrations.set_outcome(
            self.session, self.here.keys, row, want.outcome.value, want.reason, want.since, self.person.id, self.now
        )
        self.note_event("outcome", {"outcome": chosen, "child": row.child})

    def same_child(self, row: Registration, other_id: str) -> None:
        """Two requests are for one child: they count once, as the one that was asked first."""
        self.must_decide()
        other = registrations.get(self.session, other_id, self.person.desk_ids)
        if other is None or other.desk_id != row.desk_id or other.conversation_id == row.conversation_id:
            raise DeskError(422, "Choose a request of the same desk and of another conversation.")
        for each in sorted((row, other), key=lambda each: each.id):
            self.session.refresh(each, with_for_update=True)  # two colleagues may decide at once
        if row.same_as or other.same_as:
            raise DeskError(409, "One of these is counted with another request already. Undo that first.")
        goes, stays = uniqueness.direction(row, other)
        merging.merge(self.session, goes, stays, self.person.id, self.now)
        self.note_event("merged", {"goes": goes.reference, "stays": stays.reference})

    def own_request(self, row: Registration) -> None:
        """Counted with another one by mistake: it counts for itself again."""
        self.must_decide()
        if not row.same_as:
            raise DeskError(409, "This request counts for itself.")
        merging.undo(self.session, row, self.person.id, self.now)
        self.note_event("unmerged", {"goes": row.reference})

    def _take(self, event: Event, thread: Thread | None = None) -> State:
        self.session.flush()  # the turn reads anew what stands in the database
        front = desks.front(self.session, self.thread.desk_id)
        turn = Turn(self.session, self.here, front, thread or self.thread, self.now, author=self.person.id)
        return turn.take(event)

    def must_decide(self) -> None:
        """A closed conversation is nobody's: about its request anything may be noted at any time."""
        if self.thread.status != Status.CLOSED:
            self._must_hold()

    def _must_hold(self) -> None:
        row = self.session.get_one(Conversation, self.thread.conversation_id)
        if conversations.holder(row, self.now) != self.person.id:
            raise self._held()

    def _held(self) -> DeskError:
        row = self.session.get_one(Conversation, self.thread.conversation_id)
        name = staff.names(self.session).get(conversations.holder(row, self.now) or "")
        if name:
            return DeskError(409, "%(name)s is answering this family. Wait until it is free.", name=name)
        return DeskError(409, "Take this conversation first.")

    def note_event(self, what: str, more: Mapping[str, object] | None = None) -> None:
        turns.add_message(
            self.session, self.here.keys, self.thread, direction="event", status="kept", at=self.now, question=what,
            author=self.person.id, body=json.dumps(more or {}, ensure_ascii=False),
        )  # fmt: skip
        audit.add(self.session, self.now, self.thread.desk_id, self.person.id, what, self.thread.conversation_id)


def act(
    session: Session, here: Installation, person: Person, conversation_id: str, now: datetime,
    do: Callable[[Act], _T],
) -> _T:  # fmt: skip
    """`do` on a conversation of the person's desks. Raises `DeskError`."""
    thread = turns.of_conversation(session, here.keys, conversation_id, person.desk_ids)
    if thread is None:
        raise not_there()
    return do(Act(session, here, person, thread, now))


def take_next(session: Session, here: Installation, person: Person, now: datetime, language: str = "") -> str:
    """The family that needs help most, taken; its conversation. Raises `DeskError` when nobody waits.

    `language`: only of those who speak it."""
    id_ = queue.next_free(session, person.desk_ids, person.id, now, language)
    if id_ is None and language:
        raise DeskError(404, "Nobody who speaks this language waits just now. Choose all languages in the queue.")
    if id_ is None:
        raise DeskError(404, "Nobody waits for an answer just now.")
    act(session, here, person, id_, now, Act.claim)
    return id_


def sought(text: str) -> Sought:
    """The number of a request, a telephone number, or a name."""
    digits = "".join(text.split())
    return Sought(
        digits if registrations.is_reference(digits) else "", read_phone(text) or "", plain_name(f"text:{text}")
    )


def act_on_request(
    session: Session, here: Installation, person: Person, registration_id: str, now: datetime,
    do: Callable[[Act, Registration], None],
) -> str:  # fmt: skip
    """The same on one request; returns its conversation."""
    row = registrations.get(session, registration_id, person.desk_ids)
    if row is None:
        raise not_there()
    act(session, here, person, row.conversation_id, now, lambda each: do(each, row))
    return row.conversation_id


def correctable(form: Form) -> tuple[str, ...]:
    """Questions whose answers a colleague may put right."""
    return tuple(question.id for question in form.questions if question.id not in NOT_CORRECTED)


def outcomes() -> tuple[str, ...]:
    """Every outcome with each of its reasons: "open", "no_place:full", …"""
    return tuple(
        f"{outcome.value}:{reason}" if reason else outcome.value
        for outcome in Outcome
        for reason in REASONS.get(outcome, ("",))
    )


def written(text: str, what: str) -> str:
    """What somebody typed, not empty and not too long. Raises `DeskError`."""
    cleaned = text.strip()
    if not cleaned:
        raise DeskError(422, "Write something first.")
    if len(cleaned) > _LONGEST[what]:
        raise DeskError(422, "This is too long: at most %(most)s characters.", most=_LONGEST[what])
    return cleaned
