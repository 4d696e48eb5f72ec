"""Who guesses is slowed down; whose account it is gets in. Sessions end; what matters is proven once more."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest
from sqlmodel import select

from intake.installation import Installation
from intake.settings import Settings
from intake.web.app import make_app
from storage import desks, staff
from storage.database import Database, Session
from storage.keys import Keys
from storage.models import Registration, SignInAttempt, StaffSession
from tests.intake.pages import PUBLIC, Browser, visit

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
PASSWORD = "een lange zin voor els"
SLOWED = "Te veel verkeerde wachtwoorden"


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Place:
    """Computers with one installation: each has an address of its own."""

    def __init__(self, app: object) -> None:
        self.app = app

    def computer(self, address: str) -> Browser:
        return Browser(visit(self.app, client=(address, 50000)))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def place(database: Database, keys: Keys, here: Installation, clock: Clock, tmp_path: Path) -> Iterator[Place]:
    """Els, An and Bo chose their passwords."""

    def work(session: Session) -> None:
        desk = desks.add(session, keys, clock(), "gent", "Gent", "+3290000001", ["9000"], desks.Choices())
        for name, role in (("els", "coordinator"), ("an", "worker"), ("bo", "translator")):
            staff.add(session, clock(), name, role, [desk.id])
            found = staff.find(session, name)
            assert found
            staff.set_password(session, found, PASSWORD)

    database.write(work).result()
    settings = Settings(public_url=PUBLIC, data_dir=tmp_path, second_factor="optional")
    yield Place(make_app(settings, database, here, clock))


def guess(browser: Browser, name: str, times: int) -> None:
    for each in range(times):
        browser.sign_in(name, f"geraden {each}")


def test_who_guesses_waits_ever_longer(place: Place, clock: Clock) -> None:
    guesser = place.computer("198.51.100.1")
    guess(guesser, "els", 8)
    assert SLOWED in guesser.sign_in("els", PASSWORD) and guesser.page.status_code == 429
    assert guesser.page.headers["Retry-After"] == "10"
    clock.now += timedelta(seconds=11)
    guess(guesser, "els", 1)
    assert SLOWED in guesser.sign_in("els", PASSWORD) and guesser.page.headers["Retry-After"] == "20"
    for _ in range(6):
        clock.now += timedelta(minutes=15, seconds=1)
        guess(guesser, "els", 1)
    assert SLOWED in guesser.sign_in("els", PASSWORD) and guesser.page.headers["Retry-After"] == "900"


def test_guessing_from_elsewhere_keeps_nobody_out(place: Place) -> None:
    els = place.computer("203.0.113.1")
    assert "Wachtrij" in els.sign_in("els", PASSWORD)
    for last in range(1, 8):
        guess(place.computer(f"198.51.100.{last}"), "els", 8)
    assert SLOWED in place.computer("198.51.100.99").sign_in("els", PASSWORD)  # from anywhere that is not known
    els.get("/desk")
    els.post("/desk/sign-out")
    assert "Wachtrij" in els.sign_in("els", PASSWORD)


def test_a_browser_that_is_known_may_not_guess_for_ever(place: Place) -> None:
    els = place.computer("203.0.113.1")
    els.sign_in("els", PASSWORD)
    guess(els, "els", 8)
    assert SLOWED in els.sign_in("els", PASSWORD)
    assert "Wachtrij" in els.sign_in("an", PASSWORD)


def test_one_password_at_a_hundred_accounts_is_stopped(place: Place) -> None:
    guesser = place.computer("198.51.100.1")
    for number in range(100):
        guesser.sign_in(f"medewerker{number}", "Welkom2026!!")
    assert guesser.page.status_code == 429
    assert "Wachtrij" in place.computer("203.0.113.1").sign_in("els", PASSWORD)


def test_neighbours_in_one_network_of_ipv6_count_as_one(place: Place) -> None:
    for last in range(8):
        guess(place.computer(f"2001:db8:1:1::{last}"), "els", 1)
    assert SLOWED in place.computer("2001:db8:1:1::99").sign_in("els", PASSWORD)
    assert "Wachtrij" in place.computer("2001:db8:1:2::1").sign_in("els", PASSWORD)


def test_no_address_stands_in_the_database_and_nothing_stays(place: Place, clock: Clock, database: Database) -> None:
    guess(place.computer("198.51.100.1"), "els", 1)
    with database.read() as session:
        kept = session.exec(select(SignInAttempt)).all()
    assert len(kept) == 3 and all(re.fullmatch(r"[0-9a-f]{32}", each.key) for each in kept)
    clock.now += timedelta(days=2)
    guess(place.computer("198.51.100.2"), "an", 1)
    with database.read() as session:
        assert len(session.exec(select(SignInAttempt)).all()) == 3


def test_a_password_is_right_however_a_keyboard_writes_its_accents(place: Place, database: Database) -> None:
    def work(session: Session) -> None:
        found = staff.find(session, "els")
        assert found
        staff.set_password(session, found, unicodedata.normalize("NFC", "één zin met accenten"))

    database.write(work).result()
    assert "Wachtrij" in place.computer("203.0.113.1").sign_in(
        "els", unicodedata.normalize("NFD", "één zin met accenten")
    )


@pytest.mark.parametrize(
    "password",
    ["123456789012", "Wachtwoord1234", "kinderopvang 123", "aaaaaaaaaaaaaa", "marie-claire1", "te kort", "x y" * 100],
)
def test_a_password_that_others_guess_is_not_taken(
    place: Place, database: Database, clock: Clock, password: str
) -> None:
    secret = database.write(lambda session: staff.add(session, clock(), "marie-claire", "worker", [])).result()
    browser = place.computer("203.0.113.1")
    browser.get(f"/desk/welcome/{secret}")
    browser.post(f"/desk/welcome/{secret}", password=password, repeat=password)
    assert browser.page.status_code == 422
    browser.post(f"/desk/welcome/{secret}", password=PASSWORD, repeat=PASSWORD)
    assert "Uw wachtwoord is bewaard" in browser.text


def test_who_does_nothing_for_an_hour_signs_in_again(place: Place, clock: Clock) -> None:
    els = place.computer("203.0.113.1")
    els.sign_in("els", PASSWORD)
    for _ in range(5):
        clock.now += timedelta(minutes=40)
        assert "Wachtrij" in els.get("/desk")
    clock.now += timedelta(minutes=61)
    assert "Aanmelden" in els.get("/desk")


def test_what_was_filled_in_outlives_an_hour_away_and_is_sent_by_who_filled_it_in(
    place: Place, clock: Clock, database: Database
) -> None:
    els = place.computer("203.0.113.1")
    els.sign_in("els", PASSWORD)
    request = {
        "desk": "gent",
        "language": "nl",
        "birth": "02-2026",
        "place": "9000",
        "start": "1",
        "parent_name": "Samira",
    }
    els.get("/desk/new")
    clock.now += timedelta(minutes=61)
    page = els.post("/desk/new", **request)
    assert els.page.status_code == 401 and "Wat u invulde is niet verloren" in page and "wachtwoord van els" in page
    assert 'type="hidden" name="parent_name" value="Samira"' in els.page.text
    assert "Dat klopt niet" in els.post("/desk/new", **request, **{"proof.password": "fout"})
    assert 'value="Samira"' in els.page.text and "fout" not in els.page.text
    with database.read() as session:
        assert session.exec(select(Registration)).all() == []  # nothing happens before
    assert "De aanvraag is bewaard en telt" in els.post("/desk/new", **request, **{"proof.password": PASSWORD})
    talk = els.page.url.path
    clock.now += timedelta(minutes=61)
    els.post(f"{talk}/note", text="Belt liever na 16 uur")
    page = els.post(f"{talk}/note", text="Belt liever na 16 uur", **{"proof.password": PASSWORD})
    assert "De notitie is bewaard" in page and page.count("Belt liever na 16 uur") == 1
    clock.now += timedelta(minutes=61)
    els.post("/reports/filing/publish?year=2024&desk=gent", sure="on")
    assert 'action="/reports/filing/publish?year=2024&amp;desk=gent"' in els.page.text  # the year that was meant
    beats = els.client.post(f"{talk}/heartbeat", headers={"Sec-Fetch-Dest": "empty"}, follow_redirects=False)
    assert beats.headers["Location"] == "/desk/sign-in"  # a script is nobody who waits
    els.sign_in("els", PASSWORD)
    els.post("/desk/sign-out")
    assert "niet verloren" not in els.post(f"{talk}/note", text="van wie ook") and "Aanmelden" in els.text
    els.sign_in("els", PASSWORD)
    clock.now += timedelta(hours=13)  # the day is over: signing in anew
    assert "niet verloren" not in els.post(f"{talk}/note", text="morgen") and "Aanmelden" in els.text


def test_signing_in_leads_to_the_page_that_was_wanted_and_to_no_other_site(place: Place) -> None:
    els = place.computer("203.0.113.1")
    els.get("/reports/years?desk=gent")
    els.sign_in("els", "verkeerd")
    assert 'value="els"' in els.page.text  # only the password is typed again
    els.sign_in("els", PASSWORD)
    assert str(els.page.url) == f"{PUBLIC}/reports/years?desk=gent"
    els.post("/desk/sign-out")
    els.client.post("/desk/terms", headers={"Referer": f"{PUBLIC}/desk/terms?desk=gent"})  # typed too late
    els.sign_in("els", PASSWORD)
    assert str(els.page.url) == f"{PUBLIC}/desk/terms?desk=gent"
    els.post("/desk/sign-out")
    els.client.post("/desk/terms", headers={"Referer": "https://evil.example/desk/phish"})
    els.client.get("/desk/stream", headers={"Sec-Fetch-Dest": "empty"})  # a script that goes on asking
    els.sign_in("els", PASSWORD)
    assert str(els.page.url) == f"{PUBLIC}/desk"
    bo = place.computer("203.0.113.2")
    bo.get("/desk")  # the door for everybody
    bo.sign_in("bo", PASSWORD)
    assert (bo.page.status_code, str(bo.page.url)) == (200, f"{PUBLIC}/desk/translations")


def test_a_page_that_refreshes_itself_is_nobody_at_work(place: Place, clock: Clock) -> None:
    els = place.computer("203.0.113.1")
    els.sign_in("els", PASSWORD)
    clock.now += timedelta(minutes=40)
    assert els.client.get("/desk", headers={"Sec-Fetch-Dest": "empty"}).url.path == "/desk"
    clock.now += timedelta(minutes=40)
    assert "Aanmelden" in els.get("/desk")


def test_a_day_ends_for_the_busiest(place: Place, clock: Clock) -> None:
    els = place.computer("203.0.113.1")
    els.sign_in("els", PASSWORD)
    for _ in range(23):
        clock.now += timedelta(minutes=31)
        assert "Wachtrij" in els.get("/desk")
    clock.now += timedelta(minutes=31)
    assert "Aanmelden" in els.get("/desk")


def test_an_export_is_given_to_who_proves_who_they_are(place: Place, clock: Clock) -> None:
    els = place.computer("203.0.113.1")
    els.sign_in("els", PASSWORD)
    assert els.client.get("/reports/requests.csv?year=2026").headers["Content-Type"].startswith("text/csv")
    clock.now += timedelta(minutes=6)
    assert "Bent u het?" in els.get("/reports/requests.csv?year=2026") and els.page.status_code == 401
    prove = {"then": "/reports/requests.csv?year=2026", "proof.code": ""}
    assert "Dat klopt niet" in els.post("/desk/prove", **prove, **{"proof.password": "fout"})
    assert 'value="/reports/requests.csv?year=2026"' in els.page.text
    els.post("/desk/prove", **prove, **{"proof.password": PASSWORD})
    assert els.page.headers["Content-Type"].startswith("text/csv")


def test_proving_asks_for_the_code_where_there_is_one(place: Place, clock: Clock) -> None:
    els = place.computer("203.0.113.1")
    els.sign_in("els", PASSWORD)
    els.get("/desk/second-factor")
    secret = re.search(r'name="secret" value="(\w+)"', els.page.text)
    assert secret
    totp = pyotp.TOTP(secret[1])
    els.post("/desk/second-factor", secret=secret[1], code=totp.at(clock()))
    clock.now += timedelta(minutes=6)
    els.get("/reports/requests.csv")
    then = {"then": "/reports", "proof.password": PASSWORD}
    assert "De code klopt niet" in els.post("/desk/prove", **then, **{"proof.code": ""})
    assert "Tellingen" in els.post("/desk/prove", **then, **{"proof.code": totp.at(clock())})


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example", "https://evil.example/", "/\\evil.example", "/\t/evil.example"]
)
def test_proving_leads_to_pages_of_ours_alone(place: Place, elsewhere: str) -> None:
    els = place.computer("203.0.113.1")
    els.sign_in("els", PASSWORD)
    els.post("/desk/prove", then=elsewhere, **{"proof.password": PASSWORD})
    assert els.page.url.path == "/desk"


def test_a_session_of_one_browser_is_kept_as_a_hash_with_its_browser_in_two_words(
    place: Place, database: Database
) -> None:
    els = place.computer("203.0.113.1")
    els.client.headers["User-Agent"] = (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
    )
    els.sign_in("els", PASSWORD)
    with database.read() as session:
        kept = session.exec(select(StaffSession)).one()
    assert kept.device == "Firefox, Windows" and els.client.cookies["__Host-opvanglijn"] not in kept.token


def test_a_session_that_a_subdomain_could_have_set_is_nobodys(place: Place) -> None:
    els = place.computer("203.0.113.1")
    els.sign_in("els", PASSWORD)
    token = els.client.cookies["__Host-opvanglijn"]
    set_ = els.page.history[0].headers.get_list("set-cookie")
    ours = [each for each in set_ if each.startswith("__Host-opvanglijn=")]
    assert ours and all("Path=/;" in each and "Secure" in each and "Domain" not in each for each in ours)
    els.client.cookies.clear()
    els.client.cookies.set("opvanglijn", token)  # what loket.example's neighbours may set for all of example
    els.get("/desk")
    assert els.page.url.path == "/desk/sign-in"
