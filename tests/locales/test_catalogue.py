"""Translations by key: complete, in step with the Dutch, and written for a telephone."""

from gettext import c2py
from pathlib import Path

import pytest
from babel import Locale
from babel.messages.catalog import Catalog

from channels.segments import is_gsm, plainly
from flows.form import SourceText
from intake.language_check import is_spoken
from locales import catalogue, languages
from tests.transcript import ROOT, the_form

SOURCES = {
    "a": SourceText(key="a", text="Dag {name}", context="a greeting"),
    "b": SourceText(key="b", text="Goed", context="fine"),
}
TRANSLATED = catalogue.Catalogues(ROOT / "locales", the_form().sources, languages.load())


def make(folder: Path, text: str) -> Path:
    path = folder / "xx" / "family.po"
    path.parent.mkdir(exist_ok=True)
    path.write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8"\n\n' + text, encoding="utf-8")
    return path


@pytest.mark.parametrize("code", sorted(TRANSLATED))
def test_every_text_is_there(code: str) -> None:
    found = TRANSLATED[code]
    assert found.doubtful == ()  # what is out of date stays in use
    if languages.load()[code].plain_sms:
        assert [key for key, text in found.texts.items() if not is_gsm(plainly(text))] == []


def test_no_text_invites_a_word_that_a_provider_takes_for_stop() -> None:
    for code, found in TRANSLATED.items():
        written = (text for key, text in found.texts.items() if not is_spoken(the_form(), key))
        words = {word.strip(".,:?!").upper() for text in written for word in text.split()}
        assert not words & {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "QUIT", "OPTOUT", "REVOKE", "ARRET"}, code


def test_a_missing_key_is_named_with_its_file(tmp_path: Path) -> None:
    path = make(tmp_path, 'msgctxt "a"\nmsgid "Dag {name}"\nmsgstr "Hi {name}"\n')
    with pytest.raises(catalogue.CatalogueProblem, match=r"xx/family\.po: b is missing"):
        catalogue.read(path, SOURCES)


def test_other_placeholders_than_the_dutch_are_refused(tmp_path: Path) -> None:
    path = make(tmp_path, 'msgctxt "a"\nmsgid "Dag {name}"\nmsgstr "Hi"\n\nmsgctxt "b"\nmsgid "Goed"\nmsgstr "Fine"\n')
    with pytest.raises(catalogue.CatalogueProblem, match=r"a must have the same .*\{name\}"):
        catalogue.read(path, SOURCES)


def test_when_the_dutch_changes_the_translation_stays_in_use_and_is_out_of_date(tmp_path: Path) -> None:
    path = make(
        tmp_path, 'msgctxt "a"\nmsgid "Hallo {name}"\nmsgstr "Hi {name}"\n\nmsgctxt "c"\nmsgid "x"\nmsgstr "y"\n'
    )
    assert catalogue.update(path, SOURCES) == ("a", "b")
    found = catalogue.read(path, SOURCES)
    assert (found.doubtful, found.outdated, found.texts["a"]) == (("b",), ("a",), "Hi {name}")
    assert 'msgstr "Hi {name}"' in path.read_text(encoding="utf-8")
    assert catalogue.update(path, SOURCES) == ("a", "b")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(catalogue.CatalogueProblem, match=r"xx/family\.po is missing"):
        catalogue.read(tmp_path / "xx" / "family.po", SOURCES)


@pytest.mark.parametrize(
    ("language", "examples"),
    [
        ("nl", {1: "one", 2: "other", 5: "other"}),
        ("pl", {1: "one", 2: "few", 5: "many", 22: "few"}),
        ("uk", {1: "one", 3: "few", 5: "many", 11: "many", 21: "one"}),
        ("ar", {1: "one", 2: "two", 3: "few", 10: "few", 11: "many", 100: "other"}),
        ("fr", {1: "one", 2: "other", 5: "other"}),
        ("tr", {1: "one", 2: "other"}),
    ],
)
def test_so_many_take_the_form_that_their_number_asks_for(
    tmp_path: Path, language: str, examples: dict[int, str]
) -> None:
    """By numbers: tools disagree about which form of a file is the first."""
    source = SourceText(key="k", text="nummer {n}", several="nummers {n}", context="numbers")
    path = tmp_path / language / "family.po"
    path.parent.mkdir()
    catalogue.update(path, {"k": source})
    forms = path.read_text(encoding="utf-8").count("msgstr[")
    which = c2py(Catalog(locale=language).plural_expr)
    text = path.read_text(encoding="utf-8")
    for form in range(forms):
        text = text.replace(f'msgstr[{form}] ""', f'msgstr[{form}] "form {form} {{n}}"')
    path.write_text(text, encoding="utf-8")
    found = catalogue.read(path, {"k": source})
    for number, category in examples.items():
        assert str(Locale.parse(language).plural_form(number)) == category
        assert found.texts[f"k#{found.texts.form(number)}"] == f"form {which(number)} {{n}}"
    alike = {found.texts.form(number): category for number, category in examples.items()}
    assert len(set(alike.values())) == min(
        Catalog(locale=language).num_plurals, len(set(examples.values()))
    )  # Turkish has one form for all


def test_when_the_meaning_changes_the_translation_is_withdrawn_until_one_is_made_for_it(tmp_path: Path) -> None:
    path = make(tmp_path, 'msgctxt "b"\nmsgid "Goed"\nmsgstr "Fine"\n')
    meant = {"b": SourceText(key="b", text="Goed, dank u", context="fine", meaning=2)}
    catalogue.update(path, meant)
    assert catalogue.read(path, meant).doubtful == ("b",)
    path.write_text(path.read_text(encoding="utf-8").replace("# review", "# meaning: 2\n# review"), encoding="utf-8")
    assert catalogue.read(path, meant).texts["b"] == "Fine"
