"""The answers of a request as a form, with who said each of them and when; and what is to be done next."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from flows.answers import Kind
from flows.engine.turn import local_day
from flows.events import Prompt
from flows.form import Question
from flows.state import CHILD, State
from intake import correcting
from intake.correcting import DONT_KNOW, RATHER_NOT
from intake.web import words
from intake.web.pages import LANGUAGE, translate
from intake.web.words import Terms
from storage.conversations import View
from storage.registrations import Opened

_CHOSEN = (Kind.CHOICE, Kind.YES_NO)


@dataclass(frozen=True)
class AnswerField:
    """`value`: as somebody types it; `shown`: as a colleague reads it; `source`: who said so, and when."""

    key: str
    label: str
    value: str
    shown: str
    source: str
    hint: str
    options: tuple[tuple[str, str], ...]


def fields(
    terms: Terms, view: View, state: State, opened: Opened, of: int, names: Mapping[str, str]
) -> Iterator[AnswerField]:
    """Every question that may be put right, in the order of the form. `of`: how many children are asked for."""
    for key in correcting.keys(terms.form):
        question = terms.form.question(key)
        answer = correcting.answer_of(terms.form, state, opened.row.child, key)
        shown = "" if answer is None else words.answer(terms, question, answer)
        source = "" if answer is None else _source(view, question, opened.row.child, of, names)
        options = tuple(_options(terms, question))
        is_chosen = question.kind in _CHOSEN
        hint = "" if is_chosen else ", ".join(f"{number} = {label}" for number, label in options[:-2])
        yield AnswerField(
            key, question.label, correcting.as_typed(terms.form, key, answer), shown, source, hint,
            options if is_chosen else (),
        )  # fmt: skip


def _options(terms: Terms, question: Question) -> Iterator[tuple[str, str]]:
    prompt = Prompt(question.id, (), question.choices, question.id)
    for choice in question.choices:
        yield choice.number, terms.wording.choice(prompt, choice, LANGUAGE)
    yield DONT_KNOW, translate("does not know")
    yield RATHER_NOT, translate("rather not say")


def _source(view: View, question: Question, child: int, of: int, names: Mapping[str, str]) -> str:
    """Who gave this answer last: a colleague who put it right or keyed it in, or the family."""
    source, at = translate("family"), view.conversation.opened_at
    for entry in view.entries:
        if entry.direction == "event" and entry.question == "keyed_in":
            source, at = names.get(entry.author or "", ""), entry.at
        if entry.direction == "event" and entry.question == "corrected" and _is_about(entry.body, question, child):
            source, at = names.get(entry.author or "", ""), entry.at
        if entry.direction == "in" and entry.question == question.id and (of == 1 or question.scope != CHILD):
            source, at = translate("family"), entry.at
    return f"{source}, {words.moment(at)}"


def _is_about(body: str, question: Question, child: int) -> bool:
    told = json.loads(body or "{}")
    return bool(told.get("key") == question.id and (question.scope != CHILD or told.get("child") == child))


def next_steps(view: View, of_requests: list[Opened], alike: bool, to_call: bool, now: datetime) -> Iterator[str]:
    """What a colleague would do now, the most pressing first."""
    row, today = view.conversation, local_day(now)
    if row.status == "closed":
        yield from _after_closing(of_requests, today.isoformat())
        return
    if row.waiting_since is not None and row.answer_by is not None:
        told = words.DUE["late"] if row.answer_by <= now else words.DUE["to_come"]
        yield translate(told, time=words.deadline(row.answer_by))
    if to_call:
        yield translate("Call the family: it stands under To call.")
    elif view.contact.cannot_text or view.contact.opted_out:
        yield translate("Call the family: nothing can be sent to it.")
    if any(each.row.state == "draft" for each in of_requests):
        yield translate("Ask what is missing, or let the questions go on.")
    if alike:
        yield translate("Look whether this is the same child as in another request.")
    yield from _after_closing(of_requests, today.isoformat())
    if row.status == "with_desk" and row.waiting_since is None:
        yield translate("Nobody waits: close it when it is handled, or put it off to a day.")


def _after_closing(of_requests: list[Opened], today: str) -> Iterator[str]:
    is_past = any(
        each.outcome is None and each.row.start and each.row.start != "asap" and each.row.start < today
        for each in of_requests
    )
    if is_past:
        yield translate("The wanted start has passed: note what came of it.")
