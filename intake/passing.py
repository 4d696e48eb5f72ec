"""A request that goes on elsewhere: copied into a platform's form, or had by a desk that is none of ours.

Only with the family's agreement: asked with a vetted phrase, whose answer is read and noted by itself, or by voice; a
no stands until another answer is noted. Who counts it from then on is a choice of its own. Every act is on the timeline
and in the audit.
"""

import json
from collections.abc import Iterable

from flows.engine.following import MAY_PASS
from intake.desk import Act, DeskError
from intake.registers import COUNTED_IN
from intake.saying import MAY_PASS_PHRASE
from storage import audit, conversations, earlier, turns
from storage.conversations import Entry
from storage.models import Conversation, Registration

HERE, PLATFORM = COUNTED_IN
_AGREED = "agreed"
_REFUSED = "refused"
ANSWERS = (_AGREED, _REFUSED)
TOLD = "told"  # by the family itself, to our question
_BY_FAMILY = {"yes": _AGREED, "no": _REFUSED}
_LONGEST = 80  # characters of another register's number
# The order of a web register's form: the child, what is sought, the parent. No category and nothing about health.
CHILD = ("child_first_name", "birth")
SOUGHT = ("place", "start", "days", "extended", "urgent_reason")
PARENT = ("parent_name", "contact_number", "contact", "contact_time")
FIELDS = (*CHILD, *SOUGHT, *PARENT)


def copied(act: Act, row: Registration, number: str, *, counts_there: bool, agreed: bool) -> None:
    """It stands in a platform now. `number`: the one it has there; `counts_there`: that register reports it."""
    must_be_free(act)
    if counts_there:
        _must_agree(act, row, agreed)
    number = number.strip()
    if len(number) > _LONGEST or not number.isprintable():
        raise DeskError(422, "Write the number of the platform in at most %(most)s letters.", most=_LONGEST)
    row.external_reference = number or row.external_reference
    row.updated_at = act.now
    act.session.add(row)
    note(act, "copied", row, {"number": number})
    if counts_there and row.counted_in != PLATFORM:
        count_at(act, row, PLATFORM)


def count_at(act: Act, row: Registration, where: str) -> None:
    """Which register counts it: one of `COUNTED_IN`."""
    must_be_free(act)
    if where not in COUNTED_IN:
        raise DeskError(422, "Choose who counts it.")
    with earlier.noted(act.session, row, act.now, act.person.id):
        row.counted_in, row.updated_at = where, act.now
    act.session.add(row)
    note(act, "counted_at", row, {"where": where})


def passed_on(act: Act, row: Registration, to: str, *, agreed: bool) -> None:
    """A desk that is none of ours has it now; here it stays, and counts."""
    must_be_free(act)
    to = _where(to)
    _must_agree(act, row, agreed)
    note(act, "passed_on", row, {"to": to})


def ask(act: Act, row: Registration, to: str) -> None:
    """Whether it may go there, in the family's language."""
    to = _where(to)
    act.phrase(MAY_PASS_PHRASE, {"name": to}, row.id)
    note(act, "asked_to_pass", row, {"to": to})


def family_said(act: Act, row: Registration, to: str, answer: str) -> None:
    """`answer`: one of `ANSWERS`, however it was given."""
    must_be_free(act)
    if answer not in ANSWERS:
        raise DeskError(422, "Choose what the family answered.")
    note(act, _AGREED if answer == _AGREED else _REFUSED, row, {"to": _where(to)})


def answer(events: Iterable[Entry], child: int) -> str:
    """The last one that was noted about this child: one of `ANSWERS`, "" where there is none. Oldest first."""
    found = ""
    for each in events:
        more = json.loads(each.body or "{}") if each.question in (*ANSWERS, TOLD) else {}
        if each.question in ANSWERS and more.get("child", child) == child:
            found = each.question
        elif each.question == TOLD and more.get("question") == MAY_PASS and more.get("child") == child:
            found = _BY_FAMILY[more["value"]]
    return found


def _where(to: str) -> str:
    to = to.strip()
    if not to or len(to) > _LONGEST or not to.isprintable():
        raise DeskError(422, "Write which desk it is, in at most %(most)s letters.", most=_LONGEST)
    return to


def _must_agree(act: Act, row: Registration, agreed: bool) -> None:
    said = answer(conversations.events(act.session, act.here.keys, act.thread, (*ANSWERS, TOLD)), row.child)
    if said == "refused":
        raise DeskError(422, "The family said no. If it changed its mind, note that answer first.")
    if not agreed and not said:
        raise DeskError(422, "Ask the family first: tick that it agrees.")


def note(act: Act, what: str, row: Registration, more: dict[str, object]) -> None:
    """On the timeline, and in the audit without anything a family told."""
    turns.add_message(
        act.session, act.here.keys, act.thread, direction="event", status="kept", at=act.now, question=what,
        author=act.person.id, body=json.dumps({**more, "child": row.child}, ensure_ascii=False),
    )  # fmt: skip
    audit.add(act.session, act.now, row.desk_id, act.person.id, what, row.id)


def must_be_free(act: Act) -> None:
    """Nobody else is answering this family."""
    talk = act.session.get_one(Conversation, act.thread.conversation_id)
    if conversations.holder(talk, act.now) not in (None, act.person.id):
        raise DeskError(409, "A colleague is answering this family. Wait until it is free.")
