"""Files with names: what is new since the last time, once and again; who made a file; how many rows; text stays text."""

import csv
import hashlib
import io
import re
import resource
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from flows.engine.turn import local_day
from intake import exporting, importing, installation
from intake.installation import Installation
from intake.settings import Settings
from intake.spreadsheet import workbook
from intake.web.app import make_app
from storage import clock, desks, exports, staff
from storage.database import Database
from storage.keys import Keys
from storage.models import Audit, Export, Registration
from tests.installed import command, installed
from tests.intake.pages import PUBLIC, Browser, text_us

sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
NOW = clock.system_now()
YEAR = str(clock.system_now().year)


def rows(answer: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer)))


def new(somebody: Browser) -> list[dict[str, str]]:
    """What is new, downloaded."""
    answer = somebody.client.get("/reports/exports/new.csv?desk=gent")
    assert answer.headers["content-type"].startswith("text/csv")
    return rows(answer.text)


@sqlite
def test_what_is_new_is_given_once_and_again_when_it_changes(
    somebody: Browser, database: Database, here: Installation
) -> None:
    somebody.sign_in()
    first = new(somebody)
    assert len(first) == 2 and new(somebody) == []
    text_us(database, here, "+32470000081", "dag", "1", "02-2026", "9000", "1")
    (added,) = new(somebody)
    assert (added["postcode"], added["contact"]) == ("9000", "'+32470000081") and new(somebody) == []
    with database.read() as session:
        row = session.exec(select(Registration).where(Registration.reference == added["reference"])).one()
    somebody.get(f"/desk/conversations/{row.conversation_id}")
    somebody.post(f"/desk/conversations/{row.conversation_id}/claim")
    today = local_day(clock.system_now()).isoformat()
    somebody.post(f"/desk/registrations/{row.id}/outcome", outcome="no_place:full", on=today)
    (changed,) = new(somebody)
    assert (changed["reference"], changed["outcome"]) == (added["reference"], "no_place")


@sqlite
def test_the_same_export_can_be_had_again(somebody: Browser, database: Database) -> None:
    somebody.sign_in()
    first = new(somebody)
    page = somebody.get("/reports/exports")
    assert "0 aanvragen sinds" in page and f"{len(first)} CSV Rekenblad" in page
    link = re.search(r'href="(/reports/exports/\w{32}\.csv)"', somebody.page.text)
    assert link
    assert rows(somebody.client.get(link[1]).text) == first
    sheet = openpyxl.load_workbook(io.BytesIO(somebody.client.get(link[1].replace(".csv", ".xlsx")).content))
    assert sheet["registrations"].max_row == len(first) + 1
    assert somebody.client.get("/reports/exports/0000.csv").status_code == 404
    with database.read() as session:
        told = [about.split()[1] for about in session.exec(select(Audit.about).where(Audit.what == "exported"))]
    assert told == ["new", "again", "again"]


@sqlite
def test_a_download_that_broke_off_was_none(database: Database, keys: Keys, somebody: Browser) -> None:
    now = clock.system_now()

    def begin(until: int) -> str:
        with database.read() as session:
            desk, person = desks.everything(session)[0].id, staff.find(session, "balie")
        assert person
        at = now + timedelta(seconds=until)
        return database.write(lambda session: exports.begin(session, "new", person.id, desk, [], at, at)).result()

    told: list[str] = []
    pieces = exporting.hashed(iter([b"one", b"two"]), told.append)
    assert next(pieces) == b"one"
    pieces.close()  # who downloaded went away
    assert told == []
    assert list(exporting.hashed([b"one", b"two"], told.append)) == [b"one", b"two"]
    assert told == [hashlib.sha256(b"onetwo").hexdigest()]
    unfinished, finished = begin(2), begin(1)
    database.write(lambda session: exports.finish(session, finished, "x", now)).result()
    with database.read() as session:
        last = exports.last_of(session, desks.everything(session)[0].id)
        assert last and last.id == finished != unfinished


@sqlite
def test_what_was_kept_while_an_export_ran_is_in_the_next(
    database: Database, here: Installation, somebody: Browser
) -> None:
    """A long import is dated when it began: the export in the middle of it did not see it."""
    somebody.sign_in()
    new(somebody)
    sent = b"desk,asked_on,birth\ngent,2025-05-01,2025-02\n"
    began = clock.system_now() - timedelta(minutes=5)
    database.write(lambda session: importing.run(session, here, sent, began)).result()
    assert [row["birth"] for row in new(somebody)] == ["2025-02"] and new(somebody) == []


@sqlite
def test_a_file_says_who_made_it(somebody: Browser, database: Database) -> None:
    somebody.sign_in()
    answer = somebody.client.get(f"/reports/requests.csv?year={YEAR}&desk=gent")
    name = re.search(r'filename="(.+)"', answer.headers["content-disposition"])
    assert name and re.fullmatch(rf"aanvragen-{YEAR}-gent-balie-\d{{8}}-\d{{4}}-\w{{6}}\.csv", name[1])
    assert not answer.text.startswith("#") and rows(answer.text)[0]["desk"] == "gent"
    with database.read() as session:
        (made,) = exports.of_hash(session, hashlib.sha256(answer.content).hexdigest())
        assert (made.count, made.kind, made.ids) == (len(rows(answer.text)), "year", "") and made.finished_at
    answer = somebody.client.get(f"/reports/requests.xlsx?year={YEAR}")
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert re.match(r"balie · alle · \d{4}-\d\d-\d\d \d\d:\d\d · \w{32}", str(book["export"]["A1"].value))
    assert str(book["registrations"].oddFooter.left.text).startswith("balie · alle")


