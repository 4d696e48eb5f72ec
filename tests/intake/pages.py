"""A browser without a screen for the tests of pages: it keeps its cookie, sends forms with their token, reads text."""

import atexit
import html
import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlmodel import update
from starlette.types import ASGIApp

from channels import simulator
from channels.simulated_call import tone
from flows.engine.turn import local_day
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
from storage.models import Registration
from tests.databases import fill

PUBLIC = "https://loket.example"
COOKIE = cookies.name(Settings(public_url=PUBLIC), Cookie.SESSION)  # of a session there
_MARKUP = re.compile(r"<!--.*?-->|<[a-zA-Z/!](?:[^\"'>]|\"[^\"]*\"|'[^']*')*>", re.DOTALL)


def visit(app: ASGIApp, address: str = PUBLIC, **more: Any) -> TestClient:
    """Somebody at the service. One loop serves all of a process: one for each request costs as much as its page."""
    client = TestClient(app, base_url=address, **more)
    client.portal = _loop()
    return client


@cache
def _loop() -> BlockingPortal:
    kept = ExitStack()
    atexit.register(kept.close)
    return kept.enter_context(start_blocking_portal())


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
            self._read, self._text = self.page, " ".join(html.unescape(_MARKUP.sub(" ", self.page.text)).split())
        return self._text

    def sign_in(self, username: str = demo.ACCOUNT, password: str = demo.ACCOUNT) -> str:
        self.get("/desk/sign-in")
        return self.post("/desk/sign-in", username=username, password=password, code="")


@pytest.fixture
def here(keys: Keys) -> Installation:
    return installation.load(keys, PUBLIC)


@pytest.fixture
def client(database: Database, keys: Keys, here: Installation, tmp_path: Path) -> Iterator[TestClient]:
    """The service with the demonstration's desk, account and families, at its public address."""
    demonstrate(database, keys, here)
    settings = Settings(public_url=PUBLIC, demo=True, data_dir=tmp_path)
    app = make_app(settings, database, here, telephones=service.telephones(settings))
    yield visit(app)


def demonstrate(database: Database, keys: Keys, here: Installation) -> None:
    """Fill a new database as the demonstration does."""
    fill(database, "demonstrated", lambda: demo.prepare(database, keys, here, clock.system_now()))


@pytest.fixture
def somebody(client: TestClient) -> Browser:
    return Browser(client)


def all_ask_today(database: Database) -> None:
    """The families of the demonstration asked up to 26 hours ago: around New Year some of them did so last year."""
    today = update(Registration).values(asked_on=local_day(clock.system_now()))
    database.write(lambda session: session.connection().execute(today)).result()


def text_us(database: Database, here: Installation, number: str, *texts: str, at: datetime | None = None) -> str:
    """What a family sends; the conversation it went to."""
    id_ = None
    for text in texts:
        inbound = simulator.parse(text, number, demo.NUMBER, at or clock.system_now())
        id_ = database.write(lambda session, inbound=inbound: receive(session, here, inbound)).result()
    assert id_
    return id_
