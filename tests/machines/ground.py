"""What every machine starts from: a desk with three colleagues, in a database of its own that was migrated once."""

import os
import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine
from sqlmodel import SQLModel

from channels import twilio
from channels.base import Inbound
from intake import installation
from intake.conversations import receive
from intake.installation import Installation
from storage import desks, schema, staff
from storage.database import Database, Session
from storage.keys import Keys
from storage.staff import Person
from tests.databases import migrated_sqlite, scratch

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OURS = "+3290000001"
EXAMPLES = int(os.environ.get("MACHINE_EXAMPLES", "4"))
POSTGRESQL = os.environ.get("MACHINE_DATABASE_URL", "")  # an empty database there instead of SQLite
SETTINGS = settings(
    max_examples=EXAMPLES, stateful_step_count=20 if EXAMPLES < 10 else 40, deadline=None,
    derandomize="MACHINE_EXAMPLES" not in os.environ, suppress_health_check=list(HealthCheck),
    report_multiple_bugs=False,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to make it smaller takes minutes
)  # fmt: skip


@dataclass
class World:
    """One installation. `now` is the time there; it only goes on."""

    database: Database
    here: Installation
    folder: Path
    now: datetime = NOW
    desk_id: str = field(init=False)
    people: tuple[Person, ...] = field(init=False)
    ids: Any = field(init=False, default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.desk_id = self.do(self._found)
        self.people = self.do(self._colleagues)

    def do(self, work: Any) -> Any:
        """In one transaction; raises what `work` raises."""
        return self.database.write(work).result()

    def text(self, sender: str, words: str) -> tuple[Inbound, str | None]:
        """A family texts; what came in, and its conversation."""
        fields = {"MessageSid": f"SM{next(self.ids):032x}", "From": sender, "To": OURS, "Body": words, "NumMedia": "0"}
        inbound = twilio.parse(list(fields.items()), self.now)
        return inbound, self.hear(inbound)

    def hear(self, inbound: Inbound) -> str | None:
        found: str | None = self.do(lambda session: receive(session, self.here, inbound))
        return found

    def goes_on(self, by: timedelta) -> None:
        self.now += by

    def close(self) -> None:
        self.database.close()
        shutil.rmtree(self.folder)

    def _found(self, session: Session) -> str:
        choices = desks.Choices(languages=("nl", "fr", "en"), hours="Mo-Fr 09:00-17:00")
        desk = desks.add(session, self.here.keys, self.now, "gent", "Gent", OURS, ["9000"], choices)
        for name, role in (("an", "worker"), ("bo", "worker"), ("co", "coordinator")):
            staff.add(session, self.now, name, role, [desk.id])
        return desk.id

    def _colleagues(self, session: Session) -> tuple[Person, ...]:
        found = (staff.find(session, name) for name in ("an", "bo", "co"))
        return tuple(Person(each.id, each.username, each.role, frozenset({self.desk_id})) for each in found if each)


class Machine(RuleBasedStateMachine):
    """A machine with a world of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.world = fresh()

    def teardown(self) -> None:
        self.world.close()


def fresh() -> World:
    folder = Path(tempfile.mkdtemp(prefix="machine"))
    here = texts()
    if POSTGRESQL:
        database = Database(POSTGRESQL)
        schema.migrate(database)
        names = ", ".join(each.name for each in SQLModel.metadata.sorted_tables)
        database.write(lambda session: session.connection().exec_driver_sql(f"truncate {names} cascade")).result()
    else:
        database = Database(migrated_sqlite(folder / "machine.db"))
    return World(database, here, folder)


@cache
def texts() -> Installation:
    """Keys and texts: once in a process."""
    return installation.load(Keys.create(scratch("keys") / "keys.json"), "https://loket.example")
