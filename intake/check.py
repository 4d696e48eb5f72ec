"""`check`: what is missing or wrong with an installation, each in words that say what to do."""

import asyncio
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from channels.base import Provider, SendError
from flows import categories
from flows.desk import SOURCE
from flows.engine.turn import local_day
from intake import backups, probing, reconciling, service
from intake.installation import Installation
from intake.settings import Settings
from intake.sounds import Level
from locales.catalogue import OUTDATED, overall
from locales.yamlfile import YamlProblem
from storage import audit, desks, row_security, staff
from storage.database import Database
from storage.keys import Keys, KeysProblem
from storage.models import Desk
from storage.spool import Spool

_BACKUP_WITHIN = timedelta(days=2)  # every night, and one that failed


@dataclass(frozen=True)
class Finding:
    """`is_wrong`: the service does not work like this; otherwise it is worth knowing."""

    is_wrong: bool
    sentence: str


def findings(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Everything that is not as it should be."""
    try:
        here = service.load(Keys.load(settings.keys), settings)
        _, database = service.opened(settings)
    except (service.NotReady, KeysProblem) as problem:
        yield Finding(True, str(problem))
        return
    try:
        known, numbers = _known(database), _numbers(database)
        yield from _desks(known, here)
        yield from _staff(database)
        yield from _backup(database, settings, now)
        with database.connect() as connection:
            if sentence := row_security.missing(connection):
                yield Finding(False, sentence)
    finally:
        database.close()
    yield from _keys(settings)
    yield from _spool(settings, here.keys)
    yield from _left_at_the_provider(settings, now)
    yield from _channels(settings, numbers)
    yield from mail(settings)
    if not settings.is_https and not settings.demo:
        yield Finding(False, f"INTAKE_PUBLIC_URL is {settings.public_url}: providers need an https:// address")
    if settings.test:
        yield Finding(False, "INTAKE_TEST is on: it opens a test door; leave it out in real use")
    yield from _texts(here)
    if settings.templates:
        asked = {code for _, chosen in known for code in chosen.languages if code in here.catalogues}
        if missing := sorted(asked - set(settings.templates)):
            yield Finding(
                False, f"no WhatsApp template for {', '.join(missing)}: late answers go as text messages there"
            )
    for sentence in categories.warnings(here.rules, local_day(now)):
        yield Finding(False, sentence)


def _known(database: Database) -> list[tuple[Desk, desks.Choices]]:
    with database.read() as session:
        return [(desk, desks.choices(desk)) for desk in desks.everything(session)]


def _numbers(database: Database) -> dict[str, dict[str, str]]:
    with database.read() as session:
        return {desk.slug: desks.numbers(session, desk.id) for desk in desks.everything(session)}


def _desks(known: list[tuple[Desk, desks.Choices]], here: Installation) -> Iterator[Finding]:
    if not known:
        yield Finding(True, "there is no desk: make one with `python -m intake desk add`")
    for desk, chosen in known:
        if not chosen.hours or not chosen.desk_phone:
            yield Finding(False, f"desk {desk.slug}: without opening hours and a phone no caller is put through")
        for code in chosen.languages:
            if code not in here.words:
                yield Finding(True, f"desk {desk.slug}: the language {code} is not in locales/")
        offered = [code for code in chosen.languages if code in here.words]
        if bare := [code for code in offered if code != SOURCE and code not in chosen.decisions]:
            yield Finding(False, f"desk {desk.slug}: on without the reference of a decision: {', '.join(bare)}")
        unheard = [code for code in offered if here.sounds.level(code) is Level.NONE]
        if unheard:
            told = f"`voice script {unheard[0]}` says what to record"
            yield Finding(False, f"desk {desk.slug}: not offered on the phone: {', '.join(unheard)}; {told}")


def _staff(database: Database) -> Iterator[Finding]:
    with database.read() as session:
        everybody = staff.everybody(session)
    if not any(each.password and not each.disabled for each in everybody):
        yield Finding(False, "nobody can sign in: make an account with `python -m intake staff add`")


def _backup(database: Database, settings: Settings, now: datetime) -> Iterator[Finding]:
    if settings.demo:
        return
    with database.read() as session:
        proven = audit.last_time(session, backups.PROVEN)
    if not settings.backup_key:
        yield Finding(False, "no backup can be made: `python -m intake keys backup` makes the key for it")
    if proven is None:
        yield Finding(False, "no backup was ever proven: run `python -m intake backup FILE`, and then every night")
    elif now - proven > _BACKUP_WITHIN:
        yield Finding(
            False, f"the last backup that was proven is of {local_day(proven):%d/%m/%Y}: make one every night"
        )


def _keys(settings: Settings) -> Iterator[Finding]:
    if settings.keys.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield Finding(True, f"others can read the keys: run `chmod 600 {settings.keys}`")


def _left_at_the_provider(settings: Settings, now: datetime) -> Iterator[Finding]:
    """What should have been deleted there: bodies, media, records of calls."""
    provider = service.history(settings)
    if provider is None:
        return
    with suppress(SendError):  # a provider that does not let us in is said elsewhere
        if old := asyncio.run(reconciling.backlog(provider, now)):
            yield Finding(False, f"{old} messages and calls of over a week lie at Twilio: does the worker run?")


def _spool(settings: Settings, keys: Keys) -> Iterator[Finding]:
    if settings.spool.exists() and (waiting := Spool(settings.spool, keys).count()):
        since = f"{Spool(settings.spool, keys).oldest():%d/%m %H:%M}"
        yield Finding(False, f"{waiting} webhooks wait since {since} UTC in {settings.spool}: `serve` takes them in")


def _channels(settings: Settings, known: Mapping[str, Mapping[str, str]]) -> Iterator[Finding]:
    """What each desk's channels say of themselves. `known`: short name -> channel -> number."""
    if settings.demo and Provider.TWILIO not in service.senders(settings):
        return
    told = set()
    for slug, numbers in known.items():
        for each in asyncio.run(probing.probe(service.senders(settings), numbers, settings.public_url)):
            sentence = f"desk {slug}: {each}" if each.channel == "voice" or "number" in each.values else str(each)
            if each.level is not probing.Level.GOOD and sentence not in told:
                told.add(sentence)
                yield Finding(each.level is probing.Level.WRONG, sentence)


def mail(settings: Settings) -> Iterator[Finding]:
    """Whether the mail server lets us in and takes mail of ours; nothing is sent."""
    server = service.mail_server(settings)
    if server is None:
        if not settings.demo:
            yield Finding(False, "INTAKE_SMTP_URL is not set: no e-mail goes to colleagues and organisers")
        return
    found = asyncio.run(probing.mail(server))
    if found.level is not probing.Level.GOOD:
        yield Finding(True, str(found))


def _texts(here: Installation) -> Iterator[Finding]:
    for code in here.words:
        try:
            here.words.words(code)
            here.words.names(code)
        except YamlProblem as problem:
            yield Finding(True, str(problem))
    drafts = [code for code, each in here.catalogues.items() if overall(each.states) != "native"]
    if drafts:
        yield Finding(False, f"drafts that no native speaker has read stand in: {', '.join(drafts)}")
    for code, catalogue in here.catalogues.items():
        texts = catalogue.texts
        missing = [key for key in here.form.sources if key not in texts]
        if missing:
            yield Finding(False, f"{code}: {len(missing)} texts go out in Dutch, the first is {missing[0]}")
        if old := sum(state == OUTDATED for state in catalogue.states.values()):
            yield Finding(False, f"{code}: {old} texts were made for Dutch that has changed since")
