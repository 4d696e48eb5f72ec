"""The pages of vetted phrases: what the desk offers, its words, their translations and who read them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from channels.segments import plainly, segments, to_gsm
from flows.form import placeholders
from intake import phrases
from intake.desk import DeskError, not_there
from intake.installation import Installation
from intake.phrases import Phrase, Translated
from intake.web import words
from intake.web.auth import may, posted, theirs
from intake.web.pages import Form, back_to, page, told, translate
from storage import desks, staff
from storage import phrases as kept
from storage.database import Session
from storage.models import Desk
from storage.staff import Person

router = APIRouter(prefix="/desk/phrases", tags=["desk"], include_in_schema=False)
Reader = Annotated[Person, Depends(may("translate"))]
Coordinator = Annotated[Person, Depends(may("phrases"))]
Posted = Annotated[Form, Depends(posted)]
_EXAMPLES = {"date": "2026-12-01", "day": "2026-12-01", "time": "14:30", "number": "1500", "phone": "+3290000001"}


@dataclass(frozen=True)
class Line:
    """One phrase of the list. `own`: whether the desk wrote its words."""

    key: str
    text: str
    hint: str
    own: bool
    is_retired: bool
    goes_out: int
    to_review: int


@dataclass(frozen=True)
class Spoken:
    """One language of a phrase. `example`: as it arrives with invented values; `size`: in text messages."""

    code: str
    name: str
    direction: str
    text: str
    state: str
    version: str
    example: str
    size: str
    may_review: bool
    is_wrong_again: bool  # needs other words: none yet, or made for other Dutch


@router.get("")
def show_all(request: Request, person: Reader, desk: str = "") -> HTMLResponse:
    with theirs(request).read() as session:
        own = _desks(session, person)
        if not own:
            raise not_there()
        chosen = next((each for each in own if each.id == desk), own[0])
        found = phrases.of_desk(session, _here(request), chosen.id)
    lines = [_line(each) for each in found.all]
    return page(request, "phrases.html", "phrases", lines=lines, desks=own, chosen=chosen)


@router.get("/{desk_id}/new")
def new(request: Request, desk_id: str, person: Coordinator) -> HTMLResponse:
    return _one(request, person, desk_id, "")


@router.get("/{desk_id}/{key}")
def show(request: Request, desk_id: str, key: str, person: Reader) -> HTMLResponse:
    return _one(request, person, desk_id, key)


@router.post("/{desk_id}/new")
def add(request: Request, desk_id: str, person: Coordinator, form: Posted) -> Response:
    return _keep(request, person, desk_id, "", form)


@router.post("/{desk_id}/{key}")
def change(request: Request, desk_id: str, key: str, person: Coordinator, form: Posted) -> Response:
    return _keep(request, person, desk_id, key, form)


@router.post("/{desk_id}/{key}/retire")
def retire(request: Request, desk_id: str, key: str, person: Coordinator, form: Posted) -> Response:
    back = form.get("back") == "yes"
    return _do(request, person, desk_id, key, form, "phrase", lambda session, here, now: phrases.retire(
        session, here, person, desk_id, key, now, back=back
    ))  # fmt: skip


@router.post("/{desk_id}/{key}/translate")
def translate_it(request: Request, desk_id: str, key: str, person: Reader, form: Posted) -> Response:
    language, text, was = form.get("language", ""), form.get("translation", ""), form.get("was", "")
    return _do(request, person, desk_id, key, form, "translated", lambda session, here, now: phrases.translate(
        session, here, person, desk_id, key, language, text, was, now
    ))  # fmt: skip


@router.post("/{desk_id}/{key}/review")
def review(request: Request, desk_id: str, key: str, person: Reader, form: Posted) -> Response:
    language, was = form.get("language", ""), form.get("was", "")
    return _do(request, person, desk_id, key, form, "reviewed", lambda session, here, now: phrases.review(
        session, here, person, desk_id, key, language, was, now
    ))  # fmt: skip


def _keep(request: Request, person: Person, desk_id: str, key: str, form: Form) -> Response:
    state = request.app.state
    try:
        made = (
            theirs(request)
            .write(lambda session: phrases.keep(session, state.installation, person, desk_id, key, form, state.now()))
            .result()
        )
    except DeskError as problem:
        return _one(request, person, desk_id, key, problem, form)
    return back_to(f"/desk/phrases/{desk_id}/{made}", "phrase")


def _do(
    request: Request, person: Person, desk_id: str, key: str, form: Form, said: str,
    work: Callable[[Session, Installation, datetime], None],
) -> Response:  # fmt: skip
    state = request.app.state
    try:
        theirs(request).write(lambda session: work(session, state.installation, state.now())).result()
    except DeskError as problem:
        return _one(request, person, desk_id, key, problem, form)
    return back_to(f"/desk/phrases/{desk_id}/{key}", said)


def _one(
    request: Request, person: Person, desk_id: str, key: str, problem: DeskError | None = None,
    typed: Form | None = None,
) -> HTMLResponse:  # fmt: skip
    """A phrase with its languages; after a mistake with its sentence, what stands there, and what was typed."""
    here = _here(request)
    with theirs(request).read() as session:
        if desk_id not in person.desk_ids:
            raise not_there()
        chosen = desks.choices(session.get_one(Desk, desk_id)).languages
        of = phrases.of_desk(session, here, desk_id)
        phrase = next((each for each in of.all if each.key == key), None)
        if key and phrase is None:
            raise not_there()
        names = staff.names(session)
        row = next((each for each in kept.of_desk(session, desk_id) if each.key == key), None)
        history = kept.versions(session, row.id) if row else []
    languages = list(_spoken(here, phrase, chosen, person)) if phrase else []
    earlier = [
        (words.moment(each.at), words.language(each.language), each.text, names.get(each.author, ""),
         names.get(each.reviewed_by or "", ""))
        for each in history
    ]  # fmt: skip
    return page(
        request, "phrase.html", "phrases", problem.status if problem else 200, phrase=phrase, desk_id=desk_id,
        languages=languages, earlier=earlier, typed=typed or {}, gaps=phrases.KINDS, is_conflict=problem is not None
        and problem.status == 409, **told(problem),
    )  # fmt: skip


def _line(phrase: Phrase) -> Line:
    states = [each.state for each in phrase.translations.values()]
    return Line(
        phrase.key, phrase.text, phrase.hint, bool(phrase.version), phrase.is_retired,
        sum(each.goes_out for each in phrase.translations.values()), states.count("draft") if phrase.version else 0,
    )  # fmt: skip


def _spoken(here: Installation, phrase: Phrase, offered: tuple[str, ...], person: Person) -> Iterator[Spoken]:
    """The languages that the desk offers, then those that are translated all the same."""
    for code in dict.fromkeys((*offered, *phrase.translations)):
        if code not in here.catalogues:
            continue
        told = phrase.translations.get(code, Translated("", ""))
        example = _example(here, told.text, code) if told.text else ""
        yield Spoken(
            code, words.language(code), here.words[code].direction, told.text,
            translate(words.PHRASE_STATES[told.state]), told.version, example, words.messages(segments(example)),
            bool(phrase.version) and told.state == "draft" and told.author != person.id,
            bool(phrase.version) and told.state in ("", "outdated"),
        )  # fmt: skip


def _example(here: Installation, text: str, language: str) -> str:
    """As it arrives by text message, with values that are invented."""
    values = {gap: _EXAMPLES.get(phrases.kind_of(gap), "De Zonnebloem") for gap in placeholders(text)}
    wording = here.wording_of(here.form).with_texts({"own.example": text}, {language: {"own.example": text}})
    said = wording.message("own.example", language, values)
    return plainly(said) if here.words[language].plain_sms else to_gsm(said)


def _desks(session: Session, person: Person) -> list[Desk]:
    return [each for each in desks.everything(session) if each.id in person.desk_ids]


def _here(request: Request) -> Installation:
    return request.app.state.installation  # type: ignore[no-any-return]
