"""Telegram's webhook: what is authentic is kept before it is answered 200, whatever it is."""

import json
from itertools import count
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlmodel import select

from flows import state as states
from flows.state import State
from intake import installation
from intake.installation import Installation
from intake.settings import Settings
from intake.web.app import make_app
from storage import addresses, clock, conversations, desks, turns
from storage.database import Database, Session
from storage.keys import Keys
from storage.models import Contact, Conversation, Message, Quarantine, Registration
from tests.intake.pages import visit

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
SECRET = "a_secret-of-twenty-signs"
PUBLIC = "https://loket.example"
OURS, PHONE = "+3290000001", "+32470000021"
AMINA: dict[str, Any] = {"id": 501, "is_bot": False, "first_name": "Amina"}
CHAT: dict[str, Any] = {"id": 501, "type": "private"}
_ids = count(1_000)


@pytest.fixture
def here(keys: Keys) -> Installation:
    return installation.load(keys, PUBLIC)


@pytest.fixture
def client(database: Database, keys: Keys, here: Installation) -> TestClient:
    def work(session: Session) -> None:
        choices = desks.Choices(languages=("nl", "fr", "en"))
        desks.add(session, keys, clock.system_now(), "gent", "Gent", OURS, ["9000"], choices)
        desks.add(session, keys, clock.system_now(), "aalst", "Aalst", "+3290000002", ["9300"], choices)

    database.write(work).result()
    settings = Settings(public_url=PUBLIC, telegram_secret=SecretStr(SECRET))
    return visit(make_app(settings, database, here), "http://testserver")


def post(client: TestClient, update: dict[str, Any] | bytes, secret: str | None = SECRET) -> int:
    content = update if isinstance(update, bytes) else json.dumps(update)
    headers = {"Content-Type": "application/json"}
    if secret is not None:
        headers["X-Telegram-Bot-Api-Secret-Token"] = secret
    return client.post("/telegram", content=content, headers=headers).status_code


def update(**content: Any) -> dict[str, Any]:
    """A message of Amina's."""
    message = {"message_id": 11, "date": 1795420800, "chat": CHAT, "from": AMINA, **content}
    return {"update_id": next(_ids), "message": message}


def press(data: str, label: str = "1 ja") -> dict[str, Any]:
    """A button under a message of ours."""
    markup = {"inline_keyboard": [[{"text": label, "callback_data": data}]]}
    message = {"message_id": 12, "date": 1795420800, "chat": CHAT, "text": "?", "reply_markup": markup}
    query = {"id": "7", "from": AMINA, "chat_instance": "1", "message": message, "data": data}
    return {"update_id": next(_ids), "callback_query": query}


def write_us(client: TestClient, *texts: str) -> None:
    for text in texts:
        assert post(client, update(text=text)) == 200


def timeline(database: Database, keys: Keys, kind: str = "telegram", address: str = "501") -> list[conversations.Entry]:
    with database.read() as session:
        return conversations.of_address(session, keys, kind, address)[1]


def heard(database: Database, keys: Keys) -> list[str]:
    return [each.body for each in timeline(database, keys) if each.direction == "in"]


def state(database: Database, keys: Keys) -> State:
    with database.read() as session:
        row = session.exec(select(Conversation).order_by(Conversation.id)).first()
        assert row
        thread = turns.of_conversation(session, keys, row.id, None)
        assert thread
        return states.load(thread.state)


@pytest.mark.parametrize("secret", [None, "", "wrong", f"{SECRET} ", SECRET.upper()])
def test_another_secret_is_refused(client: TestClient, database: Database, secret: str | None) -> None:
    assert post(client, update(text="dag"), secret) == 403
    with database.read() as session:
        assert session.exec(select(Contact)).first() is None


def test_without_a_secret_of_our_own_nobody_gets_in(database: Database, here: Installation) -> None:
    open_door = TestClient(make_app(Settings(public_url=PUBLIC), database, here))
    assert post(open_door, update(text="dag"), "") == 403


def test_a_family_goes_by_buttons_and_words_to_a_request(client: TestClient, database: Database, keys: Keys) -> None:
    write_us(client, "dag")
    post(client, press("purpose:own", "1 opvang voor mijn kind"))
    write_us(client, "02-2026", "gent")
    post(client, press("start:asap", "1 zo snel mogelijk"))
    now = state(database, keys)
    assert (now.asking, now.children[0].answers) == ("continue", {"birth": "2026-02", "start": "asap"})
    assert heard(database, keys) == ["dag", "1 opvang voor mijn kind", "02-2026", "gent", "1 zo snel mogelijk"]
    with database.read() as session:
        (kept,) = session.exec(select(Registration)).all()
        assert (kept.state, kept.channel) == ("draft", "telegram")


def test_an_update_that_comes_again_changes_nothing(client: TestClient, database: Database, keys: Keys) -> None:
    write_us(client, "dag")
    again = press("purpose:own")
    assert [post(client, again) for _ in range(3)] == [200] * 3
    assert len(heard(database, keys)) == 2


def test_an_old_button_asks_again_and_changes_nothing(client: TestClient, database: Database, keys: Keys) -> None:
    write_us(client, "dag", "1", "02-2026", "gent")
    before = state(database, keys)
    for old in ("purpose:question", "family:2:erase", "x", "start:never"):
        post(client, press(old))
        now = state(database, keys)
        assert (now.family, now.children, now.asking) == (before.family, before.children, "start")
    assert "Vanaf wanneer" in timeline(database, keys)[-1].body


