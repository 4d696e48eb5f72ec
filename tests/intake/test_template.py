"""The counts in somebody else's columns: what a mapping may say, what is empty in it, and the page that keeps it."""

import csv
import io
import re
from pathlib import Path

import openpyxl
import pytest
from sqlmodel import select

from intake import reports, template
from intake.installation import Installation
from intake.reports import Wanted
from intake.template import Filled, WrongTemplate
from storage import desks
from storage.database import Database
from storage.models import Audit
from tests.installed import command, installed
from tests.intake.pages import Browser
from tests.intake.test_reports import NOW, filled

__all__ = ["filled"]  # the fixture
MINE = """rows: desk
columns:
  - {header: "Gemeente", about: desk_name}
  - {header: "Uniek", measure: all.unique}
  - {header: "Dringend", measure: urgent.unanswered}
  - {header: "=Opmerking", text: "=1+1"}
  - {header: "Leeg", text: ""}
"""


def fill(database: Database, here: Installation, mapping: str, desk: str | None = None, **more: str) -> Filled:
    chosen = template.read(mapping.encode())
    with database.read() as session:
        every = frozenset(each.id for each in desks.everything(session))
        wanted = Wanted(2025, desk, **more)
        return template.fill(chosen, template.count(session, here, chosen, wanted, NOW, every))


def test_each_desk_is_a_row_and_each_cell_what_was_counted(filled: Database, here: Installation) -> None:
    found = fill(filled, here, MINE)
    assert found.headers == ("Gemeente", "Uniek", "Dringend", "=Opmerking", "Leeg")
    assert found.rows == (("Aalst", 0, 0, "=1+1", ""), ("Gent", 8, 1, "=1+1", ""))
    assert found.empty == {"Leeg": ("Aalst", "Gent")}
    assert fill(filled, here, MINE, "gent").rows == (("Gent", 8, 1, "=1+1", ""),)
    assert fill(filled, here, MINE.replace("rows: desk", "rows: all")).rows[0][:2] == ("Aalst, Gent", 8)


def test_each_category_is_a_row_where_the_template_wants_it(filled: Database, here: Installation) -> None:
    mapping = "rows: category\ncolumns: [{header: W, about: category}, {header: U, measure: unique}, {header: A, measure: all.unique}]"
    found = fill(filled, here, mapping, "gent")
    assert [row[0] for row in found.rows] == list(template.MEASURES)
    assert found.rows[0][1] == found.rows[1][2] == 8 and found.rows[1][1] == 5


def test_what_was_never_defined_is_empty_and_said(filled: Database, here: Installation) -> None:
    assert fill(filled, here, MINE, "gent", definition="raw-2019").empty["Dringend"] == ("Gent",)


def test_a_mapping_can_be_a_table(filled: Database, here: Installation) -> None:
    found = fill(filled, here, "header,measure,about,text\nU,all.unique,,\nJ,,year,\nL,,,\n", "gent")
    assert found.rows == ((8, 2025, ""),)


def test_every_cell_is_the_number_of_the_report(filled: Database, here: Installation) -> None:
    columns = "\n".join(
        f"  - {{header: {m}.{c}, measure: {m}.{c}}}" for m in template.MEASURES for c in reports.COLUMNS
    )
    found = fill(filled, here, f"columns:\n{columns}", "gent")
    with filled.read() as session:
        every = frozenset(each.id for each in desks.everything(session))
        report = reports.counts(session, here, Wanted(2025, "gent"), NOW, every)
    counted = [getattr(each, column) for each in report.measures for column in reports.COLUMNS]
    assert list(found.rows[0]) == counted and sum(counted) > 20


def test_no_cell_is_a_formula(filled: Database, here: Installation) -> None:
    found = fill(filled, here, MINE, "gent")
    header, row = csv.reader(io.StringIO(found.as_csv()))
    assert header[3] == "'=Opmerking" and row[3] == "'=1+1"
    sheet = openpyxl.load_workbook(io.BytesIO(found.as_xlsx()))["opvangvragen"]
    assert (sheet["D2"].value, sheet["D2"].data_type, sheet["B2"].value) == ("=1+1", "s", 8)


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        ("columns: [{header: A, measure: all.uniek}, {header: B, about: town}]", r"A: all.uniek is unknown.*B: town is un"),
        ("columns: [{header: A, measure: unique}]", "unique is unknown"),
        ("columns: [{header: A, about: category}]", "category is unknown"),
        ("columns: [{header: A, measure: all.unique, text: x}]", "say one of"),
        ("columns: [{header: A}]", "say one of"),
        ("columns: [{header: A, text: x}, {header: A, text: y}]", "Column 2, A: this header stands there twice"),
        ("columns: [{header: '', text: x}]", "Column 1 has no header"),
        ("columns: []", "between 1 and"),
        ("columns: [{heading: A, text: x}]", "columns.0.header: Field required"),
        ("rows: town\ncolumns: [{header: A, text: x}]", "line 1, rows"),
        ("header,measure\nA,all.unique,x,y", "Write the columns"),
        ("x" * 70_000, "too large"),
        ("columns: [{header: é, text: x}]", "UTF-8"),
    ],
)  # fmt: skip
def test_a_mapping_that_is_wrong_is_refused_by_column(mapping: str, says: str) -> None:
    with pytest.raises(WrongTemplate, match=says):
        template.read(mapping.encode("latin-1"))


