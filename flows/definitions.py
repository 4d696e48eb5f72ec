"""What is counted: outcomes of a request, what makes it unanswered, and which year it belongs to.

Only the raw outcome is ever stored; whether a request was answered is computed here, by a definition with a name.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from locales import yamlfile

DEFINITIONS = Path(__file__).with_name("definitions.yaml")
UNIQUE = "uniek-opgroeien"  # one requester and one child; see the docs


class Outcome(StrEnum):
    OPEN = "open"
    OFFER_MADE = "offer_made"
    PLACED_VIA_DESK = "placed_via_desk"
    PLACED_OTHER_MUNICIPALITY = "placed_other_municipality"
    PLACED_OWN_SOLUTION = "placed_own_solution"
    INFORMAL_SOLUTION = "informal_solution"
    OFFER_REFUSED = "offer_refused"
    NO_PLACE = "no_place"
    LAPSED = "lapsed"
    UNREACHABLE = "unreachable"
    UNKNOWN = "unknown"
    NOT_A_REQUEST = "not_a_request"  # outside every count


REASONS: Mapping[Outcome, tuple[str, ...]] = {
    Outcome.OFFER_REFUSED: ("days", "hours", "price", "distance", "other"),
    Outcome.NO_PLACE: ("full", "start_date", "days", "extended_hours", "care_need", "price"),
    Outcome.LAPSED: ("pregnancy_ended", "moved", "no_longer_needed"),
    Outcome.NOT_A_REQUEST: ("prank", "test", "wrong_number", "information", "duplicate"),
}
OUTCOMES = frozenset(Outcome) | {f"{outcome}:{reason}" for outcome, reasons in REASONS.items() for reason in reasons}
_PLACED = {Outcome.PLACED_VIA_DESK, Outcome.PLACED_OTHER_MUNICIPALITY, Outcome.PLACED_OWN_SOLUTION}
OFFERED = _PLACED | {Outcome.OFFER_MADE, Outcome.OFFER_REFUSED}
ENDED = _PLACED | {Outcome.INFORMAL_SOLUTION, Outcome.NO_PLACE, Outcome.LAPSED, Outcome.NOT_A_REQUEST}


class YearRule(StrEnum):
    """To which year a request belongs."""

    ASKED = "year-asked"
    START = "year-of-start"
    EVERY_OPEN = "every-year-open"


@dataclass(frozen=True, slots=True)
class Happened:
    """One outcome of a request: from which day on, and why."""

    since: date
    outcome: Outcome
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a definition looks at. `start`: "asap", a month, a day, or "" when not known; `history`: oldest first."""

    on: date
    start: str
    history: Sequence[Happened] = ()
    first_reply_on: date | None = None

    def at(self, day: date) -> Happened:
        """The outcome that counts: the last one dated on or before that day."""
        for each in reversed(self.history):
            if each.since <= day:
                return each
        return Happened(self.on, Outcome.OPEN)

    @property
    def starts(self) -> date | None:
        """The first day childcare is wanted, None when nobody knows."""
        if self.start == "asap":
            return self.on
        if not self.start or not self.start[0].isdigit():
            return None
        return date.fromisoformat(self.start if len(self.start) == 10 else f"{self.start}-01")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Explained(_Strict):
    """A rule in plain Dutch, where it comes from, and what is not certain about it."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]+(@[0-9]+)?$")]  # a desk's own carries its version
    name: str
    source: str
    explanation: str
    open: str = ""


class Definition(Explained):
    """One meaning of "unanswered". `outcomes`: "no_place", or "no_place:full" for that reason alone."""

    from_year: int | None = None
    until_year: int | None = None
    defined: bool = True
    outcomes: frozenset[str] = frozenset()
    before_start: bool = False
    reply_within: int | None = None

    @field_validator("outcomes")
    @classmethod
    def _are_outcomes(cls, given: frozenset[str]) -> frozenset[str]:
        for each in given:
            if each not in OUTCOMES:
                raise ValueError(f"{each} is no outcome, and no outcome:reason")
        return given

    def covers(self, year: int) -> bool:
        """Whether it is the default for that year."""
        if self.from_year is None and self.until_year is None:
            return False
        return (self.from_year or 0) <= year <= (self.until_year or 9999)

    def is_unanswered(self, asked: Asked, as_of: date) -> bool | None:
        """At the end of that day; None where nothing was defined."""
        if not self.defined:
            return None
        now = asked.at(as_of)
        if now.outcome in self.outcomes or f"{now.outcome}:{now.reason}" in self.outcomes:
            return True
        if now.outcome in (Outcome.LAPSED, Outcome.NOT_A_REQUEST):
            return False
        return (self.before_start and _missed_start(asked, as_of)) or (
            self.reply_within is not None and _missed_reply(asked, as_of, self.reply_within)
        )


class Definitions(_Strict):
    """`definitions.yaml`; `hash` names its exact content."""

    unanswered: tuple[Definition, ...]
    unique: Explained
    years: tuple[Explained, ...]
    categories: tuple[Explained, ...]
    hash: str = ""

    @model_validator(mode="after")
    def _one_default_a_year(self) -> "Definitions":
        ids = [each.id for each in self.unanswered]
        if len(set(ids)) != len(ids):
            raise ValueError("a definition's id stands twice")
        for year in range(2019, 2100):
            found = [each.id for each in self.unanswered if each.covers(year)]
            if len(found) != 1:
                raise ValueError(f"{year} needs exactly one default definition, not {', '.join(found) or 'none'}")
        return self

    def get(self, id_: str) -> Definition | None:
        return next((each for each in self.unanswered if each.id == id_), None)

    def of_year(self, year: int) -> Definition:
        """The default definition."""
        return next(each for each in self.unanswered if each.covers(year))


@lru_cache(maxsize=8)
def load(path: Path = DEFINITIONS) -> Definitions:
    """Raises `locales.yamlfile.YamlProblem` with file, line and reason."""
    text = path.read_text(encoding="utf-8")
    found = yamlfile.parse(text, Definitions, path.name)
    return found.model_copy(update={"hash": hashlib.sha256(text.encode()).hexdigest()})


def counts_in(rule: YearRule, year: int, asked: Asked, as_of: date) -> bool:
    """Whether a request belongs to that year, by what had become of it at the end of a day."""
    match rule:
        case YearRule.ASKED:
            return asked.on.year == year
        case YearRule.START:
            return asked.starts is not None and asked.starts.year == year
        case YearRule.EVERY_OPEN:
            last = asked.at(as_of)
            return asked.on <= date(year, 12, 31) and not (last.outcome in ENDED and last.since < date(year, 1, 1))


def _missed_start(asked: Asked, as_of: date) -> bool:
    start = asked.starts
    if start is None or start >= as_of:
        return False
    return not any(each.outcome in OFFERED and each.since <= start for each in asked.history)


def _missed_reply(asked: Asked, as_of: date, days: int) -> bool:
    last = asked.on + timedelta(days=days)
    return as_of > last and (asked.first_reply_on is None or asked.first_reply_on > last)
