"""Finds what in a message speaks of a moment: a day, a month, so much time from now or ago.

Says what stands there and never what it means for a question; `dates.py` does that.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flows.grammar import calendars
from flows.grammar.calendars import Moment
from flows.grammar.calendars import moment as _moment
from flows.grammar.lexicon import Word
from locales.languages import Language


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
_DAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")
_HALF = re.compile(r"^(\d{1,2})[.,]5$")


@dataclass(frozen=True, slots=True)
class Usage:
    """What a span is read by: the day it is (for "next month"), and how a language says its dates."""

    today: date
    day_after_month: bool = False
    ethiopian: bool = False


def usage_of(language: Language, today: date) -> Usage:
    """How `language` says its dates."""
    return Usage(today, language.day_after_month, language.calendar == "ethiopian")


def find(words: Sequence[Word], by: Usage) -> list[Span]:
    """Every span, in order, none inside another."""
    found, place = [], 0
    while place < len(words):
        span = _at(words, place, by)
        if span:
            found.append(span)
        place = span.end if span else place + 1
    return found


def _at(words: Sequence[Word], place: int, usage: Usage) -> Span | None:
    return (
        _length(words, place)
        or _next(words, place, usage.today)
        or _with_month(words, place, usage)
        or _month_by_number(words, place, usage)
        or _numeric(words, place, usage)
        or _numbers(words, place, usage)
        or _day_word(words, place, usage.today)
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
    amount, unit, at = _so_much(words, at)
    if amount is None or unit is None:
        return None
    amount, at = _and_more(words, at, amount, unit)
    after = _word(words, at)
    is_ahead = after.has("ahead") and not after.has("place")  # "1 jaar in Aalst" is an age and a town
    if after.has("ago") or is_ahead:
        at, way = at + 1, -1 if after.has("ago") else 1
    return Span(place, at, Length(amount, unit, way))


def _so_much(words: Sequence[Word], at: int) -> tuple[float | None, str | None, int]:
    """An amount with its unit, in several words or in one: two months, half a year, a year."""
    word = _word(words, at)
    for kind, amount in (("pair", 2.0), ("half_of", 0.5)):
        if unit := word.get(kind):
            return amount, unit, at + 1
    many, after = _amount(words, at)
    unit = _word(words, after).get("unit")
    if many is not None and unit and unit != "hour":
        return many, unit, after + 1
    if many is not None and many % 1 and not unit:
        return many, "year", after  # "2 and a half", "anderhalf"
    single = word.get("single")
    return (1.0, single, at + 1) if single and many is None else (None, None, at)


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
    more, smaller, end = _so_much(words, following)
    if unit == "year" and more is not None and smaller == "month":
        return amount + more / 12, end
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
            case "week" if way and (day := _word(words, place + 2).get("weekday")):
                monday = today - timedelta(days=today.weekday()) + timedelta(weeks=way)
                named_day = monday + timedelta(days=_DAYS.index(day))
                return Span(place, place + 3, Moment(named_day.year, named_day.month, named_day.day))
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


def _with_month(words: Sequence[Word], place: int, usage: Usage) -> Span | None:
    at = place
    if words[at].get("weekday") and not words[at].get("month"):
        at = _past_filler(words, at + 1)
    year, at = _leading_year(words, at, usage.today)
    day = None
    if (number := _word(words, at).number) is not None and 1 <= number <= 31:
        following = at + 2 if _word(words, at + 1).text == "." else at + 1
        following = _past_filler(words, following)
        if _calendar(words, following):
            day, at = number, following
    calendar = _calendar(words, at)
    if calendar is None:
        return None
    month = int(_word(words, at).get(calendar) or 0)
    at += 1
    if day is None and _is_day(words, at, usage.day_after_month or year is not None, calendar):
        day, at = words[at].number, at + 1
        at = _ordinal(words, at)
    if year is None:
        year, at = _year(words, at, usage.today, calendar)
    found = calendars.named(calendar, year, month, day, usage.today, ethiopian=usage.ethiopian)
    return Span(place, at, found)


def _month_by_number(words: Sequence[Word], place: int, usage: Usage) -> Span | None:
    """ "month 5", "شهر ٥ 2026": the word for a month with its number behind it."""
    number = _word(words, place + 1).number
    if words[place].get("unit") != "month" or number is None or not 1 <= number <= 12:
        return None
    if _word(words, place + 2).get("unit") not in (None, "year") or _word(words, place - 1).number is not None:
        return None
    year, at = _year(words, place + 2, usage.today)
    return Span(place, at, _moment(year, number, None))


def _leading_year(words: Sequence[Word], at: int, today: date) -> tuple[int | None, int]:
    """The year may come first: "2026 مارچ", "vorig jaar in maart", "l'année dernière en mars"."""
    number, after = _word(words, at).number, at + 1
    if (away := _year_from(words, at)) is not None:
        number, after = today.year + away, at + 2
    elif number is None or not calendars.is_year(number):
        return None, at
    elif _word(words, after).get("unit") == "year":
        after += 1
    after = _past_filler(words, after)
    following = after + 1 if (_word(words, after).number or 0) in range(1, 32) else after
    return (number, after) if _calendar(words, following) else (None, at)


def _calendar(words: Sequence[Word], at: int) -> str | None:
    """Which calendar's month this is, unless the word stands for something else here: "sept mois" is an age."""
    word = _word(words, at)
    found = next((kind for kind in calendars.KINDS if word.get(kind)), None)
    return found if found and (word.number is None or not _word(words, at + 1).get("unit")) else None


