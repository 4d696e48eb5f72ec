"""What a family is told that asks for information: the opening hours of the coming days, the childcare of a town.

Nothing of it is a request. Where a conversation was information alone, its call-back ticket says so and counts nowhere.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flows import week
from flows.definitions import Outcome
from flows.engine.turn import local_day
from flows.events import Channel, Childcare, ChildcareFound, FindChildcare
from flows.grammar.place import plain_name
from flows.week import OtherDays, Week
from intake import opening_hours
from intake.installation import Installation
from storage import childcare, facts, registrations, turns
from storage.childcare import Place
from storage.database import Session
from storage.models import Registration
from storage.turns import Thread

INFORMATION, TOLD = "information", "told"  # the reason of `not_a_request`; how it is counted
_AHEAD, _LONGEST = 14, 60  # days: what is otherwise and begins soon is told, and until when it lasts


def find(
    session: Session, here: Installation, thread: Thread, wanted: FindChildcare, at: datetime
) -> ChildcareFound:  # fmt: skip
    """By the list of the desk that is spoken with; where that has none there, by the list of the desk of the town."""
    postcodes = here.places.alike(wanted.place)
    rows = childcare.in_town(session, thread.desk_id, postcodes)
    theirs = turns.desk_of_postcode(session, wanted.place)
    if not rows and theirs is not None:
        rows = childcare.in_town(session, theirs, postcodes)
    return ChildcareFound(at, Channel(thread.channel), wanted, in_order(rows))


def in_order(rows: Iterable[Place]) -> tuple[Childcare, ...]:
    """From A to Z, whatever the order of the file."""
    found = sorted(rows, key=lambda each: (plain_name(each.name), each.address))
    return tuple(Childcare(each.name, each.address, each.phone, each.price) for each in found)


def hours(written: str, at: datetime) -> str:
    """The usual week with what is otherwise in the coming days, as OpenStreetMap writes it; holidays are days by then.

    Hours that are no week (every second Tuesday) are told as the coming days on which somebody is there.
    """
    found, today = week.parse(written), local_day(at)
    usual = found.days if found else ("",) * 7
    others: list[OtherDays] = []
    for day in (today + timedelta(days=each) for each in range(_LONGEST)):
        times = opening_hours.times(written, day)
        if times == usual[day.weekday()]:
            continue
        if others and others[-1].times == times and _goes_on(others[-1], day, usual):
            others[-1] = OtherDays(others[-1].first, day, times)
        else:
            others.append(OtherDays(day, day, times))
    told = tuple(each for each in others if each.first < today + timedelta(days=_AHEAD))
    return week.write(Week(usual, closed_on_holidays=False, exceptions=told))


def _goes_on(before: OtherDays, day: date, usual: Sequence[str]) -> bool:
    """Whether the days between are like these anyway: a weekend in a week of holidays."""
    between = (before.last + timedelta(days=each) for each in range(1, (day - before.last).days))
    return all(usual[each.weekday()] == before.times for each in between)


@dataclass(frozen=True, slots=True)
class Given:
    """How many conversations were told something; how often each subject was told, and how often in each language."""

    conversations: int
    subjects: Mapping[str, int]
    languages: Mapping[str, int]


def given(session: Session, desk_ids: Collection[str], year: int) -> Given:
    """The information of a year, from counts that know no family. None of it is a request."""
    subjects, languages = Counter[str](), Counter[str]()
    for each in facts.totals(session, desk_ids, date(year, 1, 1), date(year, 12, 31)):
        if each.event == TOLD and each.key == INFORMATION:
            languages[each.language] += each.count
        elif each.event == TOLD:
            subjects[each.key.removeprefix(f"{INFORMATION}.")] += each.count
    return Given(languages.total(), subjects, dict(languages.most_common()))


def note(session: Session, here: Installation, conversation_id: str, at: datetime) -> None:
    """Its call-back ticket is no request."""
    for kept in registrations.kept(session, conversation_id).values():
        row = session.get_one(Registration, kept.id)
        if row.state == "ticket":
            registrations.set_outcome(
                session, here.keys, row, Outcome.NOT_A_REQUEST.value, INFORMATION, local_day(at), None, at
            )  # fmt: skip
