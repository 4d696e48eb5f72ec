"""Several people at one desk: who looks, who takes over, whom a note names, to whom it is handed, what is kept."""

from datetime import timedelta

import pytest
from sqlmodel import select

from intake import forgetting
from intake.installation import Installation
from storage import clock, desks, staff, together
from storage.database import Database
from storage.keys import Keys
from storage.models import Audit, CallBack, Mention, Presence, ReplyDraft
from tests.intake.pages import Browser, text_us
from tests.intake.test_desk import FRENCH, PHONE, colleague

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


@pytest.fixture
def id_(somebody: Browser, database: Database, here: Installation) -> str:
    made = text_us(database, here, PHONE, *FRENCH)
    somebody.sign_in()
    return made


def opened(browser: Browser, id_: str) -> str:
    return browser.get(f"/desk/conversations/{id_}")


def test_colleagues_see_who_looks_and_who_types_until_the_lease_ends(
    somebody: Browser, database: Database, id_: str
) -> None:
    mieke = colleague(somebody, database)
    opened(mieke, id_)
    mieke.post(f"/desk/conversations/{id_}/here", types="yes")
    assert "mieke is aan het typen." in opened(somebody, id_)
    opened(mieke, id_)
    mieke.post(f"/desk/conversations/{id_}/here")
    assert "mieke heeft dit ook open." in opened(somebody, id_) and "typen" not in somebody.text
    assert "heeft dit ook open" not in opened(mieke, id_)  # oneself is nobody else
    with database.read() as session:
        later = clock.system_now() + together.LOOKS
        assert together.looking(session, id_, "", later) == []
    mieke.post(f"/desk/conversations/{id_}/here", away="yes")
    assert "heeft dit ook open" not in opened(somebody, id_)


def test_taking_over_is_seen_by_who_held_it_and_stands_in_the_audit(
    somebody: Browser, database: Database, id_: str
) -> None:
    opened(somebody, id_)
    somebody.post(f"/desk/conversations/{id_}/claim")
    mieke = colleague(somebody, database)
    assert "Neem het over van balie" in opened(mieke, id_)
    assert "Antwoorden met een vaste zin" in mieke.post(f"/desk/conversations/{id_}/take-over")
    assert "mieke nam dit over van balie" in opened(somebody, id_) and "mieke is met dit gezin bezig" in somebody.text
    assert "Antwoorden met een vaste zin" not in somebody.text
    with database.read() as session:
        told = session.exec(select(Audit).where(Audit.what == "taken_over")).one()
    assert told.about == id_ and told.who


def test_a_note_that_names_a_colleague_is_found_under_what_is_theirs(
    somebody: Browser, database: Database, id_: str
) -> None:
    mieke = colleague(somebody, database)
    opened(somebody, id_)
    said = somebody.post(f"/desk/conversations/{id_}/note", text="@piet kijk jij? mail naar x@mieke.be")
    assert "Er is hier geen collega piet. Wel: balie, mieke" in said
    somebody.post(f"/desk/conversations/{id_}/note", text="@Mieke, ken jij dit gezin?")
    assert somebody.page.status_code == 200
    page = mieke.client.get("/desk?show=mine").text
    assert id_ in page and "vraag voor mieke" in mieke.get("/desk?show=mine")
    assert "balie vraagt mieke om hiernaar te kijken." in opened(mieke, id_)
    mieke.post(f"/desk/conversations/{id_}/seen")
    assert id_ not in mieke.client.get("/desk?show=mine").text


def test_a_family_is_handed_to_a_colleague_with_a_note(somebody: Browser, database: Database, id_: str) -> None:
    mieke, jan = colleague(somebody, database), colleague(somebody, database, "jan")
    opened(somebody, id_)
    somebody.post(f"/desk/conversations/{id_}/claim")
    with database.read() as session:
        to = next(each for each, name in staff.names(session).items() if name == "mieke")
    assert "Schrijf eerst iets." in somebody.post(f"/desk/conversations/{id_}/hand-over", to=f"staff:{to}", note="")
    assert "Kies een collega." in somebody.post(f"/desk/conversations/{id_}/hand-over", to="staff:x", note="dag")
    assert "Doorgegeven, met uw notitie." in somebody.post(
        f"/desk/conversations/{id_}/hand-over", to=f"staff:{to}", note="jij kent ze"
    )
    assert "voor mieke" in mieke.get("/desk?show=mine") and "jij kent ze" in opened(mieke, id_)
    for _ in range(6):  # nobody else is given it as the next family
        jan.get("/desk")
        jan.post("/desk/next")
        assert id_ not in str(jan.page.url)
    opened(mieke, id_)
    mieke.post(f"/desk/conversations/{id_}/claim")
    with database.read() as session:
        assert session.exec(select(Mention)).all() == []


