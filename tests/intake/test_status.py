"""Is it ready, how is it doing: what is answered while the database, the worker or the disk fail, and the page about it."""

import asyncio
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from channels.mail import Letter
from intake import backups, mailing, worker
from intake.installation import Installation
from intake.settings import Settings
from intake.web import health
from intake.web.app import make_app
from storage import audit, clock, heartbeats, mails, staff
from storage.database import Database, Session
from storage.keys import Keys
from tests.intake.pages import PUBLIC, Browser, client, here, somebody, visit
from tests.intake.test_conversations import NOW
from tests.intake.test_reconciling import Twilio
from tests.network import until

__all__ = ["client", "here", "somebody"]  # fixtures
only_sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


def service(database: Database, here: Installation, folder: Path, now: SimpleNamespace, **more: bool) -> TestClient:
    settings = Settings(public_url=PUBLIC, data_dir=folder, metrics_token=SecretStr("sesam"))
    return visit(make_app(settings, database, here, lambda: now.at, **more))


def ready(client: TestClient) -> tuple[int, str]:
    client.app.state.looked_at = float("-inf")  # type: ignore[attr-defined]
    answer = client.get("/health/ready")
    return answer.status_code, str(answer.json())


def test_it_is_ready_while_its_worker_lives(database: Database, here: Installation, tmp_path: Path) -> None:
    now = SimpleNamespace(at=NOW)
    with_worker, without = (service(database, here, tmp_path, now, has_worker=each) for each in (True, False))
    assert ready(with_worker)[0] == 200  # it has only just begun
    now.at += timedelta(minutes=10)
    assert ready(with_worker) == (503, "{'status': 'no worker gave a sign of life: nothing is sent'}")
    status, said = ready(without)
    assert status == 200 and "nothing is sent" in said  # another process's, which somebody else starts again
    database.write(lambda session: heartbeats.beat(session, heartbeats.WORKER, "elders:1", now.at)).result()
    assert ready(with_worker) == (200, "{'status': 'ok'}")


@only_sqlite
def test_it_is_not_ready_when_nothing_can_be_written(
    database: Database, here: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = service(database, here, tmp_path, SimpleNamespace(at=NOW))
    monkeypatch.setattr(health, "_WITHIN", 0.3)
    other = sqlite3.connect(database.url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("begin immediate")
    assert ready(asked) == (503, "{'status': 'the database cannot be written'}")
    assert asked.get("/health/live").status_code == 200
    other.execute("rollback")
    other.close()
    monkeypatch.setattr(health, "_WITHIN", 5)
    assert ready(asked)[0] == 200


@only_sqlite
def test_it_is_not_ready_for_the_schema_of_another_version(
    database: Database, here: Installation, tmp_path: Path
) -> None:
    with database.connect() as connection:
        connection.exec_driver_sql("update alembic_version set version_num = '9999'")
        connection.commit()
    assert ready(service(database, here, tmp_path, SimpleNamespace(at=NOW)))[0] == 503


def test_a_worker_beats_also_when_the_clock_is_set_back(database: Database, here: Installation, keys: Keys) -> None:
    now = SimpleNamespace(at=datetime(2026, 10, 25, 1, 30, tzinfo=UTC))  # the hour that comes twice, in Brussels

    def last() -> datetime | None:
        with database.read() as session:
            return next((each.at for each in heartbeats.beats(session, heartbeats.WORKER, now.at)), None)

    async def work() -> None:
        running = asyncio.create_task(worker.run(database, here, {}, {}, lambda: now.at, 30))
        for at in (now.at, now.at + timedelta(seconds=16), now.at - timedelta(hours=30), now.at + timedelta(days=155)):
            now.at = at
            await asyncio.to_thread(until, lambda at=at: last() == at, 20)
        running.cancel()

    asyncio.run(work())


@only_sqlite
def test_measures_tell_routes_and_channels(database: Database, here: Installation, tmp_path: Path) -> None:
    asked = service(database, here, tmp_path, SimpleNamespace(at=NOW))
    assert asked.post("/twilio/sms", content=b"MessageSid=x").status_code == 403
    asked.get("/texts/gent-geheim")
    told = asked.get("/metrics", headers={"Authorization": "Bearer sesam"}).text
    assert 'opvanglijn_request_seconds_count{route="/twilio/sms",status="403"}' in told
    assert 'route="/texts/{slug}"' in told and "geheim" not in told and "opvanglijn_turn_seconds" in told


@only_sqlite
def test_an_administrator_sees_how_it_is(somebody: Browser, database: Database, keys: Keys) -> None:
    somebody.sign_in()
    somebody.get("/desk/status")
    assert somebody.page.status_code == 403  # a coordinator has other cares
    with database.read() as session:
        account = staff.find(session, "balie")
        assert account is not None

    def change(session: object) -> None:
        found = staff.find(session, "balie")  # type: ignore[arg-type]
        assert found is not None
        found.role = "administrator"

    database.write(change).result()
    said = somebody.get("/desk/status")
    for wanted in (
        "Laatste back-up die uitgeprobeerd is nooit",
        "Er vertrekt niets",
        "Plaats op de schijf",
        "Berichten om te versturen",
        "4 · ",
    ):
        assert wanted in said, said
    now = clock.system_now()
    database.write(lambda session: audit.add(session, now, None, "", backups.PROVEN)).result()
    database.write(lambda session: heartbeats.beat(session, heartbeats.WORKER, "hier:1", now)).result()
    letter = Letter("mieke@gent.example", "Geplant", "Geplant")

    def lose_a_mail(session: Session) -> None:
        mailing.post(session, keys, "digest", letter, now, timedelta(hours=1))
        due = mails.claim(session, keys, now)
        assert due is not None
        mails.end(session, due.id, "failed", "refused_address")
        mailing.post(session, keys, "digest", letter, now - timedelta(hours=2), timedelta(hours=3))

    database.write(lose_a_mail).result()
    said = somebody.get("/desk/status")
    assert "Te versturen e-mails 1 · 2 uur" in said and "sinds gisteren refused_address (1)" in said
    assert "nooit Voer elke nacht `backup`" not in said and "Er vertrekt niets" not in said
    assert "+324" not in said and "Samira" not in said and "bij de aanbieder 1" not in said and "@" not in said
    with Twilio() as twilio:
        account = {"twilio_account_sid": "AC" + "0" * 32, "twilio_auth_token": SecretStr("t")}
        app = somebody.client.app
        app.state.settings = app.state.settings.model_copy(  # type: ignore[attr-defined]
            update={**account, "twilio_api_base": twilio.origin}
        )
        twilio.text(1, "crèche", now - timedelta(days=9))
        assert "Vraag het aan de aanbieder" in somebody.get("/desk/status")
        said = somebody.get("/desk/status?provider=ask")
        assert "Al meer dan een week bij de aanbieder 1 Kijk naar het verwerkingsprogramma" in said
    assert "De aanbieder antwoordt niet." in somebody.get("/desk/status?provider=ask")
