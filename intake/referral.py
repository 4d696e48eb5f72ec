"""A colleague sends a family to a childcare place; days later the family is asked whether it answered.

What nobody answers is brought to a colleague. It proves that unanswered is unanswered.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from flows.definitions import ENDED
from flows.engine.following import REFERRAL
from flows.engine.turn import local_day
from flows.events import Channel, QuestionDue, Reason, TaskDue
from flows.state import Status
from intake import follow_up, told
from intake.desk import Act, DeskError
from intake.installation import Installation
from intake.turn import Turn
from storage import desks, follow_ups, referrals, registrations, turns
from storage.database import Session
from storage.follow_ups import WRITTEN
from storage.models import Referral, Registration
from storage.turns import Thread

PHRASE = "phrase.referred"
_LONGEST_NAME = 80  # characters
_FARTHEST = timedelta(days=365)


def send(act: Act, row: Registration, given: Mapping[str, str]) -> None:
    """`given`: name, answer_by (ISO 8601, "" for the desk's usual days), and to tell the family: tell, phone."""
    act.must_decide()
    name = given.get("name", "").strip()
    if not name or len(name) > _LONGEST_NAME or "\n" in name:
        raise DeskError(422, "Write the name of the childcare place, in one line.")
    today = local_day(act.now)
    _, chosen = act.here.desk(act.session, row.desk_id)
    answer_by = _day(given.get("answer_by", ""), today + timedelta(days=chosen.referral_days))
    if not today <= answer_by <= today + _FARTHEST:
        raise DeskError(422, "The day by which it is to answer must lie between today and a year from now.")
    if given.get("tell") and not given.get("phone", "").strip():
        raise DeskError(422, "Give the number that the family can call, or do not tell the family.")
    referrals.add(act.session, act.here.keys, row, name, answer_by, today, act.person.id, act.now)
    act.note_event("referred", {"name": name, "child": row.child})
    if given.get("tell"):
        act.phrase(PHRASE, {"name": name, "phone": given.get("phone", "")})


def settle(act: Act, row: Registration, referral_id: str, result: str) -> None:
    """A colleague heard what the place answered."""
    act.must_decide()
    sent = referrals.lock(act.session, referral_id)
    if sent is None or sent.registration_id != row.id or result not in referrals.RESULTS:
        raise DeskError(422, "Choose what the place answered.")
    referrals.settle(act.session, sent, result, act.now)
    today = local_day(act.now)
    outcome = told.of_referral(act.session, row, result, today)
    if outcome:
        code, _, reason = outcome.partition(":")
        registrations.set_outcome(
            act.session, act.here.keys, row, code, reason, today, act.person.id, act.now
        )  # fmt: skip
    act.note_event("answered", {"result": result, "outcome": outcome, "child": row.child})


def due(session: Session, now: datetime) -> list[str]:
    """Those to ask families about now, at desks where it is an hour to write."""
    awake = [each.id for each in desks.everything(session) if follow_up.may_ask_now(desks.choices(each), now)]
    return referrals.due(session, awake, local_day(now)) if awake else []


def ask(session: Session, here: Installation, id_: str, now: datetime) -> None:
    """Ask the family; where it may not be written to, a colleague asks."""
    found = session.get(Referral, id_)
    row = session.get(Registration, found.registration_id) if found else None
    thread = turns.of_conversation(session, here.keys, row.conversation_id, None) if row else None
    sent = referrals.lock(session, id_) if thread else None
    if row is None or thread is None or sent is None or sent.state != "sent":
        return
    last = registrations.outcome_of(session, row.id)
    if last is not None and last.code in ENDED:
        referrals.ask(session, sent)  # nothing hangs on it any more
        return
    kind, to = follow_up.way(session, here, row.family_id, thread, now)
    if kind == WRITTEN and to is not None:
        if not follow_up.put(session, here, to, _question(session, here, row, sent, to, now)):
            return
    elif not _bring(session, here, thread, now):
        return
    referrals.ask(session, sent)


def _question(
    session: Session, here: Installation, row: Registration, sent: Referral, to: Thread, now: datetime
) -> QuestionDue:
    name = referrals.opened(session, here.keys, sent).name
    several = follow_ups.open_requests(session, row.family_id) > 1
    return QuestionDue(now, Channel(to.channel), REFERRAL, sent.id, row.reference if several else "", name)


def _bring(session: Session, here: Installation, thread: Thread, now: datetime) -> bool:
    """To a colleague, in the conversation that this family has open, else in this one; not while it is questioned."""
    id_ = follow_ups.open_conversation(session, thread.family_id)
    there = (turns.of_conversation(session, here.keys, id_, None) if id_ else None) or thread
    if there.status == Status.WITH_BOT:
        return False
    Turn(session, here, desks.front(session, there.desk_id), there, now).take(TaskDue(now, Reason.REFERRED))
    return True


def _day(text: str, usual: date) -> date:
    if not text.strip():
        return usual
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise DeskError(422, "Give a date.") from None
