"""What every command shares: settings, an opened installation, and one clear sentence for what goes wrong."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import typer
from pydantic import ValidationError

from intake.settings import Settings


@contextmanager
def opened() -> Iterator[tuple[Any, Any]]:
    """Keys and database of this installation."""
    from intake import service

    with problems():
        keys, database = service.opened(settings())
        try:
            yield keys, database
        finally:
            database.close()


@contextmanager
def problems() -> Iterator[None]:
    """What is wrong, in one sentence: the installation exits 1, what was asked exits 2."""
    from intake.reports import WrongReport
    from intake.service import NotReady
    from intake.set_up import WrongSetUp
    from locales.catalogue import CatalogueProblem
    from storage.desks import DeskProblem
    from storage.keys import KeysProblem
    from storage.staff import StaffProblem

    try:
        yield
    except (NotReady, KeysProblem, CatalogueProblem) as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(1) from None
    except (WrongSetUp, DeskProblem, StaffProblem, WrongReport) as problem:
        stop(str(problem))


def settings() -> Settings:
    try:
        return Settings()
    except ValidationError as wrong:
        first = wrong.errors(include_input=False, include_url=False)[0]
        stop(f"{first['loc'][0]}: {first['msg'].removeprefix('Value error, ')}")


def each_line(work: Callable[[str], str]) -> None:
    from intake.json_lines import WrongLine  # beside what reads lines, which a service does not

    for number, line in enumerate(sys.stdin.buffer, 1):
        try:
            text = line.decode("utf-8").strip()
            if text:
                sys.stdout.write(f"{work(text)}\n")
        except UnicodeDecodeError:
            stop(f"line {number}: write the text in UTF-8")
        except WrongLine as wrong:
            stop(f"line {number}: {wrong}")
    sys.stdout.flush()


def stop(sentence: str) -> NoReturn:
    sys.stdout.flush()
    typer.echo(sentence, err=True)
    raise typer.Exit(2)
