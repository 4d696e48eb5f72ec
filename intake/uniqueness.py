"""One child, one request: who may be the same child, with why, and which of two requests goes on.

Proposed to a colleague, never decided alone. Names are compared across alphabets (AnyAscii, RapidFuzz).
"""

import json
from dataclasses import dataclass
from typing import Any

from intake.installation import Installation
from intake.registration import birth_month, plain_name
from storage import merging, registrations
from storage.database import Session
from storage.models import Registration
from storage.registrations import Opened

_ALIKE = 75.0  # of 100: spelled otherwise, or written in other letters
_NAMES = ("child_first_name", "parent_name")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A request that may be for the same child."""

    row: Registration
    same_number: bool
    same_name: bool | None  # None where one has no name


def candidates(session: Session, here: Installation, opened: Opened) -> list[Candidate]:
    """The likeliest first; those whose names tell them apart, and that came from another number, are left out."""
    if opened.row.state == "ticket":
        return []
    mine, mine_too = json.loads(opened.answers), merging.addresses(session, opened.row.family_id)
    found = []
    for row in merging.alike(session, here.keys, opened.row, birth_month(mine.get("birth"))):
        theirs = json.loads(registrations.opened(session, here.keys, row).answers)
        same_number = bool(merging.addresses(session, row.family_id) & mine_too)
        same_name = _same_name(mine, theirs)
        if same_number or same_name is not False:
            found.append(Candidate(row, same_number, same_name))
    return sorted(found, key=lambda each: (not each.same_number, each.same_name is not True))


def direction(one: Registration, other: Registration) -> tuple[Registration, Registration]:
    """(goes, stays): the request that was asked first stays, with its day and its number."""
    first, second = sorted((one, other), key=lambda each: (each.asked_on, each.created_at, each.id))
    return second, first


def _same_name(mine: dict[str, Any], theirs: dict[str, Any]) -> bool | None:
    both = [(plain_name(mine.get(key)), plain_name(theirs.get(key))) for key in _NAMES]
    told = [(one, other) for one, other in both if one and other]
    if not told:
        return None
    from rapidfuzz import fuzz  # native; only who looks at a request needs it

    return any(fuzz.WRatio(one, other) >= _ALIKE for one, other in told)
