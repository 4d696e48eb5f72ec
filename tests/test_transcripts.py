"""Every golden conversation goes as it is written down."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows import form
from flows.engine import start, step
from flows.events import Answered, Channel, Say, Started, Text
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


def test_a_conversation_that_began_before_there_were_words_for_which_child_goes_on_without_them() -> None:
    text = transcript.the_form().text
    first, rest = text.index("  child.now:"), text.index("  heard.wrong:")
    older, at, desk = form.parse(text[:first] + text[rest:]), datetime(2026, 3, 2, tzinfo=UTC), transcript.make_desk()
    state, effects = step(older, start(older, desk, at), Started(at, Channel.SMS, Text("hallo")), desk)
    for said in ("1", "05-2024", "9000", "09-2026", "1", "1", "3", "5", "Noor", "3", "1", "1"):
        state, effects = step(older, state, Answered(at, Channel.SMS, Text(said)), desk)
    assert (state.asking, state.child) == ("birth", 2)
    assert [prompt.key for each in effects if isinstance(each, Say) for prompt in each.prompts] == ["birth"]
