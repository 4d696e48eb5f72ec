"""Mails: written with what they tell of, sent once, tried again on outages, given up in time and in sight."""

import asyncio
import logging
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from pydantic import SecretStr, ValidationError
from sqlmodel import select

from channels.mail import Letter, MailServer, parse
from intake import check, logs, mailing, measures, probing
from intake.installation import Installation
from intake.settings import Settings
from storage import mails
from storage.database import Database
from storage.keys import Keys
from storage.models import Audit, Mail
from tests import mail_server, network
from tests.intake.pages import Browser

sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)
LETTER = Letter("planted@gent.example", "Geplant onderwerp", "Geplante tekst")


def at(port: int) -> MailServer:
    return MailServer(parse(f"smtp://127.0.0.1:{port}"), "loket@gent.example", 5)


def post(database: Database, keys: Keys, now: datetime = NOW, useful: timedelta = timedelta(hours=3)) -> None:
    database.write(lambda session: mailing.post(session, keys, "digest", LETTER, now, useful)).result()


def kept(database: Database) -> list[tuple[str, str, int, bool]]:
    with database.read() as session:
        rows = session.exec(select(Mail).order_by(Mail.id))
        return [(each.status, each.error, each.attempts, each.content is not None) for each in rows]


def test_a_mail_goes_out_once_and_through_outages_until_it_is_too_late(
    database: Database, keys: Keys, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "intake")

    def send(server: MailServer, now: datetime) -> int:
        return asyncio.run(mailing.send_due(database, keys, server, lambda: now))

    away = at(network.free_port())
    post(database, keys)
    assert send(away, NOW) == 1 and kept(database) == [("queued", "unreachable", 1, True)]
    assert send(away, NOW + timedelta(seconds=59)) == 0
    with mail_server.running() as there:
        there.rcpt_answer = "450 planted@gent.example: greylisted"
        assert send(at(there.port), NOW + timedelta(seconds=61)) == 1
        assert kept(database) == [("queued", "not_now", 2, True)]
        there.rcpt_answer = ""
        assert send(at(there.port), NOW + timedelta(minutes=5)) == 1
        assert send(at(there.port), NOW + timedelta(hours=9)) == 0
        assert len(there.arrived) == 1 and kept(database) == [("sent", "", 3, False)]

        there.rcpt_answer = "550 nobody of that name"
        post(database, keys)
        assert send(at(there.port), NOW) == 1 and kept(database)[1] == ("failed", "refused_address", 1, False)
        there.rcpt_answer, there.hangs_up = "", True
        post(database, keys)
        assert send(at(there.port), NOW) == 1 and kept(database)[2] == ("unknown", "unreachable", 1, False)
        there.hangs_up = False
        post(database, keys)  # and whoever takes it is killed
        assert database.write(lambda session: mails.claim(session, keys, NOW)).result()
        assert send(at(there.port), NOW + timedelta(hours=1)) == 0
        assert kept(database)[3] == ("unknown", "interrupted", 1, False)
    post(database, keys)
    hours, tried = timedelta(0), 0
    while hours < timedelta(hours=4):
        tried += send(away, NOW + hours)
        hours += timedelta(minutes=1)
    assert kept(database)[4] == ("failed", "unreachable", tried, False) and 7 <= tried <= 8
    with database.read() as session:
        found = mails.figures(session, NOW + timedelta(hours=5))
    assert (found.waiting, dict(found.given_up)) == (0, {"unreachable": 2, "refused_address": 1, "interrupted": 1})
    assert 'opvanglijn_mails_total{kind="digest",result="failed"}' in measures.text()
    said = measures.text() + "".join(
        logs.JsonLines().format(each) for each in caplog.records if each.name.startswith("intake")
    )
    assert "mail_not_sent" in said and "planted" not in said and "Geplant" not in said
    database.write(lambda session: mails.prune(session, NOW + timedelta(days=31))).result()
    assert kept(database) == []


