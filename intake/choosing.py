"""What a coordinator chooses for a desk: read from a page, checked, kept, each change in the audit, before and after.

A page carries the mark of what it was drawn from. Who keeps something after a colleague changed it is shown both.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from flows import categories, week
from flows.answers import Flag
from flows.categories import registered_flags
from flows.desk import SOURCE
from flows.grammar.phone import read_phone
from intake import opening_hours
from intake.desk import DeskError, not_there
from intake.problems import Unclear
from locales import languages
from storage import audit, desks, staff
from storage.database import Session
from storage.desks import Choices
from storage.models import Desk
from storage.staff import Person

Typed = Mapping[str, str]
AUDITED = "setting_changed"
LONGEST_KEPT = 5  # years: the hard maximum for names
ALONGSIDE = ("off", "opening", "always")
DAYS = tuple(day.lower() for day in week.DAYS)
_CHANGED = "%(name)s changed this while you were typing. Nothing of yours is kept yet: compare, and keep again."
REPORTED = range(2019, 2041)  # years whose categories a desk may choose
_DECISION = 120  # characters
_MOST_EXCEPTIONS = 40
_ADDRESS = 80  # characters: it stands in a text message


class Section(StrEnum):
    """The pages of the settings, in their order."""

    HOURS = "hours"
    INFORMATION = "information"
    LANGUAGES = "languages"
    QUESTIONS = "questions"
    FOLLOWING = "following"
    COUNTING = "counting"
    KEEPING = "keeping"
    CHANNELS = "channels"


class ChangedMeanwhile(DeskError):
    """A colleague kept something else since the page was drawn. `theirs`: what the page would show now."""

    def __init__(self, theirs: Typed, name: str) -> None:
        super().__init__(409, _CHANGED, name=name or "?")
        self.theirs = theirs


@dataclass(frozen=True)
class _Field:
    """One choice: `write` says what a form shows for it, `read` what a form means. `read` raises `Unclear`."""

    name: str
    write: Callable[[Any], Typed]
    read: Callable[[Typed], Any]


def shown(chosen: Choices, section: Section) -> dict[str, str]:
    """What the form of this section shows, by the names of its fields."""
    return {key: text for field in _FIELDS[section] for key, text in field.write(getattr(chosen, field.name)).items()}


def mark(chosen: Choices, section: Section) -> str:
    """Of the values that a page was drawn from."""
    return hashlib.sha256(json.dumps(shown(chosen, section), sort_keys=True).encode()).hexdigest()[:16]


def keep(session: Session, person: Person, slug: str, section: Section, typed: Typed, seen: str, now: datetime) -> bool:
    """Whether anything changed. Raises `Unclear`, `ChangedMeanwhile`, or that the desk is not there."""
    desk = own(session, person, slug)
    session.refresh(desk, with_for_update=True)
    before = desks.choices(desk)
    given = {field.name: field.read(typed) for field in _FIELDS[section]}
    changed = [name for name, value in given.items() if value != getattr(before, name)]
    if not changed:
        return False
    if seen != mark(before, section):
        who = audit.last(session, desk.id, AUDITED)
        raise ChangedMeanwhile(shown(before, section), staff.names(session).get(who, ""))
    after = Choices.model_validate(before.model_dump() | given)
    desks.choose(session, desk, after)
    for name in changed:
        told = [json.dumps(getattr(each, name), ensure_ascii=False) for each in (before, after)]
        audit.add(session, now, desk.id, person.id, AUDITED, name, *told)
    return True


def own(session: Session, person: Person, slug: str) -> Desk:
    """Raises `DeskError` when it is not there, or none of the person's."""
    desk = desks.by_slug(session, slug)
    if desk is None or desk.id not in person.desk_ids:
        raise not_there()
    return desk


def undecided(chosen: Choices) -> tuple[str, ...]:
    """Languages that are on without the reference of a decision."""
    return tuple(code for code in chosen.languages if code != SOURCE and not chosen.decisions.get(code))


# --- Kinds of choices ------------------------------------------------------------------------------------------------


