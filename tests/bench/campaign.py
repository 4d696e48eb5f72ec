"""`make campaign`: a campaign day on PostgreSQL. Three hundred desks, web processes behind a plain proxy, workers.

Families text on a timetable, whether we are quick or not, and how long an answer took counts from the moment of the
timetable. Afterwards what was acknowledged, what was kept and what the provider took are held against each other.
"""

import asyncio
import csv
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

from sqlmodel import col, select
from twilio.request_validator import RequestValidator

from intake import service
from intake.settings import Settings
from storage import clock, desks, ledger
from storage.database import Database, Session
from storage.keys import Keys
from storage.models import Message
from storage.spool import Spool
from tests.bench import processors
from tests.faults.families import PUBLIC, TOKEN
from tests.faults.provider import Provider
from tests.faults.server import server
from tests.network import free_port, until, wait_until_it_listens
from tests.transcript import ROOT

_TEXTS = int(os.environ.get("CAMPAIGN_TEXTS", "5000"))
_SECONDS = float(os.environ.get("CAMPAIGN_SECONDS", "60"))
_DESKS = int(os.environ.get("CAMPAIGN_DESKS", "300"))
_LINES, _ANSWERS = 64, ("dag", "1", "02-2026", "", "1")  # connections; "": the desk's postcode
_PENDING = (
    select(Message.id)
    .where(Message.direction == "out", col(Message.status).in_(("queued", "sending", "unknown")))
    .limit(1)
)
_SLUG = "desk-{:03d}"


@dataclass
class Family:
    number: str
    desk: int
    postcode: str
    told: list[str] = field(default_factory=list)  # ids that were acknowledged

    @property
    def ours(self) -> str:
        return f"+3290{self.desk:06d}"


