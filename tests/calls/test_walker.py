"""Random callers over signed HTTP: right keys, wrong keys, silence, repeats, hanging up at every turn; every webhook sent
twice, part of them at the same time. No dead end, no fault, and every request registered once.
"""

import asyncio
import os
import random
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import httpx2 as httpx
import pytest
from twilio.request_validator import RequestValidator

from intake import installation
from intake.settings import Settings
from intake.web.app import make_app
from storage import clock, desks, ledger
from storage.database import Database
from storage.keys import Keys
from tests.calls.play import OURS
from tests.calls.test_calls import record
from tests.databases import migrated_sqlite
from tests.phone import Phone

PUBLIC, TOKEN = "https://loket.example", "walker"
CALLS = int(os.environ.get("WALKER_CALLS", "150"))  # `make walk` plays 5,000
_ANSWERS = (
    "1",
    "2",
    "3",
    "4",
    "5",
    "8",
    "03",
    "11",
    "2025",
    "2026",
    "2027",
    "9000",
    "9040",
    "13#",
    "5#",
    "8#",
    "0470000009#",
    "48123673",
)
_ODD = ("0", "9", "*", "#", "7", "99", "00", "0000", "31022026", "*#", "6")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    found = Database(migrated_sqlite(tmp_path / "walk.db"))
    yield found
    found.close()


class Walker:
    """One caller. Sends what Twilio would send, each request twice."""

    def __init__(self, client: httpx.AsyncClient, dice: random.Random, number: int) -> None:
        self.client, self.dice = client, dice
        hidden = dice.random() < 0.05
        self.caller = "anonymous" if hidden else f"+32470{number:06}"
        self.call_id, self.turns, self.was_taken = f"CA{number:032x}", 0, False

    async def walk(self) -> str:
        """How the call ended: hung up, over; "silent" when nothing was said at the end, "endless" when there was none."""
        document = await self._post("/twilio/voice", {"CallStatus": "ringing"})
        phone = Phone(lambda address, fields: "", self.caller, OURS, self.call_id, document)
        while self.turns < 120:
            if self.dice.random() < 0.03:
                await self._post("/twilio/voice/status", {"CallStatus": "completed", "CallDuration": "9"})
                return "hung up"
            if phone.is_over:
                await self._post("/twilio/voice/status", {"CallStatus": "completed", "CallDuration": "60"})
                return "over" if phone.heard or self.was_taken else "silent"
            phone.document = await self._answer(phone)
            self.turns += 1
        return "endless"

    async def _answer(self, phone: Phone) -> str:
        if phone.is_put_through:
            status = self.dice.choice(("completed", "no-answer", "busy"))
            self.was_taken = status == "completed"  # a person said goodbye
            return await self._post(phone.verb("Dial").attrib["action"], {"DialCallStatus": status})
        if phone.records and self.dice.random() < 0.8:
            recording = f"RE{self.dice.getrandbits(128):032x}"
            fields = {"RecordingSid": recording, "RecordingDuration": str(self.dice.randint(0, 60)), "Digits": "#"}
            return await self._post(phone.verb("Record").attrib["action"], fields)
        gather = phone.verb("Gather")
        roll = self.dice.random()
        if roll < 0.08:
            return await self._post(gather.attrib["action"], {})
        if roll < 0.13 and "speech" in gather.get("input", ""):
            return await self._post(
                gather.attrib["action"], {"SpeechResult": self.dice.choice(("ja", "Gent", "mei", "?"))}
            )
        keys = self.dice.choice(_ODD) if roll < 0.2 else self._fitting(gather.get("numDigits"))
        return await self._post(
            gather.attrib["action"], {"Digits": keys.rstrip("#") if gather.get("finishOnKey") else keys}
        )

    def _fitting(self, digits: str | None) -> str:
        if digits == "1":
            return self.dice.choice("111122345839"[: 12 if self.dice.random() < 0.2 else 6])
        right = [each for each in _ANSWERS if (len(each) == int(digits) if digits else each.endswith("#"))]
        return self.dice.choice(right) if right else "".join(self.dice.choices("0123456789", k=int(digits or 1)))

    async def _post(self, address: str, fields: dict[str, str]) -> str:
        parts = urlsplit(address)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        sent = {"CallSid": self.call_id, "From": self.caller, "To": OURS, "CallStatus": "in-progress", **fields}
        signature = RequestValidator(TOKEN).compute_signature(f"{PUBLIC}{path}", sent)
        headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
        both = [self.client.post(path, content=urlencode(sent), headers=headers) for _ in range(2)]
        if self.dice.random() < 0.5:
            first, second = await asyncio.gather(*both)
        else:
            first, second = await both[0], await both[1]
        assert first.status_code == second.status_code == 200, (first.status_code, path)
        assert first.text == second.text  # a request that comes twice hears the very same
        return first.text


def test_random_callers_find_no_dead_end(database: Database, tmp_path: Path) -> None:
    keys = Keys.create(tmp_path / "keys.json")
    here = installation.load(keys, PUBLIC, audio=tmp_path / "audio")
    for language, level in (("ary", "full"), ("so", "door")):
        record(here, tmp_path / "audio" / language, language, level)
    languages = ("nl", "fr", "ary", "so", "ar", "tr", "uk")
    choices = desks.Choices(languages=languages, hours="24/7", desk_phone="+3290000009")
    database.write(
        lambda session: desks.add(session, keys, clock.system_now(), "gent", "Gent", OURS, ["9000"], choices)
    ).result()
    settings = Settings(public_url=PUBLIC, TWILIO_ACCOUNT_SID="AC" + "0" * 32, TWILIO_AUTH_TOKEN=TOKEN)
    ends = asyncio.run(_walk_all(make_app(settings, database, here)))
    assert set(ends) <= {"hung up", "over"}
    with database.read() as session:
        everything = ledger.everything(session, keys)
    assert len({each["reference"] for each in everything["registrations"]}) == len(everything["registrations"])
    of_family = [each["conversation"] for each in everything["inbound"]]
    assert len(of_family) == len({(each["channel"], each["provider_id"]) for each in everything["inbound"]})
    assert any(each["state"] == "complete" for each in everything["registrations"]) or CALLS < 100


async def _walk_all(app: object) -> list[str]:
    seed = int(os.environ.get("WALKER_SEED", "7"))
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC) as client:
        walkers = [Walker(client, random.Random(seed * 1_000_000 + number), number) for number in range(1, CALLS + 1)]
        ends: list[str] = []
        for start in range(0, CALLS, 50):
            ends += await asyncio.gather(*(each.walk() for each in walkers[start : start + 50]))
        return ends
