"""The public page of a desk: every text in Dutch beside its marked translations, and what happens to one's data.

Asked by the language law: a translation is tolerated beside the Dutch, marked, and with no other content.
"""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from flows.desk import SOURCE
from flows.events import Prompt
from intake.desk import DeskError
from intake.installation import Installation
from intake.web.pages import page, translate
from storage import desks

router = APIRouter(tags=["public"], include_in_schema=False)
_REVIEWS = {"draft": "draft", "reviewed": "reviewed by a native speaker", "source": ""}


@dataclass(frozen=True)
class Translation:
    language: str
    direction: str
    text: str  # "": goes out in Dutch


@dataclass(frozen=True)
class Row:
    key: str
    dutch: str
    translations: tuple[Translation, ...]


@router.get("/texts/{slug}")
def texts(request: Request, slug: str) -> HTMLResponse:
    here: Installation = request.app.state.installation
    with request.app.state.database.read() as session:
        desk = desks.by_slug(session, slug)
        if desk is None:
            raise DeskError(404, "There is no desk with this name.")
        codes = [code for code in desks.choices(desk).languages if code != SOURCE]
        address, _ = here.desk(session, desk.id)
    rows = [
        Row(key, source.text, tuple(_translation(here, key, code) for code in codes))
        for key, source in here.form.sources.items()
    ]
    languages = [
        {"name": here.words[code].name, "review": translate(_REVIEWS[here.words[code].review])} for code in codes
    ]
    privacy = here.wording_of(here.form).text(Prompt("command.privacy", (("page", address.page),)), SOURCE)
    return page(request, "texts.html", "", desk=desk, rows=rows, languages=languages, privacy=privacy)


def _translation(here: Installation, key: str, code: str) -> Translation:
    return Translation(code, here.words[code].direction, here.translations[code].get(key, ""))
