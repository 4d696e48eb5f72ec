"""Families that only have a question: what they are told, that it is no request, and how it is counted beside them."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from flows.engine.turn import local_day
from intake import childcare as lists
from intake import informing, worker
from intake.informing import Given
from intake.installation import Installation
from storage import clock, desks, registrations, turns
from storage.childcare import Place
from storage.database import Database, Session
from storage.keys import Keys
from storage.models import Conversation, Message, Registration
from tests.intake.pages import Browser, text_us

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
FAMILY = "+32470000071"


def kept(database: Database, keys: Keys, id_: str) -> tuple[str, str, str]:
    """State, outcome and reason of its one registration."""
    with database.read() as session:
        row = session.exec(select(Registration).where(Registration.conversation_id == id_)).one()
        outcome = registrations.outcome_of(session, row.id)
        return row.state, outcome.code if outcome else "", outcome.reason if outcome else ""


def status(database: Database, id_: str) -> str:
    with database.read() as session:
        return session.get_one(Conversation, id_).status


def given(database: Database, year: int) -> Given:
    with database.read() as session:
        return informing.given(session, [each.id for each in desks.everything(session)], year)


def test_who_only_asks_is_counted_as_information_and_never_as_a_request(
    somebody: Browser, database: Database, here: Installation, keys: Keys
) -> None:
    somebody.sign_in()
    before = somebody.get("/reports")
    id_ = text_us(database, here, FAMILY, "dag", "3", "1", "2", "2", "2", "1", "4")
    assert kept(database, keys, id_) == ("ticket", "not_a_request", "information")
    assert status(database, id_) == "closed"
    found = given(database, local_day(clock.system_now()).year)
    assert (found.conversations, dict(found.subjects), found.languages) == (1, {"hours": 1, "how": 1}, {"nl": 1})
    page = somebody.get("/reports")
    assert "1 gesprekken waarin een gezin" in page and "Openingsuren en adres 1" in page and "Nederlands 1–4" in page
    apart = "Gegeven informatie"
    assert page.split(apart)[0] == before.split(apart)[0], "no number of the requests moved"
    assert "alleen informatie" in somebody.get(f"/desk/conversations/{id_}")
    closed = somebody.get("/desk?show=closed")
    assert "Afgesloten" in closed and "Terugbellen" not in closed, "nobody is to be called"


def test_a_request_after_information_counts_as_any_other(
    database: Database, here: Installation, keys: Keys, somebody: Browser
) -> None:
    id_ = text_us(database, here, FAMILY, "dag", "3", "2", "1", "02-2026", "9000", "1")
    assert kept(database, keys, id_)[:2] == ("draft", "")
    assert given(database, local_day(clock.system_now()).year).conversations == 1


def test_silence_after_information_ends_it_as_information(
    database: Database, here: Installation, keys: Keys, somebody: Browser
) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=40)
    id_ = text_us(database, here, FAMILY, "dag", "3", "2", at=long_ago)
    asyncio.run(worker.look_after(database, here, datetime.now(UTC), 30))
    assert status(database, id_) == "closed"
    assert kept(database, keys, id_) == ("ticket", "not_a_request", "information")


def test_the_list_is_that_of_the_desk_or_of_the_desk_of_the_town(
    database: Database, here: Installation, keys: Keys, somebody: Browser
) -> None:
    now = datetime.now(UTC)
    theirs = Place("Maan", "Plein 2", "9300", "Aalst")

    def work(session: Session) -> None:
        aalst = desks.add(session, keys, now, "aalst", "Aalst", "+3290000002", ["9300"], desks.Choices())
        lists.take(session, aalst.id, "", lists.Read([theirs]), now)

    database.write(work).result()
    for number, town, name in (
        ("+32470000072", "Gent", "De Zon, Zonnestraat 1"),
        ("+32470000073", "Aalst", "Maan, Plein 2"),
    ):
        id_ = text_us(database, here, number, "dag", "3", "3", town)
        with database.read() as session:
            desk = session.get_one(Conversation, id_).desk_id
            rows = session.exec(select(Message).where(Message.conversation_id == id_, Message.direction == "out"))
            assert {each.desk_id for each in rows} == {desk}, "it stays with the desk that was written to"
        assert name in read(database, here, id_)


def read(database: Database, here: Installation, id_: str) -> str:
    with database.read() as session:
        thread = turns.of_conversation(session, here.keys, id_, None)
        assert thread
        rows = session.exec(select(Message).where(Message.conversation_id == id_)).all()
        return "\n".join(
            here.keys.open(thread.key, "message", "body", row.id, row.body) for row in rows if row.body is not None
        )
