"""One or several of the numbered things that were offered, by number or by the very words."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

from flows.grammar.lexicon import Word, words
from flows.grammar.normalise import fold, normalise
from flows.grammar.phrases import nothing, plain
from locales.languages import Languages

Phrases = Mapping[str, Sequence[str]]
NONE, _NONE = "none", ("none", "nothing")  # ids of an option that is none of the others
_SHORT, _TELLING = 6, 4  # words of such a message, letters of the word that names it
_NUMBER = re.compile(r"(?:(?:n|nr|no|num|number|nummer|numero|optie|option|keuze|choix)\b[.°]? ?)?(\d{1,2})\.?")
_SIGNS = re.compile("[.,;:!?()،؛؟።፣፡]")
_BETWEEN = re.compile(r"[\s,;+/&.،؛፣፤-]+")


def read_choice(text: str, options: Sequence[str], phrases: Phrases, languages: Languages, code: str) -> str | None:
    """The id of the option meant. `options` by their number, the first is 1, "" where none is offered."""
    said = plain(text, languages, code)
    meant = {
        option for option in options if option and any(bare(said) == bare(each) for each in phrases.get(option, ()))
    }
    if meant:  # before numbers: one word can be both, "نه" is no and nine
        return meant.pop() if len(meant) == 1 else None
    if said in nothing(languages, code):
        return next((option for option in options if option in _NONE), None)
    number = _number(said, languages, code)
    return (options[number - 1] or None) if number is not None and 1 <= number <= len(options) else None


def read_by_a_word(text: str, options: Mapping[str, str], languages: Languages, code: str) -> str:
    """The option that a short message names by a word of that option alone: "adres?" of "openingsuren en adres".

    "" where no other one is meant as surely: every further word stands there too, or means nothing to us.
    """
    own = {option: set(bare(offered).split()) for option, offered in options.items()}
    said = bare(plain(text, languages, code)).split()
    telling = [word for word in said if len(word) >= _TELLING]
    named = {each[0] for word in telling if len(each := [option for option in own if word in own[option]]) == 1}
    if len(named) != 1 or len(said) > _SHORT:
        return ""
    found = named.pop()
    strange = (word for word in words(text, languages, code) if not own[found].issuperset(word.text.split()))
    return "" if any((word.meanings and not word.is_filler) or word.number is not None for word in strange) else found


@lru_cache(maxsize=1024)
def bare(text: str) -> str:
    """Folded, and without the signs between words, which people leave out: "نعم، الآن" and "نعم الآن"."""
    return " ".join(_SIGNS.sub(" ", fold(normalise(text))).split())


def read_several(
    text: str, options: Sequence[str], phrases: Phrases, languages: Languages, code: str
) -> tuple[str, ...] | None:
    """Ids in the order of the options, () for none of them; None: ask again, also for "none" beside others."""
    whole = read_choice(text, options, phrases, languages, code)
    if whole:
        return () if whole == NONE else (whole,)
    said = plain(text, languages, code)
    pieces = [piece for piece in _BETWEEN.split(said) if piece]
    if not any(piece.isdigit() for piece in pieces):
        return None
    numbers = [_number(piece, languages, code) for piece in pieces if not _is_and(piece, languages, code)]
    if any(number is None or not 1 <= number <= len(options) for number in numbers):
        return None
    chosen = {options[number - 1] for number in numbers if number}
    if "" in chosen or (NONE in chosen and len(chosen) > 1):
        return None
    return tuple(option for option in options if option in chosen and option != NONE)


def read_number(text: str, languages: Languages, code: str) -> int | None:
    """How many: figures, a number word, "twins"; at most 99."""
    found = words(text, languages, code)
    apart = [each for word in found for each in _apart(word, languages, code)]
    said = [word for word in apart if word.number is not None or not _says_nothing(word)]
    counts = {word.get("count") for word in said} - {None}
    if len(said) == 1 and len(counts) == 1:
        return int(str(counts.pop()))
    if _has_one_more(apart):
        return None
    numbers = [word.number for word in said]
    if None in numbers or not numbers:
        return None
    if (len(numbers) > 1 and len(set(numbers)) > 1) or _are_counted_apart(apart):
        return sum(number or 0 for number in numbers) if _are_counted_apart(apart) else None
    return numbers[0] if (numbers[0] or 0) <= 99 else None


def _has_one_more(said: Sequence[Word]) -> bool:
    """ "two girls and a boy": the boy has no number of his own, so we do not know how many there are."""
    return any(
        before.has("and") and word.has("child") and word.number is None and any(each.number for each in said[:place])
        for place, (before, word) in enumerate(pairwise(said))
    )


def _are_counted_apart(said: Sequence[Word]) -> bool:
    """ "2 boys and 1 girl": several numbers, each with its children."""
    places = [place for place, word in enumerate(said) if word.number is not None]
    return len(places) > 1 and all(place + 1 < len(said) and _is_child(said[place + 1]) for place in places)


def _apart(word: Word, languages: Languages, code: str) -> tuple[Word, ...]:
    """ "2 kinderen" may stand in the tables as one phrase, for several children: here its number counts."""
    if word.number is None and not word.get("count") and " " in word.text:
        return tuple(each for piece in word.text.split() for each in words(piece, languages, code))
    return (word,)


def _says_nothing(word: Word) -> bool:
    """A word around a number of children."""
    return not word.get("count") and (word.is_filler or _is_child(word))


def _is_child(word: Word) -> bool:
    return any(word.has(mark) for mark in ("child", "own", "several"))


def read_work_days(text: str, options: Sequence[str], languages: Languages, code: str) -> tuple[str, ...] | None:
    """Days a week of one or two parents: ("4", "5"). `options` unused numbers stay unread."""
    said = plain(text, languages, code)
    pieces = [each for each in _BETWEEN.split(said) if each and not _is_and(each, languages, code)]
    days = [_number(piece, languages, code) for piece in pieces]
    if not 1 <= len(days) <= 2 or any(day is None or day > 5 for day in days):
        return None
    return tuple(str(day) for day in days)


def _number(said: str, languages: Languages, code: str) -> int | None:
    written = _NUMBER.fullmatch(said)
    if written:
        return int(written[1])
    found = words(said, languages, code)
    return found[0].number if len(found) == 1 else None


def _is_and(piece: str, languages: Languages, code: str) -> bool:
    found = words(piece, languages, code)
    return len(found) == 1 and found[0].has("and")
