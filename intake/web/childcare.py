"""The list of childcare that a desk tells families of: a file takes its place, or what is wrong with it is shown."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from intake import childcare, choosing
from intake.childcare import Read
from intake.choosing import Section
from intake.desk import DeskError
from intake.tables import WrongFile
from intake.web.auth import may, posted, theirs
from intake.web.desk_settings import sentence, show_section
from intake.web.pages import Form, back_to
from intake.web.uploads import uploaded
from storage.database import Session
from storage.staff import Person

router = APIRouter(prefix="/desk/settings", tags=["desk"], include_in_schema=False)
Chooser = Annotated[Person, Depends(may("choose"))]
_WRONG = "Nothing was taken: some lines of this file are wrong. The list before stays."


@router.post("/{slug}/childcare")
async def take(request: Request, slug: str, person: Chooser) -> Response:
    sent = await uploaded(request, childcare.LARGEST)
    return await run_in_threadpool(_take, request, slug, person, sent.content)


@router.post("/{slug}/childcare/remove")
def remove(request: Request, slug: str, person: Chooser, form: Annotated[Form, Depends(posted)]) -> Response:
    return _keep(request, slug, person, Read())


def _take(request: Request, slug: str, person: Person, sent: bytes) -> Response:
    with theirs(request).read() as session:
        choosing.own(session, person, slug)
    try:
        found = childcare.read(sent, request.app.state.installation.places)
    except WrongFile as wrong:
        problem = DeskError(422, "This file cannot be taken: %(why)s.", why=sentence(wrong.said))
        return show_section(request, slug, Section.INFORMATION, person, problem)
    if found.faults:
        return show_section(request, slug, Section.INFORMATION, person, DeskError(422, _WRONG), found=found)
    return _keep(request, slug, person, found)


def _keep(request: Request, slug: str, person: Person, found: Read) -> Response:
    state = request.app.state

    def work(session: Session) -> None:
        desk = choosing.own(session, person, slug)
        childcare.take(session, desk.id, person.id, found, state.now())

    theirs(request).write(work).result()
    return back_to(f"/desk/settings/{slug}/{Section.INFORMATION.value}", "setting")
