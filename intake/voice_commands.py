"""What the `voice` commands do: scripts for volunteers, recordings taken, the card, the words for when we are down."""

import csv
import html
from collections.abc import Sequence
from pathlib import Path

from channels import voice
from channels.voice import HangUp
from flows.desk import SOURCE
from flows.speaking import line
from intake import service, sounds
from intake.installation import Installation
from intake.set_up import WrongSetUp
from intake.settings import Settings
from intake.sounds import Level, Needed, Refused
from locales.dates import name_in
from storage import desks
from storage.models import Desk

_OWN_WORDS = "(in uw eigen woorden)"
_COLUMNS = ("file", "Dutch", "say", "at most (seconds)")


def script(settings: Settings, code: str, folder: Path) -> tuple[Path, Path]:
    """`voice-<code>.csv` and `.html` in `folder`. Raises `WrongSetUp`."""
    here = _here(settings, code)
    found = here.sounds.to_record(code)
    at_the_door = sum(each.is_at_the_door for each in found)
    folder.mkdir(parents=True, exist_ok=True)
    table, page = folder / f"voice-{code}.csv", folder / f"voice-{code}.html"
    with table.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        writer.writerows(
            (f"{each.piece.name}.wav", each.piece.dutch, each.piece.text or _OWN_WORDS, each.longest) for each in found
        )
    rows = "".join(
        f"<tr><td>{html.escape(each.piece.name)}.wav</td><td>{html.escape(each.piece.dutch)}</td>"
        f'<td dir="auto"{_lang(each, code)}><b>{html.escape(each.piece.text or _OWN_WORDS)}</b></td>'
        f"<td>{each.longest} s</td></tr>"
        for each in found
    )
    name = name_in(SOURCE, code)
    intro = (
        f"Lees elke regel rustig voor, in een stille kamer, en bewaar ze onder de naam in de eerste kolom. De eerste "
        f"{at_the_door} volstaan om {name} aan te bieden: wie belt, spreekt een bericht in en wordt met een tolk "
        f"teruggebeld. Met alles samen gaat een hele aanvraag in {name}."
    )
    if here.words[code].only_spoken:
        intro += (
            " Zeg wat het Nederlands betekent, zoals u het thuis zou zeggen. Staat er al iets, dan is dat een ontwerp "
            "dat niemand nalas: zeg het beter. Van een zin met … neemt u alleen op wat tussen « en » staat."
        )
    page.write_text(
        _page(f"Opnames: {name}", f"<p>{intro}</p><table><tr><th>bestand</th><th>Nederlands</th><th>zeg</th>"
              f"<th>hoogstens</th></tr>{rows}</table>"),
        encoding="utf-8",
    )  # fmt: skip
    return table, page


def _lang(needed: Needed, code: str) -> str:
    return f' lang="{code}"' if needed.piece.text else ""


def imported(settings: Settings, code: str, folder: Path) -> tuple[Sequence[Refused], str]:
    """What was refused, and the level that the language reached. Raises `WrongSetUp`."""
    here = _here(settings, code)
    if not folder.is_dir():
        raise WrongSetUp(f"{folder}: there is no such folder")
    refused = list(sounds.import_folder(here.sounds, code, folder))
    level, missing = here.sounds.level(code), here.sounds.missing(code)
    left = f"; {len(missing)} recordings are left, the first is {missing[0]}" if missing else ""
    means = {Level.NONE: "not offered yet", Level.DOOR: "offered: a message, and a call with an interpreter",
             Level.FULL: "offered in full"}[level]  # fmt: skip
    return refused, f"{code}: {means}{left}"


def fallback(settings: Settings, slug: str) -> str:
    """In each language of the desk that has a voice: call us on our own number. Raises `WrongSetUp`."""
    here, desk = _desk(settings, slug)
    chosen = desks.choices(desk)
    if not chosen.desk_phone:
        raise WrongSetUp(f"{slug}: give the desk's own phone first, on the desk's page Opening hours")
    wording = here.wording_of(here.form)
    spoken = [code for code in chosen.languages if here.words[code].voice]
    said = [line("phrase.call_us", code, wording, {"phone": chosen.desk_phone}) for code in spoken]
    return voice.render(said, HangUp(), here.words, lambda each: None)


def card(settings: Settings, slug: str, file: Path) -> None:
    """A page to print. Raises `WrongSetUp`."""
    here, desk = _desk(settings, slug)
    offered = here.heard(_front(settings, desk.id)).languages
    rows = "".join(
        f'<li><span lang="{code}" dir="auto">{html.escape(here.words[code].name)}</span>'
        f"<b>{' '.join(here.words[code].card)}</b></li>"
        for code in offered
        if here.words[code].card
    )
    body = (
        f'<div class="card"><p class="number">{html.escape(desk.number)}</p>'
        f'<ol class="steps"><li>{_HANDSET}</li><li>{_KEYS}</li><li>{_TALK}</li></ol><ul>{rows}</ul></div>'
    )
    file.write_text(_page(desk.name, body), encoding="utf-8")


def _here(settings: Settings, code: str) -> Installation:
    keys, database = service.opened(settings)
    database.close()
    here = service.load(keys, settings)
    if code not in here.words:
        raise WrongSetUp(f"{code}: choose one of {', '.join(here.words)}")
    return here


def _desk(settings: Settings, slug: str) -> tuple[Installation, Desk]:
    keys, database = service.opened(settings)
    try:
        with database.read() as session:
            desk = desks.by_slug(session, slug)
            if desk is None:
                raise WrongSetUp(f"there is no desk {slug}: `python -m intake desk list` shows them")
            session.expunge(desk)
        return service.load(keys, settings), desk
    finally:
        database.close()


def _front(settings: Settings, desk_id: str) -> desks.Front:
    _, database = service.opened(settings)
    try:
        with database.read() as session:
            return desks.front(session, desk_id)
    finally:
        database.close()


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="nl"><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"<style>{_STYLE}</style><h1>{html.escape(title)}</h1>{body}</html>\n"
    )


_STYLE = (
    "body{font:16px/1.4 sans-serif;margin:2rem;max-width:60rem}table{border-collapse:collapse}"
    "td,th{border:1px solid #999;padding:.3rem .6rem;text-align:left;vertical-align:top}"
    ".card{border:2px solid #222;border-radius:16px;padding:1.5rem;max-width:24rem}"
    ".number{font-size:2rem;margin:.2rem 0}"
    "ul{list-style:none;padding:0;columns:2}ul li{display:flex;justify-content:space-between;break-inside:avoid;"
    "padding:.15rem .6rem .15rem 0}.steps{display:flex;gap:1.5rem;padding:0;list-style:none}svg{width:4rem;height:4rem}"
)
_DRAWN = '<svg viewBox="0 0 24 24" fill="none" stroke="#222" stroke-width="1.6" role="img" aria-label="{}">{}</svg>'
_HANDSET = _DRAWN.format("bel", '<path d="M5 4h4l2 5-3 2a12 12 0 0 0 5 5l2-3 5 2v4a16 16 0 0 1-15-15z"/>')
_KEYS = _DRAWN.format(
    "druk de twee cijfers van uw taal",
    '<rect x="6" y="2" width="12" height="20" rx="2"/><path d="M9 8h.1M12 8h.1M15 8h.1M9 12h.1M12 12h.1M15 12h.1'
    'M9 16h.1M12 16h.1M15 16h.1" stroke-width="2.6" stroke-linecap="round"/>',
)
_TALK = _DRAWN.format("luister en antwoord", '<path d="M4 5h16v11H10l-4 4v-4H4z"/>')
