"""The commands for desks and the accounts of who works there."""

from pathlib import Path
from typing import Annotated

import typer

from intake.cli.shared import opened, settings, stop

_MOST_SHOWN = 50
desk = typer.Typer(help="Desks: who answers which number.", no_args_is_help=True)


@desk.command("add")
def desk_add(
    slug: str,
    name: Annotated[str, typer.Option()],
    number: Annotated[str, typer.Option(help="E.164: +3290000001")],
    postcodes: Annotated[str, typer.Option(help="9000,9030")],
    languages: Annotated[str, typer.Option(help="nl,fr,en")] = "nl",
    voice: Annotated[str | None, typer.Option(help="another number for calls")] = None,
    sms: Annotated[str | None, typer.Option(help="another number for text messages")] = None,
    whatsapp: Annotated[str | None, typer.Option(help="another number for WhatsApp")] = None,
    caller_id: Annotated[str | None, typer.Option(help="the number families see when the desk calls")] = None,
) -> None:
    """A new desk."""
    from intake.set_up import add_desk

    own = {"voice": voice, "sms": sms, "whatsapp": whatsapp, "caller-id": caller_id}
    with opened() as (keys, database):
        add_desk(database, keys, slug, name, number, postcodes.split(","), languages.split(","), own)
    typer.echo(f"The desk {slug} answers {number}.")


@desk.command("hours")
def desk_hours(
    slug: str,
    hours: Annotated[str, typer.Argument(help='OpenStreetMap\'s way: "Mo-Fr 09:00-16:00; PH off"')],
    phone: Annotated[str | None, typer.Option(help="the desk's own phone, which rings: +3290000009")] = None,
    address: Annotated[str | None, typer.Option(help="where it is, for families: Stationsstraat 1, Gent")] = None,
) -> None:
    """When the desk is open and where it is, and which phone rings when a caller asks for a person."""
    from intake.set_up import open_desk

    with opened() as (_, database):
        open_desk(database, slug, hours, phone, address)
    typer.echo(f"The desk {slug} is open {hours}.")


@desk.command("follow-up")
def desk_follow_up(
    slug: str,
    on: Annotated[bool, typer.Option("--on/--off", help="whether families are asked")] = True,
    before: Annotated[int | None, typer.Option(help="weeks before the start (0: not before)")] = None,
    after: Annotated[int | None, typer.Option(help="weeks after the start, and as many after that")] = None,
    most: Annotated[int | None, typer.Option(help="times about one request, at most three")] = None,
) -> None:
    """Ask families around the wanted start whether they found childcare, where they let us write."""
    from intake.set_up import follow_up_desk

    given = {"before": before, "after": after, "most": most}
    changes = {"follow_up": on} | {f"follow_up_{name}": each for name, each in given.items() if each is not None}
    with opened() as (_, database):
        chosen = follow_up_desk(database, slug, changes)
    if not chosen.follow_up:
        typer.echo(f"The desk {slug} asks nobody.")
        return
    when = f"{chosen.follow_up_before} weeks before the start and " if chosen.follow_up_before else ""
    typer.echo(
        f"The desk {slug} asks {when}every {chosen.follow_up_after} weeks after, {chosen.follow_up_most} times at most."
    )


@desk.command("childcare")
def desk_childcare(
    slug: str,
    file: Annotated[Path, typer.Argument(help="CSV or XLSX: name, address, postcode, town, phone, kind, price")],
) -> None:
    """The list of childcare that families are told of: all of it, or nothing and what is wrong, line by line."""
    from flows.grammar.place import load_places
    from intake.childcare import LARGEST, read
    from intake.set_up import take_childcare
    from intake.tables import WrongFile

    if not file.is_file():
        stop(f"{file}: there is no such file")
    if file.stat().st_size > LARGEST:
        stop(f"{file}: the file is too large: send at most {LARGEST // 1_000_000} MB")
    try:
        found = read(file.read_bytes(), load_places())
    except WrongFile as problem:
        typer.echo(f"{file}: {problem}", err=True)
        raise typer.Exit(1) from None
    if found.faults:
        for fault in found.faults[:_MOST_SHOWN]:
            typer.echo(str(fault), err=True)
        typer.echo("Nothing was taken: the list before stays.", err=True)
        raise typer.Exit(1)
    with opened() as (_, database):
        take_childcare(database, slug, found)
    typer.echo(f"The desk {slug} tells families of {len(found.places)} places.")


@desk.command("categories")
def desk_categories(
    slug: str,
    year: int,
    flags: Annotated[str | None, typer.Argument(help='"urgent,extended", "" for none; none given: the usual')] = None,
) -> None:
    """Which categories the yearly report of a desk has for a year, where they are other than the usual ones."""
    from intake.set_up import categories_of

    chosen = None if flags is None else [each.strip() for each in flags.split(",") if each.strip()]
    with opened() as (_, database):
        categories_of(database, slug, year, chosen)
    told = "the usual categories" if chosen is None else ", ".join(chosen) or "no category"
    typer.echo(f"The report of {slug} for {year} has {told}.")


@desk.command("list")
def desk_list() -> None:
    """Every desk with its number and languages."""
    from storage import desks

    with opened() as (_, database), database.read() as session:
        for each in desks.everything(session):
            chosen = desks.choices(each)
            typer.echo(f"{each.slug}\t{each.name}\t{each.number}\t{','.join(chosen.languages)}")


staff = typer.Typer(help="Accounts of the people at the desks.", no_args_is_help=True)


@staff.command("add")
def staff_add(
    name: Annotated[str, typer.Argument(help="the username")],
    role: Annotated[str, typer.Option(help="worker, coordinator, administrator, auditor, referrer or translator")],
    desks: Annotated[list[str] | None, typer.Option("--desk", help="short name of a desk; repeat for more")] = None,
) -> None:
    """A new account; prints a link that works once, with which they choose a password."""
    from intake.set_up import add_staff

    with opened() as (_, database):
        secret = add_staff(database, name, desks or [], role)
    typer.echo(f"{settings().public_url}/desk/welcome/{secret}")


@staff.command("list")
def staff_list() -> None:
    """Every account with its role."""
    from storage import staff as accounts

    with opened() as (_, database), database.read() as session:
        for each in accounts.everybody(session):
            typer.echo(f"{each.username}\t{each.role}\t{'disabled' if each.disabled else 'active'}")


@staff.command("disable")
def staff_disable(name: str) -> None:
    """The account cannot sign in any more, and is signed out everywhere."""
    from storage import staff as accounts

    with opened() as (_, database):
        database.write(lambda session: accounts.disable(session, name)).result()
    typer.echo(f"{name} cannot sign in any more.")


@staff.command("reset")
def staff_reset(name: str) -> None:
    """A new link that works once; the old password ends."""
    from storage import clock
    from storage import staff as accounts

    with opened() as (_, database):
        secret = database.write(lambda session: accounts.reset(session, clock.system_now(), name)).result()
    typer.echo(f"{settings().public_url}/desk/welcome/{secret}")
