"""Every golden conversation goes as it is written down."""

from pathlib import Path

import pytest

from tests import transcript

PATHS = sorted(transcript.FOLDER.rglob("*.yaml"))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_conversation_goes_as_it_is_written(path: Path, pytestconfig: pytest.Config) -> None:
    script = transcript.read(path)
    played = transcript.play(script)
    if pytestconfig.getoption("rewrite_transcripts"):
        transcript.write(path, played)
        return
    assert played["turns"] == script["turns"]
    assert played["outcome"] == script["outcome"]


def test_there_are_enough_of_them() -> None:
    assert len(PATHS) >= 30
