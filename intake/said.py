"""A sentence about what somebody sent, in English with gaps: the command line prints it, a page translates it first."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Said:
    sentence: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.sentence % self.values if self.values else self.sentence


def said(sentence: str, **values: object) -> Said:
    return Said(sentence, values)
