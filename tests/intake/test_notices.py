"""Mails to colleagues when somebody waits: chosen by them, about numbers alone, in the desk's hours, each once."""

import asyncio
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from channels import simulator
from channels.mail import MailServer, parse
from intake import mailing, notices, promises
from intake.conversations import receive
from intake.installation import Installation
from storage import call_backs, conversations, desks, staff
from storage import notices as kept
from storage.database import Database, Session
from storage.keys import Keys
from storage.models import Audit, CallBack, Conversation, Mail, MailWish, StaffMail
from tests import mail_server
from tests.intake.pages import PUBLIC, Browser
from tests.mail_server import Post

NUMBER, ADDRESS = "+3290000001", "mieke@gent.example"
URGENT = ("dag", "1", "02-2026", "9000", "1", "2")  # as soon as possible; the rest when we call
sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Brussels"))


class Desk:
    """A desk with one colleague, a mail server, and a clock that goes by steps."""

    def __init__(self, database: Database, keys: Keys, here: Installation, post: Post) -> None:
        self.database, self.keys, self.here, self.post = database, keys, here, post
        self.server = MailServer(parse(f"smtp://127.0.0.1:{post.port}"), "loket@gent.example", 5)
        self.id, self.mieke = database.write(self._make).result()

    def _make(self, session: Session) -> tuple[str, str]:
        begin = at("2026-11-26T10:00")
        chosen = desks.Choices(hours="Mo-Fr 09:00-12:00,13:00-16:00; PH off")
        desk = desks.add(session, self.keys, begin, "gent", "Loket Gent", NUMBER, ["9000"], chosen)
        staff.add(session, begin, "mieke", "worker", [desk.id])
        session.flush()
        person = staff.find(session, "mieke")
        assert person
        return desk.id, person.id

    def choose(self, digest: str = "", *, at_once: bool = False, now: str = "2026-11-26T10:00") -> None:
        def work(session: Session) -> None:
            kept.choose(session, self.mieke, {self.id: (digest, at_once)}, at(now))
            row = session.get(StaffMail, self.mieke)
            if row is None:
                secret = kept.keep(session, self.keys, self.mieke, ADDRESS, at(now))
                row = kept.asked(session, secret, at(now))
                assert row
                kept.confirm(session, row, at(now))

        self.database.write(work).result()

    def family(self, number: str, when: str, *texts: str) -> str:
        found = None
        for text in texts or URGENT:
            inbound = simulator.parse(text, number, NUMBER, at(when))
            found = self.database.write(lambda session, inbound=inbound: receive(session, self.here, inbound)).result()
        assert found
        return found

    def pass_time(
        self, since: str, until: str, step: timedelta = timedelta(minutes=30)
    ) -> list[tuple[str, EmailMessage]]:
        """What arrived meanwhile, and when."""
        now, before, found = at(since), len(self.post.arrived), []
        while now <= at(until):
            asyncio.run(self._tick(now))
            found += [(f"{now:%a %H:%M}", mail) for mail in self.post.arrived[before:]]
            before, now = len(self.post.arrived), now + step
        return found

    async def _tick(self, now: datetime) -> None:
        await asyncio.gather(*(notices.tell(self.database, self.here, now) for _ in range(2)))  # two workers
        await mailing.send_due(self.database, self.keys, self.server, lambda: now)


@pytest.fixture
def desk(database: Database, keys: Keys, here: Installation) -> Iterator[Desk]:
    with mail_server.running() as post:
        yield Desk(database, keys, here, post)


def test_an_overview_comes_at_fixed_hours_of_working_days(desk: Desk) -> None:
    desk.family("+32470000041", "2026-11-27T17:00")  # a Friday evening
    desk.family("+32470000042", "2026-11-28T11:00", "dag", "0", "Mag mijn kind Planteke komen kijken?")
    assert desk.pass_time("2026-11-27T17:30", "2026-11-27T18:00") == []
    desk.choose("twice", now="2026-11-27T18:00")
    found = desk.pass_time("2026-11-27T18:30", "2026-12-01T17:00")
    assert [when for when, _ in found] == ["Mon 09:00", "Mon 14:00", "Tue 09:00", "Tue 14:00"]
    mail = found[0][1]
    assert mail["To"] == ADDRESS and mail["Subject"] == "Wachten aan het Lokaal Loket: 2"
    text = mail.get_content()
    for line in ("Loket Gent", "Wachten op een antwoord: 2", "waarvan dringend: 1", "Te bellen: 1", "Vragen: 1",
                 "Wie het langst wacht: 2 dagen", f"{PUBLIC}/desk"):  # fmt: skip
        assert line in text, line
    assert not re.search(r"4700000|Planteke|\b9000\b|02-2026", text.split("/mail/off/")[0])  # an id may hold any digits
    desk.choose("once", now="2026-12-01T17:00")
    desk.database.write(promises.reckon).result()
    found = desk.pass_time("2026-12-24T08:30", "2026-12-28T17:00")  # Christmas is a Friday
    assert [when for when, _ in found] == ["Thu 09:00", "Mon 09:00"]
    assert "waarvan te laat: 2" in found[0][1].get_content()

    def change(session: Session) -> None:
        staff.choose_language(session, desk.mieke, "fr")
        one = session.exec(select(desks.Desk)).one()
        desks.choose(session, one, desks.Choices(hours="Mo-Fr 13:00-16:00"))

    desk.database.write(change).result()
    found = desk.pass_time("2027-01-04T08:00", "2027-01-04T17:00")
    assert [(when, mail["Subject"][:10]) for when, mail in found] == [("Mon 13:00", "En attente")]
    desk.database.write(lambda session: staff.disable(session, "mieke")).result()
    assert desk.pass_time("2027-01-05T08:00", "2027-01-05T17:00") == []


