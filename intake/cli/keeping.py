"""The commands that keep an installation safe."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from intake.cli.shared import opened, problems, settings, stop


def erase(reference: str) -> None:
    """Erase everything about the family of this request now: messages, recordings, addresses, keys."""
    from intake import tombstones
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
        if not database.write(work).result():
            stop(f"{reference}: there is no request with this number")
        database.scrub()
        with database.read() as session:
            tombstones.keep(settings().erased, erasure.tombstones(session))
    typer.echo("Erased.")


def own(reference: str, file: Path) -> None:
    """All that is kept about the family of this request, for the family itself: FILE.json, or FILE.html to print."""
    import os

    from intake import own_data, service
    from intake.own_page import Page
    from storage import clock

    if file.suffix not in (".json", ".html") or file.exists():
        stop(f"{file}: name a new file that ends in .json or .html")
    now = clock.system_now()
    with opened() as (keys, database):
        try:
            collect = partial(own_data.collect, keys=keys, reference=reference.replace(" ", ""), now=now)
            found = database.write(collect).result()
        except own_data.Nobody:
            stop(f"{reference}: there is no request with this number")
        is_page = file.suffix == ".html"
        told = Page(service.load(keys, settings())).write(found, now) if is_page else own_data.as_json(found, now)
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.write(told)
    typer.echo(f"{file}. First be sure that who asks is the family; hand it over, then delete the file.")


def reconcile(
    since: Annotated[str, typer.Option(help="2026-03-02 or 2026-03-02T10:00; else from the newest event on")] = "",
) -> None:
    """Take in what the provider has and we have not: after a restore, or when the service was down."""
    import asyncio
    from datetime import datetime

    from channels.base import SendError
    from flows.engine.turn import BRUSSELS
    from intake import reconciling, service
    from storage import clock

    try:
        start = datetime.fromisoformat(since).replace(tzinfo=BRUSSELS) if since else None
    except ValueError:
        stop(f"--since {since}: write a day as 2026-03-02")
    provider = service.history(settings())
    if provider is None:
        stop("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set: there is no provider to ask")
    with opened() as (keys, database):
        here = service.load(keys, settings())
        try:
            found = asyncio.run(reconciling.reconcile(database, here, provider, clock.system_now(), start))
        except SendError as problem:
            stop(f"Twilio does not answer ({problem.code}): try again later")
    typer.echo(f"{found.messages} messages and {found.calls} calls were missed and are taken in.")
    if found.late:
        typer.echo(f"{found.late} messages come after later ones of their family: a person looks at those.")


def backup(file: Path) -> None:
    """A backup of everything, encrypted to INTAKE_BACKUP_KEY and proven by restoring. The service may go on."""
    from intake import backups

    with problems():
        try:
            counted = backups.backup(settings(), file)
        except backups.WrongBackup as problem:
            stop(str(problem))
    typer.echo(f"{counted.total} rows, restored once to prove it: {file}. The keys file is not in it: keep that apart.")


def restore(
    file: Path,
    identity: Annotated[Path, typer.Option(help="the file with the identity that opens it")],
) -> None:
    """A backup into a new, empty database; who was erased since is erased again."""
    from intake import backups

    for path in (file, identity):
        if not path.is_file():
            stop(f"{path}: there is no such file")
    with problems():
        try:
            counted, again = backups.restore(settings(), file, identity.read_text("utf-8", errors="replace"))
        except backups.WrongBackup as problem:
            stop(str(problem))
    typer.echo(f"{counted.total} rows restored; {again} families that were erased since are erased again.")


keys = typer.Typer(help="Keys: of what is sealed, and of backups.", no_args_is_help=True)


@keys.callback()
def keys_main() -> None:
    """Keys: of what is sealed, and of backups."""


@keys.command("rotate")
def keys_rotate() -> None:
    """A new master key for everything, while the service goes on. Interrupted, run it again."""
    from intake import rotation

    with opened() as (_, database):
        said = rotation.rotate(settings().keys, database)
    typer.echo(said)


@keys.command("backup")
def keys_backup() -> None:
    """A new pair for backups: the identity opens them (keep it elsewhere), the key encrypts (INTAKE_BACKUP_KEY)."""
    from intake import backups

    identity, key = backups.new_identity()
    typer.echo(f"Keep this away from this machine, on paper or in a safe; it opens the backups:\n{identity}\n")
    typer.echo(f"Set this here:\nINTAKE_BACKUP_KEY={key}")


@keys.command("fingerprint")
def keys_fingerprint() -> None:
    """Which keys these are, without telling them: to compare with the recovery sheet."""
    from intake import recovery
    from storage.keys import Keys

    with problems():
        typer.echo(recovery.fingerprint(Keys.load(settings().keys)))


@keys.command("sheet")
def keys_sheet(
    file: Path,
    with_keys: Annotated[bool, typer.Option("--with-keys", help="the keys themselves too: for a safe, sealed")] = False,
) -> None:
    """The recovery sheet, to print: what to keep where, and how to restore. FILE: a new .html."""
    from intake import recovery
    from storage import clock
    from storage.keys import Keys

    if file.suffix != ".html" or file.exists():
        stop(f"{file}: name a new file that ends in .html")
    with problems():
        page = recovery.sheet(settings(), Keys.load(settings().keys), clock.system_now(), with_keys=with_keys)
        recovery.write(file, page)
    typer.echo(f"{file}. Print it{', then delete it: the keys stand on it' if with_keys else ''}.")


retention = typer.Typer(help="What is not kept for ever.", no_args_is_help=True)


@retention.callback()
def retention_main() -> None:
    """What is not kept for ever."""


@retention.command("run")
def retention_run(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would go")] = False,
) -> None:
    """Words 30 days after a conversation closed, names after the year that follows the report year."""
    from intake import forgetting
    from storage import clock, retention

    now = clock.system_now()
    with opened() as (keys, database):
        if dry_run:
            with database.read() as session:
                found = retention.plan(session, now)
        else:
            found = forgetting.run(database, keys, now)
            database.scrub()
    would = "would lose" if dry_run else "lost"
    typer.echo(f"{found.conversations} conversations {would} their words, {found.families} families their names.")
    typer.echo(f"{found.requests} requests {would} town, quarter of birth, language or day of start, so few are alike.")


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
