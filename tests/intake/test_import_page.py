"""A coordinator looks at a list before it is taken: what is new, otherwise, the same, wrong, and perhaps known."""

import re
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import func, select

from intake.web.progress import Watched, beside
from storage import clock, import_drafts
from storage.database import Database
from storage.keys import Keys
from storage.models import Audit, ImportDraft, Registration, Staff
from tests.intake.pages import Browser
from tests.intake.test_template import send

HEADER = "external_reference,desk,asked_on,birth,postcode,contact,child_first_name"
FIRST = ("A1,gent,2025-05-01,2025-02,9000,0470 00 00 91,Noor", "A2,gent,2025-06-01,2025-03,9000,,Lars")
AGAIN = (
    "A1,gent,2025-05-01,2025-02,9030,0470 00 00 91,Noor",  # another town
    FIRST[1],
    "B1,gent,2025-07-01,2025-03,9000,0470 00 00 91,",  # the number of A1
    "B2,gent,2025-07-02,2025-04,9040,,lars",  # the name and the age of A2
    "B3,gent,2025-07-03,2025-09,9040,,Lars",  # another child of that name
    "B4,gent,2025-07-04,februari,9000,,",
)

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


def look(somebody: Browser, *rows: str) -> str:
    """The preview of a list; the id under which it is kept."""
    somebody.get("/reports/import")
    send(somebody, "/reports/import", "\n".join((HEADER, *rows)).encode())
    found = re.search(r'action="/reports/import/(\w+)"', somebody.page.text)
    assert found
    return found[1]


def count(database: Database) -> int:
    with database.read() as session:
        return session.exec(select(func.count()).select_from(Registration)).one()


def test_a_list_is_looked_at_and_then_taken(somebody: Browser, database: Database) -> None:
    somebody.sign_in()
    before = count(database)
    somebody.post(f"/reports/import/{look(somebody, *FIRST)}", take="all")
    assert "Nieuw 2 Gewijzigd 0" in somebody.text and count(database) == before + 2
    draft = look(somebody, *AGAIN)
    page = somebody.text
    assert (
        "Rijen 6 Nieuw 3 Gewijzigd 1 Hetzelfde als we al hebben 1 Fout 1 Misschien een aanvraag die we al hebben 2"
        in page
    )
    assert "7 birth schrijf een dag" in page and re.search(r"2 \d{8} postcode", page)
    assert re.search(r"4 \d{8} hetzelfde nummer", page) and re.search(r"5 \d{8} dezelfde naam", page)
    assert count(database) == before + 2
    page = somebody.post(f"/reports/import/{draft}", take="good", leave_likely="on")
    assert (
        "Nieuw 1 Gewijzigd 1 Hetzelfde als we al hebben 1 Niet overgenomen 3" in page and count(database) == before + 3
    )
    link = re.search(r'href="(/reports/import/\w+/rest.csv)"', somebody.page.text)
    assert link
    rest = somebody.client.get(link[1]).text.splitlines()
    assert rest[0] == HEADER and {row[:2] for row in rest[1:]} == {"B1", "B2", "B4"}
    somebody.get("/reports/import")
    assert "is al overgenomen" in somebody.post(f"/reports/import/{draft}", take="good")
    with database.read() as session:
        told = session.exec(select(Audit.about).where(Audit.what == "imported")).all()
    assert told == ["2 0 0 0", "1 1 1 3"]


def test_what_is_perhaps_known_can_be_taken_all_the_same(somebody: Browser, database: Database) -> None:
    somebody.sign_in()
    somebody.post(f"/reports/import/{look(somebody, *FIRST)}", take="all")
    before = count(database)
    page = somebody.post(f"/reports/import/{look(somebody, *AGAIN[:5])}", take="all")
    assert "Nieuw 3" in page and count(database) == before + 3


def test_a_list_for_another_desk_is_not_taken(somebody: Browser, database: Database, keys: Keys) -> None:
    from storage import desks

    database.write(
        lambda session: desks.add(
            session, keys, clock.system_now(), "aalst", "Aalst", "+3290000002", ["9300"], desks.Choices()
        )
    ).result()
    somebody.sign_in()
    look(somebody, FIRST[0].replace("gent", "aalst"))
    assert "2 desk schrijf de korte naam van een loket: gent" in somebody.text


def test_a_list_waits_sealed_for_an_hour_and_for_nobody_else(
    somebody: Browser, database: Database, keys: Keys, tmp_path: Path
) -> None:
    somebody.sign_in()
    draft = look(somebody, FIRST[0].replace("Noor", "Xanthippetje"))
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"Xanthippetje" in path.read_bytes()]
    now = clock.system_now()
    with database.read() as session:
        mine = session.exec(select(Staff.id)).first()
        assert mine and import_drafts.get(session, keys, draft, mine, now)
        assert import_drafts.get(session, keys, draft, "somebody else", now) is None
        assert import_drafts.get(session, keys, draft, mine, now + timedelta(minutes=61)) is None
    database.write(lambda session: import_drafts.prune(session, now + timedelta(minutes=61))).result()
    with database.read() as session:
        assert session.exec(select(ImportDraft)).all() == []


def test_long_work_shows_how_far_it_is(somebody: Browser) -> None:
    def work(watched: list[Watched[str]]) -> str:
        for _ in range(4):
            time.sleep(0.3)
            watched[0]._add(25)
        return "done"

    found: list[Watched[str]] = []
    found.append(Watched(lambda done: beside(lambda: work(found)), 100))
    seen = list(found[0])
    assert seen == sorted(set(seen)) and seen and seen[-1] < 100 and found[0].result() == "done"
