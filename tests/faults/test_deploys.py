"""A new version with a change of the schema goes live while families text and call: old one stopped, migrated, new one.

The new version is a copy of this checkout with one migration more, which makes tables with all their rows anew.
"""

import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from http.client import HTTPException
from itertools import count, pairwise
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlmodel import select

from intake import service
from intake.settings import Settings
from storage import clock, desks
from storage.database import Database, Session
from storage.keys import Keys
from storage.migrations import HEAD
from storage.models import Call, CallBack, Message, Registration
from tests.databases import migrated_sqlite
from tests.faults.families import OURS, PUBLIC, TOKEN, Family, check, signed_post, toll
from tests.faults.planted import scratch_copy
from tests.faults.storm import KEYS
from tests.faults.table import Tell, size
from tests.intake.test_reconciling import Lists, Twilio
from tests.network import free_port, until, wait_until_it_listens
from tests.phone import Phone
from tests.transcript import ROOT

DEPLOYS, FAMILIES, CALLERS = size("DEPLOYS", 1), 4, 4
_MIGRATION = """
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "{new}", "{old}", None, None


def upgrade() -> None:
    how = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    for name in ("conversation", "call"):
        with op.batch_alter_table(name, recreate=how) as table:
            table.add_column(sa.Column("of_{new}", sa.String(), nullable=True))
        op.execute(f'update "{{name}}" set of_{new} = id')
"""
_ids = count(1)


class Exchange(Lists):
    """Twilio's API: its lists, and it takes whatever is sent."""

    def do_POST(self) -> None:
        self.received()
        self.answer(201, {"sid": f"SMe{next(_ids):031x}", "body": "", "to": ""})


class Caller(threading.Thread):
    """Calls one after the other. Whose key finds nobody hears the provider's fallback, and the call is over."""

    def __init__(self, port: int, number: int, twilio: Twilio, enough: threading.Event) -> None:
        super().__init__(daemon=True)
        self._port, self._twilio, self._enough = port, twilio, enough
        self._numbers = (f"+3247{number}{each:06d}" for each in count())
        self.turns: dict[str, int] = {}  # call -> the last turn that was answered
        self.cut = 0

    def run(self) -> None:
        while not self._enough.is_set():
            number, place = next(self._numbers), next(_ids)
            sid = self._twilio.call(place, clock.system_now(), number, "in-progress")
            phone = Phone(partial(self._post, sid), number, OURS, sid)
            try:
                phone.ring(f"{PUBLIC}/twilio/voice")
                for keys in KEYS:
                    if phone.is_over:
                        break
                    time.sleep(0.02)
                    phone.record(2, f"RE{place:032x}") if keys == "record" else phone.press(keys)
                self._twilio.call_ends(sid)
                self._post(sid, f"{PUBLIC}/twilio/voice/status", phone.requests[0][1] | {"CallStatus": "completed"})
            except (OSError, HTTPException):
                self._twilio.call_ends(sid)
                self.cut += 1
                time.sleep(0.5)

    def _post(self, sid: str, address: str, fields: dict[str, str]) -> str:
        parts = urlsplit(address)
        status, said = signed_post(self._port, f"{parts.path}?{parts.query}" if parts.query else parts.path, fields)
        assert status == 200
        if turn := re.search(r"turn=(\d+)", said):
            self.turns[sid] = int(turn[1])
        return said