def test_a_family_is_handed_to_another_desk_when_it_agrees(
    somebody: Browser, database: Database, here: Installation, keys: Keys
) -> None:
    id_ = text_us(database, here, "+32470000041", "goeiedag", "4")
    there = database.write(
        lambda session: (
            desks.add(session, keys, clock.system_now(), "aalst", "Aalst", "+3290000002", [], desks.Choices()).id
        )
    ).result()
    an = colleague(somebody, database, "an", slug="aalst")
    somebody.sign_in()
    opened(somebody, id_)
    somebody.post(f"/desk/conversations/{id_}/claim")
    to = {"to": f"desk:{there}", "note": "ze zoeken daar"}
    assert "Vraag het gezin eerst" in somebody.post(f"/desk/conversations/{id_}/hand-over", **to)
    assert "Doorgegeven" in somebody.post(f"/desk/conversations/{id_}/hand-over", **to, agreed="yes")
    assert somebody.get(f"/desk/conversations/{id_}") and somebody.page.status_code == 404
    assert "Doorgegeven door een ander loket" in an.get("/desk") and "ze zoeken daar" in opened(an, id_)
    with database.read() as session:
        assert session.exec(select(CallBack.desk_id).where(CallBack.conversation_id == id_)).all() == [there]


def test_what_was_being_written_is_there_again_and_sealed(
    somebody: Browser, database: Database, id_: str, keys: Keys
) -> None:
    opened(somebody, id_)
    somebody.post(f"/desk/conversations/{id_}/claim")
    somebody.post(f"/desk/conversations/{id_}/here", draft="Beste Samira, wij", types="yes")
    assert "Beste Samira, wij" in opened(somebody, id_)
    mieke = colleague(somebody, database)
    opened(mieke, id_)
    mieke.post(f"/desk/conversations/{id_}/take-over")
    assert "Beste Samira" not in mieke.text
    with database.read() as session:
        row = session.exec(select(ReplyDraft)).one()
        assert b"Samira" not in row.text
    opened(somebody, id_)
    somebody.post(f"/desk/conversations/{id_}/take-over")
    somebody.post(f"/desk/conversations/{id_}/draft", text="Beste Samira, wij zoeken")
    assert "Uw ontwerp is bewaard." in somebody.text and "wij zoeken" in somebody.text
    somebody.post(f"/desk/conversations/{id_}/reply", text="Beste Samira, wij zoeken.")
    with database.read() as session:
        assert session.exec(select(ReplyDraft)).all() == []


def test_drafts_go_with_the_words_of_a_conversation(
    somebody: Browser, database: Database, id_: str, keys: Keys
) -> None:
    opened(somebody, id_)
    somebody.post(f"/desk/conversations/{id_}/claim")
    somebody.post(f"/desk/conversations/{id_}/here", draft="half")
    opened(somebody, id_)
    somebody.post(f"/desk/conversations/{id_}/close")
    later = clock.system_now() + timedelta(days=31)
    forgetting.run(database, keys, later)
    with database.read() as session:
        assert session.exec(select(ReplyDraft)).all() == []


def test_a_colleague_of_another_desk_is_nowhere_on_the_page(
    somebody: Browser, database: Database, keys: Keys, id_: str
) -> None:
    database.write(
        lambda session: desks.add(
            session, keys, clock.system_now(), "aalst", "Aalst", "+3290000002", [], desks.Choices()
        )
    ).result()
    stranger = colleague(somebody, database, "vreemd", slug="aalst")
    stranger.get("/desk")
    stranger.post(f"/desk/conversations/{id_}/here")
    assert stranger.page.status_code == 404
    stranger.get("/desk")
    stranger.post(f"/desk/conversations/{id_}/take-over")
    assert stranger.page.status_code == 404
    with database.read() as session:
        assert session.exec(select(Presence)).all() == []
    opened(somebody, id_)
    somebody.post(f"/desk/conversations/{id_}/claim")
    assert "vreemd" not in opened(somebody, id_)
