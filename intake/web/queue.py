"""The queue's pages: its tabs, the search, the next family, one reply to many; and by when families are answered."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from intake import desk, many, phrases, promises, terms
from intake.desk import DeskError
from intake.installation import Installation
from intake.web import showing, showing_queue, spoken, words
from intake.web.auth import may, posted, theirs
from intake.web.pages import LANGUAGE, Form, back_to, page, told, translate
from intake.web.previews import filled_in
from storage import audit, desks, queue
from storage.database import Session
from storage.staff import Person

router = APIRouter(prefix="/desk", tags=["desk"], include_in_schema=False)
Reader = Annotated[Person, Depends(may("queue"))]
Worker = Annotated[Person, Depends(may("act"))]
Posted = Annotated[Form, Depends(posted)]
_TABS = {
    "waiting": "Waiting for us",
    "new": "New requests",
    "questions": "Questions",
    "calls": "Call-backs",
    "overdue": "Too late",
    "mine": "Mine",
    "drafts": "Not complete",
    "family": "Waiting for the family",
    "later": "Later",
    "closed": "Closed",
}
_EMPTY = {
    "waiting": "Nobody waits for an answer.",
    "new": "No new request waits. They come by themselves.",
    "questions": "No question waits.",
    "calls": "There is nobody to call.",
    "overdue": "Nobody waits longer than promised.",
    "mine": "You hold no conversation. Take the next family, or open one.",
    "drafts": "Every request is complete.",
    "family": "We are not waiting for any family just now.",
    "later": "Nothing is put off. In a conversation you can put it off to a day.",
    "closed": "Nothing is closed yet.",
}
_KINDS = {
    "urgent": "Urgent, or childcare that starts soon",
    "call": "Wants a call",
    "question": "Has a question",
    "new": "New request",
}
_LONGEST_SEARCH = 80  # characters


@router.get("")
def show_queue(request: Request, person: Reader, show: str = "waiting", q: str = "", p: str = "") -> HTMLResponse:
    show, q = show if show in _TABS else "waiting", q.strip()[:_LONGEST_SEARCH]
    number = int(p) if p.isascii() and p.isdigit() and 0 < int(p[:6]) < 10_000 else 1
    database, now, language = theirs(request), request.app.state.now(), spoken.chosen(request)
    with database.read() as session:
        if q:
            found = queue.search(session, _here(request).keys, person.desk_ids, desk.sought(q), now)
            more = False
        else:
            found, more = queue.queue(session, person.desk_ids, show, person.id, now, number, language)
        counts = queue.counts(session, person.desk_ids, person.id, now, language)
        there = {*queue.languages(session, person.desk_ids), language} - {""}
        names = desks.names(session) if len(person.desk_ids) > 1 else {}
    if q:  # who was looked for stands nowhere: each family that was found does
        told = [(row.desk_id, row.id) for row in found]
        database.write(lambda session: audit.search(session, now, person.id, told)).result()
    rows = [showing_queue.queue_row(row, now, names.get(row.desk_id, "")) for row in found]
    answer = page(
        request, "queue.html", "queue", rows=rows,
        tabs=[(key, translate(label), counts.get(key)) for key, label in _TABS.items()], show="" if q else show,
        sought=q, empty=_nothing(show, q), may_act="act" in desk.MAY[person.role], waiting=counts["waiting"],
        before=number - 1, after=number + 1 if more else 0, spoken=words.language(language) if language else "",
        languages=sorted((words.language(code), code) for code in there),
    )  # fmt: skip
    spoken.remember(request, answer)
    return answer


def _nothing(show: str, sought: str) -> str:
    if sought:
        return translate("Nothing is found. Write a whole name, a telephone number, or the number of a request.")
    return translate(_EMPTY[show])


@router.post("/next")
def take_next(request: Request, person: Worker, form: Posted) -> Response:
    """The next family, without choosing: colleagues who press at once get different ones."""
    here, now = _here(request), request.app.state.now()
    language = spoken.chosen(request)
    id_ = theirs(request).write(lambda session: desk.take_next(session, here, person, now, language)).result()
    return back_to(f"/desk/conversations/{id_}")


@router.get("/many")
def choose_many(request: Request, person: Worker) -> HTMLResponse:
    """The rows that were ticked in the queue, and the phrase to choose for them."""
    return _many(request, person, request.query_params.getlist("family"), {})


@router.post("/many/preview")
def preview_many(request: Request, person: Worker, form: Posted) -> HTMLResponse:
    """What each family would get; nothing is sent."""
    here, now, ids = _here(request), request.app.state.now(), form.get("families", "").split()
    try:
        with theirs(request).read() as session:
            found = many.look(session, here, person, ids, form.get("phrase", ""), filled_in(form), now)
            rows = {row.id: row for row in queue.some(session, person.desk_ids, ids, now)}
    except DeskError as problem:
        return _many(request, person, ids, form, problem)
    shown = [showing_queue.letter(each, rows[each.conversation_id]) for each in found]
    return _many(request, person, ids, form, letters=shown)


@router.post("/many")
def send_many(request: Request, person: Worker, form: Posted) -> Response:
    here, now, ids = _here(request), request.app.state.now(), form.get("families", "").split()
    try:
        sent, left_out = theirs(request).write(
            lambda session: many.send(
                session, here, person, ids, form.get("phrase", ""), filled_in(form), form.get("once", ""), now
            )
        ).result()  # fmt: skip
    except DeskError as problem:
        return _many(request, person, ids, form, problem)
    told = (
        translate("Sent to %(sent)s families; %(left)s left out.", sent=sent, left=left_out)
        if left_out
        else translate("Sent to %(sent)s families.", sent=sent)
    )
    return page(request, "sentence.html", "queue", sentence=told)


@router.get("/terms")
def show_terms(request: Request, person: Reader) -> HTMLResponse:
    return _terms(request, person, {})


@router.post("/terms")
def choose_terms(request: Request, person: Worker, form: Posted) -> Response:
    """Within how many working days the desk answers."""
    now = request.app.state.now()
    days = {kind: form.get(kind, "").strip() for kind in promises.DAYS}

    def work(session: Session) -> None:
        terms.choose(session, person, form.get("desk", ""), days, form.get("was", ""), now)

    try:
        theirs(request).write(work).result()
    except DeskError as problem:
        return _terms(request, person, form, problem)
    return back_to("/desk/terms", "terms")


def _many(
    request: Request, person: Person, ids: list[str], typed: Form, problem: DeskError | None = None,
    letters: list[showing_queue.ShownLetter] | None = None,
) -> HTMLResponse:  # fmt: skip
    here, now = _here(request), request.app.state.now()
    with theirs(request).read() as session:
        rows = queue.some(session, person.desk_ids, ids[: many.MOST + 1], now)
        names = desks.names(session) if len(person.desk_ids) > 1 else {}
        of = phrases.of_desk(session, here, rows[0].desk_id) if rows else None
    return page(
        request, "many.html", "queue", problem.status if problem else 200,
        rows=[showing_queue.queue_row(row, now, names.get(row.desk_id, "")) for row in rows],
        families=" ".join(row.id for row in rows), letters=letters, once=secrets.token_urlsafe(12), typed=typed,
        phrases=[showing.phrase(of, each, LANGUAGE) for each in of.offered] if of else [], **told(problem),
    )  # fmt: skip


def _terms(request: Request, person: Person, typed: Form, problem: DeskError | None = None) -> HTMLResponse:
    with theirs(request).read() as session:
        shown = [
            (each.id, each.name, promises.days_of(desks.choices(each)), terms.as_text(desks.choices(each)))
            for each in desks.everything(session)
            if each.id in person.desk_ids
        ]
    return page(
        request, "terms.html", "terms", problem.status if problem else 200, desks=shown, typed=typed,
        kinds=[(kind, translate(label)) for kind, label in _KINDS.items()], most=promises.MOST, **told(problem),
    )  # fmt: skip


def _here(request: Request) -> Installation:
    return request.app.state.installation  # type: ignore[no-any-return]
