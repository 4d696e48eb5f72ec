"""Lines of the queue and of a reply to many, as plain values that templates only lay out."""

from dataclasses import dataclass
from datetime import datetime

from intake.many import Letter
from intake.web import words
from intake.web.pages import translate
from intake.web.showing import Mark
from intake.web.showing_requests import LOOKS
from storage.queue import Row

_URGENT = 3


@dataclass(frozen=True)
class QueueRow:
    id: str
    need: int
    since: str
    language: str
    channel: str
    title: str
    why: str
    by: str  # by when it is to be answered, in words
    is_late: bool
    marks: tuple[Mark, ...]
    claimed_by: str | None
    desk: str


@dataclass(frozen=True)
class ShownLetter:
    """`texts`: what arrives, message by message; `left_out`: why it does not, "" when it does."""

    id: str
    title: str
    language: str
    language_code: str
    channel: str
    texts: tuple[str, ...]
    size: str
    is_untranslated: bool
    is_held: bool
    left_out: str


def queue_row(row: Row, now: datetime, desk: str) -> QueueRow:
    waits = row.waiting_since is not None
    is_late = waits and row.answer_by is not None and row.answer_by <= now and row.snoozed_until is None
    title = words.WAITS_FOR[row.waiting_why] if waits else words.STATUS[row.status]
    marks = [Mark(translate(words.FLAGS[flag]), LOOKS[flag]) for flag in words.FLAGS if flag in row.flags]
    if row.need == _URGENT and "urgent" not in row.flags:
        marks.insert(0, Mark(translate("Starts soon"), "urgent"))
    if row.state and not (row.state == "ticket" and row.status == "closed"):  # nobody is to be called any more
        marks.append(Mark(translate(words.STATES[row.state]), "good" if row.state == "complete" else ""))
    why = words.DUE["early"] if is_late and row.need != _URGENT else words.NEED[row.need]
    marks += [Mark(translate(words.ASKED[kind], name=name), "own") for kind, name in row.asked]
    because = translate(why) if waits else ""
    return QueueRow(
        row.id, row.need if waits else 0, words.ago(row.waiting_since or row.last_inbound_at, now),
        words.language(row.language), translate(words.CHANNELS[row.channel]), translate(title),
        " · ".join(filter(None, (words.references(row.references), because))), _by(row, is_late=is_late), is_late,
        tuple(marks), row.claimed_by, desk,
    )  # fmt: skip


def _by(row: Row, *, is_late: bool) -> str:
    if row.snoozed_until is not None:
        return translate("Put off until %(time)s", time=words.moment(row.snoozed_until))
    if row.waiting_since is None or row.answer_by is None:
        return ""
    told = words.DUE["late"] if is_late else words.DUE["to_come"]
    return translate(told, time=words.deadline(row.answer_by))


def letter(each: Letter, row: Row) -> ShownLetter:
    said = each.saying
    return ShownLetter(
        each.conversation_id, words.references(row.references) or translate("Conversation"),
        words.language(said.language), said.language, translate(words.CHANNELS[said.thread.channel]),
        tuple(body.text for body in said.bodies), words.messages(said.segments), each.is_untranslated, said.is_held,
        translate(words.LEFT_OUT.get(each.why_not, words.ERRORS.get(each.why_not, ""))) if each.why_not else "",
    )  # fmt: skip
