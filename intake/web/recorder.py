"""Where a volunteer records the words of a language, in the browser, and listens back. No family's data comes here."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from intake.desk import DeskError
from intake.installation import Installation
from intake.sounds import Level, Needed, Unfit
from intake.web import words
from intake.web.auth import may, recorded
from intake.web.pages import page, translate
from storage.staff import Person

_AT_ONCE = 60  # sentences on a page
router = APIRouter(prefix="/desk/voice", tags=["desk"], include_in_schema=False)
Reader = Annotated[Person, Depends(may("record"))]
_MEANS = {
    Level.NONE: "not offered on the phone yet",
    Level.DOOR: "offered: leave a message, be called with an interpreter",
    Level.FULL: "offered in full",
}


@router.get("")
def languages(request: Request, person: Reader) -> HTMLResponse:
    """Those without a voice first: they are heard only when somebody records them."""
    here: Installation = request.app.state.installation
    codes = sorted(here.words, key=lambda code: bool(here.words[code].voice))
    rows = [_language(here, code) for code in codes]
    return page(request, "voices.html", "record", rows=rows)


@router.get("/{language}")
def texts(request: Request, language: str, person: Reader, part: str = "") -> HTMLResponse:
    """What is to be recorded, in parts: the first is enough to offer the language."""
    here: Installation = request.app.state.installation
    _check(here, language)
    parts = _parts(here, language)
    shown = int(part) if part.isascii() and part.isdigit() and int(part[:3]) < len(parts) else 0
    tabs = [
        (translate("First these") if place == 0 else translate("Then these (%(place)s)", place=place),
         sum(each.is_there for each in its), len(its))
        for place, its in enumerate(parts)
    ]  # fmt: skip
    return page(
        request, "record.html", "record", language_code=language, direction=here.words[language].direction,
        only_spoken=here.words[language].only_spoken, needed=parts[shown], shown=shown, tabs=tabs,
        row=_language(here, language),
    )  # fmt: skip


def _parts(here: Installation, language: str) -> list[list[Needed]]:
    """What a caller hears at the door, then the rest, as many at once as a page shows calmly."""
    needed = here.sounds.to_record(language)
    first, rest = ([each for each in needed if each.is_at_the_door is which] for which in (True, False))
    return [first, *(rest[place : place + _AT_ONCE] for place in range(0, len(rest), _AT_ONCE))]


@router.post("/{language}/{name}")
def take(
    request: Request, language: str, name: str, person: Reader, sound: Annotated[bytes, Depends(recorded)]
) -> Response:
    """204, or 422 with a sentence that says what to do."""
    here: Installation = request.app.state.installation
    _check(here, language)
    try:
        here.sounds.take(language, name, sound)
    except Unfit as problem:
        return PlainTextResponse(translate(problem.sentence, **problem.values), 422)
    return Response(status_code=204)


def _language(here: Installation, code: str) -> dict[str, Any]:
    recorded, count = here.sounds.progress(code)
    return {
        "code": code,
        "name": words.language(code),
        "own_name": here.words[code].name,
        "has_voice": bool(here.words[code].voice),
        "means": translate(_MEANS[here.sounds.level(code)]),
        "recorded": recorded,
        "count": count,
    }


def _check(here: Installation, language: str) -> None:
    if language not in here.words:
        raise DeskError(404, "This language does not exist here.")
