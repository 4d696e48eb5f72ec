"""Recorded prompts, for the provider to fetch: our own words, nothing of a family."""

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import FileResponse

router = APIRouter(tags=["audio"], include_in_schema=False)


@router.get("/audio/{language}/{name}")
def recording(request: Request) -> FileResponse:
    """Read from the path by hand: parameters of a type load all of an older pydantic, which no caller waits for."""
    given = request.path_params
    found = request.app.state.installation.sounds.file(given["language"], given["name"])
    if found is None:
        raise HTTPException(404)
    return FileResponse(found, media_type="audio/wav", headers={"X-Content-Type-Options": "nosniff"})
