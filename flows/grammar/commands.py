"""What a family can say at any moment: whole phrases, in every loaded language, the conversation's own first."""

from flows.answers import Command
from flows.grammar.phrases import meaning
from locales.languages import Languages


def read_command(text: str, languages: Languages, language: str) -> Command | None:
    """The command that this whole message is. Digits and keys are never one: what they mean is the question's."""
    found = meaning(text, languages, language)
    return found if isinstance(found, Command) else None
