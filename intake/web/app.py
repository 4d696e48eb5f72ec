"""The web service, put together around one database and one installation."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from fastapi import FastAPI

from channels.base import Provider, Sender, Telephone
from intake import tracing
from intake.installation import Installation
from intake.settings import Settings
from intake.web import (
    audio,
    auth,
    direct,
    health,
    later,
    limits,
    measuring,
    pages,
    proof,
    returning,
    telegram,
    webhooks,
)
from storage import clock
from storage.database import Database
from storage.spool import Spool


def make_app(
    settings: Settings,
    database: Database,
    installation: Installation,
    now: Callable[[], datetime] = clock.system_now,
    is_stopping: Callable[[], bool] = lambda: False,
    telephones: Mapping[Provider, Telephone] = MappingProxyType({}),
    senders: Mapping[Provider, Sender] = MappingProxyType({}),
    *,
    has_worker: bool = False,
    pages_later: bool = False,
) -> FastAPI:
    """Nothing is opened or started here; the caller owns the database. `is_stopping` ends what would never end.

    `pages_later`: only what families and machines ask for is there at once; see `later`.
    """
    shows_documents = settings.demo or settings.test
    app = FastAPI(
        title="Opvanglijn",
        docs_url="/docs" if shows_documents else None,
        openapi_url="/openapi.json" if shows_documents else None,
        redoc_url=None,
        telemetry=tracing.FASTAPI,
    )
    app.state.settings, app.state.database, app.state.installation = settings, database, installation
    app.state.telephones, app.state.senders = telephones, senders
    app.state.now, app.state.is_stopping = now, is_stopping
    app.state.started_at, app.state.has_worker = now(), has_worker
    app.state.looked_at, app.state.found = float("-inf"), []
    app.state.spool = None if database.is_sqlite else Spool(settings.spool, installation.keys)
    app.add_exception_handler(auth.NotSignedIn, returning.not_signed_in)
    app.add_exception_handler(auth.NoSecondFactor, auth.no_second_factor)
    app.add_exception_handler(proof.NotProven, proof.not_proven)
    app.add_middleware(limits.HeaderLimit)
    app.add_middleware(measuring.Measured)
    pages.add_to(app)
    direct.put_first(app, webhooks.router, telegram.router)
    direct.put_last(app, health.router, audio.router)
    app.state.pages = later.Pages(app)
    if not pages_later:
        app.state.pages.read()
    return app
