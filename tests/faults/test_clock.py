"""A clock that is set, and the two nights in which the hour changes: nothing twice, nothing stuck, nobody woken up."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pyotp
import pytest
from sqlmodel import select

from channels.base import Provider as Kind
from channels.base import Sender
from channels.twilio_client import TwilioClient
from channels.twilio_sender import TwilioSender
from flows.engine.turn import BRUSSELS
from intake import second_factor, service, worker
from intake.installation import Installation
from storage import attempts, clock, conversations, desks, heartbeats, sessions, staff, together, turns
from storage.database import Database, Session
from storage.keys import Keys
from storage.models import CallBack, Conversation, Message
from storage.second_factor import Factor
from tests.faults.families import OURS, PUBLIC, TOKEN, signed_post
from tests.faults.provider import TIMEOUT, Provider
from tests.faults.table import Tell, size
from tests.installed import begun
from tests.intake.test_conversations import ALL, NOW, here, text_us
from tests.network import free_port, until, wait_until_it_listens
from tests.phone import Phone
from tests.transcript import ROOT

__all__ = ["here"]  # the fixture
JUMPS = tuple(["+1h", "+0", "+1d", "-1h", "+0", "-1d", "+1h", "-1h", "+1d", "+0"][: size("CLOCK_JUMPS", 4)])
NIGHTS = (datetime(2026, 10, 24, 16, tzinfo=UTC), datetime(2027, 3, 27, 17, tzinfo=UTC))  # six in the evening before
_LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
only_sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


class Service:
    """One that runs by a clock of its own, with its worker; what it sends goes to `provider`."""

    def __init__(self, folder: Path, provider: Provider) -> None:
        self.folder, self.provider, self.port = folder, provider, free_port()
        self._clock, self._ids = folder / "clock", iter(range(1, 10_000))
        self.set("+0")
        settings = begun(folder)
        self.keys, self.database = service.opened(settings)
        choices = desks.Choices(languages=("nl",), dutch_alongside="off", hours="Mo-Su 00:00-24:00")
        self.database.write(
            lambda s: desks.add(s, self.keys, clock.system_now(), "gent", "Gent", OURS, ["9000"], choices)
        ).result()

    def set(self, ahead: str) -> None:
        self._clock.write_text(ahead)
        time.sleep(1.1)  # the library looks once a second

    @contextmanager
    def running(self) -> Iterator[None]:
        surroundings = {
            **os.environ, "INTAKE_DATA_DIR": str(self.folder), "INTAKE_PUBLIC_URL": PUBLIC, "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_ACCOUNT_SID": "AC" + "0" * 32, "INTAKE_TWILIO_API_BASE": self.provider.origin,
            "LD_PRELOAD": str(_LIBRARIES[0]), "FAKETIME_TIMESTAMP_FILE": str(self._clock), "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }  # fmt: skip
        command = [sys.executable, "-m", "intake", "serve", "--port", str(self.port)]
        process = subprocess.Popen(command, env=surroundings, cwd=ROOT, stderr=subprocess.DEVNULL)
        try:
            wait_until_it_listens(self.port)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)
            self.database.close()

    def text(self, number: str, words: str) -> None:
        fields = {"MessageSid": f"SM{next(self._ids):032x}", "From": number, "To": OURS, "Body": words, "NumMedia": "0"}
        until(lambda: signed_post(self.port, "/twilio/sms", fields)[0] == 200, 60)  # as a provider: once more after 503

    def post(self, address: str, fields: dict[str, str]) -> str:
        parts = urlsplit(address)
        route = f"{parts.path}?{parts.query}" if parts.query else parts.path
        status, said = signed_post(self.port, route, fields)
        assert status == 200
        return said

    def sent_to(self, number: str) -> list[str]:
        return [words for to, words, _ in self.provider.taken if to == number]

    def written_to(self, number: str) -> list[str]:
        """In the order of the timeline."""
        with self.database.read() as session:
            kept = turns.of_address(session, self.keys, "phone", number)
            assert kept is not None
            rows = session.exec(
                select(Message)
                .where(Message.conversation_id == kept.conversation_id, Message.direction == "out")
                .order_by(Message.id)
            ).all()
            texts = [row for row in rows if row.status != "spoken"]
            return [self.keys.open(kept.key, "message", "body", row.id, row.body or b"") for row in texts]

    def is_idle(self) -> bool:
        with self.database.read() as session:
            on_its_way = select(Message).where(Message.direction == "out", Message.status.not_in(("sent", "spoken")))
            return session.exec(on_its_way).first() is None


@pytest.mark.skipif(not _LIBRARIES and not os.environ.get("CI"), reason="libfaketime is not installed: no clock to set")
def test_a_clock_that_jumps_sends_nothing_twice_and_keeps_nothing(tmp_path: Path, tell: Tell) -> None:
    with Provider(0, 0) as provider:
        there = Service(tmp_path, provider)
        old = "+32470000001"
        with there.running():
            there.text(old, "dag")
            until(lambda: there.sent_to(old) != [], 20)
            for number, jump in enumerate(JUMPS):
                young, caller = f"+3247001{number:04d}", f"+3247002{number:04d}"
                phone = Phone(there.post, caller, OURS, f"CA{number:032x}")
                phone.ring(f"{PUBLIC}/twilio/voice")
                there.text(young, "dag")  # its answer is perhaps still on the way when the clock is set
                there.set(jump)
                before = len(there.sent_to(old))
                there.text(old, "status")
                until(lambda: there.sent_to(young) != [] and len(there.sent_to(old)) > before, 20)  # noqa: B023
                phone.press("1")
                assert phone.heard
                there.post(f"{PUBLIC}/twilio/voice/status", phone.requests[0][1] | {"CallStatus": "completed"})
                until(lambda: there.sent_to(caller) != [] or _is_owed_a_call(there, caller), 20)  # noqa: B023
            until(there.is_idle, 20)
            numbers = {to for to, *_ in provider.taken}
            doubled = sum(len(there.sent_to(each)) - len(there.written_to(each)) for each in numbers)
            tell("the clock is set an hour or a day back or on under texts and calls", len(JUMPS), 0, doubled)
            assert all(there.sent_to(each) == there.written_to(each) for each in numbers)


def _is_owed_a_call(there: Service, number: str) -> bool:
    with there.database.read() as session:
        kept = turns.of_address(session, there.keys, "phone", number)
        owed = select(CallBack).where(CallBack.conversation_id == kept.conversation_id) if kept else None
        return owed is not None and session.exec(owed).first() is not None


@only_sqlite
@pytest.mark.parametrize("evening", NIGHTS, ids=["the hour comes twice", "the hour is left out"])
def test_nobody_is_woken_up_in_a_night_in_which_the_hour_changes(
    evening: datetime, database: Database, here: Installation, keys: Keys
) -> None:
    """Families fell silent a day ago, hour after hour; the worker is away from eight to three, with reminders under way."""
    for number in range(30):
        began = evening - timedelta(days=1) + timedelta(minutes=30 * number)
        text_us(database, here, *ALL[:7], sender=f"+324700001{number:02d}", at=began)
    with Provider(0, 0) as provider:
        sender = TwilioSender(TwilioClient("AC" + "0" * 32, "t", provider.origin, TIMEOUT), f"{PUBLIC}/twilio/status")
        send_until_idle(database, keys, {Kind.TWILIO: sender}, evening)  # all that was answered
        provider.taken.clear()
        sent_at: list[datetime] = []
        for minutes in range(0, 17 * 60, 15):
            now = evening + timedelta(minutes=minutes)
            hour, before = now.astimezone(BRUSSELS).hour, len(provider.taken)
            asyncio.run(worker.look_after(database, here, now, expire_days=60))
            if minutes == 9 * 60:
                text_us(database, here, "status", sender="+32470000129", at=now)  # somebody who cannot sleep
            if not hour >= 19 and not hour < 3:  # away in the evening, back in the middle of the night
                send_until_idle(database, keys, {Kind.TWILIO: sender}, now)
            sent_at += [now] * (len(provider.taken) - before)
    reminded = [to for to, words, _ in provider.taken if words.startswith("U was nog niet klaar")]
    by_night = [
        to for at, (to, *_) in zip(sent_at, provider.taken, strict=True) if not 9 <= at.astimezone(BRUSSELS).hour < 20
    ]
    assert sorted(reminded) == sorted(set(reminded)) and len(reminded) == 29  # once, and not who wrote meanwhile
    assert set(by_night) == {"+32470000129"}


def send_until_idle(database: Database, keys: Keys, senders: dict[Kind, Sender], now: datetime) -> None:
    async def work() -> None:
        while await worker.send_due(database, keys, senders, now):
            pass

    asyncio.run(work())


@only_sqlite
@pytest.mark.parametrize("ahead", [timedelta(hours=2), timedelta(days=1)], ids=["two hours", "a day"])
def test_what_holds_for_a_while_lets_go_when_the_clock_is_set_back(
    ahead: timedelta, database: Database, here: Installation, keys: Keys
) -> None:
    """Everything that was given while the clock was ahead; then it is NOW."""
    id_, idle = text_us(database, here, "dag", "1", at=NOW - timedelta(hours=1)), timedelta(hours=1)
    secret, then = pyotp.random_base32(), NOW + ahead

    def ahead_of_time(session: Session) -> tuple[str, str, str]:
        for name in ("an", "bo"):
            staff.add(session, then, name, "worker", [session.get_one(Conversation, id_).desk_id])
        an, bo = (found.id for name in ("an", "bo") if (found := staff.find(session, name)))
        assert conversations.claim(session, id_, an, then)
        thread = turns.of_conversation(session, keys, id_, None)
        assert thread is not None
        together.look(session, thread, an, then, types=True)
        heartbeats.beat(session, heartbeats.WORKER, "gone:1", then)
        for _ in range(60):
            attempts.failed(session, {"guess": 3}, then)
        return bo, sessions.begin(session, an, then, timedelta(hours=12), ""), an

    bo, token, _ = database.write(ahead_of_time).result()
    used = second_factor.take(Factor(secret), pyotp.TOTP(secret).at(then), then)
    assert used is not None
    with database.read() as session:
        assert not together.looking(session, id_, bo, NOW)
        assert heartbeats.beats(session, heartbeats.WORKER, NOW) == []
        assert not attempts.wait(session, {"guess": 3}, NOW)
        assert sessions.of(session, token, NOW, idle) is None
    assert database.write(partial(conversations.claim, conversation_id=id_, staff_id=bo, now=NOW)).result()
    again = second_factor.take(used, pyotp.TOTP(secret).at(NOW), NOW)
    assert again is not None and second_factor.take(again, pyotp.TOTP(secret).at(NOW), NOW) is None  # once
