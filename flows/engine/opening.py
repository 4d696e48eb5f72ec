"""The first message of a conversation: which language, and how much it already says."""

from flows.answers import Answer, Command
from flows.engine import closing, informing, moving, order, reading, taking
from flows.engine.turn import Turn
from flows.events import Reason, Started, Stop
from flows.grammar import Opening, Several, read_command, read_opening


def begin(turn: Turn, event: Started) -> None:
    """Settle what the first message settles; ask the rest. What it says beyond is confirmed before it counts."""
    turn.set(is_hidden=event.is_hidden)
    text = reading.text_of(event.input)
    found = read_opening(text, turn.context)
    command = read_command(text, turn.context)
    if command is Command.STOP:
        turn.do(Stop())
        return
    _settle_language(turn, event.language, found)
    if command is Command.HUMAN or text.strip() == "0":
        closing.hand_over(turn, Reason.ASKED)
        return
    if event.has_open_request:
        turn.set(asides=("again",))
    else:
        _hold(turn, found)
    if subject := _asks_about(turn, found, text):
        informing.take_subject(turn, subject)
    else:
        moving.go_on(turn)
    if found.is_settled and not event.language and len(turn.desk.languages) > 1:
        turn.say("change_language")


def _asks_about(turn: Turn, found: Opening, text: str) -> str:
    """What somebody wants to know who begins with a question, in a language that is known by now; "" otherwise."""
    if turn.state.asides or found.purpose_known or order.LANGUAGE not in turn.state.family:
        return ""
    return informing.subject_of(turn, turn.form.question("purpose"), text)


def _settle_language(turn: Turn, known: str, found: Opening) -> None:
    offered = turn.desk.languages
    language = known if known in offered else found.language if found.is_settled else ""
    language = language or (offered[0] if len(offered) == 1 else "")
    if language:
        taking.choose_language(turn, language)
        turn.set(path=())  # the family chose nothing: there is nothing to go back to


def _hold(turn: Turn, found: Opening) -> None:
    held: dict[str, Answer] = {}
    for key, value in (("birth", found.birth), ("place", found.place), ("start", found.start)):
        if value is not None and not isinstance(value, Several):
            held[key] = value
    purpose = "helping" if found.helping else "own"
    if held:
        turn.set(held={"purpose": purpose, **held}, asides=("opening",))
    elif found.purpose_known:
        turn.correct(turn.form.question("purpose"), 0, purpose)