def test_what_is_urgent_or_late_is_told_at_once_and_once(desk: Desk) -> None:
    desk.choose(at_once=True)
    desk.family("+32470000041", "2026-11-26T10:31")
    desk.family("+32470000042", "2026-11-26T10:32", "dag", "0")  # not urgent
    found = desk.pass_time("2026-11-26T10:40", "2026-11-26T15:40")
    assert [when for when, _ in found] == ["Thu 10:40"]
    assert found[0][1]["Subject"] == "Dringend aan het Lokaal Loket: 1"
    held = desk.family("+32470000043", "2026-11-26T20:00")
    later = desk.family("+32470000044", "2026-11-26T21:00")
    claim = at("2026-11-27T08:59")
    desk.database.write(lambda session: conversations.claim(session, held, desk.mieke, claim)).result()
    found = desk.pass_time("2026-11-26T20:00", "2026-11-27T09:00")
    assert [when for when, _ in found] == ["Fri 09:00"]  # when it opens, and not of whom a colleague holds
    assert "Dringend, en wachten: 1" in found[0][1].get_content() and later

    def call(session: Session) -> None:
        for row in session.exec(select(CallBack)):
            row.status = "done"
            session.add(row)
        session.flush()
        call_backs.ask(session, desk.id, later, "call_me", at("2026-12-01T10:00"), at("2026-12-01T10:00"))
        for talk in session.exec(select(Conversation)):
            talk.waiting_since = None
            session.add(talk)

    desk.database.write(call).result()
    found = desk.pass_time("2026-12-01T09:00", "2026-12-04T16:00")
    assert [when for when, _ in found] == ["Thu 09:00"]  # a working day is over
    assert "Telefoontjes die te laat zijn: 1" in found[0][1].get_content()
    assert f"{PUBLIC}/desk/calls" in found[0][1].get_content()


@sqlite
def test_an_address_counts_once_its_link_was_pressed_and_one_press_ends_it(
    somebody: Browser, client: TestClient, database: Database, keys: Keys, here: Installation
) -> None:
    somebody.sign_in()
    assert "E-mail als er iemand wacht" not in somebody.get("/desk/account")
    here.sends_mail = True
    page = somebody.get("/desk/account")
    assert "E-mail als er iemand wacht" in page
    (desk,) = re.findall(r'name="digest\.(\w+)"', somebody.page.text)
    wish = {f"digest.{desk}": "twice", f"at_once.{desk}": "on"}
    page = somebody.post("/desk/account/mail", email="mieke@gent", **wish)
    assert (
        somebody.page.status_code == 422 and "geen e-mailadres" in page and 'value="mieke@gent"' in somebody.page.text
    )
    assert 'value="twice" selected' in somebody.page.text
    assert somebody.post("/desk/account/mail", email=ADDRESS, **{f"digest.{desk}": "x"}).startswith("Kies wanneer") or (
        "Kies wanneer" in somebody.text
    )
    assert "We stuurden een mail" in somebody.post("/desk/account/mail", email=ADDRESS, **wish)
    assert "Nog niet bevestigd" in somebody.text
    with database.read() as session:
        row, now = session.exec(select(StaffMail)).one(), datetime.now(ZoneInfo("UTC"))
        assert kept.wanted(session) == [] and ADDRESS.encode() not in row.address
    with mail_server.running() as post:
        server = MailServer(parse(f"smtp://127.0.0.1:{post.port}"), "loket@gent.example", 5)
        asyncio.run(mailing.send_due(database, keys, server, lambda: now))
        (mail,) = post.arrived
        (link,) = re.findall(rf"{PUBLIC}(/mail/confirm/\S+)", mail.get_content())
        other = Browser(TestClient(client.app, base_url=PUBLIC))  # on a phone that is not signed in
        assert "Wilt u op dit adres mail" in other.get(link)
        with database.read() as session:
            assert kept.wanted(session) == []
        assert "bevestigd" in other.post(link) and other.get(link) and other.page.status_code == 404
        with database.read() as session:
            (found,) = kept.wanted(session)
            assert (found.digest, found.at_once) == ("twice", True)
        database.write(lambda session: notices.at_once(session, here, desk, [found.staff_id], now)).result()
        asyncio.run(mailing.send_due(database, keys, server, lambda: now))
        off = post.arrived[1]["List-Unsubscribe"].strip("<>")
    assert (
        post.arrived[1]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        and off in post.arrived[1].get_content()
    )
    somebody.get("/desk/account")
    somebody.post("/desk/account/mail", email=ADDRESS, **{f"digest.{desk}": "once"})
    assert "Bewaard" in somebody.text and "Nog niet bevestigd" not in somebody.text
    machine = TestClient(client.app, base_url=PUBLIC)
    assert machine.post(off[:-1] + ("0" if off[-1] != "0" else "1")).status_code == 404
    assert machine.get(off).status_code == 200
    with database.read() as session:
        assert len(session.exec(select(MailWish)).all()) == 1
    answer = machine.post(off, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200 and "U krijgt deze mails niet meer" in answer.text
    with database.read() as session:
        assert session.exec(select(MailWish)).all() == [] and session.exec(select(StaffMail)).one().confirmed_at
        told = session.exec(select(Audit.what).where(Audit.what.startswith("mail_"))).all()  # type: ignore[attr-defined]
        assert told == ["mail_asked", "mail_confirmed", "mail_ended"]
        assert {each.content for each in session.exec(select(Mail))} == {None}
    somebody.get("/desk/account")
    assert "Het adres is weg" in somebody.post("/desk/account/mail", email="", **{f"digest.{desk}": ""})
    with database.read() as session:
        assert session.exec(select(StaffMail)).all() == []
