"""The recovery sheet: one page to print on the first day and to find on the worst one.

In Dutch, for whoever keeps the installation alive. No secret stands on it unless somebody asks for that.
"""

import html
import json
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from intake.settings import Settings
from storage.keys import Keys

NAME = "recovery.html"  # in the data folder, where `migrate` puts it
_HEAD = (
    '<!doctype html><html lang="nl"><meta charset="utf-8"><title>Herstelblad</title><style>'
    "body{font:16px/1.5 sans-serif;max-width:46em;margin:2em auto;padding:0 1em}"
    "table{border-collapse:collapse;width:100%}td,th{border:1px solid #777;padding:.4em .6em;text-align:left;"
    "vertical-align:top}code{font:15px/1.5 monospace;overflow-wrap:anywhere}li{margin:.4em 0}"
    ".fill{border-bottom:1px solid #777;display:inline-block;min-width:16em}"
    "@media print{body{margin:0}}</style>"
)
_NOT_YET = "(nog niet gemaakt)"
_FILL = '<span class="fill">&nbsp;</span>'


def fingerprint(keys: Keys) -> str:
    """Which keys these are, without telling them; the same after a rotation."""
    found = keys.blind("recovery sheet", "fingerprint")[:16].upper()
    return " ".join(found[place : place + 4] for place in range(0, len(found), 4))


def sheet(settings: Settings, keys: Keys, now: datetime, *, with_keys: bool = False) -> str:
    """The page. `with_keys`: the content of the keys file too, to type over when every copy is gone."""
    kept = (
        ("Sleutelbestand", f"<code>{_text(settings.keys.absolute())}</code>", _FILL),
        ("Herkenningsteken ervan", f"<code>{fingerprint(keys)}</code>", "staat hier, om te vergelijken"),
        ("Identiteit van de back-ups (<code>AGE-SECRET-KEY-1…</code>)", "op geen enkele machine", _FILL),
        ("Sleutel van de back-ups", f"<code>{_text(settings.backup_key or _NOT_YET)}</code>", "mag iedereen zien"),
        ("Back-ups (<code>.age</code>), een maand lang", _FILL, _FILL),
        ("Wie gewist werd (<code>erased.jsonl</code>)", f"<code>{_text(settings.erased.absolute())}</code>", _FILL),
    )  # fmt: skip
    rows = "".join(f"<tr><th>{name}</th><td>{where}</td><td>{copy}</td></tr>" for name, where, copy in kept)
    return (
        f"{_HEAD}<h1>Herstelblad van Opvanglijn</h1><p>Opgemaakt op {now:%d/%m/%Y} voor "
        f"<code>{_text(settings.public_url)}</code>. Druk het af en leg het bij de back-ups, niet bij de machine.</p>"
        "<h2>Wat bewaart u waar?</h2><table><tr><th>Wat</th><th>Nu</th><th>Waar ligt de kopie, wie kan erbij?</th></tr>"
        f"{rows}</table><p><strong>Zonder het sleutelbestand kan niemand nog lezen wat gezinnen vertelden, ook u niet."
        "</strong> Zonder de identiteit gaat geen back-up open. Leg beide op een andere plaats dan de back-ups.</p>"
        f"<h2>Vandaag nog</h2>{_steps(_first(settings))}"
        f"<h2>Alles is weg: zo herstelt u</h2>{_steps(_restore(settings))}"
        f"<p>Geoefend op: {_FILL} door: {_FILL}</p>{_secret(settings) if with_keys else ''}</html>\n"
    )


def write(path: Path, page: str) -> None:
    """A new file that only its owner can read. Raises `FileExistsError`."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(page)


def _first(settings: Settings) -> Sequence[str]:
    made = () if settings.backup_key else (
        "<code>python -m intake keys backup</code>: schrijf de identiteit over op papier, zet de sleutel in "
        "<code>INTAKE_BACKUP_KEY</code>.",
    )  # fmt: skip
    return (
        f"Kopieer <code>{_text(settings.keys.absolute())}</code> naar een veilige plaats.",
        *made,
        "<code>python -m intake backup PLAATS/DATUM.age</code>, elke nacht. Het wordt meteen op proef hersteld.",
        "Oefen één keer het herstel hieronder, op een andere machine.",
    )


def _restore(settings: Settings) -> Sequence[str]:
    return (
        "Een nieuwe machine met dezelfde versie van Opvanglijn en dezelfde instellingen (<code>INTAKE_…</code>, "
        "<code>TWILIO_…</code>), en een lege database.",
        f"Zet het sleutelbestand op <code>{_text(settings.keys.absolute())}</code>: <code>chmod 600</code>, van de "
        "gebruiker van de dienst. <code>python -m intake keys fingerprint</code> moet het teken hierboven tonen.",
        f"Is <code>{_text(settings.erased.name)}</code> er nog, zet het dan terug in "
        f"<code>{_text(settings.data_dir.absolute())}</code>: wie gewist werd, blijft gewist.",
        "Zet de identiteit in een bestand: <code>python -m intake restore PLAATS/DATUM.age --identity BESTAND</code>. "
        "Wis dat bestand daarna.",
        "<code>python -m intake check</code>",
        "<code>python -m intake reconcile --since DATUM</code>: wat gezinnen sindsdien stuurden, komt van Twilio "
        "(hoogstens 13 dagen terug).",
        "<code>python -m intake serve</code>. Bel zelf het nummer en stuur een sms.",
    )


def _steps(steps: Sequence[str]) -> str:
    return f"<ol>{''.join(f'<li>{each}</li>' for each in steps)}</ol>"


def _secret(settings: Settings) -> str:
    content = json.dumps(json.loads(settings.keys.read_text(encoding="utf-8")), indent=1)
    return (
        "<h2>GEHEIM: het sleutelbestand</h2><p>Wie dit blad en de database heeft, leest alles. In een kluis, "
        f"verzegeld.</p><pre><code>{_text(content)}</code></pre>"
    )


def _text(value: object) -> str:
    return html.escape(str(value))
