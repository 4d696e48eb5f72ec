"""The command line: one small function a command, each handing over to the module that does the work.

Exit 0: done; 1: the data or the installation is not in order; 2: wrong use, with one sentence on standard error.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn
from zoneinfo import ZoneInfo

import typer
from pydantic import ValidationError

from intake.json_lines import WrongLine
from intake.settings import Settings

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

    with _problems():
        demonstration.run(_settings(), typer.echo)


@app.command()
def migrate() -> None:
    """Make the keys when there are none, and bring the database up to date. Safe to run again."""
    from intake import service

    with _problems():
        service.migrate(_settings())
    typer.echo("The database is up to date.")


@app.command()
def check() -> None:
    """Everything checked: settings, keys, database, texts, tables, provider. Exit 1 when something is wrong."""
    from intake.check import findings
    from storage import clock

    found = list(findings(_settings(), clock.system_now()))
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

    with _problems():
        service.serve(_settings(), host, port, with_worker=with_worker)


@app.command("worker")
def work() -> None:
    """The worker alone: sends what waits and keeps promises, beside `serve --no-worker`."""
    from intake import service

    with _problems():
        service.work(_settings())


desk = typer.Typer(help="Desks: who answers which number.", no_args_is_help=True)
app.add_typer(desk, name="desk")


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
    with _opened() as (keys, database):
        add_desk(database, keys, slug, name, number, postcodes.split(","), languages.split(","), own)
    typer.echo(f"The desk {slug} answers {number}.")


@desk.command("list")
def desk_list() -> None:
    """Every desk with its number and languages."""
    from storage import desks

    with _opened() as (_, database), database.read() as session:
        for each in desks.everything(session):
            chosen = desks.choices(each)
            typer.echo(f"{each.slug}\t{each.name}\t{each.number}\t{','.join(chosen.languages)}")


staff = typer.Typer(help="Accounts of the people at the desks.", no_args_is_help=True)
app.add_typer(staff, name="staff")


@staff.command("add")
def staff_add(
    name: Annotated[str, typer.Argument(help="the username")],
    role: Annotated[str, typer.Option(help="worker, coordinator, administrator, auditor, referrer or translator")],
    desks: Annotated[list[str] | None, typer.Option("--desk", help="short name of a desk; repeat for more")] = None,
) -> None:
    """A new account; prints a link that works once, with which they choose a password."""
    from intake.set_up import add_staff

    with _opened() as (_, database):
        secret = add_staff(database, name, desks or [], role)
    typer.echo(f"{_settings().public_url}/desk/welcome/{secret}")


@staff.command("list")
def staff_list() -> None:
    """Every account with its role."""
    from storage import staff as accounts

    with _opened() as (_, database), database.read() as session:
        for each in accounts.everybody(session):
            typer.echo(f"{each.username}\t{each.role}\t{'disabled' if each.disabled else 'active'}")


@staff.command("disable")
def staff_disable(name: str) -> None:
    """The account cannot sign in any more, and is signed out everywhere."""
    from storage import staff as accounts

    with _opened() as (_, database):
        database.write(lambda session: accounts.disable(session, name)).result()
    typer.echo(f"{name} cannot sign in any more.")


@staff.command("reset")
def staff_reset(name: str) -> None:
    """A new link that works once; the old password ends."""
    from storage import clock
    from storage import staff as accounts

    with _opened() as (_, database):
        secret = database.write(lambda session: accounts.reset(session, clock.system_now(), name)).result()
    typer.echo(f"{_settings().public_url}/desk/welcome/{secret}")


language = typer.Typer(help="Languages: what is translated, and files for translators.", no_args_is_help=True)
app.add_typer(language, name="language")


@language.command("list")
def language_list() -> None:
    """Every language: how many texts, in which state of review, out of date, and at which desks it is on."""
    from intake import language_commands

    for line in language_commands.listed(_settings()):
        typer.echo(line)


@language.command("check")
def language_check(codes: Annotated[list[str] | None, typer.Argument(help="nl fr; all when left out")] = None) -> None:
    """Texts that lack a placeholder, invite a provider's word, or do not fit a text message. Exit 1 when there are."""
    from intake import language_commands

    with _problems():
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

    with _problems():
        for line in language_commands.costs(codes or []):
            typer.echo(line)


@language.command("update")
def language_update() -> None:
    """Bring every catalogue in step with the Dutch: new texts come in empty, changed ones are marked out of date."""
    from intake import language_commands

    with _problems():
        for line in language_commands.updated():
            typer.echo(line)


@language.command("export")
def language_export(
    code: str,
    file: Path,
    format: Annotated[str, typer.Option(help="po or xlsx; by the file's ending when left out")] = "",
) -> None:
    """The texts of a language with Dutch, context, segments and state, as a spreadsheet or a gettext file."""
    from intake import language_commands

    with _problems():
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

    with _problems():
        try:
            many = language_commands.imported(code, file, format)
        except TranslationProblem as problem:
            typer.echo(str(problem), err=True)
            raise typer.Exit(1) from None
    typer.echo(f"{many} texts of {code} changed.")


report = typer.Typer(help="Yearly counts.", no_args_is_help=True)
app.add_typer(report, name="report")


@report.callback()
def report_main() -> None:
    """Yearly counts."""


@report.command("counts")
def report_counts(
    year: int,
    desk: Annotated[str | None, typer.Option(help="short name of a desk; all desks when left out")] = None,
    definition: Annotated[str | None, typer.Option(help="what counts as unanswered")] = None,
    year_rule: Annotated[str | None, typer.Option(help="to which year a request belongs")] = None,
    as_of: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="outcomes up to this day")] = None,
    known_on: Annotated[str | None, typer.Option(help="as known at this time: 2026-02-01T12:00")] = None,
    format: Annotated[str, typer.Option(help="csv or json")] = "csv",
) -> None:
    """Unique and unanswered requests, in total and per special category."""
    from intake import reports, service
    from storage import clock, desks

    if format not in ("csv", "json"):
        _stop(f"--format {format}: choose csv or json")
    with _opened() as (keys, database), database.read() as session:
        here = service.load(keys, _settings())
        wanted = reports.Wanted(year, desk, definition, year_rule, as_of and as_of.date(), _moment(known_on))
        everywhere = frozenset(each.id for each in desks.everything(session))
        found = reports.counts(session, here, wanted, clock.system_now(), everywhere)
    typer.echo(found.as_csv() if format == "csv" else json.dumps(found.as_json(), ensure_ascii=False), nl=False)


def _moment(text: str | None) -> datetime | None:
    """A time where the desks are, unless it names its own zone."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        _stop(f"--known-on {text}: write it as 2026-02-01T12:00")
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo("Europe/Brussels"))


@contextmanager
def _opened() -> Iterator[tuple[Any, Any]]:
    """Keys and database of this installation."""
    from intake import service

    with _problems():
        keys, database = service.opened(_settings())
        try:
            yield keys, database
        finally:
            database.close()


@contextmanager
def _problems() -> Iterator[None]:
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
        _stop(str(problem))


def _settings() -> Settings:
    try:
        return Settings()
    except ValidationError as wrong:
        first = wrong.errors(include_input=False, include_url=False)[0]
        _stop(f"{first['loc'][0]}: {first['msg'].removeprefix('Value error, ')}")


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


def _stop(sentence: str) -> NoReturn:
    sys.stdout.flush()
    typer.echo(sentence, err=True)
    raise typer.Exit(2)
