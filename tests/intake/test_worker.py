"""The outbox on its way through the official SDK, to a provider on loopback that answers well, badly and not at all."""

import asyncio
import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qs

import pytest
from sqlmodel import select

from channels.base import Provider
from channels.twilio_client import TwilioClient
from channels.twilio_sender import TwilioSender
from intake import logs
from intake.worker import send_due
from storage.database import Database
from storage.keys import Keys
from storage.models import Message
from tests.intake.test_conversations import NOW, here, text_us
from tests.network import JsonHandler, Loopback

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
__all__ = ["here"]  # the fixture


class Twilio(Loopback):
    """Speaks HTTP as Twilio's API does: a status from `answers`, or 201."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.answers: list[tuple[int, int]] = []
        self.taken: list[dict[str, str]] = []
        self.keeps_refused = False


class _Handler(JsonHandler):
    server: Twilio

    def do_POST(self) -> None:
        body = parse_qs(self.received().decode())
        said = body.get("Body", body.get("ContentSid", [""]))[0]
        message = {"sid": f"SM{len(self.server.taken):032x}", "body": said, "to": body["To"][0]}
        status, code = self.server.answers.pop(0) if self.server.answers else (201, 0)
        if status == 201 or self.server.keeps_refused:
            self.server.taken.append(message)
        self.answer(status, message if status == 201 else {"code": code, "message": "no", "status": status})

    def do_GET(self) -> None:
        self.answer(200, {"messages": self.server.taken, "next_page_uri": None, "page": 0, "page_size": 50})


@pytest.fixture
def twilio() -> Iterator[Twilio]:
    with Twilio() as server:
        yield server


def run(database: Database, keys: Keys, twilio: Twilio, times: int = 4) -> list[tuple[str, str]]:
    sender = TwilioSender(TwilioClient("AC" + "0" * 32, "token", twilio.origin), "https://loket.example/twilio/status")

    async def work() -> None:
        for minutes in range(times):
            now = NOW + timedelta(hours=1 + minutes)
            await send_due(database, keys, {Provider.TWILIO: sender}, now)

    asyncio.run(work())
    with database.read() as session:
        rows = session.exec(select(Message).where(Message.direction == "out").order_by(Message.id)).all()  # type: ignore[arg-type]
        return [(row.status, row.error) for row in rows]


def test_replies_go_out_in_their_order(database: Database, keys: Keys, here: object, twilio: Twilio) -> None:
    text_us(database, here, "bonjour", "1")  # type: ignore[arg-type]
    assert {status for status, _ in run(database, keys, twilio)} == {"sent"}
    assert twilio.taken[0]["body"].split("\n")[0] == "Bonjour !"
    assert "né" in twilio.taken[-1]["body"]


@pytest.mark.parametrize(
    ("answers", "end"),
    [
        ([(429, 20429)], ("sent", "too_fast")),
        ([(400, 21610)], ("failed", "opted_out")),
        ([(400, 21211)], ("failed", "invalid_number")),
        ([(401, 20003)], ("failed", "refused")),
        ([(503, 0)], ("sent", "unreachable")),
    ],
)
def test_what_a_provider_refuses(
    database: Database, keys: Keys, here: object, twilio: Twilio, answers: list[tuple[int, int]], end: tuple[str, str]
) -> None:
    text_us(database, here, "dag")  # type: ignore[arg-type]
    twilio.answers = answers
    assert run(database, keys, twilio)[0][0] == end[0]
    assert end[0] == "sent" or run(database, keys, twilio)[0] == end


def test_an_uncertain_message_that_was_taken_is_not_sent_twice(
    database: Database, keys: Keys, here: object, twilio: Twilio
) -> None:
    text_us(database, here, "dag")  # type: ignore[arg-type]
    twilio.answers, twilio.keeps_refused = [(500, 0)], True
    assert run(database, keys, twilio)[0][0] == "sent"
    assert len(twilio.taken) == 1


def test_no_fault_puts_a_number_or_a_text_into_the_log(
    database: Database, keys: Keys, here: object, twilio: Twilio, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)  # as the service has it: libraries speak only when something is wrong
    caplog.set_level(logging.INFO, "intake")
    text_us(database, here, "dag", "1")  # type: ignore[arg-type]
    twilio.answers = [(429, 20429), (503, 0), (400, 21211), (400, 21610), (401, 20003)]
    run(database, keys, twilio)
    assert len(caplog.records) >= 3
    lines = "\n".join(logs.JsonLines().format(record) for record in caplog.records)
    assert "470000001" not in lines
    for body in {message["body"] for message in twilio.taken}:
        assert body not in lines and json.dumps(body)[1:-1] not in lines
