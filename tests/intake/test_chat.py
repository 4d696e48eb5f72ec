"""A conversation in the terminal, from the first word to the goodbye."""

import subprocess
import sys

from intake.chat import chat
from tests.transcript import ROOT


def test_a_french_family_says_much_at_once_and_is_answered_in_french() -> None:
    said = list(chat(["bonjour creche pour mon fils 8 mois a gand en septembre", "1", "2"], "nl"))
    assert said[0].startswith("Bonjour !")
    assert "lieu : Gent (9000)" in said[0]
    assert any("C'est noté" in text for text in said)


def test_the_command_reads_lines_and_ends_with_them() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "intake", "chat"],
        input="dag\n1\n", capture_output=True, text=True, cwd=ROOT, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0
    assert "Wat kunnen we doen?" in done.stdout
    assert "Wanneer is uw kind geboren?" in done.stdout


def test_a_language_that_is_not_there_is_named() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "intake", "chat", "--language", "xx"],
        input="", capture_output=True, text=True, cwd=ROOT, encoding="utf-8", check=False,
    )  # fmt: skip
    assert (done.returncode, "choose one of" in done.stderr) == (2, True)


def run(*options: str, typed: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "intake", "chat", *options],
        input=typed, capture_output=True, text=True, cwd=ROOT, encoding="utf-8", check=True,
    )  # fmt: skip
    return done.stdout


def test_telegram_shows_its_buttons() -> None:
    assert "[1 opvang voor mijn kind]" in run("--channel", "telegram", typed="dag\n")


def test_a_call_is_made_with_keys_words_and_silence() -> None:
    said = run("--channel", "voice", typed="1\n1\n1\n03\n.\n2025\n9000\n")
    assert "nl: Voor Nederlands: druk op 1." in said
    assert said.count("En in welk jaar?") == 2
    assert "Plaats: Gent." in said


def test_a_call_ends_after_the_last_question() -> None:
    keys = ["1", "1", "1", "03", "2025", "9000", "1", "2"]
    assert "(the call ends)" in run("--channel", "voice", typed="".join(f"{each}\n" for each in keys))


def test_a_channel_that_is_not_there_is_named() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "intake", "chat", "--channel", "pigeon"],
        input="", capture_output=True, text=True, cwd=ROOT, encoding="utf-8", check=False,
    )  # fmt: skip
    assert (done.returncode, "choose one of" in done.stderr) == (2, True)
