"""The answers of a request as a form: each as somebody would type it, and what came back of it put in place.

A form carries what stood there before (`was`): an answer that a colleague changed meanwhile is never written over.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from flows import state as states
from flows.answers import RECORDING, REFUSED, TEXT, UNKNOWN, Answer
from flows.form import Form, Question
from flows.state import CHILD, State
from intake.desk import Act, correctable
from intake.problems import DeskError
from storage import turns
from storage.models import Registration

DONT_KNOW, RATHER_NOT = "weet ik niet", "zeg ik liever niet"  # as a family says it, in the language of the record


@dataclass(frozen=True)
class Given:
    """What a form sent for one question. `was`: what it showed before; None where it does not say."""

    text: str
    was: str | None


class Conflict(DeskError):
    """A colleague changed the same answers meanwhile. `keys`: of their questions."""

    def __init__(self, keys: list[str]) -> None:
        super().__init__(409, "A colleague changed this meanwhile. What stands there now is shown under each field.")
        self.keys = frozenset(keys)


def all_of_them(act: Act, row: Registration, given: Mapping[str, Given], *, takes_over: bool = False) -> None:
    """Put every answer that the form changed in its place. Raises `DeskError`; then none of them is.

    `takes_over`: from a colleague who took the family over while this one typed.
    """
    if takes_over:
        act.take_over()
        act = replace(act, thread=_anew(act))
    form = act.here.form_of(act.session, act.thread.form)
    state = states.load(act.thread.state)
    changed = {key: each.text for key, each in given.items() if each.text != each.was}
    now = {key: as_typed(form, key, answer_of(form, state, row.child, key)) for key in changed if form.knows(key)}
    if taken := [key for key in now if given[key].was not in (None, now[key]) and now[key] != changed[key]]:
        raise Conflict(taken)
    if not changed:
        raise DeskError(422, "Nothing was changed.")
    for key, text in changed.items():
        act.correct(row, key, text)
        act = replace(act, thread=_anew(act))


def answer_of(form: Form, state: State, child: int, key: str) -> Answer | None:
    """What stands there now."""
    if form.question(key).scope != CHILD:
        return state.family.get(key)
    return state.children[child - 1].answers.get(key) if child <= len(state.children) else None


def keys(form: Form) -> tuple[str, ...]:
    return correctable(form)


def as_typed(form: Form, key: str, answer: Answer | None) -> str:
    """An answer as somebody types it; "" for none, and for one that was spoken."""
    question = form.question(key)
    match answer:
        case None:
            return ""
        case tuple():
            return " ".join(_number(question, each) for each in answer)
        case _ if answer == UNKNOWN:
            return DONT_KNOW
        case _ if answer == REFUSED:
            return RATHER_NOT
        case _ if answer.startswith(RECORDING):
            return ""
        case _ if answer.startswith(TEXT):
            return answer.removeprefix(TEXT)
        case _:
            return _date(answer) or _number(question, answer)


def _number(question: Question, answer: str) -> str:
    return next((choice.number for choice in question.choices if choice.id == answer), answer)


def _date(answer: str) -> str:
    """ "2026-02" as "02-2026", "2026-02-03" as "03-02-2026"; "" when it is no date."""
    parts = answer.removeprefix("due:").removeprefix("~").split("-")
    if len(parts) not in (2, 3) or not all(part.isdigit() for part in parts):
        return ""
    return "-".join(reversed(parts))


def _anew(act: Act) -> turns.Thread:
    found = turns.of_conversation(act.session, act.here.keys, act.thread.conversation_id, act.person.desk_ids)
    assert found is not None
    return found
