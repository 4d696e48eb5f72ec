"""Where providers tell us what happened. Signed or refused; kept or 503; always XML, as Twilio reads it.

The provider gets its 2xx when what it told us is durable and not before: a request that is lost is a child
without a place.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import TypeVar

from fastapi import APIRouter, Request, Response

from channels import twilio
from channels.base import Malformed
from intake.conversations import receive
from intake.settings import Settings
from storage import outbox
from storage.database import Database, Session

log = logging.getLogger("intake.web")
router = APIRouter(prefix="/twilio", tags=["webhooks"])
_STORE_WITHIN = 10.0  # seconds; Twilio waits fifteen in all
_Result = TypeVar("_Result")


@router.post("/sms")
async def sms(request: Request) -> Response:
    """A text message."""
    form = await _signed_form(request)
    if isinstance(form, Response):
        return form
    try:
        inbound = twilio.parse(form, request.app.state.now())
    except Malformed as refused:
        return _refuse(refused, "/twilio/sms")
    installation = request.app.state.installation
    return await _store(request, lambda session: receive(session, installation, inbound))


@router.post("/status")
async def status(request: Request) -> Response:
    """What became of a message of ours."""
    form = await _signed_form(request)
    if isinstance(form, Response):
        return form
    try:
        update = twilio.parse_status(form)
    except Malformed as refused:
        return _refuse(refused, "/twilio/status")
    found = update.status
    if found is None:
        log.info("unknown_status", extra={"route": "/twilio/status"})
        return _answer(200)
    return await _store(
        request,
        lambda session: outbox.apply_status(
            session, update.provider.value, update.provider_id, found.value, update.code
        ),
    )


async def _signed_form(request: Request) -> twilio.Form | Response:
    settings: Settings = request.app.state.settings
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > twilio.LARGEST_FORM:
            return _answer(413)
    try:
        form = twilio.parse_form(bytes(body))
    except Malformed as refused:
        return _answer(refused.status)
    query = f"?{request.url.query}" if request.url.query else ""
    url = f"{settings.public_url}{request.url.path}{query}"
    if not twilio.is_signed(url, form, request.headers.get("X-Twilio-Signature"), settings.twilio_tokens):
        log.warning("bad_signature", extra={"route": request.url.path, "status": 403})
        return _answer(403)
    return form


async def _store(request: Request, work: Callable[[Session], _Result]) -> Response:
    database: Database = request.app.state.database
    try:
        await asyncio.wait_for(asyncio.wrap_future(database.write(work)), _STORE_WITHIN)
    except Exception:  # whatever went wrong, the provider must come again
        log.exception("not_stored", extra={"route": request.url.path, "status": 503})
        return _answer(503)
    return _answer(200)


def _refuse(refused: Malformed, route: str) -> Response:
    log.warning("malformed", extra={"route": route, "status": refused.status, "reason": str(refused)})
    return _answer(refused.status)


def _answer(status: int) -> Response:
    return Response(twilio.EMPTY_TWIML, status, media_type="application/xml")
