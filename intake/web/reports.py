"""The yearly counts as a page and as a file, for coordinators."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from flows.engine.turn import BRUSSELS
from intake import reports
from intake.desk import DeskError
from intake.reports import Report, Wanted, WrongReport
from intake.web import words
from intake.web.auth import may
from intake.web.pages import page, translate
from storage import desks
from storage.staff import Person

router = APIRouter(prefix="/reports", tags=["reports"], include_in_schema=False)
Reader = Annotated[Person, Depends(may("reports"))]


@router.get("")
def counts(request: Request, person: Reader, year: str = "", desk: str = "") -> HTMLResponse:
    report = _report(request, person, year, desk)
    with request.app.state.database.read() as session:
        own = [each for each in desks.everything(session) if each.id in person.desk_ids]
    labels = {reports.ALL: translate("All requests")} | {flag: translate(text) for flag, text in words.FLAGS.items()}
    rows = [(labels[each.measure], each) for each in report.measures]
    known_on = f"{report.known_on.astimezone(BRUSSELS):%Y-%m-%d %H:%M}"
    return page(
        request, "reports.html", "reports", report=report, known_on=known_on, rows=rows, desks=own,
        years=reports.years(request.app.state.now()),
    )  # fmt: skip


@router.get("/counts.csv")
def counts_csv(request: Request, person: Reader, year: str = "", desk: str = "") -> Response:
    report = _report(request, person, year, desk)
    name = f"opvangvragen-{report.year}{f'-{report.desk}' if report.desk else ''}.csv"
    return PlainTextResponse(
        report.as_csv(), media_type="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _report(request: Request, person: Person, year: str, desk: str) -> Report:
    now = request.app.state.now()
    wanted = Wanted(int(year) if year.isascii() and year.isdigit() and len(year) == 4 else now.year, desk or None)
    try:
        with request.app.state.database.read() as session:
            return reports.counts(session, request.app.state.installation, wanted, now, person.desk_ids)
    except WrongReport:
        raise DeskError(404, "Choose a year and one of your desks.") from None
