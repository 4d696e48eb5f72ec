"""Who answers a family, under any order of acts by three colleagues: one at a time, and nobody who did not take it."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from intake import desk
from intake.desk import Act, DeskError
from storage import conversations, leases, queue
from storage.models import Conversation
from tests.intake.test_conversations import ALL
from tests.machines.ground import SETTINGS, Machine

WHO = st.integers(0, 2)
FAMILY = "+32470000001"


class Leases(Machine):
    """The model: who holds it until when. Every act must succeed exactly when the model says so."""

    def __init__(self) -> None:
        super().__init__()
        for words in ALL:
            _, found = self.world.text(FAMILY, words)
        assert found
        self.id, self.held_by, self.until = found, None, self.world.now

    @property
    def holder(self) -> int | None:
        return self.held_by if self.until > self.world.now else None

    def act(self, who: int, do, *, works: bool) -> None:  # type: ignore[no-untyped-def]
        try:
            self.world.do(self._work(who, do))
        except DeskError as problem:
            assert not works, str(problem)
        else:
            assert works

    def _work(self, who: int, do):  # type: ignore[no-untyped-def]
        person, at = self.world.people[who], self.world.now
        return lambda session: desk.act(session, self.world.here, person, self.id, at, do)

    def hold(self, who: int | None) -> None:
        self.held_by, self.until = who, self.world.now + leases.CLAIM

    @rule(minutes=st.sampled_from([0, 1, 4, 9, 10, 11, 45]))
    def time_goes_on(self, minutes: int) -> None:
        self.world.goes_on(timedelta(minutes=minutes))

    @rule(who=WHO)
    def somebody_takes_it(self, who: int) -> None:
        works = self.holder in (None, who)
        self.act(who, Act.claim, works=works)
        if works:
            self.hold(who)

    @rule(who=WHO)
    def a_page_is_still_open(self, who: int) -> None:
        works = self.holder == who
        self.act(who, Act.heartbeat, works=works)
        if works:
            self.hold(who)

    @rule(who=WHO)
    def somebody_takes_it_over(self, who: int) -> None:
        self.act(who, Act.take_over, works=True)
        self.hold(who)

    @rule(who=WHO, what=st.sampled_from([Act.release, Act.hand_back]))
    def somebody_lets_it_go(self, who: int, what) -> None:  # type: ignore[no-untyped-def]
        works = self.holder == who
        self.act(who, what, works=works)
        if works:
            self.hold(None)

    @rule(who=WHO, to=WHO)
    def somebody_hands_it_over(self, who: int, to: int) -> None:
        works = self.holder == who and to != who
        name = f"staff:{self.world.people[to].id}"
        self.act(who, lambda act: act.hand_over(name, "kijk eens", is_agreed=False), works=works)
        if works:
            self.hold(None)

    @rule(who=WHO)
    def somebody_answers(self, who: int) -> None:
        self.act(who, lambda act: act.reply("We bellen u morgen."), works=self.holder == who)

    @rule(who=WHO)
    def somebody_notes_something(self, who: int) -> None:
        self.act(who, lambda act: act.note("belde, nam niet op"), works=True)

    @rule()
    def the_family_writes(self) -> None:
        assert self.world.text(FAMILY, "nog een vraag")[1] == self.id

    @rule(first=WHO, second=WHO)
    def two_take_it_in_one_moment(self, first: int, second: int) -> None:
        both = [self.world.database.write(self._work(who, Act.claim)) for who in (first, second)]
        took = [who for who, future in zip((first, second), both, strict=True) if future.exception() is None]
        assert all(isinstance(each.exception(), DeskError | None) for each in both)
        able = {who for who in (first, second) if self.holder in (None, who)}
        assert set(took) <= able and (len(set(took)) == 1) == bool(able)
        if took:
            self.hold(took[0])

    @rule(who=WHO)
    def somebody_asks_for_the_next_family(self, who: int) -> None:
        """Never one that a colleague holds."""
        with self.world.database.read() as session:
            found = queue.next_free(session, frozenset({self.world.desk_id}), self.world.people[who].id, self.world.now)
        if found is not None:
            assert self.holder is None

    @invariant()
    def everybody_sees_the_same_holder(self) -> None:
        with self.world.database.read() as session:
            found = conversations.holder(session.get_one(Conversation, self.id), self.world.now)
        assert found == (None if self.holder is None else self.world.people[self.holder].id)


TestLeases = Leases.TestCase
TestLeases.settings = SETTINGS
