"""What a family gets that asks what we keep: all of it, opened, nothing of anybody else, and a line in the audit."""

import html
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import SQLModel, select

import storage.own_data
from intake import desk, own_data, own_page, service
from intake.desk import Act
from intake.installation import Installation
from storage import staff
from storage.database import Database, Session
from storage.keys import Keys
from storage.models import Audit, Conversation, Message, Registration
from storage.staff import Person
from tests.installed import Done, command, installed, process
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


def columns(page: str) -> set[str]:
    """What stands on a page between its marks."""
    return set(re.findall(r">([^<]+)<", page))


def test_the_page_for_a_family_says_it_in_plain_dutch(database: Database, here: Installation, keys: Keys) -> None:
    id_ = text_us(database, here, *ALL, "een vraag over <b>woensdag</b>")

    def accounts(session: Session) -> list[Person]:
        of = session.get_one(Conversation, id_).desk_id
        for name in ("an", "bo"):
            staff.add(session, NOW, name, "worker", [of])
        found = [staff.find(session, name) for name in ("an", "bo")]
        return [Person(each.id, each.username, each.role, frozenset({of})) for each in found if each]

    an, bo = database.write(accounts).result()
    later = NOW + timedelta(hours=1)
    for person, do in ((an, Act.claim), (bo, Act.take_over), (bo, lambda act: act.reply("We bellen u morgen."))):
        database.write(lambda session, p=person, d=do: desk.act(session, here, p, id_, later, d)).result()
    with database.read() as session:
        reference = session.exec(select(Registration.reference)).one()
    found = database.write(lambda session: own_data.collect(session, keys, reference, later)).result()
    page = own_page.Page(here).write(found, later)
    assert html.escape("een vraag over <b>woensdag</b>") in page and "<b>woensdag" not in page and "http" not in page
    said = columns(page)
    for wanted in (
        "Nummer van de aanvraag", reference, "Geboren", "februari 2026", "Dringend", "ja", "We bellen u morgen.",
        "Een medewerker nam dit over van een collega", "2 maart 2026", "+32470000001", "Noor",
    ):  # fmt: skip
        assert any(wanted in each for each in said), wanted
    assert not said & {"asked_on", "opened_at", "rules_hash", "with_desk"} and id_ not in page
    assert not re.search(r"\b(an|bo)\b", page), "who worked at the desk is not told"


def test_every_column_about_a_family_has_a_name_or_is_left_to_the_file() -> None:
    """A new one is named in `own_page.NAMES`, or stands in `TECHNICAL`."""
    pointing = {"family_id", "conversation_id", "registration_id", "contact_id"}
    hidden = own_page.TECHNICAL | set(storage.own_data.INDEX) | set(own_page.NAMES)
    about = [
        each for each in SQLModel.metadata.sorted_tables if pointing & set(each.c.keys()) or each.name == "contact"
    ]
    about = [each for each in about if each.name not in storage.own_data.LEFT_OUT]
    assert {each.name for each in about} - set(own_page.SECTIONS) == set()
    columns = {f"{each.name}.{column.name}" for each in about for column in each.c if column.name not in hidden}
    assert {each for each in columns if not each.endswith("_id")} == set()


def test_the_command_writes_both_and_never_over_another_file(tmp_path: Path) -> None:
    settings, keys, database = installed(tmp_path)
    here = service.load(keys, settings)
    text_us(database, here, *ALL)
    with database.read() as session:
        reference = session.exec(select(Registration.reference)).one()
    database.close()

    def run(*words: str) -> Done:
        return command(tmp_path, "own", *words)

    page, data = tmp_path / "gezin.html", tmp_path / "gezin.json"
    assert process(tmp_path, "own", f"{reference[:4]} {reference[4:]}", str(page)).returncode == 0
    assert run(reference, str(data)).returncode == 0
    assert "Wat wij van uw gezin bewaren" in page.read_text("utf-8") and json.loads(data.read_text("utf-8"))["message"]
    assert page.stat().st_mode & 0o077 == 0
    for wrong in ((reference, str(page)), (reference, "gezin.txt"), ("00000000", str(tmp_path / "niemand.html"))):
        refused = run(*wrong)
        assert refused.returncode == 2 and refused.stderr.count(b"\n") == 1
    assert not (tmp_path / "niemand.html").exists()
