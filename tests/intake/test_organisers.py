"""Organisers: kept by a desk, reminded once a month, and what they tell counts nowhere by default."""

import asyncio
import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from channels.mail import MailServer, parse
from intake import importing, mailing, organisers, reports
from intake.installation import Installation
from intake.registers import Fault
from intake.reports import Wanted
from storage import desks, dispatch
from storage import organisers as kept
from storage.database import Database
from storage.keys import Keys
from storage.models import Audit, Family, Organiser, Registration
from tests import mail_server
from tests.intake.pages import PUBLIC, Browser, text_us

MARCH = datetime(2027, 3, 2, 10, tzinfo=ZoneInfo("Europe/Brussels"))
ZON = {
    "name": "Crèche De Zon",
    "postcode": "9000",
    "number": "0470 00 00 65",
    "email": "zon@example.be",
    "reminders": "on",
}
sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


def one(database: Database) -> Organiser:
    with database.read() as session:
        return session.exec(select(Organiser)).one()


def add(somebody: Browser, database: Database, **more: str) -> Organiser:
    with database.read() as session:
        desk = desks.everything(session)[0].id
    somebody.sign_in()
    somebody.get("/desk/organisers")
    somebody.post("/desk/organisers", desk=desk, **{**ZON, **more})
    return one(database)


@sqlite
def test_a_desk_adds_changes_and_ends_an_organiser(somebody: Browser, database: Database, keys: Keys) -> None:
    row = add(somebody, database)
    assert "Crèche De Zon 9000" in somebody.text and "+32470000065" in somebody.text
    assert b"De Zon" not in row.name and b"47000" not in row.number
    code = re.search(r'Code <strong class="reference">(\d{6})<', somebody.page.text)
    assert code
    somebody.post(f"/desk/organisers/{row.id}", **{**ZON, "name": "Crèche Maan"})
    assert "Crèche Maan" in somebody.text and code[1] in somebody.text
    page = somebody.post(f"/desk/organisers/{row.id}", **{**ZON, "postcode": "Gent"})
    assert somebody.page.status_code == 422 and "vier cijfers" in page and 'value="Gent"' in somebody.page.text
    somebody.post(f"/desk/organisers/{row.id}/end")
    assert "Nog geen organisator" in somebody.text
    with database.read() as session:
        assert kept.of_code(session, keys, code[1]) is None
        told = session.exec(select(Audit.what).where(Audit.about == row.id)).all()
    assert told == ["organiser_added", "organiser_changed", "organiser_ended"]
    somebody.get("/desk/organisers")
    assert somebody.post(f"/desk/organisers/{row.id}/end") and somebody.page.status_code == 404


@sqlite
@pytest.mark.parametrize(
    ("wrong", "says"),
    [({"name": ""}, "Geef de naam"), ({"postcode": "90"}, "vier cijfers"), ({"number": "12"}, "+32470000000"),
     ({"email": "zon"}, "geen e-mailadres")],
)  # fmt: skip
def test_what_cannot_be_is_said_and_nothing_is_lost(
    somebody: Browser, database: Database, wrong: dict[str, str], says: str
) -> None:
    with database.read() as session:
        desk = desks.everything(session)[0].id
    somebody.sign_in()
    somebody.get("/desk/organisers")
    page = somebody.post("/desk/organisers", desk=desk, **{**ZON, **wrong})
    assert somebody.page.status_code == 422 and says in page
    assert [each in somebody.page.text for each in ZON.values() if each not in ("on", *wrong)].count(True) >= 3


@sqlite
def test_once_a_month_a_text_message_and_never_to_who_wants_none(
    somebody: Browser, database: Database, keys: Keys, here: Installation
) -> None:
    row = add(somebody, database)

    def remind(at: datetime) -> list[bool]:
        def work(session: kept.Session) -> list[bool]:
            due = kept.to_remind(session, at.date().replace(day=1))
            return [organisers.remind(session, here, id_, at) for id_ in due]

        return database.write(work).result()

    def sent(at: datetime) -> list[str]:
        due = database.write(lambda session: dispatch.claim(session, keys, at)).result()
        return [each.text for each in due if each.to == "+32470000065"]

    assert remind(MARCH) == [True] and remind(MARCH + timedelta(days=20)) == []
    (text,) = sent(MARCH)
    assert (
        re.search(r'"organisator \d{6}" terug, of bel \+32\d+, kies Nederlands, druk op 8', text)
        and len(text) <= 160
        and "stop" not in text.lower()
    )
    assert remind(MARCH + timedelta(days=31)) == [True]
    first = one(database).conversation_id
    code = re.search(r"organisator (\d{6})", text)
    assert code and text_us(database, here, "+32470000065", f"Organisator {code[1]}", "04-2026", "Gent?") == first
    page = somebody.get(f"/desk/conversations/{first}")
    assert "In welke gemeente? Stuur de postcode." in page and "Gent?" in page and somebody.page.status_code == 200
    assert first and remind(MARCH + timedelta(days=62)) == [True] and one(database).conversation_id == first
    somebody.get("/desk/organisers")
    somebody.post(f"/desk/organisers/{row.id}", **{name: value for name, value in ZON.items() if name != "reminders"})
    assert remind(MARCH + timedelta(days=93)) == []
    with database.read() as session:
        before = len(session.exec(select(Family)).all())
    somebody.get("/desk/organisers")
    somebody.post(f"/desk/organisers/{row.id}/end")
    with database.read() as session:
        assert len(session.exec(select(Family)).all()) == before - 1


