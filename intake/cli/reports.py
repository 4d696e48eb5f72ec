"""The commands for the yearly counts."""

import json
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from intake.cli.shared import opened, settings, stop

report = typer.Typer(help="Yearly counts.", no_args_is_help=True)


@report.callback()
def report_main() -> None:
    """Yearly counts."""


@report.command("counts")
def report_counts(
    year: int,
    desk: Annotated[str | None, typer.Option(help="short name of a desk; all desks when left out")] = None,
    definition: Annotated[str | None, typer.Option(help="what counts as unanswered")] = None,
    year_rule: Annotated[str | None, typer.Option(help="to which year a request belongs")] = None,
    as_of: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="outcomes up to this day")] = None,
    known_on: Annotated[str | None, typer.Option(help="as known at this time: 2026-02-01T12:00")] = None,
    format: Annotated[str, typer.Option(help="csv or json")] = "csv",
) -> None:
    """Unique and unanswered requests, in total and per special category."""
    from intake import reports, service
    from storage import clock, desks

    if format not in ("csv", "json"):
        stop(f"--format {format}: choose csv or json")
    with opened() as (keys, database), database.read() as session:
        here = service.load(keys, settings())
        wanted = reports.Wanted(year, desk, definition, year_rule, as_of and as_of.date(), _moment(known_on))
        everywhere = frozenset(each.id for each in desks.everything(session))
        found = reports.counts(session, here, wanted, clock.system_now(), everywhere)
    typer.echo(found.as_csv() if format == "csv" else json.dumps(found.as_json(), ensure_ascii=False), nl=False)


def _moment(text: str | None) -> datetime | None:
    """A time where the desks are, unless it names its own zone."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        stop(f"--known-on {text}: write it as 2026-02-01T12:00")
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo("Europe/Brussels"))
