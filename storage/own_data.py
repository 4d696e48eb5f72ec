"""Everything that is kept about one family, opened, for when it asks (Regulation (EU) 2016/679, article 15).

Walks the tables as they are declared, so that a new one is never forgotten: each row that points to the family, to one
of its conversations or requests.
"""

import base64
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import LargeBinary, Table, select
from sqlmodel import Session, SQLModel

from storage.keys import Keys, KeysProblem
from storage.models import Contact, ContactFamily, Conversation, Desk, Earlier, Family, Registration, table

LEFT_OUT = ("tombstone", "family", "form_text")  # bare ids and keys; the questions are public
_STAFF = ("author", "claimed_by", "undone_by", "staff_id", "who")
INDEX = ("blind", "birth_blind", "name_blind", "alike")  # hashes of what stands beside them in clear


def family_of_reference(session: Session, reference: str) -> str | None:
    """The family of the request with this number."""
    statement = select(table(Registration).c.family_id).where(table(Registration).c.reference == reference)
    return session.connection().execute(statement).scalar()


def of_family(session: Session, keys: Keys, family_id: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Table and row, the sealed columns opened; sounds and pictures in base64. Who worked at the desk is not told."""
    family = session.get_one(Family, family_id)
    ids = _ids(session, family_id)
    desks = [row.key for row in session.connection().execute(select(table(Desk).c.key))]
    opening = [key for key in (family.key, keys.installation, *desks) if key]
    for each in SQLModel.metadata.sorted_tables:
        mine = [each.c[name].in_(found) for name, found in ids.items() if name in each.c]
        if each.name == table(Contact).name:
            mine = [each.c.id.in_(ids["contact_id"])]
        if each.name in LEFT_OUT or not mine:
            continue
        rows = session.connection().execute(select(each).where(mine[0])).mappings()  # the surest: phones are shared
        for row in rows:
            yield each.name, dict(_shown(keys, opening, each, dict(row)))


def _ids(session: Session, family_id: str) -> dict[str, list[str]]:
    """What rows point to it by, and to whom; the surest first."""
    run = session.connection().execute
    talks, requests, links = table(Conversation).c, table(Registration).c, table(ContactFamily).c
    return {
        "family_id": [family_id],
        "conversation_id": list(run(select(talks.id).where(talks.family_id == family_id)).scalars()),
        "registration_id": list(run(select(requests.id).where(requests.family_id == family_id)).scalars()),
        "contact_id": list(run(select(links.contact_id).where(links.family_id == family_id)).scalars()),
    }


def _shown(keys: Keys, opening: Iterable[bytes], of: Table, row: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for column in of.columns:
        name, value = column.name, row[column.name]
        if name in INDEX or value is None:
            continue
        if name in _STAFF:
            yield name, "a colleague of the desk" if value else ""
        elif isinstance(column.type, LargeBinary):
            yield name, _opened(keys, opening, *_place(of, row), name, value) if value else ""
        else:
            yield name, value.isoformat() if isinstance(value, date | datetime) else value


def _place(of: Table, row: Mapping[str, Any]) -> tuple[str, str]:
    """The table and row to which a value was bound; what stood in a request earlier still is to that request."""
    if of is table(Earlier):
        return table(Registration).name, str(row["registration_id"])
    return of.name, str(row.get("id", ""))


def _opened(keys: Keys, opening: Iterable[bytes], of: str, id_: str, column: str, value: bytes) -> str:
    for key in opening:
        try:
            plain = keys.open_bytes(key, of, column, id_, value)
        except KeysProblem:
            continue
        try:
            return plain.decode()
        except UnicodeDecodeError:
            return base64.b64encode(plain).decode()
    return "(cannot be opened)"
