"""The power goes, at any system call: what was acknowledged is there when the machine comes up again (P1)."""

import os
import random
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.disk import TRACED, Disk, read
from tests.faults.table import Tell, size
from tests.installed import installed
from tests.transcript import ROOT

POINTS = size("POWER_POINTS", 40)
FAMILIES = 3 if POINTS < 200 else 8


@pytest.mark.skipif(
    not shutil.which("strace") and not os.environ.get("CI"),
    reason="strace is not installed: what reaches the disk cannot be seen",
)
def test_what_was_acknowledged_is_there_after_a_power_loss(tmp_path: Path, tell: Tell) -> None:
    folder, record = tmp_path / "var", tmp_path / "record"
    _, _, database = installed(folder)
    database.scrub()
    database.close()
    before = {str(path): bytearray(path.read_bytes()) for path in folder.glob("intake.db*")}
    command = ["strace", "-f", "-y", "-xx", "-s", "10000000", "-e", TRACED, "-o", str(record)]
    command += [sys.executable, "-m", "tests.faults.writer", str(folder), str(FAMILIES)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    said = done.stdout.split()
    events = [each for each in read(record) if each.path.startswith(str(folder)) or each.data.startswith(b"SM")]
    assert len(said) >= 40 and sum(each.name == "pwrite64" for each in events) > 100
    first = next(place for place, each in enumerate(events) if each.name == "pwrite64")
    dice = random.Random(500)
    lost, points = [], sorted(dice.choices(range(first, len(events)), k=POINTS))
    disk, place, told = Disk(before), 0, list[str]()
    for number, point in enumerate(points):
        for event in events[place:point]:
            disk.do(event)
            if event.name == "write":
                told += event.data.decode().split()
        place = point
        there = _found_again(tmp_path / "after", disk.after_power_loss(dice))
        lost += [(number, id_) for id_ in told if id_ not in there]
    tell("the power goes, what was not flushed is dropped or torn", POINTS, len(lost), 0, "POWER_POINTS")
    assert told and lost == []


def _found_again(folder: Path, files: dict[str, bytes]) -> set[str]:
    """The messages in the database that was left, after SQLite has looked at it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for path, content in files.items():
        if not path.endswith("-shm"):  # an index into the log that SQLite makes anew
            (folder / Path(path).name).write_bytes(content)
    connection = sqlite3.connect(folder / "intake.db")
    try:
        assert connection.execute("pragma quick_check").fetchone() == ("ok",)
        return {row[0] for row in connection.execute("select provider_id from message where direction = 'in'")}
    finally:
        connection.close()
