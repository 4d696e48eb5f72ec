"""Which question is next: the first one in the order that is relevant and has no answer (VoiceXML 2.0, appendix C)."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from flows import categories
from flows.answers import Answer, is_known
from flows.engine import telling
from flows.engine.turn import Turn
from flows.form import CLOSING, Question, Relevant
from flows.state import CHILD, FAMILY

LANGUAGE = "language"


def next_question(turn: Turn) -> tuple[Question, int] | None:
    """The question to ask and the child it is about (0: the family), None when nothing is left to ask.

    A language comes before everything, and what happened on the way (`asides`) before the order goes on.
    """
    if LANGUAGE not in turn.state.family:
        return turn.form.question(LANGUAGE), 0
    if turn.state.asides:
        return turn.form.question(turn.state.asides[0]), turn.state.child
    if turn.state.is_hidden and turn.is_call and _is_to_be_called(turn):
        return turn.form.question("contact_number"), 0  # nobody could call back otherwise
    found = next(_open_questions(turn), None)
    if found and found[0].id == "contact" and turn.state.is_hidden:
        return turn.form.question("contact_number"), 0  # there is no "this number" to ask about
    return found


def _is_to_be_called(turn: Turn) -> bool:
    """Whether a person will have to reach this family, and nothing was said yet of how; not for information alone."""
    family = turn.state.family
    if "purpose" not in family or not family.keys().isdisjoint(("contact", "contact_number")):
        return False
    has_menu = turn.form.knows(telling.SUBJECT) and is_relevant(turn, turn.form.question(telling.SUBJECT), 1)
    return not has_menu or family.get(telling.SUBJECT) == telling.OTHER


def _open_questions(turn: Turn) -> Iterator[tuple[Question, int]]:
    for child in turn.state.children:
        answers = turn.state.answers_of(child.id)
        for question in turn.form.questions:
            if question.id not in answers and _concerns(turn, question, answers):
                yield question, child.id if question.scope == CHILD else 0
        if child.answers.get(CLOSING) != "yes":
            return


def is_relevant(turn: Turn, question: Question, child: int) -> bool:
    """Whether this question is asked about this child, given all that is answered."""
    return _concerns(turn, question, turn.state.answers_of(child))


def _concerns(turn: Turn, question: Question, answers: Mapping[str, Answer]) -> bool:
    guard = question.relevant
    named = all(answers.get(key) in values for key, values in guard.answers.items())
    return (
        named
        and _fits(guard, answers, turn)
        and can_be_asked(turn, question)
        and (not guard.matters or _matters(question.id, answers, turn))
    )


def is_needless(turn: Turn, question: Question, child: int) -> bool:
    """Whether an answer could change nothing any more, whatever else comes: on a form that is filled in at once."""
    answers = turn.state.answers_of(child)
    if _is_excluded(turn, question, answers):
        return True
    return question.relevant.matters and not _matters(question.id, answers, turn)


def can_be_asked(turn: Turn, question: Question) -> bool:
    """An agreement is only asked in words that were translated: nobody agrees to what they cannot read."""
    if not question.agreement:
        return True
    keys = turn.form.texts_of[question.id]
    return all(
        turn.desk.is_translated(key, turn.state.language) for key in keys if key.endswith(".voice") <= turn.is_call
    )


def skipped_agreements(turn: Turn) -> bool:
    """Whether something went unasked because its words are missing in this language: a person asks it."""
    return any(
        question.agreement
        and not can_be_asked(turn, question)
        and all(turn.answer(key, child.id) in values for key, values in question.relevant.answers.items())
        for child in turn.state.children
        for question in turn.form.questions
    )


def prune(turn: Turn) -> None:
    """Drop answers to questions that turned out not to concern this family: their guard names another answer now."""
    for child in turn.state.children:
        answers = turn.state.answers_of(child.id)
        for question in turn.form.questions:
            if (question.scope == FAMILY and child.id > 1) or question.id == CLOSING:
                continue  # whoever asks for one child more does so whatever was answered before
            if question.id in answers and _is_excluded(turn, question, answers):
                turn.forget(question.id, child.id)
                del answers[question.id]


def _is_excluded(turn: Turn, question: Question, answers: Mapping[str, Answer]) -> bool:
    """A guard that waits for an answer excludes nothing yet; `matters` never takes an answer away."""
    guard = question.relevant
    contrary = any(key in answers and answers[key] not in values for key, values in guard.answers.items())
    return contrary or not _fits(guard, answers, turn)


def _fits(guard: Relevant, answers: Mapping[str, Answer], turn: Turn) -> bool:
    if guard.start_within_days is not None and not _starts_within(
        guard.start_within_days, answers.get("start"), turn.asked_on
    ):
        return False
    if guard.born and not _is_born(answers.get("birth")):
        return False
    if guard.told and turn.is_call and not turn.desk.words[turn.state.language].voice:
        return False
    return guard.setting != "days_asked" or turn.desk.days_asked


def _starts_within(days: int, start: Answer | None, asked_on: date) -> bool:
    """As soon as possible and unknown count as near; a month is its first day."""
    if not isinstance(start, str) or not is_known(start) or start == "asap":
        return True
    return date.fromisoformat(start if len(start) == 10 else f"{start}-01") <= asked_on + timedelta(days=days)


def _is_born(birth: Answer | None) -> bool:
    """An unknown birth may be of a born child. A due date that has passed does not say that all went well."""
    return not isinstance(birth, str) or not (birth == "unborn" or birth.startswith("due:"))


def _matters(key: str, answers: Mapping[str, Answer], turn: Turn) -> bool:
    """The stop rule: ask only what can still change a flag. A desk may ask all that the rules in force use."""
    known = {} if turn.desk.ask_all else answers
    return categories.matters(key, known, turn.asked_on, turn.desk.rules)
