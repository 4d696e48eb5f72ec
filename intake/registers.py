"""One request as a row of a table: what an import reads and an export writes, column by column.

The columns are an outside interface (docs/running.md). A cell that a spreadsheet would take for a formula gets an
apostrophe on the way out and loses it on the way in.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from flows.answers import Flag, is_known
from flows.definitions import REASONS, Outcome
from flows.grammar.phone import read_phone
from intake.said import Said
from locales.languages import Languages
from storage.registrations import Opened, is_reference

COLUMNS = (
    "reference", "external_reference", "desk", "source", "counted_in", "asked_on", "channel", "language",
    "child_first_name", "birth", "postcode", "start", "days", *(flag.value for flag in Flag), "outcome",
    "outcome_reason", "outcome_on", "contact",
)  # fmt: skip
REQUIRED = ("desk", "asked_on", "birth")
SOURCES, COUNTED_IN = ("desk", "referrer", "organiser", "old_register"), ("here", "platform")
CHANNELS = ("desk", "sms", "voice", "whatsapp", "telegram", "web", "mail", "form")
Checks = Mapping[str, Callable[[str], str]]
_FLAGS = {"yes": True, "no": False, "unknown": None, "": None}
_DUTCH = {"ja": "yes", "nee": "no", "onbekend": "unknown", "zo snel mogelijk": "asap"}
_SHOWN = {True: "yes", False: "no", None: "unknown"}
_DAY = re.compile(r"(?:mo|tu|we|th|fr|sa|su)(?::(?:am|pm))?")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_CHOICE = "write one of these: %(known)s"
_DESK = "write the short name of a desk: %(known)s"
_LANGUAGE = "write a language code such as nl"
_LONGEST = 200  # characters of a cell
_MOST_SHOWN = 20  # of what may stand in a column
_CHANGED = re.compile(r"\d[.,]\d+E\+\d+")  # what a spreadsheet makes of a telephone number
_BELGIAN = re.compile(r"(due:)?(?:(\d{1,2})[-/.])?(\d{1,2})[-/.](\d{4})")  # day before month, a year of four figures
_BIRTH, _START = re.compile(r"(?:due:)?(\d{4}-\d{2})(-\d{2})?"), re.compile(r"\d{4}-\d{2}(-\d{2})?")


class Fault(ValueError):
    """What is wrong with one cell."""

    def __init__(self, sentence: str, **values: object) -> None:
        self.said = Said(sentence, values)
        super().__init__(str(self.said))


@dataclass(frozen=True, slots=True)
class Given:
    """One row as it was understood; every cell in which something stood is in `cells`, cleaned."""

    cells: Mapping[str, str]
    desk: str
    asked_on: date
    flags: Mapping[str, bool | None] = field(default_factory=dict)
    outcome: tuple[str, str, date] | None = None  # code, reason, since

    def get(self, name: str) -> str:
        return self.cells.get(name, "")


def read(raw: Mapping[str, str], checks: Checks, today: date) -> tuple[Given | None, list[tuple[str, Said]]]:
    """The row, or what is wrong with it: (column, sentence)."""
    cells, faults = {}, []
    for name, text in raw.items():
        value = without_apostrophe(text.strip())
        try:
            if not value:
                if name in REQUIRED:
                    raise Fault("this must be filled in")
                continue
            if len(value) > _LONGEST or "\0" in value:
                raise Fault("write at most %(most)s letters", most=_LONGEST)
            cells[name] = checks[name](value) if name in checks else value
        except Fault as fault:
            faults.append((name, fault.said))
    if not faults:
        try:
            return _given(cells, today), []
        except Fault as fault:
            faults.append(("outcome", fault.said))
    return None, faults


def without_apostrophe(text: str) -> str:
    return text[1:] if text[:1] == "'" and text[1:2] in _FORMULA and len(text) > 1 else text


def with_apostrophe(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def cells_of(found: Opened, desk: str) -> dict[str, str]:
    """The row of a registration, as it counts now."""
    row, answers = found.row, json.loads(found.answers)
    outcome = found.outcome
    number = found.address if found.address.startswith("+") else ""
    return {
        "reference": row.reference, "external_reference": row.external_reference, "desk": desk, "source": row.source,
        "counted_in": row.counted_in, "asked_on": row.asked_on.isoformat(), "channel": row.channel,
        "language": row.language, "child_first_name": _text(answers.get("child_first_name")),
        "birth": _text(answers.get("birth")).removeprefix("~"), "postcode": row.postcode, "start": row.start,
        "days": _days_of(answers.get("days")), **{flag.value: _SHOWN[found.flag(flag.value)] for flag in Flag},
        "outcome": outcome.code if outcome else "open", "outcome_reason": outcome.reason if outcome else "",
        "outcome_on": outcome.since.isoformat() if outcome else "",
        "contact": _text(answers.get("contact_number")) or number,
    }  # fmt: skip


def _text(answer: object) -> str:
    return answer.removeprefix("text:") if isinstance(answer, str) and is_known(answer) else ""


def _days_of(answer: object) -> str:
    return " ".join(map(str, answer)) if isinstance(answer, list) else _text(answer)


def _given(cells: Mapping[str, str], today: date) -> Given:
    asked_on = date.fromisoformat(cells["asked_on"])
    flags = {flag.value: _FLAGS[cells[flag.value]] for flag in Flag if flag.value in cells}
    return Given(cells, cells["desk"], asked_on, flags, _outcome(cells, asked_on, today))


def _outcome(cells: Mapping[str, str], asked_on: date, today: date) -> tuple[str, str, date] | None:
    code, reason, on = (cells.get(name, "") for name in ("outcome", "outcome_reason", "outcome_on"))
    if not code or code == Outcome.OPEN:
        if reason:
            raise Fault("a reason needs an outcome")
        return None
    reasons = REASONS.get(Outcome(code), ())
    if reason and reason not in reasons:
        if not reasons:
            raise Fault("%(code)s has no reason: leave it empty", code=code)
        raise Fault("the reason of %(code)s is %(known)s", code=code, known=", ".join(reasons))
    if not on:
        raise Fault("an outcome needs a day: fill in outcome_on")
    since = date.fromisoformat(on)
    if not asked_on <= since <= today:
        raise Fault("outcome_on lies between asked_on and today")
    return code, reason, since


def checks(today: date, desks: frozenset[str], languages: Languages) -> Checks:
    """What may stand in each column, here and today."""
    return {
        "reference": _reference, "desk": _one_of(sorted(desks), _DESK),
        "source": _one_of(SOURCES), "counted_in": _one_of(COUNTED_IN), "channel": _one_of(CHANNELS),
        "language": _one_of(tuple(languages), _LANGUAGE),
        "asked_on": lambda text: _day(text, today),
        "birth": _birth, "postcode": _postcode, "start": _start, "days": _days,
        **{flag.value: _flag for flag in Flag},
        "outcome": _one_of(tuple(Outcome)), "outcome_on": lambda text: _day(text, today), "contact": _contact,
    }  # fmt: skip


def _one_of(known: Sequence[str], sentence: str = _CHOICE) -> Callable[[str], str]:
    allowed, shown = frozenset(known), ", ".join(known[:_MOST_SHOWN])

    def check(text: str) -> str:
        if text not in allowed:
            raise Fault(sentence, known=shown)
        return text

    return check


def _flag(text: str) -> str:
    return _one_of(("yes", "no", "unknown"))(_DUTCH.get(text.lower(), text))


def _written(text: str) -> str:
    """A moment as we write it; a spreadsheet here makes 31/03/2025 of a day."""
    found = _BELGIAN.fullmatch(text)
    if found is None:
        return _DUTCH.get(text.lower(), text)
    day = f"-{int(found[2]):02}" if found[2] else ""
    return f"{found[1] or ''}{found[4]}-{int(found[3]):02}{day}"


def _day(text: str, today: date) -> str:
    text = _written(text)
    try:
        day = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        day = None
    if day is None or not date(2000, 1, 1) <= day <= today:
        raise Fault("write a day that was, such as 2025-03-31")
    return text


def _birth(text: str) -> str:
    text = _written(text)
    found = _BIRTH.fullmatch(text)
    if found is None or not _exists(found[1], found[2] or "-01"):
        raise Fault("write a day (2025-03-31), a month (2025-03), or due:2026-05 for a child to come")
    return text


def _start(text: str) -> str:
    text = _written(text)
    if text != "asap" and (not _START.fullmatch(text) or not _exists(text[:7], text[7:] or "-01")):
        raise Fault("write a day (2025-03-31), a month (2025-03), or asap")
    return text


def _exists(month: str, day: str) -> bool:
    try:
        return 2000 <= date.fromisoformat(month + day).year <= 2098
    except ValueError:
        return False


def _postcode(text: str) -> str:
    if not re.fullmatch(r"[1-9]\d{3}", text):
        raise Fault("write four digits, such as 9000")
    return text


def _days(text: str) -> str:
    if text != "any" and not all(_DAY.fullmatch(each) for each in text.split()):
        raise Fault("write days such as mo tu:am we:pm, or any")
    return " ".join(text.split())


def _reference(text: str) -> str:
    digits = text.replace(" ", "")
    if not is_reference(digits):
        raise Fault("these are not the eight digits of a request: look for a typing error, or leave it empty")
    return digits


def _contact(text: str) -> str:
    if _CHANGED.fullmatch(text):
        raise Fault("a spreadsheet changed this number: make the column text, then type the number again")
    return read_phone(text) or text
