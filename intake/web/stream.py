"""Tells an open page that something changed; the page then asks for its own new pieces."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from intake.web.auth import may
from storage.staff import Person

desk = APIRouter(include_in_schema=False)
simulator = APIRouter(include_in_schema=False)
_LOOK_EVERY = 0.3  # seconds


@desk.get("/desk/stream", response_class=EventSourceResponse)
async def desk_stream(
    request: Request, person: Annotated[Person, Depends(may("queue"))]
) -> AsyncIterator[ServerSentEvent]:
    async for event in _changes(request):
        yield event


@simulator.get("/simulator/stream", response_class=EventSourceResponse)
async def simulator_stream(request: Request) -> AsyncIterator[ServerSentEvent]:
    async for event in _changes(request):
        yield event


async def _changes(request: Request) -> AsyncIterator[ServerSentEvent]:
    """One event for each change, whichever process made it; ends when the service stops."""
    database, is_stopping = request.app.state.database, request.app.state.is_stopping
    seen = await asyncio.to_thread(database.version)
    yield ServerSentEvent(comment="listening", retry=2000)
    while not is_stopping():
        await asyncio.sleep(_LOOK_EVERY)
        version = await asyncio.to_thread(database.version)
        if version != seen:
            seen = version
            yield ServerSentEvent(event="changed", raw_data="")
