"""What we ask on our own account: whether childcare was found, whether a place answered, whether a request may go on.

Months later it is asked in whatever conversation the family has, also in one that was closed long ago. Who answers
something else is served as ever; who answers nothing is left alone. What a colleague asked in a message of theirs is
read only as an answer to that: with the next thing that is written, or a word that is no answer, it is theirs to read.
"""

from flows.answers import Command
from flows.engine import answering, asides, asking, commands, moving, reading, taking
from flows.engine.turn import Turn
from flows.events import HandOver, Input, QuestionDue, Reason, StaffWrote, Told
from flows.form import Question
from flows.grammar import Several, read_command
from flows.state import Status

FOLLOW_UP, FOUND_HOW, REFERRAL, MAY_PASS = "follow_up", "found_how", "referral", "may_pass"
QUESTIONS = (FOLLOW_UP, FOUND_HOW, REFERRAL, MAY_PASS)
_NOTED = "phrase.noted"
_OBEYED = (Command.STOP, Command.HELP, Command.STATUS, Command.PRIVACY, Command.FORGET, Command.CODE, Command.LANGUAGE)
_SILENT = {  # what a person asks when the family does not answer
    FOUND_HOW: Reason.FOUND,
    REFERRAL: Reason.REFERRED,
    MAY_PASS: Reason.PASS_SILENT,
}


def begin(turn: Turn, event: QuestionDue) -> None:
    """Ask it now. A conversation that was closed is open until it is answered."""
    if turn.state.status is Status.CLOSED:
        turn.set(status=Status.WITH_BOT)
    turn.set(about=event.about, child=0, misses=0, silences=0, page=0, places=(), keyed=(), held={}, asides=())
    turn.say("welcome")
    if event.reference:
        turn.say("asked.about", reference=event.reference)
    if event.name:
        turn.say("asked.place", name=event.name)
    turn.set(asking="")
    asides.begin(turn, event.question)


def wrote(turn: Turn, event: StaffWrote) -> None:
    """A colleague said something: its question is the one that can be answered now, and no earlier one of theirs."""
    if event.question:
        turn.set(asides=(event.question,), asking=event.question, about=event.about, child=0, misses=0, places=())
    elif turn.state.asking == MAY_PASS:
        drop(turn)


def answer(turn: Turn, given: Input) -> bool:
    """Whether this was about what we asked, and is dealt with."""
    if turn.state.asking not in QUESTIONS:
        return False
    question = turn.form.question(turn.state.asking)
    value = reading.read_answer(turn, question, given)
    if value is not None and not isinstance(value, Several):
        taking.take(turn, question, value)
        return True
    text = reading.text_of(given)
    command = read_command(text, turn.context) or (Command.HUMAN if text.strip() == "0" else None)
    if command in (Command.DONT_KNOW, Command.REFUSE):
        _leave_it(turn)
        return True
    if turn.state.status is not Status.WITH_BOT:
        drop(turn)  # a person reads along here
        return False
    _serve(turn, question, given, text, command)
    return True


def settle(turn: Turn, question: str, value: str) -> None:
    """What follows from an answer."""
    turn.do(Told(turn.state.about, question, value))
    match question, value:
        case _, "found":
            asides.begin(turn, FOUND_HOW)
        case _, "seeking":
            turn.say("asked.seeking", by=turn.by)
            _to_a_person(turn, Reason.SEEKING)
        case _, "full":
            turn.say("asked.seeking", by=turn.by)
            _to_a_person(turn, Reason.PLACE_FULL)
        case _, "no_answer":
            turn.say("asked.seeking", by=turn.by)
            _to_a_person(turn, Reason.PLACE_SILENT)
        case "may_pass", _:
            turn.say(_NOTED)
            _to_a_person(turn, Reason.MAY_PASS)
        case _:
            turn.say(_NOTED)
            end(turn)


def give_up(turn: Turn) -> None:
    """Nothing was answered for so long that a person asks, where something hangs on it."""
    if turn.state.asking in QUESTIONS:
        reason = _SILENT.get(turn.state.asking)
        if reason is None:
            end(turn)
        else:
            _to_a_person(turn, reason)


def bring(turn: Turn, reason: Reason) -> None:
    """Bring the conversation to a person, also one that was closed."""
    if turn.state.status is Status.CLOSED:
        turn.set(status=Status.WAITING)
    _to_a_person(turn, reason)


def drop(turn: Turn) -> None:
    """Something else is talked about from here on."""
    if turn.state.about:
        is_asked = turn.state.asking in QUESTIONS
        left = tuple(each for each in turn.state.asides if each not in QUESTIONS)
        turn.set(about="", asides=left, **({"asking": ""} if is_asked else {}))
        if turn.state.status is Status.WITH_BOT:
            turn.set(status=Status.WAITING)


def end(turn: Turn) -> None:
    """Nothing is left to say: a conversation that was opened for such a question is closed again."""
    was_opened = turn.state.about and turn.state.status is Status.WITH_BOT
    drop(turn)
    if was_opened:
        turn.set(status=Status.CLOSED, child=0, misses=0)


def _serve(turn: Turn, question: Question, given: Input, text: str, command: Command | None) -> None:
    """Something else than an answer: a command, another language, words for a person."""
    language = "" if command else reading.other_language(turn, question, text)
    if command is Command.HUMAN:
        _hand_over(turn, Reason.ASKED)
    elif command in _OBEYED:
        commands.obey(turn, command)
        if command is Command.STOP and turn.state.asking in QUESTIONS:
            end(turn)  # an app asks first what is to stop
    elif command:
        moving.again(turn)
    elif language:
        commands.switch_language(turn, language)
    elif not turn.state.misses:
        turn.count(question.id, "no_match")
        turn.set(misses=1)
        turn.say("repair.again")
        turn.ask(asking.prompt(turn, question, 0, example=True))
    else:
        drop(turn)
        answering.answer_while_waiting(turn, given)
        if not turn.state.asides:
            _hand_over(turn, Reason.ABOUT_REQUEST)


def _hand_over(turn: Turn, reason: Reason) -> None:
    """A colleague reads what was said: nothing is asked of the family again."""
    drop(turn)
    turn.say("hand_over.asked", by=turn.by)
    _to_a_person(turn, reason)


def _to_a_person(turn: Turn, reason: Reason) -> None:
    drop(turn)
    turn.do(HandOver(reason))


def _leave_it(turn: Turn) -> None:
    """Who does not know, or would rather not say, is not pressed; where it matters a person asks."""
    reason = _SILENT.get(turn.state.asking)
    turn.say(_NOTED)
    if reason is None:
        end(turn)
    else:
        _to_a_person(turn, reason)
