from pathlib import Path

import pytest

from flows.answers import Command
from locales.languages import load
from locales.yamlfile import YamlProblem


@pytest.mark.parametrize("code", list(load()))
def test_a_language_has_words_for_every_command_and_says_whether_it_was_read(code: str) -> None:
    language = load()[code]
    assert set(language.commands) == {command.value for command in Command}
    assert language.yes and language.no and language.name
    assert (language.review == "source") == (code == "nl")


def test_no_phrase_means_two_things_in_any_two_languages() -> None:
    meaning: dict[str, str] = {}
    for language in load().values():
        tables = {**language.commands, "yes": language.yes, "no": language.no}
        for meant, phrases in tables.items():
            for phrase in phrases:
                assert meaning.setdefault(phrase, meant) == meant, phrase


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("code: nl", "code: xx"), "is not its folder's"),
        (("yes: [ja", "yes: [Ja"), "small letters"),
        (("review: source", "review: perhaps"), "line 6"),
    ],
)
def test_a_mistake_is_refused_with_its_place(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    text = (Path(__file__).parents[2] / "locales/nl/language.yaml").read_text(encoding="utf-8")
    (tmp_path / "nl").mkdir()
    (tmp_path / "nl/language.yaml").write_text(text.replace(*change, 1), encoding="utf-8")
    with pytest.raises(YamlProblem, match=said):
        load(tmp_path)
