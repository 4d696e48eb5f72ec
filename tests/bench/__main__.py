"""`make bench`: the numbers we keep, measured side by side in one run. Ratios and medians: machines are noisy."""

import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from itertools import count
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator

from flows.grammar.lexicon import words
from flows.grammar.understand import context_on, understand
from intake import service
from intake.language_cost import cost
from intake.settings import Settings
from locales import languages
from storage import clock, desks
from storage.database import Session
from storage.keys import Keys
from tests.bench import calls, databases, engines, large, processors
from tests.faults.families import OURS, PUBLIC, SCRIPT, TOKEN
from tests.network import free_port, wait_until_it_listens

_SECONDS = float(os.environ.get("BENCH_SECONDS", "8"))
_ROWS = int(os.environ.get("BENCH_ROWS", "1000000"))
_AT_ONCE = 64
_numbers, _ids = count(1), count(1)


def main() -> None:
    rows: list[tuple[str, str, str]] = []
    parts = (throughput, beside, without_database, start_up, phone, pages_and_counts, segments_of_a_request, readings)
    for part in parts:
        print(f"… {part.__name__.replace('_', ' ')}", file=sys.stderr, flush=True)
        rows += part()
    width = max(len(what) for what, _, _ in rows)
    for what, found, goal in rows:
        print(f"{what:<{width}}  {found:<34} goal {goal}")


def throughput() -> list[tuple[str, str, str]]:
    """Signed webhooks over HTTP: our route, the same without storage, and a Session per request in a thread pool."""
    found: dict[str, list[float]] = {}
    shares: dict[str, tuple[float, float]] = {}
    for what in ("ours", "bare", "session"):
        with serving(what) as (port, _):
            asyncio.run(load(port, 1.5))
            seconds = asyncio.run(load(port, _SECONDS))
            found[what] = seconds
            ordered = sorted(seconds)
            shares[what] = (statistics.median(ordered), ordered[int(len(ordered) * 0.99)])
    per_second = {what: len(seconds) / _SECONDS for what, seconds in found.items()}
    ours, (half, late) = per_second["ours"], shares["ours"]
    return [
        ("durable turns/s, 64 connections, SQLite", f"{ours:.0f}/s, {ours / per_second['bare']:.2f} of bare", "≥ 0.45"),
        ("… against a Session per request", f"{ours / max(per_second['session'], 0.1):.1f} times", "≥ 8 times"),
        ("… p99 / p50", f"{late * 1000:.0f} / {half * 1000:.0f} ms = {late / half:.1f}", "≤ 3"),
    ]


def beside() -> list[tuple[str, str, str]]:
    """How fast the disk is, on which every figure of storage hangs, and what the databases do on it by themselves."""
    return [
        ("one flush to the disk", f"{databases.flush() * 1000:.2f} ms", "none: the slower, the more grouping gives"),
        ("bare sqlite3, a turn's rows, a flush each", f"{databases.bare_sqlite():.0f}/s", "none"),
        ("pgbench, a turn's rows", databases.pgbench(), "none"),
    ]


def without_database() -> list[tuple[str, str, str]]:
    """The engine with its words and categories, and a ConversationHandler that understands nothing."""
    found = engines.compare()
    return [
        ("engine: turns/s in one process, nothing kept", f"{found.ours:.0f}/s", "none"),
        ("… ConversationHandler, kept once a minute", f"{found.handler:.0f}/s", "none"),
        ("… ConversationHandler, kept at each turn", f"{found.handler_kept:.0f}/s, 100 families", "none"),
        ("… @floip/flow-runner on Node, to JSON and back", _per_second(found.flow_runner), "none"),
    ]


def _per_second(speed: float | None) -> str:
    return "Node is not here: `make setup`" if speed is None else f"{speed:.0f}/s"