@contextmanager
def version(number: int) -> Iterator[Path]:
    """This checkout with so many migrations more."""
    with scratch_copy() as folder:
        heads = [HEAD, *(f"{9000 + each}" for each in range(1, number + 1))]
        for old, new in pairwise(heads):
            path = folder / "storage/migrations/versions" / f"{new}_more.py"
            path.write_text(_MIGRATION.format(old=old, new=new), encoding="utf-8")
        head = folder / "storage/migrations/__init__.py"
        head.write_text(head.read_text("utf-8").replace(f'"{HEAD}"', f'"{heads[-1]}"'), encoding="utf-8")
        yield folder


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_new_version_loses_no_text_and_no_call(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest, tell: Tell
) -> None:
    url = (
        request.getfixturevalue("migrated_postgresql")
        if kind == "postgresql"
        else migrated_sqlite(tmp_path / "deploy.db")
    )
    settings = Settings(data_dir=tmp_path, database_url=url)
    service.migrate(settings)
    keys, database = service.opened(settings)
    request.addfinalizer(database.close)
    database.write(partial(_add_desk, keys=keys)).result()
    port, enough, dice = free_port(), threading.Event(), random.Random(4)
    with Twilio(Exchange) as twilio, ExitStack() as stack:
        surroundings = {
            **os.environ, "INTAKE_DATA_DIR": str(tmp_path), "INTAKE_DATABASE_URL": url, "INTAKE_PUBLIC_URL": PUBLIC,
            "TWILIO_AUTH_TOKEN": TOKEN, "TWILIO_ACCOUNT_SID": "AC" + "0" * 32, "INTAKE_TWILIO_API_BASE": twilio.origin,
            "INTAKE_ANSWERS_A_DAY_BLOCK": "0",
        }  # fmt: skip
        families = [Family(port, number, enough) for number in range(1, FAMILIES + 1)]
        callers = [Caller(port, number, twilio, enough) for number in range(60, 60 + CALLERS)]
        running = _serve(ROOT, surroundings, port)
        stack.callback(lambda: running.poll() is None and running.kill())
        for each in (*families, *callers):
            each.start()
        for number in range(1, DEPLOYS + 1):
            folder = stack.enter_context(version(number))
            _let_them(families, callers)
            time.sleep(dice.random())
            _stop(running)
            subprocess.run([sys.executable, "-m", "intake", "migrate"], cwd=folder, env=surroundings, check=True)
            running = _serve(folder, surroundings, port)
        _let_them(families, callers)
        enough.set()
        for each in (*families, *callers):
            each.join(timeout=60)
            assert not each.is_alive()
        _stop(running)  # what its worker does next it does at its start: it asks Twilio what it missed
        running = _serve(folder, surroundings, port)
        until(lambda: _open_calls(database) == 0, 60)
        _stop(running)
    turns = {sid: turn for each in callers for sid, turn in each.turns.items()}
    found, left = toll(database, families), _left_alone(database, turns)
    tell(
        f"a new version with a migration under texts and calls, {kind}",
        DEPLOYS,
        found.lost + len(left),
        found.doubled,
        "DEPLOYS",
    )
    assert sum(each.cut for each in callers) > 0 and len(turns) >= 2 * CALLERS  # some were on the line
    assert left == [] and found.lost == found.doubled == 0
    check(database, keys, families, is_alone=False)


def _add_desk(session: Session, keys: Keys) -> None:
    choices = desks.Choices(languages=("nl", "fr"), dutch_alongside="off")
    desks.add(session, keys, clock.system_now(), "gent", "Gent", OURS, ["9000"], choices)


def _serve(folder: Path, surroundings: dict[str, str], port: int) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "intake", "serve", "--port", str(port)]
    running = subprocess.Popen(command, cwd=folder, env=surroundings, stderr=subprocess.DEVNULL)
    wait_until_it_listens(port)
    return running


def _stop(running: "subprocess.Popen[bytes]") -> None:
    running.send_signal(signal.SIGTERM)
    assert running.wait(timeout=30) == 0


def _let_them(families: list[Family], callers: list[Caller]) -> None:
    """Until everybody got further by some messages and some keys."""
    each: list[Callable[[], int]] = [partial(_told, one) for one in families] + [
        partial(_pressed, one) for one in callers
    ]
    begun = [many() for many in each]
    until(lambda: all(many() >= before + 4 for many, before in zip(each, begun, strict=True)), 60)


def _told(family: Family) -> int:
    return sum(map(len, family.told.values()))


def _pressed(caller: Caller) -> int:
    return sum(caller.turns.values())


def _open_calls(database: Database) -> int:
    with database.read() as session:
        return len(session.exec(select(Call.id).where(Call.status != "over")).all())


def _left_alone(database: Database, turns: dict[str, int]) -> list[str]:
    """Calls that were answered and of which nothing came: no request, no text message, nobody who calls back."""
    with database.read() as session:
        calls = {each.provider_id: each for each in session.exec(select(Call))}
        helped = {
            *session.exec(select(Registration.conversation_id).where(Registration.state == "complete")),
            *session.exec(select(CallBack.conversation_id)),
            *session.exec(select(Message.conversation_id).where(Message.direction == "out", Message.channel == "sms")),
        }
    return [
        sid
        for sid, turn in turns.items()
        if sid not in calls or calls[sid].turn < turn or calls[sid].conversation_id not in helped
    ]