@sqlite
def test_once_a_month_a_mail_that_says_what_to_tell_and_how(
    somebody: Browser, database: Database, keys: Keys, here: Installation
) -> None:
    here.sends_mail = True
    row = add(somebody, database, number="", reminders="", mails="on", name="Crèche\nBcc: x@evil.example")
    assert row.wants_mail

    def remind(at: datetime) -> list[bool]:
        return database.write(
            lambda session: [
                organisers.remind(session, here, id_, at) for id_ in kept.to_remind(session, at.date().replace(day=1))
            ]
        ).result()

    assert remind(MARCH) == [True] and remind(MARCH + timedelta(days=20)) == []
    with mail_server.running() as post:
        server = MailServer(parse(f"smtp://127.0.0.1:{post.port}"), "loket@gent.example", 5)
        assert asyncio.run(mailing.send_due(database, keys, server, lambda: MARCH)) == 1
    (mail,) = post.arrived
    assert (
        mail["To"] == "zon@example.be" and "Bcc" not in mail and mail["Subject"].startswith("Opvang die u deze maand")
    )
    body, attached = mail.get_body(), next(mail.iter_attachments())
    assert body
    text = body.get_content()
    code = re.search(r'"organisator (\d{6})" naar \+32', text)
    assert code and f"dan uw code: {code[1]}" in text
    (form,) = re.findall(rf"{PUBLIC}(/mail/form/\S+)", text)
    stranger = TestClient(somebody.client.app, base_url=PUBLIC)
    assert code[1] in stranger.get(form).text and stranger.get(form[:-1]).status_code == 404
    header, line = attached.get_content().splitlines()[:2]
    filled = dict(zip(header.split(","), line.split(","), strict=True))
    filled |= {"asked_on": "2027-03-01", "birth": "due:2027-05", "postcode": "9000", "start": "asap"}
    filled |= {"outcome_on": "2027-03-02"}
    assert database.write(lambda session: importing.keep_one(session, here, filled, MARCH)).result()
    with database.read() as session:
        assert [each.source for each in session.exec(select(Registration).where(Registration.postcode == "9000"))][-1:]
    off = mail["List-Unsubscribe"].strip("<>")
    assert stranger.post(off, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not one(database).wants_mail and remind(MARCH + timedelta(days=31)) == []
    somebody.get("/desk/organisers")
    assert "Geen herinnering" in somebody.text
    somebody.post(f"/desk/organisers/{row.id}/end")
    assert stranger.get(form).status_code == 404


@sqlite
def test_an_organiser_that_asks_for_no_more_messages_gets_none(
    somebody: Browser, database: Database, here: Installation
) -> None:
    add(somebody, database)
    text_us(database, here, "+32470000065", "dag", "STOP")
    row = one(database)
    assert database.write(lambda session: organisers.remind(session, here, row.id, MARCH)).result() is False


def test_what_an_organiser_tells_counts_nowhere_by_default(database: Database, keys: Keys, here: Installation) -> None:
    def work(session: kept.Session) -> list[str]:
        desk = desks.add(session, keys, MARCH, "gent", "Gent", "+3290000001", ["9000"], desks.Choices())
        id_ = kept.keep(session, keys, desk.id, kept.Contact("Zon", "9000", "", "", False), "482913", MARCH)
        row = session.get_one(Organiser, id_)
        cells = {"birth": "2027-01", "postcode": "9000", "start": "asap", "channel": "voice"}
        return [organisers.tell(session, here, row, cells, MARCH) for _ in range(2)]

    first, second = database.write(work).result()
    assert first != second
    with database.read() as session:
        rows = session.exec(select(Registration).order_by(Registration.external_reference)).all()
        assert [(row.source, row.state, row.urgent, row.asked_on) for row in rows] == [
            ("organiser", "complete", True, date(2027, 3, 2))
        ] * 2
        assert [row.external_reference[-11:] for row in rows] == ["-20270302-1"[-11:], "-20270302-2"[-11:]]
        every = frozenset(each.id for each in desks.everything(session))
        assert reports.counts(session, here, Wanted(2027), MARCH, every).measures[0].unique == 0
    with pytest.raises(Fault, match="write four digits"):
        database.write(
            lambda session: importing.keep_one(
                session, here, {"desk": "gent", "asked_on": "2027-03-01", "birth": "2027-01", "postcode": "x"}, MARCH
            )
        ).result()


@sqlite
def test_a_form_on_paper_has_the_order_of_the_page_on_which_it_is_keyed_in(
    somebody: Browser, database: Database
) -> None:
    row = add(somebody, database)
    somebody.get(f"/desk/organisers/{row.id}/form")
    printed = [each.strip(" *") for each in re.findall(r'<th scope="row">([^<]+)</th>', somebody.page.text)][:-1]
    somebody.get("/desk/new")
    page = somebody.page.text
    places = [page.index(f">{label}") for label in printed]
    assert places == sorted(places) and len(places) >= 4 and "naam" not in " ".join(printed).lower()
    somebody.post("/desk/new", desk="gent", birth="02-2026", place="9000", start="1", source="organiser")
    with database.read() as session:
        newest = session.exec(select(Registration).order_by(Registration.id.desc())).first()  # type: ignore[attr-defined]
        assert newest and newest.source == "organiser"
