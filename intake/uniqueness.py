"""One child, one request: who may be the same child, with why, and which of two requests goes on.

Proposed to a colleague, never decided alone. Each thing that two requests have in common speaks for one child and each
difference against it, weighed as in the linkage of registers (Fellegi and Sunter, 1969); the weights were set on an
invented register, see `tests/bench/children.py`. Names are compared across alphabets (AnyAscii, RapidFuzz).
"""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any

from flows.definitions import Outcome
from intake.installation import Installation
from intake.registration import birth_month, plain_name
from storage import merging, registrations, reports
from storage.database import Session
from storage.merging import MONTHS, Near
from storage.models import Registration
from storage.registrations import Opened

ENOUGH = 5.4
_WEAK, _FEW = 1.0, 2  # nothing but age and town: shown where they are so few that a person sees at once
_MOST = 5
_NUMBER, _TOWN, _OTHER_TOWN = 6.0, 2.0, -1.0
_DAY, _OTHER_DAY, _MONTH, _OTHER_AGE = 3.0, -3.0, 1.5, -6.0
_ABOUT = (0.0, -0.5, -1.0)  # by months apart, where one of the two is only about right
_CHILD, _OTHER_CHILD = 4.0, -4.0
_PARENT, _OTHER_PARENT = 3.0, -1.0  # the other parent may ask
_SAME, _CLOSE = 0.9, 0.8  # of 1: how much two names are alike


@dataclass(frozen=True, slots=True)
class Candidate:
    """A request that may be for the same child."""

    row: Registration
    same_number: bool
    same_name: bool | None  # None where one has no name


Name = tuple[tuple[str, str], ...]  # its words in plain letters, and what they sound like


@dataclass(frozen=True)
class Told:
    """What a request says of its child. Most are too far apart for names to matter: those are read when asked for."""

    birth: str
    child_said: Any
    parent_said: Any
    postcode: str

    @cached_property
    def child_plain(self) -> str:
        return plain_name(self.child_said)

    @cached_property
    def parent_plain(self) -> str:
        return plain_name(self.parent_said)

    @cached_property
    def child(self) -> Name:
        return _name(self.child_plain)

    @cached_property
    def parent(self) -> Name:
        return _name(self.parent_plain)


def candidates(session: Session, here: Installation, opened: Opened) -> list[Candidate]:
    """The likeliest first, at most five."""
    if opened.row.state == "ticket":
        return []
    answers = json.loads(opened.answers)
    near = merging.near(session, here.keys, opened.row, birth_month(answers.get("birth")))
    theirs = [
        (_without_helpers(each, answers, given), told(given, each.postcode))
        for each in near
        for given in (json.loads(each.answers),)
    ]
    chosen = likely(told(answers, opened.row.postcode), theirs)
    rows = reports.listed(session, [each.id for each, _ in chosen])
    found = [Candidate(row, each.same_number, name) for row, (each, name) in zip(rows, chosen, strict=True)]
    _, choices = here.desk(session, opened.row.desk_id)
    return [each for each in found if not (choices.lapsed_is_new and _was_over(session, opened.row, each.row))]


def _was_over(session: Session, one: Registration, other: Registration) -> bool:
    """Whether the request that was asked first had lapsed when the other was asked: OG-FAQ lets that be a new one."""
    later, first = direction(one, other)
    ended = registrations.outcome_of(session, first.id)
    return ended is not None and ended.code == Outcome.LAPSED and ended.since <= later.asked_on


def _without_helpers(near: Near, *answers: Mapping[str, Any]) -> Near:
    """The phone of somebody who helps is of many families: it says nothing of who is the same child."""
    return replace(near, same_number=False) if any(each.get("purpose") == "helping" for each in answers) else near


def direction(one: Registration, other: Registration) -> tuple[Registration, Registration]:
    """(goes, stays): the request that was asked first stays, with its day and its number."""
    first, second = sorted((one, other), key=lambda each: (each.asked_on, each.created_at, each.id))
    return second, first


def told(answers: Mapping[str, Any], postcode: str) -> Told:
    birth = answers.get("birth")
    return Told(
        birth if isinstance(birth, str) else "", answers.get("child_first_name"), answers.get("parent_name"), postcode
    )


