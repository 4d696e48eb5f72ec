"""Requests one by one, with names: as rows that `import` takes back, and as a spreadsheet that says who made it.

The columns of the CSV are fixed (docs/running.md), so nothing of ours can stand in it: who made it stands in its name,
and its hash in the database leads back to them (docs/decisions/0011).
"""

import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from flows.engine.turn import BRUSSELS
from intake.installation import Installation
from intake.registers import COLUMNS, cells_of, with_apostrophe
from intake.reports import WrongReport
from intake.spreadsheet import workbook
from storage import desks, exports
from storage.database import Session

Cells = Mapping[str, str]


@dataclass(frozen=True)
class Mark:
    """Who made a file, when and of which desk: it stands in the spreadsheet, and in the name of every file."""

    what: str
    who: str
    desk: str
    at: datetime
    number: str  # of the export, as the audit has it

    @property
    def file_name(self) -> str:
        return f"{self.what}-{self.desk}-{self.who}-{self.at.astimezone(BRUSSELS):%Y%m%d-%H%M}-{self.number[-6:]}"

    @property
    def line(self) -> str:
        return f"{self.who} · {self.desk} · {self.at.astimezone(BRUSSELS):%Y-%m-%d %H:%M} · {self.number}"


def chosen_desks(session: Session, desk: str | None, desk_ids: frozenset[str]) -> frozenset[str]:
    """The desk with this short name, or all of `desk_ids`. Raises `WrongReport`."""
    own = [each for each in desks.everything(session) if each.id in desk_ids]
    found = frozenset(each.id for each in own if desk in (None, each.slug))
    if not found:
        raise WrongReport(f"there is no desk {desk}: `python -m intake desk list` shows them")
    return found


def registrations(
    session: Session, here: Installation, year: int, desk: str | None, desk_ids: frozenset[str]
) -> Iterator[Cells]:
    """The requests that were asked in a year. Raises `WrongReport`."""
    return rows(session, here, exports.of_year(session, chosen_desks(session, desk, desk_ids), year))


def rows(session: Session, here: Installation, ids: Sequence[str]) -> Iterator[Cells]:
    """These requests, some at a time: however many there are, few are in memory."""
    slugs = {each.id: each.slug for each in desks.everything(session)}
    for found in exports.opened(session, here.keys, ids):
        yield cells_of(found, slugs[found.row.desk_id])


def as_csv(found: Iterable[Cells]) -> Iterator[str]:
    """Line by line, the header first."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in found:
        writer.writerow({name: with_apostrophe(row[name]) for name in COLUMNS})
        yield out.getvalue()
        out.seek(0)
        out.truncate()
    yield out.getvalue()


def as_xlsx(found: Iterable[Cells], mark: Mark | None = None) -> bytes:
    """`mark`: on every printed page, and on a sheet of its own."""
    table = chain([COLUMNS], (tuple(row[name] for name in COLUMNS) for row in found))
    return workbook({"registrations": table}, mark.line if mark else "")


def hashed(content: Iterable[bytes], finished: Callable[[str], object]) -> Iterator[bytes]:
    """The same pieces; when the last one was taken, `finished` is told the SHA-256 of them all."""
    digest = hashlib.sha256()
    for piece in content:
        digest.update(piece)
        yield piece
    finished(digest.hexdigest())
