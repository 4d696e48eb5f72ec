"""Days, months, times of day and numbers as a language writes them, from CLDR."""

from datetime import date, time
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from babel.dates import format_date, format_skeleton, format_time, get_day_names
from babel.numbers import format_decimal

_AS_HERE = {"en": "en_BE"}  # whose clock has 24 hours here, as the ones on our walls


@lru_cache(maxsize=4096)
def day(value: date, language: str) -> str:
    """A day of a known year: "12 maart"."""
    return _format("MMMMd", value, language)


@lru_cache(maxsize=4096)
def full_day(value: date, language: str) -> str:
    """A day with its year: "12 maart 2026"."""
    return format_date(value, "long", locale=language)


@lru_cache(maxsize=4096)
def month(value: date, language: str) -> str:
    """A month with its year: "maart 2026"; only year and month of `value` count."""
    return _format("yMMMM", value, language)


@lru_cache(maxsize=512)
def month_name(value: date, language: str) -> str:
    """A month alone: "maart"."""
    return _format("MMMM", value, language)


@lru_cache(maxsize=1024)
def weekday(place: int, language: str) -> str:
    """A day of the week alone, 0 is Monday: "maandag"."""
    return str(get_day_names("wide", "format", language)[place])


def clock(value: str, language: str) -> str:
    """A time of day ("14:30"); anything else as it is."""
    try:
        return format_time(time.fromisoformat(value), "short", locale=_AS_HERE.get(language, language))
    except ValueError:
        return value


def number(value: str, language: str) -> str:
    """A number ("1500.5"); anything else as it is."""
    try:
        return format_decimal(Decimal(value), locale=_AS_HERE.get(language, language))
    except InvalidOperation:
        return value


def _format(skeleton: str, value: date, language: str) -> str:
    return format_skeleton(skeleton, value, locale=language)
