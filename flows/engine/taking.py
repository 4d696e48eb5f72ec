"""An answer is taken: kept, read back where it was read from free words, and what follows from it."""

from collections.abc import Mapping

from flows.answers import REFUSED, UNKNOWN, Answer, is_known
from flows.engine import asides, asking, informing, moving, registering, telling
from flows.engine.turn import Turn
from flows.events import MORE, OweCall, Reason
from flows.form import CLOSING, Question

_READ_BACK = ("birth", "place", "start")
_WISHES: Mapping[tuple[str, Answer], Reason] = {  # to be called: owed at once, for who says so may stop right there
    ("purpose", "call_me"): Reason.CALL_ME,
    ("continue", "call"): Reason.CALL_ME,
    ("urgent_reason", "other"): Reason.URGENT_OTHER,
    ("support", "by_phone"): Reason.CALL_ME,
}


def take(turn: Turn, question: Question, value: Answer, *, said: str = "") -> None:
    """Keep `value` as the answer to `question` and go on. `said`: the words it was read from."""
    if value == MORE:
        turn.set(page=turn.state.page + 1, misses=0, silences=0)
        asking.ask(turn, question, turn.state.child)
        return
    turn.count(question.id, {UNKNOWN: "dont_know", REFUSED: "refused"}.get(str(value), "answered"))
    turn.set(misses=0, silences=0, places=(), keyed=())
    if question.id in turn.state.asides:
        asides.settle(turn, question.id, str(value))
        return
    match question.id:
        case "language":
            choose_language(turn, str(value))
        case telling.NEXT:
            informing.settle(turn, str(value))
            return
        case "summary" if value == "change":
            turn.set(asides=("change", *turn.state.asides))
        case _:
            _keep(turn, question, value, said)
    moving.go_on(turn)


def choose_language(turn: Turn, language: str) -> None:
    """Speak it from here on. A greeting opens the first conversation in it."""
    turn.fill(turn.form.question("language"), 0, language)
    turn.set(language=language)
    if "purpose" not in turn.state.family:
        turn.say("welcome")


def _keep(turn: Turn, question: Question, value: Answer, said: str) -> None:
    child = turn.state.child
    if said and question.id in _READ_BACK and _needs_reading_back(value, said):
        is_first = not any(key in _READ_BACK for _, key in turn.state.path)
        turn.say(f"heard.{question.id}", **{question.id: str(value)})
        if is_first:
            turn.say("heard.wrong")
    turn.fill(question, child, value)
    if wish := _WISHES.get((question.id, value)):
        turn.do(OweCall(wish))
    if question.id in (telling.SUBJECT, telling.PLACE):
        telling.note(turn)
    if turn.state.is_hidden and question.id == "contact_number":
        turn.correct(turn.form.question("contact"), 0, "other" if is_known(value) else "none")
    if question.id == "summary":
        registering.complete(turn, child)
    if question.id == CLOSING and value == "yes" and child == len(turn.state.children):
        turn.add_child()


def _needs_reading_back(value: Answer, said: str) -> bool:
    return is_known(value) and value != "asap" and str(value) != said.strip()
