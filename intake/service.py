"""Opens what an installation needs, and runs the web service with its worker until it is told to stop."""

import asyncio
import gc
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from channels.base import Provider, Sender
from channels.twilio_sender import TwilioSender
from intake import installation, logs, worker
from intake.settings import LOOPBACK, Settings
from storage import schema
from storage.database import Database
from storage.keys import Keys


class NotReady(Exception):
    """The installation is not in order: one sentence that says what to do."""


def migrate(settings: Settings) -> None:
    """Keys where there are none, and every missing change of the schema."""
    settings.keys.parent.mkdir(parents=True, exist_ok=True)
    if not settings.keys.exists():
        Keys.create(settings.keys)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database)
    try:
        schema.migrate(database)
    finally:
        database.close()


def opened(settings: Settings) -> tuple[Keys, Database]:
    """Keys and database, checked. Raises `NotReady` or `storage.keys.KeysProblem`."""
    if not settings.keys.exists():
        raise NotReady(f"there are no keys at {settings.keys}: run `python -m intake migrate` first")
    keys, database = Keys.load(settings.keys), Database(settings.database)
    if not schema.is_current(database):
        database.close()
        raise NotReady("the database is not up to date: run `python -m intake migrate` first")
    return keys, database


def serve(settings: Settings, host: str, port: int, *, with_worker: bool) -> None:
    """Blocks until a signal ends it; what was begun is finished first. Raises `NotReady`."""
    import uvicorn  # heavy, like the web framework behind it

    from intake.web.app import make_app

    if settings.test and host not in LOOPBACK:
        raise NotReady("INTAKE_TEST opens a test door: it only works with --host 127.0.0.1")
    logs.set_up()
    keys, database = opened(settings)
    try:
        here = installation.load(keys, settings.public_url, settings.resume_hours)
        server = uvicorn.Server(
            uvicorn.Config(
                make_app(settings, database, here), host, port, log_config=None, timeout_graceful_shutdown=5,
                server_header=False,
            )
        )  # fmt: skip
        gc.collect()
        gc.freeze()  # a full collection over what never changes pauses every caller
        asyncio.run(_both(server.serve(), database, keys, senders(settings) if with_worker else None))
    finally:
        database.close()


def senders(settings: Settings) -> dict[Provider, Sender]:
    """A sender for each provider that is set up."""
    if not settings.twilio_account_sid or not settings.twilio_tokens:
        return {}
    callback = f"{settings.public_url}/twilio/status"
    token = settings.twilio_tokens[0]
    return {Provider.TWILIO: TwilioSender(settings.twilio_account_sid, token, callback, settings.twilio_api_base)}


async def _both(
    serving: Coroutine[Any, Any, None], database: Database, keys: Keys, by: dict[Provider, Sender] | None
) -> None:
    working = asyncio.create_task(worker.run(database, keys, by)) if by else None
    await serving
    if working:
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working
