"""The command line: one small function a command, each handing over to the module that does the work.

Exit 0: done; 1: the data or the installation is not in order; 2: wrong use, with one sentence on standard error.
"""

import sys
from collections.abc import Callable, Iterator
from typing import Annotated

import typer

from intake.json_lines import WrongLine

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
def understand() -> None:
    """Read answers: JSON lines in (id, kind, lang, input, reference), JSON lines out (id, value)."""
    from intake.json_lines import understand_line

    _each_line(understand_line)


@app.command()
def categorise() -> None:
    """Decide the special categories: JSON lines of answers in, JSON lines with flags, rules and reasons out."""
    from intake.json_lines import categorise_line

    _each_line(categorise_line)


@app.command()
def chat(language: Annotated[str, typer.Option(help="the first language of the menu: nl, fr, en")] = "nl") -> None:
    """Text the central number from this terminal. End with an empty line or Ctrl-D."""
    from intake import chat as terminal
    from locales import languages

    if language not in languages.load():
        _stop(f"--language {language}: choose one of {', '.join(languages.load())}")
    for answer in terminal.chat(_typed(), language):
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


def _each_line(work: Callable[[str], str]) -> None:
    for number, line in enumerate(sys.stdin.buffer, 1):
        try:
            text = line.decode("utf-8").strip()
            if text:
                sys.stdout.write(f"{work(text)}\n")
        except UnicodeDecodeError:
            _stop(f"line {number}: write the text in UTF-8")
        except WrongLine as wrong:
            _stop(f"line {number}: {wrong}")
    sys.stdout.flush()


def _stop(sentence: str) -> None:
    sys.stdout.flush()
    typer.echo(sentence, err=True)
    raise typer.Exit(2)
