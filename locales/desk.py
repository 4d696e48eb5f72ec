"""The words of the desk's own pages: one gettext catalogue a language, source English, compiled in memory."""

import gettext
from collections.abc import Sequence
from functools import cache
from io import BytesIO

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from locales.languages import FOLDER

FILE = "desk.po"
_SOURCE = "en"
_NAMES = {"nl": "Nederlands", _SOURCE: "English", "fr": "Français"}


@cache
def languages() -> dict[str, str]:
    """Those that the pages speak, by code with their own name: English, and each with a catalogue."""
    return {code: name for code, name in _NAMES.items() if code == _SOURCE or (FOLDER / code / FILE).exists()}


@cache
def load(language: str) -> gettext.NullTranslations:
    """Raises `FileNotFoundError` for a language without a `desk.po`."""
    if language == _SOURCE:
        return gettext.NullTranslations()
    compiled = BytesIO()
    with (FOLDER / language / FILE).open("rb") as file:
        write_mo(compiled, read_po(file, locale=language, abort_invalid=True))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def preferred(ranges: Sequence[str], otherwise: str) -> str:
    """The first of these language tags ("fr-BE") that the pages speak."""
    known = languages()
    return next((code for each in ranges if (code := each.partition("-")[0].lower()) in known), otherwise)
