"""No room, a lock that is not let go, a disk that reports an error: nothing is acknowledged, and all goes on afterwards."""

import resource
import signal
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select
from twilio.request_validator import RequestValidator

from intake import installation
from intake.settings import Settings
from intake.web import storing
from intake.web.app import make_app
from storage.models import Message
from tests.faults.families import OURS, PUBLIC, TOKEN
from tests.installed import installed


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", TOKEN)
    _, keys, database = installed(tmp_path)
    settings = Settings(data_dir=tmp_path, public_url=PUBLIC)
    with TestClient(make_app(settings, database, installation.load(keys, PUBLIC)), base_url=PUBLIC) as client:
        yield client
    database.close()


def post(client: TestClient, route: str, **fields: str) -> tuple[int, str]:
    signature = RequestValidator(TOKEN).compute_signature(PUBLIC + route, fields)
    headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
    answer = client.post(route, content=urlencode(fields), headers=headers)
    return answer.status_code, answer.text


def text(client: TestClient, number: int) -> int:
    given = {"MessageSid": f"SM{number:032x}", "From": "+32470000001", "To": OURS, "Body": "dag", "NumMedia": "0"}
    return post(client, "/twilio/sms", **given)[0]


def call(client: TestClient, number: int) -> tuple[int, str]:
    return post(client, "/twilio/voice", CallSid=f"CA{number:032x}", From="+32470000002", To=OURS, CallStatus="ringing")


def kept(client: TestClient) -> list[str]:
    with client.app.state.database.read() as session:
        return list(session.exec(select(Message.provider_id).where(Message.direction == "in").order_by(Message.id)))


@contextmanager
def no_file_grows() -> Iterator[None]:
    """As on a disk of which somebody else took the rest: EFBIG instead of ENOSPC, "disk I/O error" instead of "full"."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


@contextmanager
def no_page_more(client: TestClient) -> Iterator[None]:
    """SQLite's own "database or disk is full"."""

    def limit(pages: int) -> None:
        def work(session: object) -> None:
            session.connection().exec_driver_sql(f"pragma max_page_count={pages}")  # type: ignore[attr-defined]

        client.app.state.database.write(work).result()

    limit(1)  # no lower than what is there
    try:
        yield
    finally:
        limit(1_000_000)


@contextmanager
def somebody_writes(folder: Path) -> Iterator[None]:
    """Another process holds the lock for longer than a provider waits."""
    other = sqlite3.connect(folder / "intake.db", isolation_level=None, check_same_thread=False)
    other.execute("begin immediate")
    try:
        yield
    finally:
        other.execute("rollback")
        other.close()


@pytest.mark.parametrize("fault", ["file-size limit", "disk full", "locked"])
def test_what_cannot_be_written_is_not_acknowledged_and_later_it_can(
    fault: str, service: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert text(service, 1) == 200
    monkeypatch.setattr(storing, "STORE_WITHIN", 1.0)  # a provider with less patience: the test need not wait for ten
    made = {"file-size limit": no_file_grows, "disk full": lambda: no_page_more(service)}
    with made.get(fault, lambda: somebody_writes(tmp_path))():
        refused = [text(service, number) for number in range(2, 40 if fault == "disk full" else 4)]
        assert refused[-1] == 503
        if fault == "file-size limit":
            status, said = call(service, 1)
            assert status == 200 and "Het spijt ons" in said and "<Gather" not in said
    taken = [f"SM{number:032x}" for number, status in enumerate([200, *refused], 1) if status == 200]
    assert text(service, 90) == 200 and "<Gather" in call(service, 2)[1]
    found = [each for each in kept(service) if each.startswith("SM")]
    assert set(taken) <= set(found) and len(found) == len(set(found))  # what was cut off may have come in late, once
    for number in range(2, 4):
        assert text(service, number) == 200  # the provider comes again
    assert len(set(kept(service))) == len(kept(service))


def test_a_writer_that_failed_lives_on(service: TestClient) -> None:
    with no_file_grows():
        assert text(service, 1) == 503
    together = [threading.Thread(target=text, args=(service, number)) for number in range(2, 8)]
    for each in together:
        each.start()
    for each in together:
        each.join()
    assert len(kept(service)) == 6
