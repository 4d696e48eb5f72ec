"""Families that text through a service which dies: each message is sent again until it is acknowledged."""

import re
import threading
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from itertools import count
from urllib.parse import urlencode

from sqlmodel import select
from twilio.request_validator import RequestValidator

from storage import turns
from storage.database import Database, Session
from storage.keys import Keys
from storage.models import Conversation, Message, Registration

TOKEN, OURS, PUBLIC = "fault-token", "+3290000001", "https://loket.example"
SCRIPT = ("dag", "1", "02-2026", "9000", "1", "1", "1", "3", "1", "3", "Noor", "3", "1", "2")
_ids = count(1)


class Family(threading.Thread):
    """Tells its whole story from one number, then from the next, until `enough` is set."""

    def __init__(self, port: int, first: int, enough: threading.Event) -> None:
        super().__init__(daemon=True)
        self._port, self._enough = port, enough
        self._numbers = (f"+324{number:08d}" for number in range(first * 100_000, (first + 1) * 100_000))
        self.told: dict[str, list[str]] = {}  # number -> ids that were acknowledged, in order
        self.refused = 0

    def run(self) -> None:
        while not self._enough.is_set():
            number = next(self._numbers)
            self.told[number] = []
            for text in SCRIPT:
                id_ = f"SM{next(_ids):032x}"
                while not self._is_taken(number, id_, text):
                    self.refused += 1
                    time.sleep(0.02)
                self.told[number].append(id_)

    def _is_taken(self, number: str, id_: str, text: str) -> bool:
        fields = {"MessageSid": id_, "From": number, "To": OURS, "Body": text, "NumMedia": "0"}
        try:
            return signed_post(self._port, "/twilio/sms", fields)[0] == 200
        except (OSError, HTTPException):
            return False


def signed_post(port: int, route: str, fields: dict[str, str]) -> tuple[int, str]:
    """Status and document, as Twilio gets them. Raises `OSError` and `HTTPException`, as a line that breaks does."""
    signature = RequestValidator(TOKEN).compute_signature(f"{PUBLIC}{route}", fields)
    headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
    with closing(HTTPConnection("127.0.0.1", port, timeout=15)) as connection:
        connection.request("POST", route, urlencode(fields), headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


@dataclass(frozen=True, slots=True)
class Toll:
    """Of the messages that were acknowledged."""

    acknowledged: int
    lost: int
    doubled: int


def toll(database: Database, families: Iterable[Family]) -> Toll:
    told = [id_ for family in families for ids in family.told.values() for id_ in ids]
    with database.read() as session:
        kept = Counter(session.exec(select(Message.provider_id).where(Message.direction == "in")))
    return Toll(len(told), sum(id_ not in kept for id_ in told), sum(kept.values()) - len(kept))


def check(database: Database, keys: Keys, families: Iterable[Family], *, is_alone: bool = True) -> int:
    """Nothing lost, nothing doubled, everything in order; how many messages were acknowledged.

    `is_alone`: nobody else was there.
    """
    told = [tuple(ids) for family in families for ids in family.told.values()]
    acknowledged = {id_ for ids in told for id_ in ids}
    with database.read() as session:
        timelines: dict[str, list[Message]] = {}
        for row in session.exec(select(Message).order_by(Message.id)):
            timelines.setdefault(row.conversation_id, []).append(row)
        assert not is_alone or len(timelines) == len(session.exec(select(Conversation.id)).all()) == len(told)
        timelines = {id_: rows for id_, rows in timelines.items() if acknowledged & {each.provider_id for each in rows}}
        heard = [tuple(row.provider_id for row in rows if row.direction == "in") for rows in timelines.values()]
        assert sorted(heard) == sorted(told)
        states = session.exec(select(Registration.conversation_id, Registration.state)).all()
        assert sorted(each for each in states if each[0] in timelines) == sorted((id_, "complete") for id_ in timelines)
        answers = {_answers(session, keys, id_, rows) for id_, rows in timelines.items()}
        assert len(answers) == 1  # every family heard the same, once
    return sum(map(len, told))


def _answers(session: Session, keys: Keys, id_: str, rows: list[Message]) -> tuple[str, ...]:
    """What we answered in one conversation, without its reference."""
    thread = turns.of_conversation(session, keys, id_, None)
    assert thread is not None
    bodies = (
        keys.open(thread.key, "message", "body", row.id, row.body or b"") for row in rows if row.direction == "out"
    )
    return tuple(re.sub(r"\d{4} \d{4}", "#", body) for body in bodies)
