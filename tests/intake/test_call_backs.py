"""The desk calls families back: the list, what was tried, interpreters, and recordings to listen to."""

import asyncio
import re
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from urllib.parse import urlencode, urlsplit

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select
from twilio.request_validator import RequestValidator

from channels import simulated_call, simulator
from channels.base import Provider, SendError
from intake import calls, demo, worker
from intake.installation import Installation
from intake.settings import Settings
from intake.web.app import make_app
from storage import call_backs, clock, desks
from storage.database import Database
from storage.keys import Keys
from storage.models import CallBack, Conversation, Registration
from tests.intake.pages import PUBLIC, Browser, demonstrate, text_us, visit
from tests.twiml_check import check

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
TOKEN, CALL = "call-backs", "CA" + "7" * 32


class Telephone:
    """Takes every call, as a provider would; or none."""

    def __init__(self) -> None:
        self.rung: list[tuple[str, str, str]] = []
        self.deleted: list[str] = []
        self.is_down = False

    async def call(self, number: str, caller_id: str, address: str) -> str:
        if self.is_down:
            raise SendError("unreachable", uncertain=True)
        self.rung.append((number, caller_id, address))
        return "CA1"

    async def fetch(self, recording_id: str) -> tuple[bytes, str]:
        if self.is_down:
            raise SendError("not_there")
        return simulated_call.tone(0.1), "audio/wav"

    async def delete(self, recording_id: str) -> None:
        self.deleted.append(recording_id)


@pytest.fixture
def telephone() -> Telephone:
    return Telephone()


@pytest.fixture
def staff(database: Database, keys: Keys, here: Installation, telephone: Telephone) -> Iterator[Browser]:
    demonstrate(database, keys, here)
    settings = Settings(public_url=PUBLIC, demo=True, TWILIO_ACCOUNT_SID="AC1", TWILIO_AUTH_TOKEN=TOKEN)
    app = make_app(settings, database, here, telephones={Provider.SIMULATOR: telephone})
    browser = Browser(visit(app))
    browser.sign_in()
    yield browser


def first_call(browser: Browser) -> str:
    found = re.search(r"/desk/calls/(\w+)/attempt", browser.page.text)
    assert found
    return found[1]


def test_who_wants_a_call_stands_on_the_list(staff: Browser, database: Database, here: Installation) -> None:
    asks = ("goeiedag", "1", "02-2026", "9000", "1", "1", "1", "1", "4", "5", "Samira", "3", "1", "2")
    text_us(database, here, "+32470000061", *asks)
    text = staff.get("/desk/calls")
    assert "+32470000014" in text and "Wil gebeld worden" in text and "Engels" in text
    assert "+32470000061 Nederlands" in text and "Samira · " in text  # whom to ask for


def test_who_wants_a_call_and_stops_there_is_owed_one_at_once_and_no_second_at_the_end(
    staff: Browser, database: Database, here: Installation
) -> None:
    begun = ("goeiedag", "1", "02-2026", "9000", "1", "1", "1", "1")
    wishes = {"urgent_other": ("4",), "call_me": ("1", "5", "Samira", "2")}  # a reason of its own; rather by phone
    for number, (reason, answers) in enumerate(wishes.items(), 32470000062):
        id_ = text_us(database, here, f"+{number}", *begun, *answers)
        assert f"+{number} Nederlands" in staff.get("/desk/calls"), reason
        with database.read() as session:
            assert session.get_one(Conversation, id_).status == "with_bot"  # questions are left
            (owed,) = session.exec(select(CallBack).where(CallBack.conversation_id == id_)).all()
        assert owed.reason == reason
        staff.post(f"/desk/calls/{owed.id}/attempt", outcome="reached")
        text_us(database, here, f"+{number}", *(("5", "Samira", "3") if reason == "urgent_other" else ()), "1", "2")
        with database.read() as session:
            assert session.get_one(Conversation, id_).status == "waiting"
            (still,) = session.exec(select(CallBack).where(CallBack.conversation_id == id_)).all()
        assert still.status == "done", reason


