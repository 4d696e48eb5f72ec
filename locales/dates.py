"""Days and months in the words of a language, from CLDR."""

from datetime import date
from functools import lru_cache

from babel.dates import format_date, format_skeleton


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


def month_name(value: date, language: str) -> str:
    """A month alone: "maart"."""
    return _format("MMMM", value, language)


def _format(skeleton: str, value: date, language: str) -> str:
    return format_skeleton(skeleton, value, locale=language)