@sqlite
def test_what_waits_to_go_out_can_be_read_by_nobody_without_the_keys(
    database: Database, keys: Keys, tmp_path: Path
) -> None:
    post(database, keys)
    for path in tmp_path.rglob("*.db*"):
        assert b"planted@" not in path.read_bytes() and b"Geplant" not in path.read_bytes()


@sqlite
def test_a_link_is_sent_to_a_colleague_by_mail(
    somebody: Browser, database: Database, keys: Keys, here: Installation
) -> None:
    somebody.sign_in()
    somebody.get("/desk/people")
    desk = re.findall(r'name="desk\.(\w+)"', somebody.page.text)[0]
    here.sends_mail = True
    page = somebody.post("/desk/people", username="mieke", role="worker", **{f"desk.{desk}": "1"})
    assert "Versturen per e-mail" in page
    (secret,) = re.findall(r"/desk/welcome/([\w-]+)<", somebody.page.text)
    page = somebody.post("/desk/people/mail", secret=secret, email="mieke@gent")
    assert somebody.page.status_code == 422 and "geen e-mailadres" in page and secret in somebody.page.text
    assert 'value="mieke@gent"' in somebody.page.text
    page = somebody.post("/desk/people/mail", secret=secret, email=" mieke@gent.example ")
    assert "De mail is onderweg" in page and secret in somebody.page.text
    somebody.post("/desk/people/mail", secret="unknown", email="mieke@gent.example")
    assert somebody.page.status_code == 404
    now = datetime.now(UTC)
    with mail_server.running() as there:
        assert asyncio.run(mailing.send_due(database, keys, at(there.port), lambda: now)) == 1
    (mail,) = there.arrived
    assert mail["To"] == "mieke@gent.example" and f"https://loket.example/desk/welcome/{secret}" in mail.get_content()
    assert "uw account mieke" in mail.get_content() and mail["Subject"].startswith("Uw account")
    with database.read() as session:
        lines = session.exec(select(Audit).where(Audit.what == "link_mailed")).all()
        assert len(lines) == 1 and "@" not in f"{lines[0]}"
    here.sends_mail = False
    assert "Versturen per e-mail" not in somebody.post(
        "/desk/people", username="jan", role="worker", **{f"desk.{desk}": "1"}
    )


def test_check_tries_the_mail_server_and_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def said(url: str = "", sender: str = "") -> list[tuple[bool, str]]:
        settings = Settings(smtp_url=SecretStr(url), smtp_from=sender)
        assert "geheim" not in repr(settings)
        return [(each.is_wrong, each.sentence) for each in check.mail(settings)]

    user = f"{quote(mail_server.USER, safe='')}:geheim@"
    assert {
        f"mail_{each}" for each in ("unreachable", "not_trusted", "no_tls", "wrong_login", "refused_sender", "not_now")
    } <= {*probing.SENTENCES}  # whatever a server answers to a probe
    assert said() == [(False, "INTAKE_SMTP_URL is not set: no e-mail goes to colleagues and organisers")]
    for url, means in (("smtp://a.example", "INTAKE_SMTP_FROM"), (f"smtp://{user}a.example?tls=none", "anybody can")):
        with pytest.raises(ValidationError, match=means) as wrong:
            said(url)
        assert "geheim" not in str(wrong.value)
    with mail_server.running("smtps", tmp_path) as there:
        ((is_wrong, sentence),) = said(f"smtps://127.0.0.1:{there.port}", "loket@gent.example")
        assert is_wrong and "certificate" in sentence
        ((is_wrong, sentence),) = said(f"smtps://{user}127.0.0.1:{network.free_port()}")
        assert is_wrong and "nothing answers" in sentence and "geheim" not in sentence
        monkeypatch.setenv("SSL_CERT_FILE", str(mail_server.certificate(tmp_path)[0]))
        assert said(f"smtps://127.0.0.1:{there.port}", "Loket <loket@gent.example>") == [] == there.arrived
