"""What came of requests: one by one on their pages, many at once after a look at what would change.

Every one is a raw event with its day, its author and a line in the audit. Many at once only go forward on the life line
(`flows/outcomes.py`): what would go back, or is not certain, is refused with its reason and done by hand.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from flows.definitions import REASONS, Outcome
from flows.outcomes import can_follow, read
from intake.installation import Installation
from intake.problems import DeskError
from storage import audit, conversations, registrations, turns, worklists
from storage.database import Session
from storage.models import Conversation, Registration
from storage.staff import Person

WORKLISTS: Mapping[str, Callable[[Session, frozenset[str], date], list[Registration]]] = {
    "started": worklists.started,
    "silent": worklists.silent,
    "unreachable": worklists.unreachable,
}
MOST = worklists.MOST
_NUMBER = re.compile(r"(?<!\d)(\d{4})[ .-]?(\d{4})(?!\d)")


@dataclass(frozen=True)
class Change:
    """One request of the preview. `now`: its outcome; `refused`: why it stays so, a code ("": it changes)."""

    row: Registration | None
    reference: str
    now: str
    refused: str


@dataclass(frozen=True)
class Wanted:
    outcome: Outcome
    reason: str
    since: date

    @property
    def chosen(self) -> str:
        return f"{self.outcome.value}:{self.reason}".rstrip(":")


def wanted(chosen: str, on: str, today: date) -> Wanted:
    """`chosen`: a code, or code:reason; `on`: since which day, ISO 8601. Raises `DeskError`."""
    found = read(chosen)
    if found is None or (found[0] in REASONS and not found[1]):  # only a family is never asked why
        raise DeskError(422, "Choose an outcome.")
    try:
        since = date.fromisoformat(on)
    except ValueError:
        raise DeskError(422, "Give a date.") from None
    if since > today:
        raise DeskError(422, "The date must lie between the day of the request and today.")
    return Wanted(found[0], found[1], since)


def references(text: str) -> list[str]:
    """The numbers of requests in what was pasted, each once, in their order."""
    return list(dict.fromkeys("".join(found) for found in _NUMBER.findall(text)))


def preview(
    session: Session, here: Installation, person: Person, numbers: Iterable[str], want: Wanted, now: datetime
) -> list[Change]:
    """What would change of each of these and what is refused, in the order of the numbers. Raises `DeskError`."""
    asked = list(numbers)
    if not asked:
        raise DeskError(422, "Choose requests, or paste their numbers.")
    if len(asked) > MOST:
        raise DeskError(422, "This is too much at once: at most %(most)s requests.", most=MOST)
    rows = {row.reference: row for row in worklists.named(session, person.desk_ids, asked)}
    return [_change(session, person, each, rows.get(each), want, now) for each in asked]


def keep(
    session: Session, here: Installation, person: Person, numbers: Iterable[str], want: Wanted, now: datetime
) -> list[Change]:
    """Do it: looked at anew, each locked, each with a line on its timeline and in the audit. What came of each."""
    done = []
    for each in sorted(preview(session, here, person, numbers, want, now), key=lambda each: each.reference):
        if each.row is not None:
            thread = turns.of_conversation(session, here.keys, each.row.conversation_id, person.desk_ids)
            worklists.lock(session, each.row)
            anew = _change(session, person, each.reference, each.row, want, now)
            if not anew.refused:
                _keep(session, here, person, each.row, thread, want, now)
            done.append(anew)
        else:
            done.append(each)
    return done


def _change(
    session: Session, person: Person, number: str, row: Registration | None, want: Wanted, now: datetime
) -> Change:
    if row is None:
        return Change(None, number, "", "not_there")
    last = registrations.outcome_of(session, row.id)
    code = Outcome(last.code) if last else Outcome.OPEN
    shown = f"{code.value}:{last.reason}".rstrip(":") if last else code.value
    return Change(row, number, shown, _why_not(session, person, row, code, last.since if last else None, want, now))


def _why_not(
    session: Session, person: Person, row: Registration, code: Outcome, since: date | None, want: Wanted, now: datetime
) -> str:
    """Why this request keeps its outcome; "" when it does not."""
    holder = conversations.holder(session.get_one(Conversation, row.conversation_id), now)
    if row.state == "ticket":
        return "ticket"
    if row.same_as:
        return "counted_with"
    if want.since < row.asked_on:
        return "before_asked"
    if since is not None and want.since < since:
        return "before_outcome"
    if holder is not None and holder != person.id:
        return "held"
    if want.outcome is code:
        return "same"
    return "" if can_follow(code, want.outcome) else "back"


def _keep(
    session: Session, here: Installation, person: Person, row: Registration, thread: turns.Thread | None,
    want: Wanted, now: datetime,
) -> None:  # fmt: skip
    registrations.set_outcome(
        session, here.keys, row, want.outcome.value, want.reason, want.since, person.id, now
    )  # fmt: skip
    if thread is not None:
        turns.add_message(
            session, here.keys, thread, direction="event", status="kept", at=now, question="outcome",
            author=person.id, body=json.dumps({"outcome": want.chosen, "child": row.child, "among": "many"}),
        )  # fmt: skip
    audit.add(session, now, row.desk_id, person.id, "outcome", row.id)
    session.flush()
