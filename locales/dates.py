"""Days, months, times of day, numbers and names of languages as a language writes them."""

from datetime import date, time
from decimal import Decimal, InvalidOperation

from locales import cldr

_THOUSANDTHS = Decimal("0.001")


def day(value: date, language: str) -> str:
    """A day of a known year: "12 maart"."""
    return _put_together(cldr.load(language).day, value, language)


def full_day(value: date, language: str) -> str:
    """A day with its year: "12 maart 2026"."""
    return _put_together(cldr.load(language).full_day, value, language)


def month(value: date, language: str) -> str:
    """A month with its year: "maart 2026"; only year and month of `value` count."""
    return _put_together(cldr.load(language).month, value, language)


def month_name(value: date, language: str) -> str:
    """A month alone: "maart"."""
    return cldr.load(language).months_alone[value.month - 1]


def weekday(place: int, language: str) -> str:
    """A day of the week alone, 0 is Monday: "maandag"."""
    return cldr.load(language).days[place]


def short_month(value: date, language: str) -> str:
    return cldr.load(language).months_short[value.month - 1]


def short_weekday(place: int, language: str) -> str:
    return cldr.load(language).days_short[place]


def clock(value: str, language: str) -> str:
    """A time of day ("14:30"); anything else as it is."""
    try:
        at = time.fromisoformat(value)
    except ValueError:
        return value
    here = cldr.load(language)
    half, twelve = divmod(at.hour, 12)
    return here.clock.format(hour=at.hour, twelve=twelve or 12, minute=at.minute, half=here.halves[half])


def number(value: str, language: str) -> str:
    """A number ("1500.5") with three decimals at most; anything else as it is."""
    here = cldr.load(language)
    try:
        found = Decimal(value).quantize(_THOUSANDTHS).normalize()
    except InvalidOperation:
        return value
    signs = {",": here.group, ".": here.decimal}
    return "".join(signs.get(each, each) for each in f"{found:,f}")


def name_in(language: str, code: str) -> str:
    """What speakers of `language` call the language `code`: "Marokkaans Arabisch". `language`: one of the pages."""
    return cldr.load(language).languages.get(code, code)


def _put_together(pattern: str, value: date, language: str) -> str:
    here, place = cldr.load(language), value.month - 1
    return pattern.format(day=value.day, month=here.months[place], alone=here.months_alone[place], year=value.year)
