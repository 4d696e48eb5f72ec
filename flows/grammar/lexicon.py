"""Cuts a message into the words of one language, each with everything it can mean.

The table `words` of a `language.yaml` names kinds (month, weekday, unit, number, mark …), their values, and the
phrases for each. "sept" is a month and the number seven in French: a word keeps every meaning, and the reader of a
question picks the one that it can use.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from flows.grammar.nearly import Nearly
from flows.grammar.normalise import fold, normalise
from locales.languages import Languages

Meanings = Mapping[str, tuple[str, ...]]
_PIECES = re.compile(r"'?\d+(?:[.,/:-]\d+)*|[^\W\d_]+(?:[.'][^\W\d_]+)*|[^\w\s]")
_SPACED = (
    (re.compile(r"(?<=\d)\s*([/-])\s*(?=\d)"), r"\1"),  # 14 / 02 / 2025
    (re.compile(r"(?<=\d)\.\s+(?=\d)"), "."),  # 14. 2. 2025
)
_BORDERS = frozenset(",;.:!?()/-،؛؟።፣፤፥")
_SHORTEST_STEM = 2  # letters that must be left when an ending is taken off
_MISSPELT = {"month", "weekday", "unit"}


@dataclass(frozen=True, slots=True)
class Word:
    """One word, number or sign. `number`: its value when it is a plain whole number, written or in words.

    `is_guessed`: it is nearly a word that we know, and taken for it.
    """

    text: str
    meanings: Meanings = field(default_factory=dict)
    number: int | None = None
    is_guessed: bool = False

    def get(self, kind: str) -> str | None:
        """What it means as `kind`, None when it does not."""
        found = self.meanings.get(kind)
        return found[0] if found else None

    def has(self, mark: str) -> bool:
        return mark in self.meanings.get("mark", ())

    @property
    def is_border(self) -> bool:
        return self.text in _BORDERS

    @property
    def is_filler(self) -> bool:
        return self.has("filler") or self.is_border


@lru_cache(maxsize=256)
def words(text: str, languages: Languages, code: str) -> tuple[Word, ...]:
    """The message as words of this language, number words joined to numbers; signs stay words of their own."""
    plain = fold(normalise(text))
    for pattern, joined in _SPACED:
        plain = pattern.sub(joined, plain)
    return tuple(_joined(list(_looked_up(_PIECES.findall(plain), lexicon(languages, code)))))


@dataclass(frozen=True)
class Lexicon:
    """`phrases`: their words with a space between. `starts`: first word -> words in the longest phrase with it."""

    phrases: Mapping[str, Meanings]
    starts: Mapping[str, int]
    nearly: Nearly  # of months, weekdays and units
    prefixes: tuple[str, ...]  # what is written onto a word, the longest first
    suffixes: tuple[str, ...]


@lru_cache(maxsize=64)
def lexicon(languages: Languages, code: str) -> Lexicon:
    """The table of one language, made when somebody first writes something that it may be."""
    own = languages[code]
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    starts: dict[str, int] = {}
    for kind, values in languages.words(code).items():
        for value, texts in values.items():
            for text in texts:
                if not (pieces := _pieces(text)):
                    continue
                meanings = found.setdefault(" ".join(pieces), {})
                if value not in meanings.get(kind, ()):
                    meanings[kind] = (*meanings.get(kind, ()), value)
                starts[pieces[0]] = max(starts.get(pieces[0], 0), len(pieces))
    prefixes, suffixes = (
        tuple(sorted({fold(normalise(each)) for each in affixes}, key=len, reverse=True))
        for affixes in (own.prefixes, own.suffixes)
    )
    shared: dict[tuple[tuple[str, tuple[str, ...]], ...], Meanings] = {}  # thousands of words mean the same few things
    phrases = {key: shared.setdefault(tuple(meanings.items()), meanings) for key, meanings in found.items()}
    return Lexicon(phrases, starts, _nearly(phrases), prefixes, suffixes)


def _pieces(text: str) -> tuple[str, ...]:
    return tuple(_PIECES.findall(fold(normalise(text))))


def _nearly(phrases: Mapping[str, Meanings]) -> Nearly:
    return Nearly(key for key, meanings in phrases.items() if " " not in key and meanings.keys() & _MISSPELT)


def _looked_up(pieces: list[str], table: Lexicon) -> Iterator[Word]:
    place = 0
    while place < len(pieces):
        for length in range(min(table.starts.get(pieces[place], 0), len(pieces) - place), 0, -1):
            key = " ".join(pieces[place : place + length])
            if key in table.phrases:
                yield _word(key, table.phrases[key])
                place += length
                break
        else:
            yield from _unlisted(pieces[place], table)
            place += 1


def _unlisted(piece: str, table: Lexicon) -> Iterator[Word]:
    """A number, a word with something written onto it, a misspelt month or day, or what means nothing to us."""
    digits = piece.lstrip("'")
    if digits.isdigit():
        yield Word(piece, {}, int(digits) if len(digits) <= 4 else None)
    elif parts := _parted(piece, table):
        yield from (_word(part, table.phrases[part]) for part in parts)
    elif meanings := _misspelt(piece, table):
        yield Word(piece, meanings, is_guessed=True)
    else:
        yield Word(piece)


def _parted(piece: str, table: Lexicon) -> tuple[str, ...]:
    """The listed word inside: "وعشرون" is "and twenty", "mayısta" is "in May". A prefix may be a word itself."""
    for prefix in ("", *table.prefixes):
        rest = piece.removeprefix(prefix)
        if prefix and rest == piece:
            continue
        for suffix in ("", *table.suffixes):
            stem = rest.removesuffix(suffix).rstrip("'")
            if (suffix and stem == rest) or len(stem) < _SHORTEST_STEM or (not prefix and not suffix):
                continue
            if stem in table.phrases:
                return (prefix, stem) if prefix in table.phrases else (stem,)
    return _day_with_part(piece, table)


def _day_with_part(piece: str, table: Lexicon) -> tuple[str, ...]:
    """ "woensdagnamiddag", "Montagmorgen": a day with its part written onto it."""
    for border in range(2, len(piece) - 1):
        day, part = piece[:border], piece[border:]
        if "weekday" in table.phrases.get(day, {}) and "part" in table.phrases.get(part, {}):
            return day, part
    return ()


def _misspelt(piece: str, table: Lexicon) -> Meanings:
    near = table.nearly.find(piece) if piece.isalpha() else set()
    if len(near) != 1:
        return {}
    return {kind: values for kind, values in table.phrases[near.pop()].items() if kind in _MISSPELT}


def _word(text: str, meanings: Meanings) -> Word:
    number = meanings.get("number")
    return Word(text, meanings, int(number[0]) if number else None)


def _joined(found: list[Word]) -> Iterator[Word]:
    """Number words side by side are one number: "deux mille vingt cinq", "trente et un", "خمسة وعشرون"."""
    place = 0
    while place < len(found):
        end, number = _run(found, place)
        if number is not None:
            yield Word(" ".join(word.text for word in found[place:end]), {}, number)
            place = end
        else:
            yield found[place]
            place += 1


def _run(found: list[Word], place: int) -> tuple[int, int | None]:
    """The end of the longest run of number words from here that makes one number, and that number."""
    numbers: list[int | None] = []  # None: "and"
    best: tuple[int, int | None] = (place, None)
    for at in range(place, len(found)):
        word = found[at]
        if word.number is not None and not word.text.lstrip("'").isdigit():
            numbers.append(word.number)
            if len(numbers) > 1 and (number := _value(numbers)) is not None:
                best = (at + 1, number)
        elif word.has("and") and numbers and numbers[-1] is not None:
            numbers.append(None)
        else:
            break
    return best


def _value(numbers: list[int | None]) -> int | None:
    """What number words say together; None: they are not one number."""
    match numbers:
        case [int() as tens, None, int() as one] | [int() as tens, int() as one] if _are_tens(tens, one):
            return tens + one
        case [int() as one, None, int() as tens] if _are_tens(tens, one) and one < 10:
            return tens + one
        case [20, *rest] if (year := _small(rest)) is not None and 10 <= year < 50:
            return 2000 + year  # twenty twenty four
        case [2, 1000, *rest] | [2000, *rest]:
            last = _small(rest[1:] if rest[:1] == [None] else rest) if rest else 0
            return None if last is None else 2000 + last
        case _:
            return None


def _are_tens(tens: int, one: int) -> bool:
    """Sixty and eighty go on to nineteen: "soixante quinze"."""
    return 20 <= tens <= 90 and tens % 10 == 0 and 0 < one < (20 if tens in (60, 80) else 10)


def _small(numbers: list[int | None]) -> int | None:
    match numbers:
        case [int() as number] if number < 100:
            return number
        case _:
            return _value(numbers) if 1 < len(numbers) <= 3 and numbers[0] not in (2000, 2) else None
