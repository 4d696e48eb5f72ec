"""The web service: routes put together around one database and one installation."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from fastapi import FastAPI

from channels.base import Provider, Sender, Telephone
from intake import tracing
from intake.installation import Installation
from intake.settings import Settings
from intake.web import (
    account,
    audio,
    auditing,
    auth,
    call_backs,
    childcare,
    defining,
    desk,
    desk_settings,
    direct,
    divided,
    exports,
    filing,
    health,
    importing,
    limits,
    mail,
    measuring,
    mirror,
    openid,
    organisers,
    outcomes,
    pages,
    passing,
    people,
    phrases,
    proof,
    queue,
    recorder,
    referrals,
    reports,
    second_factor,
    sign_in,
    simulated_call,
    simulator,
    status,
    stream,
    telegram,
    template,
    texts,
    together,
    translations,
    watching,
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
) -> FastAPI:
    """Nothing is opened or started here; the caller owns the database. `is_stopping` ends what would never end."""
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
    app.add_exception_handler(auth.NotSignedIn, auth.not_signed_in)
    app.add_exception_handler(auth.NoSecondFactor, auth.no_second_factor)
    app.add_exception_handler(proof.NotProven, proof.not_proven)
    app.add_middleware(limits.HeaderLimit)
    app.add_middleware(measuring.Measured)
    pages.add_to(app)
    direct.put_first(app, webhooks.router, telegram.router)
    routers = [
        health.router,
        watching.metrics,
        sign_in.router,
        proof.router,
        openid.router,
        second_factor.router,
        account.router,
        mail.router,
        people.router,
        auditing.router,
        status.router,
        stream.desk,
        queue.router,
        phrases.router,
        desk.router,
        together.router,
        passing.router,
        organisers.router,
        call_backs.router,
        recorder.router,
        translations.router,
        reports.router,
        referrals.router,
        template.router,
        filing.router,
        importing.router,
        divided.router,
        childcare.router,
        desk_settings.router,
        defining.router,
        outcomes.router,
        exports.router,
        mirror.router,
        texts.router,
        audio.router,
    ]
    if settings.demo:
        routers += [simulator.router, simulated_call.router, stream.simulator]
    if settings.test:
        routers.append(watching.test_door)
    for router in routers:
        app.include_router(router)
    return app