def likely(mine: Told, theirs: Sequence[tuple[Near, Told]]) -> list[tuple[Near, bool | None]]:
    """Those that are shown, with whether a name is alike (None: no name to compare)."""
    possible = [
        (base, each, other)
        for each, other in theirs
        if (base := _without_names(mine, other, each.same_number)) + _CHILD + _PARENT >= ENOUGH
    ]
    likeness = [alike(mine.child, other.child) if mine.child else 0.0 for _, _, other in possible]
    namesakes = [base for (base, _, _), each in zip(possible, likeness, strict=True) if each >= _CLOSE]
    with_child = [
        (base + _of_child(mine, other, child, _common(base, namesakes)), each, other)
        for (base, each, other), child in zip(possible, likeness, strict=True)
    ]
    weighed = [
        (base + _of_parent(mine, other), each, other)
        for base, each, other in with_child
        if base + _PARENT >= ENOUGH or _has_no_name(mine, other)  # else no parent's name would be enough
    ]
    shown = [each for each in weighed if each[0] >= ENOUGH]
    weak = [each for each in weighed if _WEAK <= each[0] < ENOUGH and _has_no_name(mine, each[2])]
    if not shown and len(weak) <= _FEW:
        shown = weak
    shown.sort(key=lambda each: (-each[0], each[1].id))
    return [(each, _same_name(mine, other)) for _, each, other in shown[:_MOST]]


def alike(one: Name, other: Name) -> float:
    """How much two names in plain letters are, from 0 to 1: word by word, the sounds without their vowels too.

    Arabic and Hebrew write few vowels, and whoever writes by ear writes them otherwise.
    """
    few, many = (one, other) if len(one) <= len(other) else (other, one)
    return sum(max(_alike(word, each) for each in many) for word in few) / len(few) if few else 0.0


def _name(plain: str) -> Name:
    return tuple((word, _sounds(word)) for word in plain.split())


def _alike(one: tuple[str, str], other: tuple[str, str]) -> float:
    near, edits = _measures()
    written = max(near(one[0], other[0]) - 0.03, edits(one[0], other[0]))
    shortest = min(len(one[1]), len(other[1]))
    if shortest < 2:
        return written
    return max(written, edits(one[1], other[1]) - (0.05 if shortest > 2 else 0.12))


@cache
def _measures() -> tuple[Callable[[str, str], float], Callable[[str, str], float]]:
    from rapidfuzz.distance import OSA, JaroWinkler  # native; only who looks at a request needs it

    return JaroWinkler.similarity, OSA.normalized_similarity


def _sounds(word: str) -> str:
    """What is left without doubles, vowels and the ways to write one sound: "youssef", "yusuf" and "ywsf" are one."""
    for written, sound in _SPELLINGS:
        word = word.replace(written, sound)
    word = _DOUBLED.sub(r"\1", word)
    return word[:1] + word[1:].translate(_UNSOUNDED)


_DOUBLED, _UNSOUNDED = re.compile(r"(.)\1+"), dict.fromkeys(map(ord, "aeiouyw'’h-"))


_SPELLINGS = (
    ("tsj", "c"), ("tch", "c"), ("sch", "s"), ("sh", "s"), ("ch", "s"), ("ph", "f"), ("kh", "x"), ("dj", "j"),
    ("ou", "u"), ("oe", "u"), ("ck", "k"), ("q", "k"), ("c", "k"), ("z", "s"), ("v", "f"), ("j", "y"), ("i", "y"),
)  # fmt: skip


def _without_names(mine: Told, other: Told, same_number: bool) -> float:
    weight = _of_birth(mine.birth, other.birth) + (_NUMBER if same_number else 0.0)
    if mine.postcode and other.postcode:
        weight += _TOWN if mine.postcode == other.postcode else _OTHER_TOWN
    return weight


def _common(base: float, namesakes: Sequence[float]) -> float:
    """A name says less where others are as near and have it too."""
    return math.log2(max(sum(each >= base for each in namesakes), 1))


def _of_child(mine: Told, other: Told, likeness: float, rare: float) -> float:
    return _of_name(likeness, _CHILD - rare, _OTHER_CHILD) if mine.child and other.child else 0.0


def _of_parent(mine: Told, other: Told) -> float:
    if not (mine.parent and other.parent):
        return 0.0
    return _of_name(alike(mine.parent, other.parent), _PARENT, _OTHER_PARENT)


def _of_name(likeness: float, same: float, different: float) -> float:
    return same if likeness >= _SAME else same * 0.6 if likeness >= _CLOSE else different


def _of_birth(one: str, other: str) -> float:
    months = birth_month(one), birth_month(other)
    if not all(months):
        return 0.0
    if one == other and len(one) == 10:
        return _DAY
    apart = abs(_months(months[0]) - _months(months[1]))
    if apart > MONTHS:
        return _OTHER_AGE
    if len(one) == len(other) == 10:
        return _OTHER_DAY
    return _MONTH if apart == 0 else _ABOUT[apart]


def _months(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:7])


def _has_no_name(mine: Told, other: Told) -> bool:
    return not ((mine.child_plain and other.child_plain) or (mine.parent_plain and other.parent_plain))


def _same_name(mine: Told, other: Told) -> bool | None:
    pairs = ((mine.child, other.child), (mine.parent, other.parent))
    compared = [alike(one, two) >= _CLOSE for one, two in pairs if one and two]
    return any(compared) if compared else None
