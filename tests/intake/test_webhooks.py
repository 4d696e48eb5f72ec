"""Twilio's webhooks over HTTP: what is signed is kept before it is answered, everything else is refused."""

from urllib.parse import urlencode

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select
from twilio.request_validator import HMAC_SHA1, HMAC_SHA256, SIGNATURE_SETTINGS_HEADER, RequestValidator

from intake import installation
from intake.settings import Settings
from intake.web.app import make_app
from storage import clock, desks
from storage.database import Database, Session
from storage.keys import Keys
from storage.models import Message
from tests.intake.pages import visit

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
TOKEN, SECOND = "first-token", "second-token"
SHARED, SHARED_SECOND = "first-shared-key", "second-shared-key"
PUBLIC = "https://loket.example"
FIELDS = {"From": "+32470000001", "To": "+3290000001", "Body": "dag", "NumMedia": "0"}


@pytest.fixture
def client(database: Database, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", TOKEN)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN_2", SECOND)
    monkeypatch.setenv("TWILIO_SHARED_KEY", SHARED)
    monkeypatch.setenv("TWILIO_SHARED_KEY_2", SHARED_SECOND)

    def work(session: Session) -> None:
        choices = desks.Choices(languages=("nl", "fr", "en"))
        desks.add(session, keys, clock.system_now(), "gent", "Gent", "+3290000001", ["9000"], choices)

    database.write(work).result()
    settings = Settings(public_url=PUBLIC)
    return visit(make_app(settings, database, installation.load(keys, PUBLIC)), "http://testserver")


def post(client: TestClient, route: str, fields: dict[str, str], token: str = TOKEN) -> tuple[int, str]:
    """Signed by the official SDK, as Twilio would."""
    signature = RequestValidator(token).compute_signature(f"{PUBLIC}{route}", fields)
    answer = client.post(
        route,
        content=urlencode(fields),
        headers={"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"},
    )
    return answer.status_code, answer.headers["content-type"]


def sid(number: int) -> dict[str, str]:
    return {"MessageSid": f"SM{number:032x}"}


def rows(database: Database) -> int:
    with database.read() as session:
        return len(session.exec(select(Message)).all())


@pytest.mark.parametrize("token", [TOKEN, SECOND])
def test_a_signed_message_is_kept_and_answered_with_empty_twiml(
    client: TestClient, database: Database, token: str
) -> None:
    status, kind = post(client, "/twilio/sms", FIELDS | sid(1), token)
    assert (status, kind) == (200, "application/xml")
    assert rows(database) == 2


def test_a_retry_is_answered_and_changes_nothing(client: TestClient, database: Database) -> None:
    assert [post(client, "/twilio/sms", FIELDS | sid(1))[0] for _ in range(2)] == [200, 200]
    assert rows(database) == 2


def test_another_signature_is_refused(client: TestClient, database: Database) -> None:
    assert post(client, "/twilio/sms", FIELDS | sid(1), "wrong")[0] == 403
    assert client.post("/twilio/sms", content="Body=dag").status_code == 403
    assert client.post("/twilio/sms", content=b"a" * 70_000).status_code == 413
    assert rows(database) == 0


def test_a_shared_key_signs_by_sha256_and_a_token_by_sha1_whatever_a_header_says(
    client: TestClient, database: Database
) -> None:
    def sent(secret: str, algorithm: str) -> int:
        fields = FIELDS | sid(rows(database) + 1)
        signature = RequestValidator(secret).compute_signature(f"{PUBLIC}/twilio/sms", fields, algorithm)
        headers = {"X-Twilio-Signature": signature, SIGNATURE_SETTINGS_HEADER: f"key=K1,algorithm={algorithm}"}
        return client.post("/twilio/sms", content=urlencode(fields), headers=headers).status_code

    right = [(TOKEN, HMAC_SHA1), (SECOND, HMAC_SHA1), (SHARED, HMAC_SHA256), (SHARED_SECOND, HMAC_SHA256)]
    assert [sent(*each) for each in right] == [200] * 4
    wrong = [(TOKEN, HMAC_SHA256), (SHARED, HMAC_SHA1), (SHARED_SECOND, HMAC_SHA1), ("", HMAC_SHA256)]
    assert [sent(*each) for each in wrong] == [403] * 4


def test_the_address_that_is_signed_is_the_configured_one(client: TestClient, database: Database) -> None:
    fields = FIELDS | sid(1)
    for header in ("Host", "X-Forwarded-Host", "X-Original-URL"):
        signature = RequestValidator(TOKEN).compute_signature("https://evil.example/twilio/sms", fields)
        headers = {header: "evil.example", "X-Forwarded-Proto": "https", "X-Twilio-Signature": signature}
        assert client.post("/twilio/sms", content=urlencode(fields), headers=headers).status_code == 403
    assert rows(database) == 0


def test_a_signed_message_that_is_none_is_refused(client: TestClient, database: Database) -> None:
    assert post(client, "/twilio/sms", FIELDS)[0] == 400
    assert rows(database) == 0


def test_what_is_not_stored_is_not_acknowledged(client: TestClient, database: Database) -> None:
    with database.connect() as connection:
        connection.exec_driver_sql("drop table message")
        connection.commit()
    assert post(client, "/twilio/sms", FIELDS | sid(1))[0] == 503


def test_a_delivery_status_moves_the_message(client: TestClient, database: Database) -> None:
    post(client, "/twilio/sms", FIELDS | sid(1))

    def deliver(session: Session) -> None:
        message = session.exec(select(Message).where(Message.direction == "out")).one()
        message.status, message.provider_id = "sent", sid(9)["MessageSid"]
        session.add(message)

    database.write(deliver).result()
    assert post(client, "/twilio/status", sid(9) | {"MessageStatus": "delivered"})[0] == 200
    assert post(client, "/twilio/status", sid(9) | {"MessageStatus": "sent"})[0] == 200
    assert post(client, "/twilio/status", sid(8) | {"MessageStatus": "partially_delivered"})[0] == 200
    with database.read() as session:
        assert session.exec(select(Message).where(Message.direction == "out")).one().status == "delivered"


def test_health(client: TestClient) -> None:
    assert client.get("/health/live").json() == {"status": "ok"}
    assert client.get("/health/ready").status_code == 200
    assert client.get("/docs").status_code == 404
