"""Where childcare is needed: a postcode or a name, with the words people put around it."""

import re
from collections.abc import Sequence

from flows.grammar.lexicon import Word, words
from flows.grammar.place import LONGEST_NAME, Places
from locales.languages import Languages

_HARMLESS = ("place", "from", "care", "live", "and")
_POSTCODE = re.compile(r"[1-9]\d{3}")


def read_town(
    text: str, places: Places, home: frozenset[str], languages: Languages, code: str
) -> str | tuple[str, ...] | None:
    """A postcode, several to choose from, or None: ask again. Among several, the desk's own goes first."""
    if found := _narrowed(places.find(text), home):
        return found
    said = words(text, languages, code)
    postcodes = [word.text for word in said if _POSTCODE.fullmatch(word.text)]
    named = find_names(said, places)
    rest = [word for at, word in enumerate(said) if not any(start <= at < end for start, end, _ in named)]
    strange = [word for word in rest if word.text not in postcodes and not _is_harmless(word)]
    if len(set(postcodes)) == 1 and postcodes[0] in places and _may_name_it(strange):
        return postcodes[0]
    if strange:
        return None
    if postcodes or len(named) != 1:
        return None
    return _narrowed(named[0][2], home)


def find_names(
    said: Sequence[Word], places: Places, *, misspelt: bool = True
) -> list[tuple[int, int, tuple[str, ...]]]:
    """Place names among the words, the longest first: where they begin and end, and their postcodes."""
    found, at = [], 0
    while at < len(said):
        for length in range(min(LONGEST_NAME, len(said) - at), 0, -1):
            piece = said[at : at + length]
            if all(not word.text.isalpha() or _is_harmless(word) for word in piece):
                continue
            if piece[0].is_border or piece[-1].is_border or any(word.text.isdigit() for word in piece):
                continue
            name = " ".join(_without_ending(word.text) for word in piece)
            if postcodes := places.find(name, misspelt=misspelt):
                found.append((at, at + length, postcodes))
                at += length - 1
                break
        at += 1
    return found


def _may_name_it(strange: Sequence[Word]) -> bool:
    """Beside a postcode, a word or two that we do not know are its town, in another alphabet or misspelt."""
    return len(strange) <= 2 and all(word.text.isalpha() and not word.meanings for word in strange)


def _without_ending(text: str) -> str:
    """ "gent'te" is "in Gent" in Turkish; an apostrophe inside a Belgian name stands near its beginning."""
    stem, _, ending = text.partition("'")
    return stem if len(stem) > 3 and 0 < len(ending) <= 4 else text


def _is_harmless(word: Word) -> bool:
    return word.is_filler or any(word.has(mark) for mark in _HARMLESS)


def _narrowed(postcodes: tuple[str, ...], home: frozenset[str]) -> str | tuple[str, ...] | None:
    own = [postcode for postcode in postcodes if postcode in home]
    if len(own) == 1:
        return own[0]
    return postcodes[0] if len(postcodes) == 1 else postcodes or None
