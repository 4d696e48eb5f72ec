"""Voice notes and pictures of WhatsApp, from the provider's host to the page of the desk, by way of its redirect."""

import asyncio
import gzip
import resource
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlmodel import select

from channels import twilio
from channels.base import Provider
from channels.simulated_call import tone
from channels.twilio_client import TwilioClient
from channels.twilio_telephone import TwilioTelephone
from intake import worker
from intake.conversations import receive
from intake.installation import Installation
from storage import clock, conversations, registrations
from storage.database import Database
from storage.keys import Keys
from storage.models import Message, Recording
from tests.channels.test_media import pixel_bomb, with_position
from tests.intake.pages import Browser
from tests.network import JsonHandler, Loopback

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
ACCOUNT = "AC" + "0" * 32
PHONE = "+32470000031"
OURS = "+3290000001"


class Host(Loopback):
    """Twilio's API as far as media go: it sends whoever asks on to the file, and deletes it when it is told to."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.content, self.headers, self.redirect = b"", {}, ""
        self.asked: list[str] = []


class _Handler(JsonHandler):
    protocol_version = "HTTP/1.0"  # the end of the connection is the end of the file
    server: Host

    def do_GET(self) -> None:
        self.server.asked.append(
            f"GET {self.path} {'with' if self.headers.get('Authorization') else 'without'} password"
        )
        if "/Accounts/" in self.path:
            self.send_response(307)
            self.send_header("Location", self.server.redirect or f"{self.server.origin}/file")
            self.end_headers()
            return
        self.send_response(200)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.server.content)

    def do_DELETE(self) -> None:
        self.server.asked.append(f"DELETE {self.path}")
        self.send_response(204)
        self.end_headers()


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as server:
        yield server


Send = Callable[..., str]


@pytest.fixture
def send(database: Database, here: Installation, somebody: Browser) -> Send:
    """A message of WhatsApp to the demonstration's desk, with what it carries; its conversation."""
    count = iter(range(1, 1000))

    def work(text: str, *kinds: str) -> str:
        number = next(count)
        media = [
            part
            for place, kind in enumerate(kinds)
            for part in (
                (f"MediaUrl{place}", f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages/MM{number:032x}"
                                     f"/Media/ME{number * 16 + place:032x}"),
                (f"MediaContentType{place}", kind),
            )
        ]  # fmt: skip
        form = [("MessageSid", f"MM{number:032x}"), ("From", f"whatsapp:{PHONE}"), ("To", f"whatsapp:{OURS}"),
                ("Body", text), ("NumMedia", str(len(kinds))), *media]  # fmt: skip
        inbound = twilio.parse(form, clock.system_now())
        found = database.write(lambda session: receive(session, here, inbound)).result()
        assert found
        return found

    return work


def fetch(database: Database, keys: Keys, host: Host, minutes: int = 10) -> None:
    telephone = TwilioTelephone(TwilioClient(ACCOUNT, "token", host.origin, 5))
    now = clock.system_now() + timedelta(minutes=minutes)
    asyncio.run(worker.fetch_due(database, keys, {Provider.TWILIO: telephone}, now))


def test_a_picture_is_fetched_from_our_own_account_and_shown_at_the_desk(
    database: Database, keys: Keys, send: Send, host: Host, somebody: Browser
) -> None:
    host.content = with_position()
    id_ = send("kijk", "image/jpeg")
    fetch(database, keys, host)
    get, file, delete = host.asked
    assert get.endswith("with password") and f"/Accounts/{ACCOUNT}/Messages/MM" in get
    assert file == "GET /file without password"  # the password goes to nobody else
    assert delete.startswith("DELETE ") and "/Media/ME" in delete
    somebody.sign_in()
    somebody.get(f"/desk/conversations/{id_}")
    assert "kijk" in somebody.text
    (recording,) = recordings_of(database)
    assert f'<img src="/desk/recordings/{recording.id}"' in somebody.page.text
    answer = somebody.client.get(f"/desk/recordings/{recording.id}")
    assert answer.headers["content-type"] == "image/jpeg" and b"Phone of somebody" not in answer.content
    assert answer.headers["x-content-type-options"] == "nosniff"


def recordings_of(database: Database) -> list[Recording]:
    with database.read() as session:
        return list(session.exec(select(Recording).order_by(Recording.id)))


def test_a_voice_note_is_the_name_where_a_name_is_asked(
    database: Database, keys: Keys, here: Installation, send: Send, host: Host
) -> None:
    for text in ("dag", "1", "02-2026", "9000", "1", "1", "1", "3", "1", "3"):
        id_ = send(text)
    send("", "audio/ogg")
    host.content = b"OggS" + tone()
    fetch(database, keys, host)
    (recording,) = recordings_of(database)
    assert (recording.status, recording.media_type) == ("kept", "audio/ogg")
    with database.read() as session:
        (kept,) = registrations.of_conversation(session, keys, id_)
        assert f"recording:{recording.id}" in kept.answers


def test_several_things_at_once_are_all_kept(database: Database, keys: Keys, send: Send, host: Host) -> None:
    id_ = send("", "image/png", "audio/ogg", "application/pdf")
    with database.read() as session:
        view = conversations.view(session, keys, frozenset({session.exec(select(Message.desk_id)).first() or ""}), id_)
        assert view is not None
        lines = view.entries[0].body.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["[picture", "[recording", "[application/pdf]"]
    assert len(recordings_of(database)) == 2


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (b"<html><script>alert(1)</script>", {}),
        (pixel_bomb(), {}),
        (gzip.compress(b"0" * 50_000_000), {"Content-Encoding": "gzip"}),
        (b"OggS" + b"0" * 40_000_000, {}),
    ],
    ids=["html as sound", "pixel bomb", "gzip bomb", "fifty megabytes"],
)
def test_what_is_no_medium_or_too_large_is_never_kept(
    database: Database, keys: Keys, send: Send, host: Host, content: bytes, headers: dict[str, str]
) -> None:
    host.content, host.headers = content, headers
    send("", "audio/ogg")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    fetch(database, keys, host)
    (recording,) = recordings_of(database)
    assert (recording.status, recording.sound) == ("lost", None)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024  # KiB


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:1/x", "https://mms.twiliocdn.com.evil.example/x", "https://mms.twiliocdn.com@evil.example/x",
     "https://evil.example/mms.twiliocdn.com", "file:///etc/passwd", "http://mms.twiliocdn.com/x", ""],
)  # fmt: skip
def test_a_redirect_leads_nowhere_but_to_the_provider(
    database: Database, keys: Keys, send: Send, host: Host, address: str
) -> None:
    host.redirect = address or "/relative"
    send("", "image/jpeg")
    fetch(database, keys, host)
    assert [each for each in host.asked if each.startswith("GET")] == host.asked[:1]
    assert recordings_of(database)[0].status == "lost"
