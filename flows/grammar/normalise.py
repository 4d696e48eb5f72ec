"""One shape for what people type: small letters, plain digits, no marks at the ends, no words of courtesy."""

import re
import unicodedata
from collections.abc import Iterable

_QUOTES = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "\u00a0": " ", "\ufe0f": "", "\u20e3": ""})
_ENDS = ' \t\r\n.,;:!?…"“”„«»()-'


def normalise(text: str) -> str:
    """NFKC, digits of any script as 0-9, small letters, one space between words; never raises."""
    plain = unicodedata.normalize("NFKC", text.translate(_QUOTES))
    digits = "".join(str(unicodedata.digit(each)) if each.isdigit() else each for each in plain)
    return re.sub(r"\s+", " ", digits.casefold()).strip(_ENDS)


def without_courtesy(text: str, courtesy: Iterable[str]) -> str:
    """A normalised text without words of courtesy at either end; the text itself when nothing else is left."""
    words = sorted(courtesy, key=len, reverse=True)
    shorter = text
    while True:
        before = shorter
        for each in words:
            if shorter.endswith(f" {each}"):
                shorter = shorter[: -len(each)].strip(_ENDS)
            elif shorter.startswith(f"{each} "):
                shorter = shorter[len(each) :].strip(_ENDS)
        if shorter == before:
            return shorter or text


def one_letter_less(word: str) -> set[str]:
    """The word itself and every spelling with one letter missing: words one slip apart share one of them."""
    return {word, *(word[:place] + word[place + 1 :] for place in range(len(word)))}


def is_one_slip(word: str, other: str) -> bool:
    """One letter wrong, missing or too many, or two neighbours swapped."""
    if abs(len(word) - len(other)) == 1:
        longer, shorter = sorted((word, other), key=len, reverse=True)
        return shorter in one_letter_less(longer)
    apart = [place for place, (one, two) in enumerate(zip(word, other, strict=False)) if one != two]
    if len(word) != len(other) or not 1 <= len(apart) <= 2:
        return False
    swapped = word[apart[0]] == other[apart[-1]] and word[apart[-1]] == other[apart[0]]
    return len(apart) == 1 or (apart[1] - apart[0] == 1 and swapped)


_LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ı": "i", "ł": "l", "đ": "d", "ø": "o"})


def fold(text: str) -> str:
    """A normalised text without accents and other marks, as people type who cannot find them."""
    apart = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return "".join(each for each in apart if not unicodedata.combining(each))
