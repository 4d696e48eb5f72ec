"""An installation in a folder, as an administrator has one, and its command line."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from typer.testing import CliRunner

from intake import service
from intake.cli import app
from intake.settings import Settings
from storage import desks
from storage.database import Database
from storage.keys import Keys
from tests.databases import migrated_sqlite
from tests.transcript import ROOT

_SINCE = datetime(2026, 3, 2, 9, tzinfo=UTC)


def installed(folder: Path) -> tuple[Settings, Keys, Database]:
    """With one desk; whoever asks closes the database."""
    settings = begun(folder)
    keys, database = service.opened(settings)
    database.write(
        lambda session: desks.add(session, keys, _SINCE, "gent", "Gent", "+3290000001", ["9000"], desks.Choices())
    ).result()
    return settings, keys, database


def begun(folder: Path) -> Settings:
    """What `intake migrate` leaves in a folder, without the second that it takes to make each table."""
    folder.mkdir(parents=True, exist_ok=True)
    migrated_sqlite(folder / "intake.db")
    settings = Settings(data_dir=folder)
    service.migrate(settings)
    return settings


Done = subprocess.CompletedProcess[bytes]


def command(folder: Path, *words: str, typed: bytes = b"", **settings: str) -> Done:
    """`python -m intake …` there, without the second that a process takes to start: see `process`."""
    done = CliRunner().invoke(
        app, words, input=typed, env={"INTAKE_DATA_DIR": str(folder), **settings}, catch_exceptions=False
    )
    return Done(words, done.exit_code, done.stdout_bytes, done.stderr_bytes)


def process(folder: Path, *words: str, typed: bytes = b"", **settings: str) -> Done:
    """The same in a process of its own, as people start it: at least one of each group of commands."""
    return subprocess.run(
        [sys.executable, "-m", "intake", *words], cwd=ROOT, capture_output=True, check=False, input=typed,
        env={**os.environ, "INTAKE_DATA_DIR": str(folder), **settings},
    )  # fmt: skip


def said(done: Done) -> tuple[int, str]:
    """Exit code, and everything that was said."""
    return done.returncode, (done.stdout + done.stderr).decode()
