"""Every golden call goes as it is written down."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from intake import installation
from storage import schema
from storage.database import Database
from storage.keys import Keys
from tests import transcript
from tests.calls.play import FOLDER, Line

PATHS = sorted(FOLDER.glob("*.yaml"))


@pytest.fixture
def line_for(tmp_path: Path) -> Iterator[object]:
    """A service with an empty database, for one call."""
    keys, database = Keys.create(tmp_path / "keys.json"), Database(f"sqlite:///{tmp_path / 'calls.db'}")
    schema.migrate(database)
    here = installation.load(keys, "https://loket.example")
    yield lambda script: Line(database, here, script)
    database.close()


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
