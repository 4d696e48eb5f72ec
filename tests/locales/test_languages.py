from pathlib import Path

import pytest

from flows.answers import Command
from flows.grammar.normalise import fold, normalise
from flows.grammar.phrases import meaning
from locales.dates import name_in
from locales.languages import load
from locales.yamlfile import YamlProblem


@pytest.mark.parametrize("code", [code for code, language in load().items() if not language.only_spoken])
def test_a_language_that_is_written_has_words_for_every_command_and_says_whether_it_was_read(code: str) -> None:
    language = load()[code]
    assert set(language.commands) == {command.value for command in Command}
    assert language.yes and language.no and language.name
    assert (language.review == "source") == (code == "nl")


def test_what_means_two_things_in_two_languages_means_nothing_in_a_third() -> None:
    """ "no" is yes in Polish: whoever speaks neither Polish nor English is asked again."""
    known, means = load(), dict[str, dict[str, str]]()
    for code, language in known.items():
        for meant, phrases in {**language.commands, "yes": language.yes, "no": language.no}.items():
            for phrase in phrases:
                assert means.setdefault(fold(normalise(phrase)), {}).setdefault(code, meant) == meant, (code, phrase)
    doubtful = {phrase: found for phrase, found in means.items() if len(set(found.values())) > 1}
    assert "no" in doubtful
    for phrase, found in doubtful.items():
        for code in set(known) - set(found):
            assert meaning(phrase, known, code) is None, (code, phrase)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("code: nl", "code: xx"), "is not its folder's"),
        (("courtesy: [", "courtesy: [Aub, "), "small letters"),
        (("review: source", "review: perhaps"), r"line \d+, review"),
        (("review: source", "review: source\nonly_spoken: true"), "or `only_spoken: true` and none of them"),
        (("review: source", "review: source\nto_say: {call.bye: dag}"), "others have a catalogue"),
    ],
)
def test_a_mistake_is_refused_with_its_place(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    text = (Path(__file__).parents[2] / "locales/nl/language.yaml").read_text(encoding="utf-8")
    (tmp_path / "nl").mkdir()
    (tmp_path / "nl/language.yaml").write_text(text.replace(*change, 1), encoding="utf-8")
    with pytest.raises(YamlProblem, match=said):
        load(tmp_path)


def test_a_desk_knows_a_language_by_its_dutch_name() -> None:
    assert [name_in("nl", code) for code in ("ary", "rif", "so")] == ["Marokkaans Arabisch", "Riffijns", "Somalisch"]
