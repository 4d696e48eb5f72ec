"""`check` names what is wrong and what is worth knowing; the commands for desks and accounts say what they did."""

from pathlib import Path

from tests.installed import begun, command, process, said

DESK = ("desk", "add", "gent", "--name", "Gent", "--number", "+3290000001", "--postcodes", "9000")


def intake(folder: Path, *words: str, **settings: str) -> tuple[int, str]:
    """Exit code, and everything that was said."""
    return said(command(folder, *words, **settings))


def test_check_says_what_to_do_step_by_step(tmp_path: Path) -> None:
    code, words = said(process(tmp_path, "check"))
    assert (code, "run `intake migrate`" in words) == (1, True)
    begun(tmp_path)
    code, words = intake(tmp_path, "check")
    assert code == 1 and "there is no desk" in words and "nobody can sign in" in words
    intake(tmp_path, *DESK, "--languages", "nl,fr,en")
    code, words = intake(tmp_path, "check")
    assert code == 0 and "on without the reference of a decision: fr, en\n" in words
    assert words.count("no native speaker") == 1 and "has read stand in: fr, en, ar" in words
    assert "INTAKE_SMTP_URL is not set" in words
    assert "no message can be sent" in words and "income limit" in words and "drafts" in words
    (tmp_path / "keys.json").chmod(0o644)
    code, words = intake(tmp_path, "check")
    assert code == 1 and "others can read the keys" in words


def test_check_says_that_no_database_answers(tmp_path: Path) -> None:
    begun(tmp_path)
    code, words = intake(tmp_path, "check", INTAKE_DATABASE_URL="postgresql://127.0.0.1:1/x")
    assert code == 1 and "the database cannot be opened" in words and "Traceback" not in words


def test_accounts_from_invitation_to_end(tmp_path: Path) -> None:
    begun(tmp_path)
    intake(tmp_path, *DESK)
    code, words = intake(tmp_path, "staff", "add", "mieke", "--desk", "gent", "--role", "worker")
    assert code == 0 and words.startswith("http://127.0.0.1:8000/desk/welcome/")
    assert intake(tmp_path, "staff", "add", "mieke", "--desk", "gent", "--role", "worker")[0] == 2
    assert intake(tmp_path, "staff", "add", "jan", "--desk", "nergens", "--role", "worker")[0] == 2
    assert intake(tmp_path, "staff", "add", "jan", "--desk", "gent", "--role", "boss")[0] == 2
    assert intake(tmp_path, "staff", "reset", "mieke")[0] == 0
    assert intake(tmp_path, "staff", "disable", "mieke")[0] == 0
    assert intake(tmp_path, "staff", "disable", "jan")[0] == 2
    assert intake(tmp_path, "staff", "list") == (0, "mieke\tworker\tdisabled\n")
    assert intake(tmp_path, "desk", "list") == (0, "gent\tGent\t+3290000001\tnl\n")


def test_counts_are_refused_in_one_sentence(tmp_path: Path) -> None:
    begun(tmp_path)
    for wrong in (
        ("--desk", "x"),
        ("--definition", "x"),
        ("--year-rule", "x"),
        ("--format", "pdf"),
        ("--known-on", "x"),
    ):
        code, words = intake(tmp_path, "report", "counts", "2025", *wrong)
        assert (code, words.count("\n"), "Traceback" in words) == (2, 1, False), words
    code, words = intake(tmp_path, "report", "counts", "2025", "--format", "json")
    assert code == 0 and '"unanswered": "opgroeien-2023"' in words


def test_a_desk_may_have_a_number_for_each_channel(tmp_path: Path) -> None:
    begun(tmp_path)
    assert intake(tmp_path, *DESK, "--sms", "0470", "--voice", "+3290000009")[1].startswith("--sms: write it as +32")
    assert intake(tmp_path, *DESK, "--sms", "+32460000001", "--caller-id", "+3290000002")[0] == 0
    other = ("desk", "add", "aalst", "--name", "Aalst", "--postcodes", "9300", "--number", "+32460000001")
    assert "+32460000001 already answers sms for the desk gent" in intake(tmp_path, *other)[1]
