"""Who looks at a page: sign-in, sessions on the server, and the proof that a form came from our own page.

Each browser carries one random token. Signed in, its hash stands in the database; a form carries a keyed hash of it,
which no other site can know (OWASP, signed double submit).
"""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from typing import Annotated
from urllib.parse import parse_qsl, quote, unquote

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse
from starlette.datastructures import URL

from intake import signing_in
from intake.desk import MAY, DeskError
from intake.problems import NotTheirs
from intake.settings import Settings
from intake.signing_in import Refused
from intake.web import browsers, cookies
from intake.web.cookies import Cookie
from intake.web.packing import masked, unmasked
from intake.web.pages import LANGUAGE, Form, back_to, is_ours, speak, translate
from locales.desk import preferred
from storage import audit, sessions
from storage.database import Session
from storage.of_desks import OfDesks
from storage.sessions import SignedIn
from storage.staff import Person

_LARGEST_FORM = 65_536  # bytes
_LARGEST_SOUND = 4_000_000  # bytes: a minute, uncompressed
PASSWORD, CODE = "proof.password", "proof.code"  # given once more, beside the fields of a form
_WRONG = "That is not right. Check the username and the password, and try again."
_MISTYPED = "The code is not right. Type the one that your app shows now, or a recovery code."
_SLOWED = "Too many wrong passwords. Wait %(minutes)s min and try again, or ask your administrator for a new link."
_WANTED, _LONGEST_ADDRESS = timedelta(minutes=15), 500  # how long a page is remembered that needs signing in
_SEEN_EVERY = 12  # times in the idle limit that it is written down that somebody is there


@dataclass(frozen=True)
class Visitor:
    token: str
    csrf: str
    person: Person | None
    is_new: bool
    proven_at: datetime | None = None  # when password and code were given last


async def visitor(request: Request) -> Visitor:
    """Whoever this is, signed in or not; the page speaks their language.

    Not in a thread: what is chosen here holds for the rest of the request.
    """
    state = request.app.state
    given = cookies.read(request, Cookie.SESSION)
    token = given if 20 <= len(given) <= 100 else secrets.token_urlsafe(32)
    found = await run_in_threadpool(_signed_in, request, token) if token == given else None
    if found is None and token == given and is_form(request):
        found = await _back(request, token)
    csrf = masked(state.installation.keys.blind("csrf", token))
    person, proven_at = (found.person, found.proven_at) if found else (None, None)
    speak(person.language if person else preferred(browsers.languages(request), LANGUAGE))
    request.state.visitor = Visitor(token, csrf, person, token != given, proven_at)
    return request.state.visitor  # type: ignore[no-any-return]


def _signed_in(request: Request, token: str) -> SignedIn | None:
    """Who it is, and a note that they are there: now and then, for it is a write."""
    state, settings = request.app.state, _settings(request)
    now = state.now()
    with state.database.read() as session:
        found = sessions.of(session, token, now, settings.idle)
    if found and browsers.is_somebody(request) and now - found.seen_at > settings.idle / _SEEN_EVERY:
        state.database.write(lambda session: sessions.see(session, token, now)).result()
    return found


def is_form(request: Request) -> bool:
    """Whether somebody sent a form, without a file."""
    kind = request.headers.get("Content-Type", "")
    is_filled_in = request.method == "POST" and kind.startswith("application/x-www-form-urlencoded")
    return is_filled_in and browsers.is_somebody(request)


def address_of(request: Request) -> str:
    """Where this was sent: the path, and what was chosen in it."""
    return f"{request.url.path}?{request.url.query}".rstrip("?")


def who_was_away(request: Request, token: str) -> SignedIn | None:
    state = request.app.state
    with state.database.read() as session:
        return sessions.away(session, token, state.now(), _settings(request).idle)


