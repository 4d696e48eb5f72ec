import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.answers import Command
from flows.grammar.commands import read_command
from flows.grammar.yes_no import read_yes_no
from locales.languages import load

WORDS = load()
NEITHER = [
    phrase
    for language in WORDS.values()
    for name in ("dont_know", "refuse", "human", "help", "stop")
    for phrase in language.commands.get(name, ())  # a language that is only spoken has none
]


@pytest.mark.parametrize(
    ("text", "language", "meant"),
    [
        ("Ja!", "nl", "yes"), ("nee hoor", "nl", "no"), ("oui svp", "fr", "yes"), ("NN", "fr", "no"), ("yes pls", "en", "yes"),
        ("ok 👍", "en", "yes"), ("✅", "en", "yes"), ("ja 👎", "nl", None), ("ja nee wacht", "nl", None),
        ("misschien", "nl", None), ("peut etre", "fr", None), ("no se", "en", None), ("not ok", "en", None), ("", "nl", None),
        ("oui", "nl", "yes"),
    ],
)  # fmt: skip
def test_yes_and_no_are_whole_phrases(text: str, language: str, meant: str | None) -> None:
    assert read_yes_no(text, WORDS, language) == meant


@pytest.mark.parametrize("frame", ["{}", "{}!", "  {} ", "{} aub", "{} svp", "{} please"])
def test_no_wish_for_a_person_and_no_doubt_is_ever_a_yes_or_a_no(frame: str) -> None:
    texts = {frame.format(phrase.upper()) for phrase in NEITHER}
    assert [(text, language) for text in texts for language in WORDS if read_yes_no(text, WORDS, language)] == []


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("een mens aub", Command.HUMAN), ("A person, please", Command.HUMAN), ("Kweenie", Command.DONT_KNOW), ("JSP", Command.DONT_KNOW),
        ("terug", Command.BACK), ("I don’t know", Command.DONT_KNOW), ("start over", Command.RESTART), ("STOP", Command.STOP),
        ("0", None), ("9", None), ("ik stop met werken", None), ("", None),
    ],
)  # fmt: skip
def test_commands_are_whole_phrases_in_every_language(text: str, command: Command | None) -> None:
    assert all(read_command(text, WORDS, language) is command for language in WORDS)


@given(st.text())
def test_nothing_that_people_type_breaks_the_reading(text: str) -> None:
    read_command(text, WORDS, "nl")
    read_yes_no(text, WORDS, "nl")
