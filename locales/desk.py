"""The words of the desk's own pages: one gettext catalogue a language, source English, compiled in memory."""

import gettext
from functools import cache
from io import BytesIO

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from locales.languages import FOLDER

FILE = "desk.po"


@cache
def load(language: str) -> gettext.NullTranslations:
    """Raises `FileNotFoundError` for a language without a `desk.po`."""
    compiled = BytesIO()
    with (FOLDER / language / FILE).open("rb") as file:
        write_mo(compiled, read_po(file, locale=language, abort_invalid=True))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
