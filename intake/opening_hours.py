"""When somebody is at the desk: OpenStreetMap's `opening_hours`, with the public holidays of Belgium.

"Mo-Fr 09:00-12:00,13:00-16:00; PH off; 2026 Dec 24-2027 Jan 03 off". Read by the library `opening-hours-py`; source:
the OpenStreetMap wiki, "Key:opening_hours/specification".
"""

from datetime import date, datetime, time, timedelta
from typing import Any

from flows.engine.turn import BRUSSELS

_OPEN = "open"
_FARTHEST = timedelta(days=400)  # who does not open within a year is closed; 24/7 is searched to the year 10000 else


def is_valid(hours: str) -> bool:
    """Whether this can be read at all."""
    from opening_hours import validate  # native and large; only calls and the desk's settings need it

    return bool(validate(hours))


def is_open(hours: str, at: datetime) -> bool:
    """Whether the desk is open then; without hours, it never is."""
    return bool(hours) and bool(_read(hours).is_open(_local(at)))


def next_opening(hours: str, at: datetime) -> datetime | None:
    """The first moment after `at` at which the desk opens, None when it never does (or gave no hours)."""
    if not hours:
        return None
    moment = _local(at)
    for begins, _, state, _ in _read(hours).intervals(moment, moment + _FARTHEST):
        if str(state) == _OPEN and begins > moment:
            opens: datetime = begins.replace(tzinfo=BRUSSELS).astimezone(at.tzinfo)
            return opens
    return None


def end_of_day(hours: str, on: date) -> datetime | None:
    """When the desk closes for that day; None when it does not open on it."""
    begins = datetime.combine(on, time())
    ends = begins + timedelta(hours=23, minutes=59)
    shifts = _read(hours).intervals(begins, ends)
    open_until = [min(end or ends, ends) for _, end, state, _ in shifts if str(state) == _OPEN]
    return open_until[-1].replace(tzinfo=BRUSSELS) if open_until else None


def times(hours: str, on: date) -> str:
    """When somebody is there on that day: "09:00-12:00,13:00-16:00", "" when nobody is."""
    begins, ends = datetime.combine(on, time()), datetime.combine(on + timedelta(days=1), time())
    found = (each for each in _read(hours).intervals(begins, ends) if str(each[2]) == _OPEN)
    shifts = ((max(start, begins), min(end or ends, ends)) for start, end, *_ in found)
    return ",".join(f"{start:%H:%M}-{'24:00' if end == ends else f'{end:%H:%M}'}" for start, end in shifts)


def start_of_day(hours: str, on: date) -> datetime:
    """The first moment of that day at which somebody is there; the first of a later day when nobody is."""
    midnight = datetime.combine(on, time(), BRUSSELS)
    return midnight if is_open(hours, midnight) else next_opening(hours, midnight) or midnight


def _read(hours: str) -> Any:
    from opening_hours import OpeningHours  # see above

    return OpeningHours(hours, country="BE")


def _local(at: datetime) -> datetime:
    """The library reckons in the desk's own clock."""
    return at.astimezone(BRUSSELS).replace(tzinfo=None)
