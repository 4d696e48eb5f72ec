"""The yearly counts as a page and as files; each number opens the requests behind it. For coordinators."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from flows import definitions
from flows.definitions import YearRule
from flows.engine.turn import BRUSSELS
from flows.wording import reference
from intake import exporting, reports
from intake.desk import MAY, DeskError
from intake.reports import COLUMNS, Report, Wanted, WrongReport
from intake.web import words
from intake.web.auth import may
from intake.web.pages import page, translate
from intake.web.proof import recently_proven
from intake.web.queries import KNOWN
from storage import audit, desks, imports
from storage.database import Database
from storage.staff import Person

router = APIRouter(prefix="/reports", tags=["reports"], include_in_schema=False)
Reader = Annotated[Person, Depends(may("reports"))]
Exporter = Annotated[Person, Depends(recently_proven("export"))]
_RULES = {
    YearRule.ASKED: "The year in which it was asked",
    YearRule.START: "The year in which childcare is to start",
    YearRule.EVERY_OPEN: "Every year in which it was open",
}
_LABELS = {
    "unique": "Unique",
    "unanswered": "Unanswered",
    "open_start_to_come": "Open, start to come",
    "open_start_passed": "Open, start passed",
    "unreachable": "Unreachable",
    "flag_unknown": "Not known",
}


@dataclass(frozen=True)
class Behind:
    """One request behind a number. `conversation`: "" for who may not open it."""

    reference: str
    asked_on: str
    postcode: str
    start: str
    conversation: str


@router.get("")
def counts(request: Request, person: Reader) -> HTMLResponse:
    wanted, report = _report(request, person)
    with request.app.state.database.read() as session:
        own = [each for each in desks.everything(session) if each.id in person.desk_ids]
    known_on = f"{report.known_on.astimezone(BRUSSELS):%Y-%m-%d %H:%M}"
    return page(
        request, "reports.html", "reports", report=report, known_on=known_on, rows=_rows(report, wanted), desks=own,
        years=reports.years(request.app.state.now()), definitions=definitions.load().unanswered,
        rules=[(rule.value, translate(text)) for rule, text in _RULES.items()], query=_query(wanted),
        columns=[translate(_LABELS[column]) for column in COLUMNS], may_export="export" in _may(person),
    )  # fmt: skip


@router.get("/requests")
def requests(request: Request, person: Reader, measure: str = "", column: str = "") -> HTMLResponse:
    """The requests behind one number: a worklist."""
    wanted, report = _report(request, person)
    state = request.app.state
    database: Database = state.database
    try:
        with database.read() as session:
            ids = reports.behind(
                session, state.installation, wanted, state.now(), person.desk_ids, measure, column
            )  # fmt: skip
            rows = [imports.row_of(session, id_) for id_ in ids]
    except WrongReport:
        raise DeskError(404, "Choose a number of the table.") from None
    told = f"{report.year} {measure} {column} {len(rows)}"
    database.write(lambda session: audit.add(session, state.now(), None, person.id, "counted", told)).result()
    may_open = "queue" in _may(person)
    found = [
        Behind(
            reference(row.reference), words.date_of(row.asked_on), row.postcode,
            translate("as soon as possible") if row.start == "asap" else row.start,
            row.conversation_id if may_open else "",
        )
        for row in rows
    ]  # fmt: skip
    return page(
        request, "requests.html", "reports", rows=found, report=report, query=_query(wanted),
        title=f"{_name(measure)}: {translate(_LABELS[column])}",
    )  # fmt: skip


@router.get("/counts.csv", dependencies=[KNOWN])
def counts_csv(request: Request, person: Reader) -> Response:
    _, report = _report(request, person)
    return PlainTextResponse(report.as_csv(), media_type="text/csv", headers=_as_file(report, "opvangvragen", "csv"))


@router.get("/counts.xlsx", dependencies=[KNOWN])
def counts_xlsx(request: Request, person: Reader) -> Response:
    _, report = _report(request, person)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return Response(report.as_xlsx(), media_type=kind, headers=_as_file(report, "opvangvragen", "xlsx"))


@router.get("/requests.csv", dependencies=[KNOWN])
def requests_csv(request: Request, person: Exporter) -> Response:
    """Every request of the year, with names: written in the audit."""
    _, report = _report(request, person)
    state = request.app.state
    with state.database.read() as session:
        rows = list(
            exporting.registrations(session, state.installation, report.year, report.desk, person.desk_ids)
        )  # fmt: skip
    told = f"{report.year} {report.desk or '*'} {len(rows)}"
    state.database.write(lambda session: audit.add(session, state.now(), None, person.id, "exported", told)).result()
    content = "".join(exporting.as_csv(rows))
    return PlainTextResponse(content, media_type="text/csv", headers=_as_file(report, "aanvragen", "csv"))


def _report(request: Request, person: Person) -> tuple[Wanted, Report]:
    now, given = request.app.state.now(), request.query_params
    year = given.get("year", "")
    try:
        wanted = Wanted(
            int(year) if year.isascii() and year.isdigit() and len(year) == 4 else now.year, given.get("desk") or None,
            given.get("definition") or None, given.get("year_rule") or None,
            date.fromisoformat(given["as_of"]) if given.get("as_of") else None,
        )  # fmt: skip
        with request.app.state.database.read() as session:
            report = reports.counts(session, request.app.state.installation, wanted, now, person.desk_ids)
    except (WrongReport, ValueError):
        raise DeskError(404, "Choose a year and one of your desks.") from None
    return wanted, report


def _rows(report: Report, wanted: Wanted) -> list[dict[str, object]]:
    """Each line with its numbers, and where each leads."""
    found = []
    for each in report.measures:
        cells = []
        for column in COLUMNS:
            count = getattr(each, column)
            query = {**_query(wanted), "measure": each.measure, "column": column}
            cells.append({"count": "–" if count is None else count, "to": urlencode(query) if count else ""})
        found.append({"label": _name(each.measure), "registered": each.registered, "cells": cells})
    return found


def _name(measure: str) -> str:
    return translate("All requests") if measure == reports.ALL else translate(words.FLAGS[measure])


def _query(wanted: Wanted) -> dict[str, str]:
    """What was asked for, as an address says it."""
    said = {
        "year": str(wanted.year), "desk": wanted.desk, "definition": wanted.definition, "year_rule": wanted.year_rule,
        "as_of": wanted.as_of.isoformat() if wanted.as_of else None,
    }  # fmt: skip
    return {name: value for name, value in said.items() if value}


def _as_file(report: Report, name: str, kind: str) -> dict[str, str]:
    desk = f"-{report.desk}" if report.desk else ""
    return {"Content-Disposition": f'attachment; filename="{name}-{report.year}{desk}.{kind}"'}


def _may(person: Person) -> frozenset[str]:
    return MAY[person.role]
