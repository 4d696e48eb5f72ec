"""The audit as pages: who looked is written, once an hour; a family's own log; who reads without acting; no names."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlmodel import col, select

from intake.installation import Installation
from storage import audit, clock
from storage.database import Database
from storage.keys import Keys
from storage.models import Audit
from tests.intake.pages import Browser, text_us
from tests.intake.test_desk import colleague
from tests.intake.test_people import another_desk

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
STORY = ("dag", "1", "02-2026", "9000", "1", "1", "1", "1", "3", "1 3", "Samira", "3", "1", "2")


@pytest.fixture
def family(database: Database, here: Installation) -> str:
    return text_us(database, here, "+32470000021", *STORY)


def looks(database: Database) -> int:
    with database.read() as session:
        return len(session.exec(select(Audit).where(Audit.what == "looked")).all())


def test_who_looks_at_a_family_is_written_once_an_hour(somebody: Browser, database: Database, family: str) -> None:
    somebody.sign_in()
    for _ in range(3):
        somebody.get(f"/desk/conversations/{family}")
    assert looks(database) == 1
    later = clock.system_now() + timedelta(minutes=61)
    somebody.client.app.state.now = lambda: later  # type: ignore[attr-defined]
    somebody.sign_in()
    somebody.get(f"/desk/conversations/{family}")
    assert looks(database) == 2
    with database.read() as session:
        assert audit.verify(session) is None


def test_a_familys_log_says_who_looked_and_who_changed(
    somebody: Browser, database: Database, here: Installation, family: str
) -> None:
    other = text_us(database, here, "+32470000022", "dag", "3", "4", "een vraag")
    somebody.sign_in()
    mieke = colleague(somebody, database)
    mieke.get("/desk?q=Samira")
    mieke.get(f"/desk/conversations/{family}")
    mieke.post(f"/desk/conversations/{family}/claim")
    somebody.get(f"/desk/conversations/{other}")
    log = somebody.get(f"/desk/audit/conversations/{family}")
    assert "mieke opende het gesprek" in log and "mieke nam het gesprek" in log and "mieke zocht" in log
    assert "balie" not in log.partition("Wanneer")[2]
    assert "Samira" not in log and "+3247" not in log


def test_a_familys_log_is_one_step_from_its_conversation_for_who_may_see_it(
    somebody: Browser, database: Database, family: str
) -> None:
    link = f'href="/desk/audit/conversations/{family}"'
    somebody.sign_in()
    assert "Wie dit gezin bekeek" in somebody.get(f"/desk/conversations/{family}") and link in somebody.page.text
    worker = colleague(somebody, database)
    worker.get(f"/desk/conversations/{family}")
    assert worker.page.status_code == 200 and link not in worker.page.text


def test_a_search_stands_in_the_log_of_each_family_that_it_found(
    somebody: Browser, database: Database, here: Installation, family: str
) -> None:
    other = text_us(database, here, "+32470000022", *STORY)
    somebody.sign_in()
    somebody.client.get("/desk", params={"q": "Samira"})
    for each in (family, other):
        assert "zocht" in somebody.get(f"/desk/audit/conversations/{each}")
    somebody.client.get("/desk", params={"q": "Nobody"})
    with database.read() as session:
        found = session.exec(select(Audit).where(Audit.what == "searched").order_by(col(Audit.id))).all()
    assert {family, other} <= {each.about for each in found[:-1]} and found[-1].about == ""
    for each in (family, other):
        somebody.get(f"/desk/conversations/{each}")
    assert "balie 2 2" in somebody.get("/desk/audit/idle")  # a search is no act


def test_the_audit_is_chosen_by_who_what_and_day_and_paged(somebody: Browser, database: Database, family: str) -> None:
    somebody.sign_in()
    mieke = colleague(somebody, database)
    mieke.get(f"/desk/conversations/{family}")
    assert "mieke" in somebody.get("/desk/audit?what=looked").partition("Wanneer")[2]
    assert "mieke" not in somebody.get("/desk/audit?what=exported").partition("Wanneer")[2]
    assert "Hier gebeurde niets" in somebody.get("/desk/audit?since=2020-01-01&until=2020-12-31")
    assert "mieke" in somebody.get("/desk/audit?since=zomaar&before=abc&who=").partition("Wanneer")[2]
    now = clock.system_now()
    database.write(
        lambda session: [audit.add(session, now, None, mieke_id(database), "signed_in") for _ in range(120)]
    ).result()
    assert "Oudere regels" in somebody.get("/desk/audit")


def mieke_id(database: Database) -> str:
    with database.read() as session:
        return session.exec(select(Audit.who).where(Audit.what == "looked")).first() or ""


def test_a_desk_sees_nothing_of_another_one(somebody: Browser, database: Database, keys: Keys, family: str) -> None:
    another_desk(database, keys)
    somebody.sign_in()
    somebody.get(f"/desk/conversations/{family}")
    elsewhere = colleague(somebody, database, "pol", "coordinator", slug="aalst")
    assert "balie" not in elsewhere.get("/desk/audit")
    elsewhere.get(f"/desk/audit/conversations/{family}")
    assert elsewhere.page.status_code == 404


def test_an_auditor_reads_the_audit_and_opens_no_conversation(
    somebody: Browser, database: Database, family: str
) -> None:
    somebody.sign_in()
    somebody.get(f"/desk/conversations/{family}")
    auditor = colleague(somebody, database, "auditor", "auditor")
    assert "balie opende het gesprek" in auditor.get("/desk/audit") and "/desk/conversations/" not in auditor.page.text
    auditor.get(f"/desk/conversations/{family}")
    assert auditor.page.status_code == 403


def test_who_opens_and_does_nothing_is_counted(
    somebody: Browser, database: Database, here: Installation, family: str
) -> None:
    other = text_us(database, here, "+32470000022", "dag", "3", "4", "een vraag")
    somebody.sign_in()
    mieke = colleague(somebody, database)
    for each in (family, other):
        mieke.get(f"/desk/conversations/{each}")
    mieke.post(f"/desk/conversations/{other}/claim")
    assert "mieke 2 1" in somebody.get("/desk/audit/idle")


def test_a_changed_line_is_found(somebody: Browser, database: Database, family: str) -> None:
    somebody.sign_in()
    assert "Elke regel past" in somebody.get("/desk/audit?chain=1")
    database.write(lambda session: session.execute(text("update audit set what = 'other' where id = 1"))).result()
    assert "Regel 1 past niet" in somebody.get("/desk/audit?chain=1")
