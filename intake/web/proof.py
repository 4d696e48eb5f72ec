"""What may be done only just after password and code were given: exports, and changing who may do what.

Whoever is too late gives them once more and goes on; what they filled in is kept.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from intake import signing_in
from intake.signing_in import Refused
from intake.web.auth import CODE, PASSWORD, Visitor, address_of, may, posted, signed_in, visitor, why_refused
from intake.web.pages import Form, back_to, is_ours, page
from storage import sessions
from storage.staff import Person

router = APIRouter(tags=["desk"], include_in_schema=False)
PROOF = timedelta(minutes=5)


class NotProven(Exception):
    """Answered by the page that asks for password and code. `kept`: the form that waits."""

    def __init__(self, kept: Form | None = None, refused: Refused | None = None) -> None:
        super().__init__()
        self.kept, self.refused = kept or {}, refused


async def _sent(request: Request) -> Form:
    """The form that may have to wait; nothing for a page that is only looked at, or for a file."""
    kind = request.headers.get("Content-Type", "")
    is_form = request.method == "POST" and kind.startswith("application/x-www-form-urlencoded")
    return await posted(request) if is_form else {}


def recently_proven(what: str) -> Callable[..., Person]:
    """A dependency: the person, when their role allows `what` and they proved who they are within five minutes."""

    def check(
        request: Request,
        person: Annotated[Person, Depends(may(what))],
        visitor: Annotated[Visitor, Depends(visitor)],
        form: Annotated[Form, Depends(_sent)],
    ) -> Person:
        if is_proven(request, visitor):
            return person
        if PASSWORD not in form:
            raise NotProven(form)
        _prove(request, visitor, person, form)
        return person

    check.what = what  # type: ignore[attr-defined]
    return check


def is_proven(request: Request, visitor: Visitor) -> bool:
    return visitor.proven_at is not None and request.app.state.now() - visitor.proven_at < PROOF


@router.post("/desk/prove")
def prove(
    request: Request,
    person: Annotated[Person, Depends(signed_in)],
    visitor: Annotated[Visitor, Depends(visitor)],
    form: Annotated[Form, Depends(posted)],
) -> Response:
    """For a page that was only looked at: then back to it."""
    then = form.get("then", "")
    _prove(request, visitor, person, form, then)
    return back_to(then if is_ours(then) else "/desk")


def not_proven(request: Request, problem: Exception) -> HTMLResponse:
    assert isinstance(problem, NotProven)
    is_form = bool(problem.kept) and request.url.path != "/desk/prove"
    then = problem.kept.get("then", "") or address_of(request)
    kept = [(name, value) for name, value in problem.kept.items() if name not in (PASSWORD, CODE, "csrf", "then")]
    if not is_form:
        kept = [("then", then)]
    status, said = why_refused(problem.refused) if problem.refused else (401, "")
    more = {"said": said, "said_wrong": True} if said else {}
    action = address_of(request) if is_form else "/desk/prove"
    return page(request, "prove.html", "", status, action=action, kept=kept, then="done" if is_form else then, **more)


def _prove(request: Request, visitor: Visitor, person: Person, form: Form, then: str = "") -> None:
    state = request.app.state
    now, keys = state.now(), state.installation.keys
    password, code = form.get(PASSWORD, ""), form.get(CODE, "")
    try:
        signing_in.check_again(state.database, keys, person.id, password, code, now)
    except Refused as problem:
        raise NotProven({**form, "then": then} if then else form, problem) from None
    state.database.write(lambda session: sessions.prove(session, visitor.token, now)).result()
