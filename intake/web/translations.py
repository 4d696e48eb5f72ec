"""Where translators work: every text beside its Dutch, what is to be done, and who reads it. No family's data."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from channels.segments import plainly, segments
from flows.form import placeholders
from flows.pieces import Piece
from intake import language_check, listening, suggestions
from intake.desk import DeskError
from intake.installation import Installation
from intake.language_check import is_spoken
from intake.suggestions import STATES, Text
from intake.web import words
from intake.web.auth import may, posted, theirs
from intake.web.pages import Form, back_to, page, told, translate
from locales.catalogue import OUTDATED
from storage import staff
from storage import suggestions as kept
from storage.database import Session
from storage.models import Suggestion
from storage.staff import Person
from storage.suggestions import texts_of

router = APIRouter(prefix="/desk/translations", tags=["desk"], include_in_schema=False)
Reader = Annotated[Person, Depends(may("suggest"))]
Posted = Annotated[Form, Depends(posted)]
TOLD = {  # of a text
    suggestions.WAITING: "to be read",
    suggestions.MISSING: "not there: goes out in Dutch",
    OUTDATED: "the Dutch changed",
    "draft": "draft",
    "read back": "draft, read back by others",
    "native": "reviewed by a native speaker",
    suggestions.TAKEN: "approved, comes later",
}
_BECAME = {
    "": "to be read",
    kept.APPROVED: "approved",
    kept.NATIVE: "approved by a native speaker",
    kept.DROPPED: "set aside",
}
_PAGE = 40  # texts
_SOUGHT = 100  # characters


@dataclass(frozen=True)
class Line:
    """One text of the list."""

    key: str
    dutch: str
    text: str
    state: str
    told: str


@dataclass(frozen=True)
class Worded:
    """Words in the language. `parts`: for which numbers ("" where nothing is counted), the words; `size`: by SMS."""

    parts: tuple[tuple[str, str], ...]
    size: str
    example: str


@router.get("")
def languages(request: Request, person: Reader) -> HTMLResponse:
    """Every written language, and what is to be done in it."""
    here = _here(request)
    rows = []
    with theirs(request).read() as session:
        for code in here.catalogues:
            counted = Counter(each.state for each in suggestions.texts(session, here, code))
            told = [(state, translate(TOLD[state]), counted[state]) for state in STATES if counted[state]]
            rows.append((code, words.language(code), here.words[code].name, told))
    return page(request, "translations.html", "translations", rows=rows)


@router.get("/{language}")
def texts(
    request: Request, language: str, person: Reader, state: str = "", q: str = "", start: str = ""
) -> HTMLResponse:
    """The texts of a language, by what is to be done, or with some words in them."""
    here, sought = _here(request), q.strip().casefold()[:_SOUGHT]
    with theirs(request).read() as session:
        found = [_line(each) for each in suggestions.texts(session, here, language)]
    counted = Counter(each.state for each in found)
    wanted = [
        each
        for each in found
        if state in ("", each.state) and sought in f"{each.key}\n{each.dutch}\n{each.text}".casefold()
    ]
    first = int(start) if start.isascii() and start.isdigit() and len(start) < 6 else 0
    tabs = [(each, translate(TOLD[each]), counted[each]) for each in STATES if counted[each]]
    return page(
        request, "translations_language.html", "translations", code=language, spoken=words.language(language),
        direction=here.words[language].direction, lines=wanted[first : first + _PAGE], tabs=tabs, state=state, q=q,
        count=len(wanted), first=first, last=min(first + _PAGE, len(wanted)), size=_PAGE, every=len(found),
    )  # fmt: skip


@router.get("/{language}/{key}")
def show(request: Request, language: str, key: str, person: Reader) -> HTMLResponse:
    return _show(request, person, language, key)


@router.post("/{language}/{key}/suggest")
def suggest(request: Request, language: str, key: str, person: Reader, form: Posted) -> Response:
    state, given = request.app.state, _given(form)

    def act() -> None:
        new = suggestions.checked(state.installation, language, key, given)
        theirs(request).write(
            lambda session: suggestions.suggest(
                session, state.installation, person, language, key, new, form.get("was", ""), state.now()
            )
        ).result()

    return _do(request, person, language, key, form, "suggested", act)


@router.post("/{language}/{key}/approve")
def approve(request: Request, language: str, key: str, person: Reader, form: Posted) -> Response:
    state, is_native = request.app.state, form.get("native") == "yes"

    def act() -> None:
        theirs(request).write(
            lambda session: suggestions.approve(
                session, state.installation, person, language, key, form.get("was", ""), state.now(),
                is_native=is_native,
            )
        ).result()  # fmt: skip

    return _do(request, person, language, key, form, "approved", act)


@router.post("/{language}/{key}/drop")
def drop(request: Request, language: str, key: str, person: Reader, form: Posted) -> Response:
    state = request.app.state

    def act() -> None:
        theirs(request).write(
            lambda session: suggestions.drop(
                session, state.installation, person, language, key, form.get("was", ""), state.now()
            )
        ).result()

    return _do(request, person, language, key, form, "dropped", act)


@router.get("/{language}/{key}/sound")
def sound(request: Request, language: str, key: str, person: Reader, of: str = "") -> Response:
    """The words by the voice that is set up, as MP3. `of`: "open" for what waits to be read."""
    here = _here(request)
    with theirs(request).read() as session:
        found = suggestions.text(session, here, language, key)
    said = texts_of(found.open) if of == "open" and found.open else found.present
    spoken = listening.sound(here, language, "\n".join(said), (), here.wording_of(here.form)) if any(said) else b""
    if not spoken:
        raise DeskError(404, "No voice can say this here.")
    return Response(spoken, media_type="audio/mpeg", headers={"X-Content-Type-Options": "nosniff"})


def _do(
    request: Request, person: Person, language: str, key: str, form: Form, said: str, act: Callable[[], None]
) -> Response:
    try:
        act()
    except DeskError as problem:
        if problem.status == 404:
            raise
        return _show(request, person, language, key, problem, form)
    return back_to(f"/desk/translations/{language}/{key}", said)


def _show(
    request: Request, person: Person, language: str, key: str, problem: DeskError | None = None,
    typed: Form | None = None,
) -> HTMLResponse:  # fmt: skip
    """One text; after a mistake with its sentence, what stands there, and what was typed."""
    here = _here(request)
    with theirs(request).read() as session:
        found = suggestions.text(session, here, language, key)
        earlier = list(_earlier(session, language, key))
    shown = _worded(here, language, found, texts_of(found.open)) if found.open else None
    present = _worded(here, language, found, found.present)
    given = _given(typed) if typed else ()
    fields = [
        (form, given[place] if place < len(given) else text)
        for place, (form, text) in enumerate((shown or present).parts)
    ]
    return page(
        request, "translation.html", "translations", problem.status if problem else 200, code=language, key=key,
        spoken=words.language(language), direction=here.words[language].direction, found=found, shown=shown,
        present=present, fields=fields, was=found.newest.id if found.newest else "", earlier=earlier,
        is_mine=found.open is not None and found.open.author == person.id, is_spoken=is_spoken(here.form, key),
        state=translate(TOLD[_state(found)]), gaps=placeholders(found.source.text),
        recordings=_recordings(here, language, key), has_voice=bool(here.voice_command), **told(problem),
    )  # fmt: skip


def _line(each: Text) -> Line:
    text = " / ".join(filter(None, texts_of(each.open) if each.open else each.present))
    return Line(each.source.key, each.source.text, text, each.state, translate(TOLD[each.state]))


def _state(found: Text) -> str:
    """Of what families get now."""
    if not found.goes_out:
        return suggestions.MISSING
    return OUTDATED if found.entry.is_outdated else found.entry.state


def _worded(here: Installation, language: str, found: Text, given: tuple[str, ...]) -> Worded:
    names = [name for name, _ in found.entry.forms]
    size = ""
    if any(given) and not is_spoken(here.form, found.source.key):
        plain = here.words[language].plain_sms
        size = words.messages(max(segments(plainly(each) if plain else each) for each in given))
    return Worded(tuple(zip(names, given, strict=False)), size, _example(here, language, found, given))


def _example(here: Installation, language: str, found: Text, given: tuple[str, ...]) -> str:
    """As it arrives, with values that are invented; "" where there is nothing to fill in."""
    gaps, key = placeholders(found.source.text), found.source.key
    if not gaps or not given[0] or found.source.several or not set(gaps) <= set(language_check.SAMPLES):
        return ""
    wording = here.wording_of(here.form).with_texts({key: found.source.text}, {language: {key: given[0]}})
    return wording.message(key, language, {gap: language_check.SAMPLES[gap] for gap in gaps})


def _recordings(here: Installation, language: str, key: str) -> list[tuple[Piece, str]]:
    """What was recorded of a text: the words and where they are heard."""
    name = key.removesuffix(".voice")
    return [
        (each.piece, f"/audio/{language}/{each.piece.name}.wav")
        for each in here.sounds.to_record(language)
        if each.is_there and each.piece.name.rstrip("0123456789").rstrip(".") == name
    ]


def _earlier(session: Session, language: str, key: str) -> Iterator[tuple[str, str, str, str, str]]:
    """Everything that was proposed, the newest first: when, who, words, what became of it, by whom."""
    names = staff.names(session)
    rows: list[Suggestion] = kept.of_text(session, language, key)
    for each in reversed(rows):
        who = names.get(each.author or "", translate("the service"))
        became = translate(_BECAME[each.decision])
        yield words.moment(each.at), who, " / ".join(texts_of(each)), became, names.get(each.decided_by or "", "")


def _given(form: Form) -> tuple[str, ...]:
    """What stands in the fields, one for each form of the language."""
    found: list[str] = []
    while (name := f"text{len(found)}") in form:
        found.append(form[name])
    return tuple(found)


def _here(request: Request) -> Installation:
    return request.app.state.installation  # type: ignore[no-any-return]
