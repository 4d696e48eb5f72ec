"""Workbooks (XLSX) row by row: text stays text, whatever a spreadsheet would make of it."""

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MARK = "export"
_TRICKS = ("=", "#", "+", "-", "@")  # begins a formula, an error, or what an older program takes for a formula
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def workbook(sheets: Mapping[str, Iterable[Sequence[object]]], mark: str = "", widths: Sequence[int] = ()) -> bytes:
    """XLSX with these rows on sheets of these names. Rows are taken one by one and not kept.

    `mark`: who made it: at the foot of every printed page, and on a sheet behind the others; `widths`: of
    the columns of a list to work in, whose header stays in sight.
    """
    from xlsxwriter import Workbook  # only an export needs it; a third of what openpyxl takes for a row

    out = io.BytesIO()
    book = Workbook(out, {"constant_memory": True})
    as_text = book.add_format({"quote_prefix": True})  # text also after somebody pressed Enter in it
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        if mark:
            sheet.set_footer("&L" + mark.replace("&", "&&"))
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        sheet.freeze_panes(1 if widths else 0, 0)
        for place, row in enumerate(rows):
            _write(sheet, place, row, as_text)
    if mark:
        _write(book.add_worksheet(_MARK), 0, [mark], as_text)
    book.close()
    return out.getvalue()


def _write(sheet: Any, place: int, row: Sequence[object], as_text: object) -> None:
    for column, value in enumerate(row):
        if not isinstance(value, str):
            sheet.write(place, column, value)
        elif value:
            text = _NOT_XML.sub("", value)
            sheet.write_string(place, column, text, as_text if text.startswith(_TRICKS) else None)
