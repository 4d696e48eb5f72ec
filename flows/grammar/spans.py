"""Finds what in a message speaks of a moment: a day, a month, so much time from now or ago.

Says what stands there and never what it means for a question; `dates.py` does that.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flows.grammar.lexicon import Word


@dataclass(frozen=True, slots=True)
class Moment:
    """A day (`day` set) or a month; `year` None when it was not said."""

    year: int | None
    month: int
    day: int | None = None


@dataclass(frozen=True, slots=True)
class Length:
    """So many days, weeks, months or years; `way` 1 from now, -1 ago, 0 not said (an age)."""

    amount: float
    unit: str
    way: int = 0


@dataclass(frozen=True, slots=True)
class Weekday:
    day: str
    way: int = 0  # 1 the coming one, -1 the last one, 0 not said


Value = Moment | Length | Weekday


@dataclass(frozen=True, slots=True)
class Span:
    """`value` None: a moment that cannot be (31 February)."""

    start: int
    end: int
    value: Value | None


_ISO = re.compile(r"^(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?$")
_DAY_FIRST = re.compile(r"^(\d{1,2})[-/.](\d{1,2})(?:[-/.](\d{4}|\d{2}))?$")
_MONTH_YEAR = re.compile(r"^(\d{1,2})[-/.](\d{4})$")
_RUN = re.compile(r"^\d{6}$|^\d{8}$")
_HALF = re.compile(r"^(\d{1,2})[.,]5$")


def find(words: Sequence[Word], today: date, *, day_after_month: bool) -> list[Span]:
    """Every span, in order, none inside another. `today` only serves "next month" and the like."""
    found, place = [], 0
    while place < len(words):
        span = _at(words, place, today, day_after_month)
        if span:
            found.append(span)
        place = span.end if span else place + 1
    return found


def _at(words: Sequence[Word], place: int, today: date, day_after_month: bool) -> Span | None:
    return (
        _length(words, place)
        or _next(words, place, today)
        or _with_month(words, place, today, day_after_month)
        or _numeric(words, place)
        or _numbers(words, place)
        or _day_word(words, place, today)
    )


def _word(words: Sequence[Word], place: int) -> Word:
    return words[place] if 0 <= place < len(words) else Word("")


# --- so much time


def _length(words: Sequence[Word], place: int) -> Span | None:
    """ "in 3 months", "8 mois", "2,5 jaar", "een jaar en 3 maanden", "un an et demi", "il y a deux ans"."""
    at, way = place, 0
    if words[at].has("ago"):
        at, way = at + 1, -1
    elif words[at].has("ahead"):
        at, way = at + 1, 1
    amount, at = _amount(words, at)
    unit = _word(words, at).get("unit")
    if amount is None or unit in (None, "hour"):
        return None
    assert unit is not None
    amount, at = _and_more(words, at + 1, amount, unit)
    if _word(words, at).has("ago"):
        at, way = at + 1, -1
    return Span(place, at, Length(amount, unit, way))


def _amount(words: Sequence[Word], at: int) -> tuple[float | None, int]:
    word = _word(words, at)
    half = _HALF.match(word.text)
    if half:
        return int(half[1]) + 0.5, at + 1
    match word.get("fraction"):
        case "more":
            return 1.5, at + 1
        case "half":
            return 0.5, at + 1
    if word.number is None or word.number > 99:
        return None, at
    following = _word(words, at + 1)
    if following.get("fraction") == "half":
        return (0.5 if word.number == 1 else None), at + 2
    if following.get("fraction") == "and_half":
        return word.number + 0.5, at + 2  # two and a half years
    return float(word.number), at + 1


def _and_more(words: Sequence[Word], at: int, amount: float, unit: str) -> tuple[float, int]:
    if _word(words, at).get("fraction") == "and_half":
        return amount + 0.5, at + 1
    following = at + 1 if _word(words, at).has("and") else at
    more, end = _amount(words, following)
    if unit == "year" and more is not None and _word(words, end).get("unit") == "month":
        return amount + more / 12, end + 1
    return amount, at


# --- next, last, this


def _next(words: Sequence[Word], place: int, today: date) -> Span | None:
    """ "volgende maand", "lundi prochain", "this month"."""
    for first, second in ((place, place + 1), (place + 1, place)):
        way = _way(_word(words, first))
        named = _word(words, second)
        if way is None:
            continue
        if weekday := named.get("weekday"):
            return Span(place, place + 2, Weekday(weekday, way or 1))
        match named.get("unit"):
            case "month":
                return Span(place, place + 2, month_from(today, way))
            case "week" if way:
                monday = today - timedelta(days=today.weekday()) + timedelta(weeks=way)
                return Span(place, place + 2, Moment(monday.year, monday.month, monday.day))
    return None


def _way(word: Word) -> int | None:
    return next((way for mark, way in (("next", 1), ("last", -1), ("this", 0)) if word.has(mark)), None)


def month_from(today: date, months: int) -> Moment:
    """The month that lies so many months from this one."""
    count = today.year * 12 + today.month - 1 + months
    return Moment(count // 12, count % 12 + 1)


# --- months by name


def _with_month(words: Sequence[Word], place: int, today: date, day_after_month: bool) -> Span | None:
    at = place
    if words[at].get("weekday") and not words[at].get("month"):
        at = _past_filler(words, at + 1)
    day = None
    if (number := _word(words, at).number) is not None and 1 <= number <= 31:
        following = _past_filler(words, at + 1)
        if _word(words, following).get("month"):
            day, at = number, following
    month = _month(words, at)
    if month is None:
        return None
    at += 1
    if day is None and _is_day(words, at, day_after_month):
        day, at = words[at].number, at + 1
        at = _ordinal(words, at)
    year, at = _year(words, at, today)
    return Span(place, at, _moment(year, month, day))


def _month(words: Sequence[Word], at: int) -> int | None:
    """A month, unless the word stands for something else here: "sept mois" is an age."""
    word = _word(words, at)
    month = word.get("month")
    return int(month) if month and (word.number is None or not _word(words, at + 1).get("unit")) else None


def _is_day(words: Sequence[Word], at: int, day_after_month: bool) -> bool:
    """ "may 25" is a day in English; elsewhere a lone number after the month is a year when it can be one."""
    number = _word(words, at).number
    if number is None or not 1 <= number <= 31 or words[at].text.startswith("'"):
        return False
    return day_after_month or number < 20 or _year(words, at + 1, date.min)[0] is not None


def _year(words: Sequence[Word], at: int, today: date) -> tuple[int | None, int]:
    start = at
    while _word(words, at).is_border and _word(words, at).text in ",.":
        at += 1
    number = _word(words, at).number
    is_year = number is not None and (2000 <= number <= 2099 or 20 <= number <= 99)
    if number is not None and is_year and not _word(words, at + 1).get("unit"):
        return number if number > 99 else 2000 + number, at + 1
    for first, second in ((at, at + 1), (at + 1, at)):
        way = _way(_word(words, first))
        if way is not None and _word(words, second).get("unit") == "year":
            return today.year + way, at + 2
    return None, start


def _past_filler(words: Sequence[Word], at: int) -> int:
    while _word(words, at).is_filler and not _word(words, at).get("month") and not _word(words, at).is_border:
        at += 1
    return at


def _ordinal(words: Sequence[Word], at: int) -> int:
    return at + 1 if _word(words, at).text in ("st", "nd", "rd", "th", "e", "de", "er") else at


# --- figures


def _numeric(words: Sequence[Word], place: int) -> Span | None:
    """One word of figures: 2024-08-05, 14/02/2025, 14/02, 02-2026, 022026."""
    text = words[place].text
    if iso := _ISO.match(text):
        return Span(place, place + 1, _moment(int(iso[1]), int(iso[2]), int(iso[3]) if iso[3] else None))
    if month_year := _MONTH_YEAR.match(text):
        return Span(place, place + 1, _moment(int(month_year[2]), int(month_year[1]), None))
    if parts := _DAY_FIRST.match(text):
        return Span(place, place + 1, _day_first(int(parts[1]), int(parts[2]), parts[3]))
    if _RUN.match(text):
        return _unseparated(text, place)
    return None


def _day_first(first: int, second: int, year: str | None) -> Moment | None:
    if year is None and second > 12 and 1 <= first <= 12 and second >= 20:
        return _moment(2000 + second, first, None)  # 02/26
    return _moment(int(year) if year and len(year) == 4 else 2000 + int(year) if year else None, second, first)


def _unseparated(text: str, place: int) -> Span | None:
    """Without separators: only what can be read in one way."""
    readings = {_moment(int(text[4:8]), int(text[2:4]), int(text[:2]))} if len(text) == 8 else set()
    if len(text) == 6:
        readings = {
            _moment(2000 + int(text[4:]), int(text[2:4]), int(text[:2])),
            _moment(int(text[2:]), int(text[:2]), None) if text[2:4] == "20" else None,
        }
    possible = [each for each in readings if each]
    return Span(place, place + 1, possible[0]) if len(possible) == 1 else None


def _numbers(words: Sequence[Word], place: int) -> Span | None:
    """Figures with spaces: "14 02 2025", "02 2026"."""
    numbers = []
    for word in words[place : place + 3]:
        if word.number is None:
            break
        numbers.append(word.number)
    match numbers:
        case [day, month, year] if day <= 31 and (2000 <= year <= 2099 or 20 <= year <= 99):
            return Span(place, place + 3, _moment(year if year > 99 else 2000 + year, month, day))
        case [month, year, *_] if 2000 <= year <= 2099:
            return Span(place, place + 2, _moment(year, month, None))
    return None


def _day_word(words: Sequence[Word], place: int, today: date) -> Span | None:
    if away := words[place].get("day_word"):
        day = today + timedelta(days=int(away))
        return Span(place, place + 1, Moment(day.year, day.month, day.day))
    weekday = words[place].get("weekday")
    if weekday and (len(words[place].text) > 2 and not words[place].is_filler):
        return Span(place, place + 1, Weekday(weekday))
    return None


def _moment(year: int | None, month: int, day: int | None) -> Moment | None:
    """None when there is no such day or month."""
    try:
        date(year or 2024, month, day or 1)
    except ValueError:
        return None
    return Moment(year, month, day) if year is None or 2000 <= year <= 2099 else None
