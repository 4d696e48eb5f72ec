"""Which language somebody names: in that language, in the one of the conversation, or in any other we know."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from flows.grammar.nearly import Nearly
from flows.grammar.normalise import fold, normalise
from flows.grammar.phrases import plain
from locales.languages import Languages


def read_language(
    text: str, options: Sequence[str], offered: Sequence[str], languages: Languages, code: str
) -> str | None:
    """A BCP 47 code among `offered`. `options`: those with a number, the first is 1."""
    said = normalise(text)
    if said.isdigit():
        return (options[int(said) - 1] or None) if len(said) <= 2 and 1 <= int(said) <= len(options) else None
    named = plain(text, languages, code)
    found = _names(languages).get(named) or _misspelt(named, languages)
    return found if found in offered else None


def named_language(text: str, offered: Sequence[str], languages: Languages) -> str | None:
    """The language whose name this whole message is, to the letter: "Ranst" is a town and not "Frans"."""
    found = _names(languages).get(fold(normalise(text)))
    return found if found in offered else None


def known_languages(languages: Languages) -> frozenset[str]:
    """Every language that somebody can name."""
    return frozenset({*languages, *_names(languages).values()})


@lru_cache(maxsize=8)
def _names(languages: Languages) -> Mapping[str, str]:
    """Every name of every language, in small letters without marks; a name of two languages is left out."""
    named: dict[str, set[str]] = {}
    for own, language in languages.items():
        named.setdefault(fold(normalise(language.name)), set()).add(own)
        for code, names in languages.names(own).items():
            for name in names:
                named.setdefault(fold(normalise(name)), set()).add(code)
    return {name: codes.pop() for name, codes in named.items() if len(codes) == 1 and name}


@lru_cache(maxsize=8)
def _nearly(languages: Languages) -> Nearly:
    return Nearly(_names(languages))


def _misspelt(named: str, languages: Languages) -> str | None:
    found = {_names(languages)[name] for name in _nearly(languages).find(named)}
    return found.pop() if len(found) == 1 else None
