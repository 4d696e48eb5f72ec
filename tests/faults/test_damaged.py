"""Rows that cannot be read any more: each is noted once and left alone, everybody else is served, and the page says so."""

import asyncio
import logging
from datetime import timedelta

import pytest
from sqlmodel import select, update

from intake import worker
from intake.installation import Installation
from storage import clock, damaged, staff, turns
from storage.database import Database, Session
from storage.keys import Keys
from storage.models import Contact, Conversation, Message, Timer
from tests.intake.pages import Browser, text_us
from tests.intake.test_conversations import ALL

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
SILENT = ALL[:7]  # and said that it may be written to
NUMBERS = [f"+3247000777{number}" for number in range(5)]


def test_a_damaged_row_holds_up_nobody_and_the_page_says_so(
    somebody: Browser, database: Database, here: Installation, keys: Keys, caplog: pytest.LogCaptureFixture
) -> None:
    talks = [text_us(database, here, number, *SILENT) for number in NUMBERS]
    now = clock.system_now()

    def damage(session: Session) -> None:
        bad = session.get_one(Conversation, talks[0])
        session.connection().execute(update(Conversation).where(Conversation.id == bad.id).values(state=b"x" * 40))
        unreachable = session.get_one(Conversation, talks[1]).contact_id
        session.connection().execute(update(Contact).where(Contact.id == unreachable).values(address=b"x" * 40))
        for talk, turn in ((talks[0], bad.turn), (talks[2], session.get_one(Conversation, talks[2]).turn)):
            row = session.get_one(Conversation, talk)
            session.add(
                Timer(id=talk, desk_id=row.desk_id, conversation_id=talk, turn=turn, kind="unanswered", due_at=now)
            )

    database.write(damage).result()
    noon = (now + timedelta(days=2)).replace(hour=12)
    for minutes in range(3):
        asyncio.run(worker.look_after(database, here, noon + timedelta(minutes=minutes), expire_days=60))
    with database.read() as session:
        told = select(Message.conversation_id).where(Message.direction == "out", Message.unasked)
        assert set(session.exec(told)) >= set(talks[2:])  # reminded
        assert talks[0] in damaged.known(session, "conversation") and damaged.known(session, "timer") == {talks[0]}
        assert session.exec(select(Timer).where(Timer.id == talks[2])).first() is None
    assert sum(record.getMessage() == "damaged" for record in caplog.records) == 2  # each once
    caplog.set_level(logging.CRITICAL)
    text_us(database, here, NUMBERS[0], "dag", "1")  # begins anew: it would be refused for ever
    with database.read() as session:
        kept = turns.of_address(session, keys, "phone", NUMBERS[0])
        assert kept is not None and kept.conversation_id not in talks and kept.asking == "birth"
    make_administrator(database)
    somebody.sign_in()
    assert "Rijen die niet gelezen kunnen worden 2" in somebody.get("/desk/status")
    database.write(damaged.forget).result()
    assert "Rijen die niet gelezen kunnen worden 0" in somebody.get("/desk/status")


def test_a_page_about_something_damaged_says_so_and_the_others_are_there(
    somebody: Browser, database: Database, here: Installation
) -> None:
    talks = [text_us(database, here, number, *ALL) for number in NUMBERS[:2]]
    database.write(
        lambda session: session.connection().execute(
            update(Conversation).where(Conversation.id == talks[0]).values(state=b"x" * 40)
        )
    ).result()
    somebody.sign_in()
    somebody.get("/desk")
    assert somebody.page.status_code == 200
    assert "er is iets beschadigd" in somebody.get(f"/desk/conversations/{talks[0]}")
    assert somebody.page.status_code == 500
    somebody.get(f"/desk/conversations/{talks[1]}")
    assert somebody.page.status_code == 200


def make_administrator(database: Database) -> None:
    def change(session: Session) -> None:
        found = staff.find(session, "balie")
        assert found is not None
        found.role = "administrator"

    database.write(change).result()
