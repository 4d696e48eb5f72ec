"""From when to when on a day: "7h30 - 16h", "de 6 a 14h", "10pm - 6am"."""

from collections.abc import Sequence
from itertools import groupby

from flows.grammar.lexicon import Word, words
from flows.grammar.normalise import normalise
from locales.languages import Languages

BEFORE, AFTER = "before_7", "after_18"
HOURS = frozenset({BEFORE, AFTER})
_DASH = "–"
Time = tuple[int, int]  # hour, minute


def read_hours(text: str, languages: Languages, code: str) -> tuple[Time, Time] | None:
    """Begin and end; the end may be earlier than the begin (night). None: ask again."""
    said = words(_apart(normalise(text)), languages, code)
    times, place = [], 0
    halves: list[str] = []
    while place < len(said):
        word = said[place]
        if _hour(word) is not None:
            time, half, place = _time(said, place)
            if time is None:
                return None
            times.append(time)
            halves.append(half)
        elif word.has("noon") or word.has("midnight"):
            times.append((12, 0) if word.has("noon") else (0, 0))
            halves.append("said")
            place += 1
        elif (
            word.text == _DASH
            or word.is_filler
            or any(word.has(mark) for mark in ("to", "from", "night", "and", "ante", "post"))
        ):
            place += 1
        else:
            return None
    return _range(times, halves, is_night=any(word.has("night") for word in said)) if len(times) == 2 else None


def outside(begin: Time, end: Time) -> tuple[str, ...]:
    """What of this lies outside 7 to 18 o'clock, as option ids of the question about hours."""
    over_midnight = end <= begin
    before = (BEFORE,) if begin < (7, 0) or over_midnight else ()
    after = (AFTER,) if end > (18, 0) or over_midnight else ()
    return (*before, *after)


def _apart(text: str) -> str:
    """ "7h30", "7.30" and "7:30" as "7 h 30"; a dash becomes a longer one, so that "6-19" is no date."""
    pieces = ("".join(group) for _, group in groupby(text.replace("-", _DASH), str.isdigit))
    return " ".join(" h " if piece in (":", ".") else piece for piece in pieces)


def _hour(word: Word) -> int | None:
    return word.number if word.number is not None and word.number <= 24 else None


def _time(said: Sequence[Word], place: int) -> tuple[Time | None, str, int]:
    """The time that begins here, which half of the day was said with it, and where it ends."""
    hour, minute = _hour(said[place]), 0
    assert hour is not None
    place += 1
    if place < len(said) and said[place].get("unit") == "hour":
        place += 1
        number = said[place].number if place < len(said) else None
        if number is not None and number in (0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55):
            minute, place = number, place + 1
            if place < len(said) and said[place].get("unit") == "hour":
                place += 1
    half = ""
    if place < len(said) and (said[place].has("ante") or said[place].has("post")):
        half = "am" if said[place].has("ante") else "pm"
        place += 1
    if half and hour <= 12:
        hour = hour % 12 + (12 if half == "pm" else 0)
    if hour == 24:
        hour = 0
    return ((hour, minute) if hour < 24 else None), half, place


def _range(times: Sequence[Time], halves: Sequence[str], *, is_night: bool) -> tuple[Time, Time] | None:
    begin, end = times
    if not any(halves) and not is_night and end <= begin and end[0] + 12 < 24 and begin[0] <= 12:
        end = (end[0] + 12, end[1])  # "8 tot 5" is till five in the afternoon
    return (begin, end) if begin != end else None
