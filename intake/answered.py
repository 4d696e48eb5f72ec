"""A person answered a family, in writing or by telephone: it waits no more, and how long it did is counted.

The first answer is kept with each request, for the definitions that count reactions. The wait goes to the equity mirror
as a count of its length, at the question where the family stood: it knows no family.
"""

from datetime import datetime, timedelta

from flows.engine.turn import local_day
from storage import conversations, facts, registrations, turns
from storage.database import Session
from storage.turns import Thread

WAITED = "waited:"  # and how many hours
_BY_DAYS = 48  # hours from which on a day more or less is told
_HOUR = timedelta(hours=1)


def answered(session: Session, thread: Thread, now: datetime) -> None:
    if thread.waiting_since is not None:
        key = facts.stood_at(session, thread, thread.waiting_since)
        fact = {
            "desk_id": thread.desk_id, "day": local_day(now), "language": thread.language, "channel": thread.channel,
            "key": key, "event": waited(now - thread.waiting_since),
        }  # fmt: skip
        turns.count(session, [fact])
    conversations.set_waiting(session, thread.conversation_id, None, "")
    registrations.first_reply(session, thread.conversation_id, now)


def waited(span: timedelta) -> str:
    """The event that counts a wait: in begun hours, from two days on in begun days."""
    hours = max(1, -(-span // _HOUR))
    return f"{WAITED}{hours if hours <= _BY_DAYS else -(-hours // 24) * 24}"


def span_of(event: str) -> timedelta:
    return int(event.removeprefix(WAITED)) * _HOUR
