"""What a whole message means in the phrases of the languages: yes, no, or a command.

The conversation's language decides. What it does not know may be another one's, if all that know it mean the same:
"tak" is yes wherever it is said, "no" is yes in Polish alone, "ne" means too much to mean anything.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from flows.answers import Command
from flows.grammar.normalise import fold, normalise, without_courtesy
from locales.languages import Languages

Meaning = Command | str  # a command, "yes" or "no"
YES, NO = "yes", "no"
_LONGEST = 6  # words of a phrase that is looked for inside a message
_SIGNS = ".,;:!?…،؛؟።፣"
_DRAWN_OUT = re.compile(r"(.)\1{2,}")  # "jaaaa", "siiii"


def meaning(text: str, languages: Languages, code: str) -> Meaning | None:
    """The one thing that this whole message means; None: it is no phrase, or means several."""
    said = fold(normalise(text))
    own = _own(languages, code)
    for each in _spellings(said):
        found = own.get(each) or own.get(without_courtesy(each, courtesy(languages, code)))
        if found:
            return found
    others = _others(languages)
    for each in _spellings(said):
        found = others.get(each) or others.get(without_courtesy(each, _every_courtesy(languages)))
        if found:
            return found
    return None


@lru_cache(maxsize=64)
def courtesy(languages: Languages, code: str) -> frozenset[str]:
    """Words of a language that change nothing at either end of an answer, folded."""
    return frozenset(fold(normalise(each)) for each in languages[code].courtesy)


@lru_cache(maxsize=64)
def nothing(languages: Languages, code: str) -> frozenset[str]:
    """What a language says for none of several things, folded."""
    return frozenset(fold(normalise(each)) for each in languages[code].nothing)


def is_only_courtesy(text: str, languages: Languages, code: str) -> bool:
    """Whether this is a greeting, thanks or a little picture and nothing else: polite, and no answer."""
    polite = courtesy(languages, code) | {fold(normalise(each)) for each in languages[code].greetings}
    left = fold(normalise(text))
    return bool(text.strip()) and (left in polite or not left.strip(_SIGNS) or without_courtesy(left, polite) in polite)


def plain(text: str, languages: Languages, code: str) -> str:
    """A text as it is compared: folded, without words of courtesy."""
    return without_courtesy(fold(normalise(text)), courtesy(languages, code))


def together(text: str, languages: Languages, code: str) -> str | None:
    """ "jaja zeker", "claro que si si": yes, or no, said in several phrases with nothing else between; else None."""
    own, kind = _own(languages, code), courtesy(languages, code)
    pieces = [each.strip(_SIGNS) for each in fold(normalise(text)).split()]
    pieces = [each for each in pieces if each]
    found, place = set[Meaning](), 0
    while place < len(pieces):
        for length in range(min(_LONGEST, len(pieces) - place), 0, -1):
            phrase = " ".join(pieces[place : place + length])
            meant = own.get(phrase) or next((own[each] for each in _spellings(phrase) if each in own), None)
            if meant or phrase in kind:
                found |= {meant} if meant else set()
                place += length
                break
        else:
            return None
    meant = found.pop() if len(found) == 1 else None
    return meant if isinstance(meant, str) and meant in (YES, NO) else None


def _spellings(said: str) -> Iterable[str]:
    """As it was typed; with letters that were drawn out as one, or as two."""
    yield said
    if _DRAWN_OUT.search(said):
        yield _DRAWN_OUT.sub(r"\1", said)
        yield _DRAWN_OUT.sub(r"\1\1", said)


@lru_cache(maxsize=64)
def _own(languages: Languages, code: str) -> Mapping[str, Meaning]:
    return dict(_phrases(languages, code))


@lru_cache(maxsize=4)
def _others(languages: Languages) -> Mapping[str, Meaning]:
    """The phrases of all languages together, without those that mean different things in two of them."""
    found: dict[str, set[Meaning]] = {}
    for code in languages:
        for phrase, meant in _phrases(languages, code):
            found.setdefault(phrase, set()).add(meant)
    return {phrase: meant.pop() for phrase, meant in found.items() if len(meant) == 1}


def _phrases(languages: Languages, code: str) -> Iterable[tuple[str, Meaning]]:
    language = languages[code]
    tables: dict[Meaning, Iterable[str]] = {Command(name): each for name, each in language.commands.items()}
    for meant, phrases in {**tables, YES: language.yes, NO: language.no}.items():
        for phrase in phrases:
            yield fold(normalise(phrase)), meant


@lru_cache(maxsize=4)
def _every_courtesy(languages: Languages) -> frozenset[str]:
    return frozenset(each for code in languages for each in courtesy(languages, code))
