"""The commands that keep an installation safe."""

import typer

from intake.cli.shared import opened, stop


def erase(reference: str) -> None:
    """Erase everything about the family of this request now: messages, recordings, addresses, keys."""
    from functools import partial

    from storage import audit, clock, erasure
    from storage.database import Session

    digits = reference.replace(" ", "")

    def work(session: Session) -> bool:
        family_id = erasure.family_of(session, digits)
        if family_id is None:
            return False
        now = clock.system_now()
        erasure.erase(session, family_id, now)
        audit.add(session, now, None, "", "erased", family_id)
        return True

    with opened() as (_, database):
        if not database.write(partial(work)).result():
            stop(f"{reference}: there is no request with this number")
        database.scrub()
    typer.echo("Erased.")


audit = typer.Typer(help="The audit: who did what.", no_args_is_help=True)


@audit.callback()
def audit_main() -> None:
    """The audit: who did what."""


@audit.command("verify")
def audit_verify() -> None:
    """Whether no line of the audit was changed or taken away. Exit 1 when one was."""
    from storage import audit as lines

    with opened() as (_, database), database.read() as session:
        wrong = lines.verify(session)
    if wrong is not None:
        typer.echo(f"line {wrong} does not fit the line before it: the audit was changed", err=True)
        raise typer.Exit(1)
    typer.echo("Every line fits.")
