"""The page of the people at a desk: invite, change, reset, disable. A link that works once is shown once."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from intake import people
from intake.desk import DeskError
from intake.web.auth import may, posted, theirs
from intake.web.pages import Form, back_to, page, spoken, told, translate
from intake.web.proof import recently_proven
from intake.web.words import ROLES
from storage import desks
from storage.database import Session
from storage.staff import INVITATION, Person

router = APIRouter(prefix="/desk/people", tags=["desk"], include_in_schema=False)
Reader = Annotated[Person, Depends(may("people"))]
Changer = Annotated[Person, Depends(recently_proven("people"))]
Posted = Annotated[Form, Depends(posted)]
_STATES = {"invited": "did not choose a password yet", "active": "", "disabled": "disabled"}


@router.get("")
def show(request: Request, person: Reader) -> HTMLResponse:
    return _page(request, person)


@router.post("")
def invite(request: Request, person: Changer, form: Posted) -> Response:
    username, role, now = form.get("username", ""), form.get("role", ""), request.app.state.now()

    def work(session: Session) -> str:
        return people.invite(session, person, username, role, _chosen(form), now)

    return _with_link(request, person, form, work)


@router.post("/mail")
def mail(request: Request, person: Changer, form: Posted) -> HTMLResponse:
    """The link that the page shows, to the colleague's own address."""
    state, secret, to = request.app.state, form.get("secret", ""), form.get("email", "")
    try:
        theirs(request).write(
            lambda session: people.mail_link(
                session, state.installation, person, secret, to, spoken(), state.now()
            )
        ).result()  # fmt: skip
    except DeskError as problem:
        return _page(request, person, problem, form, "" if problem.status == 404 else secret)
    return _page(request, person, link=secret, said=translate("The mail is on its way."))


@router.post("/{staff_id}")
def change(request: Request, staff_id: str, person: Changer, form: Posted) -> Response:
    role, seen, now = form.get("role", ""), form.get("seen", ""), request.app.state.now()

    def work(session: Session) -> None:
        people.change(session, person, staff_id, role, _chosen(form), seen, now)

    try:
        theirs(request).write(work).result()
    except DeskError as problem:
        return _page(request, person, problem)
    return back_to("/desk/people", "account")


@router.post("/{staff_id}/reset")
def reset(request: Request, staff_id: str, person: Changer, form: Posted) -> Response:
    now = request.app.state.now()
    return _with_link(request, person, {}, lambda session: people.reset(session, person, staff_id, now))


@router.post("/{staff_id}/disable")
def disable(request: Request, staff_id: str, person: Changer, form: Posted) -> Response:
    now = request.app.state.now()
    try:
        theirs(request).write(lambda session: people.disable(session, person, staff_id, now)).result()
    except DeskError as problem:
        return _page(request, person, problem)
    return back_to("/desk/people", "account")


def _with_link(request: Request, person: Person, typed: Form, work: Callable[[Session], str]) -> HTMLResponse:
    try:
        secret = theirs(request).write(work).result()
    except DeskError as problem:
        return _page(request, person, problem, typed)
    return _page(request, person, link=secret)


def _page(
    request: Request, person: Person, problem: DeskError | None = None, typed: Form | None = None, link: str = "",
    said: str = "",
) -> HTMLResponse:  # fmt: skip
    """`link`: the secret of one that was just made."""
    with theirs(request).read() as session:
        own = [(each.id, each.name) for each in desks.everything(session) if each.id in person.desk_ids]
        found = people.accounts(session, person)
    shown = told(problem) or ({"said": said} if said else {})
    return page(
        request, "people.html", "people", problem.status if problem else 200, accounts=found, own_desks=own,
        names=dict(own), roles=[(role, translate(ROLES[role])) for role in people.GIVES[person.role]],
        role_names={role: translate(name) for role, name in ROLES.items()}, typed=typed or {}, secret=link,
        address=f"{request.app.state.settings.public_url}/desk/welcome/{link}",
        sends_mail=request.app.state.installation.sends_mail,
        states={code: translate(text) for code, text in _STATES.items()}, days=INVITATION.days, **shown,
    )  # fmt: skip


def _chosen(form: Form) -> frozenset[str]:
    """The desks that were ticked: "desk.<id>"."""
    return frozenset(name.removeprefix("desk.") for name in form if name.startswith("desk."))
