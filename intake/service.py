"""Opens what an installation needs, and runs the web service with its worker until it is told to stop."""

import asyncio
import gc
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from functools import partial
from pathlib import Path

from channels.base import Provider, Recorder, Sender, Telephone
from channels.mail import MailServer
from channels.telegram_sender import TelegramSender
from channels.twilio_client import TwilioClient
from channels.twilio_history import TwilioHistory
from channels.twilio_sender import TwilioSender
from channels.twilio_telephone import TwilioTelephone
from flows import grammar
from flows.desk import SOURCE
from flows.engine.turn import local_day
from flows.grammar import Context
from intake import calls, installation, logs, mailing, notices, recovery, stopping, taking_in, tracing, worker
from intake.installation import Installation
from intake.measures_page import MeasuresPage
from intake.settings import LOOPBACK, Settings
from intake.stopping import Ended, Work
from locales.catalogue import CatalogueProblem
from locales.yamlfile import YamlProblem
from storage import clock, desks, schema
from storage.budgets import Limits
from storage.database import Database, Unreachable
from storage.keys import Keys

_SOON = 1.0  # second
_COLLECT_AFTER = (3_000, 10, 10)  # new objects, then rounds: what is not frozen is little, and waiting costs megabytes


class NotReady(Exception):
    """The installation is not in order: one sentence that says what to do."""


def migrate(settings: Settings) -> Path | None:
    """Keys where there are none, and every missing change of the schema. The recovery sheet, when keys were made."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    sheet = None if settings.keys.exists() else _make_keys(settings)
    database = Database(settings.database)
    try:
        schema.migrate(database)
    except Unreachable as problem:
        raise NotReady(str(problem)) from None
    finally:
        database.close()
    return sheet


def _make_keys(settings: Settings) -> Path:
    keys, path = Keys.create(settings.keys), settings.data_dir / recovery.NAME
    path.unlink(missing_ok=True)  # of keys that are gone
    recovery.write(path, recovery.sheet(settings, keys, clock.system_now()))
    return path


def opened(settings: Settings) -> tuple[Keys, Database]:
    """Keys and database, checked. Raises `NotReady` or `storage.keys.KeysProblem`."""
    if not settings.keys.exists():
        raise NotReady(f"there are no keys at {settings.keys}: run `python -m intake migrate` first")
    keys, database = Keys.load(settings.keys), Database(settings.database)
    try:
        is_current = schema.is_current(database)
    except Unreachable as problem:
        database.close()
        raise NotReady(str(problem)) from None
    if not is_current:
        database.close()
        raise NotReady("the database is not up to date: run `python -m intake migrate` first")
    return keys, database


def work(settings: Settings, shown_at: tuple[str, int] | None = None) -> None:
    """The worker alone, until a signal ends it. `shown_at`: where its measures are asked for. Raises `NotReady`."""
    _watched(settings)
    keys, database = opened(settings)
    try:
        here, to = load(keys, settings), senders(settings)
        begin = partial(_working, settings, database, here, to, clock_of(settings, database))
        _spare_the_callers()
        with _shown(settings, shown_at):
            asyncio.run(stopping.until_told(begin))
    finally:
        database.close()


def _watched(settings: Settings) -> None:
    """Logs and spans. Raises `NotReady`."""
    logs.set_up()
    try:
        tracing.set_up(settings.traces)
    except tracing.NotInstalled:
        raise NotReady(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set: install what sends spans with "
            "`pip install --require-hashes -r requirements-tracing.txt`"
        ) from None


def _shown(settings: Settings, at: tuple[str, int] | None) -> AbstractContextManager[None]:
    """The page of a worker's measures. Raises `NotReady`."""
    token = settings.metrics_token.get_secret_value()
    if at is None:
        return nullcontext()
    if not token:
        raise NotReady("set INTAKE_METRICS_TOKEN: without it nobody may see the measures")
    try:
        return MeasuresPage(*at, token)
    except OSError as problem:
        raise NotReady(f"--measures {at[0]}:{at[1]}: {problem.strerror}") from None


def load(keys: Keys, settings: Settings) -> Installation:
    """Forms, words and rules. Raises `NotReady` with file and reason when one of them is wrong."""
    try:
        here = installation.load(
            keys, settings.public_url, settings.resume_hours, settings.data_dir / "audio", settings.telegram_name
        )
    except (YamlProblem, CatalogueProblem) as problem:
        raise NotReady(str(problem)) from None
    here.erased = settings.erased
    here.templates, here.voice_command = settings.templates, settings.voice_command
    here.sends_mail = settings.mail_server is not None
    here.limits = Limits(settings.answers_a_day or None, settings.answers_a_day_block or None)
    return here


def _languages_in_use(here: Installation, database: Database) -> tuple[str, ...]:
    """Those that are on at a desk. Raises `NotReady` with file and key when the texts of one are not in order."""
    with database.read() as session:
        on = {code for desk in desks.everything(session) for code in desks.choices(desk).languages}
    try:
        for code in on & set(here.catalogues):
            here.catalogues[code]
    except CatalogueProblem as problem:
        raise NotReady(str(problem)) from None
    return tuple(on)


