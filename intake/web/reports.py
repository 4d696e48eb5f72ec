"""The yearly counts as a page and as files; each number opens the requests behind it. For coordinators."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from flows import definitions
from flows.definitions import Definition
from flows.engine.turn import local_day
from flows.wording import reference
from intake import informing, mirror, own_definitions, reports
from intake.desk import MAY, DeskError
from intake.reports import ALL, COLUMNS, Behind, Report, Wanted, WrongReport
from intake.web import charts, report_words, words
from intake.web import wanted as asked_for
from intake.web.auth import may, theirs
from intake.web.charts import Bar
from intake.web.pages import page, translate
from intake.web.queries import KNOWN
from intake.web.report_words import CHASE
from storage import audit
from storage import reports as kept
from storage.models import Registration
from storage.staff import Person

router = APIRouter(prefix="/reports", tags=["reports"], include_in_schema=False)
Reader = Annotated[Person, Depends(may("reports"))]
_MOST = 500  # requests on one page


@dataclass(frozen=True)
class Number:
    """One number of the table, and where it leads ("": nowhere)."""

    count: str
    to: str


@dataclass(frozen=True)
class Line:
    label: str
    registered: bool
    numbers: tuple[Number, ...]


@dataclass(frozen=True)
class Chase:
    """Requests that lower the shortage as long as nobody finishes them. `lines`: label, how many, where they are."""

    label: str
    text: str
    lines: tuple[tuple[str, int, str], ...]


@dataclass(frozen=True)
class Shown:
    """One request behind a number. `conversation`: "" for who may not open it."""

    reference: str
    asked_on: str
    since: str
    postcode: str
    start: str
    lines: tuple[str, ...]
    conversation: str


@router.get("")
def counts(request: Request, person: Reader) -> HTMLResponse:
    wanted, report = asked_for.report(request, person)
    bars = [_bar(each.measure, each.unique or 0, each.unanswered) for each in report.measures if each.registered]
    return page(
        request, "reports.html", "reports", **frame(request, person, wanted, report, "counts"),
        rows=[_line(report, wanted, each.measure) for each in report.measures], chases=_chases(report, wanted),
        chart=charts.lying("per-category", translate("Requests, in total and per category"), bars),
        overlap=[(translate(report_words.OVERLAP[each.categories]), each) for each in report.overlap],
        together=sum(each.unique or 0 for each in report.measures[1:] if each.registered),
        columns=[translate(report_words.COLUMNS[column]) for column in COLUMNS], may_export="export" in _may(person),
        **_information(request, person, wanted, report.year),
    )  # fmt: skip


def _information(request: Request, person: Person, wanted: Wanted, year: int) -> dict[str, Any]:
    """What families were told that only had a question: beside the counts, in none of them."""
    state = request.app.state
    with theirs(request).read() as session:
        chosen = reports.frame(session, state.installation, wanted, state.now(), person.desk_ids).desk_ids
        found = informing.given(session, chosen, year)
    few = f"1–{mirror.FEWEST - 1}"
    return {
        "informed": found.conversations,
        "subjects": [(translate(label), found.subjects.get(key, 0)) for key, label in report_words.SUBJECTS.items()],
        "informed_in": [
            (words.language(code), few if count < mirror.FEWEST else count) for code, count in found.languages.items()
        ],
    }


def frame(request: Request, person: Person, wanted: Wanted, report: Report, tab: str) -> dict[str, Any]:
    """What stands on every page of the counts: the choices, and by what was counted."""
    return {
        "report": report, "tab": tab, "query": asked_for.query(wanted), "wanted": wanted,
        "known_on": f"{words.date_of(local_day(report.known_on))}, {words.clock_time(report.known_on)}",
        "as_of": words.date_of(report.as_of), "desks": asked_for.own_desks(request, person),
        "years": reports.years(request.app.state.now()), "definitions": _definitions(request, person),
        "rules": [(rule.value, translate(text)) for rule, text in report_words.RULES.items()],
        "year_rule": translate(report_words.RULES[report.year_rule]),
    }  # fmt: skip


def _definitions(request: Request, person: Person) -> list[Definition]:
    """The service's own and the newest version of each that the person's desks made."""
    with theirs(request).read() as session:
        own = own_definitions.known(session, person.desk_ids)
    newest = {row.name: definition for row, definition in reversed(own)}
    return [*definitions.load().unanswered, *newest.values()]


@router.get("/requests")
def requests(request: Request, person: Reader, measure: str = "", column: str = "") -> HTMLResponse:
    """The requests behind one number: a worklist, those that matter most first."""
    wanted, report = asked_for.report(request, person)
    state = request.app.state
    database = theirs(request)
    try:
        with database.read() as session:
            found = reports.behind(
                session, state.installation, wanted, state.now(), person.desk_ids, measure, column
            )  # fmt: skip
            rows = kept.listed(session, [each.id for each in found[:_MOST]])
    except WrongReport:
        raise DeskError(404, "Choose a number of the table.") from None
    told = f"{report.year} {measure} {column} {len(found)}"
    database.write(lambda session: audit.add(session, state.now(), None, person.id, "counted", told)).result()
    return page(
        request, "requests.html", "reports", rows=list(_shown(zip(found, rows, strict=False), person)), report=report,
        query=asked_for.query(wanted), count=len(found), todo=translate(CHASE.get(column, "")), column=column,
        may_conclude=column in CHASE and column != "flag_unknown" and "conclude" in MAY[person.role],
        title=f"{report_words.measure(measure)}: {translate(report_words.COLUMNS[column])}",
    )  # fmt: skip


@router.get("/counts.csv", dependencies=[KNOWN])
def counts_csv(request: Request, person: Reader) -> Response:
    _, report = asked_for.report(request, person)
    return PlainTextResponse(report.as_csv(), media_type="text/csv", headers=_as_file(report, "opvangvragen", "csv"))


@router.get("/counts.xlsx", dependencies=[KNOWN])
def counts_xlsx(request: Request, person: Reader) -> Response:
    _, report = asked_for.report(request, person)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return Response(report.as_xlsx(), media_type=kind, headers=_as_file(report, "opvangvragen", "xlsx"))


def _line(report: Report, wanted: Wanted, measure: str) -> Line:
    (row,) = (each for each in report.measures if each.measure == measure)
    told = [(column, getattr(row, column)) for column in COLUMNS]
    numbers = tuple(
        Number("–" if count is None else str(count), asked_for.behind(wanted, measure, column) if count else "")
        for column, count in told
    )
    return Line(report_words.measure(measure), row.registered, numbers)


def _chases(report: Report, wanted: Wanted) -> list[Chase]:
    """The worklists, that of the requests that most likely are unanswered first; empty ones are left out."""
    found = []
    for column, text in CHASE.items():
        rows = [each for each in report.measures if each.registered and (each.measure == ALL) != (column == _UNKNOWN)]
        lines = tuple(
            (report_words.measure(each.measure), count, asked_for.behind(wanted, each.measure, column))
            for each in rows
            if (count := getattr(each, column))
        )
        if lines:
            found.append(Chase(translate(report_words.COLUMNS[column]), translate(text), lines))
    return found


def _shown(found: Iterable[tuple[Behind, Registration]], person: Person) -> Iterable[Shown]:
    may_open = "queue" in _may(person)
    for behind, row in found:
        yield Shown(
            reference(row.reference), words.date_of(row.asked_on), words.date_of(behind.since), row.postcode,
            report_words.start(row.start), tuple(map(report_words.measure, behind.lines)),
            row.conversation_id if may_open else "",
        )  # fmt: skip


def _bar(measure: str, unique: int, unanswered: int | None) -> Bar:
    return Bar(report_words.measure(measure), unique, unanswered, report_words.of(unanswered, unique))


def _as_file(report: Report, name: str, kind: str) -> dict[str, str]:
    desk = f"-{report.desk}" if report.desk else ""
    return {"Content-Disposition": f'attachment; filename="{name}-{report.year}{desk}.{kind}"'}


def _may(person: Person) -> frozenset[str]:
    return MAY[person.role]


_UNKNOWN = "flag_unknown"
