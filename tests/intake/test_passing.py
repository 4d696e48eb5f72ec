"""One request goes on elsewhere: copied field by field, counted by whom the family agreed to, given to another desk."""

import re

import pytest
from sqlmodel import select

from intake.installation import Installation
from storage.database import Database
from storage.models import Audit, Registration
from tests.intake.pages import Browser, text_us

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
STORY = ("dag", "1", "02-2026", "9000", "1", "1", "1", "1", "3", "1 3", "Samira", "3")


@pytest.fixture
def request_(database: Database, here: Installation, somebody: Browser) -> Registration:
    id_ = text_us(database, here, "+32470000082", *STORY)
    with database.read() as session:
        return session.exec(select(Registration).where(Registration.conversation_id == id_)).one()


def now(database: Database, row: Registration) -> tuple[str, str]:
    with database.read() as session:
        found = session.get_one(Registration, row.id)
        return found.counted_in, found.external_reference


def taken(somebody: Browser, request_: Registration) -> tuple[str, str]:
    """A colleague answers the family: the addresses of the request and of the conversation."""
    address, talk = f"/desk/registrations/{request_.id}", f"/desk/conversations/{request_.conversation_id}"
    somebody.sign_in()
    somebody.get(talk)
    somebody.post(f"{talk}/claim")
    return address, talk


def test_every_field_stands_there_to_be_copied_and_nothing_sensitive(somebody: Browser, request_: Registration) -> None:
    somebody.sign_in()
    page = somebody.get(f"/desk/registrations/{request_.id}/pass")
    values = re.findall(r'readonly value="([^"]*)"', somebody.page.text)
    assert values[1:4] == ["februari 2026", "Gent (9000)", "zo snel mogelijk"] and "Samira" in values
    assert "+32470000082" in values and len(values) == 12
    for word in ("Dringend", "Kwetsbaar", "inkomen?", "zorg"):
        assert word not in page.replace("gezondheid of inkomen", "")
    assert "<script" not in somebody.page.text.split("<main")[1]


def test_copying_is_noted_and_who_counts_is_another_choice(
    somebody: Browser, database: Database, request_: Registration
) -> None:
    somebody.sign_in()
    address = f"/desk/registrations/{request_.id}"
    somebody.get(f"{address}/pass")
    somebody.post(f"{address}/copied", number="OV-17", counted_in="here")
    assert now(database, request_) == ("here", "OV-17")
    page = somebody.post(f"{address}/copied", number="OV-17", counted_in="platform")
    assert somebody.page.status_code == 422 and "Vraag het eerst aan het gezin" in page
    assert now(database, request_)[0] == "here"
    assert "Het platform telt" in somebody.post(f"{address}/copied", number="", counted_in="platform", agreed="on")
    assert now(database, request_) == ("platform", "OV-17")
    timeline = somebody.get(f"/desk/conversations/{request_.conversation_id}")
    assert (
        "kopieerde deze aanvraag naar een platform OV-17" in timeline
        and "besliste wie ze telt: het platform" in timeline
    )
    somebody.get(f"{address}/pass")
    somebody.post(f"{address}/count-here")
    assert now(database, request_)[0] == "here"
    with database.read() as session:
        told = session.exec(select(Audit.what).where(Audit.about == request_.id)).all()
    assert [what for what in told if what != "looked_to_copy"] == ["copied", "copied", "counted_at", "counted_at"]
    assert "looked_to_copy" in told


def test_a_request_that_another_desk_has_too_stays_and_counts(
    somebody: Browser, database: Database, request_: Registration
) -> None:
    somebody.sign_in()
    address = f"/desk/registrations/{request_.id}"
    somebody.get(f"{address}/pass")
    assert "Vraag het eerst" in somebody.post(f"{address}/passed-on", to="Loket Ninove")
    assert 'id="to" name="to" maxlength="80" required value="Loket Ninove"' in somebody.page.text  # nothing is lost
    assert 'id="said-to" name="to" maxlength="80" required value=""' in somebody.page.text
    assert "Schrijf welk loket" in somebody.post(f"{address}/passed-on", to=" ", agreed="on")
    somebody.post(f"{address}/passed-on", to="Loket Ninove", agreed="on")
    assert now(database, request_)[0] == "here"
    timeline = somebody.get(f"/desk/conversations/{request_.conversation_id}")
    assert "gaf deze aanvraag door aan een ander loket: Loket Ninove" in timeline


