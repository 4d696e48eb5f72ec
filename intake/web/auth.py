"""Who looks at a page: sign-in, sessions on the server, and the proof that a form came from our own page.

Each browser carries one random token. Signed in, its hash stands in the database; a form carries a keyed hash of it,
which no other site can know (OWASP, signed double submit).
"""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from intake import second_factor
from intake.desk import FIRST_PAGE, MAY, DeskError
from intake.web.pages import COOKIE, Form, back_to, keep, page, translate
from storage import audit, staff
from storage import second_factor as factors
from storage.database import Database, Session
from storage.staff import Person

router = APIRouter(tags=["desk"], include_in_schema=False)
_LARGEST_FORM = 65_536  # bytes
_LARGEST_SOUND = 4_000_000  # bytes: a minute, uncompressed
_WRONG = "That is not right. Check the username and the password, and try again."
_MISTYPED = "The code is not right. Type the one that your app shows now, or a recovery code."
_LOCKED = "Too many wrong passwords. Wait a quarter of an hour, or ask your administrator for a new link."


@dataclass(frozen=True)
class Visitor:
    token: str
    csrf: str
    person: Person | None
    is_new: bool


def visitor(request: Request) -> Visitor:
    """Whoever this is; signed in or not."""
    state = request.app.state
    given = request.cookies.get(COOKIE, "")
    token = given if 20 <= len(given) <= 100 else secrets.token_urlsafe(32)
    person = None
    if token == given:
        with state.database.read() as session:
            person = staff.who(session, token, state.now())
    request.state.visitor = Visitor(token, state.installation.keys.blind("csrf", token), person, token != given)
    return request.state.visitor  # type: ignore[no-any-return]


def may(what: str) -> Callable[..., Person]:
    """A dependency: the person, when their role allows `what` (see `intake.desk.MAY`)."""

    def check(request: Request, visitor: Annotated[Visitor, Depends(visitor)]) -> Person:
        if visitor.person is None:
            raise NotSignedIn
        if request.app.state.settings.needs_second_factor and not visitor.person.has_factor:
            raise NoSecondFactor
        if what not in MAY[visitor.person.role]:
            raise DeskError(403, "Your account may not do this. Ask your coordinator.")
        return visitor.person

    check.what = what  # type: ignore[attr-defined]
    return check


def signed_in(visitor: Annotated[Visitor, Depends(visitor)]) -> Person:
    """Whoever is signed in, with or without a second factor."""
    if visitor.person is None:
        raise NotSignedIn
    return visitor.person


class NotSignedIn(Exception):
    """Answered by the way to the sign-in page."""


class NoSecondFactor(Exception):
    """Answered by the way to the page that sets one up."""


async def posted(request: Request) -> Form:
    """What a form of ours sent. Raises `DeskError`: too large, unreadable, or not from our page."""
    body = await read_body(request, _LARGEST_FORM)
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=200)
    except (UnicodeDecodeError, ValueError):
        raise DeskError(400, "We could not read this form. Go back and try again.") from None
    form = {name: value.replace("\0", "").replace("\r\n", "\n") for name, value in pairs}
    check_origin(request, form.get("csrf", ""))
    return form


async def recorded(request: Request) -> bytes:
    """Sound that a page of ours recorded. Raises `DeskError`: too large, or not from our page."""
    check_origin(request, request.headers.get("X-CSRF", ""))
    return bytes(await read_body(request, _LARGEST_SOUND))


