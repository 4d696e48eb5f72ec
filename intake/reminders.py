"""A family that stopped in the middle is reminded twice, by day, where it said that it may be written to."""

from datetime import datetime, time, timedelta

from flows import state as states
from flows.engine.turn import BRUSSELS
from flows.events import Channel, ReminderDue
from intake.installation import Installation
from intake.turn import Turn
from storage import addresses, desks, turns
from storage.database import Session

AFTER = (timedelta(days=1), timedelta(days=4))  # of silence: the first reminder and the last
_BEGINS, _ENDS = time(9), time(20)  # nobody is woken up


def is_day(at: datetime) -> bool:
    """Whether something that nobody asked for may be sent now."""
    return _BEGINS <= at.astimezone(BRUSSELS).time() < _ENDS


def remind(session: Session, here: Installation, conversation_id: str, before: datetime, now: datetime) -> None:
    """Once more, unless the family was heard since `before` or may not be written to: then never."""
    thread = turns.of_conversation(session, here.keys, conversation_id, None)
    if thread is None or thread.status != "with_bot" or thread.last_inbound_at is None:
        return
    if thread.last_inbound_at >= before:
        return
    state, form = states.load(thread.state), here.form_of(session, thread.form)
    reads = not here.words[state.language].only_spoken
    may_write = reads and state.family.get("contact") == "call_text" and not (thread.opted_out or thread.cannot_text)
    if state.about or not (may_write and form.knows("reminder")):  # asked once is asked enough
        turns.reminded(session, conversation_id, len(AFTER))
        return
    turns.reminded(session, conversation_id, sum(now - thread.last_inbound_at >= each for each in AFTER))
    written = addresses.written(session, here.keys, thread, now)
    front = desks.front(session, thread.desk_id)
    Turn(session, here, front, written, now, unasked=True).take(ReminderDue(now, Channel(written.channel)))
