"""The commands that take lists from elsewhere."""

from pathlib import Path
from typing import Annotated

import typer

from intake.cli.shared import opened, settings, stop

importing = typer.Typer(help="Lists from elsewhere.", no_args_is_help=True)
_MOST_SHOWN = 50


@importing.callback()
def import_main() -> None:
    """Lists from elsewhere."""


@importing.command("registrations")
def import_registrations(
    file: Path,
    take_good: Annotated[Path | None, typer.Option(help="take the good rows; this file gets the others")] = None,
) -> None:
    """Take a list of requests (CSV): all of it, or nothing and what is wrong, line by line."""
    import gc
    from functools import partial

    from intake import importing as work
    from intake import service
    from storage import clock

    if not file.is_file():
        stop(f"{file}: there is no such file")
    if file.stat().st_size > work.LARGEST:
        stop(f"{file}: the file is too large: send at most {work.LARGEST // 1024 // 1024} MB at once")
    sent = file.read_bytes()
    gc.disable()  # what is made stays until the end: to look for what went only costs
    with opened() as (keys, database):
        here = service.load(keys, settings())
        try:
            with typer.progressbar(length=2 * sent.count(b"\n"), label="Rows") as bar:
                run = partial(
                    work.run, here=here, sent=sent, now=clock.system_now(), take_good=take_good is not None,
                    done=bar.update,
                )  # fmt: skip
                result = database.write(run).result()
        except work.WrongFile as problem:
            typer.echo(f"{file}: {problem}", err=True)
            raise typer.Exit(1) from None
    for fault in result.faults[:_MOST_SHOWN]:
        typer.echo(str(fault), err=True)
    if len(result.faults) > _MOST_SHOWN:
        typer.echo(f"and {len(result.faults) - _MOST_SHOWN} more", err=True)
    if result.faults and take_good is None:
        typer.echo(f"Nothing was taken: {len(result.bad)} of {result.rows} rows are wrong.", err=True)
        raise typer.Exit(1)
    if take_good is not None and result.bad:
        take_good.write_text(result.bad_file, encoding="utf-8")
    for each in result.likely[:_MOST_SHOWN]:
        why = "the same number" if each.same_number else "the same name"
        typer.echo(f"line {each.line}: perhaps the same child as {each.reference} ({why})", err=True)
    typer.echo(f"{result.added} added, {result.changed} changed, {result.same} the same.")
    if result.bad:
        typer.echo(f"{len(result.bad)} rows are wrong: mend them in {take_good} and import it.", err=True)
        raise typer.Exit(1)
