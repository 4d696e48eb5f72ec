"""Colleagues on one conversation's page: who looks and types, taking over, handing over, what is kept of a reply."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from intake.desk import Act
from intake.web.auth import may, posted
from intake.web.desk import act, do
from intake.web.pages import Form, back_to
from storage import together
from storage.staff import Person

router = APIRouter(prefix="/desk/conversations/{conversation_id}", tags=["desk"], include_in_schema=False)
Worker = Annotated[Person, Depends(may("act"))]
Posted = Annotated[Form, Depends(posted)]
_LONGEST = 2000  # characters of a draft


@router.post("/here")
def here(request: Request, conversation_id: str, person: Worker, form: Posted) -> Response:
    """A page that is open says so; `draft`: what is being written on it."""

    def work(each: Act) -> None:
        if "draft" in form:
            text = form["draft"][:_LONGEST]
            together.keep_draft(each.session, each.here.keys, each.thread, person.id, text, each.now)
        if form.get("away"):
            together.look_away(each.session, conversation_id, person.id)
        else:
            together.look(each.session, each.thread, person.id, each.now, types=form.get("types") == "yes")

    act(request, conversation_id, person, work)
    return Response(status_code=204)


@router.post("/draft")
def keep_draft(request: Request, conversation_id: str, person: Worker, form: Posted) -> Response:
    """The same by a button, where no script runs."""
    text = form.get("text", "")[:_LONGEST]
    act(request, conversation_id, person, lambda each: together.keep_draft(
        each.session, each.here.keys, each.thread, person.id, text, each.now
    ))  # fmt: skip
    return back_to(f"/desk/conversations/{conversation_id}", "draft")


@router.post("/take-over")
def take_over(request: Request, conversation_id: str, person: Worker, form: Posted) -> Response:
    return do(request, conversation_id, person, form, Act.take_over)


@router.post("/hand-over")
def hand_over(request: Request, conversation_id: str, person: Worker, form: Posted) -> Response:
    to, note, is_agreed = form.get("to", ""), form.get("note", ""), form.get("agreed") == "yes"
    return do(
        request, conversation_id, person, form, lambda each: each.hand_over(to, note, is_agreed=is_agreed),
        "handed-over", "/desk",
    )  # fmt: skip


@router.post("/seen")
def seen(request: Request, conversation_id: str, person: Worker, form: Posted) -> Response:
    return do(request, conversation_id, person, form, Act.seen)
