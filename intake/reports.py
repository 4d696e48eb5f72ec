"""The yearly counts: unique and unanswered requests, in total and per special category, by a definition with a name.

Nothing is decided here: definitions and rules are dated data in `flows/`, what was decided stands with each request.
"""

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

from flows import definitions
from flows.answers import Flag
from flows.categories import registered_flags
from flows.definitions import UNIQUE, Asked, Definition, Happened, Outcome, YearRule, counts_in
from flows.engine.turn import local_day
from intake import own_definitions
from intake.installation import Installation
from intake.said import Said
from intake.spreadsheet import workbook
from storage import desks, reports
from storage.database import Session
from storage.desks import Choices
from storage.reports import Request

ALL = "all"
OVERLAPS = 4  # none, one, two, three or more
_NAMES = tuple(flag.value for flag in Flag)
COLUMNS = ("unique", "unanswered", "open_start_to_come", "open_start_passed", "unreachable", "flag_unknown")


class WrongReport(ValueError):
    """A report that cannot be made as asked. `said`: the sentence, for a page to translate."""

    def __init__(self, told: str | Said) -> None:
        self.said = told if isinstance(told, Said) else Said(told)
        super().__init__(str(self.said))


@dataclass(frozen=True)
class Wanted:
    """What somebody asks for. `desk`: a short name, None for all of `desk_ids`; the rest None: the default."""

    year: int
    desk: str | None = None
    definition: str | None = None
    year_rule: str | None = None
    as_of: date | None = None
    known_on: datetime | None = None


@dataclass(frozen=True)
class Measure:
    """One line of the table; None: hidden, and for `unanswered` also where nothing was defined."""

    measure: str
    registered: bool
    unique: int | None
    unanswered: int | None
    open_start_to_come: int | None
    open_start_passed: int | None
    unreachable: int | None
    flag_unknown: int | None


@dataclass(frozen=True)
class Overlap:
    """How many requests are in so many of the categories that are reported for the year (`OVERLAPS` - 1: or more)."""

    categories: int
    unique: int
    unanswered: int | None


@dataclass(frozen=True)
class Report:
    year: int
    desk: str | None
    definition: Definition
    year_rule: YearRule
    categories: dict[str, list[str]]
    as_of: date
    known_on: datetime
    measures: tuple[Measure, ...]
    overlap: tuple[Overlap, ...] = ()
    suppressed: tuple[str, ...] | None = None  # of public counts: what is hidden, "measure.column"

    @property
    def everybody(self) -> Measure:
        return self.measures[0]

    def as_json(self) -> dict[str, object]:
        """The interface of `report counts --format json`; `hash` is over everything else."""
        content: dict[str, object] = {
            "year": self.year,
            "desk": self.desk,
            "definitions": {
                "unanswered": self.definition.id,
                "unique": UNIQUE,
                "year": self.year_rule.value,
                "categories": self.categories,
            },
            "as_of": self.as_of.isoformat(),
            "known_on": self.known_on.isoformat(),
            "measures": [asdict(measure) for measure in self.measures],
            **({} if self.suppressed is None else {"suppressed": list(self.suppressed)}),
        }
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return {**content, "hash": hashlib.sha256(text.encode()).hexdigest()}

    def as_xlsx(self) -> bytes:
        """The same as a workbook: the counts, and what was counted."""
        rows = [asdict(measure) for measure in self.measures]
        about = [(name, value if isinstance(value, str | int) else json.dumps(value))
                 for name, value in self.as_json().items() if name != "measures"]  # fmt: skip
        counts = [tuple(rows[0]), *(tuple(_cell(value) for value in row.values()) for row in rows)]
        return workbook({"counts": counts, "about": about})

    def as_csv(self) -> str:
        """`#` lines that say what was counted, a header, a row for each measure."""
        content = self.as_json()
        out = io.StringIO()
        for name, value in content.items():
            if name != "measures":
                out.write(f"# {name}: {value if isinstance(value, str | int) else json.dumps(value)}\n")
        rows = [asdict(measure) for measure in self.measures]
        writer = csv.DictWriter(out, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: _cell(value) for key, value in row.items()} for row in rows)
        return out.getvalue()


@dataclass(frozen=True)
class Frame:
    """What is wanted, with everything that was left open filled in.

    `asked`: the days of asking, None: any; `registered`: the categories that are reported for the year.
    """

    definition: Definition
    rule: YearRule
    desk_ids: frozenset[str]
    as_of: date
    known_on: datetime
    asked: tuple[date, date] | None
    registered: frozenset[Flag]


