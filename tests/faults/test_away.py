"""A database elsewhere that is away for a while: what providers tell us waits sealed on the disk, and comes in in order."""

import asyncio
import json
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest
from sqlmodel import select

from intake.installation import Installation
from intake.taking_in import take_in
from storage.database import Database
from storage.keys import Keys
from storage.models import CallBack, Contact, Conversation, Message, Quarantine
from storage.spool import Spool
from tests.attacks.world import ACCOUNT
from tests.faults.families import OURS, SCRIPT, check, signed_post, toll
from tests.faults.server import Server, server
from tests.faults.table import Tell, size
from tests.faults.test_kills import installation, start
from tests.intake.test_conversations import here
from tests.intake.test_telegram import AMINA, CHAT, update
from tests.network import until, wait_until_it_listens

__all__ = ["here"]  # the fixture
AWAY, WAITING = size("AWAY_SECONDS", 3), size("AWAY_WAITING", 20)  # families of whom something waits


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


def test_killed_while_it_takes_in_nothing_is_lost_or_doubled(tmp_path: Path, tell: Tell) -> None:
    """Many are taken in at once: a death in between brings them again, and each still counts once, in its order."""
    families = [SimpleNamespace(told={f"+3248{number:07d}": []}) for number in range(WAITING)]
    with server() as running, installation(tmp_path, running.url) as (database, keys, work):
        spool = Spool(tmp_path / "spool", keys)
        for place, text in enumerate(SCRIPT):
            for number, family in enumerate(families):
                ((sender, told),) = family.told.items()
                told.append(f"SM{place * WAITING + number:032x}")
                fields = {"MessageSid": told[-1], "From": sender, "To": OURS, "Body": text, "NumMedia": "0"}
                spool.keep("/twilio/sms", urlencode(fields).encode(), datetime.now(UTC))
        every = spool.count()
        for left in (0.7, 0.3):
            child = start(work.nursery)
            until(lambda left=left: spool.count() < left * every, 120)
            os.kill(child, signal.SIGKILL)
            assert not spool.is_empty()
        child = start(work.nursery)
        until(spool.is_empty, 120)
        os.kill(child, signal.SIGTERM)
        found = toll(database, families)
        tell("kill -9 while it takes in what waited", 2, found.lost, found.doubled, "AWAY_WAITING")
        assert check(database, keys, families) == every


def test_what_was_taken_in_already_changes_nothing(database: Database, here: Installation, tmp_path: Path) -> None:
    """A death after the transaction, before the files go: that somebody blocked us and then wrote again is not undone."""
    spool = Spool(tmp_path / "spool", here.keys)
    gone = {"chat": CHAT, "from": AMINA, "date": 1, "old_chat_member": {}, "new_chat_member": {"status": "kicked"}}
    for each in (update(text="dag"), {"update_id": 1, "my_chat_member": gone}, update(text="dag")):
        spool.keep("/telegram", json.dumps(each).encode(), datetime.now(UTC))
    kept = {path: path.read_bytes() for path in (tmp_path / "spool").glob("*.told")}
    for _ in range(2):
        assert asyncio.run(take_in(spool, database, here)) == 3 and spool.is_empty()
        for path, content in kept.items():
            path.write_bytes(content)
        with database.read() as session:
            (contact,) = session.exec(select(Contact)).all()
            assert contact.cannot_text == ""


def test_what_cannot_be_taken_in_holds_up_nobody(database: Database, here: Installation, tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", here.keys)
    for body in (text_of("+32470000093"), b"%ff=%ff", text_of("+32470000094")):
        spool.keep("/twilio/sms", body, datetime.now(UTC))
    assert asyncio.run(take_in(spool, database, here)) == 3 and spool.is_empty()
    with database.read() as session:
        assert len(session.exec(select(Conversation)).all()) == 2
        assert [each.reason for each in session.exec(select(Quarantine))] == ["not taken in"]


def text_of(sender: str) -> bytes:
    fields = {"MessageSid": f"SM{sender[1:]:0>32}", "From": sender, "To": OURS, "Body": "dag", "NumMedia": "0"}
    return urlencode(fields).encode()


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
