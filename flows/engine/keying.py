"""Answers by the keys of a phone: one key where a choice is offered, else as many as the answer has.

A fixed number of keys is taken at once; an entry of free length ends with the hash key or with silence. Inside an entry
of several keys only a lone `0` or `9` is a command. An answer of several entries (month, then year) is kept key by key
in `State.keyed` until it is whole.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flows.answers import UNKNOWN, Answer, Command, Kind
from flows.engine import asking, registering, telling
from flows.engine.entries import PARTED, entry
from flows.engine.turn import Turn
from flows.form import Question
from flows.grammar import Several, read

KEYS = {"0": Command.HUMAN, "9": Command.BACK, "*": Command.REPEAT, "#": Command.DONT_KNOW}
TEXT_ME = "7"
CARD = ("7", "8")  # the first of the two keys that stand on a printed card beside a language
_NOT_KNOWN = "8"  # in an entry of free length, where a lone hash key arrives like silence
_DAYS = dict(zip("1234567", ("mo", "tu", "we", "th", "fr", "sa", "su"), strict=True))


@dataclass(frozen=True, slots=True)
class More:
    """A part of an answer; the next part is asked."""

    keyed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TextMe:
    """The number of the request, or a list, as a text message: offered after it was said."""


Pressed = Answer | Several | Command | More | TextMe | None


def press(turn: Turn, question: Question, digits: str) -> Pressed:
    """What these keys mean: an answer, a part of one, a command; None when they fit nothing that was offered."""
    asked = entry(turn.state, question)
    if asked.digits == 1:
        return _one_key(turn, question, digits)
    if asked.is_recorded:
        return KEYS.get(digits)
    bare = digits.rstrip("#")
    if "*" in bare:
        return Command.REPEAT
    if bare in ("0", "9"):
        return KEYS[bare]
    if asked.digits:
        if not bare:
            return _not_known(turn)
        return _whole(turn, question, bare) if len(bare) == asked.digits and bare.isdecimal() else None
    return _free(turn, question, bare)


def _one_key(turn: Turn, question: Question, key: str) -> Pressed:
    if question.kind is Kind.LANGUAGE and (turn.state.keyed or key in CARD):
        return _card(turn, key)
    offered = {choice.number: choice.id for choice in asking.choices(turn, question)}
    if key in offered:
        return () if question.kind is Kind.SEVERAL and offered[key] == "none" else offered[key]
    if question.kind in PARTED and key in ("1", "2") and not turn.state.keyed:
        return More((key,))
    if key == TEXT_ME and (registering.may_be_texted(turn) or telling.may_be_texted(turn)):
        return TextMe()
    return KEYS.get(key)


def _card(turn: Turn, key: str) -> Pressed:
    if not turn.state.keyed:
        return More((key,))
    code = turn.state.keyed[0] + key
    turn.set(keyed=())
    return next((each for each in turn.desk.languages if turn.desk.words[each].card == code), None)


def _whole(turn: Turn, question: Question, digits: str) -> Pressed:
    """A fixed number of keys: a postcode, a month, a year."""
    if question.kind is Kind.POSTCODE:
        return read(Kind.POSTCODE, (), digits, turn.context)
    if len(digits) == 2:
        return _month(turn, digits)
    found = read(question.kind, (), f"{turn.state.keyed[-1]}-{digits}", turn.context)
    return None if str(found).startswith("due:") else found  # who said "born" did not mean a month to come


def _month(turn: Turn, digits: str) -> Pressed:
    if not 1 <= int(digits) <= 12:
        return None
    if _is_expected(turn):
        year = turn.today.year + (int(digits) < turn.today.month)
        return f"due:{year}-{digits}"
    return More((*turn.state.keyed, digits))


def _not_known(turn: Turn) -> Answer:
    """Without a month an expected child is still expected; anything else is simply not known."""
    return "unborn" if _is_expected(turn) else UNKNOWN


def _is_expected(turn: Turn) -> bool:
    return turn.state.keyed == ("2",) and turn.form.question(turn.state.asking).kind is Kind.DATE_BIRTH


def _free(turn: Turn, question: Question, digits: str) -> Pressed:
    if digits == _NOT_KNOWN and question.kind is not Kind.WEEKDAYS_PARTS:
        return Command.DONT_KNOW
    readers: Mapping[Kind, Callable[[], Pressed]] = {
        Kind.SEVERAL: lambda: _several(turn, question, digits),
        Kind.WEEKDAYS_PARTS: lambda: _days(digits),
        Kind.WORK_DAYS: lambda: read(Kind.WORK_DAYS, (), " ".join(digits), turn.context) if digits else None,
        Kind.PHONE: lambda: read(Kind.PHONE, (), digits, turn.context),
    }
    return readers[question.kind]() if question.kind in readers else None


def _several(turn: Turn, question: Question, digits: str) -> Pressed:
    """Every key once, in the order of the list; "none" only alone."""
    offered = {choice.number: choice.id for choice in asking.choices(turn, question)}
    if not digits or any(key not in offered for key in digits):
        return None
    chosen = tuple(id_ for number, id_ in offered.items() if number in digits)
    if "none" in chosen:
        return () if chosen == ("none",) else None
    return chosen


def _days(digits: str) -> Pressed:
    if digits == _NOT_KNOWN:
        return "any"
    return tuple(day for key, day in _DAYS.items() if key in digits) if digits and set(digits) <= set(_DAYS) else None
