"""One outcome for many requests: worklists or numbers to paste, a look at what changes, and then it is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from flows.engine.turn import local_day
from flows.wording import reference
from intake import desk, outcomes
from intake.outcomes import WORKLISTS, Change, Wanted
from intake.problems import DeskError
from intake.web import report_words, words
from intake.web.auth import may, posted, theirs
from intake.web.pages import Form, page, told, translate
from storage.models import Registration
from storage.staff import Person

router = APIRouter(prefix="/reports/outcomes", tags=["reports"], include_in_schema=False)
Concluder = Annotated[Person, Depends(may("conclude"))]
Posted = Annotated[Form, Depends(posted)]
_LISTED = 100  # rows to choose from
_PICK = "pick."


@dataclass(frozen=True)
class Row:
    """One request to choose."""

    number: str
    reference: str
    asked_on: str
    start: str
    conversation: str


@dataclass(frozen=True)
class Line:
    """One request of the preview. `refused`: why it stays as it is, "" when it changes."""

    reference: str
    conversation: str
    now: str
    then: str
    refused: str


@router.get("")
def choose(request: Request, person: Concluder, list: str = "started") -> HTMLResponse:
    return _page(request, person, list if list in report_words.WORKLISTS else "started", {})


@router.post("/preview")
def preview(request: Request, person: Concluder, form: Posted) -> HTMLResponse:
    """Nothing is kept yet."""
    state = request.app.state
    try:
        want, numbers = _wanted(request, form), _numbers(form)
        with theirs(request).read() as session:
            changes = outcomes.preview(session, state.installation, person, numbers, want, state.now())
    except DeskError as problem:
        return _page(request, person, form.get("list", ""), form, problem=problem)
    return _page(request, person, form.get("list", ""), form, lines=_lines(changes, want))


@router.post("")
def keep(request: Request, person: Concluder, form: Posted) -> HTMLResponse:
    """What was refused meanwhile stays as it is, and is shown."""
    state = request.app.state
    try:
        want, numbers, now = _wanted(request, form), _numbers(form), state.now()
        done = (
            theirs(request)
            .write(lambda session: outcomes.keep(session, state.installation, person, numbers, want, now))
            .result()
        )
    except DeskError as problem:
        return _page(request, person, form.get("list", ""), form, problem=problem)
    return _page(request, person, form.get("list", ""), {}, lines=_lines(done, want), is_kept=True)


def _wanted(request: Request, form: Form) -> Wanted:
    return outcomes.wanted(form.get("outcome", ""), form.get("on", ""), local_day(request.app.state.now()))


def _numbers(form: Form) -> list[str]:
    """Those that were ticked, then those that were pasted."""
    ticked = [name.removeprefix(_PICK) for name in form if name.startswith(_PICK)]
    return outcomes.references("\n".join((*ticked, form.get("numbers", ""))))


def _page(
    request: Request, person: Person, shown: str, typed: Form, *, lines: Sequence[Line] = (), is_kept: bool = False,
    problem: DeskError | None = None,
) -> HTMLResponse:  # fmt: skip
    state, shown = request.app.state, shown if shown in report_words.WORKLISTS else "started"
    today = local_day(state.now())
    with theirs(request).read() as session:
        found = WORKLISTS[shown](session, person.desk_ids, today)
    said = told(problem)
    going = [each for each in lines if not each.refused]
    if is_kept:
        said = {"said": translate("Saved for %(count)s requests.", count=len(going)), "said_wrong": False}
    return page(
        request, "outcomes.html", "reports", problem.status if problem else 200, shown=shown, typed=typed,
        lists=[(key, translate(label)) for key, label in report_words.WORKLISTS.items()],
        rows=[_row(each) for each in found[:_LISTED]],
        count=len(found), outcomes=[(each, words.outcome(each)) for each in desk.outcomes() if each != "open"],
        going=going, left=[each for each in lines if each.refused], is_kept=is_kept, today=today.isoformat(),
        numbers=" ".join(_numbers(typed)), **said,
    )  # fmt: skip


def _row(row: Registration) -> Row:
    start = translate("as soon as possible") if row.start == "asap" else row.start
    return Row(row.reference, reference(row.reference), words.date_of(row.asked_on), start, row.conversation_id)


def _lines(changes: Sequence[Change], want: Wanted) -> list[Line]:
    return [
        Line(
            reference(each.reference), each.row.conversation_id if each.row else "",
            words.outcome(each.now) if each.now else "", words.outcome(want.chosen),
            translate(report_words.REFUSED[each.refused]) if each.refused else "",
        )
        for each in changes
    ]  # fmt: skip
