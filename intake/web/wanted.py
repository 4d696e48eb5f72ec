"""Which counts an address asks for: year, desk and how they are counted. What every page of the counts begins with."""

from datetime import date, datetime
from urllib.parse import urlencode

from fastapi import Request

from flows.engine.turn import BRUSSELS, local_day
from intake import reports
from intake.desk import DeskError
from intake.reports import Report, Wanted, WrongReport
from intake.web.auth import theirs
from storage import desks
from storage.models import Desk
from storage.staff import Person


def year_of(request: Request) -> int:
    """The year that is asked for, else the one that it is here."""
    year = request.query_params.get("year", "")
    if year.isascii() and year.isdigit() and len(year) == 4:
        return int(year)
    return local_day(request.app.state.now()).year


def wanted(request: Request) -> Wanted:
    """Raises `DeskError`."""
    given = request.query_params
    try:
        return Wanted(
            year_of(request),
            given.get("desk") or None, given.get("definition") or None, given.get("year_rule") or None,
            date.fromisoformat(given["as_of"]) if given.get("as_of") else None, _moment(given.get("known_on") or ""),
        )  # fmt: skip
    except ValueError:
        raise no_such_report() from None


def report(request: Request, person: Person) -> tuple[Wanted, Report]:
    """What is asked for and its counts, over the person's own desks. Raises `DeskError`."""
    asked, state = wanted(request), request.app.state
    try:
        with theirs(request).read() as session:
            return asked, reports.counts(session, state.installation, asked, state.now(), person.desk_ids)
    except WrongReport:
        raise no_such_report() from None


def own_desks(request: Request, person: Person) -> list[Desk]:
    with theirs(request).read() as session:
        return [each for each in desks.everything(session) if each.id in person.desk_ids]


def query(asked: Wanted) -> dict[str, str]:
    """What was asked for, as an address says it."""
    said = {
        "year": str(asked.year), "desk": asked.desk, "definition": asked.definition, "year_rule": asked.year_rule,
        "as_of": asked.as_of.isoformat() if asked.as_of else None,
        "known_on": asked.known_on.isoformat() if asked.known_on else None,
    }  # fmt: skip
    return {name: value for name, value in said.items() if value}


def behind(asked: Wanted, measure: str, column: str) -> str:
    """The address of the requests behind one number."""
    return f"/reports/requests?{urlencode({**query(asked), 'measure': measure, 'column': column})}"


def no_such_report() -> DeskError:
    return DeskError(404, "Choose a year and one of your desks.")


def _moment(text: str) -> datetime | None:
    """A time where the desks are, unless it names its own zone. Raises `ValueError`."""
    moment = datetime.fromisoformat(text) if text else None
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=BRUSSELS)
