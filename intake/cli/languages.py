"""The commands for languages and their translators."""

from pathlib import Path
from typing import Annotated

import typer

from intake.cli.shared import problems, settings

language = typer.Typer(help="Languages: what is translated, and files for translators.", no_args_is_help=True)


@language.command("list")
def language_list() -> None:
    """Every language: how many texts, in which state of review, out of date, and at which desks it is on."""
    from intake import language_commands

    for line in language_commands.listed(settings()):
        typer.echo(line)


@language.command("check")
def language_check(codes: Annotated[list[str] | None, typer.Argument(help="nl fr; all when left out")] = None) -> None:
    """Texts that lack a placeholder, invite a provider's word, or do not fit a text message. Exit 1 when there are."""
    from intake import language_commands

    with problems():
        found = language_commands.checked(codes or [])
    for line in found:
        typer.echo(line)
    if found:
        raise typer.Exit(1)
    typer.echo("Every text is in order.")


@language.command("cost")
def language_cost(codes: Annotated[list[str] | None, typer.Argument(help="nl fr; all when left out")] = None) -> None:
    """What a family sends and receives, to a request that counts and to a whole one, on the short and the long way."""
    from intake import language_commands

    with problems():
        for line in language_commands.costs(codes or []):
            typer.echo(line)


@language.command("update")
def language_update() -> None:
    """Bring every catalogue in step with the Dutch: new texts come in empty, changed ones are marked out of date."""
    from intake import language_commands

    with problems():
        for line in language_commands.updated():
            typer.echo(line)


@language.command("export")
def language_export(
    code: str,
    file: Path,
    format: Annotated[str, typer.Option(help="po or xlsx; by the file's ending when left out")] = "",
    approved: Annotated[bool, typer.Option("--approved", help="with what was approved on the pages")] = False,
) -> None:
    """The texts of a language with Dutch, context, segments and state, as a spreadsheet or a gettext file."""
    from intake import language_commands

    with problems():
        if approved:
            many = language_commands.approved(settings(), code, file, format)
            typer.echo(f"{many} texts of {code} were approved; {file} holds them, to be imported.")
            return
        many = language_commands.exported(code, file, format)
    typer.echo(f"{many} texts of {code} stand in {file}.")


@language.command("import")
def language_import(
    code: str,
    file: Path,
    format: Annotated[str, typer.Option(help="po or xlsx; by the file's ending when left out")] = "",
) -> None:
    """Take a translator's file: all of it, or nothing and every fault by its key (exit 1)."""
    from intake import language_commands
    from intake.translations import TranslationProblem

    with problems():
        try:
            many = language_commands.imported(code, file, format)
        except TranslationProblem as problem:
            typer.echo(str(problem), err=True)
            raise typer.Exit(1) from None
    typer.echo(f"{many} texts of {code} changed.")
