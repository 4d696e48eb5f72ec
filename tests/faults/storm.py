"""Five hundred families at once over four channels, everything delivered at least once and again in any order."""

import json
import random
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from http.client import HTTPConnection
from itertools import count
from urllib.parse import urlencode, urlsplit

from sqlmodel import select
from twilio.request_validator import RequestValidator

from storage import turns
from storage.database import Database
from storage.keys import Keys
from storage.models import Message
from tests.faults.families import OURS, PUBLIC, TOKEN
from tests.phone import Phone

SECRET = "a_secret-of-twenty-signs"
_AFTER = ("status", "dank u", "privacy", "help", "status", "tot later")
_ANSWERS = ("1", "02-2026", "9000", "1", "1", "1", "3", "1", "3", "Noor", "3", "1", "2")
KEYS = ("1", "1", "1", "03", "2025", "9000", "1", "1", "1", "3", "3", "13#", "record", "1", "4", "2", "1", "1", "3")
_OFTEN = 0.4  # of what is sent comes once more, later
_SAME = (  # differs from one family to the next
    (re.compile(r"\b\d{4} \d{4}\b|\d, \d, \d, \d; \d, \d, \d, \d"), "#"),
    (re.compile(r"\[recording:\w+\]"), "(sound)"),
)

SCRIPTS: dict[str, tuple[tuple[str, str], ...]] = {  # twenty things that a family sends: how, what
    "text": tuple(("sms", each) for each in ("dag", *_ANSWERS, *_AFTER)),
    "text fr": tuple(("sms", each) for each in ("bonjour", *_ANSWERS, *_AFTER)),
    "whatsapp": tuple(("whatsapp", each) for each in ("dag", *_ANSWERS, *_AFTER)),
    "telegram": tuple(("telegram", each) for each in ("dag", *_ANSWERS, *_AFTER)),
    "call": (("voice", ""), *(("voice", each) for each in KEYS)),
    "both": tuple((("sms", "whatsapp")[place % 2], each) for place, each in enumerate(("dag", *_ANSWERS, *_AFTER))),
}  # fmt: skip


@dataclass
class Family:
    """One family with the part of its story that is still to be sent."""

    number: int
    script: str
    told: int = 0
    phone: Phone | None = None

    @property
    def address(self) -> str:
        return f"+324{self.number:08d}"

    @property
    def is_done(self) -> bool:
        return self.told == len(SCRIPTS[self.script]) or (
            self.phone is not None and self.told > 0 and self.phone.is_over
        )


@dataclass(frozen=True)
class Request:
    path: str
    body: bytes
    headers: dict[str, str]


@dataclass
class Storm:
    """Senders that tell all stories to the services on `ports`. `failures`: what was not answered by 200."""

    ports: tuple[int, ...]
    families: list[Family]
    seed: int = 1
    failures: list[str] = field(default_factory=list)
    sent: int = 0
    _again: list[Request] = field(default_factory=list)
    _ids: Iterator[int] = field(default_factory=lambda: count(1))

    def rage(self, senders: int) -> None:
        """Each sender has families of its own, and sends again what any of them sent before."""
        threads = [
            threading.Thread(target=self._send_all, args=(self.families[place::senders], self.seed + place))
            for place in range(senders)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _send_all(self, families: list[Family], seed: int) -> None:
        with ExitStack() as stack:
            lines = [stack.enter_context(closing(HTTPConnection("127.0.0.1", port, timeout=60))) for port in self.ports]
            self._send_by(lines, list(families), random.Random(seed))

    def _send_by(self, lines: list[HTTPConnection], left: list[Family], dice: random.Random) -> None:
        def post(request: Request) -> str:
            self.sent += 1
            if dice.random() < _OFTEN:
                self._again.append(request)
            line = dice.choice(lines)
            line.request("POST", request.path, request.body, request.headers)
            answer = line.getresponse()
            said = answer.read().decode()
            if answer.status != 200:
                self.failures.append(f"{request.path}: {answer.status}")
            return said

        while left:
            family = dice.choice(left)
            self._tell(family, post)
            if family.is_done:
                left.remove(family)
            if self._again and dice.random() < _OFTEN:
                post(self._again.pop(dice.randrange(len(self._again))))

    def _tell(self, family: Family, post: Callable[[Request], str]) -> None:
        channel, text = SCRIPTS[family.script][family.told]
        if channel == "voice":
            self._call(family, text, post)
        elif channel == "telegram":
            post(_update(next(self._ids), 10_000 + family.number, text))
        else:
            prefix = "whatsapp:" if channel == "whatsapp" else ""
            fields = {"MessageSid": f"SM{next(self._ids):032x}", "From": prefix + family.address, "To": prefix + OURS,
                      "Body": text, "NumMedia": "0"}  # fmt: skip
            post(_signed(f"{PUBLIC}/twilio/{channel}", fields))
        family.told += 1

    def _call(self, family: Family, keys: str, post: Callable[[Request], str]) -> None:
        def carry(address: str, fields: dict[str, str]) -> str:
            return post(_signed(address, fields))

        if family.phone is None:
            family.phone = Phone(carry, family.address, OURS, f"CA{next(self._ids):032x}")
            family.phone.ring(f"{PUBLIC}/twilio/voice")
            return
        family.phone.post = carry
        if keys == "record":
            family.phone.record(2, f"RE{next(self._ids):032x}")
        else:
            family.phone.press(keys)


def transcripts(database: Database, keys: Keys) -> dict[str, list[str]]:
    """What was said in every conversation, by the address it began with, without what differs from one to the next."""
    found: dict[str, list[str]] = {}
    with database.read() as session:
        threads = {}
        for row in session.exec(select(Message).order_by(Message.id)):
            thread = threads.get(row.conversation_id)
            if thread is None:
                thread = threads[row.conversation_id] = turns.of_conversation(session, keys, row.conversation_id, None)
            assert thread is not None
            address = turns.address_of(session, keys, thread.contact_id)
            body = "" if row.body is None else keys.open(thread.key, "message", "body", row.id, row.body)
            for same, stands in _SAME:
                body = same.sub(stands, body)
            found.setdefault(address, []).append(f"{row.direction} {row.channel} {row.question}: {body}")
    return found


def _update(id_: int, account: int, text: str) -> Request:
    message = {
        "message_id": id_, "date": 1_772_442_000, "text": text, "chat": {"id": account, "type": "private"},
        "from": {"id": account, "is_bot": False, "first_name": "N"},
    }  # fmt: skip
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET, "Content-Type": "application/json"}
    return Request("/telegram", json.dumps({"update_id": id_, "message": message}).encode(), headers)


def _signed(address: str, fields: dict[str, str]) -> Request:
    parts = urlsplit(address)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    headers = {
        "X-Twilio-Signature": RequestValidator(TOKEN).compute_signature(f"{PUBLIC}{path}", fields),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return Request(path, urlencode(fields).encode(), headers)
