"""E-mail to colleagues and organisers, handed to one SMTP server. Families get none.

`parse` reads the server's address, `compose` builds a message (RFC 5322; `EmailMessage` refuses a header with a line
break in it), `MailServer` hands it over (RFC 5321). The standard library's smtplib in a thread: a desk sends a few
mails a day, one after the other; aiosmtplib, well kept as it is, would be one dependency more for the same commands.
"""

import asyncio
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from urllib.parse import parse_qs, unquote, urlsplit

from channels.base import SendError, clean

TIMEOUT = 20.0  # seconds, for each answer of the server
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_PORTS = {"smtps": 465, "starttls": 587, "none": 25}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of text. `kind`: its subtype (csv)."""

    name: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Letter:
    """What one person gets. `off`: an address that ends such mails with one POST (RFC 8058)."""

    to: str
    subject: str
    text: str
    off: str = ""
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is handed over. `tls`: smtps (from the first byte), starttls, or none."""

    host: str
    port: int
    tls: str
    user: str
    password: str


def parse(url: str) -> Server:
    """ "smtps://user:password@host:465", "smtp://…" (STARTTLS; "?tls=none" without).

    Raises `ValueError` with a sentence that repeats nothing of it.
    """
    parts = urlsplit(url)
    asked = parse_qs(parts.query).get("tls", [""])[-1]
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or asked not in ("", "starttls", "none"):
        raise ValueError("INTAKE_SMTP_URL is written as smtps://user:password@host (or smtp://… for STARTTLS)")
    is_near = parts.hostname in _LOOPBACK
    tls = "smtps" if parts.scheme == "smtps" else asked or ("none" if is_near else "starttls")
    if parts.password and tls == "none" and not is_near:
        raise ValueError("INTAKE_SMTP_URL would send a password that anybody can read: leave out tls=none")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if not (user + password).isascii():
        raise ValueError(
            "INTAKE_SMTP_URL needs a user and password of plain letters and signs: smtplib sends no others"
        )
    return Server(parts.hostname, parts.port or _PORTS[tls], tls, user, password)


def is_address(text: str) -> bool:
    """Whether mail can be sent there: one plain address of letters that every server takes."""
    name, at, domain = text.rpartition("@")
    plain = text.isascii() and text.isprintable() and not any(each in text for each in " \"'<>(),:;\\[]")
    return bool(name and at) and plain and len(text) <= 120 and "." in domain.strip(".") and "@" not in name


def compose(letter: Letter, sender: str, reference: str, at: datetime) -> EmailMessage:
    """The message, with the same Message-ID at every attempt. `sender`: an address, or "Name <address>"."""
    from email.headerregistry import Address  # the grammar of every header: few processes write a mail
    from email.policy import SMTP

    name, address = parseaddr(sender)
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(name, addr_spec=address)
    message["To"] = Address(addr_spec=letter.to)
    message["Subject"] = " ".join(clean(letter.subject).split())
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{reference}@{address.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answer by a machine
    if letter.off:
        message["List-Unsubscribe"] = f"<{letter.off}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(clean(letter.text), cte="quoted-printable")
    for each in letter.attachments:
        message.add_attachment(each.text, subtype=each.kind, filename=each.name, cte="base64")
    return message


class MailServer:
    """One server. `sender`: from whom the mails are."""

    def __init__(self, server: Server, sender: str, timeout: float = TIMEOUT) -> None:
        self._server, self._sender, self._timeout = server, sender, timeout

    async def send(self, letter: Letter, reference: str, at: datetime) -> None:
        """Hand it over. Raises `SendError`; `uncertain` once the whole of it was on its way."""
        message = compose(letter, self._sender, reference, at)
        await asyncio.to_thread(self._send, letter.to, message.as_bytes())

    async def probe(self) -> None:
        """Sign in and name the sender, and send nothing. Raises `SendError`."""
        await asyncio.to_thread(self._probe)

    def _send(self, to: str, message: bytes) -> None:
        with _in_our_words(), self._open() as server:
            self._begin(server)
            _check(server.rcpt(to), "refused_address")
            try:
                answer = server.data(message)
            except smtplib.SMTPDataError as refused:
                answer = (refused.smtp_code, b"")
            except (smtplib.SMTPException, OSError):
                raise SendError("unreachable", uncertain=True) from None
            _check(answer, "refused")

    def _probe(self) -> None:
        with _in_our_words(), self._open() as server:
            self._begin(server)
            server.rset()

    def _begin(self, server: smtplib.SMTP) -> None:
        _check(server.mail(parseaddr(self._sender)[1]), "refused_sender")

    @contextmanager
    def _open(self) -> Iterator[smtplib.SMTP]:
        where, us = self._server, parseaddr(self._sender)[1].rpartition("@")[2]
        if where.tls == "smtps":
            context = ssl.create_default_context()
            server: smtplib.SMTP = smtplib.SMTP_SSL(where.host, where.port, us, timeout=self._timeout, context=context)
        else:
            server = smtplib.SMTP(where.host, where.port, us, timeout=self._timeout)
        try:
            if where.tls == "starttls":
                server.starttls(context=ssl.create_default_context())
            server.ehlo_or_helo_if_needed()
            if where.user:
                server.login(where.user, where.password)
            yield server
        finally:
            with suppress(smtplib.SMTPException, OSError):  # what was taken is taken, whatever it says goodbye with
                server.quit()
            server.close()


@contextmanager
def _in_our_words() -> Iterator[None]:
    """A server's answers as `SendError`: they may repeat an address, so that none of their words goes further."""
    try:
        yield
    except smtplib.SMTPAuthenticationError:
        raise SendError("wrong_login", retryable=True) from None
    except smtplib.SMTPNotSupportedError:
        raise SendError("no_tls", retryable=True) from None
    except ssl.SSLCertVerificationError:
        raise SendError("not_trusted", retryable=True) from None
    except (smtplib.SMTPException, OSError):
        raise SendError("unreachable", retryable=True) from None


def _check(answer: tuple[int, bytes], refusal: str) -> None:
    """RFC 5321, 4.2.1: 2xx taken, 4xx not now, 5xx never."""
    if answer[0] >= 500:
        raise SendError(refusal)
    if answer[0] >= 400:
        raise SendError("not_now", retryable=True)
