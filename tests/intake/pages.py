"""A browser without a screen for the tests of pages: it keeps its cookie, sends forms with their token, reads text."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from channels import simulator
from channels.simulated_call import tone
from intake import demo, installation, service
from intake.conversations import receive
from intake.installation import Installation
from intake.settings import Settings
from intake.web import cookies
from intake.web.app import make_app
from intake.web.cookies import Cookie
from storage import clock
from storage.database import Database
from storage.keys import Keys
from tests.databases import scratch

PUBLIC = "https://loket.example"
COOKIE = cookies.name(Settings(public_url=PUBLIC), Cookie.SESSION)  # of a session there


class Browser:
    """One person at one computer."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self._read: Response | None = None  # the page that `_text` is of
        self._text = ""
        self.page: Response = client.get("/desk/sign-in")

    def get(self, address: str) -> str:
        self.page = self.client.get(address)
        return self.text

    def post(self, address: str, **fields: str) -> str:
        """Send a form of the page that is open, and follow."""
        token = re.search(r'name="csrf" value="(\w+)"', self.page.text)
        assert token, "the page has no form"
        self.page = self.client.post(address, data={"csrf": token[1], **fields})
        return self.text

    def record(self, address: str, sound: bytes = b"") -> int:
        """Send what a microphone took (WAV); the status it is answered with."""
        token = re.search(r'name="csrf" value="(\w+)"', self.page.text)
        assert token, "the page has no form"
        return self.client.post(address, content=sound or tone(), headers={"X-CSRF": token[1]}).status_code

    @property
    def text(self) -> str:
        """What somebody reads on the page."""
        if self._read is not self.page:
            reader = _Reader()
            reader.feed(self.page.text)
            self._read, self._text = self.page, " ".join(" ".join(reader.pieces).split())
        return self._text

    def sign_in(self, username: str = demo.ACCOUNT, password: str = demo.ACCOUNT) -> str:
        self.get("/desk/sign-in")
        return self.post("/desk/sign-in", username=username, password=password, code="")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)


@pytest.fixture
def here(keys: Keys) -> Installation:
    return installation.load(keys, PUBLIC)


@pytest.fixture
def client(database: Database, keys: Keys, here: Installation, tmp_path: Path) -> Iterator[TestClient]:
    """The service with the demonstration's desk, account and families, at its public address."""
    demonstrate(database, keys, here)
    settings = Settings(public_url=PUBLIC, demo=True, data_dir=tmp_path)
    app = make_app(settings, database, here, telephones=service.telephones(settings))
    yield TestClient(app, base_url=PUBLIC)


_demonstrated: list[Path] = []


def demonstrate(database: Database, keys: Keys, here: Installation) -> None:
    """Fill a new SQLite database as the demonstration does: once in each process, then by copying."""
    ours = database.url.removeprefix("sqlite:///")
    if not _demonstrated:
        demo.prepare(database, keys, here, clock.system_now())
        kept = scratch("demonstrated") / "demonstrated.db"
        _copy(ours, kept)
        _demonstrated.append(kept)
    else:
        _copy(_demonstrated[0], ours)


def _copy(source: Path | str, target: Path | str) -> None:
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


@pytest.fixture
def somebody(client: TestClient) -> Browser:
    return Browser(client)


def text_us(database: Database, here: Installation, number: str, *texts: str, at: datetime | None = None) -> str:
    """What a family sends; the conversation it went to."""
    id_ = None
    for text in texts:
        inbound = simulator.parse(text, number, demo.NUMBER, at or clock.system_now())
        id_ = database.write(lambda session, inbound=inbound: receive(session, here, inbound)).result()
    assert id_
    return id_
