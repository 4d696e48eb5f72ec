"""What a family can say at any moment: whole phrases in every loaded language, the conversation's own first; and in
that one also what is put together of words that can only mean one command ("can I talk to somebody please").
"""

from collections.abc import Sequence

from flows.answers import Command
from flows.grammar.lexicon import Word, words
from flows.grammar.normalise import normalise
from flows.grammar.phrases import meaning, plain
from locales.languages import Languages

_WORDS = {  # marks of `language.yaml` -> the command that such a word asks for
    "talk": Command.HUMAN, "person": Command.HUMAN, "goback": Command.BACK, "anew": Command.RESTART,
    "again": Command.REPEAT, "assist": Command.HELP,
}  # fmt: skip
_LONGEST = 9  # words; whoever writes more means something of their own


def read_command(text: str, languages: Languages, language: str) -> Command | None:
    """The command that this whole message is. Digits and keys are never one: what they mean is the question's."""
    found = meaning(text, languages, language)
    if found is not None:
        return found if isinstance(found, Command) else None
    return _put_together(words(plain(normalise(text), languages, language), languages, language))


def _put_together(said: Sequence[Word]) -> Command | None:
    """Every word asks for the same command, or says only that one wants something."""
    meant = set[Command]()
    for word in said:
        command = next((each for mark, each in _WORDS.items() if word.has(mark)), None)
        if command:
            meant.add(command)
        elif not (word.has("want") or word.is_filler):
            return None
    if meant == {Command.RESTART, Command.REPEAT}:
        return Command.RESTART  # "again from the beginning"
    return meant.pop() if len(meant) == 1 and 1 < len(said) <= _LONGEST else None
