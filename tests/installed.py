"""An installation in a folder, as an administrator has one, and its command line."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from intake import service
from intake.settings import Settings
from storage import desks
from storage.database import Database
from storage.keys import Keys
from tests.databases import migrated_sqlite
from tests.transcript import ROOT

_SINCE = datetime(2026, 3, 2, 9, tzinfo=UTC)


def installed(folder: Path) -> tuple[Settings, Keys, Database]:
    """With one desk; whoever asks closes the database."""
    settings = Settings(data_dir=folder)
    folder.mkdir(parents=True, exist_ok=True)
    migrated_sqlite(folder / "intake.db")
    service.migrate(settings)  # the keys are all that is missing
    keys, database = service.opened(settings)
    database.write(
        lambda session: desks.add(session, keys, _SINCE, "gent", "Gent", "+3290000001", ["9000"], desks.Choices())
    ).result()
    return settings, keys, database


def command(folder: Path, *words: str) -> "subprocess.CompletedProcess[bytes]":
    """`python -m intake …` there."""
    return subprocess.run(
        [sys.executable, "-m", "intake", *words], cwd=ROOT, capture_output=True, check=False,
        env={**os.environ, "INTAKE_DATA_DIR": str(folder)},
    )  # fmt: skip
