"""Organisers of the desk's towns: who they are, their code, the reminder, and the form that they may fill in."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from flows.engine.turn import local_day
from intake import keyed_in, organisers
from intake.desk import DeskError, not_there
from intake.web.auth import may, posted, theirs
from intake.web.pages import Form, back_to, page, told
from storage import desks
from storage.organisers import Opened
from storage.staff import Person

router = APIRouter(prefix="/desk/organisers", tags=["desk"], include_in_schema=False)
Worker = Annotated[Person, Depends(may("act"))]
_ABOUT_PEOPLE = ("contact", "contact_time", "parent_name")  # an organiser passes on no names
Posted = Annotated[Form, Depends(posted)]


@router.get("")
def show(request: Request, person: Worker) -> HTMLResponse:
    return _page(request, person, {})


@router.post("")
def add(request: Request, person: Worker, form: Posted) -> Response:
    return _keep(request, person, form)


@router.post("/{organiser_id}")
def change(request: Request, organiser_id: str, person: Worker, form: Posted) -> Response:
    return _keep(request, person, form, organiser_id)


@router.post("/{organiser_id}/end")
def end(request: Request, organiser_id: str, person: Worker, form: Posted) -> Response:
    state = request.app.state
    theirs(request).write(
        lambda session: organisers.end(session, state.installation, person, organiser_id, state.now())
    ).result()  # fmt: skip
    return back_to("/desk/organisers", "organiser")


@router.get("/{organiser_id}/form")
def printed(request: Request, organiser_id: str, person: Worker) -> HTMLResponse:
    """One page to print: the questions of the page on which a request is keyed in, in its order."""
    here = request.app.state.installation
    with theirs(request).read() as session:
        found = next((each for each in organisers.own(session, here, person) if each.row.id == organiser_id), None)
    return sheet(request, found)


def sheet(request: Request, found: Opened | None) -> HTMLResponse:
    """The same for whoever the organiser is. Raises `DeskError` where it is none any more."""
    here = request.app.state.installation
    if found is None:
        raise not_there()
    with request.app.state.database.read() as session:
        desk = next(each for each in desks.everything(session) if each.id == found.row.desk_id)
        every = keyed_in.fields(here, here.desk(session, desk.id)[0], local_day(request.app.state.now()))
        asked = [field for field in every if field.part in (1, 2) and field.key not in _ABOUT_PEOPLE]
    return page(request, "organiser_form.html", "organisers", found=found, desk=desk, fields=asked)


def _keep(request: Request, person: Person, form: Form, organiser_id: str = "") -> Response:
    state = request.app.state
    try:
        theirs(request).write(
            lambda session: organisers.keep(session, state.installation, person, form, state.now(), organiser_id)
        ).result()  # fmt: skip
    except DeskError as problem:
        if problem.status == 404:
            raise
        return _page(request, person, form, problem, organiser_id)
    return back_to("/desk/organisers", "organiser")


def _page(
    request: Request, person: Person, typed: Form, problem: DeskError | None = None, changing: str = ""
) -> HTMLResponse:
    here = request.app.state.installation
    with theirs(request).read() as session:
        found = organisers.own(session, here, person)
        own = [(each.id, each.name) for each in desks.everything(session) if each.id in person.desk_ids]
    said = told(problem)
    if said.get("wrong"):
        said["wrong"] += f"-{changing or 'new'}"
    return page(
        request, "organisers.html", "organisers", problem.status if problem else 200, rows=found, desks=own,
        typed=typed, changing=changing, sends_mail=here.sends_mail, **said,
    )  # fmt: skip
