"""Workbooks (XLSX) row by row: text stays text, whatever a spreadsheet would make of it."""

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MARK = "export"
_TRICKS = ("=", "#", "+", "-", "@")  # begins a formula, an error, or what an older program takes for a formula


def workbook(sheets: Mapping[str, Iterable[Sequence[object]]], mark: str = "") -> bytes:
    """XLSX with these rows on sheets of these names. Rows are taken one by one and not kept.

    `mark`: who made it: at the foot of every printed page, and on a sheet behind the others.
    """
    from openpyxl import Workbook  # heavy, and only an export needs it

    book, out = Workbook(write_only=True), io.BytesIO()
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        sheet.oddFooter.left.text = mark.replace("&", "&&") or None
        for row in rows:
            sheet.append([_cell(sheet, value) for value in row])
    if mark:
        book.create_sheet(_MARK).append([mark])
    book.save(out)
    return out.getvalue()


def _cell(sheet: Any, value: object) -> object:
    if not isinstance(value, str):
        return value
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    text = ILLEGAL_CHARACTERS_RE.sub("", value)
    if not text.startswith(_TRICKS):
        return text
    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"
    cell.quotePrefix = True  # text also after somebody pressed Enter in it
    return cell