def test_the_family_is_asked_and_its_answer_decides(
    somebody: Browser, database: Database, request_: Registration
) -> None:
    address, talk = taken(somebody, request_)
    page = somebody.get(f"{address}/pass")
    assert "Mogen we uw vraag doorgeven aan" in page
    assert "wordt vanzelf genoteerd" in somebody.post(f"{address}/ask-to-pass", to="Loket Ninove")
    assert "Mogen we uw vraag doorgeven aan Loket Ninove? Antwoord 1 voor ja, 2 voor nee." in somebody.get(talk)
    somebody.get(f"{address}/pass")
    assert "Kies wat het gezin antwoordde" in somebody.post(f"{address}/family-said", to="Loket Ninove")
    assert "Het gezin zei nee" in somebody.post(f"{address}/family-said", to="Loket Ninove", answer="refused")
    refused = somebody.post(f"{address}/passed-on", to="Loket Ninove", agreed="on")
    assert somebody.page.status_code == 422 and "Is het van gedacht veranderd" in refused
    assert "Het gezin zei ja" in somebody.post(f"{address}/family-said", to="Loket Ninove", answer="agreed")
    assert "ander loket" in somebody.post(f"{address}/passed-on", to="Loket Ninove")
    timeline = somebody.get(talk)
    for said in ("noteerde dat het gezin nee zegt", "noteerde dat het gezin ja zegt", "gaf deze aanvraag door"):
        assert f"{said}" in timeline


def test_what_the_family_writes_back_is_its_answer(
    somebody: Browser, database: Database, here: Installation, request_: Registration
) -> None:
    address, talk = taken(somebody, request_)
    somebody.get(f"{address}/pass")
    somebody.post(f"{address}/ask-to-pass", to="Loket Ninove")
    text_us(database, here, "+32470000082", "nee")
    assert "Het gezin zei nee" in somebody.get(f"{address}/pass")
    assert "Is het van gedacht veranderd" in somebody.post(f"{address}/passed-on", to="Loket Ninove", agreed="on")
    somebody.post(f"{address}/ask-to-pass", to="Loket Aalst")
    somebody.get(talk)
    somebody.post(f"{talk}/close")
    text_us(database, here, "+32470000082", "1")
    assert "Antwoordde of we de aanvraag mogen doorgeven" in somebody.get("/desk")
    timeline = somebody.get(talk)
    assert "Het gezin liet weten: Mogen we uw vraag doorgeven? ja" in timeline
    assert "Bedankt. We hebben het genoteerd." in timeline
    somebody.get(f"{address}/pass")
    assert "dat een ander loket" in somebody.post(f"{address}/passed-on", to="Loket Aalst")


def test_after_another_message_of_the_desk_a_yes_agrees_to_nothing(
    somebody: Browser, database: Database, here: Installation, request_: Registration
) -> None:
    address, talk = taken(somebody, request_)
    somebody.post(f"{talk}/phrase", **{"phrase": "phrase.may_pass", "phrase.may_pass.name": "Loket Ninove"})
    somebody.post(f"{talk}/reply", text="Kunt u morgen komen?")
    text_us(database, here, "+32470000082", "ja")
    page = somebody.get(f"{address}/pass")
    assert "Het gezin zei" not in page
    somebody.get(talk)
    somebody.post(f"{talk}/phrase", **{"phrase": "phrase.may_pass", "phrase.may_pass.name": "Loket Ninove"})
    text_us(database, here, "+32470000082", "ja")
    assert "Het gezin zei ja" in somebody.get(f"{address}/pass")