def _whole(name: str, least: int, most: int) -> _Field:
    def read(typed: Typed) -> int:
        text = typed.get(name, "").strip()
        if not text.isascii() or not text.isdigit() or not least <= int(text[:9]) <= most:
            raise Unclear(name, "Give a whole number from %(least)s to %(most)s.", least=least, most=most)
        return int(text)

    return _Field(name, lambda value: {name: str(value)}, read)


def _switch(name: str) -> _Field:
    return _Field(name, lambda value: {name: "on" if value else ""}, lambda typed: typed.get(name) == "on")


def _phone(name: str) -> _Field:
    def read(typed: Typed) -> str:
        text = typed.get(name, "").strip()
        number = read_phone(text) or ""
        if text and not number:
            raise Unclear(name, "Write the number as +32470000000.")
        return number

    return _Field(name, lambda value: {name: value}, read)


def _address() -> _Field:
    name = "address"

    def read(typed: Typed) -> str:
        text = " ".join(typed.get(name, "").split())
        if len(text) > _ADDRESS:
            raise Unclear(name, "This is too long: at most %(most)s characters.", most=_ADDRESS)
        if "<" in text or ">" in text:
            raise Unclear(name, "Write the address without < or >.")
        return text

    return _Field(name, lambda value: {name: value}, read)


def _filing_day() -> _Field:
    name = "filing_day"

    def read(typed: Typed) -> str:
        found = re.fullmatch(r"\s*(\d{1,2})\s*[-/. ]\s*(\d{1,2})\s*", typed.get(name, ""))
        try:
            day = date(2001, int(found[2]), int(found[1])) if found else None  # 29 February is not in every year
        except ValueError:
            day = None
        if day is None:
            raise Unclear(name, "Give a day and a month, for example 31-01.")
        return f"{day:%m-%d}"

    return _Field(name, lambda value: {name: "-".join(reversed(value.split("-")))}, read)


def _countries() -> _Field:
    name = "countries"

    def read(typed: Typed) -> tuple[str, ...]:
        codes = tuple(dict.fromkeys(re.split(r"[\s,;]+", typed.get(name, "").strip())))
        if not codes or not all(re.fullmatch(r"\+[1-9]\d{0,3}", each) for each in codes):
            raise Unclear(name, "Write how the numbers begin, for example: +32 +31 +33")
        return codes

    return _Field(name, lambda value: {name: " ".join(value)}, read)


def _registered() -> _Field:
    """A row for each year: kept where it is other than the table that comes with the software."""

    def usual(year: int) -> frozenset[str]:
        return frozenset(flag.value for flag in registered_flags(categories.load(), year))

    def write(value: Mapping[int, tuple[str, ...]]) -> Typed:
        return {
            f"registered.{year}.{flag.value}": "on" if flag.value in value.get(year, usual(year)) else ""
            for year in REPORTED for flag in Flag
        }  # fmt: skip

    def read(typed: Typed) -> dict[int, tuple[str, ...]]:
        given = {
            year: tuple(flag.value for flag in Flag if typed.get(f"registered.{year}.{flag.value}") == "on")
            for year in REPORTED if typed.get(f"registered.{year}") == "on"
        }  # fmt: skip
        return {year: flags for year, flags in given.items() if frozenset(flags) != usual(year)}

    return _Field("registered", write, read)


# --- Languages -------------------------------------------------------------------------------------------------------


def _order() -> _Field:
    def write(value: tuple[str, ...]) -> Typed:
        rows: dict[str, str] = {}
        for code in languages.load():
            place = value.index(code) + 1 if code in value else 0
            rows |= {f"on.{code}": "on" if place else "", f"order.{code}": str(place or "")}
        return rows

    def read(typed: Typed) -> tuple[str, ...]:
        chosen = [code for code in languages.load() if typed.get(f"on.{code}") == "on"]
        if SOURCE not in chosen:
            raise Unclear(f"on.{SOURCE}", "Dutch stays on: every text is written in it first.")
        places = {code: typed.get(f"order.{code}", "").strip() for code in chosen}
        for code, place in places.items():
            if place and not (place.isascii() and place.isdigit() and len(place) < 4):
                raise Unclear(f"order.{code}", "Give a whole number from %(least)s to %(most)s.", least=1, most=99)
        return tuple(sorted(chosen, key=lambda code: int(places[code] or 999)))

    return _Field("languages", write, read)


