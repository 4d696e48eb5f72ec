"""From a question to the prompt that asks it: key, raw values and choices, never text."""

from flows import categories
from flows.answers import is_known
from flows.engine.turn import Turn
from flows.events import MORE, Choice, Prompt
from flows.form import Question

CHANGEABLE = "change"
OPENING = "opening"
WHICH_PLACE = "place.which"
_NINE = 9  # the highest number of one digit
_BASICS = frozenset(
    {"language", "purpose", "birth", "place", "start", "continue", "support", "summary", "another_child"}
)


def ask(turn: Turn, question: Question, child: int, *, example: bool = False) -> None:
    """Say a question and wait for its answer."""
    if question.id == OPENING:
        _say_what_was_understood(turn)
    turn.ask(prompt(turn, question, child, example=example))
    if (turn.state.asking, turn.state.child) != (question.id, child):
        turn.count(question.id, "asked")
    turn.set(asking=question.id, child=child)


def _say_what_was_understood(turn: Turn) -> None:
    turn.say("opening.intro")
    for key in ("birth", "place", "start"):
        if key in turn.state.held:
            turn.say(f"opening.{key}", **{key: str(turn.state.held[key])})


def prompt(turn: Turn, question: Question, child: int, *, example: bool = False) -> Prompt:
    """`example`: in other words, the second rung of the repair ladder."""
    if question.id == "place" and turn.state.places:
        return Prompt(WHICH_PLACE, (), choices(turn, question), question.id)
    key = question.id
    if example:
        key = f"{question.id}.example"
    elif question.helping and turn.state.family.get("purpose") == "helping":
        key = f"{question.id}.helping"
    return Prompt(key, _values(turn, question, child), choices(turn, question), question.id)


def choices(turn: Turn, question: Question) -> tuple[Choice, ...]:
    """What is offered, with the number to send."""
    if question.id == "language":
        return _page(turn.desk.languages, turn.state.page)
    if question.id == "place" and turn.state.places:
        return _numbered(turn.state.places)
    if question.id == CHANGEABLE:
        return _numbered(changeable(turn, question))
    return question.choices


def changeable(turn: Turn, question: Question) -> tuple[str, ...]:
    """What this family answered and may change, and "nothing" at the end."""
    return tuple(
        option.id
        for option in question.options
        if option.id == "nothing" or turn.answer(option.id, turn.state.child) is not None
    )


def _page(languages: tuple[str, ...], page: int) -> tuple[Choice, ...]:
    """The languages of one message, and where there are too many for one, the way to the next."""
    if len(languages) <= _NINE:
        return _numbered(languages)
    size = _NINE - 1
    first = page % -(-len(languages) // size) * size
    return (*_numbered(languages[first : first + size]), Choice(str(_NINE), MORE))


def _numbered(ids: tuple[str, ...]) -> tuple[Choice, ...]:
    return tuple(Choice(str(number), id_) for number, id_ in enumerate(ids, 1))


def _values(turn: Turn, question: Question, child: int) -> tuple[tuple[str, str], ...]:
    if question.id == "income_low":
        return (("amount", str(categories.income_limit(turn.desk.rules, turn.asked_on).monthly)),)
    if question.id == "summary":
        answers = turn.state.answers_of(child)
        basics = tuple((key, str(answers.get(key, "unknown"))) for key in ("birth", "place", "start"))
        more = sum(is_known(value) for key, value in answers.items() if key not in _BASICS)
        return (*((key, _month(value) if key == "birth" else value) for key, value in basics), ("more", str(more)))
    return ()


def _month(birth: str) -> str:
    """A birth is never written back to the day."""
    prefix, colon, day = birth.rpartition(":")
    return prefix + colon + (day[:8] if day.startswith("~") else day[:7])