def frame(session: Session, here: Installation, wanted: Wanted, now: datetime, desk_ids: frozenset[str]) -> Frame:
    """Raises `WrongReport`."""
    definition, rule = _definition(session, wanted, desk_ids), _year_rule(wanted)
    which, chosen = _desks(session, wanted, desk_ids)
    as_of = wanted.as_of or min(date.fromisoformat(f"{wanted.year + 1}-{chosen.filing_day}"), local_day(now))
    asked = (date(wanted.year, 1, 1), date(wanted.year, 12, 31)) if rule is YearRule.ASKED else None
    usual = registered_flags(here.rules, wanted.year)
    registered = frozenset(map(Flag, chosen.registered.get(wanted.year, usual)))
    return Frame(definition, rule, which, as_of, wanted.known_on or now, asked, registered)


def counts(session: Session, here: Installation, wanted: Wanted, now: datetime, desk_ids: frozenset[str]) -> Report:
    """The counts over `desk_ids`, or over the one of them that is wanted. Raises `WrongReport`."""
    asked = frame(session, here, wanted, now, desk_ids)
    found = _alike(counted(session, here, wanted, asked))
    lines = [_measure(ALL, True, found, 0, asked.definition)]
    for flag in _NAMES:
        mine = [each for each in found if each.flags[flag]]
        unknown = sum(each.many for each in found if each.flags[flag] is None)
        lines.append(_measure(flag, Flag(flag) in asked.registered, mine, unknown, asked.definition))
    used = {flag: sorted({id_ for each in found if (id_ := each.rules.get(flag))}) for flag in _NAMES}
    return Report(
        wanted.year, wanted.desk, asked.definition, asked.rule, used, asked.as_of, asked.known_on, tuple(lines),
        _overlap(found, asked.registered, asked.definition),
    )  # fmt: skip


class Counted(NamedTuple):
    """What so many requests add to the lines they belong to; looked at once, counted up to six times.

    `since`: the day from which on it is as it is now.
    """

    flags: Mapping[str, bool | None]
    rules: Mapping[str, str | None]
    is_unanswered: bool
    is_open_to_come: bool
    is_open_passed: bool
    is_unreachable: bool
    many: int
    asked_on: date
    since: date
    also: tuple[str, ...]


def counted(
    session: Session, here: Installation, wanted: Wanted, asked: Frame, also: Sequence[str] = ()
) -> list[Counted]:
    """What counts for the year, in kinds; `also`: columns by which it is divided further."""
    found = reports.requests(session, here.keys, asked.desk_ids, asked.known_on, asked.asked, also)
    return [each for request in found if (each := _counted(request, asked, wanted.year))]


@dataclass(frozen=True, slots=True)
class Behind:
    """One request behind a number. `lines`: the categories it stands in too; `since`: as it is from that day on."""

    id: str
    lines: tuple[str, ...]
    since: date


def behind(
    session: Session, here: Installation, wanted: Wanted, now: datetime, desk_ids: frozenset[str], measure: str,
    column: str,
) -> list[Behind]:  # fmt: skip
    """The requests that one number of the table counts, those first that matter most: they stand in most lines of
    the table, then they have been so for longest. Raises `WrongReport`."""
    if measure not in (ALL, *Flag) or column not in COLUMNS:
        raise WrongReport("choose a number of the table")
    asked = frame(session, here, wanted, now, desk_ids)
    found = []
    for id_, request in reports.each(session, here.keys, asked.desk_ids, asked.known_on, asked.asked):
        each = _counted(request, asked, wanted.year)
        if each is not None and _is_behind(each, measure, column):
            lines = tuple(flag.value for flag in Flag if flag in asked.registered and each.flags[flag.value])
            found.append(Behind(id_, lines, each.since))
    return sorted(found, key=lambda each: (-len(each.lines), each.since, each.id))


def asked_of(request: Request) -> Asked:
    """A request as a definition looks at it."""
    history = [_happened(*each) for each in request.outcomes]
    return Asked(request.asked_on, request.start, history, request.first_reply_on)


@lru_cache(maxsize=32768)
def _happened(since: date, code: str, reason: str) -> Happened:
    return Happened(since, Outcome(code), reason)


def is_counted(asked: Asked, wanted: Frame, year: int) -> bool:
    """Whether it belongs to the year and is a request at all."""
    is_request = asked.at(wanted.as_of).outcome is not Outcome.NOT_A_REQUEST
    return is_request and counts_in(wanted.rule, year, asked, wanted.as_of)


def years(now: datetime) -> Sequence[int]:
    """The years a coordinator may ask for, the newest first."""
    return range(local_day(now).year, 2018, -1)


