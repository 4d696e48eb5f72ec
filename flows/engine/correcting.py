"""What a colleague types as the right answer, read as a family's answer would be, in Dutch; and what need not be."""

from datetime import datetime

from flows.answers import REFUSED, UNKNOWN, Answer, Command
from flows.desk import SOURCE, Desk
from flows.engine import order, reading
from flows.engine.turn import Turn
from flows.events import Text
from flows.form import Form
from flows.grammar import Several, read_command
from flows.state import State


def read_correction(form: Form, state: State, key: str, text: str, desk: Desk, at: datetime) -> Answer | None:
    """The answer to question `key` that `text` is, None when it is none."""
    in_dutch = state.model_copy(update={"language": SOURCE, "places": (), "asking": key})
    turn = Turn(form, in_dutch, desk, at)
    match read_command(text, turn.context):
        case Command.DONT_KNOW:
            return UNKNOWN
        case Command.REFUSE:
            return REFUSED
        case _:
            found = reading.read_answer(turn, form.question(key), Text(text))
            return None if isinstance(found, Several) else found


def needless(form: Form, state: State, desk: Desk, at: datetime) -> frozenset[str]:
    """The questions about the first child without an answer that can change nothing any more (the stop rule)."""
    turn = Turn(form, state, desk, at)
    return frozenset(
        each.id for each in form.questions if turn.answer(each.id, 1) is None and order.is_needless(turn, each, 1)
    )