def test_who_was_reached_leaves_the_list_and_was_answered(staff: Browser, database: Database) -> None:
    staff.get("/desk/calls")
    id_ = first_call(staff)
    staff.post(f"/desk/calls/{id_}/attempt", outcome="reached")
    with database.read() as session:
        talk = session.get_one(Conversation, session.get_one(CallBack, id_).conversation_id)
        replied = session.exec(select(Registration.first_reply_at).where(Registration.conversation_id == talk.id)).all()
    assert talk.waiting_since is None and replied and all(replied)  # a voice is an answer, as written words are
    assert "De poging is bewaard" in staff.text and staff.page.text.count("/attempt") == 2  # one family is left


def test_three_half_days_without_success_propose_another_way(staff: Browser, database: Database, keys: Keys) -> None:
    staff.get("/desk/calls")
    id_ = first_call(staff)
    assert "Geen antwoord" in staff.post(f"/desk/calls/{id_}/attempt", outcome="no_answer", next="2030-03-02T09:00")
    assert "Dit gezin komt terug op het uur dat erbij staat." in staff.text
    assert "Vanaf za 2 maart, 09:00" in staff.text and "Drie halve dagen" not in staff.text
    now = clock.system_now()
    for days in (1, 2):
        database.write(partial(_fail, keys=keys, id_=id_, at=now + timedelta(days=days))).result()
    assert "Drie halve dagen" in staff.get("/desk/calls")


def _fail(session, keys, id_, at) -> None:  # type: ignore[no-untyped-def]
    found = call_backs.get(session, keys, id_, None)
    assert found
    call_backs.attempt(session, found.row, "busy", None, at, at)


@pytest.mark.parametrize(
    ("action", "fields", "says"),
    [
        ("attempt", {"outcome": "sang"}, "Kies wat de oproep opleverde"),
        ("attempt", {"outcome": "busy", "next": "tomorrow"}, "Geef een dag en een uur"),
        ("book", {"interpreter": "nobody", "at": "2030-01-01T10:00"}, "Kies een tolk"),
    ],
)
def test_a_mistake_gets_one_sentence(staff: Browser, action: str, fields: dict[str, str], says: str) -> None:
    staff.get("/desk/calls")
    assert says in staff.post(f"/desk/calls/{first_call(staff)}/{action}", **fields)
    assert staff.page.status_code == 422


def test_a_call_of_another_desk_is_not_there(staff: Browser) -> None:
    staff.get("/desk/calls")
    staff.post("/desk/calls/00000000/attempt", outcome="reached")
    assert staff.page.status_code == 404


def test_one_click_rings_the_desk_and_then_the_family(staff: Browser, telephone: Telephone) -> None:
    staff.get("/desk/calls")
    assert "Eerst rinkelt de telefoon" in staff.post(f"/desk/calls/{first_call(staff)}/call")
    ((number, shown, address),) = telephone.rung
    assert (number, shown) == ("+3290000009", demo.NUMBER)
    document = signed(staff.client, address)
    assert check(document) == [] and "+32470000013" in document and f'callerId="{demo.NUMBER}"' in document
    assert "+3247" not in signed(staff.client, address.replace("mac=", "mac=0"))


