"""What a request costs a family in a language: the texts it sends, and the segments it receives."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from channels.segments import segments
from intake.chat import chat
from locales.languages import Language, Languages

_SHORTEST = ("1", "02-2026", "9000", "1")
_COMPLETE = (*_SHORTEST, "1", "1", "3", "1", "3", "Noor", "3", "1", "2")
_LONGEST = (*_SHORTEST, "1", "3", "0470000002", "3", "4", "3", "Noor", "1", "4", "3", "2", "1", "3", "2", "2", "1", "2")


@dataclass(frozen=True)
class Cost:
    """What a family sends, and the segments it receives, to a request that counts and to a whole one."""

    language: str
    sends: tuple[int, int, int]  # to countable, to complete, to complete by the longest way
    segments: tuple[int, int, int]


def cost(languages: Languages, code: str) -> Cost:
    """Measured on the conversation itself, without the Dutch twin of the law."""
    first, second, third = (_talked(languages[code], script) for script in (_SHORTEST, _COMPLETE, _LONGEST))
    return Cost(code, (first[0], second[0], third[0]), (first[1], second[1], third[1]))


def _talked(language: Language, script: Sequence[str]) -> tuple[int, int]:
    """What a family sends that greets and answers so, and the segments it receives."""
    received, first = list[str](), f"1 {language.name}"

    def sends() -> Iterator[str]:
        yield language.greetings[0]
        if first in received[0]:  # it greets in several languages: which one is asked before all
            yield "1"
        yield from script

    for text in chat(sends(), language.code, dutch_alongside="off"):
        received.append(text)
    return 1 + (first in received[0]) + len(script), sum(map(segments, received))