def start_up() -> list[tuple[str, str, str]]:
    """Memory after ten thousand turns, and the processor time until the first answer."""
    found = []
    for more, goal in ((("--no-worker",), 110), ((), 150)):
        with serving("ours", *more) as (port, process):
            asyncio.run(load(port, 60, most=10_000))
            what = " ".join(more) or "with worker"
            found.append(
                (f"memory after 10,000 turns {what}", f"{processors.memory([process.pid]):.0f} MB", f"≤ {goal} MB")
            )
    before = getrusage(RUSAGE_CHILDREN)
    with serving("ours", "--no-worker"):
        pass
    after = getrusage(RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return [*found, ("processor time to the first answer and the stop", f"{used:.1f} s", "≤ 1.2 s")]


def phone() -> list[tuple[str, str, str]]:
    """How long a family is on the line, and how quickly turns are answered."""
    with serving("ours", "--no-worker") as (port, _):
        first, *_ = asyncio.run(calls.under_load(port, PUBLIC, TOKEN, OURS, range(99, 100), each=1))
        seconds = asyncio.run(calls.under_load(port, PUBLIC, TOKEN, OURS))
    return [*calls.times(), *calls.shown(first, seconds)]


def pages_and_counts() -> list[tuple[str, str, str]]:
    """A register of a million over four years: queue, conversation, same child, yearly counts, spreadsheet."""
    return list(large.measure(_ROWS))


def segments_of_a_request() -> list[tuple[str, str, str]]:
    """What a family sends and gets, in Dutch and in Arabic, to a request that counts and to a whole one."""
    dutch, arabic = (cost(languages.load(), code) for code in ("nl", "ar"))
    return [
        ("sends to countable · to complete", " · ".join(map(str, dutch.sends[:2])), "≤ 5 · ≤ 14"),
        ("segments to countable · to complete, nl", " · ".join(map(str, dutch.segments[:2])), "≤ 6 · ≤ 17"),
        ("segments to countable · to complete, ar", " · ".join(map(str, arabic.segments[:2])), "≤ 11 · ≤ 30"),
    ]


def readings() -> list[tuple[str, str, str]]:
    """How long one answer takes to be understood, over the sentences of the tests, tables made."""
    folder = Path(__file__).parent.parent / "flows/understanding"
    cases = [json.loads(line) for path in folder.glob("*.jsonl") for line in path.read_text("utf-8").splitlines()]
    took = []
    for each in (*cases, *cases):  # the first time round makes the tables
        context = context_on(datetime.fromisoformat(each["reference"]).date(), each["lang"])
        words.cache_clear()
        began = time.perf_counter()
        understand(each["kind"], each["input"], context)
        took.append(time.perf_counter() - began)
    ordered = sorted(took[len(cases) :])
    late = ordered[int(len(ordered) * 0.99)]
    found = f"{statistics.median(ordered) * 1000:.2f} · {late * 1000:.1f} ms, {len(cases)} answers"
    return [("a reading: median · p99", found, "median ≤ 1 ms")]


@contextmanager
def serving(what: str, *more: str) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Our service, or one of the baselines, on a free port with a new database."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder))
        service.migrate(settings)
        keys, database = service.opened(settings)
        database.write(partial(_add_desk, keys=keys)).result()
        database.close()
        surroundings = {
            **os.environ, "INTAKE_DATA_DIR": folder, "INTAKE_PUBLIC_URL": PUBLIC, "TWILIO_AUTH_TOKEN": TOKEN,
            "INTAKE_ANSWERS_A_DAY_BLOCK": "0",
        }  # fmt: skip
        command = (
            ["intake", "serve", "--port", str(port), *more]
            if what == "ours"
            else ["tests.bench.baselines", what, str(port)]
        )
        process = subprocess.Popen([sys.executable, "-m", *command], env=surroundings, stderr=subprocess.DEVNULL)
        try:
            wait_until_it_listens(port)
            yield port, process
        finally:
            process.terminate()
            process.wait(timeout=30)


def _add_desk(session: Session, keys: Keys) -> None:
    desks.add(session, keys, clock.system_now(), "gent", "Gent", OURS, ["9000"], desks.Choices())


async def load(port: int, seconds: float, most: int = 10**9) -> list[float]:
    """Sixty-four families that text as fast as they are answered; how long each answer took, in seconds."""
    until, took = time.perf_counter() + seconds, list[float]()
    validator = RequestValidator(TOKEN)

    async def family() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < until and len(took) < most:
            number = f"+324{next(_numbers):08d}"
            for text in SCRIPT:
                fields = {
                    "MessageSid": f"SM{next(_ids):032x}",
                    "From": number,
                    "To": OURS,
                    "Body": text,
                    "NumMedia": "0",
                }
                signature = validator.compute_signature(f"{PUBLIC}/twilio/sms", fields)
                body = urlencode(fields).encode()
                head = (
                    f"POST /twilio/sms HTTP/1.1\r\nHost: x\r\nX-Twilio-Signature: {signature}\r\n"
                    f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
                )
                began = time.perf_counter()
                writer.write(head.encode() + body)
                answer = (await reader.readuntil(b"\r\n\r\n")).decode()
                await reader.readexactly(int(re.search(r"content-length: (\d+)", answer, re.I)[1]))  # type: ignore[index]
                took.append(time.perf_counter() - began)
                if " 200 " not in answer[:20]:
                    raise AssertionError(answer)
                if time.perf_counter() >= until or len(took) >= most:
                    break
        writer.close()

    await asyncio.gather(*(family() for _ in range(_AT_ONCE)))
    return took


if __name__ == "__main__":
    main()
