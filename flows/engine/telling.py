"""What a family is told that asks for information: hours and address, how it works, the childcare of a town.

It stands above the question that follows it. Hours and the list come from the application, when they are asked for.
"""

from flows.engine.turn import Turn
from flows.events import Childcare, FindChildcare, LookUpHours, Prompt

SUBJECT, PLACE, NEXT = "information", "information_place", "information_next"
HOURS, HOW, PLACES, OTHER = "hours", "how", "places", "other"
_BY_INCOME = "income"
_SPOKEN, _WRITTEN, _IN_AN_APP = 3, 4, 8  # places told at once
_TEXTED = 8  # to a caller


def tell(turn: Turn) -> bool:
    """Say it; False where it has to be looked up first: the question comes with it then."""
    turn.set(listed=0)
    match turn.state.family.get(SUBJECT):
        case "hours":
            _tell_hours(turn)
        case "how":
            turn.say("told.how")
            turn.say("told.cost")
        case "places":
            turn.do(FindChildcare(_place(turn)))
            return False
    return True


def text_list(turn: Turn) -> None:
    """A caller wants the list on its phone."""
    turn.do(FindChildcare(_place(turn), by_text=True))


def say_list(turn: Turn, found: tuple[Childcare, ...]) -> None:
    """A part of the list, in its own order, and that nobody knows here where a place is free."""
    turn.set(listed=len(found))
    if not found:
        turn.say("told.no_places", place=_place(turn))
        return
    first = turn.state.page * _at_once(turn)
    for prompt in _list(turn, found[first : first + _at_once(turn)]):
        turn.ask(prompt)
    if may_be_texted(turn):
        turn.say("told.text_list")


def listing(turn: Turn, found: tuple[Childcare, ...]) -> tuple[Prompt, ...]:
    """The list as a caller gets it by text message."""
    return _list(turn, found[:_TEXTED])


def has_more(turn: Turn) -> bool:
    """Whether the list goes on after what was told."""
    return (turn.state.page + 1) * _at_once(turn) < turn.state.listed


def may_be_texted(turn: Turn) -> bool:
    """Whether a caller who hears a list may have it as a text message."""
    return turn.is_call and not turn.state.is_hidden and turn.state.listed > 0


def note(turn: Turn) -> None:
    """Count what was told, each subject once in a conversation, and the conversation itself."""
    subject = str(turn.state.family.get(SUBJECT, OTHER))
    if subject == OTHER or subject in turn.state.informed or (subject == PLACES and PLACE not in turn.state.family):
        return
    if not turn.state.informed:
        turn.count(SUBJECT, "told")
    turn.count(f"{SUBJECT}.{subject}", "told")
    turn.set(informed=(*turn.state.informed, subject))


def _tell_hours(turn: Turn) -> None:
    if turn.desk.address:
        turn.say("told.address", address=turn.desk.address)
    if turn.desk.has_hours:
        turn.do(LookUpHours())
        turn.say("told.hours", hours="@hours")
    if not turn.desk.address and not turn.desk.has_hours:
        turn.say("told.unknown")


def _list(turn: Turn, found: tuple[Childcare, ...]) -> tuple[Prompt, ...]:
    told = (
        Prompt(
            "told.one_income" if each.price == _BY_INCOME else "told.one",
            (("name", each.name), ("where", f"{each.address}|{each.phone}")),
        )
        for each in found
    )
    return (Prompt("told.places", (("place", _place(turn)),)), *told)


def _place(turn: Turn) -> str:
    return str(turn.state.family[PLACE])


def _at_once(turn: Turn) -> int:
    return _SPOKEN if turn.is_call else _IN_AN_APP if turn.is_chat else _WRITTEN
