"""The commands for how a language sounds on the phone."""

from pathlib import Path
from typing import Annotated

import typer

from intake.cli.shared import problems, settings

voice = typer.Typer(help="Recordings, the printed card, and the words for while we are down.", no_args_is_help=True)


@voice.command("script")
def voice_script(
    code: Annotated[str, typer.Argument(help="so, ti, ps …")],
    folder: Annotated[Path, typer.Option("--out", help="where the table and the page go")] = Path("."),
) -> None:
    """What a volunteer has to record in a language: a table (CSV) and a page to print."""
    from intake import voice_commands

    with problems():
        for path in voice_commands.script(settings(), code, folder):
            typer.echo(path)


@voice.command("import")
def voice_import(
    folder: Path, code: Annotated[str, typer.Option("--language", help="left out: the folder's name")] = ""
) -> None:
    """Take recordings: name, format, loudness and length are checked. Exit 1 when one of them was refused."""
    from intake import voice_commands

    with problems():
        refused, told = voice_commands.imported(settings(), code or folder.name, folder)
    for each in refused:
        typer.echo(f"{each.file}: {each.why}", err=True)
    typer.echo(told)
    if refused:
        raise typer.Exit(1)


@voice.command("fallback")
def voice_fallback(slug: Annotated[str, typer.Argument(help="the desk's short name")]) -> None:
    """The TwiML to paste at the provider, for callers while this service cannot be reached."""
    from intake import voice_commands

    with problems():
        typer.echo(voice_commands.fallback(settings(), slug))


@voice.command("card")
def voice_card(
    slug: Annotated[str, typer.Argument(help="the desk's short name")],
    file: Annotated[Path, typer.Option("--out", help="the page to print")] = Path("card.html"),
) -> None:
    """A card to print: the number to call, and the two keys that choose each language at once."""
    from intake import voice_commands

    with problems():
        voice_commands.card(settings(), slug, file)
    typer.echo(file)
