"""What each language brings: its own name, how it is written and spoken, and the phrases people use in it.

One `language.yaml` a folder; no list of languages stands in code. Phrases are whole messages in small letters,
without courtesy words: a phrase that only stands inside a longer message decides nothing.

A language that is only spoken (nobody reads it) has a name and no phrases and no catalogue: it lives on the phone, by
recordings. What its speakers are to say is written there in Dutch, with a draft in their own words where we have one.

Two tables are read when they are wanted, and not kept: `languages`, what this one calls the others (naming.py makes one
table of all), and `words`, by which messages are cut up (lexicon.py): most languages are not written to a service most
of the time.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from locales import yamlfile

FOLDER = Path(__file__).parent
Phrases = tuple[str, ...]


class Language(BaseModel):
    """One `language.yaml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
    name: str  # its own name for itself
    direction: Literal["ltr", "rtl"] = "ltr"
    rank: int = 100  # how often it is asked for, 1 first: the usual order of a menu
    voice: str = ""  # Twilio's voice; "": recorded audio only
    card: str = ""  # two keys, on a printed card, that choose this language on the phone at once
    speech: str = ""  # the language Twilio's speech recognition is set to; "": keys only
    review: Literal["source", "draft", "reviewed"] = "draft"
    only_spoken: bool = False  # nobody reads it: recordings, no catalogue, never offered in writing
    to_say: Mapping[str, str] = {}  # of such a language: key -> a draft for whoever records, to say in other words
    commands: Mapping[str, Phrases] = {}
    yes: Phrases = ()
    no: Phrases = ()
    nothing: Phrases = ()  # none of several things
    courtesy: Phrases = ()  # words that change nothing at either end of a message
    greetings: Phrases = ()
    signs: Phrases = ()  # little words by which one sees that a message is in this language
    plain_sms: bool = False  # text messages leave out the marks on letters, as people do who text in it
    letters: str = ""  # letters by which it is told from its neighbours in the same script
    day_after_month: bool = False  # "may 25" is a day, not a year
    calendar: Literal["", "ethiopian"] = ""  # another one than the Gregorian, whose months have the same names
    except_follows: bool = False  # "Wednesday except, every day": the word stands after the days it takes away
    half_leads: bool = False  # "in the morning at 7": the half of the day is said before the hour
    clock_is_shifted: bool = False  # hours are said six apart: "one in the morning" is seven o'clock
    prefixes: Phrases = ()  # little words written onto the front of a word
    suffixes: Phrases = ()  # endings written onto its back

    @field_validator("yes", "no", "nothing", "courtesy", "greetings")
    @classmethod
    def _in_small_letters(cls, phrases: Phrases) -> Phrases:
        wrong = [phrase for phrase in phrases if phrase != phrase.casefold().strip() or not phrase]
        if wrong:
            raise ValueError(f"write {wrong[0]!r} in small letters, without spaces at its ends")
        if len(set(phrases)) != len(phrases):
            raise ValueError("a phrase stands twice")
        return phrases

    @model_validator(mode="after")
    def _has_phrases_where_it_is_written(self) -> "Language":
        if self.only_spoken == bool(self.commands and self.yes and self.no):
            raise ValueError("write phrases for commands, yes and no, or `only_spoken: true` and none of them")
        if self.to_say and not self.only_spoken:
            raise ValueError("`to_say` is for a language that is only spoken: others have a catalogue")
        return self

    @model_validator(mode="after")
    def _yes_is_not_no(self) -> "Language":
        if both := set(self.yes) & set(self.no):
            raise ValueError(f"{min(both)!r} stands among yes and among no")
        return self


Names = Mapping[str, Phrases]  # code -> what a language calls it
Words = Mapping[str, Mapping[str, Phrases]]  # kind of word -> value -> phrases


class _Tables(BaseModel):
    """What is read later."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    languages: Names = {}
    words: Words = {}


_TABLES = re.compile(r"^(languages|words):.*\n(?:(?:[ #].*)?\n)*", re.MULTILINE)  # up to the next key


class Languages(Mapping[str, Language]):
    """All languages by their code. `files`: where the rest of each is read when it is wanted."""

    def __init__(self, languages: Mapping[str, Language], files: Mapping[str, Path]) -> None:
        self._languages, self._files = dict(languages), dict(files)

    def names(self, code: str) -> Names:
        """What a language calls the others, read anew each time. Raises `locales.yamlfile.YamlProblem`."""
        return self._table(code, "languages").languages

    def words(self, code: str) -> Words:
        """The table of words of a language, read anew each time. Raises `locales.yamlfile.YamlProblem`."""
        return self._table(code, "words").words

    def _table(self, code: str, key: str) -> _Tables:
        path = self._files[code]
        text = path.read_text(encoding="utf-8")
        found = next((each for each in _TABLES.finditer(text) if each[1] == key), None)
        if found is None:
            return _Tables()
        lines_before = "\n" * text.count("\n", 0, found.start())
        return yamlfile.parse(lines_before + found[0], _Tables, f"{path.parent.name}/{path.name}")

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
    found, files = {}, {}
    for path in sorted(folder.glob("*/language.yaml")):
        rest = _TABLES.sub(lambda table: "\n" * table[0].count("\n"), path.read_text(encoding="utf-8"))
        language = yamlfile.parse(rest, Language, path.name)
        if language.code != path.parent.name:
            raise yamlfile.YamlProblem(f"{path.parent.name}/{path.name}: the code {language.code} is not its folder's")
        found[language.code], files[language.code] = language, path
    return Languages(dict(sorted(found.items(), key=lambda each: (each[1].rank, each[0]))), files)
