"""The service as an administrator runs it: migrate, a desk, serve, a signed message, a clean stop."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from twilio.request_validator import RequestValidator

from tests.installed import begun, command, process
from tests.network import free_port, wait_until_it_listens
from tests.transcript import ROOT

FIELDS = {"MessageSid": "SM" + "0" * 32, "From": "+32470000001", "To": "+3290000001", "Body": "dag", "NumMedia": "0"}
DESK = (
    "desk",
    "add",
    "gent",
    "--name",
    "Gent",
    "--number",
    "+3290000001",
    "--postcodes",
    "9000",
    "--languages",
    "nl,fr",
)


def surroundings(folder: Path, port: int) -> dict[str, str]:
    more = {
        "INTAKE_DATA_DIR": str(folder),
        "INTAKE_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "TWILIO_AUTH_TOKEN": "token",
    }
    return {**os.environ, **more}


def test_from_nothing_to_an_acknowledged_message(tmp_path: Path) -> None:
    assert command(tmp_path, "serve").returncode == 1
    assert process(tmp_path, "migrate").returncode == 0
    assert process(tmp_path, "migrate").returncode == 0
    added = process(tmp_path, *DESK)
    assert (added.returncode, added.stdout.strip()) == (0, b"The desk gent answers +3290000001.")
    again = command(tmp_path, *DESK)
    assert (again.returncode, b"already a desk gent" in again.stderr) == (2, True)
    port = free_port()
    service = subprocess.Popen(
        [sys.executable, "-m", "intake", "serve", "--port", str(port)], env=surroundings(tmp_path, port), cwd=ROOT,
        stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        wait_until_it_listens(port)
        url = f"http://127.0.0.1:{port}/twilio/sms"
        signed = {"X-Twilio-Signature": RequestValidator("token").compute_signature(url, FIELDS)}
        with urlopen(Request(url, urlencode(FIELDS).encode(), signed), timeout=10) as answer:
            assert answer.status == 200
    finally:
        service.send_signal(signal.SIGTERM)
        _, errors = service.communicate(timeout=15)
    assert b"Traceback" not in errors
    for path in tmp_path.rglob("*"):
        assert b"32470000001" not in path.read_bytes(), path


def test_commands_of_a_year_work_in_processes_of_their_own(tmp_path: Path) -> None:
    """A backup with keys made for it, an account, categories, and whose file it was, in one folder."""
    begun(tmp_path)
    assert command(tmp_path, *DESK).returncode == 0
    pair = process(tmp_path, "keys", "backup")
    key = re.search(rb"INTAKE_BACKUP_KEY=(age1\w+)", pair.stdout)
    assert pair.returncode == 0 and b"AGE-SECRET-KEY-" in pair.stdout and key
    invited = process(tmp_path, "staff", "add", "lut", "--role", "coordinator", "--desk", "gent")
    assert (invited.returncode, b"/desk/welcome/" in invited.stdout) == (0, True)
    file = tmp_path / "backup.age"
    kept = process(tmp_path, "backup", str(file), INTAKE_BACKUP_KEY=key[1].decode())
    assert (kept.returncode, b"rows, restored once to prove it" in kept.stdout) == (0, True)
    assert file.read_bytes().startswith(b"age-encryption.org/v1")
    told = process(tmp_path, "categorise", typed=b'{"id": 7, "asked_on": "2026-03-02"}\n')
    assert (told.returncode, json.loads(told.stdout)["id"]) == (0, 7)
    whose = process(tmp_path, "report", "whose", str(file))
    assert (whose.returncode, b"No page of ours made this file" in whose.stderr) == (1, True)


def test_wrong_use_says_what_to_do(tmp_path: Path) -> None:
    begun(tmp_path)
    wrong = command(tmp_path, *DESK[:-1], "nl,xx")
    assert (wrong.returncode, b"'xx' is not among" in wrong.stderr) == (2, True)
