"""The pages at the door: signing in and out, and the one-time link of a new account."""

from math import ceil
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from intake import passwords, signing_in
from intake.desk import DeskError, first_page
from intake.settings import Settings
from intake.signing_in import Given, Refused
from intake.web import browsers, cookies
from intake.web.auth import Visitor, posted, visitor, wanted, why_refused
from intake.web.cookies import Cookie
from intake.web.pages import Form, back_to, page, translate
from storage import audit, sessions, staff
from storage.database import Session
from storage.models import Staff

router = APIRouter(tags=["desk"], include_in_schema=False)
Visiting = Annotated[Visitor, Depends(visitor)]
Posted = Annotated[Form, Depends(posted)]


@router.get("/", include_in_schema=False)
def root() -> RedirectResponse:
    """Whoever types only the address wants the desk."""
    return back_to("/desk")


@router.get("/desk/sign-in")
def show_sign_in(request: Request, visitor: Visiting) -> HTMLResponse:
    return page(request, "sign_in.html", "sign-in")


@router.post("/desk/sign-in")
def sign_in(request: Request, visitor: Visiting, form: Posted) -> Response:
    state = request.app.state
    device, source = cookies.read(request, Cookie.KNOWN), browsers.source(request)
    given = Given(form.get("username", ""), form.get("password", ""), form.get("code", ""), source, device)
    try:
        id_ = signing_in.check(state.database, state.installation.keys, given, state.now())
    except Refused as problem:
        return refused(request, problem, given.username)
    return let_in(request, id_)


def let_in(request: Request, staff_id: str, then: str = "") -> RedirectResponse:
    """Somebody proved who they are: a new session, in a browser that is known from now on."""
    state, settings = request.app.state, request.app.state.settings
    now, known = state.now(), cookies.read(request, Cookie.KNOWN)

    def work(session: Session) -> tuple[str, str, str]:
        sessions.end(session, cookies.read(request, Cookie.SESSION))
        token = sessions.begin(session, staff_id, now, settings.lasts, browsers.device(request))
        audit.add(session, now, None, staff_id, "signed_in")
        is_known = sessions.is_known(session, staff_id, known, now)
        return session.get_one(Staff, staff_id).role, token, "" if is_known else sessions.know(session, staff_id, now)

    role, token, device = state.database.write(work).result()
    answer = back_to(then or wanted(request) or first_page(role))
    cookies.forget(answer, settings, Cookie.WANTED)
    cookies.keep(answer, settings, Cookie.SESSION, token, settings.lasts)
    if device:
        _remember(answer, settings, device)
    return answer


def refused(request: Request, problem: Refused, username: str) -> HTMLResponse:
    """The sign-in page with what to do."""
    status, said = why_refused(problem)
    answer = page(request, "sign_in.html", "sign-in", status, said=said, said_wrong=True, username=username)
    if problem.wait:
        answer.headers["Retry-After"] = str(ceil(problem.wait.total_seconds()))
    return answer


@router.post("/desk/sign-out")
def sign_out(request: Request, visitor: Visiting, form: Posted) -> RedirectResponse:
    request.app.state.database.write(lambda session: sessions.end(session, visitor.token)).result()
    answer = back_to("/desk/sign-in", "signed-out")
    for cookie in (Cookie.SESSION, Cookie.SPOKEN):
        cookies.forget(answer, request.app.state.settings, cookie)
    return answer


@router.get("/desk/welcome/{secret}")
def show_welcome(request: Request, secret: str, visitor: Visiting) -> HTMLResponse:
    """The one-time link of a new account."""
    return page(request, "welcome.html", "", username=_invited(request, secret))


@router.post("/desk/welcome/{secret}")
def welcome(request: Request, secret: str, visitor: Visiting, form: Posted) -> Response:
    username, password = _invited(request, secret), form.get("password", "")
    try:
        passwords.check(password, form.get("repeat", ""), username)
    except DeskError as problem:
        said = translate(problem.sentence, **problem.values)
        return page(request, "welcome.html", "", problem.status, username=username, said=said, said_wrong=True)
    now = request.app.state.now()

    def work(session: Session) -> str:
        found = staff.invited(session, secret, now)
        if found is None:
            raise _used()
        staff.set_password(session, found, password)
        audit.add(session, now, None, found.id, "password_chosen")
        return sessions.know(session, found.id, now)

    device = request.app.state.database.write(work).result()
    answer = back_to("/desk/sign-in", "password")
    _remember(answer, request.app.state.settings, device)
    return answer


def _remember(answer: RedirectResponse, settings: Settings, device: str) -> None:
    """So that who guesses elsewhere does not keep this browser out."""
    cookies.keep(answer, settings, Cookie.KNOWN, device, sessions.KNOWN)


def _invited(request: Request, secret: str) -> str:
    with request.app.state.database.read() as session:
        found = staff.invited(session, secret, request.app.state.now())
        if found is None:
            raise _used()
        return str(found.username)


def _used() -> DeskError:
    return DeskError(404, "This link was used already, or is too old. Ask your administrator for a new one.")
