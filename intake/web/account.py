"""One's own account: the language of the pages, mail when somebody waits, and the browsers that are signed in."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from intake.desk import DeskError
from intake.web import own_mail, words
from intake.web.auth import Visitor, may, posted, signed_in, theirs, visitor
from intake.web.pages import Form, back_to, page, told
from locales import desk as catalogues
from storage import audit, desks, sessions, staff
from storage.database import Session
from storage.staff import Person

router = APIRouter(prefix="/desk/account", tags=["desk"], include_in_schema=False)
SignedIn = Annotated[Person, Depends(signed_in)]
QueueReader = Annotated[Person, Depends(may("queue"))]
Visiting = Annotated[Visitor, Depends(visitor)]
Posted = Annotated[Form, Depends(posted)]


@router.get("")
def show(request: Request, person: SignedIn, visitor: Visiting) -> HTMLResponse:
    return _page(request, person, visitor)


def _page(
    request: Request, person: Person, visitor: Visitor, problem: DeskError | None = None, typed: Form | None = None
) -> HTMLResponse:  # fmt: skip
    state = request.app.state
    with theirs(request).read() as session:
        found = sessions.own(session, person.id, state.now(), state.settings.idle)
        mail = own_mail.fields(session, state.installation, person, typed)
        at = [each.name for each in desks.everything(session) if each.id in person.desk_ids]
    here = sessions.digest(visitor.token)
    rows = [
        {
            "id": each.token, "device": each.device, "since": words.moment(each.since),
            "seen": words.moment(each.seen_at), "is_here": each.token == here,
        }
        for each in found
    ]  # fmt: skip
    return page(
        request, "account.html", "account", problem.status if problem else 200, rows=rows,
        languages=catalogues.languages(), desk_names=at, role=words.role(person.role), mail=mail, **told(problem),
    )  # fmt: skip


@router.post("/mail")
def choose_mail(request: Request, person: QueueReader, visitor: Visiting, form: Posted) -> Response:
    state = request.app.state
    try:
        said = theirs(request).write(
            lambda session: own_mail.keep(session, state.installation, person, form, state.now())
        ).result()  # fmt: skip
    except DeskError as problem:
        return _page(request, person, visitor, problem, form)
    return back_to("/desk/account", said)


@router.post("/language")
def choose_language(request: Request, person: SignedIn, form: Posted) -> Response:
    chosen = form.get("language", "")
    if chosen not in catalogues.languages():
        raise DeskError(422, "Choose a language.")
    theirs(request).write(lambda session: staff.choose_language(session, person.id, chosen)).result()
    return back_to("/desk/account", "language")


@router.post("/sessions")
def end_sessions(request: Request, person: SignedIn, visitor: Visiting, form: Posted) -> Response:
    """One of them, or all others."""
    which, now = form.get("session", ""), request.app.state.now()

    def work(session: Session) -> None:
        if which == "others":
            sessions.end_all(session, person.id, but=visitor.token)
        elif not sessions.end_one(session, person.id, which):
            raise DeskError(404, "This browser is signed out already.")
        audit.add(session, now, None, person.id, "session_ended", person.id)

    theirs(request).write(work).result()
    return back_to("/desk/account", "session")
