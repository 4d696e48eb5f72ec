"""The commands for Telegram: tell it where to bring updates, or fetch them where we have no public address."""

import typer

from intake.cli.shared import problems, settings

telegram = typer.Typer(help="Telegram: where its updates come.", no_args_is_help=True)


@telegram.command("set-webhook")
def set_webhook() -> None:
    """Have Telegram bring its updates to INTAKE_PUBLIC_URL from now on."""
    from intake import telegram_commands

    with problems():
        typer.echo(telegram_commands.set_webhook(settings()))


@telegram.command()
def poll() -> None:
    """Fetch updates from Telegram, until Ctrl-C: for a desk without a public address."""
    from intake import telegram_commands

    with problems():
        telegram_commands.poll(settings(), typer.echo)
