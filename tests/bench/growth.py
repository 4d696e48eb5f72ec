"""`make growth`: from a thousand conversations to a million with ten million messages; what everything takes then.

A table is filled with rows as large as sealed ones are, in the order of time, and at each size real families text, a
colleague opens real pages, the worker makes its round. What takes longer with every row that was ever kept shows here.
`GROWTH_ROWS` conversations (1000000) of `GROWTH_MESSAGES` messages (10), at `GROWTH_URL` (SQLite in a new folder).
"""

import asyncio
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlmodel import select

from channels import simulator
from intake import own_data, service, worker
from intake.conversations import receive
from intake.installation import Installation
from intake.reports import Wanted, counts
from intake.settings import Settings
from intake.web import cookies
from intake.web.app import make_app
from storage import clock, dispatch, erasure, queue, retention, sessions, staff, turns
from storage.database import Database, Session
from storage.models import Conversation, Registration
from tests.bench.million import WAITING, some, some_desks
from tests.faults.families import PUBLIC, SCRIPT

ROWS = int(os.environ.get("GROWTH_ROWS", "1000000"))
MESSAGES = int(os.environ.get("GROWTH_MESSAGES", "10"))
URL = os.environ.get("GROWTH_URL", "")
_DESKS, _CHUNK = 25, 2_000
_STATE, _BODY, _PROMPTS = 1200, 200, 120  # bytes, sealed
_FAMILIES = 12  # that text us at each size


@dataclass
class Grown:
    """One installation that grows. `many`: the conversations that were put in."""

    settings: Settings
    database: Database
    here: Installation
    desks: list[tuple[str, bytes]]
    now: datetime
    client: TestClient
    many: int = 0
    chance: random.Random = field(default_factory=lambda: random.Random(1))
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def write(self, work: Any) -> Any:
        return self.database.write(work).result()

    def grow(self, to: int) -> None:
        while self.many < to:
            some = min(_CHUNK, to - self.many)
            self.write(partial(self._put, first=self.many, many=some))
            self.many += some

    def _put(self, session: Session, first: int, many: int) -> None:
        state = self.chance.randbytes(_STATE)
        talks = some(session, self.here.keys, self.desks, self.now, self.chance, first, many, state)
        turns.add_messages(
            session,
            [
                self._message(talk, talk["opened_at"] + timedelta(minutes=minutes), is_ours=minutes % 2 == 1)
                for talk in talks for minutes in range(MESSAGES)
            ],
        )  # fmt: skip

    def _message(self, talk: dict[str, Any], at: datetime, *, is_ours: bool) -> dict[str, Any]:
        id_ = f"{int(at.timestamp() * 1000):012x}{self.chance.getrandbits(80):020x}"  # `new_id` never goes back in time
        return {
            "id": id_, "desk_id": talk["desk_id"], "family_id": talk["family_id"],
            "conversation_id": talk["id"], "contact_id": talk["contact_id"], "direction": "out" if is_ours else "in",
            "channel": "sms", "provider": "twilio", "provider_id": f"SM{self.chance.getrandbits(128):032x}",
            "status": "delivered" if is_ours else "received", "error": "", "question": "", "segments": 1,
            "attempts": 1, "at": at, "due_at": at, "body": self.chance.randbytes(_BODY),
            "prompts": self.chance.randbytes(_PROMPTS), "buttons": None, "author": None, "lease_until": None,
        }  # fmt: skip

    def text(self, number: str, words: str, at: datetime) -> str:
        inbound = simulator.parse(words, number, "+3290000000", at)
        return str(self.write(lambda session: receive(session, self.here, inbound)))


def main() -> None:
    print(f"{MESSAGES} messages each, {_DESKS} desks, {WAITING} wait at each; load {os.getloadavg()[0]:.1f}\n")
    with tempfile.TemporaryDirectory() as folder:
        grown = _installation(Path(folder))
        columns: list[dict[str, float]] = []
        for size in _sizes():
            began = time.perf_counter()
            grown.grow(size)
            columns.append({"filled in, s": time.perf_counter() - began, **_measure(grown)})
            print(f"  … {size:,} conversations", flush=True)
        grown.database.close()
    print(f"\n{'':<34}" + "".join(f"{size:>12,}" for size in _sizes()))
    for name in columns[0]:
        print(f"{name:<34}" + "".join(f"{column[name]:>12.1f}" for column in columns))


def _sizes() -> list[int]:
    return [size for size in (1_000, 10_000, 100_000, 1_000_000, 10_000_000) if size < ROWS] + [ROWS]


