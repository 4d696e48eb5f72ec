"""The yearly counts: unique and unanswered requests, in total and per special category, by a definition with a name.

Nothing is decided here: definitions and rules are dated data in `flows/`, what was decided stands with each request.
"""

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

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
from storage.reports import Looked, Request

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

    def looked(self, also: Sequence[str] = ()) -> Looked:
        """What is read for it."""
        firsts = self.definition.before_start or self.definition.reply_within is not None
        return Looked(self.desk_ids, self.as_of, self.known_on, self.asked, firsts, also)


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
    found = counted(session, here, wanted, asked)
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


class Judged(NamedTuple):
    """What the lines of the table look at of a request that counts, besides its categories."""

    is_unanswered: bool
    is_open_to_come: bool
    is_open_passed: bool
    is_unreachable: bool


class Counted(NamedTuple):
    """So many requests that add the same to the lines they belong to.

    `also`: what each column by which they are divided further holds, and before it the day of asking.
    """

    flags: Mapping[str, bool | None]
    rules: Mapping[str, str | None]
    judged: Judged
    many: int
    also: tuple[Any, ...]


def counted(
    session: Session, here: Installation, wanted: Wanted, asked: Frame, also: Sequence[str] = ()
) -> list[Counted]:
    """What counts for the year, in kinds; `also`: columns by which it is divided further.

    A country's year has hundreds of thousands of requests of some hundred kinds: whatever is done once for each
    request is felt.
    """
    judging, alike = _judging(asked, wanted.year), Counter[tuple[Any, ...]]()
    for request in reports.each(session, here.keys, asked.looked(also)):
        if judged := judging(request):
            divided = (request.asked_on, *request.also) if also else ()
            alike[request.flags, request.rules, judged, divided] += 1
    return [
        Counted(_named(flags), reports.rules_of(rules), judged, many, divided)
        for (flags, rules, judged, divided), many in alike.items()
    ]


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
    judging = _judging(asked, wanted.year)
    for request in reports.each(session, here.keys, asked.looked()):
        judged, flags = judging(request), _named(request.flags)
        if judged and _is_behind(judged, flags, measure, column):
            lines = tuple(flag.value for flag in Flag if flag in asked.registered and flags[flag.value])
            found.append(Behind(request.id, lines, request.since or request.asked_on))
    return sorted(found, key=lambda each: (-len(each.lines), each.since, each.id))


def asked_of(request: Request) -> Asked:
    """A request as a definition looks at it."""
    return _asked(
        request.asked_on, request.start, request.outcome, request.reason, request.since, request.offered_on,
        request.replied_on,
    )  # fmt: skip


def is_counted(asked: Asked, wanted: Frame, year: int) -> bool:
    """Whether it belongs to the year and is a request at all."""
    is_request = asked.at(wanted.as_of).outcome is not Outcome.NOT_A_REQUEST
    return is_request and counts_in(wanted.rule, year, asked, wanted.as_of)


def years(now: datetime) -> Sequence[int]:
    """The years a coordinator may ask for, the newest first."""
    return range(local_day(now).year, 2018, -1)


def _judging(asked: Frame, year: int) -> Callable[[Request], Judged | None]:
    """How each request counts, None: not at all. Those that are alike in all that is looked at are judged once."""
    needs_day = asked.rule is YearRule.EVERY_OPEN

    @cache
    def judged(*told: Any) -> Judged | None:
        return _judged(_asked(*told), asked, year)

    def judging(request: Request) -> Judged | None:
        _, on, start, _, _, outcome, reason, since, offered_on, replied_on, _ = request
        return judged(on, start, outcome, reason, since if needs_day else since and asked.as_of, offered_on, replied_on)

    return judging


def _asked(
    on: date, start: str, outcome: str | None, reason: str, since: date | None, offered_on: date | None,
    replied_on: date | None,
) -> Asked:  # fmt: skip
    offer = () if offered_on is None else (Happened(offered_on, Outcome.OFFER_MADE),)
    last = () if outcome is None or since is None else (Happened(since, Outcome(outcome), reason),)
    return Asked(on, start, (*offer, *last), replied_on)


def _judged(request: Asked, wanted: Frame, year: int) -> Judged | None:
    if not is_counted(request, wanted, year):
        return None
    outcome = request.at(wanted.as_of).outcome
    is_open = outcome is Outcome.OPEN
    has_passed = is_open and request.starts is not None and request.starts < wanted.as_of
    return Judged(
        bool(wanted.definition.is_unanswered(request, wanted.as_of)), is_open and not has_passed, has_passed,
        outcome is Outcome.UNREACHABLE,
    )  # fmt: skip


@lru_cache(maxsize=1024)
def _named(flags: tuple[bool | None, ...]) -> Mapping[str, bool | None]:
    return MappingProxyType(dict(zip(reports.FLAGS, flags, strict=True)))


def _overlap(found: list[Counted], registered: frozenset[Flag], definition: Definition) -> tuple[Overlap, ...]:
    many, unanswered = Counter[int](), Counter[int]()
    names = [flag.value for flag in registered]
    for each in found:
        place = min(sum(bool(each.flags[name]) for name in names), OVERLAPS - 1)
        many[place] += each.many
        unanswered[place] += each.many if each.judged.is_unanswered else 0
    return tuple(
        Overlap(place, many[place], unanswered[place] if definition.defined else None) for place in range(OVERLAPS)
    )


def _is_behind(judged: Judged, flags: Mapping[str, bool | None], measure: str, column: str) -> bool:
    flag = None if measure == ALL else flags[measure]
    if column == "flag_unknown":
        return measure != ALL and flag is None
    is_of = {
        "unique": True, "unanswered": judged.is_unanswered, "open_start_to_come": judged.is_open_to_come,
        "open_start_passed": judged.is_open_passed, "unreachable": judged.is_unreachable,
    }[column]  # fmt: skip
    return is_of and (measure == ALL or bool(flag))


def _measure(name: str, registered: bool, mine: list[Counted], unknown: int, definition: Definition) -> Measure:
    return Measure(
        measure=name,
        registered=registered,
        unique=sum(each.many for each in mine),
        unanswered=sum(each.many for each in mine if each.judged.is_unanswered) if definition.defined else None,
        open_start_to_come=sum(each.many for each in mine if each.judged.is_open_to_come),
        open_start_passed=sum(each.many for each in mine if each.judged.is_open_passed),
        unreachable=sum(each.many for each in mine if each.judged.is_unreachable),
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
