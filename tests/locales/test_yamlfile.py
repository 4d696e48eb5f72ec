from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from locales.yamlfile import YamlProblem, load, parse


class Recipe(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    minutes: int = 0
    steps: tuple[str, ...] = ()


def test_a_bare_no_stays_text_and_a_leading_zero_stays() -> None:
    assert parse("name: no\nsteps: [08, yes, 1e3]", Recipe, "r.yaml").steps == ("08", "yes", "1e3")
    assert parse("name: no", Recipe, "r.yaml").name == "no"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: soup\nminutes: soon", "r.yaml, line 2, minutes: "),
        ("name: soup\n\ncolour: red", "r.yaml, line 3, colour: "),
        ("name: soup\nname: stew", "r.yaml, line 2, name: this key stands twice"),
        ("name: soup\nsteps:\n  - boil\n  - [a]", "r.yaml, line 4, steps.1: "),
        ("a: &x 1\nb: *x", "r.yaml, line 1: anchors and aliases are not allowed"),
        ("name: [soup", "r.yaml, line "),
        ("", "r.yaml: the file is empty"),
        ("? [a]\n: b", "r.yaml, line 1: a key must be a word"),
        ("name: " + "[" * 3000, "r.yaml"),
    ],
)
def test_a_mistake_is_one_sentence_with_file_line_and_key(text: str, said: str) -> None:
    with pytest.raises(YamlProblem) as problem:
        parse(text, Recipe, "r.yaml")
    assert str(problem.value).startswith(said)
    assert "\n" not in str(problem.value)


def test_a_file_goes_by_its_own_name_in_messages(tmp_path: Path) -> None:
    (tmp_path / "soup.yaml").write_text("minutes: 3")
    with pytest.raises(YamlProblem, match=r"soup.yaml, line 1, name"):
        load(tmp_path / "soup.yaml", Recipe)
