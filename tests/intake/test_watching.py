"""The test door, the measures and the roles: who may look at what."""

from collections import Counter

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlmodel import select

from intake import service
from intake.installation import Installation
from intake.settings import Settings
from intake.web import auth
from intake.web.app import make_app
from storage.database import Database, Session
from storage.models import Conversation, Message
from tests.intake.pages import PUBLIC, Browser, text_us, visit
from tests.intake.test_matrix import TABLE

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
PHONE = "+32470000061"


@pytest.fixture
def door(somebody: Browser, database: Database, here: Installation) -> TestClient:
    """The service with the test door open, over the demonstration's database."""
    settings = Settings(public_url=PUBLIC, test=True, metrics_token=SecretStr("sesam"))
    app = make_app(settings, database, here, service.clock_of(settings, database))
    return visit(app)


def test_the_ledger_tells_ids_and_codes_and_nothing_a_family_said(
    door: TestClient, database: Database, here: Installation
) -> None:
    id_ = text_us(database, here, PHONE, "bonjour", "1", "02-2026", "9000", "1", "1", "1", "1", "3", "5", "Xanthippe")
    found = door.get("/test/ledger").json()
    assert [each["channel"] for each in found["inbound"] if each["conversation"] == id_] == ["sms"] * 11
    assert {tuple(each) for each in found["outbound"]} == {("id", "conversation", "status", "attempts", "provider_id")}
    mine = [each for each in found["conversations"] if each["id"] == id_]
    assert mine == [{"id": id_, "channel": "sms", "language": "fr", "status": "with_bot", "asking": "support"}]
    newest = found["registrations"][-1]
    assert (newest["desk"], newest["state"], newest["outcome"]) == ("gent", "draft", "open")
    assert newest["categories"]["urgent"] is True and newest["categories"]["care_need"] is None
    assert "Xanthippe" not in str(found) and PHONE[1:] not in str(found)


def test_a_conversation_shows_its_answers_as_codes(door: TestClient, database: Database, here: Installation) -> None:
    text_us(database, here, PHONE, "bonjour", "1", "02-2026", "9000", "1", "1", "1", "1", "3", "1 3", "Xanthippe")
    found = door.get("/test/conversation", params={"channel": "sms", "address": PHONE}).json()
    assert found["asking"] == "support"
    assert found["answers"]["children"][0] == {
        "birth": "given", "start": "asap", "urgent_reason": "lost_childcare", "extended": ["before_7", "saturday"],
    }  # fmt: skip
    assert found["answers"]["family"]["parent_name"] == "given" and found["answers"]["family"]["place"] == "9000"
    unknown = door.get("/test/conversation", params={"channel": "sms", "address": "+32470009999"})
    assert unknown.status_code == 404


def test_measures_need_their_token(door: TestClient, somebody: Browser) -> None:
    assert door.get("/metrics").status_code == 404
    assert somebody.client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404
    lines = door.get("/metrics", headers={"Authorization": "Bearer sesam"}).text.splitlines()
    assert 'opvanglijn_conversations{status="waiting"} 4' in lines and "opvanglijn_waiting 4" in lines


def test_measures_count_what_stands_in_the_ledger(door: TestClient, database: Database, here: Installation) -> None:
    """Closed ones are counted as what is left of all."""
    for number in range(3):
        text_us(database, here, f"+3247000070{number}", "bonjour", "1")
    some = [each["id"] for each in door.get("/test/ledger").json()["conversations"]]
    database.write(lambda session: _end(session, some[:2])).result()
    found = Counter(each["status"] for each in door.get("/test/ledger").json()["conversations"])
    lines = door.get("/metrics", headers={"Authorization": "Bearer sesam"}).text.splitlines()
    assert found["closed"] == 2 and len(found) > 2
    assert {each for each in lines if each.startswith("opvanglijn_conversations")} == {
        f'opvanglijn_conversations{{status="{status}"}} {many}' for status, many in found.items()
    }
    assert 'opvanglijn_not_delivered_day{code="landline"} 1' in lines


def _end(session: Session, some: list[str]) -> None:
    """Two are closed; what we said to one was not delivered."""
    for id_ in some:
        session.get_one(Conversation, id_).status = "closed"
    said = session.exec(select(Message).where(Message.conversation_id == some[0], Message.direction == "out")).all()
    said[-1].status, said[-1].error = "failed", "landline"


def test_the_clock_of_the_test_door_ticks_on(door: TestClient) -> None:
    now = door.post("/test/clock", json={"now": "2030-01-02T03:04:05Z"}).json()["now"]
    assert now.startswith("2030-01-02T03:04:0") and not now.startswith("2030-01-02T03:04:05Z")
    assert door.post("/test/clock", json={"now": "2030-01-02T03:04:05"}).status_code == 422


def test_doors_that_were_not_opened_are_not_there(database: Database, here: Installation) -> None:
    shut = TestClient(make_app(Settings(public_url=PUBLIC), database, here), base_url=PUBLIC)
    for address in ("/test/ledger", "/simulator", "/docs", "/openapi.json"):
        assert shut.get(address).status_code == 404


def test_every_route_is_public_or_asks_for_a_role(database: Database, here: Installation) -> None:
    """What the table of routes opens to anybody, and nothing else, looks at no account."""
    app = make_app(Settings(public_url=PUBLIC, demo=True, test=True), database, here)
    groups = [app.router, *(each.original_router for each in app.router.routes if hasattr(each, "original_router"))]
    routes = [route for group in groups for route in group.routes if isinstance(route, APIRoute)]
    assert len(routes) > 20
    for route in routes:
        asks = [getattr(each.call, "what", each.call is auth.signed_in) for each in route.dependant.dependencies]
        for method in route.methods or ():
            line = TABLE.get(f"{method} {route.path}")
            is_public = line is None or line["may"] in ("anybody", "machine")  # no line: of a demonstration or a test
            assert is_public != any(asks), route.path


def test_a_page_that_is_asked_for_before_pages_are_read_is_read_then(database: Database, here: Installation) -> None:
    app = make_app(Settings(public_url=PUBLIC), database, here, pages_later=True)
    early = TestClient(app, base_url=PUBLIC)
    assert early.get("/health/live").status_code == 200
    assert early.post("/twilio/sms").status_code == 403
    few = len(app.routes)
    assert "<form" in early.get("/desk/sign-in").text
    assert len(app.routes) > few
    assert early.get("/static/style.css").status_code == 200
    assert early.get("/nothing-here").status_code == 404
    many = len(app.routes)
    app.state.pages.read()
    assert len(app.routes) == many