def _is_day(words: Sequence[Word], at: int, day_after_month: bool, calendar: str) -> bool:
    """ "may 25" is a day in English; elsewhere a lone number after the month is a year when it can be one."""
    number = _word(words, at).number
    if number is None or not 1 <= number <= 31 or words[at].text.startswith("'"):
        return False
    return day_after_month or number < 20 or _year(words, at + 1, date.min, calendar)[0] is not None


def _year(words: Sequence[Word], at: int, today: date, calendar: str = "month") -> tuple[int | None, int]:
    """A year, with the word for it before or after: "2026 року", "سال 2026", "next year"."""
    start = at
    while _word(words, at).is_border and _word(words, at).text in ",.،":
        at += 1
    for skipped in (at, at + 1) if _word(words, at).is_filler else (at,):
        if (away := _year_from(words, skipped)) is not None:
            return today.year + away, skipped + 2
    named = at + 1 if _word(words, at).get("unit") == "year" or _word(words, at).is_filler else at
    number = _word(words, named).number
    if number is not None and calendars.is_year(number):
        return number, named + 2 if _word(words, named + 1).get("unit") == "year" else named + 1
    number = _word(words, at).number
    if number is not None and 20 <= number <= 99 and calendar == "month" and not _word(words, at + 1).get("unit"):
        return 2000 + number, at + 1
    return None, start


def _year_from(words: Sequence[Word], at: int) -> int | None:
    """How far from this year "next year", "l'année dernière" are."""
    for first, second in ((at, at + 1), (at + 1, at)):
        way = _way(_word(words, first))
        if way is not None and _word(words, second).get("unit") == "year":
            return way
    return None


def _past_filler(words: Sequence[Word], at: int) -> int:
    while _word(words, at).is_filler and not _calendar(words, at) and not _word(words, at).is_border:
        at += 1
    return at


def _ordinal(words: Sequence[Word], at: int) -> int:
    return at + 1 if _word(words, at).text in ("st", "nd", "rd", "th", "e", "de", "er") else at


# --- figures


def _numeric(words: Sequence[Word], place: int, usage: Usage) -> Span | None:
    """One word of figures: 2024-08-05, 14/02/2025, 14/02, 02-2026, 022026."""
    text = words[place].text
    if iso := _ISO.match(text):
        day = int(iso[3]) if iso[3] else None
        return Span(place, place + 1, _dated(int(iso[1]), int(iso[2]), day, usage))
    if month_year := _MONTH_YEAR.match(text):
        return Span(place, place + 1, _dated(int(month_year[2]), int(month_year[1]), None, usage))
    if parts := _DAY_FIRST.match(text):
        return Span(place, place + 1, _day_first(int(parts[1]), int(parts[2]), parts[3], usage))
    if _RUN.match(text):
        return _unseparated(text, place)
    return None


def _dated(year: int, month: int, day: int | None, usage: Usage) -> Moment | None:
    return calendars.by_year(year, month, day, usage.today, ethiopian=usage.ethiopian)


def _day_first(first: int, second: int, year: str | None, usage: Usage) -> Moment | None:
    if year is None and second > 12 and 1 <= first <= 12 and second >= 20:
        return _moment(2000 + second, first, None)  # 02/26
    if year and len(year) == 4:
        return _dated(int(year), second, first, usage)
    return _moment(2000 + int(year) if year else None, second, first)


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


def _numbers(words: Sequence[Word], place: int, usage: Usage) -> Span | None:
    """Figures with spaces: "14 02 2025", "02 2026"."""
    numbers = []
    for word in words[place : place + 3]:
        if word.number is None:
            break
        numbers.append(word.number)
    match numbers:
        case [year, month, day] if calendars.is_year(year) and 1 <= month <= 12 and 1 <= day <= 31:
            return Span(place, place + 3, _dated(year, month, day, usage))
        case [day, month, year] if day <= 31 and calendars.is_year(year):
            return Span(place, place + 3, _dated(year, month, day, usage))
        case [day, month, year] if day <= 31 and 20 <= year <= 99:
            return Span(place, place + 3, _moment(2000 + year, month, day))
        case [month, year, *_] if calendars.is_year(year):
            return Span(place, place + 2, _dated(year, month, None, usage))
        case [day, month] if all(len(word.text) == 2 for word in words[place : place + 2]) and month <= 12:
            return Span(place, place + 2, _moment(None, month, day))
    return None


def _day_word(words: Sequence[Word], place: int, today: date) -> Span | None:
    if away := words[place].get("day_word"):
        day = today + timedelta(days=int(away))
        return Span(place, place + 1, Moment(day.year, day.month, day.day))
    weekday = words[place].get("weekday")
    if weekday and (len(words[place].text) > 2 and not words[place].is_filler):
        return Span(place, place + 1, Weekday(weekday))
    return None
