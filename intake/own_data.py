"""A family asks what is kept about it: a file for a computer, or one to print. Each time is in the audit."""

import html
import json
from datetime import datetime
from typing import Any

from storage import audit, own_data
from storage.database import Session
from storage.keys import Keys

_HEAD = (
    '<!doctype html><html lang="nl"><meta charset="utf-8"><title>Wat wij van uw gezin bewaren</title><style>'
    "body{{font:16px/1.5 sans-serif;max-width:60em;margin:2em auto}}"
    "dl{{display:grid;grid-template-columns:14em 1fr;border-top:1px solid #999;padding:.5em 0}}"
    "dt{{color:#555}}dd{{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}}</style>"
    "<h1>Wat wij van uw gezin bewaren</h1><p>{made}</p>"
)
_NAMES = {  # what each table is to a family
    "contact": "Uw nummers en accounts",
    "contact_family": "Wanneer een nummer voor uw gezin sprak",
    "conversation": "Gesprekken",
    "message": "Berichten",
    "registration": "Aanvragen",
    "outcome": "Wat er van een aanvraag werd",
    "earlier": "Hoe een aanvraag eerder telde",
    "call": "Telefoongesprekken",
    "call_back": "Beloftes om terug te bellen",
    "recording": "Opnames en foto's",
    "merge": "Samengevoegde aanvragen",
    "referral": "Doorverwijzingen",
    "follow_up": "Vragen achteraf",
    "timer": "Wat nog gepland is",
    "join_code": "Codes om elders verder te gaan",
    "frozen": "In een jaarverslag",
}


class Nobody(Exception):
    """There is no request with this number."""


def collect(session: Session, keys: Keys, reference: str, now: datetime) -> dict[str, list[dict[str, Any]]]:
    """Rows by table. Raises `Nobody`."""
    family_id = own_data.family_of_reference(session, reference)
    if family_id is None:
        raise Nobody
    found: dict[str, list[dict[str, Any]]] = {}
    for name, row in own_data.of_family(session, keys, family_id):
        found.setdefault(name, []).append(dict(row))
    audit.add(session, now, None, "", "own_data", family_id)
    return found


def as_json(found: dict[str, list[dict[str, Any]]], now: datetime) -> str:
    return json.dumps({"made_at": now.isoformat(), **found}, ensure_ascii=False, indent=1) + "\n"


def as_page(found: dict[str, list[dict[str, Any]]], now: datetime) -> str:
    """To print; nothing in it is fetched from elsewhere."""
    parts = [_HEAD.format(made=f"Opgemaakt op {now:%d/%m/%Y}.")]
    for name, rows in found.items():
        parts.append(f"<h2>{html.escape(_NAMES.get(name, name))}</h2>")
        parts += [_row(row) for row in rows]
    return "".join(parts) + "</html>\n"


def _row(row: dict[str, Any]) -> str:
    told = ((name, value) for name, value in row.items() if value != "" and name != "id" and not name.endswith("_id"))
    lines = (f"<dt>{html.escape(name)}</dt><dd>{_value(name, value, row)}</dd>" for name, value in told)
    return f"<dl>{''.join(lines)}</dl>"


def _value(name: str, value: Any, row: dict[str, Any]) -> str:
    if name == "sound":
        kind = html.escape(str(row.get("media_type", "")))
        tag = "img" if kind.startswith("image/") else "audio controls"
        return f'<{tag} src="data:{kind};base64,{html.escape(str(value))}"></{tag.partition(" ")[0]}>'
    return html.escape(str(value))
