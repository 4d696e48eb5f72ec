"""WhatsApp through Twilio: the same routes and the same number as SMS; a prefix tells them apart."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from intake import installation
from intake.desk import Act
from storage import addresses, clock, conversations, dispatch, outbox, staff, turns
from storage.database import Database
from storage.keys import Keys
from storage.models import Conversation, Message, Staff
from tests.intake.test_webhooks import FIELDS, PUBLIC, client, post, sid

__all__ = ["client"]  # the fixture
pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
PHONE = FIELDS["From"]
WHATSAPP = FIELDS | {"From": f"whatsapp:{PHONE}", "To": f"whatsapp:{FIELDS['To']}"}


def write_us(client: TestClient, *texts: str, start: int = 1, fields: dict[str, str] = WHATSAPP) -> None:
    for number, text in enumerate(texts, start):
        assert post(client, "/twilio/whatsapp", fields | {"Body": text} | sid(number))[0] == 200


def entries(database: Database, keys: Keys, direction: str = "out") -> list[conversations.Entry]:
    with database.read() as session:
        return [e for e in conversations.of_address(session, keys, "phone", PHONE)[1] if e.direction == direction]


def test_whatsapp_and_sms_of_one_number_are_one_conversation(
    client: TestClient, database: Database, keys: Keys
) -> None:
    write_us(client, "dag", "1")
    write_us(client, "02-2026", start=3, fields=FIELDS)
    write_us(client, "gent", start=4)
    said = entries(database, keys)
    assert [each.channel for each in said] == ["whatsapp", "whatsapp", "sms", "whatsapp"]
    with database.read() as session:
        assert session.exec(select(Conversation)).one().asking == "start"


def test_either_address_takes_both(client: TestClient, database: Database, keys: Keys) -> None:
    assert post(client, "/twilio/sms", WHATSAPP | sid(1))[0] == 200
    assert entries(database, keys)[0].channel == "whatsapp"


def test_a_button_and_a_line_of_a_list_are_answers(client: TestClient, database: Database, keys: Keys) -> None:
    write_us(client, "dag")
    chosen = {"ButtonPayload": "purpose:own", "ButtonText": "opvang", "Body": "opvang"}
    assert post(client, "/twilio/whatsapp", WHATSAPP | sid(2) | chosen)[0] == 200
    write_us(client, "02-2026", "gent", start=3)
    listed = {"ListId": "start:asap", "ListTitle": "zo snel mogelijk", "Body": "zo snel mogelijk"}
    assert post(client, "/twilio/whatsapp", WHATSAPP | sid(5) | listed)[0] == 200
    with database.read() as session:
        assert session.exec(select(Conversation)).one().asking == "continue"
    assert [each.body for each in entries(database, keys, "in")][1] == "opvang"


def answer(database: Database, keys: Keys, *texts: str, templates: dict[str, str] | None = None) -> None:
    """What a colleague writes a day and a minute after the family's last message."""
    here = installation.load(keys, PUBLIC)
    here.templates = templates or {}
    later = clock.system_now() + timedelta(hours=24, minutes=1)

    def work(session: Any) -> None:
        conversation = session.exec(select(Conversation)).one()
        desk_ids = frozenset({conversation.desk_id})
        staff.add(session, later, "mieke", "worker", sorted(desk_ids))
        id_ = session.exec(select(Staff.id)).one()
        thread = turns.of_conversation(session, keys, conversation.id, desk_ids)
        assert thread
        act = Act(session, here, staff.Person(id_, "mieke", "worker", desk_ids), thread, later)
        act.claim()
        for text in texts:
            act.reply(text)

    database.write(work).result()


def test_a_day_after_the_last_message_an_answer_goes_as_a_text(
    client: TestClient, database: Database, keys: Keys
) -> None:
    write_us(client, "dag", "0")
    answer(database, keys, "Dag, we bellen u morgen.")
    last = entries(database, keys)[-1]
    assert (last.channel, last.status, last.body) == ("sms", "queued", "Dag, we bellen u morgen.")


def drain(session: Any, keys: Keys) -> list[tuple[str, str]]:
    """What goes out, in order: channel, words."""
    found = []
    while due := dispatch.claim(session, keys, clock.system_now() + timedelta(days=2)):
        for each in due:
            found.append((each.channel, each.text))
            dispatch.sent(session, each.id, each.id)
            session.flush()
    return found


TEMPLATES = {"nl": "HX" + "1" * 32}


def test_where_a_notice_is_approved_the_answer_waits_until_the_family_writes(
    client: TestClient, database: Database, keys: Keys
) -> None:
    write_us(client, "dag", "0")
    answer(database, keys, "Dag, we bellen u morgen.", "Om 10 uur.", templates=TEMPLATES)
    notice, *held = entries(database, keys)[-3:]
    assert (notice.question, notice.status, notice.channel) == ("notice.answer", "queued", "whatsapp")
    assert notice.body.startswith("Dag! Er is een antwoord voor u.")
    assert [(each.status, each.channel) for each in held] == [("held", "whatsapp")] * 2
    write_us(client, "ja?", start=5)
    assert [each.status for each in entries(database, keys)[-2:]] == ["queued", "queued"]


def test_a_notice_that_does_not_arrive_lets_the_answer_go_as_a_text(
    client: TestClient, database: Database, keys: Keys
) -> None:
    write_us(client, "dag", "0")
    answer(database, keys, "Dag, we bellen u morgen.", templates=TEMPLATES)
    notice = entries(database, keys)[-2]
    database.write(lambda session: outbox.failed(session, notice.id, "unreachable")).result()
    last = entries(database, keys)[-1]
    assert (last.channel, last.status) == ("sms", "queued")
    assert database.write(lambda session: drain(session, keys)).result()[-1] == ("sms", "Dag, we bellen u morgen.")


def test_what_whatsapp_does_not_let_through_goes_as_a_text(client: TestClient, database: Database, keys: Keys) -> None:
    write_us(client, "dag")
    (first,) = entries(database, keys)
    database.write(lambda session: outbox.failed(session, first.id, "window_closed")).result()
    with database.read() as session:
        message = session.get_one(Message, first.id)
        assert (message.channel, message.status, message.attempts) == ("sms", "queued", 0)
    database.write(lambda session: outbox.failed(session, first.id, "window_closed")).result()
    with database.read() as session:
        assert session.get_one(Message, first.id).status == "failed"  # one step back and no more


def test_only_a_number_without_a_request_of_its_own_joins(client: TestClient, database: Database, keys: Keys) -> None:
    write_us(client, "dag", "1")
    other = FIELDS | {"From": "+32470000002"}
    write_us(client, "dag", "1", start=5, fields=other)

    def work(session: Any) -> tuple[bool, bool]:
        rows = session.exec(select(Conversation).order_by(Conversation.id)).all()
        mine = turns.of_conversation(session, keys, rows[0].id, None)
        assert mine
        at = clock.system_now()
        return (
            addresses.join(session, keys, mine, "phone", "+32470000002", at),
            addresses.join(session, keys, mine, "telegram", "501", at),
        )

    assert database.write(work).result() == (False, True)
