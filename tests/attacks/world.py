"""An installation that is attacked: two desks, families in the middle of their questions, somebody at the desk.

Each case gets a world of its own, copied from one that was set up once.
"""

import logging
import shutil
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from httpx2 import Response
from pydantic import SecretStr
from sqlmodel import SQLModel, col, func, select

from channels.twilio import Form, signature
from intake import installation, logs, service
from intake.installation import Installation
from intake.settings import Settings
from intake.web.app import make_app
from storage import clock, conversations, desks, sessions, staff
from storage.database import Database, Session
from storage.keys import Keys
from storage.models import Contact, Conversation, Message, Quarantine, Registration
from tests.databases import migrated_sqlite
from tests.intake.pages import COOKIE, visit

PUBLIC, TOKEN, SECOND_TOKEN = "https://loket.example", "attacked-token", "attacked-token-2"
SECRET = "a_secret-of-twenty-signs"
ACCOUNT = "AC" + "0" * 32
OURS, FAMILY, ANOTHER, APP = "+3290000001", "+32470123456", "+32470000077", 501
STORY = ("dag", "1", "02-2026", "gent")  # up to the question when the child may start


@dataclass(frozen=True)
class Ground:
    """What every world is copied from."""

    folder: Path
    here: Installation
    cookie: str


def lay_ground(folder: Path) -> Ground:
    keys = Keys.create(folder / "keys.json")
    database = Database(migrated_sqlite(folder / "world.db"))
    cookie = database.write(partial(_found, keys=keys)).result()
    database.scrub()
    database.close()
    return Ground(folder, installation.load(keys, PUBLIC), cookie)


def _found(session: Session, keys: Keys) -> str:
    now, choices = clock.system_now(), desks.Choices(languages=("nl", "fr", "en"))
    desk = desks.add(session, keys, now, "gent", "Gent", OURS, ["9000"], choices)
    desks.add(session, keys, now, "aalst", "Aalst", "+3290000002", ["9300"], choices)
    staff.add(session, now, "mieke", "worker", [desk.id])
    account = staff.find(session, "mieke")
    assert account
    return sessions.begin(session, account.id, now, timedelta(hours=12), "")


