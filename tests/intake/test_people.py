"""The people of a desk: invited, changed, disabled by who may, each change with before and after; one's own account."""

import json
import re
from datetime import timedelta

import pytest
from sqlmodel import select

from intake.installation import Installation
from storage import audit, clock, desks, staff
from storage.database import Database, Session
from storage.keys import Keys
from storage.models import Audit, Desk, Staff
from tests.intake.pages import Browser, text_us
from tests.intake.test_desk import colleague

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


def another_desk(database: Database, keys: Keys, slug: str = "aalst") -> str:
    def work(session: Session) -> str:
        return desks.add(
            session, keys, clock.system_now(), slug, slug.title(), "+3290000077", ["9300"], desks.Choices()
        ).id  # fmt: skip

    return database.write(work).result()


def desk_id(database: Database, slug: str = "gent") -> str:
    with database.read() as session:
        return session.exec(select(Desk.id).where(Desk.slug == slug)).one()


def account(database: Database, name: str) -> Staff:
    with database.read() as session:
        found = staff.find(session, name)
        assert found
        return found


def lines(database: Database, what: str) -> list[Audit]:
    with database.read() as session:
        return list(session.exec(select(Audit).where(Audit.what == what).order_by(Audit.id)))  # type: ignore[arg-type]


def change(browser: Browser, id_: str, role: str, *at: str, seen: str = "") -> str:
    browser.get("/desk/people")
    shown = re.search(rf'action="/desk/people/{id_}">.*?name="seen" value="([^"]*)"', browser.page.text, re.S)
    mark = seen or (shown[1] if shown else "")
    return browser.post(f"/desk/people/{id_}", role=role, seen=mark, **{f"desk.{each}": "1" for each in at})


def test_a_coordinator_invites_a_colleague_by_a_link_that_works_once(somebody: Browser, database: Database) -> None:
    somebody.sign_in()
    somebody.get("/desk/people")
    said = somebody.post("/desk/people", username="Nele", role="worker", **{f"desk.{desk_id(database)}": "1"})
    link = re.search(r"https://loket\.example(/desk/welcome/\S+)", said)
    assert link
    assert "welcome" not in somebody.get("/desk/people")
    somebody.get(link[1])
    somebody.post(link[1], password="een zin voor nele", repeat="een zin voor nele")
    assert "Wachtrij" in somebody.sign_in("nele", "een zin voor nele")
    (line,) = lines(database, "account_added")
    assert (line.before, json.loads(line.after)) == ("", {"role": "worker", "desks": ["gent"]})
    assert line.who == account(database, "balie").id and line.about == account(database, "nele").id


def test_a_role_is_changed_with_before_and_after_and_holds_at_once(
    somebody: Browser, database: Database, keys: Keys
) -> None:
    somebody.sign_in()
    mieke = colleague(somebody, database, "mieke", "coordinator")
    assert "Tellingen" in mieke.get("/reports")
    id_ = account(database, "mieke").id
    assert "Het account is gewijzigd" in change(somebody, id_, "worker", desk_id(database))
    mieke.get("/reports")
    assert mieke.page.status_code == 403
    (line,) = lines(database, "account_changed")
    assert json.loads(line.before) == {"role": "coordinator", "desks": ["gent"]}
    assert json.loads(line.after) == {"role": "worker", "desks": ["gent"]}
    with database.read() as session:
        assert audit.verify(session) is None


def test_two_who_change_one_account_see_each_other(somebody: Browser, database: Database) -> None:
    somebody.sign_in()
    colleague(somebody, database, "mieke")
    id_, gent = account(database, "mieke").id, desk_id(database)
    change(somebody, id_, "translator", gent)
    assert "veranderde dit account intussen" in change(somebody, id_, "referrer", gent, seen=f"worker {gent}")
    assert somebody.page.status_code == 409 and account(database, "mieke").role == "translator"


def test_nobody_reaches_further_than_their_own_desks(somebody: Browser, database: Database, keys: Keys) -> None:
    aalst, gent = another_desk(database, keys), desk_id(database)
    somebody.sign_in()
    colleague(somebody, database, "mieke", slug="aalst")
    both = colleague(somebody, database, "bart", slug="aalst")
    database.write(
        lambda session: staff.place(session, account(database, "bart"), "worker", frozenset({gent, aalst}))
    ).result()
    assert "mieke" not in somebody.get("/desk/people") and "bart" in somebody.text
    assert "een ander loket" in somebody.text and both
    change(somebody, account(database, "mieke").id, "worker", gent)
    assert somebody.page.status_code == 404
    change(somebody, account(database, "bart").id, "worker", gent)
    assert somebody.page.status_code == 403
    somebody.get("/desk/people")
    assert "eigen loketten" in somebody.post("/desk/people", username="tom", role="worker", **{f"desk.{aalst}": "1"})


