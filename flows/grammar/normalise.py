"""One shape for what people type: small letters, plain digits, no marks at the ends, no words of courtesy."""

import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache

_QUOTES = str.maketrans(
    {"’": "'", "‘": "'", "`": "'", "´": "'", "ʼ": "'", "′": "'", "\u00a0": " ", "\ufe0f": "", "\u20e3": "",
     # joiners, marks of direction, and the stroke that only stretches an Arabic word
     "\u200b": "", "\u200c": "", "\u200d": "", "\u200e": "", "\u200f": "", "\ufeff": "", "ـ": ""}
)  # fmt: skip
_SPACES = re.compile(r"\s+")
_PICTURES = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff]+")  # a smile changes no answer
_ENDS = ' \t\r\n.,;:!?…"“”„«»()-،؛؟።፣፤፥፧'
_LONGEST_COURTESY = 4  # words
_SAME_SOUND = str.maketrans(
    {
        # written in either way by the same people
        "ی": "ي",
        "ى": "ي",
        "ک": "ك",
        "ڪ": "ك",
        "ھ": "ه",
        "ہ": "ه",
        "ە": "ه",
        "ة": "ه",
        "ٱ": "ا",
        **{chr(0x1220 + form): chr(0x1230 + form) for form in range(8)},  # the two Ge'ez letters for s
        **{chr(0x1340 + form): chr(0x1338 + form) for form in range(8)},  # for ts
        **{chr(0x1280 + form): chr(0x1200 + form) for form in range(8)},  # for h
    }
)


@lru_cache(maxsize=512)
def normalise(text: str) -> str:
    """NFKC, digits of any script as 0-9, small letters, one space between words; never raises."""
    if text.isascii():  # most of what is typed, and of our own tables
        plain = text.lower().replace("`", "'")
    else:
        plain = unicodedata.normalize("NFKC", _PICTURES.sub(" ", text.translate(_QUOTES)))
        plain = "".join(str(unicodedata.digit(each)) if each.isdigit() else each for each in plain).casefold()
    plain = _SPACES.sub(" ", plain).strip(_ENDS)
    return text if plain == text else plain  # our tables hold thousands: not a second copy of each


def without_courtesy(text: str, courtesy: Collection[str]) -> str:
    """A text without words of courtesy at either end; the text itself when nothing else is left."""
    words = text.split()
    while words:
        for many in range(min(_LONGEST_COURTESY, len(words) - 1), 0, -1):
            if " ".join(words[-many:]).strip(_ENDS) in courtesy:
                words = words[:-many]
                break
            if " ".join(words[:many]).strip(_ENDS) in courtesy:
                words = words[many:]
                break
        else:
            break
    if not words or " ".join(words).strip(_ENDS) in courtesy:
        return text
    return " ".join(words).strip(_ENDS)


_LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ı": "i", "ł": "l", "đ": "d", "ø": "o"})


@lru_cache(maxsize=512)
def fold(text: str) -> str:
    """A normalised text without accents and other marks, as people type who cannot find them."""
    if text.isascii():
        return text
    apart = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    plain = "".join(each for each in apart if not unicodedata.combining(each)).translate(_SAME_SOUND)
    return text if plain == text else plain
