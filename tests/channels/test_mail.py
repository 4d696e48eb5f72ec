"""Mail goes to a real SMTP server: in the open, by STARTTLS, by TLS; and what every refusal means."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest

from channels.base import SendError
from channels.mail import Attachment, Letter, MailServer, compose, is_address, parse
from tests import mail_server, network
from tests.mail_server import PASSWORD, USER

AT = datetime(2026, 11, 30, 8, tzinfo=UTC)
LETTER = Letter("mieke@gent.example", "Drie gezinnen wachten", "Dag Mieke, één wacht al vier uur.\n.\nTot straks\n")
LOGIN = f"{quote(USER, safe='')}:{quote(PASSWORD, safe='')}@"


def server(url: str, sender: str = "Lokaal Loket Gent <loket@gent.example>", timeout: float = 5) -> MailServer:
    return MailServer(parse(url), sender, timeout)


def refusal(one: MailServer) -> tuple[str, bool, bool]:
    with pytest.raises(SendError) as refused:
        asyncio.run(one.send(LETTER, "ref1", AT))
    return refused.value.code, refused.value.retryable, refused.value.uncertain


def test_a_mail_arrives_as_it_was_written() -> None:
    with mail_server.running() as post:
        one = server(f"smtp://127.0.0.1:{post.port}")
        asyncio.run(one.probe())
        assert post.arrived == []
        asyncio.run(one.send(LETTER, "0190abc", AT))
    (mail,) = post.arrived
    assert {name: mail[name] for name in ("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted")} == {
        "From": "Lokaal Loket Gent <loket@gent.example>", "To": "mieke@gent.example",
        "Subject": "Drie gezinnen wachten", "Date": "Mon, 30 Nov 2026 08:00:00 +0000",
        "Message-ID": "<0190abc@gent.example>", "Auto-Submitted": "auto-generated",
    }  # fmt: skip
    assert mail.get_content_type() == "text/plain" and mail.get_content().replace("\r\n", "\n") == LETTER.text
    assert mail["List-Unsubscribe"] is None


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # it does not see its own smtps
@pytest.mark.parametrize("tls", ["starttls", "smtps"])
def test_who_signs_in_over_tls_gets_through_and_nobody_else(
    tls: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheme = "smtps" if tls == "smtps" else "smtp"
    with mail_server.running(tls, tmp_path, signs_in=True) as post:
        end = f"127.0.0.1:{post.port}?tls=starttls"
        assert refusal(server(f"{scheme}://{LOGIN}{end}")) == ("not_trusted", True, False)
        monkeypatch.setenv("SSL_CERT_FILE", str(mail_server.certificate(tmp_path)[0]))
        assert refusal(server(f"{scheme}://{LOGIN.replace('geheim', 'fout')}{end}")) == ("wrong_login", True, False)
        asyncio.run(server(f"{scheme}://{LOGIN}{end}").send(LETTER, "ref1", AT))
        assert refusal(server(f"{'smtp' if tls == 'smtps' else 'smtps'}://{LOGIN}{end}", timeout=1))[0] == "unreachable"
    assert [mail["To"] for mail in post.arrived] == ["mieke@gent.example"]


def test_what_a_server_answers_decides_whether_it_is_tried_again() -> None:
    with mail_server.running() as post:
        one = server(f"smtp://127.0.0.1:{post.port}")
        said = "mieke@gent.example is niet welkom"
        for name, answer, means in (
            ("rcpt_answer", f"550 {said}", ("refused_address", False, False)),
            ("rcpt_answer", f"450 {said}", ("not_now", True, False)),
            ("rcpt_answer", f"421 {said}", ("not_now", True, False)),
            ("mail_answer", f"553 {said}", ("refused_sender", False, False)),
            ("mail_answer", f"451 {said}", ("not_now", True, False)),
            ("data_answer", f"554 {said}", ("refused", False, False)),
            ("data_answer", f"452 {said}", ("not_now", True, False)),
        ):
            setattr(post, name, answer)
            assert refusal(one) == means, answer
            setattr(post, name, "")
        assert refusal(server(f"smtp://127.0.0.1:{post.port}?tls=starttls")) == ("no_tls", True, False)
        post.hangs_up = True  # it has the mail, and we do not hear so
        assert refusal(one) == ("unreachable", False, True)
        assert len(post.arrived) == 1
    assert refusal(one) == ("unreachable", True, False)
    assert refusal(server(f"smtp://127.0.0.1:{network.free_port()}")) == ("unreachable", True, False)


def test_no_name_and_no_text_writes_a_header_of_its_own() -> None:
    evil = "Loket\r\nBcc: ander@evil.example\r\n\r\nDag"
    letter = Letter("mieke@gent.example", evil, evil, "https://loket.example/x", (Attachment("lijst.csv", "csv", "a"),))
    mail = compose(letter, "Loket <loket@gent.example>", "ref1", AT)
    text = mail.as_bytes()
    headers, _, _ = text.partition(b"\r\n\r\n")
    assert b"\nBcc" not in headers and mail["Subject"] == "Loket Bcc: ander@evil.example Dag"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert [each.get_filename() for each in mail.iter_attachments()] == ["lijst.csv"]
    for wrong in ("a@b.example\r\nBcc: c@d.example", "a@b.example, c@d.example", "<a@b.example>", "a b@c.example", "a@b",
                  "@b.example", "a@b@c.example", "é@b.example", f"{'a' * 120}@b.example", "a@.", ""):  # fmt: skip
        assert not is_address(wrong), wrong
    with pytest.raises(ValueError):
        compose(Letter("a@b.example\r\nBcc: c@d.example", "x", "x"), "loket@gent.example", "ref1", AT)
    assert is_address("mieke.peeters+loket@stad-gent.example")


def test_an_address_of_a_server_says_how_it_is_spoken_to() -> None:
    read = parse("smtps://loket%40gent.example:a%2Fb@mail.example")
    assert (read.port, read.tls, read.user, read.password) == (465, "smtps", "loket@gent.example", "a/b")
    assert parse("smtp://mail.example").tls == "starttls" and parse("smtp://127.0.0.1").tls == "none"
    assert parse("smtp://relay.intern?tls=none").port == 25
    for wrong in ("http://a", "smtp://", "smtp://a?tls=maybe", "smtp://u:geheim@a.example?tls=none", "smtp://a:b",
                  "smtps://u:geh%C3%A9im@a.example"):  # fmt: skip
        with pytest.raises(ValueError) as problem:
            parse(wrong)
        assert "geh" not in str(problem.value)
