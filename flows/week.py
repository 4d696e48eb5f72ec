"""Opening hours as a week, for who does not write OpenStreetMap's `opening_hours`: seven days, holidays, exceptions.

What a week cannot hold (every second Tuesday) stays as it was written; `parse` says so.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SPAN = r"\d\d:\d\d-\d\d:\d\d"
_TIMES = rf"off|{_SPAN}(?:,{_SPAN})*"
_DAY = "|".join(DAYS)
_RULE = re.compile(rf"((?:{_DAY})(?:-(?:{_DAY}))?(?:,(?:{_DAY})(?:-(?:{_DAY}))?)*) ({_TIMES})")
_MONTH = "|".join(_MONTHS)
_EXCEPTION = re.compile(rf"(\d{{4}}) ({_MONTH}) (\d\d)(?:-(?:(\d{{4}}) )?(?:({_MONTH}) )?(\d\d))? ({_TIMES})")
_TYPED = re.compile(r"(\d{1,2})(?:[:.uUhH](\d{2})?)?\s*(?:-|–|tot)\s*(\d{1,2})(?:[:.uUhH](\d{2})?)?\s*[uU]?")
_BETWEEN = re.compile(r"[\s,;&+]*(?:en)?[\s,;&+]*")


@dataclass(frozen=True, slots=True)
class OtherDays:
    """Days on which the week does not hold. `times`: "" when closed."""

    first: date
    last: date
    times: str = ""


@dataclass(frozen=True, slots=True)
class Week:
    """`days`: seven, Monday first, each "09:00-12:00,13:00-16:00" or "" when closed."""

    days: tuple[str, ...] = ("",) * 7
    closed_on_holidays: bool = True
    exceptions: tuple[OtherDays, ...] = ()


def parse(hours: str) -> Week | None:
    """The week that these hours are, None when they are more than that."""
    days, closed, exceptions = [""] * 7, False, []
    for rule in filter(None, (each.strip() for each in hours.split(";"))):
        if rule == "PH off":
            closed = True
        elif found := _RULE.fullmatch(rule):
            for day in _days(found[1]):
                days[day] = "" if found[2] == "off" else found[2]
        elif (found := _EXCEPTION.fullmatch(rule)) and (exception := _exception(*found.groups())):
            exceptions.append(exception)
        else:
            return None
    return Week(tuple(days), closed or not hours, tuple(exceptions))


def write(week: Week) -> str:
    """As OpenStreetMap writes it; "" for a week in which nobody is there."""
    rules = []
    for times, days in groupby(range(7), key=lambda day: week.days[day]):
        same = list(days)
        if times:
            name = DAYS[same[0]] + (f"-{DAYS[same[-1]]}" if len(same) > 1 else "")
            rules.append(f"{name} {times}")
    if not rules and not any(each.times for each in week.exceptions):
        return ""
    if week.closed_on_holidays:
        rules.append("PH off")
    rules += [f"{_dates(each)} {each.times or 'off'}" for each in sorted(week.exceptions, key=lambda each: each.first)]
    return "; ".join(rules)


def spans(week: Week) -> Iterator[tuple[int, int, str]]:
    """Days that follow one another with the same times: (first, last, times), 0 is Monday; closed days are left out."""
    for times, days in groupby(range(7), key=lambda day: week.days[day]):
        same = list(days)
        if times:
            yield same[0], same[-1], times


def read_times(text: str) -> str | None:
    """Times as somebody types them ("9-12, 13u30-16"), in the form above; "" when nothing was typed, None otherwise."""
    found: list[tuple[int, int]] = []
    text, at = text.strip(), 0
    while at < len(text):
        span = _TYPED.match(text, at)
        if span is None:
            return None
        hours = [int(span[1]), int(span[2] or 0), int(span[3]), int(span[4] or 0)]
        start, end = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
        if not 0 <= start < end <= 24 * 60 or hours[1] > 59 or hours[3] > 59 or (found and start < found[-1][1]):
            return None
        found.append((start, end))
        between = _BETWEEN.match(text, span.end())
        at = between.end() if between else span.end()
    return ",".join(f"{_clock(start)}-{_clock(end)}" for start, end in found)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _days(text: str) -> Iterator[int]:
    for part in text.split(","):
        first, _, last = part.partition("-")
        start, end = DAYS.index(first), DAYS.index(last or first)
        yield from range(start, end + 1) if start <= end else (*range(start, 7), *range(end + 1))


def _exception(
    year: str, month: str, day: str, to_year: str, to_month: str, to_day: str, times: str
) -> OtherDays | None:
    try:
        first = date(int(year), _MONTHS.index(month) + 1, int(day))
        last = date(int(to_year or year), _MONTHS.index(to_month or month) + 1, int(to_day)) if to_day else first
    except ValueError:
        return None
    return OtherDays(first, last, "" if times == "off" else times) if first <= last else None


def _dates(each: OtherDays) -> str:
    first, last = (f"{day.year} {_MONTHS[day.month - 1]} {day.day:02}" for day in (each.first, each.last))
    return first if first == last else f"{first}-{last}"
