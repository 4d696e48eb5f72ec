"""Tells an open page that something changed; the page then asks for its own new pieces."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from intake.web import cookies
from intake.web.auth import may
from intake.web.cookies import Cookie
from storage import sessions
from storage.staff import Person

desk = APIRouter(include_in_schema=False)
simulator = APIRouter(include_in_schema=False)
_LOOK_EVERY = 0.3  # seconds
_LOOK_AT_SESSION = 10.0  # seconds


@desk.get("/desk/stream", response_class=EventSourceResponse)
async def desk_stream(
    request: Request, person: Annotated[Person, Depends(may("queue"))]
) -> AsyncIterator[ServerSentEvent]:
    """Ends when the session does: nobody who signed out goes on listening."""
    token = cookies.read(request, Cookie.SESSION)

    def is_signed_in() -> bool:
        state = request.app.state
        with state.database.read() as session:
            return sessions.of(session, token, state.now(), state.settings.idle) is not None

    looked = time.monotonic()
    async for event in _changes(request):
        if time.monotonic() - looked > _LOOK_AT_SESSION:
            looked = time.monotonic()
            if not await asyncio.to_thread(is_signed_in):
                return
        if event is not None:
            yield event


@simulator.get("/simulator/stream", response_class=EventSourceResponse)
async def simulator_stream(request: Request) -> AsyncIterator[ServerSentEvent]:
    async for event in _changes(request):
        if event is not None:
            yield event


async def _changes(request: Request) -> AsyncIterator[ServerSentEvent | None]:
    """One event for each change, whichever process made it, None for each look without one; ends with the service."""
    database, is_stopping = request.app.state.database, request.app.state.is_stopping
    seen = await asyncio.to_thread(database.version)
    yield ServerSentEvent(comment="listening", retry=2000)
    while not is_stopping():
        await asyncio.sleep(_LOOK_EVERY)
        version = await asyncio.to_thread(database.version)
        yield ServerSentEvent(event="changed", raw_data="") if version != seen else None
        seen = version
