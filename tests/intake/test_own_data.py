"""What a family gets that asks what we keep: all of it, opened, nothing of anybody else, and a line in the audit."""

import html
import json

import pytest
from sqlmodel import SQLModel, select

from intake import own_data
from intake.installation import Installation
from storage.database import Database
from storage.keys import Keys
from storage.models import Audit, Conversation, Message, Registration
from tests.intake.test_conversations import ALL, NOW, here, text_us

__all__ = ["here"]  # the fixture
OTHER = "+32470000002"


def test_a_family_gets_all_of_it_and_nothing_of_others(database: Database, here: Installation, keys: Keys) -> None:
    id_ = text_us(database, here, *ALL, "een vraag over <b>woensdag</b>")
    text_us(database, here, *ALL[:-1], "geheim van een ander", sender=OTHER)
    with database.read() as session:
        mine = session.get_one(Conversation, id_).family_id
        reference = session.exec(select(Registration.reference).where(Registration.family_id == mine)).one()
        many = len(session.exec(select(Message).where(Message.family_id == mine)).all())
    found = database.write(lambda session: own_data.collect(session, keys, reference, NOW)).result()
    told = own_data.as_json(found, NOW)
    assert json.loads(told)["message"] and len(found["message"]) == many
    for wanted in ("+32470000001", "een vraag over <b>woensdag</b>", reference, '\\"birth\\"'):
        assert wanted in told
    assert "geheim van een ander" not in told and OTHER not in told and "cannot be opened" not in told
    page = own_data.as_page(found, NOW)
    assert html.escape("een vraag over <b>woensdag</b>") in page and "<b>woensdag" not in page and "http" not in page
    with database.read() as session:
        assert session.exec(select(Audit.about).where(Audit.what == "own_data")).all() == [mine]


def test_no_table_that_points_to_a_family_is_left_out(database: Database, here: Installation, keys: Keys) -> None:
    """A row of each kind that a request by text makes comes back: tables are walked, not listed."""
    text_us(database, here, *ALL)
    with database.read() as session:
        reference = session.exec(select(Registration.reference)).one()
        pointing = {
            each.name for each in SQLModel.metadata.sorted_tables
            if {"family_id", "conversation_id", "registration_id", "contact_id"} & set(each.c.keys())
            and session.connection().execute(select(each)).first() is not None
        }  # fmt: skip
    found = database.write(lambda session: own_data.collect(session, keys, reference, NOW)).result()
    assert pointing <= {*found, "contact"} and "contact" in found


def test_an_unknown_number_gives_nothing(database: Database, here: Installation, keys: Keys) -> None:
    with pytest.raises(own_data.Nobody):
        database.write(lambda session: own_data.collect(session, keys, "00000000", NOW)).result()