def serve(settings: Settings, host: str, port: int, *, with_worker: bool) -> None:
    """Blocks until a signal ends it; what was begun is finished first. Raises `NotReady`."""
    import uvicorn  # heavy, like the web framework behind it

    from intake.web.app import make_app

    if settings.test and host not in LOOPBACK:
        raise NotReady("INTAKE_TEST opens a test door: it only works with --host 127.0.0.1")
    _watched(settings)
    keys, database = opened(settings)
    try:
        here, to = load(keys, settings), senders(settings)
        on = _languages_in_use(here, database)
        now = clock_of(settings, database)
        app = make_app(settings, database, here, now, lambda: server.should_exit, telephones(settings), to,
                       has_worker=with_worker, pages_later=True)  # fmt: skip
        config = uvicorn.Config(
            app, host, port, log_config=None, timeout_graceful_shutdown=5, server_header=False,
            forwarded_allow_ips=settings.trusted_proxies,
        )  # fmt: skip
        server = uvicorn.Server(config)
        _spare_the_callers()
        others = _working(settings, database, here, to, now, lambda: server.should_exit) if with_worker else []
        if app.state.spool is not None:
            others.append(taking_in.run(app.state.spool, database, here, lambda: server.should_exit))
        stopping.on_signal(partial(setattr, server, "should_exit", True))
        with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
            prepare = partial(_prepare, here, on, app.state.pages.read)
            runner.run(stopping.beside(server.serve(), others, _soon(prepare)))
    finally:
        database.close()


def _working(
    settings: Settings, database: Database, here: Installation, to: Mapping[Provider, Sender],
    now: Callable[[], datetime], ended: Ended,
) -> list[Work]:  # fmt: skip
    """What a worker does: everything that goes out. A mail server that is slow holds up no family."""
    found = [worker.run(database, here, to, recorders(settings, to), now, settings.expire_days, history(settings),
                        ended)]  # fmt: skip
    if (server := mail_server(settings)) is not None:
        found.append(mailing.run(database, here.keys, server, now, partial(notices.tell, database, here), ended))
    return found


def mail_server(settings: Settings) -> MailServer | None:
    """Where mail to colleagues and organisers goes; None where none was set up."""
    server = settings.mail_server
    return None if server is None else MailServer(server, settings.smtp_from)


def senders(settings: Settings) -> dict[Provider, Sender]:
    """A sender for each provider that is set up."""
    found: dict[Provider, Sender] = {}
    if settings.demo:
        from channels.simulator import SimulatorSender  # with what plays a telephone

        found[Provider.SIMULATOR] = SimulatorSender()
    if settings.twilio_account_sid and settings.twilio_tokens:
        found[Provider.TWILIO] = TwilioSender(
            twilio_client(settings), f"{settings.public_url}/twilio/status", settings.templates
        )
    token = settings.telegram_bot_token.get_secret_value()
    if token:
        found[Provider.TELEGRAM] = TelegramSender(token, settings.telegram_api_base)
    return found


def recorders(settings: Settings, to: Mapping[Provider, Sender]) -> dict[Provider, Recorder]:
    """Who brings what was spoken. `to`: the senders, one of which does that as well."""
    found: dict[Provider, Recorder] = {**telephones(settings)}
    bot = to.get(Provider.TELEGRAM)
    if isinstance(bot, TelegramSender):
        found[Provider.TELEGRAM] = bot
    return found


def telephones(settings: Settings) -> dict[Provider, Telephone]:
    """A telephone for each provider that is set up."""
    found: dict[Provider, Telephone] = {}
    if settings.demo:
        from channels.simulator import SimulatorTelephone

        found[Provider.SIMULATOR] = SimulatorTelephone(settings.data_dir / "simulated")
    if settings.twilio_account_sid and settings.twilio_tokens:
        found[Provider.TWILIO] = TwilioTelephone(twilio_client(settings))
    return found


def history(settings: Settings) -> TwilioHistory | None:
    """What Twilio remembers, where it is set up."""
    has_account = settings.twilio_account_sid and settings.twilio_tokens
    return TwilioHistory(twilio_client(settings)) if has_account else None


def twilio_client(settings: Settings) -> TwilioClient:
    return TwilioClient(settings.twilio_account_sid, settings.twilio_tokens[0], settings.twilio_api_base)


def clock_of(settings: Settings, database: Database) -> Callable[[], datetime]:
    """The system's time; with the test door open, the one that was set there."""
    if not settings.test:
        return clock.system_now

    def now() -> datetime:
        with database.read() as session:
            return clock.system_now() + clock.offset(session)

    return now


def _spare_the_callers() -> None:
    """A collection over what never changes pauses every caller: leave it out, and look less often at the rest.

    Nothing is collected before: a start leaves a few hundred objects of garbage, and finding them took longer than all
    texts take to read.
    """
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)


def _prepare(here: Installation, on: tuple[str, ...], read_pages: Callable[[], None]) -> None:
    calls.apology(here, SOURCE)  # loads what makes TwiML
    grammar.prepare(Context(here.words, here.places, SOURCE, local_day(clock.system_now()), offered=on))
    read_pages()
    gc.freeze()  # this stays as well


async def _soon(prepare: Callable[[], None]) -> None:
    """After the first answers, beside them."""
    await asyncio.sleep(_SOON)
    await asyncio.to_thread(prepare)
