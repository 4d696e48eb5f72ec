"""The yearly counts once more, the long way: one request after the other, from a plain list of all that happened.

Written apart from the service and on purpose without anything of it: no definition files, no SQL, no grouping. Slow.
"""

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

BRUSSELS = ZoneInfo("Europe/Brussels")
FLAGS = ("urgent", "extended", "priority", "vulnerable", "care_need")
FOUND = ("placed_via_desk", "placed_other_municipality", "placed_own_solution")
OVER = (*FOUND, "informal_solution", "no_place", "lapsed", "not_a_request")


@dataclass
class Life:
    """Everything that ever happened to one request: how it began, and what changed of it when."""

    desk: str
    asked_on: date
    written_at: datetime
    start: str  # asap, a month, a day, or ""
    told: dict[str, bool | None]  # what the answers say of each category
    decided: dict[str, bool | None]  # what a colleague says; None: nothing
    state: str = "complete"
    source: str = "desk"
    counted_in: str = "here"
    replied_at: datetime | None = None
    outcomes: list[tuple[date, datetime, str, str]] = field(default_factory=list)  # since, recorded, code, reason
    merges: list[list[datetime | None]] = field(default_factory=list)  # [from, until]
    changes: list[tuple[datetime, dict[str, object]]] = field(default_factory=list)  # from when on, what is otherwise

    @property
    def flags(self) -> dict[str, bool | None]:
        return {flag: self.told[flag] if self.decided[flag] is None else self.decided[flag] for flag in FLAGS}

    def known_on(self, moment: datetime) -> "Life":
        """The same request with what was known of it at that moment."""
        found = copy(self)
        for at, changed in sorted(self.changes, key=lambda each: each[0]):
            if at <= moment:
                for name, value in changed.items():
                    setattr(found, name, value)
        return found

    def first_day(self) -> date | None:
        if self.start == "asap":
            return self.asked_on
        if self.start == "":
            return None
        year, month, *day = (int(each) for each in self.start.split("-"))
        return date(year, month, day[0] if day else 1)


@dataclass(frozen=True)
class Question:
    year: int
    definition: str
    year_rule: str
    as_of: date
    known_on: datetime
    desks: frozenset[str]


def recount(lives: Iterable[Life], asked: Question) -> dict[str, dict[str, int | None]]:
    """measure -> column -> count."""
    table: dict[str, dict[str, int | None]] = {}
    for measure in ("all", *FLAGS):
        table[measure] = dict.fromkeys(
            ("unique", "unanswered", "open_start_to_come", "open_start_passed", "unreachable", "flag_unknown"), 0
        )
        if asked.definition == "raw-2019":
            table[measure]["unanswered"] = None
    for life in (each.known_on(asked.known_on) for each in lives):
        if not was_there(life, asked.known_on) or life.desk not in asked.desks:
            continue
        since, outcome, reason = standing(life, asked.as_of, asked.known_on)
        if outcome == "not_a_request" or not belongs(life, asked, since, outcome):
            continue
        for measure in table:
            flag = True if measure == "all" else life.flags[measure]
            if flag is None:
                add(table[measure], "flag_unknown")
            if flag is not True:
                continue
            add(table[measure], "unique")
            if unanswered(life, asked, outcome, reason):
                add(table[measure], "unanswered")
            if outcome == "unreachable":
                add(table[measure], "unreachable")
            if outcome == "open":
                start = life.first_day()
                has_passed = start is not None and start < asked.as_of
                add(table[measure], "open_start_passed" if has_passed else "open_start_to_come")
    return table


def add(row: dict[str, int | None], column: str) -> None:
    value = row[column]
    if value is not None:
        row[column] = value + 1


def was_there(life: Life, known_on: datetime) -> bool:
    """Whether it was known then as a request of its own that this register counts."""
    if life.state == "ticket" or life.source not in ("desk", "referrer") or life.counted_in != "here":
        return False
    if life.written_at > known_on:
        return False
    for begun, ended in life.merges:
        assert begun is not None
        if begun <= known_on and (ended is None or ended > known_on):
            return False
    return True


def standing(life: Life, day: date, known_on: datetime) -> tuple[date, str, str]:
    """The last thing that came of it up to that day, of what was known at that moment."""
    found = (life.asked_on, "open", "")
    latest: tuple[date, datetime] | None = None
    for since, recorded, code, reason in life.outcomes:
        if since <= day and recorded <= known_on and (latest is None or (since, recorded) > latest):
            latest, found = (since, recorded), (since, code, reason)
    return found


def belongs(life: Life, asked: Question, since: date, outcome: str) -> bool:
    if asked.year_rule == "year-asked":
        return life.asked_on.year == asked.year
    if asked.year_rule == "year-of-start":
        start = life.first_day()
        return start is not None and start.year == asked.year
    if life.asked_on.year > asked.year:
        return False
    return not (outcome in OVER and since.year < asked.year)


def unanswered(life: Life, asked: Question, outcome: str, reason: str) -> bool:
    match asked.definition:
        case "raw-2019":
            return False
        case "opgroeien-2022":
            return outcome in ("no_place", "informal_solution", "placed_other_municipality")
        case "opgroeien-2023":
            return outcome in ("no_place", "informal_solution")
        case "bruto":
            return outcome not in (*FOUND, "lapsed")
        case "geen-passend-aanbod":
            misfit = outcome == "offer_refused" and reason in ("days", "hours", "price", "distance")
            return misfit or outcome in ("no_place", "informal_solution")
        case "geen-aanbod-voor-start":
            start = life.first_day()
            if outcome == "lapsed" or start is None or not start < asked.as_of:
                return False
            for since, recorded, code, _ in life.outcomes:
                offered = code in ("offer_made", "offer_refused", *FOUND)
                if offered and recorded <= asked.known_on and since <= start:
                    return False
            return True
        case late:
            days = int(late.removeprefix("geen-reactie-in-"))
            until = life.asked_on + timedelta(days=days)
            if outcome == "lapsed" or not until < asked.as_of:
                return False
            replied = life.replied_at if life.replied_at and life.replied_at <= asked.known_on else None
            return replied is None or replied.astimezone(BRUSSELS).date() > until
