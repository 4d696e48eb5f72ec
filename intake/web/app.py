"""The web service: routes put together around one database and one installation."""

from fastapi import FastAPI

from intake.installation import Installation
from intake.settings import Settings
from intake.web import health, webhooks
from storage.database import Database


def make_app(settings: Settings, database: Database, installation: Installation) -> FastAPI:
    """Nothing is opened or started here; the caller owns the database."""
    shows_documents = settings.demo or settings.test
    app = FastAPI(
        title="Opvanglijn",
        docs_url="/docs" if shows_documents else None,
        openapi_url="/openapi.json" if shows_documents else None,
        redoc_url=None,
    )
    app.state.settings, app.state.database, app.state.installation = settings, database, installation
    app.include_router(health.router)
    app.include_router(webhooks.router)
    return app