def test_with_an_interpreter_three_are_on_one_line(staff: Browser, telephone: Telephone) -> None:
    staff.get("/desk/calls/interpreters")
    desk = re.search(r'<option value="(\w{32})"', staff.page.text)
    assert desk
    staff.post("/desk/calls/interpreters", desk=desk[1], language="en", name="Amina", number="+32 470 00 00 99")
    assert "Amina" in staff.text and "+32470000099" in staff.text
    staff.get("/desk/calls")
    interpreter = re.search(r'<option value="(\w{32})">Amina', staff.page.text)
    assert interpreter
    id_ = first_call(staff)
    staff.post(f"/desk/calls/{id_}/book", interpreter=interpreter[1], at="2030-01-01T10:00")
    assert "Met tolk: di 1 januari, 10:00, Amina" in staff.text
    staff.post(f"/desk/calls/{id_}/call", interpreter=interpreter[1])
    document = signed(staff.client, telephone.rung[0][2])
    assert check(document) == [] and "<Conference" in document and 'startConferenceOnEnter="true"' in document
    assert [number for number, _, _ in telephone.rung[1:]] == ["+32470000099", "+32470000013"]
    joins = signed(staff.client, telephone.rung[1][2])
    assert check(joins) == [] and 'startConferenceOnEnter="false"' in joins
    staff.get("/desk/calls/interpreters")
    staff.post(f"/desk/calls/interpreters/{interpreter[1]}/remove")
    assert "Amina" not in staff.text


def test_a_provider_that_is_down_says_to_dial(staff: Browser, telephone: Telephone) -> None:
    telephone.is_down = True
    staff.get("/desk/calls")
    assert "bel het nummer zelf" in staff.post(f"/desk/calls/{first_call(staff)}/call")
    assert staff.page.status_code == 502


def test_what_a_caller_said_is_fetched_sealed_deleted_and_played(
    staff: Browser, database: Database, keys: Keys, here: Installation, telephone: Telephone
) -> None:
    id_ = leave_a_message(database, here)
    now = clock.system_now()
    telephone.is_down = True
    asyncio.run(worker.fetch_due(database, keys, {Provider.SIMULATOR: telephone}, now))
    telephone.is_down = False
    assert telephone.deleted == []
    later = now + timedelta(minutes=10)
    asyncio.run(worker.fetch_due(database, keys, {Provider.SIMULATOR: telephone}, later))
    assert telephone.deleted == ["RE" + "5" * 32]
    assert asyncio.run(worker.fetch_due(database, keys, {Provider.SIMULATOR: telephone}, later)) == 0
    staff.get(f"/desk/conversations/{id_}")
    sound = re.search(r'src="(/desk/recordings/\w+)"', staff.page.text)
    assert sound and "ingesproken" in staff.text
    played = staff.client.get(sound[1])
    assert played.content == simulated_call.tone(0.1)
    assert played.headers["x-content-type-options"] == "nosniff" and played.headers["content-type"] == "audio/wav"
    assert staff.client.get("/desk/recordings/" + "0" * 32).status_code == 404


def leave_a_message(database: Database, here: Installation) -> str:
    """A question on the phone, recorded; the conversation it went to."""
    at = clock.system_now()
    inbound = simulator.parse_call(CALL, "+32470000055", demo.NUMBER, at)
    document = database.write(lambda session: calls.ring(session, here, inbound)).result()
    for keys in ("1", "3", "4"):
        heard = simulated_call.hear(document, here.words)
        pressed = simulated_call.press(CALL, heard, keys)
        document = database.write(
            lambda s, heard=heard, pressed=pressed: calls.answer(s, here, inbound, pressed, heard.turn, heard.mac)
        ).result()
    heard = simulated_call.hear(document, here.words)
    spoken = simulated_call.record(CALL, "RE" + "5" * 32, 2)
    database.write(lambda session: calls.answer(session, here, inbound, spoken, heard.turn, heard.mac)).result()
    with database.read() as session:
        found = call_backs.wanted(session, here.keys, frozenset(each.id for each in desks.everything(session)))
        return next(each.row.conversation_id for each in found if each.number == "+32470000055")


def signed(client: TestClient, address: str) -> str:
    parts = urlsplit(address)
    path = f"{parts.path}?{parts.query}"
    fields = {"CallSid": "CA" + "9" * 32, "From": demo.NUMBER, "To": "+3290000009"}
    signature = RequestValidator(TOKEN).compute_signature(f"{PUBLIC}{path}", fields)
    headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
    answer = client.post(path, content=urlencode(fields), headers=headers)
    assert answer.status_code == 200
    return answer.text