def test_the_sample_can_be_used_as_it_is() -> None:
    assert len(template.read(template.SAMPLE.read_bytes()).columns) == 14


def test_the_command_fills_a_template_and_says_what_is_empty(tmp_path: Path) -> None:
    _, _, database = installed(tmp_path)
    database.close()
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(MINE, "utf-8")
    done = command(tmp_path, "report", "counts", "2025", "--mapping", str(mapping))
    assert done.returncode == 0 and done.stdout.decode().splitlines()[1] == "Gent,0,0,'=1+1,"
    assert "Leeg: empty for Gent" in done.stderr.decode()
    mapping.write_text(MINE.replace("all.unique", "all.uniek"), "utf-8")
    done = command(tmp_path, "report", "counts", "2025", "--mapping", str(mapping))
    assert done.returncode == 1 and "Column 2, Uniek: all.uniek is unknown" in done.stderr.decode()
    for wrong in (["--format", "json"], ["--public"]):
        assert command(tmp_path, "report", "counts", "2025", "--mapping", str(mapping), *wrong).returncode == 2


def send(somebody: Browser, address: str, content: bytes, **fields: str) -> str:
    """A file, from the form of the page that is open."""
    token = re.search(r'name="csrf" value="(\w+)"', somebody.page.text)
    assert token
    form = {"csrf": token[1], **fields}
    somebody.page = somebody.client.post(address, data=form, files={"file": ("x.csv", content, "text/csv")})
    return somebody.text


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_coordinator_keeps_the_mapping_of_the_installation(somebody: Browser, database: Database) -> None:
    somebody.sign_in()
    page = somebody.get("/reports/template?desk=gent")
    assert "Dit is een voorbeeld" in page and "Onbeantwoorde opvangvragen" in page and "Opmerkingen" in page
    page = send(somebody, "/reports/template", b"columns: [{header: A, measure: all.uniek}]")
    assert somebody.page.status_code == 422 and "Kolom 1, A: all.uniek kennen we niet" in page
    page = send(somebody, "/reports/template", MINE.replace("Uniek", "Uniek é").encode())
    assert "De koppeling is bewaard" in page and "Uniek é" in page and "Dit is een voorbeeld" not in page
    assert somebody.client.get("/reports/template/mapping.yaml").text == MINE.replace("Uniek", "Uniek é")
    answer = somebody.client.get("/reports/template/counts.csv?desk=gent")
    assert answer.text.splitlines()[0] == "Gemeente,Uniek é,Dringend,'=Opmerking,Leeg"
    answer = somebody.client.get("/reports/template/counts.xlsx?year=2025&desk=gent")
    assert openpyxl.load_workbook(io.BytesIO(answer.content))["opvangvragen"]["A2"].value == "Lokaal Loket Gent"
    assert "Kies een jaar" in somebody.get("/reports/template?desk=nergens")
    somebody.get("/reports/template")
    assert "Dit is een voorbeeld" in somebody.post("/reports/template/sample")
    with database.read() as session:
        assert session.exec(select(Audit.about).where(Audit.what == "template")).all() == ["kept", "sample"]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_file_without_the_page_or_without_a_form_is_refused(somebody: Browser) -> None:
    somebody.sign_in()
    file = {"file": ("x.yaml", MINE.encode(), "text/yaml")}
    assert somebody.client.post("/reports/template", files=file).status_code == 403
    assert somebody.client.post("/reports/template", data={"csrf": "x"}).status_code == 400
    head = {"Content-Type": "multipart/form-data; boundary=b"}
    assert somebody.client.post("/reports/template", content=b"--c\r\n", headers=head).status_code == 400
    assert somebody.client.post("/reports/template", files={"file": ("x", b"a" * 80_000)}).status_code == 413
