"""What a provider never sends, sends twice or sends too late: a clear answer, and the conversation stands where it stood."""

from collections.abc import Iterator, Mapping
from urllib.parse import urlencode, urlsplit

import pytest
from httpx2 import Response
from twilio.request_validator import RequestValidator

from intake import installation, service
from intake.installation import Installation
from intake.settings import Settings
from intake.web.app import make_app
from storage import clock, desks, ledger
from storage.database import Database
from storage.keys import Keys
from tests.calls.play import CALLER, OURS
from tests.intake.pages import visit
from tests.phone import Phone
from tests.twiml_check import check

PUBLIC, TOKEN, CALL = "https://loket.example", "bad-calls", "CA" + "1" * 32


class Twilio:
    """Signs and sends, as the provider does."""

    def __init__(self, database: Database, here: Installation) -> None:
        settings = Settings(public_url=PUBLIC, test=True, TWILIO_ACCOUNT_SID="AC" + "0" * 32, TWILIO_AUTH_TOKEN=TOKEN)
        app = make_app(settings, database, here, service.clock_of(settings, database))
        self.client = visit(app, raise_server_exceptions=False)

    def post(self, address: str, fields: Mapping[str, str], token: str = TOKEN) -> Response:
        parts = urlsplit(address)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        sent = {"CallSid": CALL, "AccountSid": "AC" + "0" * 32, "From": CALLER, "To": OURS, **fields}
        signature = RequestValidator(token).compute_signature(f"{PUBLIC}{path}", sent)
        headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
        return self.client.post(path, content=urlencode(sent), headers=headers)

    def asking(self) -> str | None:
        found = self.client.get("/test/conversation", params={"channel": "voice", "address": CALLER})
        return str(found.json()["asking"]) if found.status_code == 200 else None


@pytest.fixture
def twilio(database: Database, keys: Keys) -> Iterator[Twilio]:
    here = installation.load(keys, PUBLIC)
    choices = desks.Choices(languages=("nl", "fr"))
    database.write(lambda s: desks.add(s, keys, clock.system_now(), "gent", "Gent", OURS, ["9000"], choices)).result()
    yield Twilio(database, here)


def at_the_purpose(twilio: Twilio, caller: str = CALLER) -> Phone:
    """A call in which the language was chosen."""
    phone = Phone(lambda address, fields: twilio.post(address, fields).text, caller, OURS, CALL)
    phone.ring(f"{PUBLIC}/twilio/voice")
    phone.press("1")
    return phone


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_two_hidden_callers_are_two_families(twilio: Twilio, database: Database, keys: Keys) -> None:
    for number in ("3", "4"):
        twilio.post("/twilio/voice", {"CallSid": "CA" + number * 32, "From": "+266696687"})
    with database.read() as session:
        assert len(ledger.everything(session, keys)["conversations"]) == 2


def test_keys_win_over_speech(twilio: Twilio) -> None:
    phone = at_the_purpose(twilio)
    twilio.post(phone.verb("Gather").attrib["action"], {"Digits": "1", "SpeechResult": "nee"})
    assert twilio.asking() == "birth"


def test_a_request_that_comes_again_hears_the_same_bytes(twilio: Twilio) -> None:
    phone = at_the_purpose(twilio)
    phone.press("1")
    assert phone.again() == phone.document
    assert phone.again({"Digits": "2"}) == phone.document  # the turn is over, whatever is said about it now
    assert twilio.asking() == "birth"


def test_who_knows_the_id_of_a_call_cannot_press_its_keys(twilio: Twilio) -> None:
    """An address that we did not make: the caller hears the same question again, and nothing was answered."""
    phone = at_the_purpose(twilio)
    forged = phone.verb("Gather").attrib["action"].replace("mac=", "mac=0")
    assert twilio.post(forged, {"Digits": "1"}).text == phone.document
    assert twilio.asking() == "purpose"


def test_a_call_that_is_over_is_over(twilio: Twilio) -> None:
    phone = at_the_purpose(twilio)
    assert twilio.post("/twilio/voice/status", {"CallStatus": "completed", "CallDuration": "4"}).status_code == 200
    phone.press("1")
    assert twilio.asking() == "purpose"


def test_a_bad_signature_changes_nothing(twilio: Twilio) -> None:
    assert twilio.post("/twilio/voice", {}, token="another").status_code == 403
    assert twilio.asking() is None


def test_a_number_of_nobody_apologises(twilio: Twilio) -> None:
    answer = twilio.post("/twilio/voice", {"To": "+3299999999"})
    assert answer.status_code == 200 and "Het spijt ons" in answer.text and check(answer.text) == []


def test_a_fault_apologises_in_the_callers_language_and_owes_a_call(
    twilio: Twilio, database: Database, keys: Keys
) -> None:
    phone = Phone(lambda address, fields: twilio.post(address, fields).text, CALLER, OURS, CALL)
    phone.ring(f"{PUBLIC}/twilio/voice")
    phone.press("2")
    database.write(lambda session: _spoil(session)).result()
    phone.press("1")
    assert phone.heard == [
        ("fr", "Nous sommes désolés. Quelque chose n'a pas marché. Une personne vous rappelle. Au revoir.")
    ]
    with database.read() as session:
        assert _owed(session) == ["fault"]


def _spoil(session) -> None:  # type: ignore[no-untyped-def]
    """A row that no code of ours writes: the conversation's form is of a version to come."""
    from sqlalchemy import text

    session.execute(text("update conversation set state = :bad"), {"bad": b"x" * 40})


def _owed(session) -> list[str]:  # type: ignore[no-untyped-def]
    from sqlalchemy import text

    return [row[0] for row in session.execute(text("select reason from call_back"))]


def test_a_machine_that_calls_all_day_hears_that_we_are_busy(twilio: Twilio) -> None:
    for number in range(30):
        assert "Gather" in twilio.post("/twilio/voice", {"CallSid": f"CA{number:032x}"}).text
    answer = twilio.post("/twilio/voice", {"CallSid": f"CA{99:032x}"})
    assert "<Reject" in answer.text and check(answer.text) == []


def test_a_line_that_keeps_dropping_is_texted_twice_a_day(twilio: Twilio, database: Database, keys: Keys) -> None:
    for number in range(4):
        call = f"CA{number:032x}"
        phone = Phone(lambda address, fields: twilio.post(address, fields).text, CALLER, OURS, call)
        phone.ring(f"{PUBLIC}/twilio/voice")
        phone.press("1")  # the language, or what we can do
        phone.press("1")
        twilio.post("/twilio/voice/status", {"CallSid": call, "CallStatus": "completed"})
    with database.read() as session:
        assert len(ledger.everything(session, keys)["outbound"]) == 2
