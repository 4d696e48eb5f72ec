"""`check` names what is wrong and what is worth knowing; the commands for desks and accounts say what they did."""

import os
import subprocess
import sys
from pathlib import Path

from tests.transcript import ROOT

DESK = ("desk", "add", "gent", "--name", "Gent", "--number", "+3290000001", "--postcodes", "9000")


def intake(folder: Path, *words: str, **more: str) -> tuple[int, str]:
    """Exit code, and everything that was said."""
    done = subprocess.run(
        [sys.executable, "-m", "intake", *words], cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "INTAKE_DATA_DIR": str(folder), **more},
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_check_says_what_to_do_step_by_step(tmp_path: Path) -> None:
    code, said = intake(tmp_path, "check")
    assert (code, "run `intake migrate`" in said) == (1, True)
    intake(tmp_path, "migrate")
    code, said = intake(tmp_path, "check")
    assert code == 1 and "there is no desk" in said and "nobody can sign in" in said
    intake(tmp_path, *DESK, "--languages", "nl,fr")
    code, said = intake(tmp_path, "check")
    assert code == 0 and "fr is on without the reference of a decision" in said
    assert "INTAKE_SMTP_URL is not set" in said
    assert "no message can be sent" in said and "income limit" in said and "drafts" in said
    (tmp_path / "keys.json").chmod(0o644)
    code, said = intake(tmp_path, "check")
    assert code == 1 and "others can read the keys" in said


def test_check_says_that_no_database_answers(tmp_path: Path) -> None:
    intake(tmp_path, "migrate")
    code, said = intake(tmp_path, "check", INTAKE_DATABASE_URL="postgresql://127.0.0.1:1/x")
    assert code == 1 and "the database cannot be opened" in said and "Traceback" not in said


def test_accounts_from_invitation_to_end(tmp_path: Path) -> None:
    intake(tmp_path, "migrate")
    intake(tmp_path, *DESK)
    code, said = intake(tmp_path, "staff", "add", "mieke", "--desk", "gent", "--role", "worker")
    assert code == 0 and said.startswith("http://127.0.0.1:8000/desk/welcome/")
    assert intake(tmp_path, "staff", "add", "mieke", "--desk", "gent", "--role", "worker")[0] == 2
    assert intake(tmp_path, "staff", "add", "jan", "--desk", "nergens", "--role", "worker")[0] == 2
    assert intake(tmp_path, "staff", "add", "jan", "--desk", "gent", "--role", "boss")[0] == 2
    assert intake(tmp_path, "staff", "reset", "mieke")[0] == 0
    assert intake(tmp_path, "staff", "disable", "mieke")[0] == 0
    assert intake(tmp_path, "staff", "disable", "jan")[0] == 2
    assert intake(tmp_path, "staff", "list") == (0, "mieke\tworker\tdisabled\n")
    assert intake(tmp_path, "desk", "list") == (0, "gent\tGent\t+3290000001\tnl\n")


def test_counts_are_refused_in_one_sentence(tmp_path: Path) -> None:
    intake(tmp_path, "migrate")
    for wrong in (
        ("--desk", "x"),
        ("--definition", "x"),
        ("--year-rule", "x"),
        ("--format", "pdf"),
        ("--known-on", "x"),
    ):
        code, said = intake(tmp_path, "report", "counts", "2025", *wrong)
        assert (code, said.count("\n"), "Traceback" in said) == (2, 1, False), said
    code, said = intake(tmp_path, "report", "counts", "2025", "--format", "json")
    assert code == 0 and '"unanswered": "opgroeien-2023"' in said


def test_a_desk_may_have_a_number_for_each_channel(tmp_path: Path) -> None:
    intake(tmp_path, "migrate")
    assert intake(tmp_path, *DESK, "--sms", "0470", "--voice", "+3290000009")[1].startswith("--sms: write it as +32")
    assert intake(tmp_path, *DESK, "--sms", "+32460000001", "--caller-id", "+3290000002")[0] == 0
    other = ("desk", "add", "aalst", "--name", "Aalst", "--postcodes", "9300", "--number", "+32460000001")
    assert "+32460000001 already answers sms for the desk gent" in intake(tmp_path, *other)[1]
