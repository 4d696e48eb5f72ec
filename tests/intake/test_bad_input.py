"""Catalogues and forms that are wrong in other ways than the catalogue of bad input knows (tests/attacks)."""

import time
from pathlib import Path

import pytest

from flows import form
from intake.installation import ROOT
from locales import catalogue, languages
from locales.catalogue import CatalogueProblem
from locales.yamlfile import YamlProblem


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Bonjour {name.__class__}", "must have the same words"),
        ("Bonjour {", "must have the same words"),
        ("<b>Bonjour</b>", "U\\+003C"),
        ("\u202eruojnoB", "U\\+202E"),
        ("\u2067Bonjour", "U\\+2067"),
    ],
)
def test_a_translation_that_is_more_than_a_translation_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    _write_po(tmp_path, text)
    with pytest.raises(CatalogueProblem, match=reason):
        catalogue.read(tmp_path / "fr" / "family.po", _sources())


def test_a_catalogue_in_other_bytes_than_it_says_is_refused(tmp_path: Path) -> None:
    _write_po(tmp_path, "Salut é", "charset=latin-1")
    with pytest.raises(CatalogueProblem, match="must be in UTF-8"):
        catalogue.read(tmp_path / "fr" / "family.po", _sources())


def test_code_in_the_head_of_a_catalogue_is_not_run(tmp_path: Path) -> None:
    mark = tmp_path / "run"
    head = f"charset=utf-8\\n\"\n\"Plural-Forms: nplurals=2; plural=open('{mark}', 'w');"
    _write_po(tmp_path, "Salut é", head)
    with pytest.raises(catalogue.CatalogueProblem, match=r"fr/family\.po: the Plural-Forms in its head are no formula"):
        catalogue.read(tmp_path / "fr" / "family.po", _sources())
    assert not mark.exists()


def _write_po(folder: Path, text: str, head: str = "charset=utf-8") -> None:
    (folder / "fr").mkdir()
    content = (
        f'msgid ""\nmsgstr "Content-Type: text/plain; {head}\\n"\n\nmsgctxt "welcome"\nmsgid "Dag!"\nmsgstr "{text}"\n'
    )
    (folder / "fr" / "family.po").write_text(content, encoding="utf-8")


def _sources() -> dict[str, form.SourceText]:
    return {"welcome": form.SourceText(key="welcome", text="Dag!", context="")}


@pytest.mark.parametrize(
    "text",
    [
        "questions:\n\t- id: a\n",
        "a: &a [x,x,x,x,x,x,x,x,x]\n"
        + "".join(
            f"{b}: &{b} [*{a},*{a},*{a},*{a},*{a},*{a},*{a},*{a}]\n" for a, b in zip("abcdefg", "bcdefgh", strict=True)
        ),
        "",
        "questions: [{id: 08}]\n",
        "questions: [{id: a, nxt: b}]\nasides: []\n",
        "include: ../../../etc/passwd\n",
        "questions: []\nasides: []\n",
        "x" * 5_000_000,
    ],
)
def test_a_form_that_is_none_is_refused_at_once(tmp_path: Path, text: str) -> None:
    path = tmp_path / "childcare.yaml"
    path.write_text(text, encoding="utf-8")
    began = time.perf_counter()
    with pytest.raises(YamlProblem, match=r"childcare\.yaml"):
        form.load(path, ROOT / "flows/messages.yaml")
    assert time.perf_counter() - began < 5


def test_yes_and_no_are_never_the_same_word() -> None:
    for code, language in languages.load().items():
        assert not set(language.yes) & set(language.no), code
