"""For those who watch over the service: does it live, can it take what families send."""

import asyncio
import os
import socket
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response

from storage import heartbeats, schema
from storage.database import is_away
from storage.spool import MOST

router = APIRouter(prefix="/health", tags=["health"])  # answers without a model: the first one loads all of pydantic.v1
_WITHIN = 2.0  # seconds
_KEPT = 5.0  # seconds: whoever asks more often hears the same, for each answer is a write
SILENT = timedelta(minutes=3)  # a worker's round is 15 seconds; one with many slow messages is longer
_PROCESS = f"{socket.gethostname()}:{os.getpid()}"


@router.get("/live", response_model=None)
async def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/ready", response_model=None)
async def ready(request: Request, response: Response) -> dict[str, str]:
    """Whether what a provider brings now is kept: 503 with what is wrong when it is not.

    While a database elsewhere is away and webhooks wait on the disk, they are kept: that is ready.
    """
    state = request.app.state
    if time.monotonic() - state.looked_at >= _KEPT:
        state.looked_at, state.found = time.monotonic(), await _look(state)
    wrong = "; ".join(sentence for is_wrong, sentence in state.found if is_wrong)
    note = "; ".join(sentence for is_wrong, sentence in state.found if not is_wrong)
    if wrong:
        response.status_code = 503
    return {"status": wrong or "ok"} | ({"note": note} if note else {})


async def _look(state: Any) -> list[tuple[bool, str]]:
    """(whether it cannot work like this, a sentence); [] when all is well."""
    beat = partial(heartbeats.beat, what=heartbeats.WEB, process=_PROCESS, now=state.now())
    try:
        await asyncio.wait_for(asyncio.wrap_future(state.database.write(beat)), _WITHIN)
        is_current = await asyncio.wait_for(asyncio.to_thread(schema.is_current, state.database), _WITHIN)
    except Exception as problem:  # whatever is wrong with the database, the answer is the same
        if state.spool is not None and is_away(problem) and state.spool.count() < MOST:
            return [(False, "the database is away: webhooks wait on the disk")]
        return [(True, "the database cannot be written")]
    if not is_current:
        return [(True, "the database has the schema of another version")]
    return list(_of_the_worker(state, state.now()))


def _of_the_worker(state: Any, now: datetime) -> Iterator[tuple[bool, str]]:
    """A worker of this process must be alive; one elsewhere is somebody else's to start again."""
    with state.database.read() as session:
        last = next((each.at for each in heartbeats.beats(session, heartbeats.WORKER, now)), None)
    if (last is None or now - last > SILENT) and now - state.started_at > SILENT:
        yield state.has_worker, "no worker gave a sign of life: nothing is sent"
