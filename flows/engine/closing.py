"""How a conversation leaves the bot: a hand-over on the way, or the goodbye at the end."""

from flows.engine import order, registering
from flows.engine.turn import Turn
from flows.events import HandOver, Reason
from flows.state import Status


def hand_over(turn: Turn, reason: Reason) -> None:
    """A person goes on from here, with the answers so far; says which and by when."""
    match reason:
        case Reason.ASKED | Reason.CANNOT_ASK | Reason.SILENCE:
            turn.say("hand_over.asked", by=turn.by)
        case Reason.NOT_UNDERSTOOD:
            turn.say("hand_over.not_understood", by=turn.by)
        case Reason.QUESTION:
            turn.say("hand_over.question", by=turn.by)
        case Reason.CALL_ME:
            turn.say("hand_over.call_me", by=turn.by)
        case Reason.ABOUT_REQUEST:
            turn.say("hand_over.about_request")
        case Reason.NOT_OURS:
            turn.say("hand_over.not_ours")
        case Reason.NEW_REQUEST | Reason.URGENT_OTHER:
            pass  # the goodbye says it all
    _leave(turn, reason)


def finish(turn: Turn) -> None:
    """Nothing is left to ask: say goodbye, or why a person goes on."""
    turn.set(done=True)
    turn.count("", "finished")
    match turn.state.family.get("purpose"):
        case "question":
            hand_over(turn, Reason.QUESTION)
        case "call_me":
            hand_over(turn, Reason.CALL_ME)
        case _:
            _say_goodbye(turn)
            _leave(turn, _why(turn))


def _leave(turn: Turn, reason: Reason) -> None:
    registering.keep_ticket(turn)
    turn.set(status=Status.WAITING, asking="", child=0, misses=0, silences=0, asides=(), places=())
    turn.do(HandOver(reason))


def _say_goodbye(turn: Turn) -> None:
    references = " ".join(f"@{child}" for child in registering.registered(turn))
    if turn.state.family.get("continue") == "call":
        turn.say("goodbye.call", by=turn.by, reference=references.split()[-1])
    elif turn.state.family.get("contact") == "none":
        turn.say("goodbye.self", references=references)
    else:
        turn.say("goodbye", references=references, by=turn.by)


def _why(turn: Turn) -> Reason:
    answers = turn.state.family
    if any(child.answers.get("urgent_reason") == "other" for child in turn.state.children):
        return Reason.URGENT_OTHER
    if answers.get("continue") == "call" or answers.get("support") == "by_phone":
        return Reason.CALL_ME
    return Reason.CANNOT_ASK if order.skipped_agreements(turn) else Reason.NEW_REQUEST
