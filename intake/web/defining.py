"""A desk's own definitions as pages: what each means, its versions, and a form that makes the next one."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from flows.definitions import REASONS, Definition, Outcome
from flows.engine.turn import local_day
from intake import own_definitions
from intake.desk import DeskError
from intake.own_definitions import Given
from intake.web import wanted as asked_for
from intake.web import words
from intake.web.auth import may, posted, theirs
from intake.web.pages import Form, back_to, page, told
from storage import desks
from storage.database import Session
from storage.staff import Person

router = APIRouter(prefix="/reports/definitions", tags=["reports"], include_in_schema=False)
Definer = Annotated[Person, Depends(may("define"))]
_CHOICES = tuple(each for code in Outcome for each in (code.value, *(f"{code}:{why}" for why in REASONS.get(code, ()))))


@dataclass(frozen=True)
class Own:
    """One version. `outcomes`: in words; `is_newest`: the one that its bare name means."""

    definition: Definition
    name: str
    desk: str
    on: str
    outcomes: tuple[str, ...]
    is_newest: bool


def own(request: Request, person: Person) -> list[Own]:
    """All versions of the person's desks."""
    with theirs(request).read() as session:
        names = desks.names(session)
        rows = own_definitions.known(session, person.desk_ids)
    newest = {row.name: row.id for row, _ in reversed(rows)}
    return [
        Own(
            definition, row.name, names[row.desk_id], words.date_of(local_day(row.at)),
            tuple(words.outcome(each) for each in _CHOICES if each in definition.outcomes), newest[row.name] == row.id,
        )
        for row, definition in rows
    ]  # fmt: skip


@router.get("/own")
def show(request: Request, person: Definer, name: str = "") -> HTMLResponse:
    """An empty form, or one that changes what is there."""
    return _form(request, person, _as_given(request, person, name))


@router.post("/own")
def keep(request: Request, person: Definer, form: Annotated[Form, Depends(posted)]) -> Response:
    state, given = request.app.state, _given(form)
    try:
        theirs(request).write(lambda session: own_definitions.keep(session, person, given, state.now())).result()
    except DeskError as problem:
        return _form(request, person, given, problem)
    return back_to("/reports/definitions", "defined")


def _form(request: Request, person: Person, given: Given, problem: DeskError | None = None) -> HTMLResponse:
    return page(
        request, "report_define.html", "reports", problem.status if problem else 200, given=given,
        desks=asked_for.own_desks(request, person), **told(problem),
        outcomes=[(each, words.outcome(each)) for each in _CHOICES if not each.startswith(Outcome.NOT_A_REQUEST)],
    )  # fmt: skip


def _as_given(request: Request, person: Person, name: str) -> Given:
    def read(session: Session) -> Given:
        for row, found in own_definitions.known(session, person.desk_ids):
            if row.name == name:
                slugs = {each.id: each.slug for each in desks.everything(session)}
                return Given(
                    slugs[row.desk_id], name, found.name, found.explanation, found.source, found.open,
                    str(found.from_year or ""), str(found.until_year or ""), tuple(found.outcomes), found.before_start,
                    str(found.reply_within or ""),
                )  # fmt: skip
        return Given("", "", "", "", "")

    with theirs(request).read() as session:
        return read(session)


def _given(form: Form) -> Given:
    texts = {name: form.get(name, "").strip() for name in _TEXTS}
    outcomes = tuple(name.removeprefix(_BOX) for name in form if name.startswith(_BOX))
    return Given(**texts, outcomes=outcomes, before_start="before_start" in form)


_BOX = "outcome."
_TEXTS = ("desk", "name", "title", "explanation", "source", "open", "from_year", "until_year", "reply_within")
