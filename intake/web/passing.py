"""One request to be copied into a platform's form, field by field, or to be passed on to another desk."""

import json
from collections.abc import Callable, Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from flows.wording import reference
from intake import desk, passing
from intake.desk import Act, DeskError
from intake.installation import Installation
from intake.saying import MAY_PASS_PHRASE
from intake.web.auth import may, posted, theirs
from intake.web.pages import Form, back_to, page, told, translate
from intake.web.showing_requests import Line, answers_of
from intake.web.words import Terms
from storage import audit, conversations, registrations
from storage.conversations import View
from storage.database import Session
from storage.models import Registration
from storage.registrations import Opened
from storage.staff import Person

router = APIRouter(prefix="/desk/registrations", tags=["desk"], include_in_schema=False)
Worker = Annotated[Person, Depends(may("act"))]
Posted = Annotated[Form, Depends(posted)]
_NAME = "child_first_name"


@router.get("/{registration_id}/pass")
def show(request: Request, registration_id: str, person: Worker) -> HTMLResponse:
    """Looking is noted: everything that is needed elsewhere stands on one page."""
    state = request.app.state
    answer = _page(request, registration_id, person)
    theirs(request).write(
        lambda session: audit.add(session, state.now(), None, person.id, "looked_to_copy", registration_id)
    ).result()  # fmt: skip
    return answer


@router.post("/{registration_id}/copied")
def copied(request: Request, registration_id: str, person: Worker, form: Posted) -> Response:
    there, agreed = form.get("counted_in") == passing.PLATFORM, bool(form.get("agreed"))
    return _do(request, registration_id, person, "copied", form, lambda act, row: passing.copied(
        act, row, form.get("number", ""), counts_there=there, agreed=agreed
    ))  # fmt: skip


@router.post("/{registration_id}/count-here")
def count_here(request: Request, registration_id: str, person: Worker, form: Posted) -> Response:
    """Counted by the platform by mistake."""
    return _do(request, registration_id, person, "counted-at", form, lambda act, row: passing.count_at(
        act, row, passing.HERE
    ))  # fmt: skip


@router.post("/{registration_id}/passed-on")
def passed_on(request: Request, registration_id: str, person: Worker, form: Posted) -> Response:
    return _do(request, registration_id, person, "passed-on", form, lambda act, row: passing.passed_on(
        act, row, form.get("to", ""), agreed=bool(form.get("agreed"))
    ))  # fmt: skip


@router.post("/{registration_id}/ask-to-pass")
def ask_to_pass(request: Request, registration_id: str, person: Worker, form: Posted) -> Response:
    """The vetted phrase, to the family."""
    return _do(request, registration_id, person, "asked-to-pass", form, lambda act, row: passing.ask(
        act, row, form.get("to", "")
    ))  # fmt: skip


@router.post("/{registration_id}/family-said")
def family_said(request: Request, registration_id: str, person: Worker, form: Posted) -> Response:
    return _do(request, registration_id, person, "family-said", form, lambda act, row: passing.family_said(
        act, row, form.get("to", ""), form.get("answer", "")
    ))  # fmt: skip


def _do(
    request: Request, registration_id: str, person: Person, said: str, form: Form,
    do: Callable[[Act, Registration], None],
) -> Response:  # fmt: skip
    state = request.app.state
    here, now = state.installation, state.now()
    try:
        theirs(request).write(
            lambda session: desk.act_on_request(session, here, person, registration_id, now, do)
        ).result()
    except DeskError as problem:
        if problem.status == 404:
            raise
        return _page(request, registration_id, person, problem, {said: form})
    return back_to(f"/desk/registrations/{registration_id}/pass", said)


def _page(
    request: Request, registration_id: str, person: Person, problem: DeskError | None = None,
    typed: Mapping[str, Form] | None = None,
) -> HTMLResponse:  # fmt: skip
    """`typed`: after a mistake, what stood in the one form that was sent, by what it would have said."""
    here: Installation = request.app.state.installation
    with theirs(request).read() as session:
        row = registrations.get(session, registration_id, person.desk_ids)
        view = conversations.view(session, here.keys, person.desk_ids, row.conversation_id) if row else None
        if row is None or view is None or row.state == "ticket":
            raise desk.not_there()
        opened = next(each for each in view.registrations if each.row.id == row.id)
        lines = _lines(session, here, view, opened)
        answer = passing.answer(view.entries, opened.row.child)
        phrase = here.wording_of(here.form).message(MAY_PASS_PHRASE, "nl", {"name": "…"})
    return page(
        request, "passing.html", "queue", problem.status if problem else 200, registration=row, lines=lines,
        reference=reference(row.reference), at_platform=row.counted_in == passing.PLATFORM, answer=answer,
        phrase=phrase, typed=typed or {}, **told(problem),
    )  # fmt: skip


def _lines(session: Session, here: Installation, view: View, opened: Opened) -> list[Line]:
    """Every field in the order of a platform's form, in Dutch; what is not known is left empty."""
    form = here.form_of(session, view.conversation.form)
    terms = Terms(form, here.wording_of(form), here.wording_of(here.form))
    given = {
        key: tuple(value) if isinstance(value, list) else value for key, value in json.loads(opened.answers).items()
    }
    given.setdefault("contact_number", view.address if view.address.startswith("+") else "")
    found = []
    for key in passing.FIELDS:
        if key == _NAME:
            found.append(Line(translate("First name of the child"), str(given.get(key, "")).removeprefix("text:")))
        elif given.get(key):
            found += answers_of(terms, {key: given[key]}, (key,))
        else:
            found.append(Line(form.question(key).label, ""))
    return [*found, Line(translate("Asked on"), f"{opened.row.asked_on:%d/%m/%Y}")]
