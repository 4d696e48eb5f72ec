"""What a family said: a command, another language, an answer, or nothing we understand."""

from flows.answers import Answer, Command, Kind
from flows.engine import (
    asides,
    asking,
    closing,
    commands,
    informing,
    keying,
    moving,
    order,
    reading,
    registering,
    taking,
)
from flows.engine.entries import entry
from flows.engine.keying import More, TextMe
from flows.engine.turn import Turn
from flows.events import Digits, Input, Option, Reason, Text
from flows.form import Question
from flows.grammar import Several, is_polite, read_command, read_opening


def answer(turn: Turn, given: Input) -> None:
    """While the bot has the word."""
    if not turn.state.asking:
        moving.go_on(turn)
        return
    if isinstance(given, Option) and given.question != turn.state.asking:
        if given.question:
            turn.say("chat.passed")
        moving.again(turn)
        return
    question = turn.form.question(turn.state.asking)
    if isinstance(given, Digits):
        _press(turn, question, given.digits)
        return
    text = reading.text_of(given)
    own = reading.is_own_option(turn, question, text)
    command = None if own else _command(turn, text)
    language = "" if own or command else reading.other_language(turn, question, text)
    if command:
        commands.obey(turn, command)
    elif language:
        commands.switch_language(turn, language)
    else:
        _read(turn, question, given, text)


def answer_while_waiting(turn: Turn, given: Input) -> None:
    """While a person has the word to come: a few commands, and somebody who wants a new request."""
    if turn.is_call:
        _answer_aside(turn, given)
        return
    if turn.state.asides and _settles(turn, given):
        return
    turn.set(asides=(), asking="")
    text = reading.text_of(given)
    match _command(turn, text):
        case Command.STOP:
            commands.stop(turn)
        case Command.HUMAN:
            closing.hand_over(turn, Reason.ASKED)
        case Command.STATUS:
            commands.status(turn)
        case Command.PRIVACY:
            commands.privacy(turn)
        case Command.FORGET:
            asides.begin(turn, "forget")
        case Command.CODE:
            commands.code(turn)
        case _:
            if registering.registered(turn) and read_opening(text, turn.context).purpose_known:
                asides.begin(turn, "again")


def _answer_aside(turn: Turn, given: Input) -> None:
    """On the phone, with a finished request: only what it is about is asked."""
    if not turn.state.asides:
        return
    question = turn.form.question(turn.state.asides[0])
    keys = given.digits if isinstance(given, Digits) else ""
    match keying.press(turn, question, keys) if keys else reading.read_answer(turn, question, given):
        case Command.HUMAN:
            turn.set(asides=(), asking="")
            closing.hand_over(turn, Reason.ASKED)
        case Command():
            moving.again(turn)
        case None | More() | Several() | TextMe():
            _not_understood(turn)
        case value:
            taking.take(turn, question, value)


def answer_on_return(turn: Turn, given: Input, *, is_late: bool) -> None:
    """After a long silence nothing is taken as an answer, only what would be wrong to ignore."""
    match _command(turn, reading.text_of(given)):
        case Command.STOP:
            commands.stop(turn)
        case Command.HUMAN:
            closing.hand_over(turn, Reason.ASKED)
        case _ if turn.state.asides[:1] == ("reminder",) and _settles(turn, given):
            pass  # the one thing that was asked in this silence
        case _ if is_late and order.LANGUAGE in turn.state.family:
            left = tuple(each for each in turn.state.asides if each != "reminder")
            turn.set(places=(), misses=0, silences=0, asides=left)
            asides.begin(turn, "resume")
        case _:
            moving.go_on(turn)


def silence(turn: Turn) -> None:
    """Nothing was said in time. Counted apart from what was not understood."""
    turn.count(turn.state.asking, "no_input")
    turn.set(silences=turn.state.silences + 1)
    if turn.state.asking == order.LANGUAGE:
        turn.set(keyed=())  # the second key of a card did not come
    _repair(turn, turn.state.silences, "repair.silence", Reason.SILENCE)


def _command(turn: Turn, text: str) -> Command | None:
    return keying.KEYS.get(text.strip()) or read_command(text, turn.context)


def _press(turn: Turn, question: Question, digits: str) -> None:
    """The keys of a phone. What several keys were pressed for is said back; what one key chose is not."""
    match keying.press(turn, question, digits):
        case None if digits:
            _not_understood(turn)
        case None:
            silence(turn)
        case Command() as command:
            commands.obey(turn, command)
        case TextMe():
            commands.text_me(turn)
        case More(keyed):
            turn.set(keyed=keyed, misses=0, silences=0)
            asking.ask(turn, question, turn.state.child)
        case Several(postcodes):
            _choose_place(turn, question, postcodes)
        case value:
            taking.take(turn, question, value, said="keys" if len(digits) > 1 else "")


def _read(turn: Turn, question: Question, given: Input, text: str) -> None:
    match reading.read_answer(turn, question, given):
        case None if subject := informing.subject_of(turn, question, text):
            informing.take_subject(turn, subject)
        case None if is_polite(text, turn.context):
            moving.again(turn)  # no answer, and no mistake either
        case None:
            _not_understood(turn)
        case Several(postcodes):
            _choose_place(turn, question, postcodes)
        case value if turn.is_call and isinstance(given, Text) and question.id != asking.HEARD:
            _say_back(turn, question, value)
        case value:
            taking.take(turn, question, value, said=text)


def _say_back(turn: Turn, question: Question, value: Answer) -> None:
    """What was only heard counts after the caller agreed to it."""
    turn.set(held={question.id: value}, misses=0, silences=0)
    asides.begin(turn, asking.HEARD)


def _choose_place(turn: Turn, question: Question, postcodes: tuple[str, ...]) -> None:
    turn.set(places=postcodes, misses=0)
    asking.ask(turn, question, turn.state.child)


def _settles(turn: Turn, given: Input) -> bool:
    question = turn.form.question(turn.state.asides[0])
    value = reading.read_answer(turn, question, given)
    if value is None or isinstance(value, Several):
        return False
    taking.take(turn, question, value)
    return True


def _not_understood(turn: Turn) -> None:
    turn.count(turn.state.asking, "no_match")
    turn.set(misses=turn.state.misses + 1)
    _repair(turn, turn.state.misses, "repair.again", Reason.NOT_UNDERSTOOD)


def _repair(turn: Turn, times: int, first: str, reason: Reason) -> None:
    """The ladder: a short repeat, other words with an example, a person with the answers so far."""
    if times >= 3:
        turn.count(turn.state.asking, "handed_over")
        closing.hand_over(turn, reason)
        return
    question = turn.form.question(turn.state.asking)
    turn.say(first if times == 1 else _other_words(turn, question))
    turn.ask(asking.prompt(turn, question, turn.state.child, example=times == 2))


def _other_words(turn: Turn, question: Question) -> str:
    """On the phone: which keys these are, or that nothing was said after the tone. In writing the example follows."""
    if not turn.is_call:
        return "repair.example"
    if question.kind is Kind.TEXT:
        return "repair.silence"
    return "keys.months" if entry(turn.state, question).digits == 2 else "keys.digits"
