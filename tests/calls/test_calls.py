"""Every golden call goes as it is written down."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from flows import pieces
from intake import installation
from intake.installation import Installation
from storage.database import Database
from storage.keys import Keys
from tests import transcript
from tests.calls.play import FOLDER, Line
from tests.databases import migrated_sqlite

PATHS = sorted(FOLDER.rglob("*.yaml"))


@pytest.fixture
def line_for(tmp_path: Path) -> Iterator[object]:
    """A service with an empty database, for one call."""
    keys, database = Keys.create(tmp_path / "keys.json"), Database(migrated_sqlite(tmp_path / "calls.db"))
    audio = tmp_path / "audio"
    here = installation.load(keys, "https://loket.example", audio=audio, telegram_name="loket_bot")

    def line(script: Mapping[str, Any]) -> Line:
        for language, level in script.get("recordings", {}).items():
            record(here, audio / language, language, level)
        return Line(database, here, script)

    yield line
    database.close()


def record(here: Installation, folder: Path, language: str, level: str) -> None:
    """A tone in the place of each recording."""
    folder.mkdir(parents=True)
    wording = here.wording_of(here.form)
    names = pieces.door(language, wording)
    if level == "full":
        names = tuple(piece.name for piece in pieces.everything(here.form, language, wording))
    for name in names:
        (folder / f"{name}.wav").write_bytes(b"RIFF")


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_call_goes_as_it_is_written(path: Path, line_for: object, pytestconfig: pytest.Config) -> None:
    script = transcript.read(path)
    line = line_for(script)  # type: ignore[operator]
    turns = list(line.play())
    played = {**{key: value for key, value in script.items() if key not in ("turns", "outcome")}, "turns": turns}
    played["outcome"] = line.outcome()
    if pytestconfig.getoption("rewrite_transcripts"):
        transcript.write(path, played)
        return
    assert turns == script["turns"]
    assert played["outcome"] == script["outcome"]


def test_there_are_enough_of_them() -> None:
    assert len(PATHS) >= 20
