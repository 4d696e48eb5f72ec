"""An account needs more than a password: set up once, asked at every sign-in, each code good once."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest

from intake import second_factor
from intake.installation import Installation
from intake.settings import Settings
from intake.web.app import make_app
from storage import desks, staff
from storage.database import Database, Session
from storage.keys import Keys
from storage.models import Staff
from tests.intake.pages import PUBLIC, Browser, visit

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
PASSWORD = "een lange zin voor els"


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def browser(database: Database, keys: Keys, here: Installation, clock: Clock, tmp_path: Path) -> Iterator[Browser]:
    """A real desk, not the demonstration, and Els who chose her password."""

    def work(session: Session) -> None:
        desk = desks.add(session, keys, clock(), "gent", "Gent", "+3290000001", ["9000"], desks.Choices())
        staff.add(session, clock(), "els", "worker", [desk.id])
        found = staff.find(session, "els")
        assert found
        staff.set_password(session, found, PASSWORD)

    database.write(work).result()
    settings = Settings(public_url=PUBLIC, data_dir=tmp_path)
    yield Browser(visit(make_app(settings, database, here, clock)))


def sign_in(browser: Browser, code: str = "") -> str:
    browser.get("/desk/sign-in")
    return browser.post("/desk/sign-in", username="els", password=PASSWORD, code=code)


def set_up(browser: Browser, clock: Clock) -> tuple[pyotp.TOTP, list[str]]:
    sign_in(browser)
    secret = re.search(r'name="secret" value="(\w+)"', browser.page.text)
    assert secret
    totp = pyotp.TOTP(secret[1])
    browser.post("/desk/second-factor", secret=secret[1], code=totp.at(clock()))
    return totp, re.findall(r'<li class="reference">(\w{10})</li>', browser.page.text)


def test_without_a_second_factor_nothing_else_can_be_done(browser: Browser) -> None:
    assert "Tweede sleutel" in sign_in(browser) and "<svg" in browser.page.text
    for address in ("/desk", "/desk/calls", "/reports"):
        assert "Tweede sleutel" in browser.get(address)


def test_it_is_set_up_with_a_right_code_and_asked_from_then_on(browser: Browser, clock: Clock) -> None:
    sign_in(browser)
    secret = re.search(r'name="secret" value="(\w+)"', browser.page.text)
    assert secret
    assert "klopt niet" in browser.post("/desk/second-factor", secret=secret[1], code="000000")
    assert "klopt niet" in browser.post("/desk/second-factor", secret="AAAA", code="000000")
    totp, codes = set_up(browser, clock)
    assert len(codes) == 8
    assert "Wachtrij" in browser.get("/desk")
    clock.now += timedelta(hours=13)
    assert "Aanmelden" in browser.get("/desk")
    assert "De code klopt niet" in sign_in(browser)
    assert "De code klopt niet" in sign_in(browser, "123456")
    assert "Wachtrij" in sign_in(browser, totp.at(clock()))


def test_a_code_is_good_once_and_a_recovery_code_too(browser: Browser, clock: Clock) -> None:
    totp, codes = set_up(browser, clock)
    clock.now += timedelta(minutes=5)
    code = totp.at(clock())
    browser.get("/desk/sign-in")
    field = re.search(r'<input id="code"[^>]*maxlength="(\d+)"[^>]*>', browser.page.text)
    assert field and int(field[1]) >= len(codes[0]) and "numeric" not in field[0]  # there is room for it, and letters
    assert "Wachtrij" in sign_in(browser, f"{code[:3]} {code[3:]}")
    assert "De code klopt niet" in sign_in(browser, code)
    assert "Wachtrij" in sign_in(browser, codes[0].lower())
    assert "De code klopt niet" in sign_in(browser, codes[0])
    clock.now += timedelta(seconds=30)
    assert "Wachtrij" in sign_in(browser, totp.at(clock() - timedelta(seconds=25)))  # a clock that is a little late


def test_guessing_codes_locks_the_account(browser: Browser, clock: Clock) -> None:
    set_up(browser, clock)
    for guess in range(8):
        sign_in(browser, f"{guess:06}")
    assert "Te veel verkeerde wachtwoorden" in sign_in(browser, "000009")


def test_it_is_changed_only_by_a_new_link(browser: Browser, database: Database, clock: Clock, keys: Keys) -> None:
    set_up(browser, clock)
    assert "In orde" in browser.get("/desk/second-factor") and "<svg" not in browser.page.text
    browser.get("/desk")
    browser.post("/desk/second-factor", secret="A" * 32, code="000000")
    assert browser.page.status_code == 409
    with database.read() as session:
        found = staff.find(session, "els")
        assert found and found.totp and b"secret" not in found.totp
    database.write(lambda session: staff.reset(session, clock(), "els")).result()
    with database.read() as session:
        kept: Staff | None = staff.find(session, "els")
        assert kept and kept.totp is None


def test_a_picture_is_plain_svg(browser: Browser) -> None:
    drawn = second_factor.picture(second_factor.address("A" * 32, "els"))
    assert drawn.startswith("<svg") and "style" not in drawn and "<script" not in drawn
