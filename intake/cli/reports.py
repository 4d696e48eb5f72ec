"""The commands for the yearly counts."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from intake.cli.shared import opened, settings, stop

report = typer.Typer(help="Yearly counts.", no_args_is_help=True)

# What several of the commands ask, said once.
Desk = Annotated[str | None, typer.Option(help="short name of a desk; all desks when left out")]
Definition = Annotated[str | None, typer.Option(help="what counts as unanswered")]
YearRule = Annotated[str | None, typer.Option(help="to which year a request belongs")]
AsOf = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="outcomes up to this day")]
KnownOn = Annotated[str | None, typer.Option(help="as known at this time: 2026-02-01T12:00")]


@report.callback()
def report_main() -> None:
    """Yearly counts."""


@report.command("counts")
def report_counts(
    year: int,
    desk: Desk = None,
    definition: Definition = None,
    year_rule: YearRule = None,
    as_of: AsOf = None,
    known_on: KnownOn = None,
    public: Annotated[bool, typer.Option("--public", help="for everybody: small counts are hidden")] = False,
    format: Annotated[str, typer.Option(help="csv, xlsx or json")] = "csv",
    mapping: Annotated[Path | None, typer.Option(help="the columns of somebody's template, as this file says")] = None,
) -> None:
    """Unique and unanswered requests, in total and per special category."""
    from functools import partial

    from intake import publishing, reports

    _check_format(format, ("csv", "xlsx", "json") if mapping is None else ("csv", "xlsx"))
    wanted = reports.Wanted(year, desk, definition, year_rule, as_of and as_of.date(), _moment(known_on))
    if mapping is not None:
        _fill(mapping, wanted, format, public)
        return
    with _everywhere() as (here, database, now, desk_ids):
        if public:
            threshold = settings().public_threshold
            work = partial(
                publishing.publish, here=here, wanted=wanted, now=now, desk_ids=desk_ids, threshold=threshold
            )
            found = database.write(work).result()
        else:
            with database.read() as session:
                found = reports.counts(session, here, wanted, now, desk_ids)
    if format == "xlsx":
        _write(found.as_xlsx())
        return
    typer.echo(found.as_csv() if format == "csv" else json.dumps(found.as_json(), ensure_ascii=False), nl=False)


@report.command("registrations")
def report_registrations(
    year: int,
    desk: Desk = None,
    format: Annotated[str, typer.Option(help="csv or xlsx")] = "csv",
) -> None:
    """Every request of a year, one by one, in the columns that `import registrations` takes."""
    from intake import exporting

    _check_format(format, ("csv", "xlsx"))
    with _everywhere() as (here, database, _, desk_ids), database.read() as session:
        rows = exporting.registrations(session, here, year, desk, desk_ids)
        if format == "xlsx":
            _write(exporting.as_xlsx(rows))
        else:
            for line in exporting.as_csv(rows):
                sys.stdout.write(line)


@report.command("freeze")
def report_freeze(
    year: int,
    desk: Desk = None,
    definition: Definition = None,
    year_rule: YearRule = None,
    as_of: AsOf = None,
    known_on: KnownOn = None,
) -> None:
    """The report as it is filed, row by row without names, to keep: `report freeze 2025 > 2025.json`."""
    from functools import partial

    from intake import freezing, reports

    wanted = reports.Wanted(year, desk, definition, year_rule, as_of and as_of.date(), _moment(known_on))
    with _everywhere() as (here, database, now, desk_ids):
        work = partial(freezing.freeze, here=here, wanted=wanted, now=now, desk_ids=desk_ids)
        typer.echo(json.dumps(database.write(work).result(), ensure_ascii=False, indent=1))


@report.command("diff")
def report_diff(file: Path) -> None:
    """What is otherwise today than in a frozen report, line by line, and why."""
    from intake import freezing

    if not file.is_file():
        stop(f"{file}: there is no such file")
    with _everywhere() as (here, database, now, desk_ids), database.read() as session:
        try:
            lines = list(map(str, freezing.diff(session, here, file.read_text("utf-8"), now, desk_ids)))
        except UnicodeDecodeError:
            stop(f"{file}: this is no frozen report: give a file that `report freeze` wrote")
    typer.echo("\n".join(lines) if lines else "Nothing is otherwise.")


@report.command("whose")
def report_whose(file: Path) -> None:
    """Who made a file with names of families, and when: by its content, whatever it is called now."""
    import hashlib

    from storage import exports, staff

    if not file.is_file():
        stop(f"{file}: there is no such file")
    with _everywhere() as (_, database, _, _), database.read() as session:
        found = exports.of_hash(session, hashlib.sha256(file.read_bytes()).hexdigest())
        names = staff.names(session)
    for each in found:
        typer.echo(f"{each.at:%Y-%m-%dT%H:%M:%SZ} {names.get(each.staff_id, each.staff_id)} {each.count} {each.id}")
    if not found:
        typer.echo("No page of ours made this file, or it was changed since.", err=True)
        raise typer.Exit(1)


def _fill(mapping: Path, wanted: Any, format: str, public: bool) -> None:
    """The counts in a template's columns; what is empty in it is said beside."""
    from intake import template

    if public:
        stop("--mapping: public counts have their own table: leave --public out")
    if not mapping.is_file():
        stop(f"{mapping}: there is no such file")
    try:
        chosen = template.read(mapping.read_bytes(), mapping.name)
    except template.WrongTemplate as problem:
        typer.echo("\n".join(f"{mapping}: {each}" for each in problem.faults), err=True)
        raise typer.Exit(1) from None
    with _everywhere() as (here, database, now, desk_ids), database.read() as session:
        filled = template.fill(chosen, template.count(session, here, chosen, wanted, now, desk_ids))
    for header, rows in filled.empty.items():
        typer.echo(f"{header}: empty for {', '.join(rows)}", err=True)
    if format == "xlsx":
        _write(filled.as_xlsx())
    else:
        typer.echo(filled.as_csv(), nl=False)


@contextmanager
def _everywhere() -> Iterator[tuple[Any, Any, datetime, frozenset[str]]]:
    """The installation, its database, the time, and every desk."""
    from intake import service
    from storage import clock, desks

    with opened() as (keys, database):
        here = service.load(keys, settings())
        with database.read() as session:
            desk_ids = frozenset(each.id for each in desks.everything(session))
        yield here, database, clock.system_now(), desk_ids


def _check_format(format: str, known: tuple[str, ...]) -> None:
    if format not in known:
        stop(f"--format {format}: choose {', '.join(known)}")


def _write(content: bytes) -> None:
    if sys.stdout.isatty():
        stop("--format xlsx: send it to a file, with > counts.xlsx behind the command")
    sys.stdout.buffer.write(content)


def _moment(text: str | None) -> datetime | None:
    """A time where the desks are, unless it names its own zone."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        stop(f"--known-on {text}: write it as 2026-02-01T12:00")
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo("Europe/Brussels"))
