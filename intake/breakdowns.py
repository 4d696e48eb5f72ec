"""The yearly counts divided: by month, language, channel, postcode and age, and the same counts of earlier years.

For people who may see every number of their desk; what goes to everybody is `publishing.py`.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from flows.definitions import Definition
from intake import reports
from intake.installation import Installation
from intake.reports import Counted, Wanted, WrongReport
from storage.database import Session
from storage.reports import DIVIDES

FIRST_YEAR, YEARS = 2019, 6
AGES = ("expected", "0", "1", "2", "3", "")  # of the child on the day of asking, in years; "": not known
REST = "rest"
_FEWEST = 5  # requests in a language: a smaller one is told with the others
_PLACES = 15  # postcodes that stand on their own


@dataclass(frozen=True)
class Part:
    """So many requests. `key`: "2025-03", "nl", "sms", "9000", "0"; `REST`: all the others, "": not known."""

    key: str
    unique: int
    unanswered: int | None


@dataclass(frozen=True)
class Breakdown:
    by: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Year:
    """One year by its own definition. `is_other`: it is not the one of the year before."""

    year: int
    unique: int
    unanswered: int | None
    definition: Definition
    as_of: date
    is_other: bool


def breakdowns(
    session: Session, here: Installation, wanted: Wanted, now: datetime, desk_ids: frozenset[str]
) -> tuple[Breakdown, ...]:
    """Raises `reports.WrongReport`."""
    asked = reports.frame(session, here, wanted, now, desk_ids)
    found = reports.counted(session, here, wanted, asked, DIVIDES)

    def divided(key_of: Callable[[Counted], str]) -> dict[str, Part]:
        unique, unanswered = Counter[str](), Counter[str]()
        for each in found:
            key = key_of(each)
            unique[key] += each.many
            unanswered[key] += each.many if each.judged.is_unanswered else 0
        is_defined = asked.definition.defined
        return {key: Part(key, many, unanswered[key] if is_defined else None) for key, many in unique.items()}

    def of(column: str) -> dict[str, Part]:
        place = 1 + DIVIDES.index(column)
        return divided(lambda each: each.also[place])

    quarter = 1 + DIVIDES.index("birth_quarter")
    return (
        Breakdown("month", _in_order(divided(lambda each: f"{each.also[0]:%Y-%m}"), _months(wanted, asked.asked))),
        Breakdown("language", _largest(of("language"), _FEWEST)),
        Breakdown("channel", _largest(of("channel"))),
        Breakdown("postcode", _largest(of("postcode"), most=_PLACES)),
        Breakdown("age", _ages(divided(lambda each: age(each.also[0], each.also[quarter])))),
    )


def years(
    session: Session, here: Installation, wanted: Wanted, now: datetime, desk_ids: frozenset[str]
) -> tuple[Year, ...]:
    """The year that is wanted and those before it, from the first one with a request on; each as it was reported."""
    found = list[Year]()
    for year in range(max(FIRST_YEAR, wanted.year - YEARS + 1), wanted.year + 1):
        as_wanted = replace(wanted, year=year, as_of=wanted.as_of if year == wanted.year else None)
        try:
            report = reports.counts(session, here, as_wanted, now, desk_ids)
        except WrongReport:
            if year == wanted.year:
                raise
            continue  # a desk's own definition that was not for that year
        count = report.everybody
        if found or count.unique:
            is_other = bool(found) and found[-1].definition.id != report.definition.id
            found.append(
                Year(year, count.unique or 0, count.unanswered, report.definition, report.as_of, is_other)
            )  # fmt: skip
    return tuple(found)


def age(asked_on: date, quarter: str) -> str:
    """In whole years on the day of asking, as far as a quarter of birth tells: one of `AGES`."""
    if not quarter:
        return ""
    quarters = asked_on.year * 4 + (asked_on.month - 1) // 3 - (int(quarter[:4]) * 4 + int(quarter[6]) - 1)
    return "expected" if quarters < 0 else str(min(quarters // 4, 3))


def _months(wanted: Wanted, asked: tuple[date, date] | None) -> tuple[str, ...]:
    """The twelve of the year where it is the year of asking; else those that there are."""
    return tuple(f"{wanted.year}-{month:02}" for month in range(1, 13)) if asked else ()


def _ages(parts: Mapping[str, Part]) -> tuple[Part, ...]:
    return _in_order(parts, AGES if "" in parts else AGES[:-1])


def _in_order(parts: Mapping[str, Part], order: tuple[str, ...]) -> tuple[Part, ...]:
    """All of `order`, also where nothing was asked; without an order, those that there are."""
    none = next((None if part.unanswered is None else 0 for part in parts.values()), 0)
    return tuple(parts.get(key, Part(key, 0, none)) for key in order or sorted(parts))


def _largest(parts: Mapping[str, Part], fewest: int = 0, most: int = 1000) -> tuple[Part, ...]:
    """The largest first; those that are too small or too many together at the end, and what is not known last."""
    known = sorted((part for key, part in parts.items() if key), key=lambda part: (-part.unique, part.key))
    shown = [part for place, part in enumerate(known) if part.unique >= fewest and place < most]
    rest = [part for part in known if part not in shown]
    if len(rest) == 1 and not fewest:
        shown, rest = known, []
    found = shown if not rest else [*shown, _together(rest)]
    return (*found, *((parts[""],) if "" in parts else ()))


def _together(parts: list[Part]) -> Part:
    told = [part.unanswered for part in parts if part.unanswered is not None]
    return Part(REST, sum(part.unique for part in parts), sum(told) if told else None)
