"""What the engine must know of the desk that a conversation belongs to: choices a coordinator makes, and tables."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flows.categories import Rules
from flows.grammar.place import Places
from locales.languages import Languages

SOURCE = "nl"  # every text is written in it first


@dataclass(frozen=True)
class Desk:
    """Built by the application from the desk's row; a value, safe to keep and to share."""

    rules: Rules
    words: Languages
    places: Places
    languages: tuple[str, ...] = ("nl",)  # offered, in the order of the menu
    home: frozenset[str] = frozenset()  # the desk's own postcodes
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # language -> key -> text
    days_asked: bool = False
    ask_all: bool = False  # part 3 in full, also what can change no flag
    promise_days: int = 14  # calendar days within which a family hears from a person
    address: str = ""  # of the desk, for who asks; "": not known
    has_hours: bool = False  # whether it is known when the desk is open
    page: str = ""  # address of the public page with every text and the privacy notice

    def is_translated(self, key: str, language: str) -> bool:
        return language == SOURCE or key in self.translations.get(language, {})
