"""Days and months in the calendars that families use: Gregorian, Persian (solar Hijri), Islamic (Hijri), Ethiopian.

A year tells its calendar: 1404 can only be Persian, 1447 only Islamic. Ethiopian years lie seven or eight behind, and
in Tigrinya the months of both calendars have the same names: a year that would make a child too old for childcare
is Ethiopian. Everything becomes Gregorian here, and that is what the family reads back.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

KINDS = ("month", "month_persian", "month_hijri", "month_ethiopian")  # tables of months in `language.yaml`
_PERSIAN, _HIJRI = range(1379, 1430), range(1432, 1500)
_COPTIC = 276  # the Ethiopian calendar is the Coptic one, so many years on
_ETHIOPIAN = range(6, 14)  # a Gregorian year so far behind is no child's and no start: it is an Ethiopian one


@dataclass(frozen=True, slots=True)
class Moment:
    """A day (`day` set) or a month; `year` None when it was not said."""

    year: int | None
    month: int
    day: int | None = None


def is_year(number: int) -> bool:
    """Whether this is a year of one of the calendars, this century."""
    return 2000 <= number <= 2099 or number in _PERSIAN or number in _HIJRI


def moment(year: int | None, month: int, day: int | None) -> Moment | None:
    """None when there is no such day or month."""
    try:
        date(year or 2024, month, day or 1)
    except ValueError:
        return None
    return Moment(year, month, day) if year is None or 2000 <= year <= 2099 else None


def by_year(year: int, month: int, day: int | None, today: date, *, ethiopian: bool) -> Moment | None:
    """A date whose year says which calendar it is of. `ethiopian`: whether the family may use that one."""
    if year in _PERSIAN:
        return _converted("month_persian", year, month, day)
    if year in _HIJRI:
        return _converted("month_hijri", year, month, day)
    if ethiopian and today.year - year in _ETHIOPIAN:
        return _converted("month_ethiopian", year, month, day)
    return moment(year, month, day)


def named(
    calendar: str, year: int | None, month: int, day: int | None, today: date, *, ethiopian: bool
) -> Moment | None:
    """A month by its name in `calendar`. Without a year, one of the Islamic calendar is the one nearest to today."""
    if calendar == "month":
        if year is None or not ethiopian or today.year - year not in _ETHIOPIAN:
            return moment(year, month, day)
        # The same names in both: the first Ethiopian month is the one that begins in September.
        return _converted("month_ethiopian", year, (month - 9) % 12 + 1, day)
    if year is not None:
        return _converted(calendar, year, month, day)
    behind = {"month_persian": 621, "month_hijri": 579, "month_ethiopian": 8}[calendar]
    near = (_converted(calendar, today.year - behind + each, month, day) for each in (-1, 0, 1))
    found = [each for each in near if each is not None]
    nearest = min(found, key=lambda each: abs((_first(each) - today).days), default=None)
    if nearest is None or calendar == "month_hijri":
        return nearest  # the lunar year moves through ours
    return Moment(None, nearest.month, nearest.day)  # the question says whether the last or the next one is meant


def _converted(calendar: str, year: int, month: int, day: int | None) -> Moment | None:
    """The Gregorian day; for a month alone the Gregorian month that holds most of it."""
    if not 1 <= month <= 13 or not 1 <= (day or 1) <= 31:
        return None
    try:
        found = _gregorian(calendar, year, month, day or 15)
    except (ValueError, IndexError, OverflowError):
        return None
    return Moment(found.year, found.month, found.day if day else None)


@lru_cache(maxsize=256)
def _gregorian(calendar: str, year: int, month: int, day: int) -> date:
    """Raises `ValueError` when that calendar has no such day."""
    match calendar:
        case "month_persian":
            import jdatetime  # these are loaded on use: few write such a date

            found: date = jdatetime.date(year, month, day).togregorian()
            return found
        case "month_hijri":
            from hijridate import Hijri  # Umm al-Qura, as printed calendars have it

            return date(*Hijri(year, month, day).to_gregorian().datetuple())
        case _:
            from convertdate import coptic

            if day > (30 if month < 13 else 6):
                raise ValueError
            return date(*coptic.to_gregorian(year - _COPTIC, month, day))


def _first(found: Moment) -> date:
    return date(found.year or 1, found.month, found.day or 15)
