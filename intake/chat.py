"""A conversation in the terminal: the same `receive`, a database that lives as long as the talk."""

import tempfile
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from channels import simulator
from intake import installation
from intake.conversations import receive
from storage import clock, desks, outbox, schema
from storage.database import Database, Session
from storage.desks import Alongside
from storage.keys import Keys

FAMILY, DESK = "+32470000001", "+3290000001"
POSTCODES = ("9000", "9030", "9040", "9050", "9051")


def chat(texts: Iterable[str], language: str, dutch_alongside: Alongside = "opening") -> Iterator[str]:
    """What we answer to each text, message by message. `language`: first in the desk's menu."""
    with tempfile.TemporaryDirectory() as folder:
        keys = Keys.create(Path(folder) / "keys.json")
        database = Database(f"sqlite:///{Path(folder) / 'chat.db'}")
        try:
            schema.migrate(database)
            here = installation.load(keys, "https://loket.example")
            offered = (language, *(code for code in here.words if code != language))
            database.write(partial(_add_desk, keys=keys, languages=offered, alongside=dutch_alongside)).result()
            for text in texts:
                inbound = simulator.parse(text, FAMILY, DESK, clock.system_now())
                database.write(partial(receive, installation=here, inbound=inbound)).result()
                yield from database.write(partial(_answers, keys=keys)).result()
        finally:
            database.close()


def _add_desk(session: Session, keys: Keys, languages: tuple[str, ...], alongside: Alongside) -> None:
    choices = desks.Choices(languages=languages, dutch_alongside=alongside)
    desks.add(session, keys, clock.system_now(), "gent", "Lokaal Loket Gent", DESK, POSTCODES, choices)


def _answers(session: Session, keys: Keys) -> list[str]:
    """What waits to go out, taken as a provider would take it: in order, one message of a conversation at a time."""
    texts = []
    while due := outbox.claim(session, keys, clock.system_now()):
        for message in due:
            texts.append(message.text)
            outbox.sent(session, message.id, message.id)
            session.flush()
    return texts
