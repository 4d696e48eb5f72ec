"""The desk's own pages are complete in Dutch: every sentence that code or a template shows stands in desk.po."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

from intake import probing, referring, suggestions
from intake.web import (
    auditing,
    desk,
    desk_settings,
    navigation,
    own_mail,
    pages,
    people,
    queue,
    recorder,
    referrals,
    report_words,
    settings_views,
    status,
    texts,
    translations,
    words,
)
from locales import desk as desk_words

ROOT = Path(__file__).parent.parent.parent
WEB = ROOT / "intake" / "web"
_PLACEHOLDER = re.compile(r"%\((\w+)\)s|\{(\w+)\}")


def sentences() -> set[str]:
    found: set[str] = set()
    for template in (WEB / "templates").rglob("*.html"):
        found |= {str(each[1]) for each in extract_from_file("jinja2.ext:babel_extract", template)}
    keywords = {
        "translate": None,
        "DeskError": (2,),
        "WrongField": (2,),
        "Unfit": None,
        "said": None,
        "Fault": None,
        "WrongFile": None,
        "Unclear": (2,),
    }
    for module in (
        *WEB.glob("*.py"),
        *(ROOT / "intake").glob("*.py"),
    ):
        found |= {str(each[1]) for each in extract_from_file("python", module, keywords=keywords)}
        found |= set(re.findall(r'^_[A-Z]+ = "([^"]{20,})"$', module.read_text(encoding="utf-8"), re.M))
    for module in (
        words, own_mail, pages, people, auditing, desk, desk_settings, navigation, probing, queue, referring, settings_views, texts,
        recorder, referrals, report_words, status, suggestions, translations,
    ):  # fmt: skip
        tables = (each for name, each in vars(module).items() if isinstance(each, dict) and name[:2] != "__")
        found |= {text for table in tables for text in table.values() if isinstance(text, str)}
    return found - {"", *pages._HEADERS.values()}


def catalogue(language: str) -> Catalog:
    with (ROOT / "locales" / language / "desk.po").open("rb") as file:
        return read_po(file, locale=language)


@pytest.mark.parametrize("language", sorted(set(desk_words.languages()) - {"en"}))
def test_every_sentence_of_the_desk_is_translated(language: str) -> None:
    texts = {str(message.id): str(message.string) for message in catalogue(language) if message.id}
    assert {each for each in sentences() if not texts.get(each)} == set()
    assert set(texts) - sentences() == set()


@pytest.mark.parametrize("language", sorted(set(desk_words.languages()) - {"en"}))
def test_a_translation_keeps_the_placeholders(language: str) -> None:
    for message in catalogue(language):
        if message.id:
            assert set(_PLACEHOLDER.findall(str(message.id))) == set(_PLACEHOLDER.findall(str(message.string)))


@pytest.mark.parametrize("language", sorted(set(desk_words.languages()) - {"en"}))
def test_no_translation_holds_a_sign_that_cannot_be_seen(language: str) -> None:
    said = [str(message.string) for message in catalogue(language) if message.id]
    assert [each for each in said if re.search(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]", each)] == []


def test_french_signs_never_begin_a_line() -> None:
    """French sets a space before them, as the Imprimerie nationale does: one that does not break."""
    said = [str(message.string) for message in catalogue("fr") if message.id]
    assert [each for each in said if re.search(r"(^|[^\u00a0])[?!»]| [:;]|«(?!\u00a0)", each)] == []
