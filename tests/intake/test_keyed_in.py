"""A colleague keys a request in: three fields make it count, all of them make it whole, and the family is reached after."""

from datetime import timedelta

import pytest
from sqlmodel import select

from flows.engine.turn import local_day
from intake.installation import Installation
from storage import clock, dispatch
from storage.database import Database
from storage.keys import Keys
from storage.models import Conversation, Registration
from tests.intake.pages import Browser, text_us

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
NUMBER = "+32470000071"
LEAST = {"desk": "gent", "birth": "02-2026", "place": "9000", "start": "1"}


def key_in(somebody: Browser, **fields: str) -> str:
    somebody.sign_in()
    somebody.get("/desk/new")
    return somebody.post("/desk/new", **{**LEAST, **fields})


def newest(database: Database) -> tuple[Registration, Conversation]:
    with database.read() as session:
        row = session.exec(select(Registration).order_by(Registration.id.desc())).first()  # type: ignore[attr-defined]
        assert row
        return row, session.get_one(Conversation, row.conversation_id)


def test_three_fields_are_enough_to_count(somebody: Browser, database: Database) -> None:
    page = key_in(somebody)
    assert "De aanvraag is bewaard en telt" in page and "tikte deze aanvraag in" in page
    row, talk = newest(database)
    assert (row.state, row.channel, row.source, row.urgent) == ("complete", "desk", "desk", True)
    assert (talk.status, talk.channel, talk.waiting_since) == ("with_desk", "desk", None)
    assert "er kan niets verstuurd worden" in page and "Telegram" not in page.replace("Telegram en", "")
    somebody.post(f"/desk/conversations/{talk.id}/reply", text="Dag")
    assert somebody.page.status_code == 409


def test_a_field_shows_how_it_is_filled_in(somebody: Browser) -> None:
    somebody.sign_in()
    page = somebody.get("/desk/new")
    for hint in ("02-2026. Of de leeftijd: 8 maanden", "09-2026, 1 = zo snel mogelijk"):
        assert hint in page


def test_what_can_change_nothing_any_more_need_not_be_asked(somebody: Browser, database: Database) -> None:
    due = f"due:{local_day(clock.system_now()) + timedelta(days=120):%m-%Y}"
    somebody.sign_in()
    page = somebody.get("/desk/new")
    assert "Verandert niets meer" not in page and "werkdagen" not in page  # of a rule that is not in force
    page = somebody.post("/desk/new/needless", desk="gent", start="1", birth=due, work="1", income_low="1")
    assert "hoeft het niet te vragen" in page and f'value="{due}"' in somebody.page.text
    told = page.split("hoeft het niet te vragen: ")[1].split(".")[0].split(", ")
    assert {"diploma", "partner", "pleegkind"} <= set(told) and "extra zorg" in told  # not born yet
    assert not {"werk", "uren", "reden"} & set(told)
    page = somebody.post("/desk/new/needless", desk="gent", start="1", birth="02-2026", work="4", income_low="2")
    assert (
        "hoeft het niet te vragen" not in page
        or "diploma" not in page.split("hoeft het niet te vragen: ")[1].split(".")[0]
    )
    with database.read() as session:
        assert session.exec(select(Registration).where(Registration.channel == "desk")).all() == []


def test_every_question_is_taken_and_decides_the_categories(somebody: Browser, database: Database) -> None:
    page = key_in(
        somebody, contact_number="0470 00 00 71", language="fr", contact="1", parent_name="Samira", work="1",
        income_low="1", diploma="2", partner="2", care_situation="3", foster="2", care_need="1",
        **{"extended.1": "on", "extended.3": "on"},
    )  # fmt: skip
    assert "voor 7 uur, zaterdag" in page or "zaterdag" in page
    row, talk = newest(database)
    assert (row.extended, row.priority, row.vulnerable, talk.language) == (True, True, True, "fr")
    somebody.post(f"/desk/conversations/{talk.id}/reply", text="Dag Samira")
    due = database.write(lambda session: dispatch.claim(session, somebody_keys(somebody), clock.system_now())).result()
    (sent,) = (each for each in due if each.to == NUMBER)
    assert (sent.channel, sent.sender, sent.text) == ("sms", "+3290000001", "Dag Samira")


def somebody_keys(somebody: Browser) -> Keys:
    return somebody.client.app.state.installation.keys  # type: ignore[attr-defined, no-any-return]


def test_the_questions_that_are_left_go_on_in_writing(somebody: Browser, database: Database) -> None:
    key_in(somebody, contact_number=NUMBER)
    _, talk = newest(database)
    assert (
        "gaan verder" in somebody.post(f"/desk/conversations/{talk.id}/hand-back") or somebody.page.status_code == 200
    )
    due = database.write(lambda session: dispatch.claim(session, somebody_keys(somebody), clock.system_now())).result()
    assert [each.channel for each in due if each.to == NUMBER] == ["sms"]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"birth": ""}, "Vul in"), ({"birth": "blauw"}, "Dit konden we niet lezen"),
        ({"place": "Atlantis"}, "Dit konden we niet lezen"), ({"contact_number": "12"}, "geen telefoonnummer"),
        ({"desk": "nergens"}, "Kies een loket"), ({"care_need": "77"}, "Dit konden we niet lezen"),
    ],
)  # fmt: skip
def test_a_field_that_cannot_be_read_keeps_what_was_typed(
    somebody: Browser, database: Database, fields: dict[str, str], says: str
) -> None:
    with database.read() as session:
        before = len(session.exec(select(Registration)).all())
    page = key_in(somebody, **{"parent_name": "Samira", **fields})
    assert somebody.page.status_code == 422 and says in page and 'value="Samira"' in somebody.page.text
    field = next(iter(fields))
    beside = all(each in somebody.page.text for each in (f'id="{field}-mistake"', f'href="#{field}"', f'id="{field}"'))
    assert beside or field == "desk"  # which is no field where there is one desk
    with database.read() as session:
        assert len(session.exec(select(Registration)).all()) == before


def test_a_number_with_an_open_conversation_goes_on_there(
    somebody: Browser, database: Database, here: Installation
) -> None:
    text_us(database, here, NUMBER, "dag", "1")
    assert "open gesprek" in key_in(somebody, contact_number=NUMBER) and somebody.page.status_code == 409
