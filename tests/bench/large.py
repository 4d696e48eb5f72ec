"""What a large register still answers at once: `python -m tests.bench.large [REGISTRATIONS [DESKS]]`.

A million at three hundred desks by default; 100000 30 is as much for each desk, and quicker.

The queue, a conversation, who may be the same child, the yearly counts, and a spreadsheet with names, whose memory is
that of a process of its own.
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from fastapi.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from channels import simulator
from flows.engine.turn import local_day
from intake import exporting, service, uniqueness
from intake.conversations import receive
from intake.installation import Installation
from intake.reports import Wanted, counts
from intake.settings import Settings
from intake.web.app import make_app
from storage import clock, desks, exports, queue, registrations, staff
from storage.database import Database, Session
from tests.bench import processors
from tests.bench.million import DESKS, fill
from tests.intake.pages import Browser

_SHEET, _TIMES = 100_000, 9  # rows; how often something is measured
_OURS, _PUBLIC = "+3290000000", "https://loket.example"  # the number of the first desk
_STORY = ("dag", "1", "02-2026", "9000", "1", "1", "1", "1", "3", "1 3", "Samira", "3", "1", "2")
Row = tuple[str, str, str]  # what, found, goal


def measure(rows: int, many: int = DESKS) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), demo=True, public_url=_PUBLIC)
        service.migrate(settings)
        keys, database = service.opened(settings)
        here, now = service.load(keys, settings), clock.system_now()
        began = time.perf_counter()
        fill(database, keys, rows, now, many)
        yield (f"{rows:,} registrations, made in", f"{time.perf_counter() - began:.0f} s", "none")
        yield from _pages(settings, database, here, now)
        with database.read() as session:
            yield from _counts(session, here, now)
        database.close()
        yield from _sheet(folder)


def _pages(settings: Settings, database: Database, here: Installation, now: datetime) -> Iterator[Row]:
    """A family texts the first desk a whole request; a colleague of that desk looks at it."""
    id_ = _text(database, here, now)
    database.write(_account).result()
    server = _Timed(make_app(settings, database, here))
    browser = Browser(TestClient(server, base_url=_PUBLIC))
    browser.sign_in("balie", "balie")
    with database.read() as session:
        every = [desk.id for desk in desks.everything(session)]
        one = frozenset(each for each in every if desks.front(session, each).slug == "desk-0")
        listed = _median(lambda: (queue.queue(session, one, "waiting", "", now), queue.counts(session, one, "", now)))
        (mine,) = registrations.of_conversation(session, here.keys, id_)
        looked = _median(lambda: uniqueness.candidates(session, here, mine))
    yield (f"queue, {len(every)} desks", _ms(listed), "≤ 20 ms")
    yield ("candidates for one new registration", _ms(looked), "≤ 10 ms")
    for address, what in (("/desk", "the queue as a page"), (f"/desk/conversations/{id_}", "a conversation as a page")):
        for _ in range(_TIMES):
            browser.client.get(address).raise_for_status()
        yield (what, _ms(statistics.median(server.took[-_TIMES:])), "≤ 20 ms" if address == "/desk" else "≤ 30 ms")


class _Timed:
    """How long the service takes for each answer, in seconds: without what asks for it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app, self.took = app, list[float]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        await self._app(scope, receive, send)
        self.took.append(time.perf_counter() - began)


def _counts(session: Session, here: Installation, now: datetime) -> Iterator[Row]:
    every = [desk.id for desk in desks.everything(session)]
    wanted = Wanted(local_day(now).year - 1)
    mine = _median(lambda: counts(session, here, wanted, now, frozenset(every[:1])))
    yield ("yearly counts, one desk", _ms(mine), "≤ 50 ms")
    then = Wanted(wanted.year, known_on=now - timedelta(days=30))
    yield (
        "… as known a month ago",
        _ms(_median(lambda: counts(session, here, then, now, frozenset(every[:1])))),
        "none",
    )
    took = _median(lambda: counts(session, here, wanted, now, frozenset(every)), 3)
    yield ("yearly counts, all desks", f"{took:.1f} s", "≤ 3 s")


def _sheet(folder: str) -> Iterator[Row]:
    """In a process of its own: how long, and how much more memory than before."""
    found = subprocess.run(
        [sys.executable, "-m", "tests.bench.large", "--sheet", folder], capture_output=True, text=True, check=True
    )
    rows, seconds, megabytes = found.stdout.split()
    yield (f"a spreadsheet of {int(rows):,} requests", f"{seconds} s, {megabytes} MB more", "≤ 150 MB more")


def _make_sheet(folder: str) -> None:
    settings = Settings(data_dir=Path(folder))
    keys, database = service.opened(settings)
    here = service.load(keys, settings)
    with database.read() as session:
        every = frozenset(desk.id for desk in desks.everything(session))
        year = local_day(clock.system_now()).year
        ids = list(islice((id_ for back in range(5) for id_ in exports.of_year(session, every, year - back)), _SHEET))
        exporting.as_xlsx(exporting.rows(session, here, ids[:10]))  # loads what it needs
        before, began = _forget_the_peak(), time.perf_counter()
        exporting.as_xlsx(exporting.rows(session, here, ids))
    database.close()
    print(len(ids), f"{time.perf_counter() - began:.0f}", f"{_peak() - before:.0f}")


def _forget_the_peak() -> float:
    """Memory in use, MB. From here on `_peak` tells of what comes: to find so many numbers took more for a moment."""
    Path("/proc/self/clear_refs").write_text("5")
    return processors.memory([os.getpid()])


def _peak() -> float:
    """The most memory that was in use, MB."""
    (line,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(line) / 1024


def _text(database: Database, here: Installation, now: datetime) -> str:
    id_ = None
    for text in _STORY:
        inbound = simulator.parse(text, "+32499000001", _OURS, now)
        id_ = database.write(lambda session, inbound=inbound: receive(session, here, inbound)).result()  # type: ignore[misc]
    assert id_
    return str(id_)


def _account(session: Session) -> None:
    desk = desks.by_slug(session, "desk-0")
    assert desk is not None
    staff.add(session, clock.system_now(), "balie", "coordinator", [desk.id])
    session.flush()
    account = staff.find(session, "balie")
    assert account is not None
    account.password, account.invitation = staff.hash_password("balie"), ""
    session.add(account)


def _median(work: Callable[[], object], times: int = _TIMES) -> float:
    work()
    took = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return statistics.median(took)


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


def main() -> None:
    if sys.argv[1:2] == ["--sheet"]:
        _make_sheet(sys.argv[2])
        return
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else int(os.environ.get("BENCH_ROWS", "1000000"))
    for what, found, goal in measure(rows, int(sys.argv[2]) if len(sys.argv) > 2 else DESKS):
        print(f"{what:<44}{found:<24}goal {goal}", flush=True)


if __name__ == "__main__":
    main()
