"""Catalogues to and from what volunteers work with: a spreadsheet, or the gettext file itself.

What comes back is taken by key, whole or not at all: every fault is named with its key, and nothing is written while
there is one. A translation that was made for other Dutch than today's is refused: it may say what we no longer mean.
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from channels.segments import plainly, segments
from flows.form import Form, SourceText
from intake import tables
from intake.spreadsheet import workbook
from locales import catalogue
from locales.catalogue import OUTDATED, REVIEWS, CatalogueProblem, Entry
from locales.languages import Languages

COLUMNS = ("key", "form", "dutch", "context", "translation", "segments", "state", "remark")
FORMATS = ("xlsx", "po")
_LARGEST = 5_000_000  # bytes of a file that somebody hands us


class TranslationProblem(ValueError):
    """A file that cannot be taken. One line for each fault, with its key."""


@dataclass(frozen=True)
class Row:
    """One text of one language. `form`: which numbers it is for, "" where nothing is counted."""

    key: str
    form: str
    dutch: str
    context: str
    translation: str
    segments: int
    state: str
    remark: str


def rows(folder: Path, form: Form, languages: Languages, code: str) -> Iterator[Row]:
    """Every text of a language as a translator sees it. Raises `CatalogueProblem`."""
    plain = languages[code].plain_sms
    found = catalogue.entries(folder / code / catalogue.FILE, form.sources)
    for key, source in form.sources.items():
        entry = found[key]
        for (told, text), dutch in zip(entry.forms, _dutch(source, len(entry.forms)), strict=True):
            yield Row(
                key, told, dutch, source.context, text, segments(plainly(text) if plain else text),
                OUTDATED if entry.is_outdated else entry.state, entry.exception,
            )  # fmt: skip


def export(folder: Path, form: Form, languages: Languages, code: str, to: Path) -> int:
    """Write a spreadsheet, or a copy of the catalogue when `to` ends in .po; how many texts.

    Raises `CatalogueProblem`.
    """
    catalogue.update(folder / code / catalogue.FILE, form.sources)  # what goes out is made for today's Dutch
    found = list(rows(folder, form, languages, code))
    if to.suffix == ".po":
        to.write_bytes((folder / code / catalogue.FILE).read_bytes())
        return len(found)
    table = [COLUMNS, *(tuple(getattr(row, name) for name in COLUMNS) for row in found)]
    to.write_bytes(workbook({code: table}, widths=(24, 14, 60, 50, 60, 10, 12, 24)))
    return len(found)


def export_approved(
    folder: Path, form: Form, languages: Languages, code: str, to: Path, approved: Mapping[str, Entry]
) -> int:
    """The same with what was approved on the pages; nothing in `folder` changes. How many were approved."""
    with TemporaryDirectory() as name:
        copy = Path(name) / code / catalogue.FILE
        copy.parent.mkdir()
        shutil.copy(folder / code / catalogue.FILE, copy)
        catalogue.change(copy, form.sources, approved)
        export(Path(name), form, languages, code, to)
    return len(approved)


def take_in(folder: Path, form: Form, languages: Languages, code: str, given: Path) -> int:
    """Take a volunteer's file; how many texts changed. Raises `TranslationProblem` with every fault, by key."""
    if given.stat().st_size > _LARGEST:
        raise TranslationProblem(f"{given.name} is larger than {_LARGEST // 1_000_000} MB: that is no list of texts")
    path = folder / code / catalogue.FILE
    offered = _read_po(given, code) if given.suffix == ".po" else _read_xlsx(given)
    now = catalogue.entries(path, form.sources)
    faults, new = [], dict[str, Entry]()
    for key, told in offered.items():
        if key not in now:
            faults.append(f"{key}: there is no text with this key")
            continue
        try:
            changed = _changed(now[key], form.sources[key], told)
        except (TranslationProblem, CatalogueProblem) as problem:
            faults.append(f"{key}: {problem}")
            continue
        if changed is not None:
            new[key] = changed
    if faults:
        raise TranslationProblem("\n".join(faults))
    if new:
        catalogue.change(path, form.sources, new)
    return len(new)


@dataclass
class _Offered:
    """What a file says of one key: its Dutch and its texts, in the order of the forms."""

    dutch: list[str]
    texts: list[str]
    state: str = ""


def _changed(now: Entry, source: SourceText, told: _Offered) -> Entry | None:
    """The entry as it should become, None when it stays as it is. Empty cells change nothing."""
    if told.dutch != _dutch(source, len(told.dutch)):
        raise TranslationProblem("the Dutch has changed since this file was made: export it again")
    if len(told.texts) != len(now.forms):
        raise TranslationProblem(f"needs {len(now.forms)} forms, the file has {len(told.texts)}")
    leaves_it = told.state in ("", OUTDATED)
    state = now.state if leaves_it else told.state
    if state not in REVIEWS:
        raise TranslationProblem(f"{state!r} is no state: write one of {', '.join(REVIEWS)}")
    texts = [text or old for text, (_, old) in zip(told.texts, now.forms, strict=True)]
    for text in texts:
        if text:
            catalogue.check(text, source, "it")
    is_same = texts == [old for _, old in now.forms]
    if is_same and state == now.state and (leaves_it or not now.is_outdated):
        return None
    forms = tuple((name, text) for (name, _), text in zip(now.forms, texts, strict=True))
    return Entry(forms, state, is_outdated=False, exception=now.exception)


def _dutch(source: SourceText, forms: int) -> list[str]:
    """The Dutch beside each form: for one, then for several."""
    return [source.text, *[source.several] * (forms - 1)] if source.several else [source.text]


def _read_xlsx(path: Path) -> dict[str, _Offered]:
    try:
        lines = tables.sheet(path.read_bytes())
    except tables.WrongFile:
        raise TranslationProblem(f"{path.name} is no spreadsheet that we can read: save it as .xlsx") from None
    header = lines[0] if lines else []
    if missing := [name for name in ("key", "dutch", "translation", "state") if name not in header]:
        raise TranslationProblem(f"{path.name}: the column {missing[0]} is missing from the first line")
    place = {name: header.index(name) for name in ("key", "dutch", "translation", "state")}
    return _by_key({name: line[at] if at < len(line) else "" for name, at in place.items()} for line in lines[1:])


def _by_key(lines: Iterator[Mapping[str, str]]) -> dict[str, _Offered]:
    found: dict[str, _Offered] = {}
    for line in lines:
        if key := line["key"].strip():
            each = found.setdefault(key, _Offered([], []))
            each.dutch.append(line["dutch"])
            each.texts.append(line["translation"].strip())
            each.state = line["state"].strip() or each.state
    return found


def _read_po(path: Path, code: str) -> dict[str, _Offered]:
    try:
        return {
            key: _Offered(_sources(dutch, len(texts)), list(texts), state)
            for key, dutch, texts, state in catalogue.messages(path, code)
        }
    except CatalogueProblem as problem:
        raise TranslationProblem(str(problem)) from None


def _sources(dutch: Sequence[str], forms: int) -> list[str]:
    return [dutch[0], *[dutch[-1]] * (forms - 1)]
