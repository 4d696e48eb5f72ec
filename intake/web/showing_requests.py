"""What the page of a conversation shows of each request: categories with their because, the same child."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flows.answers import Answer
from flows.wording import reference
from intake import uniqueness
from intake.installation import Installation
from intake.uniqueness import Candidate
from intake.web import words
from intake.web.pages import translate
from intake.web.words import Terms
from storage import filings, merging, referrals
from storage.database import Session
from storage.registrations import Opened

CONTACT = ("contact", "contact_number", "contact_time", "parent_name")
LOOKS = {"urgent": "urgent", "vulnerable": "flag", "priority": "flag", "extended": "own", "care_need": "flag"}


@dataclass(frozen=True)
class Line:
    """A label and what stands behind it."""

    label: str
    text: str


@dataclass(frozen=True)
class ShownFlag:
    key: str
    label: str
    value: str
    look: str
    why: str


@dataclass(frozen=True)
class Alike:
    """A request that may be for the same child."""

    id: str
    reference: str
    conversation: str
    asked_on: str
    why: str


@dataclass(frozen=True)
class Sent:
    """A place that the family was sent to. `is_open`: nothing is heard of it yet."""

    id: str
    name: str
    sent_on: str
    state: str
    is_open: bool


@dataclass(frozen=True)
class Request:
    """`counted_with`: the reference of the request that this one counts with, "" when it counts for itself."""

    id: str
    title: str
    reference: str
    state: str
    state_look: str
    told_by_another: bool  # a referrer, not the family
    outcome: str
    outcome_key: str
    flags: tuple[ShownFlag, ...]
    alike: tuple[Alike, ...]
    counted_with: str
    sent: tuple[Sent, ...]


def request(session: Session, here: Installation, terms: Terms, opened: Opened, of: int) -> Request:
    row = opened.row
    code = f"{opened.outcome.code}:{opened.outcome.reason}".rstrip(":") if opened.outcome else "open"
    by_family = opened.outcome is not None and opened.outcome.by_family
    because = json.loads(opened.because)
    return Request(
        id=row.id,
        title=_child(row.state, row.child, of),
        reference=reference(row.reference),
        state=translate(words.STATES[row.state]),
        state_look="good" if row.state == "complete" else "",
        told_by_another=row.source == filings.SOURCE,
        outcome=words.outcome(code) + (translate(", told by the family") if by_family else ""),
        outcome_key=code,
        flags=tuple(_flag(terms, opened, flag, because.get(flag, ())) for flag in words.FLAGS if row.state != "ticket"),
        alike=() if row.same_as else tuple(_alike(each) for each in uniqueness.candidates(session, here, opened)),
        counted_with="".join(
            map(reference, merging.references(session, [row.same_as] if row.same_as else []).values())
        ),
        sent=tuple(_sent(each) for each in referrals.of_request(session, here.keys, row.id)),
    )


def _sent(each: referrals.Opened) -> Sent:
    row = each.row
    state = translate(words.REFERRALS[row.state], day=words.date_of(row.answer_by))
    return Sent(row.id, each.name, words.date_of(row.sent_on), state, row.state in referrals.OPEN)


def _alike(found: Candidate) -> Alike:
    """Why it may be the same child, in words."""
    name = {True: translate("alike names"), False: translate("another name"), None: ""}[found.same_name]
    number = translate("the same number") if found.same_number else translate("a child of about this age in this town")
    row = found.row
    why = ", ".join(filter(None, (number, name)))
    return Alike(row.id, reference(row.reference), row.conversation_id, words.date_of(row.asked_on), why)


def _child(state: str, number: int, of: int) -> str:
    if state == "ticket":
        return translate("To call back")
    return translate("Child %(number)s", number=number) if of > 1 else translate("Child")


def _flag(terms: Terms, opened: Opened, flag: str, because: list[str]) -> ShownFlag:
    value, labels = opened.flag(flag), ", ".join(map(terms.label, because))
    if opened.overrides[flag] is not None:
        why = translate("decided by a colleague")
    elif not labels:
        why = ""
    else:
        why = translate("not answered: %(keys)s", keys=labels)
        if value is not None:
            why = translate("because of: %(keys)s", keys=labels)
    shown = translate("not known") if value is None else translate("yes") if value else translate("no")
    return ShownFlag(flag, translate(words.FLAGS[flag]), shown, LOOKS[flag] if value else "", why)


def answers_of(terms: Terms, given: Mapping[str, Answer], keys: tuple[str, ...]) -> Iterator[Line]:
    for key in keys:
        if key in given:
            question = terms.form.question(key)
            yield Line(question.label, words.answer(terms, question, given[key]))
