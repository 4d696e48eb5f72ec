"""From when to when on a day: "7h30 - 16h", "de 6 a 14h", "10pm - 6am"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from flows.grammar.lexicon import Word, words
from flows.grammar.normalise import normalise
from locales.languages import Languages

BEFORE, AFTER = "before_7", "after_18"
HOURS = frozenset({BEFORE, AFTER})
_DASH = "–"
_HOUR = "∶"  # stands for the sign between hours and minutes, whichever was typed
_TOGETHER = re.compile("(?:[01][0-9]|2[0-3])[0-5][05]")
_LONGEST_DAY = 14  # hours; whoever says more means the afternoon
_AROUND = ("to", "from", "night", "and", "ante", "post")
Time = tuple[int, int]  # hour, minute


def read_hours(text: str, languages: Languages, code: str) -> tuple[Time, Time] | None:
    """Begin and end; the end may be earlier than the begin (night). None: ask again."""
    found = _times(text, languages, code)
    if found is None or len(found.times) != 2:
        return None
    return _range(found.times, found.halves, is_night=found.is_night)


def read_time(text: str, languages: Languages, code: str) -> Time | None:
    """A time of the day; up to twelve o'clock as it was said when no half of the day was. None: ask again."""
    found = _times(text, languages, code)
    return found.times[0] if found is not None and len(found.times) == 1 else None


@dataclass(frozen=True, slots=True)
class _Times:
    times: list[Time]
    halves: list[str]  # which half of the day was said with each: am, pm, "said" (noon), "" for none
    is_night: bool


def _times(text: str, languages: Languages, code: str) -> _Times | None:
    """Every time in a message that says nothing else; None when it does."""
    said = words(_apart(normalise(text)), languages, code)
    shifted = languages[code].clock_is_shifted
    times, halves, place = list[Time](), list[str](), 0
    while place < len(said):
        word = said[place]
        if _hour(word) is not None or word.has("half_to") or _leads(said, place):
            led_by = _half(said[place - 1]) if languages[code].half_leads and place else ""
            time, half, place = _time(said, place, led_by if languages[code].half_leads else None)
            if time is None or (shifted and half and time[0] % 12 + 1 <= 12 and len(times) < 2 and _is_bare(text)):
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
            or any(word.has(mark) for mark in _AROUND)
            or word.get("part")
            or _is_hour(word)
        ):
            place += 1
        else:
            return None
    return _Times(times, halves, any(word.has("night") for word in said))


def _is_bare(text: str) -> bool:
    """Whether an hour was said without minutes: then a clock that counts from six o'clock may be meant."""
    return ":" not in text


def _leads(said: Sequence[Word], place: int) -> bool:
    """ "half past six", "quarter to seven": the minutes come first."""
    if said[place].has("half_past") and place + 1 < len(said) and _hour(said[place + 1]) is not None:
        return True
    if place + 2 < len(said) and said[place].has("minus") and _part_of_hour(said[place + 1]):
        return _hour(said[place + 2]) is not None  # "без четверти восемь"
    return (
        place + 2 < len(said)
        and (said[place].get("fraction") == "half" or said[place].has("quarter") or said[place].has("half_past"))
        and _hour(said[place + 2]) is not None
    )


def outside(begin: Time, end: Time) -> tuple[str, ...]:
    """What of this lies outside 7 to 18 o'clock, as option ids of the question about hours."""
    over_midnight = end <= begin
    before = (BEFORE,) if begin < (7, 0) or over_midnight else ()
    after = (AFTER,) if end > (18, 0) or over_midnight else ()
    return (*before, *after)


def _apart(text: str) -> str:
    """ "7.30" and "7:30" as "7 ∶ 30"; a dash becomes a longer one, so that "6-19" is no date."""
    pieces = ("".join(group) for _, group in groupby(text.replace("-", _DASH), str.isdigit))
    return " ".join(_HOUR if piece in (":", ".") else piece for piece in pieces)


def _hour(word: Word) -> int | None:
    """The hour that a word says; "0700" and "1930" say their minutes too, see `_time`."""
    if _TOGETHER.fullmatch(word.text):
        return int(word.text[:2])
    return word.number if word.number is not None and word.number <= 24 else None


