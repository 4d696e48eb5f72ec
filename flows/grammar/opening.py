"""How much the first message already says: in which language, for whom, which child, where and from when.

Nothing here is taken as an answer: the family confirms it first. What is unclear is left out and asked.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from flows.grammar import script
from flows.grammar.dates import birth_of, start_of
from flows.grammar.lexicon import Word, words
from flows.grammar.naming import named_language
from flows.grammar.normalise import fold, normalise
from flows.grammar.place import Places
from flows.grammar.spans import Length, Span, find, usage_of
from flows.grammar.town import find_names
from locales.languages import Languages

_SURE_OF_A_NAME = 5  # letters: shorter words are too easily something else


@dataclass(frozen=True, slots=True)
class Opening:
    """What a first message says. `births` counts children with a date or an age: with two, none is taken."""

    language: str = ""
    is_settled: bool = False  # the words are of one offered language alone
    helping: bool = False
    purpose_known: bool = False
    birth: str | None = None
    place: str | None = None
    start: str | None = None
    births: int = 0


def read_opening(
    text: str,
    languages: Languages,
    offered: Sequence[str],
    places: Places,
    home: frozenset[str],
    code: str,
    today: date,
) -> Opening:
    """Never raises. `code`: the conversation's language, used when the words settle none."""
    settled = _language(text, languages, offered)
    language = settled or code
    said = words(text, languages, language)
    helping = any(word.has("helping") for word in said)
    births, starts = _moments(said, languages, language, today)
    seeks = any(word.has("care") for word in said) and any(
        word.has("seek") or word.has("own") or word.has("child") or word.has("helping") for word in said
    )
    several = any(word.has("several") for word in said)
    asks = "?" in text and not births and not starts
    return Opening(
        language=language,
        is_settled=bool(settled),
        helping=helping,
        purpose_known=helping or (seeks and not asks),
        birth=births[0] if len(births) == 1 and not several else None,
        place=_place(said, places, home),
        start=starts[0] if len(starts) == 1 else None,
        births=max(len(births), 2 if several else 0),
    )


def _language(text: str, languages: Languages, offered: Sequence[str]) -> str:
    """The one offered language whose words these clearly are, "" when several or none."""
    said = fold(normalise(text))
    named = named_language(text, offered, languages)
    if named:
        return named
    written = [code for code in offered if code in languages and script.is_written_in(text, languages[code])]
    if len(written) == 1 and script.is_its_own(written[0], languages):
        return written[0]  # nobody else on earth writes so
    pieces = set(said.replace(",", " ").replace(".", " ").replace("'", " ").replace("،", " ").split())
    score: Counter[str] = Counter()
    for code in written:
        signs, greetings = _signs(languages, code)
        letters = sum(letter in text.casefold() for letter in languages[code].letters)
        score[code] = len(pieces & (signs | greetings)) + 2 * (said in greetings) + 2 * letters
    ranked = score.most_common(2)
    if not ranked or ranked[0][1] == 0:
        return ""
    second = ranked[1][1] if len(ranked) > 1 else 0
    needed = 1 if len(pieces) <= 2 else 2
    return ranked[0][0] if ranked[0][1] >= second + needed else ""


@lru_cache(maxsize=64)
def _signs(languages: Languages, code: str) -> tuple[frozenset[str], frozenset[str]]:
    """The words that speak for a language, and its greetings."""
    language = languages[code]
    phrases = (language.signs, language.greetings)
    signs, greetings = (frozenset(fold(normalise(each)) for each in kind) for kind in phrases)
    return signs, greetings


def _moments(said: Sequence[Word], languages: Languages, code: str, today: date) -> tuple[list[str], list[str]]:
    """Births and starts, told apart by the words before them."""
    births: list[str] = []
    starts = ["asap"] if any(word.has("asap") for word in said) else []
    for span in find(said, usage_of(languages[code], today)):
        before = _words_before(said, span)
        if _is_age(span) or any(word.has("born") for word in before):
            value = birth_of(span.value, today, is_unborn=False)
            births += [value] if value else []
        elif any(word.has("due") or word.has("unborn") for word in before):
            value = birth_of(span.value, today, is_unborn=True)
            births += [value] if value else []
        elif (before and before[-1].has("from")) or (isinstance(span.value, Length) and span.value.way == 1):
            value = start_of(span.value, today)
            starts += [value] if value else []
    if not births and any(word.has("unborn") for word in said):
        births = ["unborn"]
    return list(dict.fromkeys(births)), list(dict.fromkeys(starts))


def _is_age(span: Span) -> bool:
    return isinstance(span.value, Length) and span.value.way == 0 and span.value.unit != "day"


def _words_before(said: Sequence[Word], span: Span) -> list[Word]:
    """The few words that lead to a moment, up to the comma before it."""
    before: list[Word] = []
    for word in reversed(said[max(0, span.start - 4) : span.start]):
        if word.is_border:
            break
        before.insert(0, word)
    return before


def _place(said: Sequence[Word], places: Places, home: frozenset[str]) -> str | None:
    """A postcode, or a name that stands after "in", ends the message, or is long enough to be nothing else."""
    postcodes = {word.text for word in said if len(word.text) == 4 and word.text.isdigit() and word.text in places}
    postcodes -= {each for each in postcodes if 2000 <= int(each) <= 2099 and not _is_alone(said, each)}
    if len(postcodes) == 1:
        return postcodes.pop()
    named: set[str] = set()
    for start, end, found in find_names(said, places, misspelt=False):
        after_in = start > 0 and said[start - 1].has("place")
        letters = sum(len(word.text) for word in said[start:end])
        stands_alone = end - start == 1 and not said[start].meanings
        if not (
            after_in
            or (stands_alone and (letters >= _SURE_OF_A_NAME or end == len(said) or _is_apart(said, start, end)))
        ):
            continue
        own = [each for each in found if each in home]
        if len(own) == 1 or len(found) == 1:
            named.add(own[0] if len(own) == 1 else found[0])
    return named.pop() if len(named) == 1 and not postcodes else None


def _is_apart(said: Sequence[Word], start: int, end: int) -> bool:
    return said[start - 1].is_border or (end < len(said) and said[end].is_border)


def _is_alone(said: Sequence[Word], postcode: str) -> bool:
    """Whether "2024" can be a postcode: after "in" comes a year as easily."""
    at = next(place for place, word in enumerate(said) if word.text == postcode)
    return at + 1 < len(said) and not said[at + 1].is_border and not said[at + 1].is_filler
