"""Special categories: from answers to flags, by dated rules, in three values.

A flag is true (false) when it is so under every completion of what is not known, else None. The rules, with their
sources, stand in `categories.yaml`; what a criterion means stands here, one small function each.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cached_property, lru_cache
from itertools import combinations, product
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from flows.answers import REFUSED, UNKNOWN, Answer, Flag
from locales import yamlfile

Answers = Mapping[str, Answer]
Possible = frozenset[bool]  # what a criterion can still turn out to be
YES, NO, OPEN = frozenset({True}), frozenset({False}), frozenset({True, False})
URGENT_DAYS = 30
RULES = Path(__file__).with_name("categories.yaml")


class Criterion(StrEnum):
    SOON = "soon"
    URGENT_REASON = "urgent_reason"
    EXTENDED = "extended"
    WORKS = "works"
    WORKS_FOUR_FIFTHS = "works_four_fifths"
    SINGLE = "single"
    INCOME_LOW = "income_low"
    FOSTER = "foster"
    SIBLING = "sibling"
    CARE_SITUATION = "care_situation"
    LOW_EDUCATION = "low_education"
    CARE_NEED = "care_need"


KEYS: Mapping[Criterion, tuple[str, ...]] = {
    Criterion.SOON: ("start",),
    Criterion.URGENT_REASON: ("urgent_reason",),
    Criterion.EXTENDED: ("extended",),
    Criterion.WORKS: ("work",),
    Criterion.WORKS_FOUR_FIFTHS: ("work", "work_days"),
    Criterion.SINGLE: ("partner",),
    Criterion.INCOME_LOW: ("income_low",),
    Criterion.FOSTER: ("foster",),
    Criterion.SIBLING: ("sibling",),
    Criterion.CARE_SITUATION: ("care_situation",),
    Criterion.LOW_EDUCATION: ("diploma",),
    Criterion.CARE_NEED: ("care_need",),
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rule(_Strict):
    id: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    flag: Flag
    start: Annotated[date, Field(alias="from")] = date.min
    until: date = date.max
    count: Annotated[int, Field(ge=1)]
    of: tuple[Criterion, ...]
    and_any: tuple[Criterion, ...] = ()
    sure: str
    source: str

    @cached_property
    def keys(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(key for criterion in self.of for key in KEYS[criterion]))

    def holds(self, truth: Mapping[Criterion, bool]) -> bool:
        any_of = not self.and_any or any(truth[criterion] for criterion in self.and_any)
        return any_of and sum(truth[criterion] for criterion in self.of) >= self.count


class Limit(_Strict):
    """An income under which it counts as low."""

    start: Annotated[date, Field(alias="from")]
    yearly: Decimal
    verified: bool

    @property
    def monthly(self) -> int:
        """In round numbers, as it is asked."""
        return int(self.yearly / 12 / 100) * 100


class Registered(_Strict):
    from_year: int
    flags: frozenset[Flag]


class _File(_Strict):
    rules: tuple[Rule, ...]
    income_limits: tuple[Limit, ...]
    registered: tuple[Registered, ...]

    @model_validator(mode="after")
    def _one_rule_at_a_time(self) -> "_File":
        for one, other in combinations(self.rules, 2):
            if one.flag is other.flag and one.start <= other.until and other.start <= one.until:
                raise ValueError(f"{one.id} and {other.id} are both in force for {one.flag} on some day")
        for rule in self.rules:
            if rule.count > len(rule.of) or not set(rule.and_any) <= set(rule.of):
                raise ValueError(f"{rule.id} can never hold as it is written")
        return self


@dataclass(frozen=True)
class Rules:
    """The rules of one file; `hash` names its exact content, and so tells two of them apart."""

    file: _File = field(compare=False)
    hash: str

    def of(self, flag: Flag, on: date) -> Rule | None:
        return _in_force(self, flag, on)


@lru_cache(maxsize=8192)
def _in_force(rules: Rules, flag: Flag, on: date) -> Rule | None:
    found = (rule for rule in rules.file.rules if rule.flag is flag and rule.start <= on <= rule.until)
    return next(found, None)


@dataclass(frozen=True, slots=True)
class Decision:
    """`because`: the fewest answered keys that alone give this value; while it is open, the keys that are missing."""

    value: bool | None
    rule: str | None
    because: tuple[str, ...]


@lru_cache(maxsize=8)
def load(path: Path = RULES) -> Rules:
    """Raises `locales.yamlfile.YamlProblem` with file, line and reason."""
    text = path.read_text(encoding="utf-8")
    return Rules(yamlfile.parse(text, _File, path.name), hashlib.sha256(text.encode()).hexdigest())


def categorise(
    answers: Answers, asked_on: date, rules: Rules, *, urgent_days: int = URGENT_DAYS
) -> Mapping[Flag, Decision]:
    """Every flag of one request. Answers that no rule uses are ignored."""
    return {flag: _decision(rules, flag, answers, asked_on, urgent_days) for flag in Flag}


def matters(key: str, answers: Answers, asked_on: date, rules: Rules) -> bool:
    """Whether an answer to `key` can still help to decide a flag (the stop rule)."""
    using = (flag for flag in Flag if (rule := rules.of(flag, asked_on)) is not None and key in rule.keys)
    return any(_decision(rules, flag, answers, asked_on, URGENT_DAYS).value is None for flag in using)


def income_limit(rules: Rules, on: date) -> Limit:
    """The last amount known on that day."""
    known = [limit for limit in rules.file.income_limits if limit.start <= on]
    return max(known or rules.file.income_limits[:1], key=lambda limit: limit.start)


def registered_flags(rules: Rules, year: int) -> frozenset[Flag]:
    """The categories that are reported for a year."""
    tables = [table for table in rules.file.registered if table.from_year <= year]
    return max(tables, key=lambda table: table.from_year).flags if tables else frozenset()


def warnings(rules: Rules, on: date) -> Iterator[str]:
    """What `check` says about tables that wait for a source."""
    limit = income_limit(rules, on)
    if not limit.verified:
        yield f"the income limit of {limit.yearly} euros (from {limit.start}) is not verified: ask Opgroeien"


def _decision(rules: Rules, flag: Flag, answers: Answers, asked_on: date, urgent_days: int) -> Decision:
    rule = rules.of(flag, asked_on)
    if rule is None:
        return Decision(None, None, ())
    given = tuple((key, answers[key]) for key in rule.keys if key in answers)
    day = asked_on if Criterion.SOON in rule.of else rule.start  # no other criterion looks at the day
    return _decide(rules, flag, given, day, urgent_days)


@lru_cache(maxsize=4096)
def _decide(
    rules: Rules, flag: Flag, pairs: tuple[tuple[str, Answer], ...], asked_on: date, urgent_days: int
) -> Decision:
    """Kept, because most answers of a family change nothing for most flags. `pairs`: what the rule looks at."""
    rule, answers = rules.of(flag, asked_on), dict(pairs)
    assert rule is not None
    value = _value(rule, answers, asked_on, urgent_days)
    if value is None:
        missing = tuple(key for key in rule.keys if not _is_given(answers, key))
        return Decision(None, rule.id, missing)
    given = [key for key in rule.keys if key in answers]
    for size in range(len(given) + 1):
        for keys in combinations(given, size):
            only = {key: answers[key] for key in keys}
            if _value(rule, only, asked_on, urgent_days) is value:
                return Decision(value, rule.id, keys)
    raise AssertionError("all answers together give the value")


def _value(rule: Rule, answers: Answers, asked_on: date, urgent_days: int) -> bool | None:
    """The same under every completion, else None.

    More criteria that hold never make a rule hold less, and criteria of one rule share no key: the completion that
    helps least and the one that helps most decide between them for all.
    """
    possible = {criterion: _possible(criterion, answers, asked_on, urgent_days) for criterion in rule.of}
    if rule.holds({criterion: False not in each for criterion, each in possible.items()}):
        return True
    return None if rule.holds({criterion: True in each for criterion, each in possible.items()}) else False


def _possible(criterion: Criterion, answers: Answers, asked_on: date, urgent_days: int) -> Possible:
    match criterion:
        case Criterion.SOON:
            return _soon(answers.get("start"), asked_on + timedelta(days=urgent_days))
        case Criterion.URGENT_REASON:
            return _urgent_reason(answers)
        case Criterion.WORKS_FOUR_FIFTHS:
            return _works_four_fifths(answers)
        case _:
            key, holds = KEYS[criterion][0], _SIMPLE[criterion]
            return frozenset({holds(answers[key])}) if _is_given(answers, key) else OPEN


_SIMPLE: Mapping[Criterion, Callable[[Answer], bool]] = {
    Criterion.EXTENDED: lambda value: len(value) > 0,
    Criterion.WORKS: lambda value: value != "none",
    Criterion.SINGLE: lambda value: value == "no",
    Criterion.INCOME_LOW: lambda value: value == "yes",
    Criterion.FOSTER: lambda value: value == "yes",
    Criterion.SIBLING: lambda value: value == "yes",
    Criterion.CARE_SITUATION: lambda value: value != "none",
    Criterion.LOW_EDUCATION: lambda value: value == "no",
    Criterion.CARE_NEED: lambda value: value == "yes",
}


def _soon(start: Answer | None, last: date) -> Possible:
    """As soon as possible and past dates too; a month is its first day."""
    if not isinstance(start, str) or start in (UNKNOWN, REFUSED):
        return OPEN
    if start == "asap":
        return YES
    return frozenset({date.fromisoformat(start if len(start) == 10 else f"{start}-01") <= last})


def _urgent_reason(answers: Answers) -> Possible:
    """Not asked although the start is known: there was no reason to ask, so there is no reason."""
    if "urgent_reason" not in answers:
        return NO if _is_given(answers, "start") else OPEN
    reason = answers["urgent_reason"]
    return OPEN if reason in (UNKNOWN, REFUSED) else frozenset({reason != "other"})


def _works_four_fifths(answers: Answers) -> Possible:
    """The parents' days a week of work or day training, sum >= 4 x parents; looking for work counts 0."""
    work = answers.get("work", UNKNOWN)
    if work in ("none", "seeking"):
        return NO
    days = answers.get("work_days", UNKNOWN)
    enough = OPEN if isinstance(days, str) else _enough(days)
    return enough if _is_given(answers, "work") else enough | NO


def _enough(days: Iterable[str]) -> Possible:
    entries = [range(6) if each in (UNKNOWN, REFUSED) else (int(each),) for each in days]
    return frozenset(sum(each) >= 4 * len(each) for each in product(*entries))


def _is_given(answers: Answers, key: str) -> bool:
    return key in answers and answers[key] not in (UNKNOWN, REFUSED)