def _decisions() -> _Field:
    def read(typed: Typed) -> dict[str, str]:
        given = {code: typed.get(f"decision.{code}", "").strip() for code in languages.load()}
        for code, reference in given.items():
            if len(reference) > _DECISION or "\n" in reference:
                raise Unclear(f"decision.{code}", "This is too long: at most %(most)s characters.", most=_DECISION)
        return {code: reference for code, reference in given.items() if reference}

    return _Field(
        "decisions", lambda value: {f"decision.{code}": value.get(code, "") for code in languages.load()}, read
    )


def _alongside() -> _Field:
    name = "dutch_alongside"

    def read(typed: Typed) -> str:
        if typed.get(name) not in ALONGSIDE:
            raise Unclear(name, "Choose when the Dutch is added.")
        return typed[name]

    return _Field(name, lambda value: {name: value}, read)


# --- Opening hours ---------------------------------------------------------------------------------------------------


def _hours() -> _Field:
    return _Field("hours", _write_hours, _read_hours)


def _write_hours(hours: str) -> Typed:
    found = week.parse(hours)
    if found is None:
        return {"hours": hours}
    rows = {f"day.{day}": times.replace(",", ", ") for day, times in zip(DAYS, found.days, strict=True)}
    rows["holidays"] = "on" if found.closed_on_holidays else ""
    for place, each in enumerate(found.exceptions):
        rows |= {f"from.{place}": each.first.isoformat(), f"to.{place}": each.last.isoformat()}
        rows[f"times.{place}"] = each.times.replace(",", ", ")
    return rows


def _read_hours(typed: Typed) -> str:
    if "hours" in typed:
        return _read_written(typed["hours"].strip())
    days = []
    for day in DAYS:
        times = week.read_times(typed.get(f"day.{day}", ""))
        if times is None:
            raise Unclear(f"day.{day}", "We cannot read these hours. For example: 9:00-12:00, 13:00-16:00")
        days.append(times)
    exceptions = tuple(each for place in range(_MOST_EXCEPTIONS) if (each := _read_exception(typed, place)))
    return _read_written(week.write(week.Week(tuple(days), typed.get("holidays") == "on", exceptions)))


def _read_written(hours: str) -> str:
    if hours and not opening_hours.is_valid(hours):
        raise Unclear("hours", "We cannot read these hours. For example: Mo-Fr 09:00-12:00,13:00-16:00; PH off")
    return hours


def _read_exception(typed: Typed, place: int) -> week.OtherDays | None:
    first, last = typed.get(f"from.{place}", "").strip(), typed.get(f"to.{place}", "").strip()
    if not first:
        return None
    times = week.read_times(typed.get(f"times.{place}", ""))
    try:
        found = week.OtherDays(date.fromisoformat(first), date.fromisoformat(last or first), times or "")
    except ValueError:
        raise Unclear(f"from.{place}", "Give a date.") from None
    if times is None:
        raise Unclear(f"times.{place}", "We cannot read these hours. For example: 9:00-12:00, 13:00-16:00")
    if found.last < found.first:
        raise Unclear(f"to.{place}", "The last day comes before the first.")
    return found


_FIELDS: Mapping[Section, tuple[_Field, ...]] = {
    Section.HOURS: (_hours(), _phone("desk_phone"), _switch("missed_calls")),
    Section.INFORMATION: (_address(),),
    Section.LANGUAGES: (_order(), _decisions(), _alongside()),
    Section.QUESTIONS: (_whole("promise_days", 1, 60), _switch("days_asked"), _switch("ask_all")),
    Section.FOLLOWING: (
        _switch("follow_up"),
        _whole("follow_up_before", 0, 26),
        _whole("follow_up_after", 2, 26),
        _whole("follow_up_most", 1, 3),
        _switch("follow_up_calls"),
        _whole("referral_days", 1, 60),
        _whole("ask_from", 7, 12),
        _whole("ask_until", 13, 21),
    ),
    Section.COUNTING: (_whole("urgent_days", 1, 365), _filing_day(), _switch("lapsed_is_new"), _registered()),
    Section.KEEPING: (_whole("keep_words_days", 1, 365), _whole("keep_names_years", 1, LONGEST_KEPT)),
    Section.CHANNELS: (_phone("caller_id"), _countries()),
}
