"""When a child was born or is expected, and when childcare should begin.

A wrong date is worse than no date: a message that holds anything we do not know, two moments, or a "not" is asked
again. Day before month; a two-digit year is 20YY; without a year a birth lies behind us and a start ahead.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flows.grammar.calendars import Moment
from flows.grammar.lexicon import Word, words
from flows.grammar.spans import Length, Span, Value, Weekday, find, month_from, usage_of
from locales.languages import Languages

_OLDEST_YEARS = 13  # nobody asks for a place for an older child
_EXPECTED_MONTHS = 10
_AHEAD_YEARS = 4
_HARMLESS = ("from", "and", "born")
_DAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")


def read_birth(text: str, languages: Languages, code: str, today: date) -> str | None:
    """ "2026-02", "2026-02-14", "~2026-03" from an age, "due:2027-05", "unborn"; None: ask again."""
    said = words(text, languages, code)
    is_unborn = any(word.has("unborn") or word.has("due") for word in said)
    rest = [word for word in said if not (word.has("unborn") or word.has("due"))]
    spans = find(rest, usage_of(languages[code], today))
    if is_unborn and not spans:
        return "unborn" if _only_filler(rest, []) and any(word.has("unborn") for word in said) else None
    value = _one(spans)
    if value is None or not _only_filler(rest, spans):
        return None
    if isinstance(value, Length) and value.way == 0 and any(word.has("unborn") for word in said):
        return "unborn"  # "five months pregnant": so much is sure, the month is not
    return birth_of(value, today, is_unborn=is_unborn)


def read_start(text: str, languages: Languages, code: str, today: date) -> str | None:
    """ "asap", "2027-03" or "2027-03-15"; None: ask again."""
    said = words(text, languages, code)
    rest = [word for word in said if not word.has("asap")]
    spans = find(rest, usage_of(languages[code], today))
    if not _only_filler(rest, spans):
        return None
    if len(rest) < len(said):
        return "asap" if not spans else None
    return start_of(_one(spans), today)


def read_date(text: str, languages: Languages, code: str, today: date) -> str | None:
    """Any day or month; without a year the next one."""
    said = words(text, languages, code)
    spans = find(said, usage_of(languages[code], today))
    value = _one(spans)
    if value is None or not _only_filler(said, spans):
        return None
    found = _resolve(value, today, is_past=False)
    return found.text if found else None


def birth_of(value: Value | None, today: date, *, is_unborn: bool) -> str | None:
    """The answer that a span gives about a birth."""
    if is_unborn:
        if isinstance(value, Length) and value.way != 1:
            return None  # "five months pregnant" and "in five months" are too easily confused
        found = _resolve(value, today, is_past=False)
        return f"due:{found.text}" if found and _can_be_expected(found, today) else None
    if isinstance(value, Length):
        return _by_age(value, today)
    found = _resolve(value, today, is_past=True)
    if found is None:
        return None
    if found.first > today:
        return f"due:{found.text}" if _can_be_expected(found, today) else None
    return found.text if found.first.year >= today.year - _OLDEST_YEARS else None


def start_of(value: Value | None, today: date) -> str | None:
    """The answer that a span gives about a start."""
    if isinstance(value, Length) and value.way != 1:
        return None
    found = _resolve(value, today, is_past=False)
    if found is None or not today - timedelta(days=366) <= found.first <= today + timedelta(days=366 * _AHEAD_YEARS):
        return None
    return found.text


def _one(spans: Sequence[Span]) -> Value | None:
    """The one moment that was said. A weekday beside a whole date adds nothing when it fits, and spoils it if not."""
    match [span.value for span in spans]:
        case [value]:
            return value
        case [Weekday(name, 0), Moment(int() as year, month, int() as day) as whole] | [
            Moment(int() as year, month, int() as day) as whole,
            Weekday(name, 0),
        ]:
            return whole if _DAYS[date(year, month, day).weekday()] == name else None
        case _:
            return None


@dataclass(frozen=True, slots=True)
class _Found:
    text: str
    first: date  # the first day of it


def _only_filler(said: Sequence[Word], spans: Sequence[Span]) -> bool:
    inside = {place for span in spans for place in range(span.start, span.end)}
    return all(
        word.is_filler or any(word.has(mark) for mark in _HARMLESS)
        for place, word in enumerate(said)
        if place not in inside
    )


def _by_age(value: Length, today: date) -> str | None:
    if value.way == 1:
        found = _resolve(value, today, is_past=False)
        return f"due:{found.text[:7]}" if found and _can_be_expected(found, today) else None
    days = {"day": 1, "week": 7}.get(value.unit)
    if days:
        born = today - timedelta(days=round(value.amount * days))
        return f"~{born:%Y-%m}" if value.amount * days < 800 else None
    months = round(value.amount * (12 if value.unit == "year" else 1))
    if months > _OLDEST_YEARS * 12:
        return None
    month = month_from(today, -months)
    return f"~{month.year:04}-{month.month:02}"


def _can_be_expected(found: _Found, today: date) -> bool:
    return today.replace(day=1) <= found.first <= today + timedelta(days=31 * _EXPECTED_MONTHS)


def _resolve(value: Value | None, today: date, *, is_past: bool) -> _Found | None:
    match value:
        case Moment(year, month, day):
            return _moment(year, month, day, today, is_past=is_past)
        case Length(amount, unit, way):
            return _away(amount * (way or 1), unit, today)
        case Weekday(name, way):
            ahead = (_DAYS.index(name) - today.weekday() - 1) % 7 + 1
            behind = is_past if way == 0 else way < 0
            found = today + timedelta(days=ahead - 7 if behind and ahead < 7 else ahead - 14 if behind else ahead)
            return _Found(found.isoformat(), found)
        case None:
            return None


def _moment(year: int | None, month: int, day: int | None, today: date, *, is_past: bool) -> _Found | None:
    for candidate in [year] if year else _years(today, is_past):
        try:
            first = date(candidate, month, day or 1)
        except ValueError:
            continue  # 29 February, this year
        is_this_month = day is None and (candidate, month) == (today.year, today.month)
        if year or (first <= today if is_past else first >= today) or is_this_month:
            return _Found(first.isoformat() if day else f"{first:%Y-%m}", first)
    return None


def _years(today: date, is_past: bool) -> list[int]:
    return [today.year + (-each if is_past else each) for each in range(5)]


def _away(amount: float, unit: str, today: date) -> _Found | None:
    if unit == "day" or unit == "week":
        if abs(amount) > 2000:
            return None
        found = today + timedelta(days=round(amount * (7 if unit == "week" else 1)))
        return _Found(found.isoformat(), found)
    months = amount * (12 if unit == "year" else 1)
    if months != round(months) or abs(months) > 120:
        return None
    month = month_from(today, round(months))
    year = month.year or today.year
    last = (date(year + month.month // 12, month.month % 12 + 1, 1) - timedelta(days=1)).day
    found = date(year, month.month, min(today.day, last))
    return _Found(found.isoformat(), found)
