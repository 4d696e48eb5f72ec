"""Moving through the form: on to the next question, back to the last one, anew."""

from flows.engine import asking, closing, order, registering
from flows.engine.turn import Turn
from flows.state import FAMILY, Child, Status

_DROPPED_BY_BACK = ("change", "forget", "heard", "join", "opening", "reminder", "stop")


def go_on(turn: Turn) -> None:
    """Register what is new and ask what is next; at the end say goodbye."""
    order.prune(turn)
    registering.register(turn)
    found = order.next_question(turn)
    if found is None:
        closing.finish(turn)
    else:
        question, child = found
        asking.ask(turn, question, child)


def again(turn: Turn) -> None:
    """Say once more what waits for an answer."""
    if turn.state.asking:
        question = turn.form.question(turn.state.asking)
        asking.name_child(turn, question, turn.state.child)
        turn.ask(asking.prompt(turn, question, turn.state.child))


def wait_for_next(turn: Turn) -> None:
    """Wait for the answer to the next question without asking it: it is asked elsewhere."""
    found = order.next_question(turn) if turn.state.status is Status.WITH_BOT else None
    if found is not None:
        turn.set(asking=found[0].id, child=found[1])


def back(turn: Turn) -> None:
    """Take the last answer away and ask it again; what was only begun is dropped first."""
    turn.count(turn.state.asking, "back")
    if turn.state.keyed:
        turn.set(keyed=turn.state.keyed[:-1], misses=0, silences=0)
        again(turn)
        return
    if turn.state.places or (turn.state.asides and turn.state.asides[0] in _DROPPED_BY_BACK):
        turn.set(places=(), asides=turn.state.asides[1:] if not turn.state.places else turn.state.asides, held={})
    elif not _take_back(turn):
        turn.say("command.first")
    turn.set(misses=0, silences=0)
    go_on(turn)


def restart(turn: Turn) -> None:
    """Ask everything again. The language stays, and so does what was registered, until the new answers replace it."""
    children = tuple(Child(id=child.id, registered=child.registered) for child in turn.state.children)
    language = {key: value for key, value in turn.state.family.items() if key == order.LANGUAGE}
    turn.set(
        family=language, children=children, path=(), asides=(), places=(), held={}, misses=0, silences=0, asking="",
        status=Status.WITH_BOT, done=False,
    )  # fmt: skip
    turn.say("command.restarted")
    go_on(turn)


def _take_back(turn: Turn) -> bool:
    path = list(turn.state.path)
    while path:
        scope, key = path.pop()
        child = 0 if scope == FAMILY else int(scope)
        if turn.answer(key, child) is not None:
            turn.forget(key, child)
            turn.set(path=tuple(path))
            return True
    turn.set(path=())
    return False
