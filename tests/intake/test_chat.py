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
