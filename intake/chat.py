"""A conversation in the terminal: the same `receive` and the same calls, a database that lives as long as the talk."""

import secrets
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path

from channels import simulated_call, simulator
from channels.simulated_call import Heard
from channels.voice import Pressed
from flows.events import Channel
from intake import calls, installation
from intake.conversations import receive
from intake.installation import Installation
from storage import clock, desks, dispatch, schema
from storage.database import Database, Session
from storage.desks import Alongside
from storage.keys import Keys

FAMILY, ACCOUNT, DESK = "+32470000001", "7000000001", "+3290000001"
SILENCE = "."
POSTCODES = ("9000", "9030", "9040", "9050", "9051")


def chat(
    texts: Iterable[str], language: str, dutch_alongside: Alongside = "opening", channel: Channel = Channel.SMS
) -> Iterator[str]:
    """What we answer to each text, message by message. `language`: first in the desk's menu."""
    with _service(language, dutch_alongside) as (database, here):
        sender, recipient = (ACCOUNT, "") if channel is Channel.TELEGRAM else (FAMILY, DESK)
        for text in texts:
            inbound = simulator.parse(text, sender, recipient, clock.system_now(), channel)
            database.write(partial(receive, installation=here, inbound=inbound)).result()
            yield from database.write(partial(_answers, keys=here.keys)).result()


def call(does: Iterable[str], language: str) -> Iterator[str]:
    """What a caller hears after each thing it does: keys, words (spoken or recorded), "." for silence."""
    with _service(language, "off") as (database, here):
        call_id = secrets.token_hex(16)
        inbound = simulator.parse_call(call_id, FAMILY, DESK, clock.system_now())
        document = database.write(partial(calls.ring, here=here, inbound=inbound)).result()
        heard = simulated_call.hear(document, here.words)
        yield _said(heard)
        for each in does:
            pressed, now = _done(call_id, heard, each), simulator.parse_call(call_id, FAMILY, DESK, clock.system_now())
            work = partial(
                calls.answer, here=here, inbound=now, pressed=pressed, turn=heard.turn, mac=heard.mac
            )  # fmt: skip
            heard = simulated_call.hear(database.write(work).result(), here.words)
            yield _said(heard)
            if heard.is_over:
                return


def _done(call_id: str, heard: Heard, does: str) -> Pressed:
    if does == SILENCE:
        return Pressed(call_id, None)
    if heard.rings:  # the desk's phone is picked up
        return Pressed(call_id, None, dialled="completed")
    if not does.strip("0123456789*#"):
        return simulated_call.press(call_id, heard, does)
    if heard.records:
        return simulated_call.record(call_id, secrets.token_hex(16), 2)
    return simulated_call.say(call_id, does)


def _said(heard: Heard) -> str:
    awaits = "(tone)" if heard.records else "(rings)" if heard.rings else "(the call ends)" if heard.is_over else ""
    return "\n".join((*(f"{said.language}: {said.words}" for said in heard.lines), *filter(None, (awaits,))))


@contextmanager
def _service(language: str, alongside: Alongside) -> Iterator[tuple[Database, Installation]]:
    """A desk of its own, gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        keys = Keys.create(Path(folder) / "keys.json")
        path = Path(folder) / "chat.db"
        path.write_bytes(_empty())
        database = Database(f"sqlite:///{path}")
        try:
            here = installation.load(keys, "https://loket.example")
            offered = (language, *(code for code in here.words if code != language))
            database.write(partial(_add_desk, keys=keys, languages=offered, alongside=alongside)).result()
            yield database, here
        finally:
            database.close()


@cache
def _empty() -> bytes:
    """A database with every table and nothing in it: it takes a second to make, and many talks may follow."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        database = Database(f"sqlite:///{path}")
        schema.migrate(database)
        database.close()
        return path.read_bytes()


def _add_desk(session: Session, keys: Keys, languages: tuple[str, ...], alongside: Alongside) -> None:
    choices = desks.Choices(languages=languages, dutch_alongside=alongside)
    desks.add(session, keys, clock.system_now(), "gent", "Lokaal Loket Gent", DESK, POSTCODES, choices)


def _answers(session: Session, keys: Keys) -> list[str]:
    """What waits to go out, taken as a provider would take it: in order, one message of a conversation at a time."""
    texts = []
    while due := dispatch.claim(session, keys, clock.system_now()):
        for message in due:
            texts.append("\n".join((message.text, *(f"[{label}]" for label, _ in message.buttons))))
            dispatch.sent(session, message.id, message.id)
            session.flush()
    return texts
