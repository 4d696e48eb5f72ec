"""For those who watch over the service: does it live, can it work."""

import asyncio

from fastapi import APIRouter, Request, Response

from storage.database import Database

router = APIRouter(prefix="/health", tags=["health"])


@router.get("/live")
async def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/ready")
async def ready(request: Request, response: Response) -> dict[str, str]:
    """The database answers too; 503 when it does not."""
    database: Database = request.app.state.database
    try:
        await asyncio.wait_for(asyncio.to_thread(database.version), timeout=2)
    except Exception:  # whatever is wrong with the database, the answer is the same
        response.status_code = 503
        return {"status": "the database does not answer"}
    return {"status": "ok"}
