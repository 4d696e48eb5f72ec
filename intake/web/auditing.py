"""The audit as pages: what happened at one's desks, everything about one family, and who reads without acting.

Ids, codes and names of colleagues: nothing here tells a family's name.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from flows.engine.turn import BRUSSELS
from intake.desk import MAY, not_there
from intake.web import words
from intake.web.auth import may, theirs
from intake.web.pages import page, translate
from storage import audit, auditing, staff
from storage.auditing import Wanted
from storage.database import Session
from storage.models import Audit
from storage.staff import Person

router = APIRouter(prefix="/desk/audit", tags=["desk"], include_in_schema=False)
Reader = Annotated[Person, Depends(may("audit"))]
_WATCHED = timedelta(days=30)
ACTS = {
    "looked": "opened the conversation",
    "searched": "searched",
    "claimed": "took the conversation",
    "reopened": "opened a closed conversation again",
    "released": "gave it back to the queue",
    "taken_over": "took it over from a colleague",
    "handed_over": "handed it over",
    "handed_to_desk": "handed it to another desk",
    "snoozed": "put it off",
    "parted": "took an address off the family",
    "kept": "kept everything: the family changed its mind",
    "replied": "answered",
    "handed_back": "let the questions go on",
    "closed": "closed it",
    "corrected": "corrected an answer",
    "decided": "decided a category",
    "outcome": "noted what came of it",
    "merged": "counted two requests as one",
    "unmerged": "counted it for itself again",
    "keyed_in": "keyed in a request",
    "filed_for": "filed a request for a family",
    "filing_read": "looked at a request filed for a family",
    "told": "kept what the family told",
    "referred": "sent the family to a place",
    "answered": "noted what a place answered",
    "looked_to_copy": "opened a request to copy it",
    "copied": "copied a request to a platform",
    "counted_at": "decided who counts it",
    "passed_on": "passed it on to another desk",
    "asked_to_pass": "asked the family whether it may be passed on",
    "agreed": "noted that the family agrees to pass it on",
    "refused": "noted that the family does not want it passed on",
    "own_data": "gave a family all that is kept about it",
    "interpreter_booked": "booked an interpreter",
    "called": "noted a call",
    "call_placed": "called the family",
    "exported": "took a list with names",
    "imported": "took in a list",
    "counted": "opened the requests behind a number",
    "signed_in": "signed in",
    "session_ended": "signed out elsewhere",
    "password_chosen": "chose a password",
    "second_factor": "set up a second factor",
    "account_added": "made an account",
    "account_bound": "signed in at the organisation for the first time",
    "account_changed": "changed an account",
    "account_reset": "gave a new link",
    "mail_asked": "gave an address for mails",
    "mail_confirmed": "confirmed an address for mails",
    "mail_ended": "ended the mails",
    "link_mailed": "sent a link by e-mail",
    "account_disabled": "disabled an account",
    "setting_changed": "changed a setting",
    "childcare_taken": "took in a list of childcare",
    "hours_changed": "changed the opening hours",
    "terms_changed": "changed the terms for an answer",
    "follow_up_changed": "changed when families are asked if they found childcare",
    "template": "changed the mapping of the official template",
    "defined": "made a definition",
    "desk_added": "made a desk",
    "interpreter_added": "put an interpreter on the list",
    "interpreter_removed": "took an interpreter off the list",
    "organiser_added": "added an organiser",
    "organiser_changed": "changed an organiser",
    "organiser_ended": "ended an organiser",
    "phrase_added": "wrote a phrase",
    "phrase_changed": "changed a phrase",
    "phrase_retired": "retired a phrase",
    "phrase_back": "offered a phrase again",
    "phrase_translated": "translated a phrase",
    "phrase_reviewed": "read a translation of a phrase",
    "text_suggested": "proposed a translation",
    "text_approved": "approved a translation",
    "text_dropped": "set a proposed translation aside",
    "published": "made a public table",
    "frozen": "kept a report as a file",
    "compared": "compared a kept report with today",
    "erased": "erased a family",
    "backup": "made a backup and proved it",
    "retention": "forgot what is not kept",
}


@dataclass(frozen=True)
class Line:
    """`to`: the conversation, for who may open it."""

    at: str
    who: str
    what: str
    about: str
    to: str
    change: str


@router.get("")
def show(
    request: Request, person: Reader, who: str = "", what: str = "", since: str = "", until: str = "",
    before: str = "", chain: str = "",
) -> HTMLResponse:  # fmt: skip
    wanted = Wanted(who, what, _day(since), _day(until, 1), int(before) if _is_id(before) else None)
    with theirs(request).read() as session:
        found = auditing.lines(session, person.desk_ids, wanted)
        people = [(each.id, each.username) for each, _ in staff.colleagues(session, person.desk_ids)]
        rows = _lines(session, person, found)
        broken = audit.verify(session) if chain else None
    return page(
        request, "audit.html", "audit", rows=rows, people=people, wanted={"who": who, "what": what, "since": since,
        "until": until}, acts=[(code, translate(text)) for code, text in ACTS.items()], chain=chain, broken=broken,
        older=found[-1].id if len(found) == auditing.PAGE else None,
    )  # fmt: skip


@router.get("/idle")
def idle(request: Request, person: Reader) -> HTMLResponse:
    """Who opened many conversations and did nothing there."""
    since = request.app.state.now() - _WATCHED
    with theirs(request).read() as session:
        names = staff.names(session)
        found = auditing.idle_readers(session, person.desk_ids, since)
    rows = [(names.get(each.who, each.who), each.looked, each.idle) for each in found]
    return page(request, "audit_idle.html", "audit", rows=rows, days=_WATCHED.days)


@router.get("/conversations/{conversation_id}")
def of_family(request: Request, conversation_id: str, person: Reader) -> HTMLResponse:
    """Everything about one family, to print when it asks who looked."""
    with theirs(request).read() as session:
        found = auditing.of_family(session, conversation_id, person.desk_ids)
        if found is None:
            raise not_there()
        rows = _lines(session, person, found)
    may_open = "queue" in MAY[person.role]
    return page(request, "audit_family.html", "audit", rows=rows, conversation=conversation_id if may_open else "")


def _lines(session: Session, person: Person, found: list[Audit]) -> list[Line]:
    names = staff.names(session)
    may_open = "queue" in MAY[person.role]
    talks = auditing.conversations(session, {each.about for each in found}, person.desk_ids) if may_open else set()
    return [
        Line(
            words.moment_with_year(each.at), names.get(each.who, translate("the service")),
            translate(ACTS[each.what]) if each.what in ACTS else each.what.replace("_", " "),
            names.get(each.about, "" if len(each.about) >= 32 else each.about),
            each.about if each.about in talks else "",
            f"{each.before or '–'} → {each.after}" if each.after else "",
        )
        for each in found
    ]  # fmt: skip


def _day(text: str, later: int = 0) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(text) + timedelta(days=later), time(), BRUSSELS) if text else None
    except (ValueError, OverflowError):
        return None


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 18
