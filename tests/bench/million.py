"""A large installation, made quickly: three hundred desks and four years of requests, most of them long closed."""

import random
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import insert

from flows.engine.turn import local_day
from storage import desks
from storage.database import Database, Session
from storage.ids import new_id
from storage.keys import Keys
from storage.models import Contact, Conversation, Desk, Family, Registration

DESKS, WAITING = 300, 40
_CHUNK = 10_000
_RULES = '{"care_need": "inclusief", "extended": "ruimer-2019", "urgent": "dringend-u4"}'


def fill(database: Database, keys: Keys, rows: int, now: datetime) -> None:
    """`rows` registrations over `DESKS` desks; forty conversations wait at each."""
    made = database.write(partial(_desks, keys=keys, now=now)).result()
    chance = random.Random(1)
    for first in range(0, rows, _CHUNK):
        work = partial(_some, keys=keys, made=made, now=now, chance=chance, first=first, many=min(_CHUNK, rows - first))
        database.write(work).result()


def _desks(session: Session, keys: Keys, now: datetime) -> list[tuple[str, bytes]]:
    found: list[Desk] = [
        desks.add(session, keys, now, f"desk-{number}", f"Desk {number}", f"+3290{number:06d}", [], desks.Choices())
        for number in range(DESKS)
    ]
    return [(desk.id, desk.key) for desk in found]


def _some(
    session: Session, keys: Keys, made: list[tuple[str, bytes]], now: datetime, chance: random.Random, first: int,
    many: int,
) -> None:  # fmt: skip
    contacts, families, talks, requests = [], [], [], []
    for place in range(first, first + many):
        desk_id, desk_key = made[place % len(made)]
        is_waiting = place // len(made) < WAITING
        at = now - timedelta(days=chance.randrange(30) if is_waiting else chance.randrange(1460))
        contact, family, talk, request = (new_id(at) for _ in range(4))
        contacts.append({"id": contact, "blind": f"b{place}", "address": b"", "opted_out": False, "cannot_text": "",
                         "heard_today": 0})  # fmt: skip
        families.append({"id": family, "key": b"", "created_at": at})
        talks.append(
            {
                "id": talk, "desk_id": desk_id, "family_id": family, "contact_id": contact, "channel": "sms",
                "provider": "twilio", "our_number": "+3290000000", "language": "nl",
                "status": "waiting" if is_waiting else "closed", "form": "", "state": b"", "asking": "",
                "asked_on": local_day(at), "turn": 1, "need": chance.randrange(4),
                "waiting_since": at if is_waiting else None, "waiting_why": "new_request" if is_waiting else "",
                "last_inbound_at": at, "opened_at": at,
            }
        )  # fmt: skip
        care = keys.seal(desk_key, "registration", "care_need", request, '{"value": true, "override": null}')
        requests.append(
            {
                "id": request, "reference": f"{place:08d}", "external_reference": "", "desk_id": desk_id,
                "family_id": family, "conversation_id": talk, "child": 1, "state": "complete", "source": "desk",
                "counted_in": "here", "channel": "sms", "language": "nl", "asked_on": local_day(at), "start": "asap",
                "postcode": "9000", "birth_quarter": "2026-Q1", "birth_blind": "", "answers": b"",
                "urgent": chance.random() < 0.3, "extended": chance.random() < 0.2, "priority": None,
                "vulnerable": chance.random() < 0.2, "care_need": care, "rules": _RULES, "rules_hash": "",
                "created_at": at, "updated_at": at,
            }
        )  # fmt: skip
    connection = session.connection()
    for model, rows in ((Contact, contacts), (Family, families), (Conversation, talks), (Registration, requests)):
        connection.execute(insert(model), rows)
