"""Requests one by one, as rows that `import` takes back."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping

from intake.installation import Installation
from intake.registers import COLUMNS, cells_of, with_apostrophe
from intake.reports import WrongReport
from intake.spreadsheet import workbook
from storage import desks, imports
from storage import registrations as kept
from storage.database import Session

Cells = Mapping[str, str]


def registrations(
    session: Session, here: Installation, year: int, desk: str | None, desk_ids: frozenset[str]
) -> Iterator[Cells]:
    """The requests that were asked in a year. Raises `WrongReport`."""
    slugs = {each.id: each.slug for each in desks.everything(session) if each.id in desk_ids}
    chosen = frozenset(id_ for id_, slug in slugs.items() if desk in (None, slug))
    if not chosen:
        raise WrongReport(f"there is no desk {desk}: `python -m intake desk list` shows them")
    for row in imports.of_year(session, chosen, year):
        found = cells_of(kept.opened(session, here.keys, row), slugs[row.desk_id])
        yield {name: with_apostrophe(found[name]) for name in COLUMNS}


def as_csv(rows: Iterable[Cells]) -> Iterator[str]:
    """Line by line, the header first."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow(row)
        yield out.getvalue()
        out.seek(0)
        out.truncate()
    yield out.getvalue()


def as_xlsx(rows: Iterable[Cells]) -> bytes:
    return workbook({"registrations": (COLUMNS, *(tuple(row[name] for name in COLUMNS) for row in rows))})
