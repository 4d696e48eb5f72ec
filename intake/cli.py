"""The command line: one small function a command, each handing over to the module that does the work.

Exit 0: done; 1: the data or the installation is not in order; 2: wrong use, with one sentence on standard error.
"""

import sys
from collections.abc import Callable

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