def _counted(request: Request, wanted: Frame, year: int) -> Counted | None:
    """None when it is not counted."""
    asked = asked_of(request)
    if not is_counted(asked, wanted, year):
        return None
    last = asked.at(wanted.as_of)
    is_open = last.outcome is Outcome.OPEN
    has_passed = is_open and asked.starts is not None and asked.starts < wanted.as_of
    return Counted(
        request.flags, request.rules, bool(wanted.definition.is_unanswered(asked, wanted.as_of)),
        is_open and not has_passed, has_passed, last.outcome is Outcome.UNREACHABLE, request.many, asked.on,
        last.since, request.also,
    )  # fmt: skip


def _alike(found: list[Counted]) -> list[Counted]:
    """Those that differ in their days alone, which no total looks at, together."""
    many, first = Counter[tuple[object, ...]](), dict[tuple[object, ...], Counted]()
    for each in found:
        key = (*each.flags.values(), *each.rules.values(), each[2:6])
        many[key] += each.many
        first.setdefault(key, each)
    return [each._replace(many=many[key]) for key, each in first.items()]


def _overlap(found: list[Counted], registered: frozenset[Flag], definition: Definition) -> tuple[Overlap, ...]:
    many, unanswered = Counter[int](), Counter[int]()
    names = [flag.value for flag in registered]
    for each in found:
        place = min(sum(bool(each.flags[name]) for name in names), OVERLAPS - 1)
        many[place] += each.many
        unanswered[place] += each.many if each.is_unanswered else 0
    return tuple(
        Overlap(place, many[place], unanswered[place] if definition.defined else None) for place in range(OVERLAPS)
    )


def _is_behind(counted: Counted, measure: str, column: str) -> bool:
    flag = None if measure == ALL else counted.flags[measure]
    if column == "flag_unknown":
        return measure != ALL and flag is None
    is_of = {
        "unique": True, "unanswered": counted.is_unanswered, "open_start_to_come": counted.is_open_to_come,
        "open_start_passed": counted.is_open_passed, "unreachable": counted.is_unreachable,
    }[column]  # fmt: skip
    return is_of and (measure == ALL or bool(flag))


def _measure(name: str, registered: bool, mine: list[Counted], unknown: int, definition: Definition) -> Measure:
    return Measure(
        measure=name,
        registered=registered,
        unique=sum(each.many for each in mine),
        unanswered=sum(each.many for each in mine if each.is_unanswered) if definition.defined else None,
        open_start_to_come=sum(each.many for each in mine if each.is_open_to_come),
        open_start_passed=sum(each.many for each in mine if each.is_open_passed),
        unreachable=sum(each.many for each in mine if each.is_unreachable),
        flag_unknown=unknown,
    )


def _definition(session: Session, wanted: Wanted, desk_ids: frozenset[str]) -> Definition:
    known = definitions.load()
    if not 2000 <= wanted.year <= 2098:
        raise WrongReport(f"{wanted.year}: give a year from 2000 on")
    if wanted.definition is None:
        return known.of_year(max(wanted.year, 2019))
    found = known.get(wanted.definition)
    if found is not None:
        return found
    found = own_definitions.find(session, wanted.definition, desk_ids)
    if found is not None and not (found.from_year or 0) <= wanted.year <= (found.until_year or 9999):
        raise WrongReport(f"--definition {found.id}: it is not for {wanted.year}")
    if found is None:
        raise WrongReport(f"--definition {wanted.definition}: choose {', '.join(each.id for each in known.unanswered)}")
    return found


def _year_rule(wanted: Wanted) -> YearRule:
    try:
        return YearRule(wanted.year_rule or YearRule.ASKED)
    except ValueError:
        raise WrongReport(f"--year-rule {wanted.year_rule}: choose {', '.join(YearRule)}") from None


def _desks(session: Session, wanted: Wanted, desk_ids: frozenset[str]) -> tuple[frozenset[str], Choices]:
    """The desks to count and what is chosen for it: by the desk itself, or the usual for several together."""
    if wanted.desk is None:
        only = desks.front(session, *desk_ids).settings if len(desk_ids) == 1 else None
        return desk_ids, Choices() if only is None else desks.read_choices(only)
    found = desks.by_slug(session, wanted.desk)
    if found is None or found.id not in desk_ids:
        raise WrongReport(f"there is no desk {wanted.desk}: `python -m intake desk list` shows them")
    return frozenset({found.id}), desks.choices(found)


def _cell(value: object) -> object:
    return {True: "yes", False: "no", None: ""}[value] if isinstance(value, bool) or value is None else value
