"""Files for translators: out and back again unchanged, whole or not at all, every fault by its key."""

import shutil
from pathlib import Path

import pytest
from openpyxl import load_workbook

from intake import translations
from intake.language_check import faults
from intake.language_cost import cost
from intake.translations import TranslationProblem
from locales import catalogue, languages
from tests.transcript import ROOT, the_form

WORDS = languages.load()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of one language's catalogue."""
    (tmp_path / "ar").mkdir()
    shutil.copy(ROOT / "locales/ar/family.po", tmp_path / "ar/family.po")
    return tmp_path


@pytest.mark.parametrize("ending", ["xlsx", "po"])
def test_what_goes_out_and_comes_back_changes_nothing(folder: Path, ending: str) -> None:
    before = (folder / "ar/family.po").read_text(encoding="utf-8")
    assert translations.export(folder, the_form(), WORDS, "ar", folder / f"out.{ending}") > 170
    assert translations.take_in(folder, the_form(), WORDS, "ar", folder / f"out.{ending}") == 0
    after = (folder / "ar/family.po").read_text(encoding="utf-8")
    assert catalogue.entries(folder / "ar/family.po", the_form().sources) and before == after


def edit(path: Path, which: str, **cells: str) -> None:
    book = load_workbook(path)
    sheet = book.worksheets[0]
    header = [cell.value for cell in sheet[1]]
    row = next(line for line in sheet.iter_rows(min_row=2) if line[0].value == which)
    for name, value in cells.items():
        row[header.index(name)].value = value
    book.save(path)


def test_a_better_text_and_its_state_are_taken(folder: Path) -> None:
    file = folder / "out.xlsx"
    translations.export(folder, the_form(), WORDS, "ar", file)
    edit(file, "welcome", translation="أهلا", state="native")
    assert translations.take_in(folder, the_form(), WORDS, "ar", file) == 1
    entry = catalogue.entries(folder / "ar/family.po", the_form().sources)["welcome"]
    assert (entry.forms, entry.state, entry.is_outdated) == ((("", "أهلا"),), "native", False)


def test_a_language_with_one_form_for_all_numbers_keeps_it_whole(tmp_path: Path) -> None:
    (tmp_path / "tr").mkdir()
    path = Path(shutil.copy(ROOT / "locales/tr/family.po", tmp_path / "tr/family.po"))
    file = tmp_path / "out.xlsx"
    translations.export(tmp_path, the_form(), WORDS, "tr", file)
    edit(file, "goodbye", state="native")
    assert translations.take_in(tmp_path, the_form(), WORDS, "tr", file) == 1
    assert "{references}" in catalogue.read(path, the_form().sources).texts["goodbye#0"]


@pytest.mark.parametrize(
    ("key", "cells", "said"),
    [
        ("receipt", {"translation": "تم"}, "receipt: it must have the same words between {} as the Dutch"),
        ("welcome", {"dutch": "Hallo!"}, "welcome: the Dutch has changed since this file was made: export it again"),
        ("welcome", {"state": "perfect"}, "welcome: 'perfect' is no state: write one of draft, read back, native"),
        ("welcome", {"key": "greeting"}, "greeting: there is no text with this key"),
        ("welcome", {"translation": "<b>x</b>"}, "welcome: it holds U+003C"),
    ],
)
def test_a_fault_is_named_by_its_key_and_nothing_is_taken(
    folder: Path, key: str, cells: dict[str, str], said: str
) -> None:
    file, before = folder / "out.xlsx", (folder / "ar/family.po").read_bytes()
    translations.export(folder, the_form(), WORDS, "ar", file)
    edit(file, "goodbye.call", state="native")
    edit(file, key, **cells)
    with pytest.raises(TranslationProblem) as problem:
        translations.take_in(folder, the_form(), WORDS, "ar", file)
    assert str(problem.value).startswith(said)
    assert (folder / "ar/family.po").read_bytes() == before


def test_a_file_that_is_no_spreadsheet_gets_one_sentence(folder: Path) -> None:
    (folder / "x.xlsx").write_text("key,dutch\n", encoding="utf-8")
    with pytest.raises(TranslationProblem, match=r"x\.xlsx is no spreadsheet that we can read"):
        translations.take_in(folder, the_form(), WORDS, "ar", folder / "x.xlsx")


@pytest.mark.parametrize("code", list(WORDS))
def test_every_text_of_every_language_goes_out_within_its_limits(code: str) -> None:
    assert list(faults(ROOT / "locales", the_form(), WORDS, code)) == []


def test_a_text_that_is_too_long_or_invites_a_providers_word_is_named(folder: Path) -> None:
    path = folder / "ar/family.po"
    text = path.read_text(encoding="utf-8")
    start = text.index('msgctxt "command.needed"')
    at = text.index("msgstr", start)
    path.write_text(text[:at] + 'msgstr "' + "س" * 140 + ": STOP" + '"\n' + text[text.index("\n\n", at) :], "utf-8")
    found = [str(each.sentence) for each in faults(folder, the_form(), WORDS, "ar")]
    assert found[0] == "invites to send STOP, on which telephone companies act"
    assert found[1].startswith("takes 3 text messages with its answers (146 signs), at most 2")


def test_who_greets_in_several_languages_is_asked_for_one_first() -> None:
    assert cost(WORDS, "pt").sends == (6, 15, 23)


@pytest.mark.parametrize(("code", "countable", "whole"), [("nl", 6, 17), ("ar", 11, 30)])
def test_a_request_costs_no_more_text_messages_than_promised(code: str, countable: int, whole: int) -> None:
    found = cost(WORDS, code)
    assert found.sends[:2] == (5, 14)
    assert found.segments[0] <= countable and found.segments[1] <= whole
