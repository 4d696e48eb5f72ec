"""What a family can say at any moment, whatever was asked."""

from flows.answers import REFUSED, UNKNOWN, Answer, Command
from flows.engine import asides, asking, closing, moving, order, registering, taking, telling
from flows.engine.turn import Turn
from flows.events import GiveCode, Prompt, Reason, Stop, TextThis


def obey(turn: Turn, command: Command) -> None:
    """Do it, then ask the waiting question again where that helps."""
    match command:
        case Command.STOP:
            stop(turn)
        case Command.HUMAN:
            turn.count(turn.state.asking, "handed_over")
            closing.hand_over(turn, Reason.ASKED)
        case Command.BACK:
            moving.back(turn)
        case Command.REPEAT:
            _repeat(turn)
        case Command.HELP:
            turn.say("command.help")
            moving.again(turn)
        case Command.LANGUAGE:
            _language(turn)
        case Command.DONT_KNOW:
            _without_answer(turn, UNKNOWN)
        case Command.REFUSE:
            _without_answer(turn, REFUSED)
        case Command.RESTART:
            moving.restart(turn)
        case Command.STATUS:
            status(turn)
            moving.again(turn)
        case Command.PRIVACY:
            privacy(turn)
        case Command.FORGET:
            asides.begin(turn, "forget")
        case Command.CODE:
            code(turn)
            moving.again(turn)


def stop(turn: Turn) -> None:
    """Silence at once by text message, where the network may have stopped us itself; an app is asked what stops."""
    if turn.is_chat and turn.form.knows("stop"):
        asides.begin(turn, "stop")
    else:
        turn.do(Stop())


def text_me(turn: Turn) -> None:
    """A caller wants on its phone what it heard: a list, or the numbers of its requests (again for a new child)."""
    if turn.state.asking == telling.NEXT and telling.may_be_texted(turn):
        telling.text_list(turn)
        return
    children = registering.registered(turn)
    if children != turn.state.texted:
        references = " ".join(f"@{child}" for child in children)
        turn.do(TextThis((Prompt("call.numbers", (("references", references), ("by", turn.by))),)))
        turn.set(texted=children)
    turn.say("call.texted")
    moving.again(turn)


def status(turn: Turn) -> None:
    """Neutral: that a request is looked at, never what it is about."""
    if registering.registered(turn):
        turn.say("command.status", asked_on=turn.state.asked_on, by=turn.by)
    else:
        turn.say("command.status_none")


def code(turn: Turn) -> None:
    """To go on from another phone or app; a call has no hands free to write one down."""
    if turn.form.knows("join") and not turn.is_call:
        turn.do(GiveCode())
        turn.say("code.given", code="@code", ways="@ways")


def privacy(turn: Turn) -> None:
    """What is kept and why; in a language that lacks the words, a person explains."""
    if not turn.desk.is_translated("command.privacy", turn.state.language):
        closing.hand_over(turn, Reason.CANNOT_ASK)
        return
    turn.say("command.privacy", page=turn.desk.page)
    moving.again(turn)


def switch_language(turn: Turn, language: str) -> None:
    """A family names its language anywhere: the waiting question comes again in it."""
    turn.correct(turn.form.question(order.LANGUAGE), 0, language)
    turn.set(language=language)
    _repeat(turn)


def _repeat(turn: Turn) -> None:
    """What waits for an answer; what was told above it is said again too."""
    if turn.state.asking == telling.NEXT:
        asking.ask(turn, turn.form.question(telling.NEXT), 0)
    else:
        moving.again(turn)


def _language(turn: Turn) -> None:
    if len(turn.desk.languages) > 1:
        turn.forget(order.LANGUAGE, 0)
        asking.ask(turn, turn.form.question(order.LANGUAGE), 0)
    else:
        moving.again(turn)


def _without_answer(turn: Turn, value: Answer) -> None:
    question = turn.form.question(turn.state.asking)
    if question.id == "support":
        taking.take(turn, question, "skip")
    elif question.required:
        turn.say("command.needed")
        moving.again(turn)
    else:
        taking.take(turn, question, value)
