"""Around the wanted start a family is asked whether it found childcare: at most three times, by day, in its own way.

Only who allowed us to write is written to; who wants to be called is called by a colleague. Silence changes nothing.
"""

from datetime import datetime, timedelta

from flows import state as states
from flows.definitions import ENDED
from flows.engine.following import FOLLOW_UP, QUESTIONS
from flows.engine.turn import BRUSSELS, local_day
from flows.events import Channel, QuestionDue
from flows.state import State, Status
from intake.installation import Installation
from intake.told import has_started
from intake.turn import Turn
from storage import addresses, call_backs, conversations, desks, follow_ups, registrations, turns
from storage.database import Session
from storage.desks import Choices
from storage.follow_ups import CALL, NOBODY, WRITTEN
from storage.models import Conversation, Registration
from storage.turns import Thread

CALL_REASON = "follow_up"


def due(session: Session, now: datetime) -> list[str]:
    """The requests about which families are to be asked now, at every desk that wants it and at this hour."""
    found: list[str] = []
    for desk in desks.everything(session):
        chosen = desks.choices(desk)
        if chosen.follow_up and may_ask_now(chosen, now):
            most = chosen.follow_up_most
            found += follow_ups.due(session, desk.id, local_day(now), weeks(chosen), most, now)
    return found


def weeks(chosen: Choices) -> tuple[int, ...]:
    """When it is asked, in weeks after the wanted start."""
    before = (-chosen.follow_up_before,) if chosen.follow_up_before else ()
    return (*before, *(chosen.follow_up_after * times for times in (1, 2, 3)))[: chosen.follow_up_most]


def may_ask_now(chosen: Choices, now: datetime) -> bool:
    """Whether something that nobody asked for may be sent at this hour, in Belgium."""
    return chosen.ask_from <= now.astimezone(BRUSSELS).hour < chosen.ask_until


def ask(session: Session, here: Installation, id_: str, now: datetime) -> None:
    """About this request, unless somebody else did meanwhile, or the family is busy with us: then later."""
    row = session.get(Registration, id_)
    thread = None if row is None else turns.of_conversation(session, here.keys, row.conversation_id, None)
    if row is None:
        return
    _, chosen = here.desk(session, row.desk_id)
    if not follow_ups.is_due(session, row, now, chosen.follow_up_most) or _has_ended(session, row):
        return
    if thread is None:  # nobody knows any more who it was
        follow_ups.add(session, row, NOBODY, now)
        return
    kind, to = way(session, here, row.family_id, thread, now)
    match kind:
        case "written" if to is not None:
            if not put(session, here, to, _question(session, row, to, now)):
                return
        case "call":
            if not has_started(row, local_day(now)):
                return  # one call is enough: when the start is over
            if not chosen.follow_up_calls:
                kind = NOBODY
            else:
                call_backs.ask(session, row.desk_id, row.conversation_id, CALL_REASON, now, now)
    follow_ups.add(session, row, kind, now)


def way(
    session: Session, here: Installation, family_id: str, thread: Thread, now: datetime
) -> tuple[str, Thread | None]:
    """How a family may be asked something it did not ask for: in writing and where, by a call, or not at all.

    What it last said about contact decides. An address that speaks for another family by now is not written to.
    """
    state = _last_contact(session, here, family_id)
    contact = state.family.get("contact") if state else None
    number = state.family.get("contact_number") if state else None
    if contact not in ("call_text", "other", "call"):
        return NOBODY, None
    if contact == "call" or (state and here.words[state.language].only_spoken):
        return CALL, None
    to: Thread | None = thread
    if contact == "other" and thread.channel != Channel.TELEGRAM:
        to = addresses.chosen(session, here.keys, thread, str(number), now) if str(number).startswith("+") else None
    elif not any(
        each.contact_id == thread.contact_id
        for each in addresses.of_family(session, here.keys, family_id, thread.contact_id)
    ):
        to = None
    to = addresses.written(session, here.keys, to, now) if to is not None and not to.opted_out else None
    return (CALL, None) if to is None or to.cannot_text else (WRITTEN, to)


def put(session: Session, here: Installation, to: Thread, question: QuestionDue) -> bool:
    """Ask it in the family's open conversation, or in the one of its request, opened again. False: not now."""
    open_one = follow_ups.open_conversation(session, to.family_id)
    if open_one is not None and open_one != to.conversation_id:
        found = turns.of_conversation(session, here.keys, open_one, None)
        assert found is not None
        to = found._replace(
            contact_id=to.contact_id, channel=to.channel, provider=to.provider, our_number=to.our_number
        )
    state = states.load(to.state)
    if _is_busy(session, to, state, question.at, timedelta(hours=here.resume_hours)):
        return False
    to = knowing(session, here, to, question.question)
    Turn(session, here, desks.front(session, to.desk_id), to, question.at, unasked=True).take(question)
    return True


def knowing(session: Session, here: Installation, to: Thread, question: str) -> Thread:
    """A conversation that began before there was such a question goes on with the present form."""
    if here.form_of(session, to.form).knows(question):
        return to
    turns.keep_form(session, here.form.hash, here.form.text)
    state = states.load(to.state).model_copy(update={"form": here.form.hash})
    return to._replace(form=here.form.hash, state=states.dump(state))


def _is_busy(session: Session, to: Thread, state: State, now: datetime, quiet: timedelta) -> bool:
    """In the middle of its questions, talking to us today, asked something else a few days ago, or with a colleague."""
    if state.asking in QUESTIONS and follow_ups.asked_lately(session, to.conversation_id, now):
        return True
    if state.status is Status.WITH_BOT and not state.about:
        return True
    if to.status != Status.CLOSED and to.last_inbound_at is not None and now - to.last_inbound_at < quiet:
        return True
    return conversations.holder(session.get_one(Conversation, to.conversation_id), now) is not None


def _question(session: Session, row: Registration, to: Thread, now: datetime) -> QuestionDue:
    several = follow_ups.open_requests(session, row.family_id) > 1
    return QuestionDue(now, Channel(to.channel), FOLLOW_UP, row.id, row.reference if several else "")


def _last_contact(session: Session, here: Installation, family_id: str) -> State | None:
    """Where the family last said whether it may be contacted."""
    every = (states.load(each) for each in conversations.states(session, here.keys, family_id))
    return next((each for each in every if "contact" in each.family), None)


def _has_ended(session: Session, row: Registration) -> bool:
    last = registrations.outcome_of(session, row.id)
    return row.same_as is not None or (last is not None and last.code in ENDED)
