"""When something becomes a registration: a call-back ticket, a countable draft, a complete request."""

from flows.engine.turn import Turn
from flows.events import Register, RequestState

COUNTABLE = ("birth", "place", "start")


def register(turn: Turn) -> None:
    """Ask storage to keep what is new: a ticket once the language is known, a draft for every countable child.

    The first draft is told to the family at once: the request counts, they may stop.
    """
    _ticket(turn)
    if 1 in _keep_children(turn):
        turn.say("receipt", reference="@1", by=turn.by)
        if may_be_texted(turn):
            turn.say("call.text_me")


def register_silently(turn: Turn) -> None:
    """The same after a correction by staff: nothing is said to the family."""
    _keep_children(turn)


def complete(turn: Turn, child: int) -> None:
    """The family said that the summary of this child is right."""
    _keep(turn, RequestState.COMPLETE, child)


def keep_ticket(turn: Turn) -> None:
    """Whoever asks for a person must be called back, also when nothing about a child is known."""
    if not turn.state.ticket and not any(child.registered for child in turn.state.children):
        turn.set(ticket=True)
        turn.do(Register(RequestState.TICKET, None))


def registered(turn: Turn) -> tuple[int, ...]:
    """The children whose requests count."""
    return tuple(child.id for child in turn.state.children if child.registered)


def may_be_texted(turn: Turn) -> bool:
    """Whether a caller may have the number of its request as a text message."""
    reads = not turn.desk.words[turn.state.language].only_spoken
    return turn.is_call and reads and not turn.state.is_hidden and bool(registered(turn))


def _keep_children(turn: Turn) -> list[int]:
    """The children whose requests count from here on; what changed of the others is kept too."""
    new = []
    for child in turn.state.children:
        if not _is_countable(turn, child.id):
            continue
        if not child.registered:
            _keep(turn, RequestState.DRAFT, child.id)
            new.append(child.id)
        elif turn.has_changed(child.id):
            turn.do(Register(RequestState(child.registered), child.id))
    return new


def _ticket(turn: Turn) -> None:
    if "language" in turn.state.family and not _is_countable(turn, 1):
        keep_ticket(turn)


def _is_countable(turn: Turn, child: int) -> bool:
    return all(turn.answer(key, child) is not None for key in COUNTABLE)


def _keep(turn: Turn, state: RequestState, child: int) -> None:
    turn.mark(child, state.value)
    turn.do(Register(state, child))
