"""What must be recorded to speak a language without a synthetic voice: texts cut at their gaps, and what fills them.

"Het nummer is {reference}. U hoort van ons voor {by}." becomes four recordings: the two halves of the text, digits, and
a day with its month. A piece is known by its name, which is also the name of its file.

A language that is only spoken has no texts: its recordings follow the cuts of the Dutch, in the speaker's own words.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from flows.answers import REFUSED, UNKNOWN
from flows.form import Form
from flows.speaking import Line
from flows.wording import Wording
from locales import dates
from locales.dates import name_in

YEARS = range(2020, 2033)  # births and starts that are asked about lie between
_GAP = re.compile(r"\{([a-z_]+)\}")
_DIGITS = ("reference", "references", "phone", "key", "place", "child")
_ONLY_BY_A_VOICE = (
    "call.announce", "call.announce_urgent", "call.take", "organiser.",  # in Dutch: not to families
    "information", "told.",  # names, addresses and hours, which nobody can record
)  # fmt: skip
_OF_THIS_YEAR = ("by", "day", "asked_on")  # their year goes without saying
_NEVER_BY_KEYS = ("heard", "heard.example", "opening", "opening.right", "opening.wrong")
DOOR = ("call.language", "call.door", "call.interpreter", "call.sorry", "call.bye")


@dataclass(frozen=True, slots=True)
class Piece:
    """One recording. `text`: the words to say, "": in one's own; `dutch`: what they mean, for whoever records."""

    name: str
    dutch: str
    text: str


def of_line(line: Line) -> tuple[str, ...]:
    """The names of the pieces that say a line, in order."""
    values, found, place = dict(line.values), list[str](), 0
    parts = _GAP.split(line.template)
    for at, part in enumerate(parts):
        if at % 2:
            found += _of_value(part, values.get(part, ""))
        elif _has_words(part):
            place += 1
            found.append(_chunk(line.key, place, len(parts)))
    return tuple(found)


def everything(form: Form, language: str, wording: Wording) -> Iterator[Piece]:
    """Every piece of a language: texts first, then digits, days, months, years and hours."""
    for key in spoken_keys(form):
        if not (wording.is_only_spoken(language) and _holds_agreement(form, key)):
            yield from _of_text(key, language, wording)
    for key in ("value.asap", "value.unborn", "value.due", "value.about", "value.unknown"):
        yield from _of_text(key, language, wording)
    for number in range(10):
        yield Piece(f"digit.{number}", str(number), str(number))
    for day in range(1, 32):
        yield Piece(f"day.{day}", f"{day} (van een datum)", str(day))
    for month in range(1, 13):
        first = date(2026, month, 1)
        named = "" if wording.is_only_spoken(language) else dates.month_name(first, language)
        yield Piece(f"month.{month}", dates.month_name(first, "nl"), named)
    for year in YEARS:
        yield Piece(f"year.{year}", str(year), str(year))
    for hour in range(7, 21):
        yield Piece(f"hour.{hour}", f"{hour} uur", f"{hour}:00")


def door(language: str, wording: Wording) -> tuple[str, ...]:
    """The few pieces with which a language can be offered: a message is left in it, and an interpreter calls."""
    texts = (piece.name for key in DOOR for piece in _of_text(key, language, wording))
    return (*texts, *(f"digit.{number}" for number in range(1, 6)))


def spoken_keys(form: Form) -> tuple[str, ...]:
    """Every text that a caller can hear who answers by keys, without `.voice`."""
    keys = (key.removesuffix(".voice") for key in form.sources if key.endswith(".voice") or _is_spoken(form, key))
    return tuple(key for key in keys if key not in _NEVER_BY_KEYS and not key.startswith(_ONLY_BY_A_VOICE))


def _holds_agreement(form: Form, key: str) -> bool:
    """Nobody agrees to words that nobody could check: in a language that is only spoken, a person asks this."""
    return any(form.sources[each].agreement for each in (key, f"{key}.voice") if each in form.sources)


def _is_spoken(form: Form, key: str) -> bool:
    """Texts for the phone alone, and those that are said as they are written."""
    if key in form.messages:
        return form.messages[key].spoken or key in _AS_WRITTEN
    return False


_AS_WRITTEN = (
    "welcome", "heard.birth", "heard.place", "heard.start", "child.now", "place.which", "command.first",
    "command.status", "command.status_none", "command.restarted", "command.forgotten", "command.not_forgotten",
    "repair.again", "repair.silence", "hand_over.not_ours",
)  # fmt: skip


def _of_text(key: str, language: str, wording: Wording) -> Iterator[Piece]:
    template, _ = wording.template(key, language)
    dutch = _meaning(key, language, wording)
    is_dutch = wording.is_only_spoken(language) and template == wording.template(key, "nl")[0]
    parts, place = _GAP.split(template), 0
    for at, part in enumerate(parts):
        if at % 2 == 0 and _has_words(part):
            place += 1
            name = _chunk(key, place, len(parts))
            if is_dutch:
                yield Piece(name, _marked(_GAP.split(dutch), at) if len(parts) > 1 else dutch, "")
            else:
                yield Piece(name, _GAP.sub("…", dutch), part.strip())


def _meaning(key: str, language: str, wording: Wording) -> str:
    """The Dutch of a text. In the menu each language names itself."""
    dutch, _ = wording.template(key, "nl")
    return dutch.replace("Nederlands", name_in("nl", language)) if key == "call.language" else dutch


def _marked(parts: list[str], at: int) -> str:
    """A text with gaps; which part of it is to be said now stands between guillemets."""
    words = ["…" if place % 2 else part.strip(" .").lstrip(",? ") for place, part in enumerate(parts)]
    words[at] = f"«{words[at]}»"
    return " ".join(filter(None, words))


def _chunk(key: str, place: int, parts: int) -> str:
    return key if parts == 1 else f"{key}.{place}"


def _has_words(text: str) -> bool:
    return any(sign.isalnum() for sign in text)


def _of_value(name: str, raw: str) -> list[str]:
    if name in _DIGITS:
        return [f"digit.{sign}" for sign in raw if sign.isdecimal()]
    if name == "time":
        return [f"hour.{int(raw.partition(':')[0])}"]
    if name == "amount":
        return [f"digit.{sign}" for sign in raw]
    found = _of_date(raw)
    return found[:-1] if name in _OF_THIS_YEAR else found


def _of_date(raw: str) -> list[str]:
    named: Mapping[str, str] = {
        "asap": "value.asap", "unborn": "value.unborn", UNKNOWN: "value.unknown", REFUSED: "value.unknown",
    }  # fmt: skip
    if raw in named:
        return [named[raw]]
    for sign, around in (("due:", "value.due.1"), ("~", "value.about.1")):
        if raw.startswith(sign):
            return [around, *_of_date(raw.removeprefix(sign))]
    year, month, *day = raw.split("-")
    return [*(f"day.{int(each)}" for each in day), f"month.{int(month)}", f"year.{year}"]


def longest(piece: Piece) -> float:
    """The longest that this recording may last, in seconds: a calm reader, and a little rest."""
    return round(2.0 + len(piece.text or piece.dutch) / 9, 1)
