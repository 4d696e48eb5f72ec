"""A family that speaks a language nobody reads: it calls, and the desk sees which language and that it takes a call."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from channels import voice
from channels.simulated_call import tone
from flows import pieces
from intake import calls, demo, follow_up, installation
from intake.installation import Installation
from intake.sounds import Level
from storage import clock, dispatch, turns
from storage.database import Database, Session
from storage.keys import Keys
from storage.models import Conversation
from tests.intake.pages import PUBLIC, Browser, text_us
from tests.phone import Phone

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
CALLER, CARD = "+32470000081", "70"


@pytest.fixture
def here(keys: Keys, tmp_path: Path) -> Installation:
    """With the ten recordings that are needed to offer Moroccan Arabic."""
    here = installation.load(keys, PUBLIC, audio=tmp_path / "audio")
    for name in pieces.door("ary", here.wording_of(here.form)):
        here.sounds.take("ary", name, tone(0.5))
    assert here.sounds.level("ary") is Level.DOOR
    return here


def call(database: Database, here: Installation) -> Phone:
    """The desk of the demonstration picks up."""

    def post(address: str, fields: dict[str, str]) -> str:
        parts, form, at = urlsplit(address), list(fields.items()), clock.system_now()
        inbound, query = voice.parse_call(form, at), parse_qs(parts.query)
        if not query:
            return database.write(lambda session: calls.ring(session, here, inbound)).result()
        turn, mac, pressed = int(query["turn"][0]), query["mac"][0], voice.parse_turn(form)
        return database.write(lambda session: calls.answer(session, here, inbound, pressed, turn, mac)).result()

    phone = Phone(post, CALLER, demo.NUMBER, "CA" + "8" * 32)
    phone.ring(f"{PUBLIC}/twilio/voice")
    return phone


def leave_a_message(database: Database, here: Installation) -> str:
    """The conversation of a caller who chose the language by its card and spoke after the tone."""
    phone = call(database, here)
    for key in CARD:
        phone.press(key)
    assert phone.heard == [("ary, recorded", "call.door")] and phone.records
    phone.record(12, "RE" + "8" * 32)
    assert phone.heard == [("ary, recorded", "call.interpreter")] and phone.is_over
    with database.read() as session:
        found = session.exec(select(Conversation).where(Conversation.language == "ary")).one()
        return found.id


def test_the_desk_sees_the_language_and_that_it_takes_a_call(
    somebody: Browser, database: Database, here: Installation
) -> None:
    talk = leave_a_message(database, here)
    somebody.sign_in()
    assert "Marokkaans Arabisch" in somebody.get("/desk")
    page = somebody.get(f"/desk/conversations/{talk}")
    assert "Deze taal wordt niet gelezen" in page and "vertaling:" not in page
    somebody.get("/desk/calls")
    assert "bel met een tolk" in somebody.text and "Marokkaans Arabisch" in somebody.text


def test_the_worker_who_takes_the_call_hears_the_language_in_dutch(
    somebody: Browser, database: Database, here: Installation
) -> None:
    phone = call(database, here)
    for key in CARD:
        phone.press(key)
    phone.record(1, "RE" + "8" * 32, key="0")
    said = phone.verb("Dial")[0].attrib["url"]
    query = {name: values[0] for name, values in parse_qs(urlsplit(said).query).items()}
    document = database.write(
        lambda session: calls.announce(session, here, voice.Provider.TWILIO, query["call"], query["mac"], "")
    ).result()
    assert "Taal: Marokkaans Arabisch." in document


def test_whoever_writes_gets_dutch_and_no_menu_names_it(
    client: TestClient, database: Database, keys: Keys, here: Installation
) -> None:
    leave_a_message(database, here)
    text_us(database, here, CALLER, "hallo", "status")
    text_us(database, here, "+32470000082", "hallo", "taal", "darija", "7")
    sent = database.write(lambda session: list(_sent(session, keys))).result()
    assert any(each.to == CALLER and each.text == "U hebt nog geen vraag bij ons." for each in sent)
    shown = "".join(each.text for each in sent) + client.get(f"/texts/{demo.SLUG}").text
    assert "العربية" in shown and "الدارجة" not in shown and "Tarifit" not in shown


def test_the_phone_of_the_demonstration_plays_recordings_and_shows_their_words(
    somebody: Browser, here: Installation
) -> None:
    somebody.get("/simulator/phone")
    somebody.post("/simulator/phone/call", **{"from": demo.PHONES[0]})
    for key in CARD:
        somebody.post("/simulator/phone/turn", call=_call_of(somebody), key=key)
    assert "بعد الصفارة" in somebody.text  # the draft of what callers are told at the door
    (address,) = re.findall(r'data-sound="(/audio/ary/call\.door\.wav)"', somebody.page.text)
    assert somebody.client.get(address).headers["content-type"] == "audio/wav"


def _call_of(somebody: Browser) -> str:
    found = re.search(r'name="call" value="(\w+)"', somebody.page.text)
    assert found, somebody.text
    return found[1]


def test_nobody_is_asked_in_writing_what_came_of_it_in_a_language_that_is_not_read(
    somebody: Browser, database: Database, here: Installation
) -> None:
    somebody.sign_in()
    found = []
    for language, number in (("fr", "+32470000083"), ("rif", "+32470000084")):
        somebody.get("/desk/new")
        given = {"birth": "02-2026", "place": "9000", "start": "1", "contact": "1"}
        somebody.post("/desk/new", desk=demo.SLUG, language=language, contact_number=number, **given)
        found.append(database.write(lambda session, language=language: _way(session, here, language)).result())
    assert found == [follow_up.WRITTEN, follow_up.CALL]


def _way(session: Session, here: Installation, language: str) -> str:
    talk = session.exec(
        select(Conversation).where(Conversation.language == language, Conversation.channel == "desk")
    ).one()
    thread = turns.of_conversation(session, here.keys, talk.id, None)
    assert thread is not None
    return follow_up.way(session, here, talk.family_id, thread, clock.system_now())[0]


def _sent(session: Session, keys: Keys) -> Iterator[dispatch.Due]:
    while due := dispatch.claim(session, keys, clock.system_now()):
        for each in due:
            dispatch.sent(session, each.id, each.id)
            session.flush()
            yield each


def test_a_colleague_keys_a_request_in_for_a_family_that_speaks_it(somebody: Browser, database: Database) -> None:
    somebody.sign_in()
    assert "Riffijns" in somebody.get("/desk/new")
    somebody.post(
        "/desk/new", desk="gent", birth="02-2026", place="9000", start="1", language="rif", contact_number=CALLER
    )
    with database.read() as session:
        assert session.exec(select(Conversation).where(Conversation.language == "rif")).one()
    assert "Deze taal wordt niet gelezen" in somebody.text
