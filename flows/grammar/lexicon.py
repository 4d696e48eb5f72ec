"""Cuts a message into the words of one language, each with everything it can mean.

The table `words` of a `language.yaml` names kinds (month, weekday, unit, number, mark …), their values, and the
phrases for each. "sept" is a month and the number seven in French: a word keeps every meaning, and the reader of a
question picks the one that it can use.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from flows.grammar.normalise import fold, is_one_slip, normalise, one_letter_less
from locales.languages import Languages

Meanings = Mapping[str, tuple[str, ...]]
_PIECES = re.compile(r"'?\d+(?:[.,/:-]\d+)*|[^\W\d_]+(?:[.'][^\W\d_]+)*|[^\w\s]")
_SPACED = (
    (re.compile(r"(?<=\d)\s*([/-])\s*(?=\d)"), r"\1"),  # 14 / 02 / 2025
    (re.compile(r"(?<=\d)\.\s+(?=\d)"), "."),  # 14. 2. 2025
)
_BORDERS = frozenset(",;.:!?()/-")
_MISSPELT = ("month", "weekday", "unit")


@dataclass(frozen=True, slots=True)
class Word:
    """One word, number or sign. `number`: its value when it is a plain whole number, written or in words."""

    text: str
    meanings: Meanings = field(default_factory=dict)
    number: int | None = None

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


@lru_cache(maxsize=512)
def words(text: str, languages: Languages, code: str) -> tuple[Word, ...]:
    """The message as words of this language, number words joined to numbers; signs stay words of their own."""
    plain = fold(normalise(text))
    for pattern, joined in _SPACED:
        plain = pattern.sub(joined, plain)
    return tuple(_joined(list(_looked_up(_PIECES.findall(plain), lexicon(languages, code)))))


@dataclass(frozen=True)
class Lexicon:
    phrases: Mapping[tuple[str, ...], Meanings]
    longest: int
    nearly: Mapping[str, str | None]  # a spelling with one letter missing -> the one word it can be


@lru_cache(maxsize=64)
def lexicon(languages: Languages, code: str) -> Lexicon:
    """The table of one language, made once."""
    phrases: dict[tuple[str, ...], dict[str, tuple[str, ...]]] = {}
    for kind, values in languages[code].words.items():
        for value, texts in values.items():
            for text in texts:
                found = phrases.setdefault(tuple(_PIECES.findall(fold(normalise(text)))), {})
                if value not in found.get(kind, ()):
                    found[kind] = (*found.get(kind, ()), value)
    return Lexicon(phrases, max(map(len, phrases), default=1), _nearly(phrases))


def _nearly(phrases: Mapping[tuple[str, ...], Meanings]) -> Mapping[str, str | None]:
    near: dict[str, str | None] = {}
    for key, meanings in phrases.items():
        if len(key) == 1 and len(key[0]) >= 5 and any(kind in meanings for kind in _MISSPELT):
            for spelling in one_letter_less(key[0]):
                near[spelling] = key[0] if near.get(spelling, key[0]) == key[0] else None
    return near


def _looked_up(pieces: list[str], table: Lexicon) -> Iterator[Word]:
    place = 0
    while place < len(pieces):
        for length in range(min(table.longest, len(pieces) - place), 0, -1):
            key = tuple(pieces[place : place + length])
            if key in table.phrases:
                yield _word(" ".join(key), table.phrases[key])
                place += length
                break
        else:
            yield _unlisted(pieces[place], table)
            place += 1


def _unlisted(piece: str, table: Lexicon) -> Word:
    """A number, a misspelt month or day, or a word that means nothing to us."""
    if piece.lstrip("'").isdigit():
        digits = piece.lstrip("'")
        return Word(piece, {}, int(digits) if len(digits) <= 4 else None)
    if len(piece) >= 5 and piece.isalpha():
        meant = {table.nearly[each] for each in one_letter_less(piece) if each in table.nearly}
        if len(meant) == 1 and (right := meant.pop()) and is_one_slip(piece, right):
            return Word(piece, {k: v for k, v in table.phrases[(right,)].items() if k in _MISSPELT})
    return Word(piece)


def _word(text: str, meanings: Meanings) -> Word:
    number = meanings.get("number")
    return Word(text, meanings, int(number[0]) if number else None)


def _joined(found: list[Word]) -> Iterator[Word]:
    """Number words side by side are one number: "deux mille vingt cinq", "twenty twenty four", "trente et un"."""
    place = 0
    while place < len(found):
        run = _run(found, place)
        if len(run) > 1 and (number := _value([word.number or 0 for word in run])) is not None:
            yield Word(" ".join(word.text for word in run), {}, number)
            place += len(run)
        else:
            yield found[place]
            place += 1


def _run(found: list[Word], place: int) -> list[Word]:
    """The longest run of number words from here that makes one number."""
    end = place
    while end < len(found) and found[end].number is not None and not found[end].text.lstrip("'").isdigit():
        end += 1
    while end > place + 1 and _value([word.number or 0 for word in found[place:end]]) is None:
        end -= 1
    return found[place:end]


def _value(numbers: list[int]) -> int | None:
    match numbers:
        case [int() as tens, int() as one] if tens in (20, 30, 40) and 0 < one < 10:
            return tens + one
        case [20, *rest] if (year := _small(rest)) is not None and 10 <= year < 50:
            return 2000 + year  # twenty twenty four
        case [2, 1000, *rest] | [2000, *rest]:
            last = _small(rest) if rest else 0
            return None if last is None else 2000 + last
        case _:
            return None


def _small(numbers: list[int]) -> int | None:
    if len(numbers) == 1 and numbers[0] < 100:
        return numbers[0]
    return _value(numbers) if len(numbers) == 2 and numbers[0] in (20, 30, 40) and numbers[1] < 10 else None
