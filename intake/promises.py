"""By when a family is to be answered, in the working days of its desk; and who becomes urgent as time passes.

A working day is one on which the desk opens, by its own hours and the public holidays. What was said to the family
("you hear from us before …") is never passed, however long the desk is closed.
"""

from collections.abc import Mapping
from datetime import datetime, time, timedelta

from flows.engine.turn import BRUSSELS, local_day
from intake import opening_hours
from storage import desks, queue
from storage.database import Session
from storage.desks import Choices

DAYS: Mapping[str, int] = {"urgent": 1, "call": 1, "question": 2, "new": 5}  # where a desk chose nothing else
MOST = 60
USUAL_HOURS = "Mo-Fr 09:00-17:00; PH off"  # of a desk that gave none
_LOOK_AHEAD = 120  # days, further than the longest holiday
_URGENT = 3


def days_of(chosen: Choices) -> dict[str, int]:
    """The working days a desk takes for each kind of answer."""
    return {**DAYS, **chosen.answer_days}


def answer_by(chosen: Choices, need: int, why: str, since: datetime) -> datetime:
    """The end of the working day by which somebody who waits `since` is to have an answer."""
    kind = "call" if why in queue.CALLS else "new" if why in queue.REQUESTS else "question"
    days = days_of(chosen)
    within = min(days["urgent"], days[kind]) if need == _URGENT else days[kind]
    said = datetime.combine(local_day(since) + timedelta(days=chosen.promise_days), time(23, 59), BRUSSELS)
    return min(_working_day(chosen.hours or USUAL_HOURS, since, within) or said, said)


def _working_day(hours: str, since: datetime, within: int) -> datetime | None:
    """The end of the day that comes so many working days later; None when the desk opens too seldom."""
    day, left, end = local_day(since), within, None
    for _ in range(_LOOK_AHEAD):
        closes = opening_hours.end_of_day(hours, day)
        if closes is not None and closes > since:
            end, left = closes, left - 1
            if left < 0:
                break
        day += timedelta(days=1)
    return end if left < 0 else None


def reckon(session: Session) -> None:
    """Give whoever waits without one a day."""
    known: dict[str, Choices] = {}
    for each in queue.unreckoned(session):
        if each.desk_id not in known:
            known[each.desk_id] = desks.read_choices(desks.front(session, each.desk_id).settings)
        by = answer_by(known[each.desk_id], each.need, each.why, each.since)
        queue.answer_by(session, each.conversation_id, by)


def look_at_starts(session: Session, now: datetime) -> None:
    """Families whose childcare is to start soon come first, also when nobody could call it urgent as they asked."""
    for desk in desks.everything(session):
        soon = local_day(now) + timedelta(days=desks.choices(desk).urgent_days)
        queue.start_comes_near(session, desk.id, soon.isoformat())
