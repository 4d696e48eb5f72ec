"""What each language brings: its own name, how it is written and spoken, and the phrases people use in it.

One `language.yaml` a folder; no list of languages stands in code. Phrases are whole messages in small letters,
without courtesy words: a phrase that only stands inside a longer message decides nothing.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from locales import yamlfile

FOLDER = Path(__file__).parent
Phrases = tuple[str, ...]


class Language(BaseModel):
    """One `language.yaml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
    name: str  # its own name for itself
    direction: Literal["ltr", "rtl"] = "ltr"
    voice: str = ""  # Twilio's voice; "": recorded audio only
    speech: str = ""  # the language Twilio's speech recognition is set to; "": keys only
    review: Literal["source", "draft", "reviewed"] = "draft"
    commands: Mapping[str, Phrases]
    yes: Phrases
    no: Phrases
    courtesy: Phrases = ()  # words that change nothing at either end of a message
    greetings: Phrases = ()
    languages: Mapping[str, Phrases] = {}  # code -> what this language calls it
    words: Mapping[str, Mapping[str, Phrases]] = {}  # kind of word -> value -> phrases, see flows/grammar/lexicon.py
    plain_sms: bool = False  # text messages leave out the marks on letters, as people do who text in it
    letters: str = ""  # letters by which it is told from its neighbours in the same script
    day_after_month: bool = False  # "may 25" is a day, not a year
    calendar: Literal["", "ethiopian"] = ""  # another one than the Gregorian, whose months have the same names
    except_follows: bool = False  # "Wednesday except, every day": the word stands after the days it takes away
    clock_is_shifted: bool = False  # hours are said six apart: "one in the morning" is seven o'clock
    prefixes: Phrases = ()  # little words written onto the front of a word
    suffixes: Phrases = ()  # endings written onto its back

    @field_validator("yes", "no", "courtesy", "greetings")
    @classmethod
    def _in_small_letters(cls, phrases: Phrases) -> Phrases:
        wrong = [phrase for phrase in phrases if phrase != phrase.casefold().strip() or not phrase]
        if wrong:
            raise ValueError(f"write {wrong[0]!r} in small letters, without spaces at its ends")
        if len(set(phrases)) != len(phrases):
            raise ValueError("a phrase stands twice")
        return phrases


class Languages(Mapping[str, Language]):
    """All languages by their code."""

    def __init__(self, languages: Mapping[str, Language]) -> None:
        self._languages = dict(languages)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        """By identity: the phrase tables made of one collection are kept beside it."""
        return id(self)

    def __getitem__(self, code: str) -> Language:
        return self._languages[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._languages)

    def __len__(self) -> int:
        return len(self._languages)


@lru_cache(maxsize=8)
def load(folder: Path = FOLDER) -> Languages:
    """Every language below `folder`. Raises `locales.yamlfile.YamlProblem` with file, line and key."""
    found = {}
    for path in sorted(folder.glob("*/language.yaml")):
        language = yamlfile.load(path, Language)
        if language.code != path.parent.name:
            raise yamlfile.YamlProblem(f"{path.parent.name}/{path.name}: the code {language.code} is not its folder's")
        found[language.code] = language
    return Languages(found)
