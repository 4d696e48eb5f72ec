"""A family asks what is kept about it: a file for a computer; `own_page.py`, to read. Each time is in the audit."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from storage import audit, own_data, staff
from storage.database import Session
from storage.keys import Keys

COLLEAGUE = "a colleague of the desk"
_NAMED_IN = ("taken_over", "handed_over")  # events that name who had it


class Nobody(Exception):
    """There is no request with this number."""


def collect(session: Session, keys: Keys, reference: str, now: datetime) -> dict[str, list[dict[str, Any]]]:
    """Rows by table. Raises `Nobody`."""
    family_id = own_data.family_of_reference(session, reference)
    if family_id is None:
        raise Nobody
    found: dict[str, list[dict[str, Any]]] = {}
    names = frozenset(each.username for each in staff.everybody(session))
    for name, row in own_data.of_family(session, keys, family_id):
        found.setdefault(name, []).append(_without_names(row, names) if name == "message" else dict(row))
    audit.add(session, now, None, "", "own_data", family_id)
    return found


def as_json(found: dict[str, list[dict[str, Any]]], now: datetime) -> str:
    return json.dumps({"made_at": now.isoformat(), **found}, ensure_ascii=False, indent=1) + "\n"


def _without_names(row: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """An event as a family is told it: who worked at the desk is not."""
    if row.get("direction") != "event" or row.get("question") not in _NAMED_IN:
        return dict(row)
    told = {key: COLLEAGUE if value in names else value for key, value in json.loads(row["body"] or "{}").items()}
    return {**row, "body": json.dumps(told, ensure_ascii=False)}