@sqlite
def test_a_file_has_at_most_so_many_rows_and_the_rest_follows(
    database: Database, keys: Keys, here: Installation, client: TestClient
) -> None:
    settings = Settings(public_url=PUBLIC, demo=True, export_rows=1)
    somebody = Browser(TestClient(make_app(settings, database, here), base_url=PUBLIC))
    somebody.sign_in()
    page = somebody.get(f"/reports/requests.csv?year={YEAR}")
    assert somebody.page.status_code == 422 and "een bestand heeft er hoogstens 1" in page
    assert "meer dan 1 aanvragen" in somebody.get("/reports/exports")
    parts = [new(somebody) for _ in range(3)]
    assert [len(part) for part in parts] == [1, 1, 0]
    assert len({row["reference"] for part in parts for row in part}) == 2


@sqlite
@pytest.mark.parametrize(
    "address", ["/reports/requests.csv", "/reports/requests.xlsx", "/reports/exports/new.csv?desk=gent"]
)
def test_only_a_coordinator_takes_names_along(
    somebody: Browser, database: Database, client: TestClient, address: str
) -> None:
    def work(session: exports.Session) -> None:
        every = [each.id for each in desks.everything(session)]
        for name, role in (("wim", "worker"), ("ann", "administrator"), ("aud", "auditor")):
            staff.add(session, clock.system_now(), name, role, every)
            found = staff.find(session, name)
            assert found
            staff.set_password(session, found, "een lang wachtwoord")

    database.write(work).result()
    for name in ("wim", "ann", "aud"):
        other = Browser(TestClient(client.app, base_url=PUBLIC))
        other.sign_in(name, "een lang wachtwoord")
        assert other.client.get(address).status_code == 403
    with database.read() as session:
        assert session.exec(select(Export)).all() == []


def test_a_file_is_traced_by_its_content(tmp_path: Path) -> None:
    _, _, database = installed(tmp_path)
    file = tmp_path / "found.csv"
    file.write_bytes(b"reference\n")

    def make(session: exports.Session) -> None:
        staff.add(session, NOW, "lut", "coordinator", [desks.everything(session)[0].id])
        person = staff.find(session, "lut")
        assert person
        id_ = exports.begin(session, "year", person.id, desks.everything(session)[0].id, ["x"], NOW, NOW)
        exports.finish(session, id_, hashlib.sha256(b"reference\n").hexdigest(), NOW)

    database.write(make).result()
    database.close()
    done = command(tmp_path, "report", "whose", str(file))
    assert done.returncode == 0 and " lut 1 " in done.stdout.decode()
    file.write_bytes(b"reference,\n")
    assert command(tmp_path, "report", "whose", str(file)).returncode == 1


TRICKS = (
    "=1+1",
    "+32470000001",
    "-2+3",
    "@SUM(A1)",
    "#N/A",
    "\tx",
    '=HYPERLINK("http://x")',
    "0032470",
    "1E5",
    "'=1",
    "a\x01b",
)


def test_text_in_a_workbook_stays_text(tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(workbook({"x": [TRICKS, (5,)]})))["x"]
    assert [cell.value for cell in sheet[1]] == [each.replace("\x01", "") for each in TRICKS]
    assert {cell.data_type for cell in sheet[1]} <= {"s", "inlineStr"} and sheet["A2"].value == 5


def test_a_spreadsheet_program_shows_text_as_text(tmp_path: Path) -> None:
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice Calc is not installed here: apt-get install libreoffice-calc")
    (tmp_path / "x.xlsx").write_bytes(workbook({"x": [TRICKS]}))
    subprocess.run(
        [program, f"-env:UserInstallation=file://{tmp_path}/home", "--headless", "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76",
         "--outdir", str(tmp_path), str(tmp_path / "x.xlsx")], check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    (shown,) = csv.reader(io.StringIO((tmp_path / "x.csv").read_text("utf-8")))
    assert shown == [each.replace("\x01", "") for each in TRICKS]


@sqlite
def test_an_export_of_names_comes_back_by_import(database: Database, keys: Keys, somebody: Browser) -> None:
    somebody.sign_in()
    text = somebody.client.get(f"/reports/requests.csv?year={YEAR}").content
    here = installation.load(keys, PUBLIC)
    result = database.write(lambda session: importing.run(session, here, text, clock.system_now())).result()
    assert (result.added, result.faults) == (0, [])


def test_a_large_workbook_needs_little_memory() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wide = tuple(f"cel {number}" for number in range(22))
    assert len(workbook({"x": (wide for _ in range(10_000))})) > 100_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000  # kB; all rows at once take more
