"""Three families, two colleagues and the worker in any order: nothing lost, nothing twice, one request per child.

Families answer what is asked, and everything else: commands, odd words, the same message again; they fall silent for
hours, days and a month. After each act the promises of this service are looked at from outside, in the database.
"""

import asyncio
import json
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule
from sqlmodel import Session, col, func, select

from channels.base import Inbound
from flows import state as states
from flows.state import State
from intake import desk, worker
from intake.desk import Act, DeskError
from storage import dispatch
from storage.models import Contact, Conversation, Family, Message, Registration
from tests.machines.ground import SETTINGS, Machine

NUMBERS = ("+32470000001", "+32470000002", "+32470000003")
FITTING = {  # what a family may say to each question
    "language": ("1", "2"), "purpose": ("1", "1", "1", "2", "3", "4"), "birth": ("02-2026", "05-2024", "07-2026"),
    "place": ("9000", "gent", "8000"), "start": ("1", "09-2026"), "continue": ("1", "1", "2"),
    "contact": ("1", "1", "2", "3", "4"), "contact_number": ("0470999888",), "contact_time": ("3",),
    "urgent_reason": ("1", "3", "4"), "extended": ("5", "1 3"), "parent_name": ("Noor", "Jan Peeters"),
    "support": ("1", "3", "3", "2"), "summary": ("1", "1", "8"), "change": ("1", "2", "4", "8"),
    "another_child": ("1", "2"), "resume": ("1", "1", "2", "3"), "again": ("1", "2", "3"),
}  # fmt: skip
WORDS = (
    "stop", "start", "help", "status", "terug", "0", "9", "*", "#", "mens", "privacy", "vergeet mij", "opnieuw", "taal",
    "weet ik niet", "zeg ik niet", "herhaal", "code", "hallo", "bonjour", "hello", "ja", "nee", "1", "2", "7", "merci",
    "", "👍", "ik zoek opvang voor mijn zoon van 8 maanden in gent", "een ander gezin", "opvang", "31-02-2026",
)  # fmt: skip
SILENCES = (timedelta(minutes=5), timedelta(hours=3), timedelta(hours=13), timedelta(hours=26), timedelta(days=8),
            timedelta(days=16), timedelta(days=32))  # fmt: skip
RANK = {"ticket": 0, "draft": 1, "complete": 2}
ACTS = {
    "claim": Act.claim, "take_over": Act.take_over, "beat": Act.heartbeat, "release": Act.release, "close": Act.close,
    "hand_back": Act.hand_back, "reply": lambda act: act.reply("We bellen u morgen."), "keep": Act.keep,
    "note": lambda act: act.note("belde"),
    "snooze": lambda act: act.snooze((act.now + timedelta(days=3)).date().isoformat(), "vakantie"),
}  # fmt: skip


