"""Which keys of a phone the next part of an answer takes: one for a choice, two for a month, four for a year."""

from collections.abc import Mapping

from flows.answers import Kind
from flows.events import Entry
from flows.form import Question
from flows.state import State

PARTED = (Kind.DATE_BIRTH, Kind.DATE_START)  # kinds whose answer is asked in parts: born or not, month, year
_WHOLE: Mapping[Kind, Entry] = {
    Kind.POSTCODE: Entry(4),
    Kind.SEVERAL: Entry(0),
    Kind.WEEKDAYS_PARTS: Entry(0),
    Kind.WORK_DAYS: Entry(0),
    Kind.PHONE: Entry(0),
    Kind.TEXT: Entry(0, is_recorded=True),
}


def entry(state: State, question: Question) -> Entry:
    """What the next keys of the caller are for."""
    if question.kind is Kind.POSTCODE and state.places:
        return Entry()
    if question.kind is Kind.LANGUAGE and state.keyed:
        return Entry(1, "card")
    if state.keyed and question.kind in PARTED:
        return _part(question.kind, state.keyed)
    return _WHOLE.get(question.kind, Entry())


def _part(kind: Kind, keyed: tuple[str, ...]) -> Entry:
    if len(keyed) > 1:
        return Entry(4, "year")
    return Entry(2, "due" if kind is Kind.DATE_BIRTH and keyed == ("2",) else "month")
