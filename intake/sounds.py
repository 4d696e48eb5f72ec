"""How each language sounds on the phone: a synthetic voice, recordings, or both; recordings go first."""

from enum import StrEnum

from flows.speaking import Line
from locales.languages import Languages


class Level(StrEnum):
    """What a caller can do in a language."""

    NONE = "none"  # not offered
    DOOR = "door"  # leave a message in it, and be called with an interpreter
    FULL = "full"


class Sounds:
    """The voices and recordings of an installation."""

    def __init__(self, languages: Languages) -> None:
        self._languages = languages

    def level(self, language: str) -> Level:
        return Level.FULL if self._languages[language].voice else Level.NONE

    def play(self, line: Line) -> tuple[str, ...] | None:
        """Addresses of the recordings that say a line, one after the other; None: a voice says it."""
        return None
