"""What families tell us months later becomes an outcome: raw, dated today, with the family itself as its author.

Why is never asked. What a colleague records afterwards is later, and counts.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flows.definitions import Asked, Outcome
from flows.engine.following import FOLLOW_UP
from flows.engine.turn import local_day
from flows.events import Told
from intake.installation import Installation
from storage import audit, follow_ups, registrations
from storage.database import Session
from storage.models import Registration

MEANS: Mapping[tuple[str, str], Outcome] = {  # "found" waits for how; "seeking" depends on the day
    ("follow_up", "otherwise"): Outcome.INFORMAL_SOLUTION,
    ("follow_up", "not_needed"): Outcome.LAPSED,
    ("found_how", "via_us"): Outcome.PLACED_VIA_DESK,
    ("found_how", "alone"): Outcome.PLACED_OWN_SOLUTION,
    ("found_how", "elsewhere"): Outcome.PLACED_OTHER_MUNICIPALITY,
}


def keep(session: Session, here: Installation, told: Told, family_id: str, at: datetime) -> dict[str, Any]:
    """The answer with what follows from it, in the turn's transaction; what stands of it on the timeline."""
    row = session.get(Registration, told.about)
    shown = {"question": told.question, "value": told.value}
    if row is None or row.family_id != family_id:
        return shown
    if told.question == FOLLOW_UP:
        follow_ups.answered(session, row.id, told.value, at)
    outcome = _outcome(told, row, local_day(at))
    if outcome is not None:
        registrations.set_outcome(
            session, here.keys, row, outcome.value, "", local_day(at), None, at, by_family=True
        )  # fmt: skip
        shown["outcome"] = outcome.value
    audit.add(session, at, row.desk_id, "", "told", row.id)
    session.flush()
    return shown


def has_started(row: Registration, today: date) -> bool:
    """Whether the day is over on which childcare was wanted."""
    starts = Asked(row.asked_on, row.start).starts
    return starts is not None and starts < today


def _outcome(told: Told, row: Registration, today: date) -> Outcome | None:
    if told.value == "seeking":
        return Outcome.NO_PLACE if has_started(row, today) else None
    return MEANS.get((told.question, told.value))
