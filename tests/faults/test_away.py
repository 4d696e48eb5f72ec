"""A database elsewhere that is away for a while: what providers tell us waits sealed on the disk, and comes in in order."""

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlmodel import select

from storage.database import Database
from storage.keys import Keys
from storage.models import CallBack, Message
from storage.spool import Spool
from tests.attacks.world import ACCOUNT
from tests.faults.families import OURS, check, signed_post, toll
from tests.faults.server import Server, server
from tests.faults.table import Tell, size
from tests.faults.test_kills import installation, start
from tests.network import until, wait_until_it_listens

AWAY = size("AWAY_SECONDS", 3)


@dataclass
class Place:
    server: Server
    folder: Path
    database: Database
    keys: Keys
    work: SimpleNamespace

    @property
    def spool(self) -> Spool:
        return Spool(self.folder / "spool", self.keys)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with server() as running, installation(tmp_path, running.url) as (database, keys, work):
        child = start(work.nursery)
        wait_until_it_listens(work.port)
        yield Place(running, tmp_path, database, keys, work)
        os.kill(child, 15)


def test_what_families_text_meanwhile_is_acknowledged_and_answered_in_order(place: Place, tell: Tell) -> None:
    for family in place.work.families:
        family.start()
    time.sleep(1)
    place.server.stop()
    until(lambda: place.spool.count() > 5, 60)
    time.sleep(AWAY)
    place.server.start()
    place.work.enough.set()
    for family in place.work.families:
        family.join(timeout=240)
        assert not family.is_alive()
    until(lambda: place.spool.is_empty(), 300 + 5 * AWAY)
    found = toll(place.database, place.work.families)
    tell(f"PostgreSQL gone for {AWAY} s while eight families text", 1, found.lost, found.doubled, "AWAY_SECONDS")
    assert check(place.database, place.keys, place.work.families) > 50


def test_a_call_meanwhile_hears_the_apology_and_is_owed_one(place: Place) -> None:
    place.server.stop()
    call = {
        "CallSid": "CA" + "1" * 32,
        "AccountSid": ACCOUNT,
        "From": "+32470000091",
        "To": OURS,
        "CallStatus": "ringing",
    }
    status, said = signed_post(place.work.port, "/twilio/voice", call)
    assert status == 200 and "Het spijt ons" in said
    place.server.start()
    until(lambda: place.spool.is_empty(), 300)
    with place.database.read() as session:
        assert [each.reason for each in session.exec(select(CallBack))] == ["fault"]


def test_nothing_that_waits_can_be_read(place: Place) -> None:
    place.server.stop()
    text = {
        "MessageSid": "SM" + "1" * 32,
        "From": "+32470000092",
        "To": OURS,
        "Body": "geheim verhaal",
        "NumMedia": "0",
    }
    assert signed_post(place.work.port, "/twilio/sms", text)[0] == 200
    kept = b"".join(path.read_bytes() for path in (place.folder / "spool").iterdir())
    assert b"geheim" not in kept and b"470000092" not in kept
    place.server.start()
    until(place.spool.is_empty, 300)
    with place.database.read() as session:
        assert len(session.exec(select(Message).where(Message.direction == "in")).all()) == 1


def test_a_spool_knows_its_limit_and_its_order_and_what_is_damaged(tmp_path: Path, keys: Keys) -> None:
    spool, now = Spool(tmp_path / "spool", keys, most=3), datetime.now(UTC)
    for number in range(3):
        spool.keep("/telegram", json.dumps(number).encode(), now)
    with pytest.raises(OSError, match="as much waits"):
        spool.keep("/telegram", b"3", now)
    assert [told.body for told in spool.each()] == [b"0", b"1", b"2"]
    for told in list(spool.each()):
        spool.drop(told)
    assert spool.is_empty() and spool.oldest() is None
    spool.keep("/telegram", b"4", now)
    next((tmp_path / "spool").glob("*.told")).write_bytes(b"x" * 60)
    spool.keep("/telegram", b"5", now)
    assert [told.body for told in spool.each()] == [b"5"] and spool.damaged() == spool.count() == 1