@dataclass
class Place:
    """One installation: its database, its provider, and the families that ever wrote."""

    folder: Path
    url: str
    provider: Provider
    database: Database
    keys: Keys
    postcodes: list[str]
    families: list[Family] = field(default_factory=list)

    @property
    def surroundings(self) -> dict[str, str]:
        """The environment of a process that serves it."""
        return {
            **os.environ, "INTAKE_DATA_DIR": str(self.folder), "INTAKE_DATABASE_URL": self.url,
            "INTAKE_PUBLIC_URL": PUBLIC, "TWILIO_ACCOUNT_SID": "AC" + "0" * 32, "TWILIO_AUTH_TOKEN": TOKEN,
            "INTAKE_TWILIO_API_BASE": self.provider.origin,
        }  # fmt: skip

    def more_families(self, texts: int) -> list[Family]:
        first = len(self.families)
        made = [self._family(number) for number in range(first, first + texts // len(_ANSWERS))]
        self.families += made
        return made

    def _family(self, number: int) -> Family:
        desk = number % len(self.postcodes)
        return Family(f"+3247{number:07d}", desk, self.postcodes[desk])

    def is_drained(self) -> bool:
        """Nothing to send, and nothing on the disk, where a text goes that was not written within ten seconds."""
        if not Spool(self.folder / "spool", self.keys).is_empty():
            return False
        with self.database.read() as session:
            return session.exec(_PENDING).first() is None


def main() -> None:
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} before we begin", flush=True)
    with server() as running, tempfile.TemporaryDirectory() as folder, place(Path(folder), running.url, _DESKS) as at:
        for what, found in (*campaign_day(at, _TEXTS, _SECONDS), *one_against_two(at, _TEXTS // 2)):
            print(f"{what:<58}{found}", flush=True)


def campaign_day(at: Place, texts: int, seconds: float, web: int = 2, workers: int = 2) -> list[tuple[str, str]]:
    """The burst, and how long until everything was sent. Raises `AssertionError` when anything was lost or doubled."""
    families = at.more_families(texts)
    with services(at, web, workers) as (port, parts):
        before, began = processors.used(parts), time.perf_counter()
        took = sorted(asyncio.run(burst(port, families, seconds)))
        answered = time.perf_counter() - began
        until(at.is_drained, 600)
        drained = time.perf_counter() - began
        share = processors.shares(before, processors.used(parts), drained)
    sent = compare(at)
    half, late = statistics.median(took), took[int(len(took) * 0.99)]
    return [
        (f"{len(took)} texts to {len(at.postcodes)} desks", f"all answered after {answered:.1f} s"),
        ("an answer, from the moment of the timetable: p50 · p99", f"{half * 1000:.0f} · {late * 1000:.0f} ms"),
        (
            f"{sent} answers, {web} web processes, {workers} workers",
            f"all sent after {drained:.1f} s, 0 lost, 0 doubled",
        ),
        ("processors meanwhile", share),
    ]


def one_against_two(at: Place, texts: int) -> list[tuple[str, str]]:
    """As fast as it goes: web processes alone that take in, then workers alone that send, one and then two of each."""
    found, rates = list[tuple[str, str]](), list[tuple[float, float]]()
    for many in (1, 2):
        families = at.more_families(texts)
        with services(at, many, 0) as (port, parts):
            before, began = processors.used(parts), time.perf_counter()
            took = asyncio.run(burst(port, families, 0))
            seconds = time.perf_counter() - began
            share = processors.shares(before, processors.used(parts), seconds)
            until(Spool(at.folder / "spool", at.keys).is_empty, 600)
        taken_in = len(took) / seconds
        found.append((f"web processes: {many}", f"{taken_in:.0f} texts/s; {share}"))
        sent, share = _drain(at, many)
        found.append((f"workers: {many}", f"{sent:.0f} sent/s; {share}"))
        rates.append((taken_in, sent))
    compare(at)
    (web, work), (web2, work2) = rates
    return [*found, ("two against one", f"web {web2 / web:.2f} times · workers {work2 / work:.2f} times")]


def _drain(at: Place, workers: int) -> tuple[float, str]:
    """Messages a second while these workers send what waits, counted from the first one."""
    already = len(at.provider.taken)
    with services(at, 0, workers) as (_, parts):
        until(lambda: len(at.provider.taken) > already, 60)
        first, began, before = len(at.provider.taken), time.perf_counter(), processors.used(parts)
        until(at.is_drained, 600)
        seconds = time.perf_counter() - began
        share = processors.shares(before, processors.used(parts), seconds)
    return (len(at.provider.taken) - first) / seconds, share


@contextmanager
def place(folder: Path, url: str, many: int) -> Iterator[Place]:
    settings = Settings(data_dir=folder, database_url=url)
    service.migrate(settings)
    keys, database = service.opened(settings)
    with (ROOT / "flows/places.csv").open(encoding="utf-8") as lines:
        postcodes = sorted({row["postcode"] for row in csv.DictReader(lines)})[:many]
    database.write(partial(_add_desks, keys=keys, postcodes=postcodes)).result()
    with Provider(0, 0) as provider:
        yield Place(folder, url, provider, database, keys, postcodes)
    database.close()


def _add_desks(session: Session, keys: Keys, postcodes: list[str]) -> None:
    for number, postcode in enumerate(postcodes):
        slug, choices = _SLUG.format(number), desks.Choices(dutch_alongside="off")
        desks.add(session, keys, clock.system_now(), slug, slug, f"+3290{number:06d}", [postcode], choices)


@contextmanager
def services(at: Place, web: int, workers: int) -> Iterator[tuple[int, dict[str, list[int]]]]:
    """The port of the proxy, and the processes of each part."""
    running: dict[str, list[subprocess.Popen[bytes]]] = {"web": [], "worker": [], "proxy": []}

    def start(part: str, *words: str) -> None:
        command = [sys.executable, "-m", *words]
        running[part].append(subprocess.Popen(command, env=at.surroundings, cwd=ROOT, stderr=subprocess.DEVNULL))

    ports, front = [free_port() for _ in range(web)], free_port()
    try:
        for port in ports:
            start("web", "intake", "serve", "--no-worker", "--port", str(port))
        for _ in range(workers):
            start("worker", "intake", "worker")
        if ports:
            start("proxy", "tests.bench.balancer", str(front), *map(str, ports))
        for port in (*ports, *([front] if ports else [])):
            wait_until_it_listens(port, 120)
        pids = {part: [each.pid for each in processes] for part, processes in running.items() if processes}
        if not at.database.is_sqlite:
            pids["postgresql"] = [processors.of_postgresql(at.url)]
        yield front, {**pids, "provider and families": [os.getpid()]}
    finally:
        every = [each for processes in running.values() for each in processes]
        for each in every:
            each.terminate()
        for each in every:
            each.wait(timeout=30)


async def burst(port: int, families: Sequence[Family], seconds: float) -> list[float]:
    """Each family its five texts, in waves over `seconds` (0: as fast as they are answered); how long each took."""
    lines: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(_LINES):
        lines.put_nowait(await asyncio.open_connection("127.0.0.1", port))
    began, took = time.perf_counter(), list[float]()
    apart = seconds / (len(families) * len(_ANSWERS))

    async def tell(place: int, family: Family) -> None:
        for wave, text in enumerate(_ANSWERS):
            due = began + (wave * len(families) + place) * apart
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            line = await lines.get()
            asked = due if seconds else time.perf_counter()
            await _post(line, family, text or family.postcode)
            took.append(time.perf_counter() - asked)
            lines.put_nowait(line)

    await asyncio.gather(*(tell(place, family) for place, family in enumerate(families)))
    while not lines.empty():
        lines.get_nowait()[1].close()
    return took


_validator = RequestValidator(TOKEN)


async def _post(line: tuple[asyncio.StreamReader, asyncio.StreamWriter], family: Family, text: str) -> None:
    reader, writer = line
    id_ = f"SM{family.number[1:]}{len(family.told):021d}"
    fields = {"MessageSid": id_, "From": family.number, "To": family.ours, "Body": text, "NumMedia": "0"}
    body = urlencode(fields).encode()
    head = (
        f"POST /twilio/sms HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"X-Twilio-Signature: {_validator.compute_signature(f'{PUBLIC}/twilio/sms', fields)}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    answer = (await reader.readuntil(b"\r\n\r\n")).decode()
    await reader.readexactly(int(re.search(r"content-length: (\d+)", answer, re.I)[1]))  # type: ignore[index]
    if " 200 " not in answer[:20]:
        raise AssertionError(answer)
    family.told.append(id_)


def compare(at: Place) -> int:
    """Acknowledged, kept and sent are the same, each once, each at its own desk; how many were sent."""
    with at.database.read() as session:
        kept = ledger.everything(session, at.keys)
    told = sorted(id_ for family in at.families for id_ in family.told)
    heard = sorted(each["provider_id"] for each in kept["inbound"])
    assert heard == told
    assert {each["status"] for each in kept["outbound"]} == {"sent"}
    assert sorted(each["provider_id"] for each in kept["outbound"]) == sorted(sid for *_, sid in at.provider.taken)
    assert len({len(heard) for heard in _heard(at).values()}) == 1  # every family as many answers
    assert set(_heard(at)) == {family.number for family in at.families}
    requests = Counter(each["desk"] for each in kept["registrations"])
    assert requests == Counter(_SLUG.format(family.desk) for family in at.families)
    return len(kept["outbound"])


def _heard(at: Place) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for to, words, _ in at.provider.taken:
        found.setdefault(to, []).append(words)
    return found


if __name__ == "__main__":
    main()
