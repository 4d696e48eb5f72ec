"""The public page of a desk: every text in Dutch beside its marked translations, and what happens to one's data.

Asked by the language law: a translation is tolerated beside the Dutch, marked, and with no other content.
"""

from collections import Counter
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from flows.desk import SOURCE
from flows.events import Prompt
from intake.desk import DeskError
from intake.installation import Installation
from intake.web import browsers
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


_PARTS = {  # what the keys of its messages begin with, and nothing else's
    "Aan de telefoon": ("call", "keys"),
    "Antwoorden van het loket": ("phrase",),
}
_QUESTIONS, _AROUND = "Vragen over de aanvraag", "Berichten rond een aanvraag"
_SOUGHT = 80  # characters of a search


@dataclass(frozen=True)
class Row:
    """`text`: "" goes out in Dutch. `review`: where it differs from what holds for most of the language."""

    key: str
    dutch: str
    text: str
    review: str


@router.get("/texts/{slug}")
def texts(request: Request, slug: str, language: str = "", q: str = "") -> HTMLResponse:
    """One language beside the Dutch: the one that was picked, else one that the browser asks for. `q`: a search."""
    here: Installation = request.app.state.installation
    with request.app.state.database.read() as session:
        desk = desks.by_slug(session, slug)
        if desk is None:
            raise DeskError(404, "There is no desk with this name.")
        offered = [code for code in desks.choices(desk).languages if code in here.catalogues]
        address, _ = here.desk(session, desk.id)
    shown = language if language in offered else _read_best(request, offered)
    sought = q.strip()[:_SOUGHT]
    parts = _parts(here, shown, sought.casefold())
    languages = [{"code": code, "name": here.words[code].name, "is_shown": code == shown} for code in offered]
    wording, privacy = here.wording_of(here.form), Prompt("command.privacy", (("page", address.page),))
    return page(
        request, "texts.html", "", desk=desk, parts=parts, languages=languages, shown=shown, text_search=sought,
        own_name=here.words[shown].name if shown else "", review=translate(REVIEWS[_usual(here, shown)]),
        found=sum(len(rows) for _, rows in parts), many=len(here.form.sources), privacy=wording.text(privacy, SOURCE),
        privacy_translated=wording.text(privacy, shown) if shown else "",
    )  # fmt: skip


def _read_best(request: Request, offered: list[str]) -> str:
    wanted = (tag.partition("-")[0].lower() for tag in browsers.languages(request))
    return next((code for code in wanted if code in offered), offered[0] if offered else "")


def _parts(here: Installation, language: str, sought: str) -> list[tuple[str, list[Row]]]:
    """What is found in the Dutch or the translation, by where a family meets it."""
    parts: dict[str, list[Row]] = {title: [] for title in (_QUESTIONS, _AROUND, *_PARTS)}
    usual = _usual(here, language)
    asked = {question.id for question in here.form.questions}
    for key, source in here.form.sources.items():
        row = _row(here, key, source.text, language, usual)
        if sought in f"{row.dutch}\n{row.text}".casefold():
            first = key.partition(".")[0]
            rest = _QUESTIONS if first in asked else _AROUND
            parts[next((title for title, firsts in _PARTS.items() if first in firsts), rest)].append(row)
    return [(title, rows) for title, rows in parts.items() if rows]


def _row(here: Installation, key: str, dutch: str, language: str, usual: str) -> Row:
    text = here.translations[language].get(key, "") if language else ""
    if not text:
        return Row(key, dutch, "", "")
    state = here.catalogues[language].states.get(key, "draft")
    return Row(key, dutch, text, "" if state == usual else translate(REVIEWS[state]))


def _usual(here: Installation, language: str) -> str:
    """What holds for most of its texts."""
    states = Counter(here.catalogues[language].states.values() if language else ())
    return max(states, key=states.__getitem__, default="draft")


def review_of(here: Installation, code: str) -> str:
    """What may be claimed of a whole language."""
    return translate(REVIEWS[overall(here.catalogues[code].states)])
