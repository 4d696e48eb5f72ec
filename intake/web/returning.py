"""Whoever is not signed in: to the sign-in page; or, away too long with a form filled in, password and code beside it.

What was filled in stands in the page that asks and nowhere else. It is sent as whoever filled it in, or not at all.
"""

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from intake.desk import DeskError
from intake.web.auth import CODE, PASSWORD, Visitor, address_of, is_form, posted, to_the_door, who_was_away, why_refused
from intake.web.pages import page


async def not_signed_in(request: Request, _problem: Exception) -> Response:
    visitor: Visitor = request.state.visitor
    found = await run_in_threadpool(who_was_away, request, visitor.token) if is_form(request) else None
    if found is None:
        return to_the_door(request)
    try:
        form = await posted(request)
    except DeskError:
        return to_the_door(request)
    kept = [(name, value) for name, value in form.items() if name not in (PASSWORD, CODE, "csrf")]
    refused = getattr(request.state, "refused", None)
    status, said = why_refused(refused) if refused else (401, "")
    return page(
        request, "prove.html", "", status, action=address_of(request), kept=kept, then="done", away=found.person,
        **({"said": said, "said_wrong": True} if said else {}),
    )  # fmt: skip