async def _back(request: Request, token: str) -> SignedIn | None:
    """Who was away too long, and gave password and code together with the form that waited for them."""
    found = await run_in_threadpool(who_was_away, request, token)
    form = await posted(request) if found else {}
    if found is None or PASSWORD not in form:
        return None
    state, now = request.app.state, request.app.state.now()
    keys, id_ = state.installation.keys, found.person.id

    def prove() -> None:
        signing_in.check_again(state.database, keys, id_, form[PASSWORD], form.get(CODE, ""), now)
        state.database.write(lambda session: let_back(session, token, now)).result()

    try:
        await run_in_threadpool(prove)
    except Refused as problem:
        request.state.refused = problem
        return None
    request.state.form = {name: value for name, value in form.items() if name not in (PASSWORD, CODE)}
    return replace(found, proven_at=now)


def let_back(session: Session, token: str, now: datetime) -> None:
    """Who was away proved who they are: the same session goes on."""
    audit.add(session, now, None, sessions.prove(session, token, now), "signed_in")


def may(what: str) -> Callable[..., Person]:
    """A dependency: the person, when their role allows `what` (see `intake.desk.MAY`)."""

    def check(request: Request, visitor: Annotated[Visitor, Depends(visitor)]) -> Person:
        if visitor.person is None:
            raise NotSignedIn
        if request.app.state.settings.needs_second_factor and not visitor.person.has_factor:
            raise NoSecondFactor
        if what not in MAY[visitor.person.role]:
            raise NotTheirs
        return visitor.person

    check.what = what  # type: ignore[attr-defined]
    return check


def signed_in(visitor: Annotated[Visitor, Depends(visitor)]) -> Person:
    """Whoever is signed in, with or without a second factor."""
    if visitor.person is None:
        raise NotSignedIn
    return visitor.person


def theirs(request: Request) -> OfDesks:
    """The database as far as it is theirs who asks: the pages behind `may` read and write through it."""
    visitor: Visitor = request.state.visitor
    return OfDesks(request.app.state.database, visitor.person.desk_ids if visitor.person else ())


class NotSignedIn(Exception):
    """Answered by the way to the sign-in page."""


class NoSecondFactor(Exception):
    """Answered by the way to the page that sets one up."""


async def posted(request: Request) -> Form:
    """What a form of ours sent. Raises `DeskError`: too large, unreadable, or not from our page."""
    if not hasattr(request.state, "form"):
        request.state.form = await _form(request)
    return request.state.form  # type: ignore[no-any-return]


async def _form(request: Request) -> Form:
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
    expected = request.app.state.installation.keys.blind("csrf", cookies.read(request, Cookie.SESSION))
    if not hmac.compare_digest(unmasked(given).encode(), expected.encode()):
        raise DeskError(403, "This page was open too long. Go back, reload it and try again.")


def _settings(request: Request) -> Settings:
    return request.app.state.settings  # type: ignore[no-any-return]


def to_the_door(request: Request) -> RedirectResponse:
    """To the sign-in page, and from there to the page that was wanted, or that the form stood on."""
    answer = back_to("/desk/sign-in")
    asked, came_from = request.url, URL(request.headers.get("Referer", ""))
    if request.method == "POST":
        asked = came_from if came_from.netloc == request.url.netloc else URL("/desk")
    if browsers.is_somebody(request):
        wanted = quote(f"{asked.path}?{asked.query}".rstrip("?")[:_LONGEST_ADDRESS])
        cookies.keep(answer, _settings(request), Cookie.WANTED, wanted, _WANTED)
    return answer


def wanted(request: Request) -> str:
    """That page, "" when none was asked for: /desk is the door, and each role has a page of its own behind it."""
    address = unquote(cookies.read(request, Cookie.WANTED))
    return address if is_ours(address) and address != "/desk" else ""


def no_second_factor(_request: Request, _problem: Exception) -> RedirectResponse:
    return back_to("/desk/second-factor")


def why_refused(problem: Refused) -> tuple[int, str]:
    """The status and the sentence of a refusal."""
    if problem.wait:
        return 429, translate(_SLOWED, minutes=ceil(problem.wait / timedelta(minutes=1)))
    return 401, translate(_MISTYPED if problem.mistyped else _WRONG)