async def read_body(request: Request, largest: int) -> bytearray:
    """The body of a request. Raises `DeskError` when it is larger."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > largest:
            raise DeskError(413, "This is too long. Make it shorter.")
    return body


def check_origin(request: Request, given: str) -> None:
    """That a form came from a page of ours (`given`: its token). Raises `DeskError`."""
    expected = request.app.state.installation.keys.blind("csrf", request.cookies.get(COOKIE, ""))
    if not hmac.compare_digest(given.encode(), expected.encode()):
        raise DeskError(403, "This page was open too long. Go back, reload it and try again.")


def not_signed_in(_request: Request, _problem: Exception) -> RedirectResponse:
    return back_to("/desk/sign-in")


def no_second_factor(_request: Request, _problem: Exception) -> RedirectResponse:
    return back_to("/desk/second-factor")


@router.get("/desk/sign-in")
def show_sign_in(request: Request, visitor: Annotated[Visitor, Depends(visitor)]) -> HTMLResponse:
    return page(request, "sign_in.html", "sign-in")


@router.post("/desk/sign-in")
def sign_in(
    request: Request, visitor: Annotated[Visitor, Depends(visitor)], form: Annotated[Form, Depends(posted)]
) -> Response:
    state = request.app.state
    database: Database = state.database
    now = state.now()
    with database.read() as session:
        found = staff.find(session, form.get("username", "").strip().lower())
        is_locked = found is not None and staff.is_locked(found, now)
    is_right = staff.verify(found, form.get("password", "")) and found is not None and not found.disabled
    if is_locked or not is_right or found is None:
        if found is not None and not is_locked:
            failed = found.id
            database.write(lambda session: staff.note_failure(session, failed, now)).result()
        status, sentence = (429, _LOCKED) if is_locked else (401, _WRONG)
        return page(request, "sign_in.html", "sign-in", status, said=translate(sentence), said_wrong=True)
    known, keys = found, state.installation.keys

    def work(session: Session) -> str | None:
        factor = factors.locked(session, keys, known.id)
        if factor is not None:
            after = second_factor.take(factor, form.get("code", ""), now)
            if after is None:
                staff.note_failure(session, known.id, now)
                return None
            factors.save(session, keys, known.id, after)
        token = staff.sign_in(session, known.id, now)
        audit.add(session, now, None, known.id, "signed_in")
        return token

    token = database.write(work).result()
    if token is None:
        return page(request, "sign_in.html", "sign-in", 401, said=translate(_MISTYPED), said_wrong=True)
    answer = back_to(next((page for what, page in FIRST_PAGE.items() if what in MAY[known.role]), "/desk"))
    keep(answer, state.settings, token)
    return answer


@router.post("/desk/sign-out")
def sign_out(
    request: Request, visitor: Annotated[Visitor, Depends(visitor)], form: Annotated[Form, Depends(posted)]
) -> RedirectResponse:
    request.app.state.database.write(lambda session: staff.sign_out(session, visitor.token)).result()
    answer = back_to("/desk/sign-in", "signed-out")
    answer.delete_cookie(COOKIE)
    return answer


@router.get("/desk/welcome/{secret}")
def show_welcome(request: Request, secret: str, visitor: Annotated[Visitor, Depends(visitor)]) -> HTMLResponse:
    """The one-time link of a new account."""
    return page(request, "welcome.html", "", username=_invited(request, secret))


@router.post("/desk/welcome/{secret}")
def welcome(
    request: Request,
    secret: str,
    visitor: Annotated[Visitor, Depends(visitor)],
    form: Annotated[Form, Depends(posted)],
) -> Response:
    username, password = _invited(request, secret), form.get("password", "")
    wrong = ""
    if password != form.get("repeat"):
        wrong = translate("The two passwords differ. Write the same one twice.")
    if len(password) < staff.SHORTEST_PASSWORD:
        wrong = translate("Choose a password of at least 12 characters.")
    if wrong:
        return page(request, "welcome.html", "", 422, username=username, said=wrong, said_wrong=True)
    now = request.app.state.now()

    def work(session: Session) -> None:
        found = staff.invited(session, secret, now)
        if found is None:
            raise _used()
        staff.set_password(session, found, password)
        audit.add(session, now, None, found.id, "password_chosen")

    request.app.state.database.write(work).result()
    return back_to("/desk/sign-in", "password")


def _invited(request: Request, secret: str) -> str:
    with request.app.state.database.read() as session:
        found = staff.invited(session, secret, request.app.state.now())
        if found is None:
            raise _used()
        return str(found.username)


def _used() -> DeskError:
    return DeskError(404, "This link was used already, or is too old. Ask your administrator for a new one.")