def test_an_old_button_makes_nobody_wait(client: TestClient, database: Database, keys: Keys) -> None:
    write_us(client, "dag", "0")
    with database.read() as session:
        waiting = session.exec(select(Conversation)).one().waiting_why
    post(client, press("purpose:own"))
    with database.read() as session:
        row = session.exec(select(Conversation)).one()
        assert (row.status, row.waiting_why) == ("waiting", waiting)


def test_where_no_number_is_known_one_is_asked_and_can_be_shared(
    client: TestClient, database: Database, keys: Keys
) -> None:
    write_us(client, "dag", "1", "02-2026", "gent", "1", "1")
    assert state(database, keys).asking == "contact_number"
    asked = timeline(database, keys)[-1]
    assert asked.body == "Op welk nummer mogen we bellen?"
    post(client, update(contact={"phone_number": PHONE.lstrip("+"), "first_name": "Amina", "user_id": 501}))
    now = state(database, keys)
    assert (now.family["contact"], now.family["contact_number"], now.asking) == ("other", PHONE, "contact_time")


def test_the_own_number_speaks_for_the_family_from_then_on(client: TestClient, database: Database, keys: Keys) -> None:
    write_us(client, "dag", "1", "02-2026", "gent", "1", "1")
    post(client, update(contact={"phone_number": PHONE, "first_name": "Amina", "user_id": 501}))
    with database.read() as session:
        conversation = session.exec(select(Conversation)).one()
        known = addresses.of_family(session, keys, conversation.family_id, conversation.contact_id)
    assert [(each.address, each.is_current) for each in known] == [(PHONE, False), ("501", True)]


@pytest.mark.parametrize("of", [{"user_id": 777}, {}])
def test_the_number_of_somebody_else_is_neither_an_answer_nor_joined(
    client: TestClient, database: Database, keys: Keys, of: dict[str, int]
) -> None:
    write_us(client, "dag", "1", "02-2026", "gent", "1", "1")
    post(client, update(contact={"phone_number": "+32470000099", "first_name": "Buur", **of}))
    assert state(database, keys).asking == "contact_number"
    assert timeline(database, keys, "phone", "+32470000099") == []
    with database.read() as session:
        assert len(session.exec(select(Contact)).all()) == 1


def test_what_is_changed_afterwards_is_shown_and_no_answer(client: TestClient, database: Database, keys: Keys) -> None:
    write_us(client, "dag", "1", "02-2026")
    before = state(database, keys)
    changed = {"message_id": 11, "date": 1, "edit_date": 2, "chat": CHAT, "from": AMINA, "text": "03-2026"}
    post(client, {"update_id": next(_ids), "edited_message": changed})
    assert state(database, keys) == before
    assert heard(database, keys)[-1] == "03-2026"


def test_an_album_is_answered_once(client: TestClient, database: Database, keys: Keys) -> None:
    write_us(client, "dag", "1")
    before = len([each for each in timeline(database, keys) if each.direction == "out"])
    for number in range(10):
        post(client, update(media_group_id="g", photo=[{"file_id": f"f{number}", "width": 9, "height": 9}]))
    entries = timeline(database, keys)
    assert len([each for each in entries if each.direction == "out"]) == before + 1
    assert len([each for each in entries if each.body.startswith("[picture:")]) == 10


def test_who_blocks_us_is_written_nothing_until_they_come_back(
    client: TestClient, database: Database, keys: Keys
) -> None:
    write_us(client, "dag", "1", "02-2026", "gent", "1", "2")
    gone = {"chat": CHAT, "from": AMINA, "date": 1, "old_chat_member": {}, "new_chat_member": {"status": "kicked"}}
    post(client, {"update_id": next(_ids), "my_chat_member": gone})
    with database.read() as session:
        assert session.exec(select(Contact)).one().cannot_text == "blocked"
        sent = session.exec(select(Message).where(Message.direction == "out")).all()
        assert {(each.status, each.error) for each in sent} == {("failed", "blocked")}
    write_us(client, "dag")
    with database.read() as session:
        assert session.exec(select(Contact)).one().cannot_text == ""


def test_a_link_leads_to_its_desk_and_any_other_to_a_greeting(
    client: TestClient, database: Database, keys: Keys
) -> None:
    write_us(client, "/start aalst")
    post(client, {**update(text="/start desk_evil%00"), "message": _of(502, "/start desk_evil%00")})
    with database.read() as session:
        rows = session.exec(select(Conversation).order_by(Conversation.id)).all()
        slugs = {desk.id: desk.slug for desk in desks.everything(session)}
        assert [slugs[row.desk_id] for row in rows] == ["aalst", "gent"]


def test_start_in_the_middle_asks_again(client: TestClient, database: Database, keys: Keys) -> None:
    write_us(client, "dag", "1", "02-2026", "/start")
    now = state(database, keys)
    assert (now.asking, now.misses) == ("place", 0)


def _of(account: int, text: str) -> dict[str, Any]:
    return {
        "message_id": 1, "date": 1, "text": text,
        "chat": {"id": account, "type": "private"}, "from": {**AMINA, "id": account},
    }  # fmt: skip


def test_what_cannot_be_read_is_kept_for_a_person(client: TestClient, database: Database, keys: Keys) -> None:
    assert post(client, b'{"update_id": 9223372036854775808, "message": {}}') == 200
    with database.read() as session:
        (kept,) = session.exec(select(Quarantine)).all()
        assert "9223372036854775808" in keys.open(keys.installation, "quarantine", "body", kept.id, kept.body)


def test_what_is_not_stored_is_not_acknowledged(client: TestClient, database: Database) -> None:
    with database.connect() as connection:
        connection.exec_driver_sql("drop table message")
        connection.commit()
    assert post(client, update(text="dag")) == 503
