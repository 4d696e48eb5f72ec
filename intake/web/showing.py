"""What the desk's pages show, as plain values that templates only lay out: one conversation."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flows import state as states
from flows.engine.turn import local_day
from flows.events import Channel
from flows.speaking import lines as spoken
from intake import phrases, referral
from intake.conversations import EDITED
from intake.desk import MAY, outcomes
from intake.installation import Installation
from intake.phrases import Phrase as Vetted
from intake.phrases import Phrases, kind_of
from intake.prompts import load_prompts
from intake.web import words
from intake.web.pages import LANGUAGE, translate
from intake.web.showing_answers import AnswerField, fields, next_steps
from intake.web.showing_requests import CONTACT, Line, Request, answers_of, request
from intake.web.texts import review_of
from intake.web.words import Terms
from storage import addresses, call_backs, conversations, erasure, referrals, staff
from storage.addresses import Address
from storage.conversations import Entry as Said
from storage.conversations import View
from storage.database import Session
from storage.models import Conversation as Talk
from storage.staff import Person

_INSTEAD = "WhatsApp lets nobody write a day after the last message of a family: your answer goes as a text message."
_UNREAD = "Nobody reads this language: what you write arrives in Dutch. Call, with an interpreter."
_CARRY_MEDIA = (Channel.VOICE, Channel.TELEGRAM, Channel.WHATSAPP)  # a text message is words, whatever it looks like
_MEDIA = re.compile(r"\[(recording|picture):(\w+)\]\n?")
LATEST = 80  # lines of a timeline that are shown at once
_FIELD_TYPES = {"day": "date", "date": "date", "time": "time", "phone": "tel"}


@dataclass(frozen=True)
class Mark:
    """A small label. `look`: urgent, flag, good, own, or "" for plain."""

    text: str
    look: str = ""


@dataclass(frozen=True)
class Way:
    """An address of the family. `since_join`: it came later and can be taken off again."""

    id: str
    label: str
    text: str
    since_join: bool


@dataclass(frozen=True)
class Named:
    key: str
    label: str


@dataclass(frozen=True)
class Item:
    """One line of a timeline. `look`: day, event, in, out, out human, note."""

    look: str
    text: str
    time: str = ""
    lang: str = ""
    original: str = ""
    original_lang: str = ""
    who: str = ""
    status: str = ""
    sounds: tuple[str, ...] = ()  # ids to play
    pictures: tuple[str, ...] = ()  # ids to look at


@dataclass(frozen=True)
class Field:
    name: str
    label: str
    type: str


@dataclass(frozen=True)
class Phrase:
    key: str
    text: str
    when: str
    translation: str  # as it arrives, with gaps; "" when that is the Dutch
    missing: str  # what happens where there is no translation
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Conversation:
    """`claim`: mine, other, free."""

    id: str
    title: str
    status: str
    marks: tuple[Mark, ...]
    claim: str
    claimed_by: str
    may_hand_back: bool
    may_decide: bool  # about requests: answers, categories, outcomes
    cannot_text: str
    erased_on: str  # the day on which everything of this family goes, "" when nothing does
    instead: str  # how an answer goes out, where it is not the way the family wrote
    language: str
    language_code: str
    timeline: tuple[Item, ...]
    ways: tuple[Way, ...]
    contact: tuple[Line, ...]
    registrations: tuple[Request, ...]
    answers: tuple[tuple[AnswerField, ...], ...]  # of each of these, as a form
    steps: tuple[str, ...]  # what to do now
    earlier: int  # lines of the timeline that are not shown
    phrases: tuple[Phrase, ...]
    outcomes: tuple[Named, ...]
    results: tuple[Named, ...]  # what a place can answer
    referral_phrase: str
    answer_by: str  # the day by which a place usually answers
    today: str


def conversation(
    session: Session, here: Installation, view: View, person: Person, now: datetime, *, everything: bool = False
) -> Conversation:
    """`everything`: the whole timeline, where it is long."""
    row = view.conversation
    holder = conversations.holder(row, now)
    names = staff.names_of(session, {id_ for id_ in (holder, *(each.author for each in view.entries)) if id_})
    form = here.form_of(session, row.form)
    of = phrases.of_desk(session, here, row.desk_id)
    sent = (prompt.key for each in view.entries if each.author for prompt in load_prompts(each.prompts))
    terms = Terms(form, here.wording_of(form), phrases.wording_of_sent(session, here, sent))
    state = states.load(view.state)
    _, chosen = here.desk(session, row.desk_id)
    waits = row.waiting_since is not None
    held = "free" if holder is None else "mine" if holder == person.id else "other"
    problem = "opted_out" if view.contact.opted_out else view.contact.cannot_text
    marks = [Mark(words.language(row.language))]
    if row.language in here.catalogues:
        marks.append(Mark(translate("translation: %(review)s", review=review_of(here, row.language))))
    marks.append(Mark(translate(words.WAITS_FOR[row.waiting_why] if waits else words.STATUS[row.status])))
    if row.waiting_since is not None:
        marks.append(Mark(translate("waits %(time)s", time=words.ago(row.waiting_since, now))))
    requests = tuple(request(session, here, terms, each, len(view.registrations)) for each in view.registrations)
    alike, to_call = any(each.alike for each in requests), call_backs.is_owed(session, row.id)
    return Conversation(
        id=row.id,
        title=_title(view),
        status=row.status,
        marks=tuple(marks),
        claim=held if "act" in MAY[person.role] else "other",
        claimed_by=names.get(holder or "", translate("Somebody")),
        may_hand_back=not state.done,
        may_decide="act" in MAY[person.role] and (held == "mine" or row.status == "closed"),
        cannot_text=translate(words.ERRORS.get(problem, "")),
        erased_on=words.day(gone) if (gone := erasure.due(session, row.id)) else "",
        instead=_instead(here, row, now),
        language=words.language(row.language),
        language_code=row.language,
        timeline=tuple(_timeline(terms, view, names, None if everything else LATEST)),
        ways=_ways(session, here, view),
        contact=tuple(answers_of(terms, state.family, CONTACT)),
        registrations=requests,
        answers=tuple(tuple(fields(terms, view, state, each, len(requests), names)) for each in view.registrations),
        steps=tuple(next_steps(view, list(view.registrations), alike, to_call, now)),
        earlier=0 if everything else max(0, len(view.entries) - LATEST),
        phrases=tuple(phrase(of, each, row.language) for each in of.offered),
        outcomes=tuple(Named(each, words.outcome(each)) for each in outcomes()),
        results=tuple(Named(each, translate(words.REFERRALS[each])) for each in referrals.RESULTS),
        referral_phrase=phrase(of, of.get(referral.PHRASE), LANGUAGE).text,
        answer_by=(local_day(now) + timedelta(days=chosen.referral_days)).isoformat(),
        today=local_day(now).isoformat(),
    )


def _ways(session: Session, here: Installation, view: View) -> tuple[Way, ...]:
    """The newest first. An address that speaks for another family by now is still the one of this conversation."""
    row = view.conversation
    found = addresses.of_family(session, here.keys, row.family_id, row.contact_id)
    if not any(each.is_current for each in found):
        found.append(Address(row.contact_id, view.address, view.contact.cannot_text, is_current=True, is_joined=False))
    return tuple(
        Way(
            each.contact_id, translate("Phone number") if each.is_phone else translate("Telegram account"),
            each.address, each.is_joined,
        )
        for each in found if not each.is_nobody
    )  # fmt: skip


def _instead(here: Installation, row: Talk, now: datetime) -> str:
    if row.language in here.words and here.words[row.language].only_spoken:
        return translate(_UNREAD)
    if not addresses.is_closed_window(row.channel, row.last_inbound_at, now):
        return ""
    if row.language in here.templates:
        return translate("WhatsApp lets through a notice alone: your answer arrives as soon as the family writes.")
    return translate(_INSTEAD)


def _title(view: View) -> str:
    names = words.references(tuple(each.row.reference for each in view.registrations))
    return translate("Request %(reference)s", reference=names) if names else translate("Conversation")


def _timeline(terms: Terms, view: View, names: Mapping[str, str], latest: int | None) -> Iterator[Item]:
    shown_day: date | None = None
    for entry, original in _together(view.entries[-latest:] if latest else view.entries):
        if (its_day := local_day(entry.at)) != shown_day:
            shown_day = its_day
            yield Item("day", words.day(entry.at))
        yield _item(terms, entry, original, view.conversation.language, names)


def _together(entries: tuple[Said, ...]) -> Iterator[tuple[Said, str]]:
    """Messages that were said at once, because one was too short for it all, as one; with all that was sent."""
    waiting: list[Said] = []
    for entry in entries:
        follows = waiting and _follows(waiting[0], entry)
        if waiting and not follows:
            yield waiting[0], "\n".join(each.body for each in waiting)
            waiting = []
        waiting.append(entry)
    if waiting:
        yield waiting[0], "\n".join(each.body for each in waiting)


def _follows(first: Said, entry: Said) -> bool:
    return (
        first.prompts is not None and entry.prompts is None and entry.direction == "out" and entry.at == first.at
        and entry.author == first.author
    )  # fmt: skip


def _item(terms: Terms, entry: Said, original: str, language: str, names: Mapping[str, str]) -> Item:
    time, who = words.clock_time(entry.at), names.get(entry.author or "", "")
    match entry.direction:
        case "in" | "note" if entry.error == "unreadable":
            return Item(entry.direction, translate("This message is damaged and cannot be shown."), time)
        case "event":
            return Item("event", words.event(terms, entry.question, entry.body, who), time)
        case "note":
            return Item("note", entry.body, time, who=who)
        case "in" if entry.channel in _CARRY_MEDIA and (found := _MEDIA.findall(entry.body)):
            return _with_media(entry, found, time, language)
        case "in" if entry.channel == Channel.VOICE and not entry.body.strip("0123456789*#"):
            return Item("in", translate("keys: %(keys)s", keys=entry.body), time)
        case "in" if entry.question == EDITED:
            return Item("in", translate("Changed afterwards: %(said)s", said=entry.body), time, lang=language)
        case "in":
            return Item("in", entry.body, time, lang=language)
        case _:
            dutch = _in_dutch(terms, entry) if entry.prompts is not None else ""
            delivered = translate(words.DELIVERY[entry.status])
            if entry.status == "failed" and entry.error in words.ERRORS:
                delivered = f"{delivered}. {translate(words.ERRORS[entry.error])}"
            if not dutch and entry.author:
                delivered = " · ".join((delivered, translate("not translated")))
            same = not dutch or dutch == original
            return Item(
                "out human" if entry.author else "out", dutch or original, time, LANGUAGE if dutch else language,
                "" if same else original, language, who, delivered,
            )  # fmt: skip


def _with_media(entry: Said, found: list[tuple[str, str]], time: str, language: str) -> Item:
    sounds = tuple(id_ for kind, id_ in found if kind == "recording")
    pictures = tuple(id_ for kind, id_ in found if kind == "picture")
    words_beside = _MEDIA.sub("", entry.body).strip()
    if words_beside:
        return Item("in", words_beside, time, language, sounds=sounds, pictures=pictures)
    told = translate("spoken, listen to it") if sounds else translate("a picture")
    return Item("in", told, time, sounds=sounds, pictures=pictures)


def _in_dutch(terms: Terms, entry: Said) -> str:
    """What was said, in Dutch; "" when no form we have knows it any more."""
    lines = []
    for prompt in load_prompts(entry.prompts):
        wording = terms.wording_of(prompt.key)
        if wording is None:
            return ""
        if entry.channel == Channel.VOICE:
            lines += [each.text for each in spoken((prompt,), LANGUAGE, wording)]
            continue
        lines.append(wording.text(prompt, LANGUAGE))
        lines += [f"{choice.number} {wording.choice(prompt, choice, LANGUAGE)}" for choice in prompt.choices]
    return "\n".join(lines)


def phrase(of: Phrases, each: Vetted, language: str) -> Phrase:
    """One to choose from: its Dutch, its gaps, and what the family gets in its place."""
    fields = tuple(
        Field(name, translate(words.FIELDS[kind]), _FIELD_TYPES.get(kind, "text"))
        for name, kind in ((gap, kind_of(gap)) for gap in each.gaps)
    )
    gaps = {field.name: f"[{field.label.lower()}]" for field in fields}
    text, arrives = (of.wording.message(each.said_as, code, gaps) for code in (LANGUAGE, language))
    missing = ""
    if not of.wording.is_translated(each.said_as, language):
        missing = translate(words.UNTRANSLATED[each.dutch_too])
    return Phrase(each.key, text, each.hint, "" if arrives == text else arrives, missing, fields)
