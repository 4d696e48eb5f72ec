"""What the provider has and we do not is taken in once; what lies there too long is deleted. Through the official SDK."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import format_datetime
from urllib.parse import urlsplit

import pytest
from sqlmodel import select

from channels import voice
from channels.twilio_client import TwilioClient
from channels.twilio_history import TwilioHistory
from intake import calls, reconciling
from intake.installation import Installation
from storage import erasure
from storage.database import Database
from storage.keys import Keys
from storage.models import Call, CallBack, Conversation, Message
from tests.intake.test_conversations import NOW, here, text_us
from tests.network import JsonHandler, Loopback

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
__all__ = ["here"]  # the fixture
FAMILY, OURS = "+32470000001", "+3290000001"


class Twilio(Loopback):
    """The lists of Twilio's API, the newest first, as it gives them."""

    def __init__(self, handler: "type[Lists] | None" = None) -> None:
        super().__init__(handler or Lists)
        self.messages: list[dict[str, object]] = []
        self.calls: list[dict[str, object]] = []
        self.deleted: list[str] = []

    def text(self, number: int, body: str, at: datetime, sender: str = FAMILY, direction: str = "inbound") -> str:
        sid = f"SM{number:032x}"
        told = {"sid": sid, "from": sender, "to": OURS, "body": body, "num_media": "0", "direction": direction}
        self.messages.insert(0, {**told, "date_sent": format_datetime(at), "status": "received"})
        return sid

    def call(self, number: int, at: datetime, sender: str = "+32470000005", status: str = "completed") -> str:
        sid = f"CA{number:032x}"
        told = {"sid": sid, "from": sender, "to": OURS, "direction": "inbound", "status": status}
        self.calls.insert(0, {**told, "start_time": format_datetime(at)})
        return sid

    def call_ends(self, sid: str) -> None:
        next(each for each in self.calls if each["sid"] == sid)["status"] = "completed"


class Lists(JsonHandler):
    server: Twilio

    def do_GET(self) -> None:
        of = "messages" if "/Messages" in self.path else "calls"
        found = [] if "/Media" in self.path else getattr(self.server, of)
        name = "media_list" if "/Media" in self.path else of
        self.answer(200, {name: found, "next_page_uri": None, "page": 0, "page_size": 50})

    def do_DELETE(self) -> None:
        self.server.deleted.append(urlsplit(self.path).path.rsplit("/", 1)[1].removesuffix(".json"))
        self.send_response(204)
        self.end_headers()


@pytest.fixture
def twilio() -> Iterator[Twilio]:
    with Twilio() as server:
        yield server


def history(twilio: Twilio) -> TwilioHistory:
    return TwilioHistory(TwilioClient("AC" + "0" * 32, "token", twilio.origin))


def reconcile(
    database: Database, here: Installation, twilio: Twilio, now: datetime = NOW + timedelta(hours=2)
) -> reconciling.TakenIn:
    return asyncio.run(reconciling.reconcile(database, here, history(twilio), now))


def heard(database: Database) -> list[str]:
    with database.read() as session:
        statement = select(Message.provider_id).where(Message.direction == "in").order_by(Message.at)  # type: ignore[arg-type]
        return list(session.exec(statement))


def test_what_was_missed_is_taken_in_once_and_answered(database: Database, here: Installation, twilio: Twilio) -> None:
    id_ = text_us(database, here, "dag", "1")
    sids = [twilio.text(900 + n, text, NOW + timedelta(minutes=30 + n)) for n, text in enumerate(("02-2026", "9000"))]
    twilio.text(990, "van ons", NOW + timedelta(minutes=31), direction="outbound-api")
    assert reconcile(database, here, twilio) == reconciling.TakenIn(messages=2)
    assert reconcile(database, here, twilio) == reconciling.TakenIn()
    assert heard(database)[2:] == sids
    with database.read() as session:
        assert session.get_one(Conversation, id_).asking == "start"


def test_an_answer_that_comes_after_later_ones_is_shown_and_not_taken(
    database: Database, here: Installation, twilio: Twilio
) -> None:
    id_ = text_us(database, here, "dag", "1", at=NOW + timedelta(hours=1))
    twilio.text(900, "3", NOW + timedelta(minutes=50))
    assert reconcile(database, here, twilio) == reconciling.TakenIn(messages=1, late=1)
    with database.read() as session:
        row = session.get_one(Conversation, id_)
        assert (row.asking, row.waiting_why) == ("birth", "wrote")


def test_a_call_that_nobody_answered_is_owed_one(database: Database, here: Installation, twilio: Twilio) -> None:
    text_us(database, here, "dag")
    twilio.call(1, NOW + timedelta(minutes=30))
    assert reconcile(database, here, twilio) == reconciling.TakenIn(calls=1)
    assert reconcile(database, here, twilio) == reconciling.TakenIn()
    with database.read() as session:
        assert [each.reason for each in session.exec(select(CallBack))] == ["fault"]


def test_a_call_whose_end_we_missed_ends(database: Database, here: Installation, twilio: Twilio) -> None:
    twilio.call(1, NOW, FAMILY)
    rung = voice.parse_call([("CallSid", f"CA{1:032x}"), ("From", FAMILY), ("To", OURS)], NOW)
    database.write(lambda session: calls.ring(session, here, rung)).result()
    assert reconcile(database, here, twilio) == reconciling.TakenIn()
    with database.read() as session:
        (kept,) = session.exec(select(Call))
        (owed,) = session.exec(select(CallBack))
        assert kept.status == "over" and owed.reason == "missed"


def test_an_erased_family_does_not_come_back_from_the_provider(
    database: Database, here: Installation, twilio: Twilio
) -> None:
    twilio.text(900, "dag", NOW)
    twilio.call(1, NOW + timedelta(minutes=30), FAMILY)
    assert reconcile(database, here, twilio) == reconciling.TakenIn(messages=1, calls=1)
    with database.read() as session:
        family = session.exec(select(Conversation.family_id)).one()
    database.write(lambda session: erasure.erase(session, family, NOW + timedelta(hours=1))).result()
    assert reconcile(database, here, twilio) == reconciling.TakenIn()
    assert heard(database) == []


def test_after_a_week_what_is_done_with_is_deleted_there(
    database: Database, here: Installation, keys: Keys, twilio: Twilio
) -> None:
    known = twilio.text(900, "dag", NOW)
    reconcile(database, here, twilio)
    missed = twilio.text(901, "nog iets", NOW, sender="+32470000009")

    def delete(after: timedelta) -> list[str]:
        asyncio.run(reconciling.delete_old(database, history(twilio), NOW + after))
        return sorted(set(twilio.deleted))

    assert delete(timedelta(days=6)) == []
    assert asyncio.run(reconciling.backlog(history(twilio), NOW + timedelta(days=9))) == 2
    assert delete(timedelta(days=8)) == [known]
    assert delete(timedelta(days=15)) == [known, missed]
