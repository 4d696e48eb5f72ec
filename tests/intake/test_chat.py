"""A conversation in the terminal, from the first word to the goodbye."""

from pathlib import Path

from intake.chat import chat
from tests.installed import command, process


def test_a_french_family_says_much_at_once_and_is_answered_in_french() -> None:
    said = list(chat(["bonjour creche pour mon fils 8 mois a gand en septembre", "1", "2"], "nl"))
    assert said[0].startswith("Bonjour !")
    assert "lieu : Gent (9000)" in said[0]
    assert any("C'est noté" in text for text in said)


def test_the_command_reads_lines_and_ends_with_them(tmp_path: Path) -> None:
    done = process(tmp_path, "chat", typed=b"dag\n1\n")
    assert done.returncode == 0
    assert "Wat kunnen we doen?" in done.stdout.decode()
    assert "Wanneer is uw kind geboren?" in done.stdout.decode()


def test_a_language_or_channel_that_is_not_there_is_named(tmp_path: Path) -> None:
    for wrong in (("--language", "xx"), ("--channel", "pigeon")):
        done = command(tmp_path, "chat", *wrong)
        assert (done.returncode, wrong[1] in done.stderr.decode(), b"choose one of" in done.stderr) == (2, True, True)


def run(folder: Path, *options: str, typed: str) -> str:
    done = command(folder, "chat", *options, typed=typed.encode())
    assert done.returncode == 0
    return done.stdout.decode()


def test_telegram_shows_its_buttons(tmp_path: Path) -> None:
    assert "[1 opvang voor mijn kind]" in run(tmp_path, "--channel", "telegram", typed="dag\n")


def test_a_call_is_made_with_keys_words_and_silence(tmp_path: Path) -> None:
    said = run(tmp_path, "--channel", "voice", typed="1\n1\n1\n03\n.\n2025\n9000\n")
    assert "nl: Voor Nederlands: druk op 1." in said
    assert said.count("En in welk jaar?") == 2
    assert "Plaats: Gent." in said


def test_a_call_ends_after_the_last_question(tmp_path: Path) -> None:
    keys = ["1", "1", "1", "03", "2025", "9000", "1", "2"]
    assert "(the call ends)" in run(tmp_path, "--channel", "voice", typed="".join(f"{each}\n" for each in keys))
