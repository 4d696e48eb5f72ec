"""Lists that a spreadsheet, a hurry or bad will made: each is taken whole, or refused with what to do about it.

The recorded files have the columns of another register: each is sent as it came, and once more with ours around it.
"""

import base64
import csv
import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlmodel import func, select

from intake import exporting
from intake.importing import table
from intake.installation import Installation
from storage import desks
from storage.database import Database
from storage.models import Registration
from tests.intake.pages import Browser
from tests.intake.test_template import send

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
CASES = [json.loads(line) for line in Path(__file__).with_name("bad_tables.jsonl").read_text("utf-8").splitlines()]
OURS = {"naam": "child_first_name", "telefoon": "contact"}
NEEDED = (b";gent;2025-01-01;2024-12", b";desk;asked_on;birth")
SAYS = {
    "csv-001": "de kolom desk ontbreekt",
    "csv-003": "bewaar het bestand als CSV in UTF-8",
    "csv-007": "een rekenblad heeft dit nummer veranderd",
    "csv-009": "zoek een aanhalingsteken dat niet gesloten is",
    "csv-011": "een cel is veel te lang",
    "csv-017": "dit is een werkmap",
}


def sent(case: dict[str, Any], *, ours: bool) -> bytes:
    """The recorded file; `ours`: under our columns, each row with what we need of it beside."""
    content = base64.b64decode(case["request"]["raw_b64"])
    if content == b"{FILL:10MiB}":
        content = b"naam;telefoon\n" + b"x" * 10 * 1024 * 1024 + b";1\n"
    if not ours or not content.removeprefix(b"\xef\xbb\xbf").startswith(b"naam"):
        return content
    lines = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    mark = content[: len(content) - len(content.removeprefix(b"\xef\xbb\xbf"))]
    head = b";".join(OURS[name.decode()].encode() for name in lines[0].split(b";")) + NEEDED[1]
    rows = [line + NEEDED[0] for line in lines[1:] if line]
    return mark + b"\n".join([head, *rows]) + b"\n"


def requests(database: Database) -> int:
    with database.read() as session:
        return session.exec(select(func.count()).select_from(Registration)).one()


def take(somebody: Browser, content: bytes) -> str:
    """Looked at and, where the page lets us, taken; what the pages said."""
    somebody.sign_in()
    somebody.get("/reports/import")
    said = send(somebody, "/reports/import", content)
    assert somebody.page.status_code in (200, 413, 422)
    if 'name="take" value="all"' in somebody.page.text:
        address = somebody.page.text.split('action="/reports/import/')[1].split('"')[0]
        said += somebody.post(f"/reports/import/{address}", take="all")
    return said


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_file_of_another_register_is_refused_whole(
    somebody: Browser, database: Database, case: dict[str, Any]
) -> None:
    before = requests(database)
    assert "Dit bestand kunnen we niet overnemen" in take(somebody, sent(case, ours=False))
    assert somebody.page.status_code == 422 and requests(database) == before


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_the_same_under_our_columns_does_what_was_expected(
    somebody: Browser, database: Database, case: dict[str, Any]
) -> None:
    before, expect = requests(database), case["expect"]
    page = take(somebody, sent(case, ours=True))
    added = requests(database) - before
    if case["id"] in SAYS:
        assert added == 0 and SAYS[case["id"]] in page
    elif "imported" in expect:
        assert added == expect["imported"] and "De lijst is overgenomen" in page
    if "line_reported" in expect:
        assert f"Waarom {expect['line_reported']} contact" in page
    if "status" in expect:
        assert somebody.page.status_code in expect["status"]


def test_half_of_a_file_is_bad_and_nothing_is_taken(somebody: Browser, database: Database) -> None:
    (case,) = (each for each in CASES if each["id"] == "csv-019")
    before, content = requests(database), sent(case, ours=True).replace(b"x;gent", b"x;nergens")
    page = take(somebody, content)
    assert requests(database) == before and "3 desk schrijf de korte naam van een loket: gent" in page
    address = somebody.page.text.split('action="/reports/import/')[1].split('"')[0]
    page = somebody.post(f"/reports/import/{address}", take="all")
    assert "Er is niets overgenomen" in page and requests(database) == before


def test_a_formula_in_a_name_is_inert_when_it_goes_out(
    somebody: Browser, database: Database, here: Installation
) -> None:
    (case,) = (each for each in CASES if each["id"] == "csv-015")
    take(somebody, sent(case, ours=True))
    with database.read() as session:
        every = frozenset(each.id for each in desks.everything(session))
        rows = list(exporting.registrations(session, here, 2025, None, every))
    (row,) = csv.DictReader(io.StringIO("".join(exporting.as_csv(rows))))
    assert row["child_first_name"] == "'=1+1" and row["contact"] == "'+32470000001"
    cells = openpyxl.load_workbook(io.BytesIO(exporting.as_xlsx(rows)))["registrations"]
    assert {cell.data_type for cell in cells[2]} <= {"s", "inlineStr", "n"}  # no formula
    assert table("".join(exporting.as_csv(rows)).encode())[1][0][1]["child_first_name"] == "'=1+1"
