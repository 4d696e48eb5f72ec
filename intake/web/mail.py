"""What a link in a mail opens, for whoever holds it: confirming an address, and ending such mails (RFC 8058).

Machines open links to look behind them: only pressing a button changes anything.
"""

import hmac
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from intake import letters, organisers
from intake.desk import DeskError
from intake.web import organisers as organiser_pages
from intake.web.auth import Visitor, posted, visitor
from intake.web.pages import Form, page, speak
from storage import audit, notices, staff
from storage.database import Session

router = APIRouter(prefix="/mail", tags=["mail"], include_in_schema=False)
Visiting = Annotated[Visitor, Depends(visitor)]
Posted = Annotated[Form, Depends(posted)]


@router.get("/confirm/{secret}")
def show_confirm(request: Request, secret: str, visitor: Visiting) -> HTMLResponse:
    state = request.app.state
    with state.database.read() as session:
        if notices.asked(session, secret, state.now()) is None:
            raise _passed()
    return page(request, "mail.html", "", what="confirm", done=False)


@router.post("/confirm/{secret}")
def confirm(request: Request, secret: str, visitor: Visiting, form: Posted) -> HTMLResponse:
    state = request.app.state

    def work(session: Session) -> None:
        row = notices.asked(session, secret, state.now())
        if row is None:
            raise _passed()
        notices.confirm(session, row, state.now())
        audit.add(session, state.now(), None, row.staff_id, "mail_confirmed", row.staff_id)

    state.database.write(work).result()
    return page(request, "mail.html", "", what="confirm", done=True)


@router.get("/off/{kind}/{id_}/{proof}")
def show_off(request: Request, kind: str, id_: str, proof: str, visitor: Visiting) -> HTMLResponse:
    _check(request, kind, id_, proof)
    return page(request, "mail.html", "", what="off", done=False)


@router.post("/off/{kind}/{id_}/{proof}")
def off(request: Request, kind: str, id_: str, proof: str) -> Response:
    """By the page above, or by a mail program on behalf of its reader: it has no cookie, and needs none."""
    _check(request, kind, id_, proof)
    state = request.app.state

    def work(session: Session) -> str:
        if kind == letters.ORGANISER:
            organisers.mail_no_more(session, id_, state.now())
            return ""
        notices.off(session, id_)
        audit.add(session, state.now(), None, id_, "mail_ended", id_)
        found = staff.by_id(session, id_)
        return found.language if found else ""

    speak(state.database.write(work).result())
    return page(request, "mail.html", "", what="off", done=True)


@router.get("/form/{id_}/{proof}")
def show_form(request: Request, id_: str, proof: str) -> HTMLResponse:
    """What an organiser prints: a request that it had to refuse."""
    here = request.app.state.installation
    if not hmac.compare_digest(letters.form_proof(here.keys, id_).encode(), proof.encode()):
        raise _passed()
    with request.app.state.database.read() as session:
        found = organisers.named(session, here, id_)
    return organiser_pages.sheet(request, found)


def _check(request: Request, kind: str, id_: str, proof: str) -> None:
    expected = letters.off_proof(request.app.state.installation.keys, kind, id_)
    if not hmac.compare_digest(expected.encode(), proof.encode()):
        raise _passed()


def _passed() -> DeskError:
    return DeskError(404, "This link was used already, or is too old. On the page My account you can ask for another.")
