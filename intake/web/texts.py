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
from locales.catalogue import overall
from storage import desks

router = APIRouter(tags=["public"], include_in_schema=False)
REVIEWS = {  # what may be claimed of a translation
    "draft": "draft",
    "read back": "draft, read back by others",
    "native": "reviewed by a native speaker",
    "out of date": "the Dutch changed, being looked at",
}


@dataclass(frozen=True)
class Translation:
    language: str
    name: str
    direction: str
    text: str  # "": goes out in Dutch
    review: str


@dataclass(frozen=True)
class Row:
    key: str
    dutch: str
    translations: tuple[Translation, ...]


@router.get("/texts/{slug}")
def texts(request: Request, slug: str, language: str = "") -> HTMLResponse:
    """All languages of the desk, or the one that somebody picked."""
    here: Installation = request.app.state.installation
    with request.app.state.database.read() as session:
        desk = desks.by_slug(session, slug)
        if desk is None:
            raise DeskError(404, "There is no desk with this name.")
        offered = [code for code in desks.choices(desk).languages if code in here.catalogues]
        address, _ = here.desk(session, desk.id)
    shown = [language] if language in offered else offered
    rows = [
        Row(key, source.text, tuple(_translation(here, key, code) for code in shown))
        for key, source in here.form.sources.items()
    ]
    languages = [
        {"code": code, "name": here.words[code].name, "review": review_of(here, code), "is_shown": code == language}
        for code in offered
    ]
    privacy = here.wording_of(here.form).text(Prompt("command.privacy", (("page", address.page),)), SOURCE)
    return page(
        request, "texts.html", "", desk=desk, rows=rows, languages=languages, privacy=privacy,
        is_one=language in offered,
    )  # fmt: skip


def review_of(here: Installation, code: str) -> str:
    """What may be claimed of a whole language."""
    return translate(REVIEWS[overall(here.catalogues[code].states)])


def _translation(here: Installation, key: str, code: str) -> Translation:
    spoken, text = here.words[code], here.translations[code].get(key, "")
    review = translate(REVIEWS[here.catalogues[code].states.get(key, "draft")]) if text else ""
    return Translation(code, spoken.name, spoken.direction, text, review)
