"""The yearly counts in somebody else's columns: a mapping says what stands under each header (column ← measure).

The official template's own columns are unknown to us; whoever has it writes them into a mapping. The sample in
`flows/template.yaml` says how. Nothing is counted here.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from flows.answers import Flag
from intake import reports
from intake.installation import ROOT, Installation
from intake.registers import with_apostrophe
from intake.reports import ALL, COLUMNS, Measure, Report, Wanted
from intake.said import Said, said
from intake.spreadsheet import workbook
from locales import yamlfile
from locales.yamlfile import YamlProblem
from storage import desks
from storage.database import Session

SAMPLE = ROOT / "flows" / "template.yaml"
LARGEST = 64 * 1024  # bytes
MEASURES = (ALL, *(flag.value for flag in Flag))
ABOUT = ("year", "desk", "desk_name", "definition", "year_rule", "as_of", "known_on", "category")
_MOST_COLUMNS, _LONGEST = 200, 200
_TITLE = "opvangvragen"
_UNKNOWN = "Column %(place)s, %(header)s: %(name)s is unknown. Choose %(known)s."


class WrongTemplate(ValueError):
    """A mapping that cannot be used. `faults`: a sentence for each column that is wrong."""

    def __init__(self, *faults: Said) -> None:
        super().__init__(" ".join(map(str, faults)))
        self.faults = tuple(faults)


class Column(BaseModel):
    """What stands under one header: exactly one of the three."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    header: str
    measure: str | None = None
    about: str | None = None
    text: str | None = None


class Template(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    rows: Literal["desk", "all", "category"] = "desk"
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Counted:
    """The counts of one desk, or of all together, and its name."""

    report: Report
    name: str


@dataclass(frozen=True)
class Filled:
    """The table in the template's columns. `empty`: for each column where something is missing, in which rows."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str | int, ...], ...]
    empty: Mapping[str, tuple[str, ...]]

    def as_csv(self) -> str:
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        for row in (self.headers, *self.rows):
            writer.writerow([with_apostrophe(cell) if isinstance(cell, str) else cell for cell in row])
        return out.getvalue()

    def as_xlsx(self) -> bytes:
        return workbook({_TITLE: (self.headers, *self.rows)})


def read(content: bytes, name: str = "mapping") -> Template:
    """A mapping, in YAML; or in CSV, with a header: `header,measure,about,text`. Raises `WrongTemplate`."""
    if len(content) > LARGEST:
        raise WrongTemplate(said("The file is too large: a mapping has at most %(most)s kB.", most=LARGEST // 1024))
    try:
        text = content.decode("utf-8-sig")
        is_table = text.lstrip().lower().startswith("header,")
        found = _of_table(text) if is_table else yamlfile.parse(text, Template, name)
    except UnicodeDecodeError:
        raise WrongTemplate(said("Save the file in UTF-8.")) from None
    except YamlProblem as problem:
        raise WrongTemplate(said("This is not a mapping: %(why)s", why=problem)) from None
    if faults := list(_faults(found)):
        raise WrongTemplate(*faults)
    return found


def count(
    session: Session, here: Installation, template: Template, wanted: Wanted, now: datetime, desk_ids: frozenset[str]
) -> list[Counted]:
    """What the template's rows need: the counts of each desk, or of all together. Raises `WrongReport`."""
    known = [each for each in desks.everything(session) if each.id in desk_ids]
    if wanted.desk is None and (template.rows == "desk" or len(known) == 1):
        chosen = [replace(wanted, desk=each.slug) for each in known]
    else:
        chosen = [wanted]
    names = {each.slug: each.name for each in known}
    together = ", ".join(names.values())
    return [
        Counted(reports.counts(session, here, each, now, desk_ids), names.get(each.desk or "", together))
        for each in chosen
    ]  # fmt: skip


def fill(template: Template, counted: Sequence[Counted]) -> Filled:
    """The template with what was counted: see `count`."""
    rows, empty = [], dict[str, list[str]]()
    for each in counted:
        for measure in each.report.measures if template.rows == "category" else (None,):
            label = each.name if measure is None else f"{each.name}, {measure.measure}"
            row = [_cell(column, each, measure) for column in template.columns]
            rows.append(tuple(row))
            for column, cell in zip(template.columns, row, strict=True):
                if cell == "":
                    empty.setdefault(column.header, []).append(label)
    told = {header: tuple(labels) for header, labels in empty.items()}
    return Filled(tuple(column.header for column in template.columns), tuple(rows), told)


def _of_table(text: str) -> Template:
    try:
        rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
        columns = [
            {key.strip(): (value or "").strip() for key, value in row.items() if (value or "").strip()} for row in rows
        ]
        for each in columns:
            if set(each) <= {"header"}:
                each["text"] = ""
        return Template(columns=tuple(Column.model_validate(each) for each in columns))
    except (csv.Error, ValueError, AttributeError):
        raise WrongTemplate(said("Write the columns header, measure, about, text.")) from None


def _faults(template: Template) -> Iterator[Said]:
    """Every column that is wrong."""
    if not 0 < len(template.columns) <= _MOST_COLUMNS:
        yield said("A template has between 1 and %(most)s columns.", most=_MOST_COLUMNS)
        return
    headers = [column.header for column in template.columns]
    for place, column in enumerate(template.columns, 1):
        at = {"place": place, "header": column.header or "–"}
        given = [each for each in (column.measure, column.about, column.text) if each is not None]
        if not column.header.strip() or len(column.header) > _LONGEST:
            yield said("Column %(place)s has no header, or one of more than %(most)s letters.", most=_LONGEST, **at)
        elif headers.index(column.header) != place - 1:
            yield said("Column %(place)s, %(header)s: this header stands there twice.", **at)
        elif len(given) != 1:
            yield said("Column %(place)s, %(header)s: say one of measure, about and text.", **at)
        elif column.measure is not None and not _is_measure(column.measure, template.rows):
            known = ", ".join(COLUMNS) if template.rows == "category" else f"{ALL}.{COLUMNS[0]}, …"
            yield said(_UNKNOWN, name=column.measure, known=known, **at)
        elif column.about is not None and not _is_about(column.about, template.rows):
            known = ", ".join(each for each in ABOUT if _is_about(each, template.rows))
            yield said(_UNKNOWN, name=column.about, known=known, **at)


def _is_measure(name: str, rows: str) -> bool:
    measure, _, column = name.rpartition(".")
    return column in COLUMNS and (measure in MEASURES or (measure == "" and rows == "category"))


def _is_about(name: str, rows: str) -> bool:
    return name in ABOUT and (name != "category" or rows == "category")


def _cell(column: Column, counted: Counted, row: Measure | None) -> str | int:
    if column.measure is not None:
        name, _, what = column.measure.rpartition(".")
        lines = {each.measure: each for each in counted.report.measures}
        count = getattr(lines[name] if name else row, what)
        return "" if count is None else int(count)
    if column.about is None:
        return column.text or ""
    report = counted.report
    told: dict[str, str | int] = {
        "year": report.year, "desk": report.desk or "", "desk_name": counted.name, "definition": report.definition.id,
        "year_rule": report.year_rule.value, "as_of": report.as_of.isoformat(),
        "known_on": report.known_on.isoformat(timespec="minutes"), "category": row.measure if row else "",
    }  # fmt: skip
    return told[column.about]
