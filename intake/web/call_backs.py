"""The desk's pages about calls: whom to call, interpreters, opening hours, and the recordings of what was said."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from channels.base import SendError, Telephone
from flows.answers import TEXT
from intake import call_backs
from intake.call_backs import Call
from intake.desk import DeskError, not_there
from intake.installation import Installation
from intake.web import words
from intake.web.auth import may, posted, theirs
from intake.web.pages import Form, back_to, page, told, translate
from storage import desks, recordings
from storage.database import Session
from storage.staff import Person

router = APIRouter(prefix="/desk", tags=["desk"], include_in_schema=False)
Reader = Annotated[Person, Depends(may("queue"))]
Worker = Annotated[Person, Depends(may("act"))]
Posted = Annotated[Form, Depends(posted)]


@dataclass(frozen=True)
class Row:
    """One family on the list."""

    id: str
    conversation: str
    number: str
    name: str  # of the parent, "" where it was not written
    language: str
    why: str
    best: str
    due: str
    is_due: bool
    attempts: tuple[str, ...]
    needs_another_way: bool
    booked: str
    interpreter_id: str
    interpreters: tuple[tuple[str, str], ...]


@router.get("/calls")
def to_call(request: Request, person: Reader) -> HTMLResponse:
    return _list(request, person)


@router.post("/calls/{call_id}/attempt")
def attempt(request: Request, call_id: str, person: Worker, form: Posted) -> Response:
    outcome, next_on = form.get("outcome", ""), form.get("next", "")
    said = "attempt" if outcome == "reached" else "tried"
    return _do(request, person, said, lambda session, here, now: call_backs.attempt(
        session, here, person, call_id, outcome, next_on, now
    ))  # fmt: skip


@router.post("/calls/{call_id}/book")
def book(request: Request, call_id: str, person: Worker, form: Posted) -> Response:
    interpreter, at = form.get("interpreter", ""), form.get("at", "")
    return _do(request, person, "booked", lambda session, here, now: call_backs.book(
        session, here, person, call_id, interpreter, at, now
    ))  # fmt: skip


@router.post("/calls/{call_id}/call")
def call(request: Request, call_id: str, person: Worker, form: Posted) -> Response:
    """The desk's phone rings; whoever picks up is put through to the family."""
    state = request.app.state
    try:
        placed = (
            theirs(request)
            .write(
                lambda session: call_backs.ring_desk(
                    session, state.installation, person, call_id, form.get("interpreter", ""), state.now()
                )
            )
            .result()
        )
        telephone: Telephone | None = state.telephones.get(placed.provider)
        if telephone is None:
            raise DeskError(409, "No provider is set up for calls: dial the number yourself.")
        asyncio.run(telephone.call(placed.number, placed.caller_id, placed.address))
    except DeskError as problem:
        return _list(request, person, problem)
    except SendError:
        return _list(request, person, DeskError(502, "The provider did not take the call: dial the number yourself."))
    return back_to("/desk/calls", "calling")


@router.get("/calls/interpreters")
def interpreters(request: Request, person: Reader) -> HTMLResponse:
    return _interpreters(request, person)


@router.post("/calls/interpreters")
def add_interpreter(request: Request, person: Worker, form: Posted) -> Response:
    state = request.app.state
    try:
        theirs(request).write(
            lambda session: call_backs.add_interpreter(
                session,
                state.installation,
                person,
                form.get("desk", ""),
                form.get("language", ""),
                form.get("name", ""),
                form.get("number", ""),
                state.now(),
            )
        ).result()
    except DeskError as problem:
        return _interpreters(request, person, problem, form)
    return back_to("/desk/calls/interpreters", "interpreter")


@router.post("/calls/interpreters/{interpreter_id}/remove")
def remove_interpreter(request: Request, interpreter_id: str, person: Worker, form: Posted) -> Response:
    state = request.app.state
    theirs(request).write(
        lambda session: call_backs.remove_interpreter(session, person, interpreter_id, state.now())
    ).result()
    return back_to("/desk/calls/interpreters", "interpreter")


@router.get("/recordings/{recording_id}")
def recording(request: Request, recording_id: str, person: Reader) -> Response:
    """What a family said or photographed. Only what we checked ourselves is ever kept; nothing in it can run."""
    state = request.app.state
    with theirs(request).read() as session:
        found = recordings.sound(session, state.installation.keys, person.desk_ids, recording_id)
    if found is None:
        raise not_there()
    sound, kind = found
    headers = {
        "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Content-Security-Policy": "sandbox",
        "Content-Disposition": f'inline; filename="{kind.replace("/", ".")}"',
    }  # fmt: skip
    return Response(sound, media_type=kind, headers=headers)


def _do(
    request: Request, person: Person, said: str, work: Callable[[Session, Installation, datetime], None]
) -> Response:
    state = request.app.state
    try:
        theirs(request).write(lambda session: work(session, state.installation, state.now())).result()
    except DeskError as problem:
        return _list(request, person, problem)
    return back_to("/desk/calls", said)


def _list(request: Request, person: Person, problem: DeskError | None = None) -> HTMLResponse:
    state, now = request.app.state, request.app.state.now()
    with theirs(request).read() as session:
        rows = [_row(each, now) for each in call_backs.everything(session, state.installation, person)]
    return page(request, "calls.html", "calls", *_status(problem), rows=rows, attempts=_attempts(), **told(problem))


def _interpreters(
    request: Request, person: Person, problem: DeskError | None = None, typed: Form | None = None
) -> HTMLResponse:
    state = request.app.state
    with theirs(request).read() as session:
        found = call_backs.interpreters(session, state.installation, person)
        mine = [(each.id, each.name) for each in desks.everything(session) if each.id in person.desk_ids]
    known = [(code, words.language(code)) for code in state.installation.words]
    rows = [(each.id, each.name, words.language(each.language), each.number) for each in found]
    return page(
        request, "interpreters.html", "interpreters", *_status(problem), rows=rows, desks=mine, languages=known,
        typed=typed or {}, **told(problem),
    )  # fmt: skip


def _row(call: Call, now: datetime) -> Row:
    row = call.wanted.row
    names = {each.id: each.name for each in call.interpreters}
    best, name = call.state.family.get("contact_time"), str(call.state.family.get("parent_name", ""))
    return Row(
        id=row.id,
        conversation=row.conversation_id,
        number=call.number,
        name=name.removeprefix(TEXT) if name.startswith(TEXT) else "",
        language=words.language(call.state.language),
        why=translate(words.CALLS_FOR.get(row.reason, row.reason)),
        best=translate(words.BEST_TIMES[best]) if isinstance(best, str) and best in words.BEST_TIMES else "",
        due=words.moment(row.due_at),
        is_due=row.due_at <= now,
        attempts=tuple(
            f"{words.moment(each.at)}: {translate(words.ATTEMPTS[each.outcome])}" for each in call.wanted.attempts
        ),
        needs_another_way=call.wanted.needs_another_way,
        booked=f"{words.moment(row.booked_at)}, {names.get(row.interpreter_id or '', '')}" if row.booked_at else "",
        interpreter_id=row.interpreter_id or "",
        interpreters=tuple(names.items()),
    )


def _attempts() -> list[tuple[str, str]]:
    return [(key, translate(label)) for key, label in words.ATTEMPTS.items()]


def _status(problem: DeskError | None) -> tuple[int]:
    return (problem.status if problem else 200,)
