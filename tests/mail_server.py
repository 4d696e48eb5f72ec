"""A real SMTP server on loopback (aiosmtpd), with TLS, sign-in, and the moods that servers have."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.network import free_port

USER, PASSWORD = "loket@gent.example", "geheim: %@/"


class Post:
    """What arrived; and what the server answers from now on, where that is no plain 250."""

    def __init__(self) -> None:
        self.arrived: list[EmailMessage] = []
        self.rcpt_answer = self.mail_answer = self.data_answer = ""
        self.hangs_up = False  # once a whole message came in
        self.port = free_port()

    async def handle_MAIL(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.mail_answer:
            return self.mail_answer
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.rcpt_answer:
            return self.rcpt_answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        if self.data_answer:
            return self.data_answer
        assert isinstance(envelope.content, bytes)
        message: Any = message_from_bytes(envelope.content, policy=default)
        assert envelope.rcpt_tos == [message["To"]]
        self.arrived.append(message)
        if self.hangs_up and server.transport is not None:
            server.transport.abort()
        return "250 taken"


@contextmanager
def running(tls: str = "none", folder: Path | None = None, *, signs_in: bool = False) -> Iterator[Post]:
    """`tls`: none, starttls or smtps, with the certificate `folder`/cert.pem."""
    post, more = Post(), dict[str, Any]()
    if tls != "none":
        assert folder
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*certificate(folder))
        more |= {"ssl_context": context} if tls == "smtps" else {"tls_context": context, "require_starttls": True}
    if signs_in:
        more |= {"authenticator": _authenticate, "auth_required": True, "auth_require_tls": tls == "starttls"}
    controller = Controller(post, hostname="127.0.0.1", port=post.port, **more)
    controller.start()
    try:
        yield post
    finally:
        controller.stop()


def _authenticate(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
    is_right = isinstance(data, LoginPassword) and (data.login.decode(), data.password.decode()) == (USER, PASSWORD)
    return AuthResult(success=is_right, handled=is_right)


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 that it signed itself, and its key."""
    where = folder / "cert.pem", folder / "key.pem"
    if where[0].exists():
        return where
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    where[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    where[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )  # fmt: skip
    return where
