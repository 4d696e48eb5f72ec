"""Setting up the second factor: a picture for the app, a code to prove it, recovery codes shown once."""

import binascii
from base64 import b32decode
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from intake import second_factor
from intake.desk import DeskError, first_page
from intake.web.auth import posted, signed_in
from intake.web.pages import Form, page, translate
from storage import audit
from storage import second_factor as kept
from storage.database import Session
from storage.staff import Person

router = APIRouter(prefix="/desk/second-factor", tags=["desk"], include_in_schema=False)
SignedIn = Annotated[Person, Depends(signed_in)]
_MISTYPED = "This code is not right. Scan the picture again, wait for a new code, and type that one."


@router.get("")
def show(request: Request, person: SignedIn) -> HTMLResponse:
    if person.has_factor:
        return page(request, "second_factor.html", "", has_factor=True, codes=[], home=first_page(person.role))
    return _offer(request, person, second_factor.new_secret())


@router.post("")
def set_up(request: Request, person: SignedIn, form: Annotated[Form, Depends(posted)]) -> Response:
    if person.has_factor:
        raise DeskError(409, "A second factor is set up already. Ask your administrator for a new link to change it.")
    secret, state = form.get("secret", ""), request.app.state
    now = state.now()
    made = second_factor.set_up(secret, form.get("code", ""), now) if _is_secret(secret) else None
    if made is None:
        fresh = secret if _is_secret(secret) else second_factor.new_secret()
        return _offer(request, person, fresh, 422, said=translate(_MISTYPED), said_wrong=True)
    factor, codes = made

    def work(session: Session) -> None:
        kept.save(session, state.installation.keys, person.id, factor)
        audit.add(session, now, None, person.id, "second_factor")

    state.database.write(work).result()
    return page(request, "second_factor.html", "", has_factor=True, codes=codes, home=first_page(person.role))


def _offer(request: Request, person: Person, secret: str, status: int = 200, **more: object) -> HTMLResponse:
    address = second_factor.address(secret, person.username)
    picture = second_factor.picture(address)
    return page(
        request, "second_factor.html", "", status, has_factor=False, secret=secret, picture=picture, codes=[],
        home=first_page(person.role), **more,
    )  # fmt: skip


def _is_secret(text: str) -> bool:
    try:
        return len(b32decode(text)) >= 16
    except (binascii.Error, ValueError):
        return False
