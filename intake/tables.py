"""A table that somebody sent, as CSV or as a workbook (XLSX): its columns, and each row with its line in the file."""

import csv
import io
import zipfile
from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import islice
from typing import Any

from intake.said import Said, said

WORKBOOK = b"PK\x03\x04"  # how a zip begins, and with it an XLSX
Row = tuple[int, dict[str, str]]
Columns = tuple[str, ...]
Head = Callable[[Columns], Columns]  # the names of the columns as we know them; raises `WrongFile`
_MOST_UNPACKED = 64 * 1024 * 1024  # bytes
_MOST_LINES = 20_000  # of a workbook


class WrongFile(ValueError):
    """A file that is no table of ours at all."""

    def __init__(self, sentence: str, **values: object) -> None:
        self.said = Said(sentence, values)
        super().__init__(str(self.said))


def read_csv(sent: bytes, head: Head) -> tuple[Columns, list[Row]]:
    """Its columns and rows. Raises `WrongFile`."""
    try:
        text = sent.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise WrongFile("save the file as CSV in UTF-8") from None
    first = text.partition("\n")[0]
    reader = csv.DictReader(
        io.StringIO(text, newline=""), delimiter=";" if ";" in first and "," not in first else ",", strict=True
    )
    try:
        columns = head(tuple(each.strip() for each in reader.fieldnames or ()))
        reader.fieldnames = columns
        return columns, [(reader.line_num, row) for row in reader]
    except csv.Error as problem:
        if "larger" in str(problem):
            raise WrongFile("line %(line)s: a cell is far too long", line=reader.line_num) from None
        raise WrongFile(
            "line %(line)s: this is no CSV: look for a quotation mark that is not closed", line=reader.line_num
        ) from None


def read_workbook(sent: bytes, head: Head) -> tuple[Columns, list[Row]]:
    """The same of the first sheet. Empty lines are left out."""
    lines = [[each.strip() for each in line] for line in sheet(sent)]
    columns = tuple(lines[0]) if lines else ()
    while columns and not columns[-1]:
        columns = columns[:-1]
    columns = head(columns)
    rows = [
        (at, {name: line[place] if place < len(line) else "" for place, name in enumerate(columns)})
        for at, line in enumerate(lines[1:], 2)
        if any(line)
    ]
    return columns, rows


def sheet(sent: bytes) -> list[list[str]]:
    """The cells of the first sheet of a workbook as text, line by line. Raises `WrongFile`."""
    from openpyxl import load_workbook  # heavy, and few people send a workbook

    try:
        with zipfile.ZipFile(io.BytesIO(sent)) as packed:
            if sum(each.file_size for each in packed.infolist()) > _MOST_UNPACKED:
                raise WrongFile("this workbook is far too large: save its first sheet as CSV in UTF-8")
        found = load_workbook(io.BytesIO(sent), read_only=True, data_only=True).worksheets[0]
        lines = islice(found.iter_rows(values_only=True), _MOST_LINES + 1)
        cells = [["" if cell is None else str(cell) for cell in line] for line in lines]
    except WrongFile:
        raise
    except Exception:  # whatever a broken file raises inside the library
        raise WrongFile("this is no workbook that we can read: save it as .xlsx, or as CSV in UTF-8") from None
    if len(cells) > _MOST_LINES:
        raise WrongFile("this workbook is far too large: save its first sheet as CSV in UTF-8")
    return cells


def checked(columns: Columns, known: Collection[str], required: Iterable[str]) -> Columns:
    """The same, when each of them is known, none stands twice and none is missing. Raises `WrongFile`."""
    if unknown := [each for each in columns if each not in known]:
        raise WrongFile(
            "unknown column %(name)s: the columns are %(known)s", name=unknown[0] or "–", known=", ".join(known)
        )
    if missing := [each for each in required if each not in columns]:
        raise WrongFile("the column %(name)s is missing", name=missing[0])
    if len(set(columns)) != len(columns):
        raise WrongFile("a column stands there twice")
    return columns


def shape(raw: Mapping[Any, object]) -> list[tuple[str, Said]]:
    """What is wrong with a row as a whole: (column, sentence)."""
    if None in raw:
        return [("end", said("there are more cells than columns: put quotes around a text with a comma in it"))]
    if None in raw.values():
        return [("end", said("there are fewer cells than columns"))]
    return []
