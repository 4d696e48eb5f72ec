"""A call of a family whose conversation is open: it goes on where it stopped, whichever way it was begun."""

from flows.engine import asides, asking, closing, moving, order, registering
from flows.engine.turn import Turn
from flows.events import HandOver, Reason
from flows.state import Status


def begin(turn: Turn, *, is_late: bool) -> None:
    """`is_late`: after a long silence no question is named before the caller said who it is."""
    turn.set(keyed=(), page=0, misses=0, silences=0, places=())
    match turn.state.status:
        case Status.WITH_BOT if is_late and order.LANGUAGE in turn.state.family:
            asides.begin(turn, "resume")
        case Status.WITH_BOT:
            if turn.form.knows(turn.state.asking):
                asking.name_child(turn, turn.form.question(turn.state.asking), turn.state.child)
            moving.go_on(turn)
        case Status.WAITING if registering.registered(turn):
            asides.begin(turn, "again")
        case Status.WAITING:
            closing.hand_over(turn, Reason.ASKED)
        case Status.WITH_DESK | Status.CLOSED:
            turn.do(HandOver(Reason.ASKED))
