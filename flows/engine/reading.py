"""What an input means as an answer to the question that waits: the question's own options and kind."""

from flows.answers import RECORDING, Answer, Kind
from flows.engine import asking
from flows.engine.turn import Turn
from flows.events import Contact, Digits, Input, Location, Option, Recording, Text
from flows.form import Question
from flows.grammar import Several, read, read_named_language
from flows.grammar.options import bare


def text_of(given: Input | None) -> str:
    """What was typed, keyed or said; "" for what is no text."""
    match given:
        case Text(text):
            return text
        case Digits(digits):
            return digits
        case Contact(number):
            return number
        case Option() | Recording() | Location() | None:
            return ""


def read_answer(turn: Turn, question: Question, given: Input) -> Answer | Several | None:
    """The answer, several towns to choose from, or None: ask again."""
    match given:
        case Option(asked, id_):
            offered = [choice.id for choice in asking.choices(turn, question)]
            return _as_answer(question, id_) if asked == question.id and id_ in offered else None
        case Recording(id_):
            return f"{RECORDING}{id_}" if question.kind is Kind.TEXT else None
        case Text() | Digits() | Contact():
            return _read_text(turn, question, text_of(given))
        case Location():
            return None


def is_own_option(turn: Turn, question: Question, text: str) -> bool:
    """Whether this is one of the numbers or texts that were offered: that goes before every command."""
    said = bare(text)
    numbers = {choice.number for choice in asking.choices(turn, question)}
    if question.kind is Kind.WORK_DAYS:
        numbers |= set("012345")
    return said in numbers or any(said == bare(each) for texts in _phrases(turn, question).values() for each in texts)


def other_language(turn: Turn, question: Question, text: str) -> str:
    """The offered language that this word names, "" when none or when a name is asked."""
    if question.kind in (Kind.TEXT, Kind.LANGUAGE):
        return ""
    found = read_named_language(text, turn.context)
    return found if found and found != turn.state.language else ""


def _read_text(turn: Turn, question: Question, text: str) -> Answer | Several | None:
    options = _by_number(turn, question)
    if question.kind is Kind.POSTCODE and turn.state.places:
        chosen = read(Kind.CHOICE, options, text, turn.context)
        if chosen is not None:
            return chosen
        options = ()
    found = read(question.kind, options, text, turn.context, _phrases(turn, question))
    found = _plain(turn, question, text) if found is None else found
    return found if found is None or isinstance(found, Several) else _as_answer(question, found)


def _as_answer(question: Question, value: Answer) -> Answer:
    return () if question.kind is Kind.SEVERAL and value in ("none", ("none",)) else value


def _plain(turn: Turn, question: Question, text: str) -> Answer | None:
    """The option that a plain "yes" or "no" chooses, where it is offered now."""
    meant: dict[Answer | Several | None, str] = {option.plain: option.id for option in question.options if option.plain}
    chosen = meant.get(read(Kind.YES_NO, (), text, turn.context)) if meant else None
    return chosen if chosen in {choice.id for choice in asking.choices(turn, question)} else None


def _by_number(turn: Turn, question: Question) -> tuple[str, ...]:
    """Option ids, each at the place of its number; "" where a number is not offered."""
    offered = {int(choice.number): choice.id for choice in asking.choices(turn, question)}
    return tuple(offered.get(number, "") for number in range(1, max(offered, default=0) + 1))


def _phrases(turn: Turn, question: Question) -> dict[str, tuple[str, ...]]:
    """The words each option was offered in: in this language, and in Dutch, which stands beside it."""
    own = turn.desk.translations.get(turn.state.language, {})
    return {
        option.id: tuple({own.get(f"{question.id}.{option.id}", option.text), option.text})
        for option in question.options
    }