def _installation(folder: Path) -> Grown:
    settings = Settings(data_dir=folder, public_url=PUBLIC, database_url=URL, test=True, metrics_token=SecretStr("m"))
    service.migrate(settings)
    keys, database = service.opened(settings)
    here, now = service.load(keys, settings), clock.system_now()
    made = database.write(partial(some_desks, keys=keys, now=now, many=_DESKS)).result()
    cookie = database.write(partial(_account, desk_id=made[0][0], now=now)).result()
    client = TestClient(make_app(settings, database, here, lambda: now), base_url=PUBLIC)
    client.cookies.set(cookies.name(settings, cookies.Cookie.SESSION), cookie)
    return Grown(settings, database, here, made, now, client)


def _account(session: Session, desk_id: str, now: datetime) -> str:
    staff.add(session, now, "mieke", "coordinator", [desk_id])
    account = staff.find(session, "mieke")
    assert account
    return sessions.begin(session, account.id, now, timedelta(days=2), "")


def _measure(grown: Grown) -> dict[str, float]:
    """Milliseconds, but where the name says otherwise."""
    turns, families = list[float](), []
    for _ in range(_FAMILIES):
        number = f"+3248{next(grown.numbers):07d}"
        for minutes, words in enumerate(SCRIPT):
            began = time.perf_counter()
            id_ = grown.text(number, words, grown.now + timedelta(seconds=minutes))
            turns.append(time.perf_counter() - began)
        families.append((number, id_))
    number, id_ = families[0]
    with grown.database.read() as session:
        (reference,) = (row.reference for row in _requests(session, id_))
    found = {"turn, median": statistics.median(turns) * 1000, "turn, p99": sorted(turns)[-2] * 1000}
    for what, address in {
        "queue": "/desk", "queue, what is closed": "/desk?show=closed", "conversation": f"/desk/conversations/{id_}",
        "search by the request's number": f"/desk?q={reference}", "search by telephone": f"/desk?q=%2B{number[1:]}",
        "search by name": "/desk?q=Noor", "who looked at a family": f"/desk/audit/conversations/{id_}",
    }.items():  # fmt: skip
        found[what] = _median(lambda address=address: _page(grown, address))
    found["/metrics"] = _median(lambda: _page(grown, "/metrics"))
    return found | _behind(grown, families) | _size(grown)


def _behind(grown: Grown, families: list[tuple[str, str]]) -> dict[str, float]:
    """What nobody sees happen."""
    here, now = grown.here, grown.now + timedelta(hours=1)
    claim = lambda: grown.write(lambda session: dispatch.claim(session, here.keys, now, limit=5))  # noqa: E731
    found = {
        "worker: claims five to send": _median(claim),
        "worker: a round of promises": _median(
            lambda: asyncio.run(worker.look_after(grown.database, here, now, 30)), 3
        ),
        "retention, what is due": _median(lambda: grown.write(lambda session: retention.plan(session, now)), 1),
    }
    with grown.database.read() as session:
        desk, year = frozenset({grown.desks[0][0]}), grown.now.year - 1
        found["next family"] = _median(lambda: queue.next_free(session, desk, "", now))
        found["yearly counts, one desk"] = _median(lambda: counts(session, here, Wanted(year), now, desk))
        reference = _requests(session, families[1][1])[0].reference
        family_id = session.get_one(Conversation, families[2][1]).family_id
    collect = partial(own_data.collect, keys=here.keys, reference=reference, now=now)
    found["all about one family"] = _median(lambda: grown.write(collect))
    found["erasing one family"] = _median(lambda: grown.write(partial(erasure.erase, family_id=family_id, at=now)), 1)
    return found


def _size(grown: Grown) -> dict[str, float]:
    if not grown.database.is_sqlite:
        with grown.database.read() as session:
            size = session.connection().exec_driver_sql("select pg_database_size(current_database())").scalar_one()
    else:
        path = Path(grown.settings.database.removeprefix("sqlite:///"))
        size = sum(each.stat().st_size for each in path.parent.glob(f"{path.name}*"))
    return {"database, MB": size / 1e6, "kB a conversation": size / 1e3 / grown.many}


def _requests(session: Session, id_: str) -> list[Registration]:
    return list(session.exec(select(Registration).where(Registration.conversation_id == id_)))


def _page(grown: Grown, address: str) -> None:
    answer = grown.client.get(address, headers={"Authorization": "Bearer m"})
    assert answer.status_code == 200, (address, answer.status_code)


def _median(work: Callable[[], object], times: int = 5) -> float:
    """Milliseconds; the first time, which makes caches, does not count unless it is the only one."""
    took = []
    for _ in range(times + (times > 1)):
        began = time.perf_counter()
        work()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took[1:] or took)


if __name__ == "__main__":
    main()
