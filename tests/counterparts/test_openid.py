"""Signing in at one's organisation, against others' software that plays it: npm oidc-provider."""

import html
import re
import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from fastapi.testclient import TestClient
from httpx2 import Client
from sqlmodel import select, update

from intake.installation import Installation
from intake.settings import Settings
from intake.web.app import make_app
from storage import clock, desks, staff
from storage.database import Database, Session
from storage.keys import Keys
from storage.models import Audit, StaffDesk, StaffSession
from tests.intake.pages import PUBLIC, Browser
from tests.network import free_port, wait_until_it_listens

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
CLIENT, SECRET = "loket", "a secret of the two of us"


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the organisation knows of its people."""
    known = tmp_path_factory.mktemp("openid") / "people.json"
    known.write_text("{}")
    return known


@pytest.fixture(scope="module")
def provider(node: None, people: Path) -> Iterator[str]:
    port = free_port()
    server = Path(__file__).with_name("openid_server.cjs")
    command = ["node", str(server), str(port), CLIENT, SECRET, f"{PUBLIC}/desk/openid/return", str(people)]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until_it_listens(port, 60)
        yield f"http://127.0.0.1:{port}"
    finally:
        running.terminate()
        running.wait(timeout=10)


class Somebody:
    """One person with a browser, who goes from us to the organisation and back."""

    def __init__(self, ours: Browser, provider: str) -> None:
        self.ours, self.provider, self.theirs = ours, provider, Client(timeout=20)

    def go(self, link: str = "/desk/openid") -> str:
        """To the organisation; where it wants a name."""
        self.ours.page = self.ours.client.get(link, follow_redirects=False)
        return self.ours.page.headers.get("Location", "")

    def sign_in(self, name: str, link: str = "/desk/openid") -> str:
        return self.back(self.type(name, self.go(link)))

    def type(self, name: str, address: str) -> str:
        """Every page of the organisation, until it sends the browser back; that address."""
        answer = self.theirs.get(address)
        while True:
            while answer.is_redirect:
                address = urljoin(str(answer.url), answer.headers["Location"])
                if address.startswith(PUBLIC):
                    return address
                answer = self.theirs.get(address)
            form = re.search(r'action="([^"]+)"', answer.text)
            assert form, answer.text
            prompt = "consent" if 'value="consent"' in answer.text else "login"
            answer = self.theirs.post(
                urljoin(self.provider, form[1]), data={"prompt": prompt, "login": name, "password": "theirs"}
            )

    def back(self, address: str) -> str:
        return self.ours.get(address.removeprefix(PUBLIC))


AtHome = Callable[..., Somebody]


@pytest.fixture
def at_home(gent: None, provider: str, database: Database, here: Installation, tmp_path: Path) -> Iterator[AtHome]:
    """Somebody with a browser of their own; `more`: other settings of ours."""
    everybody: list[Somebody] = []

    def arrive(**more: object) -> Somebody:
        chosen = {"oidc_issuer": provider, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET, **more}
        settings = Settings(public_url=PUBLIC, data_dir=tmp_path, **chosen)  # type: ignore[arg-type]
        browser = Browser(TestClient(make_app(settings, database, here), base_url=PUBLIC))
        everybody.append(Somebody(browser, provider))
        return everybody[-1]

    yield arrive
    for each in everybody:
        each.theirs.close()


@pytest.fixture
def gent(database: Database, keys: Keys) -> None:
    """Two desks, and Els who waits for an account at one of them."""

    def work(session: Session) -> None:
        now = clock.system_now()
        desk = desks.add(session, keys, now, "gent", "Gent", "+3290000001", ["9000"], desks.Choices())
        desks.add(session, keys, now, "aalst", "Aalst", "+3290000002", ["9300"], desks.Choices())
        staff.add(session, now, "els", "coordinator", [desk.id])

    database.write(work).result()


def test_a_colleague_signs_in_at_the_organisation_without_a_password_here(at_home: AtHome, database: Database) -> None:
    els = at_home()
    assert "Aanmelden bij uw organisatie" in els.ours.get("/desk/sign-in")
    assert "Wachtrij" in els.sign_in("els")  # no second factor of ours is asked
    with database.read() as session:
        found = staff.find(session, "els")
        assert found and found.subject and "subject" not in found.subject
        assert [each.what for each in session.exec(select(Audit)).all()][-2:] == ["account_bound", "signed_in"]


def test_an_account_stays_with_whom_it_was_bound_to(at_home: AtHome, database: Database) -> None:
    at_home().sign_in("els")
    database.write(lambda session: staff.place(session, *_els(session))).result()
    thief = at_home(oidc_claim_user="sub")
    assert "geen account voor u" in thief.sign_in("els2")
    again = at_home()
    assert "Wachtrij" in again.sign_in("els")
    again.ours.get("/desk/sign-in")
    assert "Dat klopt niet" in again.ours.sign_in("els", "een oud wachtwoord")


def _els(session: Session) -> tuple[object, str, frozenset[str]]:
    found = staff.find(session, "els")
    assert found
    return found, found.role, staff.desks_of(session, found.id)


def test_role_and_desks_are_what_the_organisation_says(at_home: AtHome, database: Database, people: Path) -> None:
    more = {
        "oidc_scopes": "openid profile loket", "oidc_claim_role": "realm_access.roles",
        "oidc_roles": "LoketBeheer=coordinator,LoketMedewerker=worker", "oidc_claim_desk": "loket",
        "oidc_desks": "Stad Gent=gent,Stad Aalst=aalst", "oidc_accounts": "create",
    }  # fmt: skip
    people.write_text('{"nele": {"role": "LoketBeheer", "desk": "Stad Aalst"}, "tom": {"role": "LoketBeheer"}}')
    nele = at_home(**more)
    assert "Wachtrij" in nele.sign_in("nele")
    assert "Tellingen" in nele.ours.get("/reports")
    assert "geen rol of geen loket" in at_home(**more).sign_in("tom")
    people.write_text(
        '{"nele": {"role": "LoketMedewerker", "desk": "Stad Gent"}, "tom": {"role": "Bib", "desk": "Stad Gent"}}'
    )
    assert "geen rol of geen loket" in at_home(**more).sign_in("tom")
    later = at_home(**more)
    assert "Wachtrij" in later.sign_in("nele")
    later.ours.get("/reports")
    assert later.ours.page.status_code == 403
    with database.read() as session:
        found = staff.find(session, "nele")
        assert found and found.role == "worker"
        gent_id = next(each.id for each in desks.everything(session) if each.slug == "gent")
        assert list(session.exec(select(StaffDesk.desk_id).where(StaffDesk.staff_id == found.id))) == [gent_id]


def test_whoever_has_no_account_is_told_whom_to_ask(at_home: AtHome, database: Database) -> None:
    stranger = at_home()
    said = stranger.sign_in("tom")
    assert "geen account voor u" in said and "de gebruikersnaam tom." in said and stranger.ours.page.status_code == 403
    assert 'href="/desk/openid?anew=yes"' in stranger.ours.page.text  # perhaps it is somebody else who sits there
    assert "prompt=login" in stranger.go("/desk/openid?anew=yes")


def test_an_export_asks_for_the_organisations_sign_in_again(at_home: AtHome, database: Database) -> None:
    els = at_home()
    els.sign_in("els")
    later = clock.system_now() + timedelta(minutes=6)
    state = els.ours.client.app.state  # type: ignore[attr-defined]
    state.now = lambda: later
    assert "Bent u het?" in els.ours.get("/reports/requests.csv")
    link = re.search(r'href="(/desk/openid\?then=[^"]+)"', els.ours.page.text)
    assert link
    state.now = clock.system_now  # the provider's clock is the computer's
    address = els.type("els", els.go(link[1]))
    els.back(address)
    assert els.ours.page.headers["Content-Type"].startswith("text/csv")


def test_a_form_that_comes_after_an_hour_away_goes_on_once_the_organisation_says_who_it_is(
    at_home: AtHome, database: Database
) -> None:
    els = at_home()
    els.sign_in("els")
    els.ours.get("/desk/new")
    long_ago = update(StaffSession).values(seen_at=clock.system_now() - timedelta(hours=2))
    database.write(lambda session: session.connection().execute(long_ago)).result()
    request = {"desk": "gent", "birth": "02-2026", "place": "9000", "start": "1", "parent_name": "Samira"}
    assert "Meld u bij uw organisatie aan als els" in els.ours.post("/desk/new", **request)
    waits = els.ours.page
    link = re.search(r'href="(/desk/openid[?]then=done[^"]+)"', waits.text)
    assert link and 'value="Samira"' in waits.text
    assert "Sluit deze pagina en ga verder in de andere" in els.sign_in("els", html.unescape(link[1]))
    els.ours.page = waits  # the tab that waited
    assert "De aanvraag is bewaard en telt" in els.ours.post("/desk/new", **request)


@pytest.mark.parametrize("change", ["state=other", "code=other", "iss=https://evil.example"])
def test_an_answer_that_was_tampered_with_lets_nobody_in(at_home: AtHome, database: Database, change: str) -> None:
    els = at_home()
    address = els.type("els", els.go())
    name = change.partition("=")[0]
    assert f"{name}=" in address
    said = els.back(re.sub(rf"{name}=[^&]+", change, address))
    assert els.ours.page.status_code in (400, 502) and ("Begin opnieuw" in said)
    assert "Aanmelden" in els.ours.get("/desk")


def test_an_answer_for_another_browser_lets_nobody_in(at_home: AtHome, database: Database) -> None:
    els = at_home()
    address = els.type("els", els.go())
    victim = at_home()
    assert "Begin opnieuw" in victim.back(address) and victim.ours.page.status_code == 400
    assert "Wachtrij" in els.back(address)
    assert "Begin opnieuw" in els.back(address)  # once


def test_a_provider_that_is_silent_says_so_in_one_sentence(at_home: AtHome, database: Database) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    els = at_home(oidc_issuer=nobody)
    assert "antwoordt niet" in els.ours.get("/desk/openid") and els.ours.page.status_code == 502
    refused = at_home(oidc_client_id="unknown")
    assert urlsplit(refused.go()).netloc  # the provider itself says what is wrong with us


def test_without_a_provider_there_is_no_way_to_one(
    gent: None, database: Database, here: Installation, tmp_path: Path
) -> None:
    browser = Browser(
        TestClient(make_app(Settings(public_url=PUBLIC, data_dir=tmp_path), database, here), base_url=PUBLIC)
    )
    assert "organisatie" not in browser.get("/desk/sign-in")
    browser.get("/desk/openid")
    assert browser.page.status_code == 404