def test_a_coordinator_makes_no_administrator_and_nobody_changes_their_own_account(
    somebody: Browser, database: Database
) -> None:
    somebody.sign_in()
    colleague(somebody, database, "beheer", "administrator")
    gent = desk_id(database)
    somebody.get("/desk/people")
    said = somebody.post("/desk/people", username="tom", role="administrator", **{f"desk.{gent}": "1"})
    assert "Kies een rol" in said
    change(somebody, account(database, "beheer").id, "worker", gent)
    assert somebody.page.status_code == 403
    change(somebody, account(database, "balie").id, "worker", gent)
    assert somebody.page.status_code == 409 and account(database, "balie").role == "coordinator"


def test_who_is_disabled_is_out_at_once_and_comes_back_by_a_new_link(somebody: Browser, database: Database) -> None:
    somebody.sign_in()
    mieke = colleague(somebody, database)
    id_ = account(database, "mieke").id
    somebody.get("/desk/people")
    somebody.post(f"/desk/people/{id_}/disable")
    assert "Aanmelden" in mieke.get("/desk")
    assert "Dat klopt niet" in mieke.sign_in("mieke", "een lange zin")
    somebody.get("/desk/people")
    assert "/desk/welcome/" in somebody.post(f"/desk/people/{id_}/reset")
    assert not account(database, "mieke").disabled
    assert [json.loads(each.after) for each in lines(database, "account_disabled")] == [{"state": "disabled"}]


def test_a_change_waits_for_the_password_and_keeps_what_was_filled_in(somebody: Browser, database: Database) -> None:
    somebody.sign_in()
    later = clock.system_now() + timedelta(minutes=6)
    somebody.client.app.state.now = lambda: later  # type: ignore[attr-defined]
    somebody.get("/desk/people")
    asked = somebody.post("/desk/people", username="nele", role="worker", **{f"desk.{desk_id(database)}": "1"})
    assert "Bent u het?" in asked
    kept = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', somebody.page.text))
    kept.pop("csrf")
    assert kept["username"] == "nele"
    assert "/desk/welcome/" in somebody.post("/desk/people", **kept, **{"proof.password": "balie"})


def test_one_ends_other_sessions_of_ones_own_and_of_nobody_else(somebody: Browser, database: Database) -> None:
    somebody.sign_in()
    elsewhere, mieke = colleague(somebody, database), colleague(somebody, database, "an")
    assert mieke
    elsewhere.sign_in()
    somebody.get("/desk/account")
    assert "hier" in somebody.text and somebody.text.count("Daar afmelden") == 1
    theirs = re.search(r'name="session" value="(\w{64})"', somebody.page.text)
    assert theirs
    mieke.get("/desk/account")
    mieke.post("/desk/account/sessions", session=theirs[1])
    assert mieke.page.status_code == 404
    assert "Wachtrij" in elsewhere.get("/desk")
    assert "Daar afgemeld" in somebody.post("/desk/account/sessions", session="others")
    assert "Aanmelden" in elsewhere.get("/desk")
    assert "Wachtrij" in somebody.get("/desk")


def test_the_pages_speak_the_language_that_somebody_chose(
    somebody: Browser, database: Database, here: Installation
) -> None:
    id_ = text_us(database, here, "+32470000021", "bonjour", "1", "02-2026", "9000", "1")
    somebody.sign_in()
    somebody.get("/desk/account")
    assert "The pages speak this language" in somebody.post("/desk/account/language", language="en")
    assert "Queue" in somebody.get("/desk") and 'lang="en"' in somebody.page.text
    assert "Wanneer is uw kind geboren" in somebody.get(f"/desk/conversations/{id_}")  # the record stays Dutch
    somebody.get("/desk/account")
    assert "Les pages sont désormais" in somebody.post("/desk/account/language", language="fr")
    assert "lundi à dimanche" in somebody.get("/desk/settings") and "31 janvier" in somebody.text
    somebody.get("/desk/account")
    somebody.post("/desk/account/language", language="tlh")
    assert somebody.page.status_code == 422 and "Choisissez une langue." in somebody.text
    other = colleague(somebody, database)
    assert "Wachtrij" in other.get("/desk")


@pytest.mark.parametrize(
    ("asked", "title"),
    [
        ("en-GB,en;q=0.9,nl;q=0.8", "Sign in"),
        ("nl-BE,nl;q=0.9,en;q=0.8", "Aanmelden"),
        ("fr-BE,fr;q=0.9,nl;q=0.8", "Se connecter"),
        ("tr;q=1, en;q=0.5", "Sign in"),
        ("en;q=0, nl;q=0.1", "Aanmelden"),
        ("tr", "Aanmelden"),
        ("en;q=much,,;", "Aanmelden"),
    ],
)
def test_the_sign_in_page_speaks_the_language_of_the_browser(somebody: Browser, asked: str, title: str) -> None:
    page = somebody.client.get("/desk/sign-in", headers={"Accept-Language": asked})
    assert f"<title>{title}" in page.text