def _time(said: Sequence[Word], place: int, led_by: str | None) -> tuple[Time | None, str, int]:
    """The time that begins here, which half of the day was said with it, and where it ends.

    `led_by`: the half that was said before it, where a language says it there; None where it follows.
    """
    before = 0
    if said[place].has("half_to") and _hour(said[place]) is None:  # "half acht" is half past seven
        before, place = 30, place + 1
        if place >= len(said) or _hour(said[place]) is None:
            return None, "", place
    elif _leads(said, place):
        minute = 15 if said[place].has("quarter") else 30
        if said[place].has("minus"):
            before, place = _part_of_hour(said[place + 1]), place + 2
        elif _hour(said[place + 1]) is not None:
            before, place = -minute, place + 1
        else:
            before, place = (minute if said[place + 1].has("to") else -minute), place + 2
    hour, minute = _hour(said[place]) or 0, 0
    if _TOGETHER.fullmatch(said[place].text):
        return (hour, int(said[place].text[2:])), "said", place + 1
    place += 1
    if place < len(said) and _is_hour(said[place]):
        place += 1
    minute, place = _minutes(said, place)
    if minute < 0:
        before, minute = -minute, 0
    if before:
        total = (hour * 60 - before) % (24 * 60) if before > 0 else hour * 60 - before
        hour, minute = total // 60, total % 60
    half = led_by or ""
    for at in (place, place + 1) if led_by is None else ():
        if at < len(said) and (half := _half(said[at])):
            place = at + 1
            break
        if at < len(said) and not said[at].is_filler:
            break
    if half and hour <= 12:
        hour = hour % 12 + (12 if half == "pm" else 0)
    if hour == 24:
        hour = 0
    return ((hour, minute) if hour < 24 else None), half, place


def _minutes(said: Sequence[Word], place: int) -> tuple[int, int]:
    """What follows an hour: "30", "and a half", "y media", "and a quarter"."""
    at = place + 1 if place < len(said) and said[place].has("and") else place
    if at >= len(said):
        return 0, place
    word = said[at]
    if word.has("minus") and at + 1 < len(said) and (less := _part_of_hour(said[at + 1])):
        return -less, at + 2  # "huit heures moins le quart"
    if at + 1 < len(said) and said[at + 1].has("minus") and (less := _part_of_hour(word)):
        return -less, at + 2  # "sekize çeyrek kala"
    if word.has("half_past") or word.get("fraction") in ("and_half", "half"):
        return 30, at + 1
    if word.has("quarter"):
        return 15, at + 1
    if word.number in (0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55) and _follows_hour(said, place):
        end = at + 1
        return word.number, end + 1 if end < len(said) and _is_hour(said[end]) else end
    return 0, place


def _part_of_hour(word: Word) -> int:
    """Minutes that are said to be missing of an hour, 0 when this is no such thing."""
    if word.has("quarter"):
        return 15
    return word.number if word.number in (5, 10, 15, 20, 25) else 0


def _follows_hour(said: Sequence[Word], place: int) -> bool:
    """Minutes stand behind the sign or word for the hour: "7 h 30"; without it "6 14" is from six to two."""
    return place > 0 and _is_hour(said[place - 1])


def _is_hour(word: Word) -> bool:
    return word.text == _HOUR or word.get("unit") == "hour"


def _half(word: Word) -> str:
    """am or pm; "" when this word says neither. The part of a day says it too, where it stands behind an hour."""
    if word.has("ante") or word.has("post"):
        return "am" if word.has("ante") else "pm"
    return {"am": "am", "pm": "pm"}.get(word.get("part") or "", "")


def _hours_between(begin: Time, end: Time) -> float:
    return end[0] + end[1] / 60 - begin[0] - begin[1] / 60


def _range(times: Sequence[Time], halves: Sequence[str], *, is_night: bool) -> tuple[Time, Time] | None:
    begin, end = times
    if halves[0] == "am" and not halves[1] and end <= begin and end[0] < 12:
        end = (end[0] + 12, end[1])  # "9am to 5"
    if halves[1] == "pm" and not halves[0] and begin[0] < 12 and _hours_between(begin, end) > _LONGEST_DAY:
        begin = (begin[0] + 12, begin[1])  # "2 to 10pm"
    if is_night and not halves[0] and 6 <= begin[0] < 12 and end < begin:
        begin = (begin[0] + 12, begin[1])  # "at night from ten to six"
    if not any(halves) and not is_night and end <= begin and end[0] + 12 < 24 and begin[0] <= 12:
        end = (end[0] + 12, end[1])  # "8 tot 5" is till five in the afternoon
    return (begin, end) if begin != end else None