@dataclass
class World:
    """One running service. `sent`: the words of the case, which may stand in no log."""

    ground: Ground
    folder: Path
    sent: list[str] = field(default_factory=list)
    before: Counter[str] = field(default_factory=Counter)  # what was kept when the case came
    known: Mapping[str, Any] = field(default_factory=dict)  # and where the family's conversation stood
    address: tuple[str, str] = ("sms", FAMILY)  # by which channel and address the family is known
    _ids: int = 0

    def __post_init__(self) -> None:
        shutil.copy(self.ground.folder / "world.db", self.folder / "world.db")
        self.database = Database(f"sqlite:///{self.folder / 'world.db'}")
        self.go_on_with(self.ground.here)

    def go_on_with(self, here: Installation) -> None:
        """The service as a start with these forms and words makes it."""
        self.here = here
        settings = Settings(
            public_url=PUBLIC, test=True, data_dir=self.folder, telegram_secret=SecretStr(SECRET),
            TWILIO_ACCOUNT_SID=ACCOUNT, TWILIO_AUTH_TOKEN=TOKEN, TWILIO_AUTH_TOKEN_2=SECOND_TOKEN,
        )  # fmt: skip
        app = make_app(settings, self.database, here, service.clock_of(settings, self.database))
        self.client = visit(app, raise_server_exceptions=False)
        self.client.cookies.set(COOKIE, self.ground.cookie)

    def close(self) -> None:
        self.client.close()
        self.database.close()

    def look(self) -> None:
        """From here on, what changes is the case's doing."""
        self.before, self.known = self.counts(), self.state()

    def new_id(self) -> str:
        self._ids += 1
        return f"SM{self._ids:032x}"

    def message(self, **fields: str) -> dict[str, str]:
        """What Twilio sends for a text of the family."""
        given = {"MessageSid": self.new_id(), "AccountSid": ACCOUNT, "From": FAMILY, "To": OURS, "Body": "hallo"}
        return {**given, "NumMedia": "0", **fields}

    def post(self, route: str, form: Form, **headers: str) -> Response:
        """Signed as Twilio does."""
        signed = {"X-Twilio-Signature": signature(PUBLIC + route, form, TOKEN), **headers}
        return self.client.post(route, content=encoded(form), headers={**FORM, **signed})

    def text(self, *texts: str, sender: str = FAMILY) -> None:
        for text in texts:
            answer = self.post("/twilio/sms", list(self.message(Body=text, From=sender).items()))
            assert answer.status_code == 200

    def counts(self) -> Counter[str]:
        """What is kept, as far as a case may change it."""
        out = Message.direction == "out"
        with self.database.read() as session:
            return Counter(
                stored=_many(session, Message, Message.direction == "in"), quarantined=_many(session, Quarantine),
                conversations=_many(session, Conversation),
                replies=_many(session, Message, out, col(Message.status).not_in(("failed", "spoken"))),
                requests=_many(session, Registration, Registration.state != "ticket"),
            )  # fmt: skip

    def state(self) -> Mapping[str, Any]:
        """The family's conversation in codes; {} when nothing is known of it."""
        channel, address = self.address
        found = self.client.get("/test/conversation", params={"channel": channel, "address": address})
        return dict(found.json()) if found.status_code == 200 else {}

    def timeline(self) -> list[conversations.Entry]:
        channel, address = self.address
        kind = "telegram" if channel == "telegram" else "phone"
        with self.database.read() as session:
            return conversations.of_address(session, self.here.keys, kind, address)[1]

    def pages(self) -> dict[str, str]:
        """The queue and every conversation, as the desk sees them."""
        with self.database.read() as session:
            ids = session.exec(select(Conversation.id)).all()
        addresses = ("/desk", *(f"/desk/conversations/{id_}" for id_ in ids))
        answers = {address: self.client.get(address) for address in addresses}
        assert {each.status_code for each in answers.values()} == {200}
        return {address: each.text for address, each in answers.items()}

    def contact(self, address: str = FAMILY) -> Contact:
        with self.database.read() as session:
            return session.exec(select(Contact).where(Contact.blind == self.here.keys.blind("phone", address))).one()

    def sent_message(self) -> str:
        """A message to the family that its provider took, and delivered; the provider's id."""
        taken = self.new_id()

        def work(session: Session) -> None:
            row = session.exec(select(Message).where(Message.direction == "out").limit(1)).one()
            row.status, row.provider_id = "sent", taken
            session.add(row)

        self.database.write(work).result()
        return taken

    def chat(self, *texts: str) -> None:
        """The family writes these in Telegram."""
        for text in texts:
            self._ids += 1
            person = {"id": APP, "is_bot": False, "first_name": "Amina"}
            chat = {"id": APP, "type": "private"}
            message = {"message_id": self._ids, "date": 1795420800, "chat": chat, "from": person, "text": text}
            answer = self.client.post(
                "/telegram", json={"update_id": 600_000 + self._ids, "message": message},
                headers={"X-Telegram-Bot-Api-Secret-Token": SECRET},
            )  # fmt: skip
            assert answer.status_code == 200


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def encoded(form: Form) -> bytes:
    return urlencode(form, errors="surrogatepass").encode()


class Logged(logging.Handler):
    """Every line that the service would write while it is attacked."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith("intake") or record.levelno >= logging.WARNING:
            self.lines.append(logs.JsonLines().format(record))


def busy_seconds() -> float:
    """Of this process's own work: what others do on this machine is not our answer's time."""
    return time.process_time()


def _many(session: Session, table: type[SQLModel], *those: Any) -> int:
    return session.exec(select(func.count()).select_from(table).where(*those)).one()
