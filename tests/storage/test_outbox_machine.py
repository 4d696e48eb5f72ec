"""The outbox and the desk's leases under random acts: one message of a conversation on its way at a time, never backwards."""

import os
import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlmodel import Session, select

from storage import conversations, desks, outbox, staff
from storage.database import Database
from storage.keys import Keys
from storage.models import Conversation, Message
from tests.databases import migrated_sqlite
from tests.storage.test_turns import NOW, hear, say

EXAMPLES = int(os.environ.get("MACHINE_EXAMPLES", "8"))
_FINAL = {"delivered": ("delivered", "read"), "read": ("read",), "failed": ("failed",)}


class Outbox(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name)
        self.keys, self.database = Keys.create(path / "keys.json"), Database(migrated_sqlite(path / "machine.db"))
        self.now, self.ids, self.ends = NOW, 0, dict[str, str]()
        self.desk_id = self._do(self._desk)
        thread = self._do(hear(self.keys, self.desk_id, "SM0", "hallo"))
        assert thread
        self.thread = thread
        self.staff = [self._do(lambda session, name=name: self._account(session, name)) for name in ("an", "bo")]
        self.holds: tuple[str, object] | None = None

    def _do(self, work):  # type: ignore[no-untyped-def]
        return self.database.write(work).result()

    def _desk(self, session: Session) -> str:
        return desks.add(session, self.keys, NOW, "gent", "Gent", "+3290000001", ["9000"], desks.Choices()).id

    def _account(self, session: Session, name: str) -> str:
        staff.add(session, NOW, name, "worker", [self.desk_id])
        found = staff.find(session, name)
        assert found
        return found.id

    def _in(self, *statuses: str) -> list[str]:
        with self.database.read() as session:
            statement = select(Message.id).where(Message.direction == "out").order_by(Message.id)
            return [each for each in session.exec(statement) if session.get_one(Message, each).status in statuses]

    @rule(many=st.integers(1, 3))
    def a_colleague_or_the_bot_writes(self, many: int) -> None:
        self._do(say(self.keys, self.thread, *("tekst" for _ in range(many))))

    @rule(minutes=st.integers(0, 3))
    def time_goes_on_and_a_worker_claims(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        first = self._in("queued", "unknown", "sending")[:1]
        due = self._do(lambda session: outbox.claim(session, self.keys, self.now))
        assert len(due) <= 1 and [each.id for each in due] in ([], first)  # the oldest that is not done, alone

    @precondition(lambda self: self._in("sending"))
    @rule(what=st.sampled_from(["sent", "retry", "unknown", "failed"]))
    def the_provider_answers(self, what: str) -> None:
        (id_,) = self._in("sending")
        self.ids += 1
        works = {
            "sent": lambda session: outbox.sent(session, id_, f"SM-{self.ids}"),
            "retry": lambda session: outbox.retry(session, id_, self.now, "too_fast"),
            "unknown": lambda session: outbox.unknown(session, id_, self.now, "unreachable"),
            "failed": lambda session: outbox.failed(session, id_, "refused"),
        }
        self._do(works[what])

    @precondition(lambda self: self.ids > 0)
    @rule(
        number=st.integers(1, 20), status=st.sampled_from(["queued", "sending", "sent", "delivered", "read", "failed"])
    )
    def a_report_comes(self, number: int, status: str) -> None:
        name = f"SM-{number % self.ids + 1}"
        self._do(lambda session: outbox.apply_status(session, "twilio", name, status, "", self.now))

    @rule(who=st.integers(0, 1))
    def somebody_takes_the_conversation(self, who: int) -> None:
        mine = self.staff[who]
        with self.database.read() as session:
            holder = conversations.holder(session.get_one(Conversation, self.thread.conversation_id), self.now)
        got = self._do(lambda session: conversations.claim(session, self.thread.conversation_id, mine, self.now))
        assert got == (holder in (None, mine))

    @invariant()
    def one_at_a_time_and_never_backwards(self) -> None:
        assert len(self._in("sending")) <= 1
        with self.database.read() as session:
            for row in session.exec(select(Message).where(Message.direction == "out")):
                assert row.status in _FINAL.get(self.ends.get(row.id, ""), (row.status,))
                self.ends[row.id] = row.status

    def teardown(self) -> None:
        self.database.close()
        self.folder.cleanup()


TestOutbox = Outbox.TestCase
TestOutbox.settings = settings(
    max_examples=EXAMPLES, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