class Families(Machine):
    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[Inbound, str]] = []
        self.references: dict[str, str] = {}
        self.ranks: dict[str, int] = {}
        self.owed: set[str] = set()  # conversations in which a person was promised and nobody answered yet

    def rows(self, model, *conditions):  # type: ignore[no-untyped-def]
        with self.world.database.read() as session:
            return session.exec(select(model).where(*conditions).order_by(model.id)).all()

    def open_one(self, number: str) -> Conversation | None:
        blind = self.world.here.keys.blind("phone", number)
        with self.world.database.read() as session:
            contact = session.exec(select(Contact).where(Contact.blind == blind)).first()
            if contact is None:
                return None
            statement = select(Conversation).where(
                Conversation.contact_id == contact.id, Conversation.status != "closed"
            )
            return session.exec(statement.order_by(col(Conversation.id).desc())).first()

    def many_said(self) -> int:
        with self.world.database.read() as session:
            return session.exec(select(func.count()).select_from(Message).where(Message.direction == "out")).one()

    def say(self, number: str, words: str) -> None:
        before, said = self.open_one(number), self.many_said()
        inbound, id_ = self.world.text(number, words)
        assert id_ is not None
        self.told.append((inbound, id_))
        (after,) = self.rows(Conversation, Conversation.id == id_)
        new = self.many_said() - said
        if before is not None and before.status == "with_desk":
            assert new == 0, "the bot is silent while a colleague answers"
        if (before is None or before.status == "with_bot") and words != "stop":
            assert new >= 1, "who is with the bot is answered"
        if after.status == "waiting" and (before is None or before.status == "with_bot"):
            self.owed.add(id_)

    @rule(who=st.sampled_from(NUMBERS), picks=st.lists(st.integers(0, 9), min_size=1, max_size=12))
    def a_family_answers_what_is_asked(self, who: str, picks: list[int]) -> None:
        for pick in picks:
            talk = self.open_one(who)
            fitting = FITTING.get(talk.asking, ("1", "2")) if talk else ("dag",)
            self.say(who, fitting[pick % len(fitting)])

    @rule(who=st.sampled_from(NUMBERS), words=st.sampled_from(WORDS))
    def a_family_says_something_else(self, who: str, words: str) -> None:
        self.say(who, words)

    @precondition(lambda self: self.told)
    @rule(which=st.integers(0, 10_000))
    def the_provider_brings_a_message_again(self, which: int) -> None:
        inbound, _ = self.told[which % len(self.told)]
        if self.world.now - inbound.at > timedelta(days=13):
            return  # no provider does, and after fourteen days we would not know
        before = self.everything()
        assert self.world.hear(inbound) is None
        assert self.everything() == before

    @rule(silence=st.sampled_from(SILENCES))
    def time_goes_on(self, silence: timedelta) -> None:
        """What nobody asked for goes only to who said that we may write."""
        end, before = self.world.now + silence, {row.id for row in self.rows(Message)}
        while self.world.now < end:  # the worker looks after it every minute
            self.world.goes_on(min(max(timedelta(hours=8), silence / 4), end - self.world.now))
            asyncio.run(worker.look_after(self.world.database, self.world.here, self.world.now, 30))
        for row in self.rows(Message, Message.direction == "out", col(Message.id).not_in(before)):
            assert self.state(row.conversation_id).family.get("contact") == "call_text"
        self.forget_the_erased()

    @precondition(lambda self: self.told)
    @rule(which=st.integers(0, 10_000), who=st.integers(0, 1), what=st.sampled_from(sorted(ACTS)))
    def a_colleague_does_something(self, which: int, who: int, what: str) -> None:
        id_, before = self.told[which % len(self.told)][1], self.everything()
        person, at, do = self.world.people[who], self.world.now, ACTS[what]
        try:
            self.world.do(lambda session: desk.act(session, self.world.here, person, id_, at, do))
        except DeskError:
            assert self.everything() == before, "what is refused changes nothing"
            return
        if what in ("reply", "close", "hand_back", "snooze"):
            self.owed.discard(id_)

    @rule()
    def a_worker_sends(self) -> None:
        for due in self.world.do(lambda session: dispatch.claim(session, self.world.here.keys, self.world.now)):
            name = f"SMf{next(self.world.ids):031x}"
            self.world.do(lambda session, id_=due.id, name=name: dispatch.sent(session, id_, name))

    def state(self, id_: str) -> State:
        with self.world.database.read() as session:
            row = session.get_one(Conversation, id_)
            key = session.get_one(Family, row.family_id).key
            assert key is not None
            return states.load(self.world.here.keys.open(key, "conversation", "state", row.id, row.state))

    def everything(self) -> object:
        return [[row.model_dump() for row in self.rows(model)] for model in (Conversation, Message, Registration)]

    def forget_the_erased(self) -> None:
        with self.world.database.read() as session:
            kept = {row.id for row in session.exec(select(Conversation)) if session.get_one(Family, row.family_id).key}
        self.told = [each for each in self.told if each[1] in kept]
        self.owed &= kept

    @invariant()
    def the_promises_hold(self) -> None:
        self.nothing_is_lost_and_nothing_counts_twice()
        self.a_child_has_one_request_that_only_goes_forward()
        with self.world.database.read() as session:
            self.a_conversation_is_what_its_state_says(session)
        self.a_number_that_said_stop_gets_nothing()
        self.what_is_said_can_be_read()

    def nothing_is_lost_and_nothing_counts_twice(self) -> None:
        heard = [(row.provider_id, row.conversation_id) for row in self.rows(Message, Message.direction == "in")]
        assert heard == [(inbound.id, id_) for inbound, id_ in self.told]

    def a_child_has_one_request_that_only_goes_forward(self) -> None:
        found = self.rows(Registration)
        assert len({(row.conversation_id, row.child) for row in found}) == len(found)
        assert len({row.reference for row in found}) == len(found)
        for row in found:
            assert self.references.setdefault(row.id, row.reference) == row.reference
            assert RANK[row.state] >= self.ranks.get(row.id, 0)
            self.ranks[row.id] = RANK[row.state]

    def a_conversation_is_what_its_state_says(self, session: Session) -> None:
        talks = [row for row in session.exec(select(Conversation)) if session.get_one(Family, row.family_id).key]
        still = [row.family_id for row in talks if row.status != "closed"]
        assert len(still) == len(set(still)), "at most one is open per family"
        for row in talks:
            state = self.state(row.id)
            assert states.load(states.dump(state)) == state
            assert (row.status, row.asking) == (state.status.value, state.asking)
            if row.status == "with_bot" and state.family:  # not for who said "stop" as its first word
                assert state.asking or state.asides, "no dead end: something is asked"
            if row.id in self.owed and row.status != "closed":
                assert row.waiting_since is not None, "only a person ends a wait"
            kept = {
                each.child: each.state
                for each in session.exec(select(Registration).where(Registration.conversation_id == row.id))
            }
            for child in state.children:
                if child.registered:
                    assert RANK[kept[child.id]] >= RANK[child.registered]

    def a_number_that_said_stop_gets_nothing(self) -> None:
        with self.world.database.read() as session:
            stopped = {row.id for row in session.exec(select(Contact)) if row.opted_out}
            last = {}
            for row in session.exec(select(Message).order_by(col(Message.id))):
                last.setdefault(row.contact_id, []).append(row)
            for contact in stopped & set(last):
                after = last[contact]
                places = [place for place, row in enumerate(after) if row.direction == "in"]
                tail = after[places[-1] + 1 :] if places else after
                assert not [row for row in tail if row.direction == "out" and row.status == "queued" and not row.author]

    def what_is_said_can_be_read(self) -> None:
        with self.world.database.read() as session:
            for row in session.exec(select(Message).where(Message.direction == "out")):
                key = session.get_one(Family, row.family_id).key
                if key is not None and row.body is not None:
                    assert self.world.here.keys.open(key, "message", "body", row.id, row.body).strip()
                if key is not None and row.prompts is not None:
                    assert json.loads(self.world.here.keys.open(key, "message", "prompts", row.id, row.prompts))


TestFamilies = Families.TestCase
TestFamilies.settings = SETTINGS
