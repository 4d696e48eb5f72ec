"""`step`: what happened to a conversation takes it to its next State."""

from datetime import datetime

from flows.answers import Command
from flows.desk import Desk
from flows.engine import answering, asides, calling, following, informing, moving, opening, order, reading, registering
from flows.engine.turn import Turn, local_day
from flows.events import (
    Answered,
    AskedFor,
    Called,
    Channel,
    ChildcareFound,
    Closed,
    Corrected,
    Effect,
    Event,
    Expired,
    HungUp,
    JoinAsked,
    Joined,
    MessageFailed,
    NoInput,
    QuestionDue,
    ReminderDue,
    Resumed,
    StaffReleased,
    StaffTook,
    StaffWrote,
    Started,
    Stop,
    TaskDue,
    Unanswered,
)
from flows.form import Form
from flows.grammar import read_command
from flows.state import VERSION, Child, State, Status


def start(form: Form, desk: Desk, at: datetime) -> State:
    """The State of a conversation in which nothing has happened yet."""
    return State(
        version=VERSION, form=form.hash, language=desk.languages[0], asked_on=local_day(at).isoformat(),
        children=(Child(id=1),),
    )  # fmt: skip


def step(form: Form, state: State, event: Event, desk: Desk) -> tuple[State, tuple[Effect, ...]]:
    """The next State and the effects to carry out, in order. Never raises on what a family says."""
    turn = Turn(form, state, desk, event.at, getattr(event, "channel", None))
    match event:
        case Started():
            opening.begin(turn, event)
        case Called():
            following.drop(turn)
            calling.begin(turn, is_late=event.is_late)
        case Answered() | Resumed():
            _said(turn, event)
        case NoInput():
            if state.status is Status.WITH_BOT or state.asides:
                answering.silence(turn)
        case Corrected():
            _corrected(turn, event)
        case StaffTook():
            _settle_on(turn, Status.WITH_DESK)
        case StaffWrote():
            following.wrote(turn, event)
        case StaffReleased():
            _released(turn)
        case Closed() | Expired():
            _end(turn, is_given_up=isinstance(event, Expired))
        case HungUp() if informing.is_told(turn):
            informing.end(turn)
        case HungUp():
            if state.status is Status.WITH_BOT and not registering.registered(turn):
                registering.keep_ticket(turn)  # a missed call is a wish to be called back
        case JoinAsked():
            asides.begin(turn, "join")
        case Joined(channel=channel):
            if channel is not Channel.TELEGRAM:
                turn.set(is_hidden=False)  # the number it goes on from is known
            turn.say("code.joined")
            if turn.state.status is Status.WITH_BOT:
                moving.again(turn)
        case ReminderDue():
            asides.begin(turn, "reminder")
        case QuestionDue():
            following.begin(turn, event)
        case Unanswered():
            following.give_up(turn)
        case TaskDue():
            following.bring(turn, event.reason)
        case AskedFor(by=by, is_told=is_told):
            asides.ask_whether_it_is_right(turn, by, is_told=is_told)
        case ChildcareFound():
            informing.found(turn, event)
        case MessageFailed():
            pass  # nothing to say; the application notes it on the timeline
    if order.LANGUAGE not in state.family and order.LANGUAGE in turn.state.family:
        turn.count("", "started")  # in the language that was chosen: before, nobody knows which
    return turn.state, turn.effects


def _end(turn: Turn, *, is_given_up: bool) -> None:
    """A colleague closes it, or nothing was said for so long."""
    if is_given_up and informing.is_told(turn):
        informing.end(turn)
        return
    if is_given_up and turn.state.status is Status.WITH_BOT and turn.state.asking:
        turn.count(turn.state.asking, "dropped")
    is_asked = turn.state.asking == following.MAY_PASS and not is_given_up
    _settle_on(turn, Status.WITH_BOT if is_asked else Status.CLOSED)


def _settle_on(turn: Turn, status: Status) -> None:
    """Nothing is asked any more, but what a colleague asked: that is waited for, whoever has the word."""
    if turn.state.asking == following.MAY_PASS and status is not Status.CLOSED:
        turn.set(status=status)
        return
    turn.set(status=status, asking="", child=0, asides=(), places=(), about="")


def _said(turn: Turn, event: Answered | Resumed) -> None:
    if following.answer(turn, event.input):
        return
    match turn.state.status:
        case Status.WITH_BOT if isinstance(event, Resumed):
            answering.answer_on_return(turn, event.input, is_late=event.is_late)
        case Status.WITH_BOT:
            answering.answer(turn, event.input)
        case Status.WAITING:
            answering.answer_while_waiting(turn, event.input)
        case Status.WITH_DESK | Status.CLOSED:
            if read_command(reading.text_of(event.input), turn.context) is Command.STOP:
                turn.do(Stop())


def _corrected(turn: Turn, event: Corrected) -> None:
    """Guards and flags follow a correction; the family hears nothing of it."""
    question = turn.form.question(event.key)
    turn.correct(question, event.child or 0, event.value)
    if event.key == order.LANGUAGE:
        turn.set(language=str(event.value))
    order.prune(turn)
    if event.key == "summary":  # a colleague who keyed it all in
        registering.complete(turn, event.child or 1)
    else:
        registering.register_silently(turn)


def _released(turn: Turn) -> None:
    """The bot takes the word again: with the next question, or waiting when everything was answered."""
    turn.set(status=Status.WITH_BOT, misses=0, silences=0)
    if turn.state.done:
        turn.set(status=Status.WAITING)
    else:
        moving.go_on(turn)
