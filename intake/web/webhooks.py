"""Where providers tell us what happened. Signed or refused; kept or 503; always XML, as Twilio reads it.

The provider gets its 2xx when what it told us is durable and not before: a request that is lost is a child
without a place.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial

from fastapi import APIRouter, Request, Response

from channels import twilio, voice
from channels.base import Malformed, Provider, SendError, Telephone
from intake import call_backs, calls, measures, taking_in
from intake.installation import Installation
from intake.settings import Settings
from intake.web.direct import Direct
from intake.web.measuring import CHANNEL
from intake.web.storing import STORE_WITHIN, NotStored, put_aside, store
from storage.database import Session, is_away

log = logging.getLogger("intake.web")
router = APIRouter(prefix="/twilio", tags=["webhooks"], route_class=Direct)


@router.post("/sms")
@router.post("/whatsapp")
async def message(request: Request) -> Response:
    """A text or WhatsApp message, whichever address it came to: the prefix of its sender decides."""
    return await _hear(request)


@router.post("/status")
async def status(request: Request) -> Response:
    """What became of a message of ours."""
    return await _hear(request)


@router.post("/voice")
async def ring(request: Request) -> Response:
    """A call that begins."""
    return await _speak(
        request, "/twilio/voice", lambda form, at: partial(calls.ring, inbound=voice.parse_call(form, at))
    )


@router.post("/voice/turn")
async def turn(request: Request) -> Response:
    """What a caller pressed or said; and what the desk's worker pressed before taking a call."""
    given = request.query_params
    mac, number = given.get("mac", ""), given.get("turn", "")
    if given.get("leg") == "desk":
        return await _speak(
            request,
            "/twilio/voice/turn",
            lambda form, at: partial(
                calls.announce,
                provider=Provider.TWILIO,
                call_id=given.get("call", ""),
                mac=mac,
                digits=dict(form).get("Digits", ""),
            ),
        )
    if given.get("leg") in ("out", "join"):
        return await _connect(request, given)
    heard = int(number) if number.isascii() and number.isdecimal() and len(number) < 5 else -1
    return await _speak(
        request,
        "/twilio/voice/turn",
        lambda form, at: partial(
            calls.answer, inbound=voice.parse_call(form, at), pressed=voice.parse_turn(form), turn=heard, mac=mac
        ),
    )


async def _connect(request: Request, given: Mapping[str, str]) -> Response:
    """Somebody picked up whom we called: the desk's worker, a family, an interpreter."""
    placed: list[call_backs.Placed] = []

    def connect(session: Session, here: Installation) -> str:
        document, placed[:] = call_backs.connect(
            session, here, given.get("leg", ""), given.get("call", ""), given.get("with", ""), given.get("mac", "")
        )
        return document

    answer = await _speak(request, "/twilio/voice/turn", lambda form, at: connect)
    for each in placed:
        telephone: Telephone | None = request.app.state.telephones.get(each.provider)
        if telephone is not None:
            try:
                await telephone.call(each.number, each.caller_id, each.address)
            except SendError as problem:
                log.warning("not_called", extra={"route": "/twilio/voice/turn", "code": problem.code})
    return answer


@router.post("/voice/recording")
async def recording(request: Request) -> Response:
    """A recording is ready to be fetched."""
    return await _hear(request)


@router.post("/voice/status")
async def call_status(request: Request) -> Response:
    """A call is over."""
    return await _hear(request)


async def _hear(request: Request) -> Response:
    """What asks for no answer but that it was heard."""
    told = await _signed(request)
    if isinstance(told, Response):
        return told
    form, body = told
    route, state = request.scope["path"], request.app.state
    if route in ("/twilio/sms", "/twilio/whatsapp"):
        request.scope[CHANNEL] = "whatsapp" if dict(form).get("From", "").startswith("whatsapp:") else "sms"
    try:
        take = taking_in.OF_TWILIO[route](form, state.now())
    except Malformed as refused:
        return _refuse(refused, route)
    try:
        await store(request, route, body, lambda session: take(session, state.installation))
    except NotStored:
        return _answer(503)
    return _answer(200)


async def _speak(request: Request, route: str, read: Callable[[twilio.Form, datetime], Callable[..., str]]) -> Response:
    """One turn of a call. A caller never hears silence or a provider's English: the last resort is an apology."""
    told = await _signed(request)
    if isinstance(told, Response):
        return told
    form, body = told
    state = request.app.state
    request.scope[CHANNEL] = "voice"
    here: Installation = state.installation
    try:
        work = read(form, state.now())
    except Malformed as refused:
        return _refuse(refused, route)
    try:
        document = await asyncio.wait_for(
            asyncio.wrap_future(state.database.write(lambda session: work(session, here))), STORE_WITHIN
        )
    except Exception:  # whatever went wrong, a person calls back
        log.exception("call_fault", extra={"route": route})
        document = await _apologise(request, form, body)
    return Response(document, 200, media_type="application/xml")


async def _apologise(request: Request, form: twilio.Form, body: bytes) -> str:
    """An apology in the caller's language; the call-back is owed where that can still be written down."""
    measures.apology()
    state = request.app.state
    call_id = dict(form).get("CallSid", "")
    owe = partial(
        calls.owe_after_fault, here=state.installation, provider=Provider.TWILIO, call_id=call_id, at=state.now()
    )
    try:
        await asyncio.wait_for(asyncio.wrap_future(state.database.write(owe)), STORE_WITHIN / 4)
    except Exception as problem:  # the database may be what failed
        if is_away(problem):
            with suppress(NotStored):
                await put_aside(request, taking_in.OWED, body)
    return calls.apology(state.installation, request.query_params.get("lang", ""))


async def _signed(request: Request) -> tuple[twilio.Form, bytes] | Response:
    """What Twilio brought, read and as it came; else the answer to who is not Twilio."""
    settings: Settings = request.app.state.settings
    path, query = request.scope["path"], request.scope["query_string"].decode("latin-1")
    gathered = bytearray()
    async for piece in request.stream():
        gathered += piece
        if len(gathered) > twilio.LARGEST_FORM:
            return _answer(413)
    body = bytes(gathered)
    try:
        form = twilio.parse_form(body)
    except Malformed as refused:
        return _answer(refused.status)
    url = f"{settings.public_url}{path}?{query}" if query else f"{settings.public_url}{path}"
    given = request.headers.get("X-Twilio-Signature")
    if not twilio.is_signed(url, form, given, settings.twilio_tokens, settings.twilio_shared_keys):
        log.warning("bad_signature", extra={"route": path, "status": 403})
        return _answer(403)
    return form, body


def _refuse(refused: Malformed, route: str) -> Response:
    log.warning("malformed", extra={"route": route, "status": refused.status, "reason": str(refused)})
    return _answer(refused.status)


def _answer(status: int) -> Response:
    return Response(twilio.EMPTY_TWIML, status, media_type="application/xml")
