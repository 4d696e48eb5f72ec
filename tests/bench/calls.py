"""How long a family is on the phone, with espeak-ng's sound, and how quickly a turn is answered under fifty calls."""

import asyncio
import io
import shutil
import statistics
import subprocess
import tempfile
import time
import wave
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from random import Random
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2 as httpx
from twilio.request_validator import RequestValidator

from channels import voice
from intake import calls, installation
from intake.installation import Installation
from storage import desks, schema
from storage.database import Database
from storage.keys import Keys
from tests.calls.play import CALLER, OURS
from tests.phone import Phone

_REACTION, _KEY, _BETWEEN_VOICES, _SPEAKS = 1.0, 0.3, 1.0, 2.0  # seconds; the last: how long a name takes
_TO_START = ("1", "1", "1", "03", "2025", "9000", "1")
_SKIPPED = (*_TO_START, "1", "1", "3", "3", "13#", "record", "3", "1", "2")
_WITH_PART_3 = (*_TO_START, "1", "1", "3", "3", "13#", "record", "1", "4", "2", "1", "1", "3", "2", "2", "1", "2")


def times() -> list[tuple[str, str, str]]:
    """Every prompt is heard to its end before a key is pressed: the slowest caller who makes no mistake."""
    if shutil.which("espeak-ng") is None:
        return [("a family by phone", "espeak-ng is not here", "≤ 90 s, 5 min, 6 min")]
    found = []
    for what, keys, goal in (
        ("to the last key of start", _TO_START, "≤ 90 s"),
        ("whole, part 3 skipped", _SKIPPED, "≤ 5 min"),
        ("whole, with part 3", _WITH_PART_3, "≤ 6 min"),
    ):
        seconds, whole = _call(keys)
        found.append((f"a family by phone, {what}", f"{seconds:.0f} s{'' if whole else ' (not finished)'}", goal))
    return found


def _call(keys: tuple[str, ...]) -> tuple[float, bool]:
    with tempfile.TemporaryDirectory() as folder:
        database, here = _service(Path(folder), ("nl", "fr", "en", "ar", "tr"))
        at, seconds = datetime(2026, 3, 2, 10, tzinfo=UTC), 0.0

        def post(address: str, fields: dict[str, str]) -> str:
            form, parts = list(fields.items()), urlsplit(address)
            inbound = voice.parse_call(form, at)
            if parts.path.endswith("/voice"):
                return database.write(lambda s: calls.ring(s, here, inbound)).result()
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            turn, mac, pressed = int(query["turn"]), query["mac"], voice.parse_turn(form)
            return database.write(lambda s: calls.answer(s, here, inbound, pressed, turn, mac)).result()

        phone = Phone(post, CALLER, OURS, "CA" + "1" * 32)
        phone.ring("https://loket.example/twilio/voice")
        for each in keys:
            seconds += _listening(phone) + _REACTION
            if each == "record":
                phone.record(2, "RE" + "1" * 32)
                seconds += _SPEAKS
            else:
                phone.press(each)
                seconds += _KEY * len(each)
        is_whole = phone.is_over
        if is_whole:
            seconds += _listening(phone)
        database.close()
        return seconds, is_whole or len(keys) == len(_TO_START)


def _listening(phone: Phone) -> float:
    languages = [language for language, _ in phone.heard]
    changes = sum(one != other for one, other in pairwise(languages))
    return sum(_spoken(language, text) for language, text in phone.heard) + changes * _BETWEEN_VOICES


@lru_cache(maxsize=1024)
def _spoken(language: str, text: str) -> float:
    sound = subprocess.run(
        ["espeak-ng", "-v", language, "--stdout", "--", text], capture_output=True, check=True
    ).stdout  # fmt: skip
    with wave.open(io.BytesIO(sound)) as file:
        return (len(sound) - 44) / file.getsampwidth() / file.getframerate()


async def under_load(
    port: int, public: str, token: str, ours: str, callers: range = range(1, 51), each: int = 12
) -> list[float]:  # fmt: skip
    """Seconds of every turn of callers at once who press within a second and a half: sooner than people do."""
    seconds: list[float] = []

    async def caller(client: httpx.AsyncClient, number: int) -> None:
        dice, call_id = Random(number), f"CA{number:032x}"
        await asyncio.sleep(dice.uniform(0, 1.5))
        document = await post(client, call_id, number, "/twilio/voice", {})
        for _ in range(each):
            phone = Phone(lambda address, fields: "", "", ours, call_id, document)
            if phone.is_over or phone.is_put_through:
                return
            await asyncio.sleep(dice.uniform(0.2, 1.5))
            gather = phone.verb("Gather")
            keys = "1" if gather.get("numDigits") == "1" else dice.choice(("03", "2025", "9000", "13"))
            document = await post(client, call_id, number, gather.attrib["action"], {"Digits": keys})

    async def post(client: httpx.AsyncClient, call_id: str, number: int, address: str, more: dict[str, str]) -> str:
        parts = urlsplit(address)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        sent = {"CallSid": call_id, "From": f"+3247{number:07}", "To": ours, **more}
        signature = RequestValidator(token).compute_signature(f"{public}{path}", sent)
        headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
        begun = time.perf_counter()
        answer = await client.post(f"http://127.0.0.1:{port}{path}", content=urlencode(sent), headers=headers)
        seconds.append(time.perf_counter() - begun)
        assert answer.status_code == 200
        return answer.text

    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=len(callers)), timeout=30) as client:
        await asyncio.gather(*(caller(client, number) for number in callers))
    return seconds


def shown(first: float, seconds: list[float]) -> list[tuple[str, str, str]]:
    """`first`: of the turn after a start, which loads what speaks."""
    ordered = sorted(seconds)
    late, half = ordered[int(len(ordered) * 0.99)], statistics.median(ordered)
    told = f"p99 {late * 1000:.0f} ms, p50 {half * 1000:.0f} ms, {len(ordered)} turns"
    return [("a turn of a call, fifty at once", told, "p99 ≤ 300 ms"),
            ("… the first one after a start", f"{first * 1000:.0f} ms", "none")]  # fmt: skip


def _service(folder: Path, languages: tuple[str, ...]) -> tuple[Database, Installation]:
    keys, database = Keys.create(folder / "keys.json"), Database(f"sqlite:///{folder / 'bench.db'}")
    schema.migrate(database)
    here = installation.load(keys, "https://loket.example", audio=folder / "audio")
    at, choices = datetime(2026, 3, 2, tzinfo=UTC), desks.Choices(languages=languages)
    database.write(lambda s: desks.add(s, keys, at, "gent", "Gent", OURS, ["9000"], choices)).result()
    return database, here
