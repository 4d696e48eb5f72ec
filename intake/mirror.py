"""The equity mirror: whether the questions work as well for every language and channel, and who waits longest.

Made of counts that know no family; what tells of fewer than `FEWEST` is not told.
"""

import statistics
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flows.engine.turn import local_day
from intake.answered import WAITED, span_of
from storage import facts
from storage.database import Session
from storage.facts import Total, Wait

FEWEST = 5
_ENOUGH = 10  # conversations before a share of them says anything
_TWICE = 2.0
_ANSWERED = ("answered", "dont_know", "refused")
_REPAIRED = ("no_match", "no_input")
_Spans = dict[tuple[str, str, str], Counter[timedelta]]  # language, channel, question


@dataclass(frozen=True, slots=True)
class Passed:
    """How many came by, and how it went. None: so few that it is not told. `wait`: the median, None where too few."""

    started: int | None
    repaired: int | None
    dropped: int | None
    handed_over: int | None
    finished: int | None
    wait: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Language:
    """`often`: it stops half-way at least twice as often as the others together; `share`: of all that began, in %."""

    code: str
    whole: Passed
    share: int | None
    often: bool
    questions: tuple[tuple[str, str, Passed], ...]  # channel, key


@dataclass(frozen=True, slots=True)
class Mirror:
    """`hidden`: how many languages are so small that they are not told."""

    languages: tuple[Language, ...]
    hidden: int


def look(session: Session, desk_ids: Collection[str], year: int, order: Iterable[str], now: datetime) -> Mirror:
    """Over a year, the largest language first. `order`: the questions as they are asked."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    counted = facts.totals(session, desk_ids, first, last)
    waits = facts.waits(session, desk_ids) if local_day(now).year == year else []
    return reflect(counted, waits, list(order), now)


def reflect(counted: list[Total], waits: list[Wait], order: list[str], now: datetime) -> Mirror:
    spans = _spans(counted, waits, now)
    counted = [each for each in counted if not each.event.startswith(WAITED)]
    whole: dict[str, Counter[str]] = {}
    for each in counted:
        seen = whole.setdefault(each.language, Counter())
        seen[each.event if each.key == "" or each.event in ("dropped", "handed_over", *_REPAIRED) else ""] += each.count
    told = {code: seen for code, seen in whole.items() if seen["started"] >= FEWEST}
    languages = [
        Language(code, _whole(seen, _median(spans, code)), _share(seen), _is_often(code, told),
                 tuple(_questions(counted, code, order, spans)))
        for code, seen in sorted(told.items(), key=lambda each: -each[1]["started"])
    ]  # fmt: skip
    return Mirror(tuple(languages), sum(1 for code in whole if code not in told))


def _whole(seen: Counter[str], wait: timedelta | None) -> Passed:
    return _passed(seen, seen["started"], seen["finished"], wait)


def _passed(seen: Counter[str], started: int, finished: int, wait: timedelta | None = None) -> Passed:
    repaired = sum(seen[event] for event in _REPAIRED)
    return Passed(
        _told(started), _told(repaired), _told(seen["dropped"]), _told(seen["handed_over"]), _told(finished), wait
    )  # fmt: skip


def _questions(counted: list[Total], code: str, order: list[str], spans: _Spans) -> Iterable[tuple[str, str, Passed]]:
    found: dict[tuple[str, str], Counter[str]] = {}
    for each in counted:
        if each.language == code and each.key:
            found.setdefault((each.channel, each.key), Counter())[each.event] += each.count
    place = {key: number for number, key in enumerate(order)}
    for channel, key in sorted(found, key=lambda each: (each[0], place.get(each[1], len(place)), each[1])):
        seen = found[channel, key]
        if seen["asked"] >= FEWEST:
            finished = sum(seen[event] for event in _ANSWERED)
            yield channel, key, _passed(seen, seen["asked"], finished, _median(spans, code, channel, key))


def _told(count: int) -> int | None:
    return None if 0 < count < FEWEST else count


def _share(seen: Counter[str]) -> int | None:
    if seen["started"] < _ENOUGH or _told(seen["dropped"]) is None:
        return None
    return min(100, round(100 * seen["dropped"] / seen["started"]))


def _is_often(code: str, told: Mapping[str, Counter[str]]) -> bool:
    mine = told[code]
    others = [seen for other, seen in told.items() if other != code]
    began, dropped = sum(seen["started"] for seen in others), sum(seen["dropped"] for seen in others)
    if mine["started"] < _ENOUGH or mine["dropped"] < FEWEST or began < _ENOUGH:
        return False
    return mine["dropped"] * began >= _TWICE * dropped * mine["started"]


def _spans(counted: list[Total], waits: list[Wait], now: datetime) -> _Spans:
    """How often somebody waited how long: until a person answered; who still waits has waited until now."""
    found: _Spans = {}
    for each in counted:
        if each.event.startswith(WAITED):
            found.setdefault((each.language, each.channel, each.key), Counter())[span_of(each.event)] += each.count
    for wait in waits:
        found.setdefault((wait.language, wait.channel, wait.key), Counter())[now - wait.since] += 1
    return found


def _median(spans: _Spans, *which: str) -> timedelta | None:
    """`which`: a language, or a language, a channel and a question. None: so few that it is not told."""
    mine = sorted(span for key, seen in spans.items() if key[: len(which)] == which for span in seen.elements())
    return statistics.median_high(mine) if len(mine) >= FEWEST else None
