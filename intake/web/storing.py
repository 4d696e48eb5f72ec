"""From a webhook to the disk: in the database, or, while that is away, in the spool. Only then it is acknowledged."""

import asyncio
import logging
from collections.abc import Callable
from typing import TypeVar

from fastapi import Request

from intake import tracing
from storage.database import Database, Session, is_away
from storage.spool import Spool

log = logging.getLogger("intake.web")
STORE_WITHIN = 10.0  # seconds; Twilio waits fifteen in all
_Result = TypeVar("_Result")


class NotStored(Exception):
    """The provider must come again."""


async def store(request: Request, route: str, body: bytes, work: Callable[[Session], _Result]) -> _Result | None:
    """What `work` returns; None when it waits in the spool. Raises `NotStored`.

    While anything waits there, everything new goes behind it: a family's messages keep their order.
    """
    database: Database = request.app.state.database
    spool: Spool | None = request.app.state.spool
    if spool is not None and not spool.is_empty():
        await put_aside(request, route, body)
        return None
    try:
        with tracing.span("keep") as span:

            def seen(session: Session) -> _Result:
                span.add_event("begun")  # before it, it waited for others; after "done" it is written to the disk
                result = work(session)
                span.add_event("done")
                return result

            return await asyncio.wait_for(asyncio.wrap_future(database.write(seen)), STORE_WITHIN)
    except Exception as problem:  # whatever went wrong, nothing is acknowledged that is nowhere
        log.exception("not_stored", extra={"route": route, "status": 503})
        if spool is not None and is_away(problem):
            await put_aside(request, route, body)
            return None
        raise NotStored from None


async def put_aside(request: Request, route: str, body: bytes) -> None:
    """Into the spool. Raises `NotStored`."""
    spool: Spool | None = request.app.state.spool
    try:
        if spool is None:
            raise NotStored
        await asyncio.to_thread(spool.keep, route, body, request.app.state.now())
    except OSError:  # no room there either
        log.exception("not_put_aside", extra={"route": route, "status": 503})
        raise NotStored from None
    log.warning("put_aside", extra={"route": route})
