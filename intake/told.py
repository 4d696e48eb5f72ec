"""What families tell us months later becomes an outcome: raw, dated today, with the family itself as its author.

Why is never asked. What a colleague records afterwards is later, and counts.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flows.definitions import Asked, Outcome
from flows.engine.following import FOLLOW_UP, MAY_PASS, REFERRAL
from flows.engine.turn import local_day
from flows.events import Told
from intake.installation import Installation
from storage import audit, follow_ups, referrals, registrations
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
    shown: dict[str, Any] = {"question": told.question, "value": told.value}
    sent = referrals.lock(session, told.about) if told.question == REFERRAL else None
    row = session.get(Registration, sent.registration_id if sent else told.about)
    if row is None or row.family_id != family_id:
        return shown
    if told.question == FOLLOW_UP:
        follow_ups.answered(session, row.id, told.value, at)
    if sent is not None:
        referrals.settle(session, sent, told.value, at)
        outcome = of_referral(session, row, told.value, local_day(at))
    elif told.question == MAY_PASS:
        shown["child"] = row.child
        outcome = ""
    else:
        outcome = _outcome(told, row, local_day(at))
    if outcome:
        code, _, reason = outcome.partition(":")
        registrations.set_outcome(session, here.keys, row, code, reason, local_day(at), None, at, by_family=True)
        shown["outcome"] = outcome
    audit.add(session, at, row.desk_id, "", "told", row.id)
    session.flush()
    return shown


def has_started(row: Registration, today: date) -> bool:
    """Whether the day is over on which childcare was wanted."""
    starts = Asked(row.asked_on, row.start).starts
    return starts is not None and starts < today


def of_referral(session: Session, row: Registration, result: str, today: date) -> str:
    """The outcome that a place's answer makes, as "code:reason"; "" while another place may be tried."""
    if result == "place":
        return Outcome.OFFER_MADE.value
    is_last = result == "full" and has_started(row, today) and not referrals.has_open(session, row.id)
    return f"{Outcome.NO_PLACE.value}:full" if is_last else ""


def _outcome(told: Told, row: Registration, today: date) -> str:
    if told.value == "seeking":
        return Outcome.NO_PLACE.value if has_started(row, today) else ""
    return MEANS.get((told.question, told.value), "")
