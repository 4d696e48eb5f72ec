"""Yes or no, by whole phrases alone: "no se" holds a no, and means "I don't know"."""

from flows.answers import Command
from flows.grammar.normalise import normalise
from flows.grammar.phrases import NO, YES, meaning, together
from locales.languages import Languages

_SIGNS = {"👍": YES, "✅": YES, "✔": YES, "👌": YES, "☑": YES, "👎": NO, "❌": NO, "🚫": NO, "✖": NO}


def read_yes_no(text: str, languages: Languages, language: str) -> str | None:
    """ "yes", "no", or None: ask again. The conversation's language goes before the others."""
    signs = {_SIGNS[sign] for sign in text if sign in _SIGNS}
    words = normalise(text)
    if len(signs) > 1:
        return None
    meant = meaning(words, languages, language) or together(words, languages, language) if words else None
    if isinstance(meant, Command) or (words and meant is None):
        return None
    found = signs | ({meant} if meant else set())
    return found.pop() if len(found) == 1 else None
