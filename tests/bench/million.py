"""A large installation, made quickly: three hundred desks and four years of requests, most of them long closed.

Each request has what it takes to be found again as the same child: a family with a key and a number, a birth, names.
"""

import json
import random
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import insert

from flows.engine.turn import local_day
from storage import desks
from storage.database import Database, Session
from storage.ids import new_id
from storage.keys import Keys
from storage.models import Contact, ContactFamily, Conversation, Desk, Family, Outcome, Registration
from tests.bench.children import FIRST, LAST

DESKS, WAITING = 300, 40
_CHUNK = 10_000
_TOWNS = ("9000", "9030", "9040", "9050")
_OUTCOMES = (("", ""), ("no_place", "full"), ("placed_via_desk", ""), ("offer_refused", "price"), ("lapsed", "moved"))
_RULES = '{"care_need": "inclusief", "extended": "ruimer-2019", "urgent": "dringend-u4"}'


def fill(database: Database, keys: Keys, rows: int, now: datetime, many: int = DESKS) -> None:
    """`rows` registrations over so many desks; forty conversations wait at each."""
    made = database.write(partial(some_desks, keys=keys, now=now, many=many)).result()
    chance = random.Random(1)
    for first in range(0, rows, _CHUNK):
        work = partial(some, keys=keys, made=made, now=now, chance=chance, first=first, many=min(_CHUNK, rows - first))
        database.write(work).result()


def some_desks(session: Session, keys: Keys, now: datetime, many: int) -> list[tuple[str, bytes]]:
    found: list[Desk] = [
        desks.add(session, keys, now, f"desk-{number}", f"Desk {number}", f"+3290{number:06d}", [], desks.Choices())
        for number in range(many)
    ]
    return [(desk.id, desk.key) for desk in found]


def some(
    session: Session, keys: Keys, made: list[tuple[str, bytes]], now: datetime, chance: random.Random, first: int,
    many: int, state: bytes = b"",
) -> list[dict[str, Any]]:  # fmt: skip
    """So many more families with a request each; their conversations. `state`: as large as a sealed one."""
    contacts, families, links, talks, requests, outcomes = [], [], [], [], [], []
    for place in range(first, first + many):
        desk_id, desk_key = made[place % len(made)]
        is_waiting = place // len(made) < WAITING
        at = now - timedelta(days=chance.randrange(30) if is_waiting else chance.randrange(1460))
        contact, family, talk, request = (new_id(at) for _ in range(4))
        key, day, born = keys.new_key(), local_day(at), local_day(at) - timedelta(days=chance.randrange(-150, 700))
        number = f"+3247{place:07d}"
        contacts.append({"id": contact, "blind": keys.blind("phone", number), "opted_out": False, "cannot_text": "",
                         "address": keys.seal(keys.installation, "contact", "address", contact, number),
                         "heard_today": 0})  # fmt: skip
        families.append({"id": family, "key": key, "created_at": at})
        links.append({"contact_id": contact, "family_id": family, "since": at})
        child, parent = chance.choice(FIRST), f"{chance.choice(FIRST)} {chance.choice(LAST)}"
        answers = {"birth": f"{born:%Y-%m}", "child_first_name": f"text:{child}", "parent_name": f"text:{parent}"}
        talks.append(
            {
                "id": talk, "desk_id": desk_id, "family_id": family, "contact_id": contact, "channel": "sms",
                "provider": "twilio", "our_number": "+3290000000", "language": "nl",
                "status": "waiting" if is_waiting else "closed", "form": "", "state": state, "asking": "",
                "asked_on": day, "turn": 1, "need": chance.randrange(4),
                "waiting_since": at if is_waiting else None, "waiting_why": "new_request" if is_waiting else "",
                "last_inbound_at": at, "opened_at": at, "closed_at": None if is_waiting else at,
            }
        )  # fmt: skip
        care = keys.seal(desk_key, "registration", "care_need", request, '{"value": true, "override": null}')
        requests.append(
            {
                "id": request, "reference": f"{place:08d}", "external_reference": "", "desk_id": desk_id,
                "family_id": family, "conversation_id": talk, "child": 1, "state": "complete", "source": "desk",
                "counted_in": "here", "channel": "sms", "language": "nl", "asked_on": day, "start": "asap",
                "postcode": chance.choice(_TOWNS), "birth_quarter": f"{born:%Y}-Q{(born.month + 2) // 3}",
                "birth_blind": keys.blind("birth", f"{born:%Y-%m}"), "name_blind": keys.blind("name", parent.lower()),
                "answers": keys.seal(key, "registration", "answers", request, json.dumps(answers)),
                "urgent": chance.random() < 0.3, "extended": chance.random() < 0.2, "priority": None,
                "vulnerable": chance.random() < 0.2, "care_need": care, "rules": _RULES, "rules_hash": "",
                "created_at": at, "updated_at": at,
            }
        )  # fmt: skip
        code, reason = chance.choice(_OUTCOMES)
        if code and not is_waiting:
            since = min(day + timedelta(days=chance.randrange(1, 300)), local_day(now))
            outcomes.append({"id": new_id(at), "desk_id": desk_id, "registration_id": request, "code": code,
                             "reason": reason, "since": since, "recorded_at": now})  # fmt: skip
    made_of = (
        (Contact, contacts), (Family, families), (ContactFamily, links), (Conversation, talks),
        (Registration, requests), (Outcome, outcomes),
    )  # fmt: skip
    for model, rows in made_of:
        if rows:
            session.connection().execute(insert(model), rows)
    return talks
