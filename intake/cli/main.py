"""The commands that start, check and try an installation."""

import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from intake.cli.shared import each_line, problems, settings, stop

app = typer.Typer(
    help="Opvanglijn: childcare requests by text message, telephone and chat.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def main() -> None:
    """Opvanglijn: childcare requests by text message, telephone and chat."""


@app.command()
def demo() -> None:
    """A demonstration on this computer: a sample desk and telephones in the browser. What `make run` starts."""
    from intake import demo as demonstration

    with problems():
        demonstration.run(settings(), typer.echo)


@app.command()
def migrate() -> None:
    """Make the keys when there are none, and bring the database up to date. Safe to run again."""
    from intake import service

    with problems():
        sheet = service.migrate(settings())
    typer.echo("The database is up to date.")
    if sheet is not None:
        typer.echo(f"New keys were made. Print {sheet}: what to keep where, and how to restore.")


@app.command()
def check() -> None:
    """Everything checked: settings, keys, database, texts, tables, provider. Exit 1 when something is wrong."""
    from intake.check import findings
    from storage import clock

    found = list(findings(settings(), clock.system_now()))
    for finding in found:
        typer.echo(f"{'wrong' if finding.is_wrong else 'note '}  {finding.sentence}")
    if any(finding.is_wrong for finding in found):
        raise typer.Exit(1)
    typer.echo("Nothing is wrong.")


@app.command()
def serve(
    host: str = "127.0.0.1",
    port: int = 8000,
    with_worker: Annotated[bool, typer.Option("--worker/--no-worker", help="also send what waits")] = True,
) -> None:
    """The web service with its worker, until Ctrl-C."""
    from intake import service

    with problems():
        service.serve(settings(), host, port, with_worker=with_worker)


@app.command("worker")
def work(
    measures: Annotated[str, typer.Option(help="127.0.0.1:9101: where /metrics of this process is asked for")] = "",
) -> None:
    """The worker alone: sends what waits and keeps promises, beside `serve --no-worker`."""
    from intake import service

    host, _, port = measures.rpartition(":")
    if measures and not (host and port.isascii() and port.isdecimal() and 0 < int(port) < 65536):
        stop(f"--measures {measures}: write it as 127.0.0.1:9101")
    with problems():
        service.work(settings(), (host, int(port)) if measures else None)


@app.command()
def understand() -> None:
    """Read answers: JSON lines in (id, kind, lang, input, reference), JSON lines out (id, value)."""
    from intake.json_lines import understand_line

    each_line(understand_line)


@app.command()
def categorise() -> None:
    """Decide the special categories: JSON lines of answers in, JSON lines with flags, rules and reasons out."""
    from intake.json_lines import categorise_line

    each_line(categorise_line)


@app.command()
def chat(
    language: Annotated[str, typer.Option(help="the first language of the menu: nl, fr, en")] = "nl",
    channel: Annotated[str, typer.Option(help="sms, whatsapp, telegram, or voice: keys, words, . for silence")] = "sms",
) -> None:
    """Write to the central number from this terminal, or call it. End with an empty line or Ctrl-D."""
    from flows.events import Channel
    from intake import chat as terminal
    from locales import languages

    known = languages.load()
    if language not in known:
        stop(f"--language {language}: choose one of {', '.join(known)}")
    if channel not in list(Channel):
        stop(f"--channel {channel}: choose one of {', '.join(Channel)}")
    if channel != Channel.VOICE and known[language].only_spoken:
        stop(f"--language {language}: it is only spoken; use --channel voice")
    if channel == Channel.VOICE:
        answers = terminal.call(_typed(), language)
    else:
        answers = terminal.chat(_typed(), language, channel=Channel(channel))
    for answer in answers:
        typer.echo("\n".join(f"  | {line}" for line in answer.splitlines()) + "\n")


def _typed() -> Iterator[str]:
    """One text a line, until an empty one or the end."""
    is_person = sys.stdin.isatty()
    while True:
        if is_person:
            sys.stdout.write("> ")
            sys.stdout.flush()
        line = sys.stdin.readline()
        if not line.strip():
            return
        yield line.strip()
