"""Whatever the order and however often it comes, each family is answered as if it were alone (P2 to P4, P6)."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from intake import service
from intake.settings import Settings
from storage import clock, desks
from storage.database import Database, Session
from storage.keys import Keys
from tests.databases import migrated_sqlite
from tests.faults.families import OURS, PUBLIC, TOKEN
from tests.faults.storm import SCRIPTS, SECRET, Family, Storm, transcripts
from tests.faults.table import Tell, size
from tests.network import free_port, wait_until_it_listens
from tests.transcript import ROOT

FAMILIES, SENDERS = size("STORM_FAMILIES", 60), 8


@contextmanager
def services(folder: Path, url: str, processes: int) -> Iterator[tuple[Database, Keys, tuple[int, ...]]]:
    """A desk on this database, and services that share it."""
    folder.mkdir(exist_ok=True)
    settings = Settings(data_dir=folder, database_url=url)
    service.migrate(settings)
    keys, database = service.opened(settings)
    database.write(partial(_add_desk, keys=keys)).result()
    ports = tuple(free_port() for _ in range(processes))
    surroundings = {
        **os.environ, "INTAKE_DATA_DIR": str(folder), "INTAKE_DATABASE_URL": url, "INTAKE_PUBLIC_URL": PUBLIC,
        "TWILIO_AUTH_TOKEN": TOKEN, "INTAKE_ANSWERS_A_DAY_BLOCK": "0", "INTAKE_TELEGRAM_SECRET": SECRET, "TELEGRAM_BOT_TOKEN": "1:token",
    }  # fmt: skip
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "intake", "serve", "--no-worker", "--port", str(port)], env=surroundings, cwd=ROOT,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        for port in ports
    ]  # fmt: skip
    try:
        for port in ports:
            wait_until_it_listens(port)
        yield database, keys, ports
    finally:
        for each in running:
            each.send_signal(signal.SIGTERM)
        for each in running:
            each.wait(timeout=20)
        database.close()


def _add_desk(session: Session, keys: Keys) -> None:
    choices = desks.Choices(languages=("nl", "fr"), dutch_alongside="off")
    desks.add(session, keys, clock.system_now(), "gent", "Gent", OURS, ["9000"], choices)


@pytest.mark.parametrize("processes", [1, 2], ids=["sqlite", "two processes on postgresql"])
def test_every_family_of_a_storm_is_answered_as_if_it_were_alone(
    processes: int, tmp_path: Path, request: pytest.FixtureRequest, tell: Tell
) -> None:
    url = request.getfixturevalue("migrated_postgresql") if processes == 2 else migrated_sqlite(tmp_path / "storm.db")
    kinds = list(SCRIPTS)
    families = [Family(number, kinds[number % len(kinds)]) for number in range(FAMILIES)]
    with services(tmp_path / "storm", url, processes) as (database, keys, ports):
        storm = Storm(ports, families)
        storm.rage(SENDERS)
        found = transcripts(database, keys)
    with services(tmp_path / "calm", migrated_sqlite(tmp_path / "calm.db"), 1) as (database, keys, ports):
        alone = [Family(number, kind) for number, kind in enumerate(kinds)]
        calm = Storm(ports, alone)
        calm.rage(1)
        expected = transcripts(database, keys)
    assert storm.failures == calm.failures == []
    assert storm.sent > sum(each.told for each in families) > 19 * FAMILIES * 0.95
    of_kind = {each.script: expected[_address(each)] for each in alone}
    assert all(len(lines) >= 30 for lines in of_kind.values())
    assert len(found) == FAMILIES
    wrong = [each.number for each in families if found[_address(each)] != of_kind[each.script]]
    what = f"events again and in any order, {processes} process{'es' * (processes > 1)}"
    tell(what, storm.sent, len(wrong), 0, "STORM_FAMILIES")
    assert wrong == []


def _address(family: Family) -> str:
    return str(10_000 + family.number) if family.script == "telegram" else family.address
