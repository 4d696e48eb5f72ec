"""What we copied of the CLDR is what Babel says, and is put together as Babel does."""

from collections.abc import Callable
from datetime import date, time
from pathlib import Path

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time, get_day_names
from babel.numbers import format_decimal

from locales import cldr, dates, desk, languages

CODES = tuple(code for code, each in languages.load().items() if not each.only_spoken)
DAYS = tuple(date(2026, month, day) for month in range(1, 13) for day in (1, 9, 22))
NUMBERS = ("0", "-0.5", "7.25", "999", "1000", "-12345.678", "1234567.8905", "1e3", "a lot", "1e40")
FORMATS: dict[Callable[[date, str], str], Callable[[date, str], str]] = {
    dates.day: lambda day, code: format_skeleton("MMMMd", day, locale=code),
    dates.full_day: lambda day, code: format_date(day, "long", locale=code),
    dates.month: lambda day, code: format_skeleton("yMMMM", day, locale=code),
    dates.month_name: lambda day, code: format_date(day, "LLLL", locale=code),
    dates.short_month: lambda day, code: format_date(day, "MMM", locale=code),
}


def test_every_written_language_has_its_file_and_it_is_as_babel_has_it(tmp_path: Path) -> None:
    for code in CODES:
        path = tmp_path / code / cldr.FILE
        path.parent.mkdir()
        cldr.update(path, with_languages=code in desk.languages())
        assert path.read_text("utf-8") == (languages.FOLDER / code / cldr.FILE).read_text("utf-8"), "`language update`"


def test_days_times_and_numbers_are_written_as_babel_writes_them() -> None:
    for code in CODES:
        here = {"en": "en_BE"}.get(code, code)
        for ours, theirs in FORMATS.items():
            assert [ours(day, code) for day in DAYS] == [theirs(day, code) for day in DAYS]
        for at in (time(0, 5), time(7, 0), time(12, 30), time(23, 59)):
            assert dates.clock(at.isoformat("minutes"), code) == format_time(at, "short", locale=here)
        for number in NUMBERS[:-2]:
            assert dates.number(number, code) == format_decimal(number, locale=here)
        assert [dates.number(number, code) for number in NUMBERS[-2:]] == list(NUMBERS[-2:])
        assert {day: dates.weekday(day, code) for day in range(7)} == dict(get_day_names("wide", locale=code))


def test_pages_know_every_language_by_its_name() -> None:
    for code in desk.languages():
        names = Locale(code).languages
        assert {each: dates.name_in(code, each) for each in names if each.isalpha()} == {
            each: name for each, name in names.items() if each.isalpha()
        }


def test_a_language_without_the_file_writes_dates_as_dutch_does() -> None:
    assert dates.full_day(date(2026, 3, 2), "ary") == "2 maart 2026"
