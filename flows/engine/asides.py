"""Questions outside the order: a full first message, a change, a return, another request, stopping, being forgotten."""

from flows.engine import asking, closing, following, moving, taking
from flows.engine.turn import Turn
from flows.events import AskErasure, HandOver, Join, NewFamily, Reason, Stop
from flows.form import CLOSING
from flows.state import CHILD, Status

_WITH = {"contact": ("contact_number", "contact_time"), "extended": ("days",)}


def settle(turn: Turn, aside: str, value: str) -> None:
    """What follows from the answer to an aside."""
    turn.set(asides=tuple(each for each in turn.state.asides if each != aside), asking="")
    match aside, value:
        case asking.HEARD, _:
            _heard(turn, is_right=value == "yes")
        case "opening", _:
            _opening(turn, is_right=value == "right")
        case "change", _:
            _change(turn, value)
        case "resume", "go_on":
            moving.go_on(turn)
        case "resume", "restart":
            moving.restart(turn)
        case "join", _:
            _join(turn, is_agreed=value == "yes")
        case "reminder", "yes":
            moving.go_on(turn)
        case "reminder", _:
            turn.set(status=Status.WAITING, child=0)
            turn.say("reminder.stopped")
        case "stop", _:
            _stop(turn, value)
        case "again", "same":
            closing.hand_over(turn, Reason.ABOUT_REQUEST)
        case "again", "another_child":
            _another_child(turn)
        case (("follow_up" | "found_how" | "referral" | "may_pass"), _):
            following.settle(turn, aside, value)
        case "forget", "yes":
            _forget(turn)
        case "forget", _:
            turn.say("command.not_forgotten")
            if turn.state.status is Status.WITH_BOT:
                moving.go_on(turn)
        case "asked_for", "yes":
            turn.say("asked_for.thanks", by=turn.by)
        case "asked_for", _:
            closing.hand_over(turn, Reason.NOT_OURS)
        case _:  # another family, whether somebody comes back or asks again
            turn.set(status=Status.CLOSED)
            turn.do(NewFamily())


def begin(turn: Turn, aside: str) -> None:
    """Ask an aside now, before the order goes on."""
    turn.set(asides=(aside, *(each for each in turn.state.asides if each != aside)))
    asking.ask(turn, turn.form.question(aside), turn.state.child)


def ask_whether_it_is_right(turn: Turn, by: str, *, is_told: bool) -> None:
    """A request that somebody else filed: the desk has it, and the family says whether it is theirs."""
    turn.set(status=Status.WAITING, done=True, asking="", child=0, asked_for_by=by)
    turn.do(HandOver(Reason.NEW_REQUEST))
    if is_told:
        begin(turn, "asked_for")


def _opening(turn: Turn, *, is_right: bool) -> None:
    held = turn.state.held
    turn.set(held={}, child=0)
    if is_right:
        for key in ("purpose", "birth", "place", "start"):
            if key in held and turn.answer(key, 1) is None:
                turn.fill(turn.form.question(key), 1, held[key])
    moving.go_on(turn)


def _join(turn: Turn, *, is_agreed: bool) -> None:
    """Who agreed goes on elsewhere: the question that waits is asked there."""
    turn.do(Join(is_agreed))
    if is_agreed and not turn.is_call:
        turn.say("code.gone")
        moving.wait_for_next(turn)
        return
    turn.say("code.joined" if is_agreed else "code.kept")  # who is on the line goes on there
    if turn.state.status is Status.WITH_BOT:
        moving.go_on(turn)


def _heard(turn: Turn, *, is_right: bool) -> None:
    """What was said back is the answer, or it is asked again."""
    (key, value), *_ = turn.state.held.items()
    turn.set(held={})
    if is_right:
        question = turn.form.question(key)
        turn.set(asking=key)
        taking.take(turn, question, value)
    else:
        moving.go_on(turn)


def _change(turn: Turn, key: str) -> None:
    child = turn.state.child
    parts = (question.id for question in turn.form.questions if question.part == 3)
    for each in (key, *_WITH.get(key, ()), *(parts if key == "support" else ())):
        turn.forget(each, child)
    moving.go_on(turn)


def _stop(turn: Turn, what: str) -> None:
    """`what`: quiet (nothing that was not asked for), messages (nothing at all), request (a person closes it too)."""
    turn.say(f"stopped.{what}")
    following.end(turn)
    match what:
        case "quiet":
            if turn.state.family.get("contact") == "call_text":
                turn.correct(turn.form.question("contact"), 0, "call")
            if turn.state.status is Status.WITH_BOT:
                moving.go_on(turn)
        case "request":
            turn.set(status=Status.WAITING, child=0)
            turn.do(HandOver(Reason.WITHDRAWN))
            turn.do(Stop(says_goodbye=True))
        case _:
            turn.do(Stop(says_goodbye=True))


def _another_child(turn: Turn) -> None:
    """In a conversation that was finished: one child more. In a new one: the usual questions."""
    if turn.state.family.get("purpose") not in ("own", "helping"):
        turn.fill(turn.form.question("purpose"), 0, "own")
    last = turn.state.children[-1]
    closing_question = turn.form.question(CLOSING)
    assert closing_question.scope == CHILD
    if last.registered:
        turn.correct(closing_question, last.id, "yes")
        turn.add_child()
    turn.set(status=Status.WITH_BOT, done=False)
    moving.go_on(turn)


def _forget(turn: Turn) -> None:
    turn.set(status=Status.WAITING, asides=(), child=0, about="")
    turn.do(AskErasure())
    turn.say("command.forgotten")
