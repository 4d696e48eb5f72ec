"""From a question to the prompt that asks it: key, raw values and choices, never text."""

from flows import categories
from flows.answers import Answer, Kind, is_known
from flows.engine import telling
from flows.engine.entries import entry
from flows.engine.turn import Turn
from flows.events import MORE, Choice, Entry, Prompt
from flows.form import CLOSING, Question
from flows.state import CHILD, FAMILY

CHANGEABLE = "change"
OPENING = "opening"
HEARD = "heard"
WHICH_PLACE = "place.which"
_NOW = "child.now"
_KEYS = 9  # numbers of one digit
_SPOKEN = 5  # what somebody can keep in mind while listening
_BASICS = frozenset(
    {"language", "purpose", "birth", "place", "start", "continue", "support", "summary", "another_child"}
)


def ask(turn: Turn, question: Question, child: int, *, example: bool = False) -> None:
    """Say a question and wait for its answer."""
    if question.id == OPENING:
        _say_what_was_understood(turn)
    if child != _asked_about(turn):
        name_child(turn, question, child)
    if question.id != telling.NEXT or telling.tell(turn):
        turn.ask(prompt(turn, question, child, example=example))
    if turn.is_call and question.id == "purpose" and turn.state.asking != question.id:
        turn.say("call.keys")
    if (turn.state.asking, turn.state.child) != (question.id, child):
        turn.count(question.id, "asked")
        turn.set(keyed=(), page=0)
    turn.set(asking=question.id, child=child)


def name_child(turn: Turn, question: Question, child: int) -> None:
    """With several children: which of them a question is about. `CLOSING` asks about yet another one."""
    is_of_one = question.scope == CHILD and question.id != CLOSING
    if is_of_one and len(turn.state.children) > 1 and _NOW in turn.form.messages:  # older forms have no words for it
        turn.say(_NOW, child=str(child))


def _asked_about(turn: Turn) -> int:
    """The child that the family has in mind; 0 when something came in between, or none was asked about yet."""
    if not turn.state.asking:
        return 0
    return turn.state.child or next((int(scope) for scope, _ in reversed(turn.state.path) if scope != FAMILY), 0)


def _say_what_was_understood(turn: Turn) -> None:
    turn.say("opening.intro")
    for key in ("birth", "place", "start"):
        if key in turn.state.held:
            turn.say(f"opening.{key}", **{key: str(turn.state.held[key])})


def prompt(turn: Turn, question: Question, child: int, *, example: bool = False) -> Prompt:
    """`example`: in other words, the second rung of the repair ladder."""
    if question.kind is Kind.POSTCODE and turn.state.places:
        return Prompt(WHICH_PLACE, (), choices(turn, question), question.id, Entry() if turn.is_call else None)
    if turn.is_call:
        return _spoken(turn, question, child)
    key = question.id
    if example:
        key = f"{question.id}.example"
    elif question.helping and turn.state.family.get("purpose") == "helping":
        key = f"{question.id}.helping"
    return Prompt(key, _values(turn, question, child), choices(turn, question), question.id)


def _spoken(turn: Turn, question: Question, child: int) -> Prompt:
    """On the phone an answer of several entries is asked part by part."""
    keys = entry(turn.state, question)
    if keys.part:
        return Prompt(f"{question.id}.{keys.part}", (), (), question.id, keys)
    return Prompt(question.id, _values(turn, question, child), choices(turn, question), question.id, keys)


def choices(turn: Turn, question: Question) -> tuple[Choice, ...]:
    """What is offered, with the number to send."""
    if question.id == "language":
        return _page(turn, turn.desk.languages)
    if question.kind is Kind.POSTCODE and turn.state.places:
        return _page(turn, turn.state.places)
    if question.id == CHANGEABLE:
        return _page(turn, changeable(turn, question))
    if question.id == telling.NEXT and not telling.has_more(turn):
        return tuple(each for each in question.choices if each.id != MORE)
    return question.choices


def changeable(turn: Turn, question: Question) -> tuple[str, ...]:
    """What this family answered and may change, and "nothing" at the end."""
    return tuple(
        option.id
        for option in question.options
        if option.id == "nothing" or turn.answer(option.id, turn.state.child) is not None
    )


def _page(turn: Turn, ids: tuple[str, ...]) -> tuple[Choice, ...]:
    """What one message or one breath can offer, and where there is more, the way to it."""
    if len(ids) <= (_SPOKEN if turn.is_call else _KEYS):
        return _numbered(ids)
    size = _SPOKEN if turn.is_call else _KEYS - 1
    first = turn.state.page % -(-len(ids) // size) * size
    return (*_numbered(ids[first : first + size]), Choice(str(size + 1), MORE))


def _numbered(ids: tuple[str, ...]) -> tuple[Choice, ...]:
    return tuple(Choice(str(number), id_) for number, id_ in enumerate(ids, 1))


def _values(turn: Turn, question: Question, child: int) -> tuple[tuple[str, str], ...]:
    if question.id == "income_low":
        return (("amount", str(categories.income_limit(turn.desk.rules, turn.asked_on).monthly)),)
    if question.id == HEARD:
        return tuple(("said", f"{key}={_joined(value)}") for key, value in turn.state.held.items())
    if question.id == "asked_for":
        return (("who", turn.state.asked_for_by), ("reference", "@1"))
    if question.id == "summary":
        answers = turn.state.answers_of(child)
        basics = tuple((key, str(answers.get(key, "unknown"))) for key in ("birth", "place", "start"))
        more = sum(is_known(value) for key, value in answers.items() if key not in _BASICS)
        return (
            *((key, _month(value) if key == "birth" else value) for key, value in basics),
            ("more", str(more)),  # said by older forms
        )
    return ()


def _joined(value: Answer) -> str:
    return value if isinstance(value, str) else " ".join(value)


def _month(birth: str) -> str:
    """A birth is never written back to the day."""
    prefix, colon, day = birth.rpartition(":")
    return prefix + colon + (day[:8] if day.startswith("~") else day[:7])
