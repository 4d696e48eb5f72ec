"""What a family can say at any moment: whole phrases, in every loaded language, the conversation's own first."""

from collections.abc import Mapping
from functools import lru_cache

from flows.answers import Command
from flows.grammar.normalise import normalise, without_courtesy
from locales.languages import Languages


def read_command(text: str, languages: Languages, language: str) -> Command | None:
    """The command that this whole message is. Digits and keys are never one: what they mean is the question's."""
    said = normalise(text)
    for code in (language, *(each for each in languages if each != language)):
        phrases = _phrases(languages, code)
        found = phrases.get(said) or phrases.get(without_courtesy(said, languages[code].courtesy))
        if found:
            return found
    return None


@lru_cache(maxsize=64)
def _phrases(languages: Languages, code: str) -> Mapping[str, Command]:
    return {normalise(phrase): Command(name) for name, each in languages[code].commands.items() for phrase in each}
