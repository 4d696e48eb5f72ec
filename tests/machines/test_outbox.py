"""Messages on their way by two workers that stall, die and start again, to a provider that refuses, loses and reports.

What the provider does is decided when it is asked; its answer comes later, in any order, or never. Whoever looks a
message up finds what was taken. So nothing may go out twice, nor out of order, nor vanish.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule
from sqlmodel import Session, col, select

from intake import desk
from intake.desk import Act
from storage import dispatch, outbox
from storage.dispatch import Due
from storage.models import Message
from tests.machines.ground import SETTINGS, Machine

FAMILIES = ("+32470000001", "+32470000002")
RANK = {"queued": 0, "sending": 0, "unknown": 0, "sent": 1, "delivered": 2, "read": 3, "failed": 4}
FATES = (("sent", "delivered", "read"), ("sent", "delivered"), ("sent",), ("sent", "failed"), ())


@dataclass(frozen=True)
class Held:
    """One attempt that a worker has begun: what it will write when its provider's answer is here."""

    due: Due
    what: str  # sent, refused, unknown, too_fast
    name: str  # the provider's, of what was taken


class Outbox(Machine):
    def __init__(self) -> None:
        super().__init__()
        self.talks = [self.world.text(number, "dag")[1] for number in FAMILIES]
        for id_ in self.talks:
            self.world.do(partial(self._act, id_=id_, do=Act.claim))
        self.workers: list[list[Held]] = [[], []]
        self.taken: dict[str, list[str]] = defaultdict(list)  # our id -> the provider's names for it
        self.arrived: dict[str, list[str]] = defaultdict(list)  # conversation -> our ids as they were taken
        self.reports: list[tuple[str, str]] = []  # name, status: still to come, or to come again
        self.ranks: dict[str, int] = {}

    def _act(self, session: Session, id_: str, do) -> None:  # type: ignore[no-untyped-def]
        desk.act(session, self.world.here, self.world.people[0], id_, self.world.now, do)

    def rows(self) -> list[Message]:
        with self.world.database.read() as session:
            return list(session.exec(select(Message).where(Message.direction == "out").order_by(col(Message.id))))

    @rule(which=st.integers(0, 1), many=st.integers(1, 3))
    def a_colleague_writes(self, which: int, many: int) -> None:
        for _ in range(many):
            self.world.do(partial(self._act, id_=self.talks[which], do=Act.take_over))
            self.world.do(partial(self._act, id_=self.talks[which], do=lambda act: act.reply("We bellen u.")))

    @rule(seconds=st.sampled_from([1, 20, 61, 130, 4000]))
    def time_goes_on(self, seconds: int) -> None:
        self.world.goes_on(timedelta(seconds=seconds))

    @rule(
        which=st.integers(0, 1),
        outcomes=st.lists(st.sampled_from("tttxlnu"), min_size=2, max_size=2),
        fate=st.sampled_from(FATES),
    )
    def a_worker_claims_and_sends(self, which: int, outcomes: list[str], fate: tuple[str, ...]) -> None:
        """t: taken · x: refused for ever · l: taken, the answer lost · n: not taken, the answer lost · u: too fast."""
        due = self.world.do(lambda session: dispatch.claim(session, self.world.here.keys, self.world.now))
        assert len({each.conversation_id for each in due}) == len(due), "one of a conversation at a time"
        for each, outcome in zip(due, outcomes, strict=False):
            self.workers[which].append(self._send(each, outcome, fate))

    def _send(self, due: Due, outcome: str, fate: tuple[str, ...]) -> Held:
        if due.was_unknown and self.taken[due.id]:
            return Held(due, "sent", self.taken[due.id][0])
        if outcome in "tl":
            name = f"SMf{next(self.world.ids):031x}"
            self.taken[due.id].append(name)
            self.arrived[due.conversation_id].append(due.id)
            self.reports += [(name, status) for status in fate]
            return Held(due, "sent" if outcome == "t" else "unknown", name)
        return Held(due, {"x": "refused", "n": "unknown", "u": "too_fast"}[outcome], "")

    @precondition(lambda self: any(self.workers))
    @rule(which=st.integers(0, 1), place=st.integers(0, 9))
    def an_answer_comes(self, which: int, place: int) -> None:
        held = self.workers[which] or self.workers[1 - which]
        self._write(held.pop(place % len(held)))

    def _write(self, held: Held) -> None:
        id_, attempt, later = held.due.id, held.due.attempts, self.world.now + timedelta(seconds=5)
        match held.what:
            case "sent":
                work = partial(dispatch.sent, message_id=id_, provider_id=held.name)
            case "refused":
                work = partial(outbox.given_up, message_id=id_, attempt=attempt, code="refused")
            case "unknown":
                work = partial(outbox.unknown, message_id=id_, attempt=attempt, due_at=later, code="unreachable")
            case _:
                work = partial(outbox.retry, message_id=id_, attempt=attempt, due_at=later, code="too_fast")
        self.world.do(work)

    @rule(which=st.integers(0, 1))
    def a_worker_is_killed(self, which: int) -> None:
        self.workers[which].clear()

    @precondition(lambda self: self.reports)
    @rule(place=st.integers(0, 99), again=st.booleans())
    def a_report_comes(self, place: int, again: bool) -> None:
        name, status = self.reports[place % len(self.reports)]
        if not again:
            self.reports.remove((name, status))
        self.world.do(lambda session: outbox.apply_status(session, "twilio", name, status, "", self.world.now))

    @invariant()
    def nothing_goes_back_or_twice_or_past_another(self) -> None:
        for row in self.rows():
            assert RANK[row.status] >= self.ranks.get(row.id, 0), "what was sent is not sent again"
            self.ranks[row.id] = RANK[row.status]
            assert len(self.taken[row.id]) <= 1, "taken once"
        assert all(ids == sorted(ids) for ids in self.arrived.values()), "in the order they were written"

    def teardown(self) -> None:
        """Everything settles: what was taken is known as sent, what was not has its reason."""
        for name, status in self.reports:
            self.world.do(
                lambda session, n=name, s=status: outbox.apply_status(session, "twilio", n, s, "", self.world.now)
            )
        for _ in range(60):
            for worker in self.workers:
                while worker:
                    self._write(worker.pop())
            self.world.goes_on(timedelta(minutes=2))
            self.a_worker_claims_and_sends(0, ["t", "t"], ())
            self.nothing_goes_back_or_twice_or_past_another()
            if not self.workers[0]:
                break
        self.world.do(lambda session: outbox.settle_early(session, self.world.now))
        for row in self.rows():
            assert row.status in ("sent", "delivered", "read", "failed")
            assert bool(self.taken[row.id]) == bool(row.provider_id) and (row.provider_id or row.error)
        super().teardown()


TestOutbox = Outbox.TestCase
TestOutbox.settings = SETTINGS
