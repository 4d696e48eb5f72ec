"""Requests that come from elsewhere, many at a time: an organiser's list, an old register. One transaction for all.

Each becomes what a request by phone is: a family with a key of its own, a conversation that is closed, a registration.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sql
from sqlalchemy import insert
from sqlmodel import Session, col, select

from storage import registrations
from storage.ids import new_id
from storage.keys import Keys
from storage.merging import months_around
from storage.models import Contact, ContactFamily, Conversation, Desk, Family, Outcome, Registration, table
from storage.registrations import CARE_NEED, CLEAR_FLAGS, Content
from storage.statements import Statement

_TABLES = (Contact, Family, ContactFamily, Conversation, Registration, Outcome)
_INSERT = {model: Statement(insert(table(model))) for model in _TABLES}
_ZONE = ZoneInfo("Europe/Brussels")
_NOON = time(12)
_CARE = {value: json.dumps({"value": value, "override": None}) for value in (True, False, None)}
_CHUNK, _AT_ONCE = 500, 1000  # looked up; written
_IS_COUNTED = (col(Registration.state) != "ticket", col(Registration.same_as).is_(None))


@dataclass(frozen=True, slots=True)
class New:
    """One request to keep. `state`: of its conversation, JSON; `phone`: E.164, or ""."""

    desk_id: str
    reference: str
    external_reference: str
    source: str
    counted_in: str
    channel: str
    language: str
    phone: str
    content: Content
    state: str
    form: str
    alike: str  # what recognises the same row
    outcome: tuple[str, str, date] | None


class Sought(NamedTuple):
    """By what a request that we have is found. `phone`: E.164; `name`: in plain letters; `birth`: a month; or ""."""

    desk_id: str
    phone: str
    name: str
    birth: str


@dataclass
class Known:
    """What is kept already: id by (desk, external reference), by reference, by what it was told; and that, by id."""

    external: dict[tuple[str, str], str]
    references: dict[str, str]
    alike: dict[str, str]
    told: dict[str, str]


def known(session: Session) -> Known:
    kept = table(Registration).c
    columns = (kept.id, kept.desk_id, kept.external_reference, kept.reference, kept.alike)
    found = Known({}, {}, {}, {})
    for id_, desk_id, external, reference, alike in session.connection().execute(sql.select(*columns)):
        found.references[reference] = id_
        if external:
            found.external[desk_id, external] = id_
        if alike:
            found.alike[alike], found.told[id_] = id_, alike
    return found


def likely(session: Session, keys: Keys, rows: Sequence[Sought]) -> dict[int, tuple[str, bool]]:
    """Which of these may be a request of the same desk: place -> (its reference, whether the number is the same).

    The child is of about the same age, and the number or the name (in plain letters) is the same.
    """
    found: dict[int, tuple[str, bool]] = {}
    for first in range(0, len(rows), _CHUNK):
        some = {first + place: row for place, row in enumerate(rows[first : first + _CHUNK])}
        for same_number, theirs in ((True, _of_numbers(session, keys, some)), (False, _of_names(session, keys, some))):
            for place, row in some.items():
                key = row.phone if same_number else row.name
                for desk_id, birth, reference in theirs.get(key, ()):
                    near = {keys.blind("birth", month) for month in months_around(row.birth)} | {""}
                    if desk_id == row.desk_id and birth in near and (birth or same_number):
                        found.setdefault(place, (reference, same_number))
    return found


_Kept = dict[str, list[tuple[str, str, str]]]  # desk, blind birth, reference


def _of_numbers(session: Session, keys: Keys, rows: Mapping[int, Sought]) -> _Kept:
    blinds = {keys.blind("phone", row.phone): row.phone for row in rows.values() if row.phone}
    statement = (
        sql.select(Contact.blind, Registration.desk_id, Registration.birth_blind, Registration.reference)  # type: ignore[call-overload]
        .join(ContactFamily, col(ContactFamily.contact_id) == col(Contact.id))
        .join(Registration, col(Registration.family_id) == col(ContactFamily.family_id))
        .where(col(Contact.blind).in_(blinds), *_IS_COUNTED)
    )
    return _by_key(session, statement, blinds)


def _of_names(session: Session, keys: Keys, rows: Mapping[int, Sought]) -> _Kept:
    blinds = {keys.blind("name", row.name): row.name for row in rows.values() if row.name}
    statement = sql.select(
        Registration.name_blind, Registration.desk_id, Registration.birth_blind, Registration.reference  # type: ignore[call-overload]
    ).where(col(Registration.name_blind).in_(blinds), *_IS_COUNTED)  # fmt: skip
    return _by_key(session, statement, blinds)


def _by_key(session: Session, statement: Any, blinds: Mapping[str, str]) -> _Kept:
    found: _Kept = {}
    for blind, desk_id, birth, reference in session.connection().execute(statement):
        found.setdefault(blinds[blind], []).append((desk_id, birth, reference))
    return found


def add(session: Session, keys: Keys, rows: Iterable[New], now: datetime, done: Callable[[int], object]) -> None:
    """Keep them all. `done(n)` is told of each hundred."""
    desk_keys = {desk.id: desk.key for desk in session.exec(select(Desk))}
    contacts = dict(session.exec(select(Contact.blind, Contact.id)).all())
    made: dict[Any, list[Mapping[str, Any]]] = {model: [] for model in _TABLES}
    count = 0
    for count, row in enumerate(rows, 1):
        _make(keys, row, desk_keys[row.desk_id], contacts, made, now)
        if count % 100 == 0:
            done(100)
        if count % _AT_ONCE == 0:
            _keep(session, made)
    _keep(session, made)
    done(count % 100)


def _keep(session: Session, made: dict[Any, list[Mapping[str, Any]]]) -> None:
    for model, rows in made.items():
        _INSERT[model].each(session, rows)
        rows.clear()


def _make(
    keys: Keys, row: New, desk_key: bytes, contacts: dict[str, str], made: dict[Any, list[Mapping[str, Any]]],
    now: datetime,
) -> None:  # fmt: skip
    at = datetime.combine(row.content.asked_on, _NOON, _ZONE)
    family, talk, request = new_id(now), new_id(now), new_id(now)
    key, address = keys.new_key(), row.phone
    blind = keys.blind("phone", row.phone) if row.phone else keys.blind("import", family)
    contact = contacts.get(blind)
    if contact is None:
        contact = contacts[blind] = new_id(now)
        sealed = keys.seal(keys.installation, "contact", "address", contact, address)
        made[Contact].append({"id": contact, "blind": blind, "address": sealed, "opted_out": False, "cannot_text": "",
                              "heard_today": 0})  # fmt: skip
    made[Family].append({"id": family, "key": key, "created_at": now})
    made[ContactFamily].append({"contact_id": contact, "family_id": family, "since": at})
    made[Conversation].append(
        {
            "id": talk, "desk_id": row.desk_id, "family_id": family, "contact_id": contact, "channel": row.channel,
            "provider": "", "our_number": "", "language": row.language, "status": "closed", "form": row.form,
            "state": keys.seal(key, "conversation", "state", talk, row.state), "asking": "",
            "asked_on": row.content.asked_on, "turn": 0, "need": 0, "reminders": 0, "waiting_why": "",
            "last_inbound_at": at, "opened_at": at, "closed_at": at,
        }
    )  # fmt: skip
    content = row.content
    made[Registration].append(
        {
            "id": request, "reference": row.reference, "external_reference": row.external_reference,
            "desk_id": row.desk_id, "family_id": family, "conversation_id": talk, "child": 1, "state": "complete",
            "source": row.source, "counted_in": row.counted_in, "channel": row.channel, "language": row.language,
            "asked_on": content.asked_on, "start": content.start, "postcode": content.postcode,
            "birth_quarter": content.birth_quarter,
            "birth_blind": keys.blind("birth", content.birth_month) if content.birth_month else "",
            "name_blind": keys.blind("name", content.name) if content.name else "",
            "answers": keys.seal(key, "registration", "answers", request, content.answers),
            "because": keys.seal(key, "registration", "because", request, content.because),
            "rules": registrations.rules_text(content.rules), "rules_hash": content.rules_hash,
            CARE_NEED: keys.seal(desk_key, "registration", CARE_NEED, request, _CARE[content.flags[CARE_NEED]]),
            **{flag: content.flags[flag] for flag in CLEAR_FLAGS},
            "alike": row.alike, "created_at": now, "updated_at": now,
        }
    )  # fmt: skip
    if row.outcome is not None:
        code, reason, since = row.outcome
        id_ = new_id(now)
        is_care = reason == CARE_NEED
        made[Outcome].append(
            {
                "id": id_, "desk_id": row.desk_id, "registration_id": request, "code": code,
                "reason": "" if is_care else reason,
                "sealed_reason": keys.seal(desk_key, "outcome", "sealed_reason", id_, reason) if is_care else None,
                "since": since, "recorded_at": now, "by_family": False,
            }
        )  # fmt: skip


def row_of(session: Session, registration_id: str) -> Registration:
    return session.get_one(Registration, registration_id)
