"""A family that has a question: what follows from what it was told, and the words by which it is understood at once."""

from flows.engine import asking, closing, moving, registering, telling
from flows.engine.turn import Turn
from flows.events import ChildcareFound, NotARequest, Reason, TextThis
from flows.form import Question
from flows.grammar import distinctive
from flows.state import Status

_MENU = "purpose"
_BY_A_WORD = (telling.HOURS, telling.HOW)  # "childcare" alone is no question about a town


def found(turn: Turn, event: ChildcareFound) -> None:
    """What was looked up is told, with the question that follows it."""
    if turn.state.asking != telling.NEXT:
        return
    if event.wanted.by_text:
        turn.do(TextThis(telling.listing(turn, event.found)))
        turn.say("call.texted")
    else:
        telling.say_list(turn, event.found)
    turn.ask(asking.prompt(turn, turn.form.question(telling.NEXT), 0))


def settle(turn: Turn, value: str) -> None:
    """What the family wants after it was told something."""
    match value:
        case "own":
            _forget(turn)
            turn.fill(turn.form.question(_MENU), 0, "own")
            moving.go_on(turn)
        case "again":
            _forget(turn)
            moving.go_on(turn)
        case "person":
            closing.hand_over(turn, Reason.ASKED)
        case _:
            turn.say("told.goodbye")
            end(turn)


def is_told(turn: Turn) -> bool:
    """Whether this family has what it asked for, and said nothing since."""
    return turn.state.asking == telling.NEXT


def end(turn: Turn) -> None:
    """Nothing is left to say. Without a request it was information, and counts as that."""
    turn.count("", "finished")
    turn.set(status=Status.CLOSED, asking="", child=0, asides=(), places=(), misses=0, silences=0)
    if not registering.registered(turn):
        turn.do(NotARequest())


def subject_of(turn: Turn, question: Question, text: str) -> str:
    """The subject that these words name, "" when they name none: "what does it cost?" is understood at once."""
    if question.id not in (_MENU, telling.SUBJECT) or not turn.form.knows(telling.SUBJECT):
        return ""
    options = {
        option.id: turn.desk.translations.get(turn.state.language, {}).get(
            f"{telling.SUBJECT}.{option.id}", option.text
        )
        for option in turn.form.question(telling.SUBJECT).options
    }
    named = distinctive(text, options, turn.context)
    return named if named in _BY_A_WORD else ""


def take_subject(turn: Turn, subject: str) -> None:
    turn.set(misses=0, silences=0)
    if _MENU not in turn.state.family:
        turn.fill(turn.form.question(_MENU), 0, "question")
    turn.fill(turn.form.question(telling.SUBJECT), 0, subject)
    telling.note(turn)
    moving.go_on(turn)


def _forget(turn: Turn) -> None:
    for key in (telling.SUBJECT, telling.PLACE):
        turn.forget(key, 0)
    turn.set(listed=0)
