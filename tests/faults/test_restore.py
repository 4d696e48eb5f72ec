"""The machine is gone: a backup made while families text, restored elsewhere; what came since is had from the provider."""

import asyncio
import random
import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from channels import twilio
from intake import backups, reconciling, service, tombstones
from intake.conversations import receive
from intake.installation import Installation
from intake.settings import Settings
from storage import audit, clock, desks, erasure
from storage.database import Database
from storage.models import Conversation, Message, Registration
from tests.databases import new_database
from tests.faults.families import OURS, SCRIPT
from tests.faults.table import Tell, size
from tests.intake.test_reconciling import Twilio, history

DRILLS = size("DRILLS", 2)
_WAYS = (("sqlite", "postgresql"), ("postgresql", "sqlite"), ("sqlite", "sqlite"), ("postgresql", "postgresql"))
_FAMILIES = 6


@dataclass
class Families:
    """They text in turn, each its story; what was taken stands at the provider too. `told`: number -> ids."""

    database: Database
    here: Installation
    provider: Twilio
    since: datetime
    told: dict[str, list[str]] = field(default_factory=dict)
    sent: int = 0

    def text(self, many: int) -> None:
        for _ in range(many):
            step, family = divmod(self.sent, _FAMILIES)
            if step == len(SCRIPT):
                return
            self.sent += 1
            number = f"+3247000{family:04d}"
            at = self.since + timedelta(seconds=self.sent // 20)  # several within one second
            sid = self.provider.text(self.sent, SCRIPT[step], at, number)
            inbound = twilio.parse([("MessageSid", sid), ("From", number), ("To", OURS), ("Body", SCRIPT[step])], at)
            self.database.write(lambda session, inbound=inbound: receive(session, self.here, inbound)).result()
            self.told.setdefault(number, []).append(sid)

    def erase_one(self, settings: Settings) -> None:
        with self.database.read() as session:
            heard = session.exec(select(Message).where(Message.provider_id == next(iter(self.told.values()))[0])).one()
        self.database.write(lambda session: erasure.erase(session, heard.family_id, clock.system_now())).result()
        with self.database.read() as session:
            tombstones.keep(settings.erased, erasure.tombstones(session))
        del self.told[next(iter(self.told))]


@pytest.fixture
def provider() -> Iterator[Twilio]:
    with Twilio() as found:
        yield found


def test_every_drill_brings_everything_back(tmp_path: Path, postgresql: str, provider: Twilio, tell: Tell) -> None:
    identity, public = backups.new_identity()
    keys_file = tmp_path / "keys.json"
    here: Installation | None = None
    total: Counter[str] = Counter()
    dice = random.Random(20)
    for drill in range(DRILLS):
        before, after = _WAYS[drill % len(_WAYS)]
        folder = tmp_path / str(drill)
        with new_database(postgresql) as one, new_database(postgresql) as other:
            settings = Settings(
                data_dir=folder / "old", keys_file=keys_file, backup_key=public,
                database_url=one if before == "postgresql" else "",
            )  # fmt: skip
            service.migrate(settings)
            here = here or service.load(service.opened(settings)[0], settings)
            there = settings.model_copy(
                update={"data_dir": folder / "new", "database_url": other if after == "postgresql" else ""}
            )
            total += _drill(settings, there, here, provider, identity, dice)
    tell(
        "the machine is gone: restored, and the rest from the provider",
        DRILLS,
        total["lost"],
        total["doubled"],
        "DRILLS",
    )
    assert total == Counter(whole=DRILLS)


def _drill(
    settings: Settings, there: Settings, here: Installation, provider: Twilio, identity: str, dice: random.Random
) -> Counter[str]:
    provider.messages.clear()
    _, database = service.opened(settings)
    begun = clock.system_now().replace(microsecond=0)
    database.write(
        lambda session: desks.add(session, here.keys, begun, "gent", "Gent", OURS, ["9000"], desks.Choices())
    ).result()
    families = Families(database, here, provider, begun)
    families.text(dice.randrange(20, 40))
    going_on = threading.Thread(target=families.text, args=(20,))
    going_on.start()
    file = settings.data_dir / "night.age"
    backups.backup(settings, file)
    going_on.join()
    families.text(dice.randrange(5, 20))
    families.erase_one(settings)
    database.close()

    there.data_dir.mkdir()
    for kept in (file, settings.erased):
        shutil.copy2(kept, there.data_dir)
    if settings.database_url == "":
        shutil.rmtree(settings.data_dir)
    _, again = backups.restore(there, there.data_dir / file.name, identity)
    _, found = service.opened(there)
    try:
        now = clock.system_now() + timedelta(minutes=5)
        asyncio.run(reconciling.reconcile(found, here, history(provider), now, begun - timedelta(hours=1)))
        return _judge(found, families, again)
    finally:
        found.close()


def _judge(database: Database, families: Families, erased_again: int) -> Counter[str]:
    """What was lost or doubled of what families sent; "whole" when everything else is as it was as well."""
    with database.read() as session:
        heard: dict[str, list[str]] = {}
        for row in session.exec(select(Message).where(Message.direction == "in").order_by(Message.id)):
            heard.setdefault(row.conversation_id, []).append(row.provider_id)
        states = session.exec(select(Conversation.asking)).all()
        assert audit.verify(session) is None and erased_again == 1
        assert len(states) == len(session.exec(select(Registration)).all()) == len(families.told)
    kept = Counter(id_ for ids in heard.values() for id_ in ids)
    told = {id_ for ids in families.told.values() for id_ in ids}
    is_whole = sorted(heard.values()) == sorted(families.told.values())  # each family's in its order
    found = {"lost": len(told - set(kept)), "doubled": sum(kept.values()) - len(kept), "whole": int(is_whole)}
    return Counter({name: many for name, many in found.items() if many})
