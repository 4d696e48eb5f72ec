"""The report that is filed, kept as a file; what is otherwise since; and the counts that everybody may see.

Each is of one desk: what covers several is for the command line, which knows all of them.
"""

import json
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from flows.engine.turn import local_day
from flows.wording import reference
from intake import freezing, publishing, reports
from intake.desk import DeskError
from intake.reports import COLUMNS, Report, Wanted, WrongReport
from intake.said import Said
from intake.web import report_words, words
from intake.web import wanted as asked_for
from intake.web.auth import may, posted, theirs
from intake.web.pages import Form, back_to, page, translate
from intake.web.queries import KNOWN
from intake.web.uploads import uploaded
from storage import audit, desks
from storage.database import Session
from storage.staff import Person

router = APIRouter(prefix="/reports/filing", tags=["reports"], include_in_schema=False, dependencies=[KNOWN])
Filer = Annotated[Person, Depends(may("file"))]
Posted = Annotated[Form, Depends(posted)]
_LARGEST = 25_000_000  # bytes of a frozen report: 50,000 requests and more
_MOST = 500  # differences on one page


@router.get("")
def show(request: Request, person: Filer) -> HTMLResponse:
    return _page(request, person)


@router.post("/frozen.json")
def freeze(request: Request, person: Filer, form: Posted) -> Response:
    """The counts as they stand there, and each request by a random number; remembered here, to compare later."""
    state, asked = request.app.state, _of_one_desk(request, person)
    now = state.now()

    def work(session: Session) -> dict[str, Any]:
        found = freezing.freeze(session, state.installation, asked, now, person.desk_ids)
        desk = desks.by_slug(session, asked.desk or "")
        audit.add(session, now, desk.id if desk else None, person.id, "frozen", f"{asked.year} {found['hash'][:12]}")
        return found

    try:
        content = theirs(request).write(work).result()
    except WrongReport:
        raise asked_for.no_such_report() from None
    return Response(
        json.dumps(content, ensure_ascii=False, indent=1), media_type="application/json",
        headers=_as_file(asked, "bewaard", "json"),
    )  # fmt: skip


@router.post("/compare")
async def compare(request: Request, person: Filer) -> Response:
    """What is otherwise today than in a file that was kept."""
    sent = await uploaded(request, _LARGEST)
    return await run_in_threadpool(_compared, request, person, sent.content)


@router.post("/publish")
def publish(request: Request, person: Filer, form: Posted) -> Response:
    """Once and for good: another table of the same requests would give hidden numbers away."""
    state, asked = request.app.state, _of_one_desk(request, person)
    now, threshold = state.now(), state.settings.public_threshold
    if not form.get("sure"):
        return _page(
            request, person, 422, wrong_sentence=translate("Tick that the year is finished: it is published once.")
        )

    def work(session: Session) -> None:
        every = frozenset(each.id for each in desks.everything(session))
        publishing.publish(session, state.installation, asked, now, every, threshold, person.id)

    try:
        theirs(request).write(work).result()
    except WrongReport as problem:
        return _page(request, person, 422, wrong_sentence=_sentence(problem.said))
    return back_to(f"/reports/filing?year={asked.year}&desk={asked.desk}", "published")


@router.get("/public.csv")
def public(request: Request, person: Filer) -> Response:
    asked = _of_one_desk(request, person)
    found = _published(request, person, asked)
    if found is None:
        raise DeskError(404, "Nothing was published of this year.")
    return PlainTextResponse(found.as_csv(), media_type="text/csv", headers=_as_file(asked, "openbaar", "csv"))


def _compared(request: Request, person: Person, content: bytes) -> HTMLResponse:
    state = request.app.state
    try:
        text = content.decode("utf-8-sig")
        kept = freezing.read(text)
        if kept.report.desk not in {each.slug for each in asked_for.own_desks(request, person)}:
            raise DeskError(422, "This report is of another desk, or of several: compare it on the command line.")
        with theirs(request).read() as session:
            found = list(freezing.diff(session, state.installation, text, state.now(), person.desk_ids))
    except UnicodeDecodeError:
        no_report = translate("This is no frozen report: choose a file that was kept here.")
        return _page(request, person, 422, wrong_sentence=no_report)
    except WrongReport as problem:
        return _page(request, person, 422, wrong_sentence=_sentence(problem.said))
    except DeskError as problem:
        return _page(request, person, problem.status, wrong_sentence=translate(problem.sentence))
    theirs(request).write(
        lambda session: audit.add(session, state.now(), None, person.id, "compared", str(kept.report.year))
    ).result()
    return _page(
        request, person, differences=[_sentence(each) for each in found[:_MOST]], more=max(0, len(found) - _MOST),
        compared=kept.report,
    )  # fmt: skip


def _page(request: Request, person: Person, status: int = 200, **more: Any) -> HTMLResponse:
    asked = asked_for.wanted(request)
    own = asked_for.own_desks(request, person)
    if asked.desk is None and own:
        asked = Wanted(asked.year, own[0].slug, asked.definition, asked.year_rule, asked.as_of, asked.known_on)
    try:
        published = _published(request, person, asked)
        _, report = asked_for.report(request, person)
    except WrongReport:
        raise asked_for.no_such_report() from None
    now = request.app.state.now()
    return page(
        request, "filing.html", "reports", status, **more, wanted=asked, desks=own, years=reports.years(now),
        report=report, query=asked_for.query(asked), is_over=asked.year < local_day(now).year, published=published,
        rows=_rows(published) if published else [], as_of=words.date_of(report.as_of),
        published_on=words.date_of(local_day(published.known_on)) if published else "",
        columns=[translate(report_words.COLUMNS[column]) for column in COLUMNS],
    )  # fmt: skip


def _rows(report: Report) -> list[tuple[str, list[str]]]:
    """The public table: what is hidden is said to be so."""
    hidden = set(report.suppressed or ())
    return [
        (report_words.measure(each.measure), [
            translate("hidden") if f"{each.measure}.{column}" in hidden
            else "–" if getattr(each, column) is None else str(getattr(each, column))
            for column in COLUMNS
        ])
        for each in report.measures if each.registered
    ]  # fmt: skip


def _published(request: Request, person: Person, asked: Wanted) -> Report | None:
    state = request.app.state
    with theirs(request).read() as session:
        return publishing.published(session, state.installation, asked, state.now(), person.desk_ids)


def _of_one_desk(request: Request, person: Person) -> Wanted:
    asked = asked_for.wanted(request)
    if asked.desk not in {each.slug for each in asked_for.own_desks(request, person)}:
        raise asked_for.no_such_report()
    return asked


def _sentence(said: Said) -> str:
    return translate(said.sentence, **{name: _value(name, value) for name, value in said.values.items()})


def _value(name: str, value: object) -> str:
    """A value of such a sentence in the words of the page."""
    match name, value:
        case _, None:
            return "–"
        case _, Said():
            return _sentence(value)
        case "measure", str():
            return report_words.measure(value)
        case "column", str():
            return translate(report_words.COLUMNS.get(value, value))
        case "reference", str():
            return reference(value)
        case "on", str():
            return words.date_of(date.fromisoformat(value))
        case "day", date():
            return words.date_of(value)
        case _, ("yes" | "no"):
            return translate("yes") if value == "yes" else translate("no")
        case _, "unknown":
            return translate("Not known")
        case _:
            return str(value)


def _as_file(asked: Wanted, name: str, kind: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}-{asked.year}-{asked.desk}.{kind}"'}
