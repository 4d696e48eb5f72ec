"""What the Unicode CLDR says of a language, as far as we use it: names of months, days and languages, and how dates,
times and numbers are put together.

Babel has all of it. To read one language there it loads a megabyte, three for the first one, of which we need a
thousandth; so `language update` copies that into `locales/<code>/cldr.yaml`, and only what Babel says stands there.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field

from locales import yamlfile
from locales.languages import FOLDER

FILE = "cldr.yaml"
_SOURCE = "nl"
_HEAD = "# From the Unicode CLDR: `language update` writes this file.\n"
_AS_HERE = {"en": "en_BE"}  # whose clock has 24 hours here, as the ones on our walls
_FIELDS = {  # of a pattern of CLDR
    "d": "{day}", "dd": "{day:02}", "MMMM": "{month}", "LLLL": "{alone}", "y": "{year}",
    "H": "{hour}", "HH": "{hour:02}", "h": "{twelve}", "mm": "{minute:02}", "a": "{half}",
}  # fmt: skip

_Twelve = Annotated[tuple[str, ...], Field(min_length=12, max_length=12)]
_Seven = Annotated[tuple[str, ...], Field(min_length=7, max_length=7)]


class Customs(BaseModel):
    """One `cldr.yaml`. Months from January, days from Monday; patterns are for `str.format`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    months: _Twelve  # within a date
    months_alone: _Twelve
    months_short: _Twelve
    days: _Seven
    days_short: _Seven
    halves: Annotated[tuple[str, ...], Field(min_length=2, max_length=2)]  # of the day
    day: str  # {day}, {month} or {alone}, as far as they stand in it
    full_day: str
    month: str
    clock: str  # {hour}, or {twelve} and {half}; {minute}
    decimal: str  # sign of numbers
    group: str
    languages: Mapping[str, str] = {}  # of a language that the pages speak: what it calls the others


@cache
def load(code: str, folder: Path = FOLDER) -> Customs:
    """Those of Dutch for a language that has no file, as one that is only spoken. Raises `yamlfile.YamlProblem`."""
    path = folder / code / FILE
    return yamlfile.load(path if path.exists() else folder / _SOURCE / FILE, Customs)


def update(path: Path, *, with_languages: bool = False) -> None:
    """Write the file anew; its folder is the language."""
    from babel import Locale  # what this copy saves everybody else

    locale = Locale(path.parent.name)
    clock = Locale.parse(_AS_HERE.get(path.parent.name, path.parent.name))
    months, days = locale.months, locale.days
    halves = locale.day_periods["format"]["abbreviated"]
    signs = clock.number_symbols["latn"]
    found: dict[str, Any] = {
        "months": _from_january(months["format"]["wide"]),
        "months_alone": _from_january(months["stand-alone"]["wide"]),
        "months_short": _from_january(months["format"]["abbreviated"]),
        "days": [days["format"]["wide"][day] for day in range(7)],
        "days_short": [days["format"]["abbreviated"][day] for day in range(7)],
        "halves": [halves["am"], halves["pm"]],
        "day": _template(locale.datetime_skeletons["MMMMd"]),
        "full_day": _template(locale.date_formats["long"]),
        "month": _template(locale.datetime_skeletons["yMMMM"]),
        "clock": _template(clock.time_formats["short"]),
        "decimal": signs["decimal"],
        "group": signs["group"],
    }
    if with_languages:
        found["languages"] = {code: name for code, name in sorted(locale.languages.items()) if code.isalpha()}
    text = yaml.safe_dump(found, allow_unicode=True, sort_keys=False, width=110, default_flow_style=None)
    path.write_text(_HEAD + text, encoding="utf-8")


def _from_january(names: Mapping[int, str]) -> list[str]:
    return [names[month] for month in range(1, 13)]


def _template(pattern: Any) -> str:
    """Babel has the fields of a pattern as "%(MMMM)s", and its quoted words as they are."""
    return str(pattern.format) % _FIELDS
