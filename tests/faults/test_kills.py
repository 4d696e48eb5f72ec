"""What was acknowledged is never lost, and nothing counts twice: kills and restarts while families text (P1 to P4)."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace

from sqlmodel import select

from intake import service
from intake.conversations import receive
from intake.installation import Installation
from intake.settings import Settings
from storage import clock, desks
from storage.database import Database, Session
from storage.keys import Keys
from storage.models import Contact, ContactFamily, Conversation, Message
from storage.spool import Spool
from tests.databases import migrated_sqlite
from tests.faults.families import OURS, PUBLIC, TOKEN, Family, check, toll
from tests.faults.server import server
from tests.faults.table import Tell, size
from tests.intake.test_conversations import NOW, here, message
from tests.network import free_port, until, wait_until_it_listens
from tests.transcript import ROOT

__all__ = ["here"]  # the fixture
KILLS, CRASHES, FAMILIES = size("KILLS", 20), size("CRASHES", 4), 8


@contextmanager
def installation(folder: Path, url: str) -> Iterator[tuple[Database, Keys, SimpleNamespace]]:
    """A desk in a new database; the nursery that starts the service; eight families that text it."""
    port = free_port()
    settings = Settings(data_dir=folder, database_url=url)
    service.migrate(settings)
    keys, database = service.opened(settings)
    database.write(partial(_add_desk, keys=keys)).result()
    surroundings = {
        **os.environ, "INTAKE_DATA_DIR": str(folder), "INTAKE_DATABASE_URL": url, "INTAKE_PUBLIC_URL": PUBLIC,
        "TWILIO_AUTH_TOKEN": TOKEN, "INTAKE_ANSWERS_A_DAY_BLOCK": "0",
    }  # fmt: skip
    nursery = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.nursery", str(port)], env=surroundings, cwd=ROOT, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert nursery.stdin and nursery.stdout and nursery.stdout.readline() == "ready\n"
    enough = threading.Event()
    families = [Family(port, number, enough) for number in range(1, FAMILIES + 1)]
    try:
        yield database, keys, SimpleNamespace(nursery=nursery, port=port, families=families, enough=enough)
    finally:
        nursery.stdin.close()
        nursery.stdout.close()
        nursery.wait(timeout=10)
        database.close()


def _add_desk(session: Session, keys: Keys) -> None:
    desks.add(session, keys, clock.system_now(), "gent", "Gent", OURS, ["9000"], desks.Choices(languages=("nl", "fr")))


def start(nursery: "subprocess.Popen[str]") -> int:
    assert nursery.stdin and nursery.stdout
    nursery.stdin.write("start\n")
    nursery.stdin.flush()
    return int(nursery.stdout.readline())


def tell_to_the_end(work: SimpleNamespace) -> None:
    work.enough.set()
    for family in work.families:
        family.join(timeout=240)  # on a busy machine
        assert not family.is_alive()


def test_kills_lose_and_double_nothing(tmp_path: Path, tell: Tell) -> None:
    chance = random.Random(50)
    with installation(tmp_path, migrated_sqlite(tmp_path / "kills.db")) as (database, keys, work):
        for family in work.families:
            family.start()
        for _ in range(KILLS):
            child = start(work.nursery)
            if chance.random() < 0.8:  # the others die while they start
                wait_until_it_listens(work.port)
            time.sleep(chance.random() * 0.4)
            os.kill(child, signal.SIGKILL)
        child = start(work.nursery)
        tell_to_the_end(work)
        os.kill(child, signal.SIGTERM)
        found = toll(database, work.families)
        tell("kill -9 of the service while eight families text", KILLS, found.lost, found.doubled, "KILLS")
        assert check(database, keys, work.families) > KILLS
        assert sum(family.refused for family in work.families) > KILLS


def test_crashes_of_postgresql_lose_and_double_nothing(tmp_path: Path, tell: Tell) -> None:
    chance = random.Random(10)
    with server() as running, installation(tmp_path, running.url) as (database, keys, work):
        child = start(work.nursery)
        wait_until_it_listens(work.port)
        for family in work.families:
            family.start()
        for _ in range(CRASHES):
            time.sleep(0.5 + chance.random())
            running.crash()
        tell_to_the_end(work)
        until(Spool(tmp_path / "spool", keys).is_empty, 300)  # thousands wait on a busy machine
        os.kill(child, signal.SIGTERM)
        found = toll(database, work.families)
        tell("kill -9 of PostgreSQL while eight families text", CRASHES, found.lost, found.doubled, "CRASHES")
        assert check(database, keys, work.families) > 10 * CRASHES


def test_eight_first_messages_at_once_are_one_conversation(database: Database, here: Installation, keys: Keys) -> None:
    together = threading.Barrier(8)
    found: list[str | None] = []

    def text(number: int) -> None:
        inbound = message(f"dag {number}", NOW)
        together.wait()
        found.append(database.write(lambda session: receive(session, here, inbound)).result())

    threads = [threading.Thread(target=text, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8 and len(set(found)) == 1 and found[0]
    with database.read() as session:
        (conversation,) = session.exec(select(Conversation)).all()
        assert conversation.turn == 8  # one after the other, none overwritten
        assert len(session.exec(select(Contact)).all()) == len(session.exec(select(ContactFamily)).all()) == 1
        rows = session.exec(select(Message).order_by(Message.id)).all()
    assert sum(row.direction == "in" for row in rows) == 8
    assert [row.direction for row in rows[:2]] == ["in", "out"]  # each answered before the next is heard
