"""Yes or no, by whole phrases alone: "no se" holds a no, and means "I don't know"."""

from collections.abc import Mapping
from functools import lru_cache

from flows.grammar.normalise import normalise, without_courtesy
from locales.languages import Languages

_SIGNS = {"👍": "yes", "✅": "yes", "✔": "yes", "👎": "no", "❌": "no"}


def read_yes_no(text: str, languages: Languages, language: str) -> str | None:
    """ "yes", "no", or None: ask again. The conversation's language goes before the others."""
    said = normalise(text)
    if said in _SIGNS:
        return _SIGNS[said]
    for sign, meant in _SIGNS.items():
        if said.endswith(f" {sign}") and read_yes_no(said[: -len(sign)], languages, language) == meant:
            return meant
    for code in (language, *(each for each in languages if each != language)):
        phrases = _phrases(languages, code)
        found = phrases.get(said) or phrases.get(without_courtesy(said, languages[code].courtesy))
        if found:
            return found
    return None


@lru_cache(maxsize=64)
def _phrases(languages: Languages, code: str) -> Mapping[str, str]:
    words = languages[code]
    return {normalise(each): meant for meant, phrases in (("yes", words.yes), ("no", words.no)) for each in phrases}
