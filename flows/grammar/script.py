"""In which script a message is written: what Unicode calls its letters."""

import unicodedata
from collections import Counter
from functools import lru_cache

from locales.languages import Language, Languages


def is_written_in(text: str, language: Language) -> bool:
    """Whether most letters are of the script of this language, or of the Latin one, in which all are typed."""
    used = script_of(text)
    return used in ("", "LATIN", _own(language))


def is_its_own(code: str, languages: Languages) -> bool:
    """Whether no other language that we know is written in its script."""
    own = _own(languages[code])
    return own != "LATIN" and all(_own(each) != own for other, each in languages.items() if other != code)


@lru_cache(maxsize=1024)
def script_of(text: str) -> str:
    """The script of most letters ("LATIN", "ARABIC", "CYRILLIC", "ETHIOPIC" …), "" without letters."""
    count = Counter(unicodedata.name(letter, "").split(" ")[0] for letter in text if letter.isalpha())
    return count.most_common(1)[0][0] if count else ""


def _own(language: Language) -> str:
    return script_of(language.name)
