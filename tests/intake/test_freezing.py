"""A report that was filed can be had again, and later differences are explained line by line."""

import csv
import io
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlmodel import select

from intake import exporting, freezing, importing, service
from intake.installation import Installation
from intake.reports import Wanted, WrongReport
from storage import desks, erasure, registrations
from storage.database import Database
from storage.keys import Keys
from storage.models import Registration
from tests.installed import command, installed, process
from tests.intake.test_reports import NOW, filled

__all__ = ["filled"]  # the fixture
LATER = NOW + timedelta(days=30)


def every(database: Database) -> frozenset[str]:
    with database.read() as session:
        return frozenset(desk.id for desk in desks.everything(session))


def freeze(database: Database, here: Installation) -> str:
    desk_ids = every(database)
    work = database.write(lambda session: freezing.freeze(session, here, Wanted(2025), NOW, desk_ids))
    return json.dumps(work.result())


def diff(database: Database, here: Installation, sent: str) -> list[str]:
    with database.read() as session:
        return list(map(str, freezing.diff(session, here, sent, LATER, every(database))))


def test_a_frozen_report_names_nobody_and_fits_its_totals(filled: Database, here: Installation) -> None:
    frozen = json.loads(freeze(filled, here))
    rows = frozen["rows"]
    assert len(rows) == frozen["report"]["measures"][0]["unique"] == 8
    assert sum(row["unanswered"]["opgroeien-2023"] for row in rows) == 2
    assert {len(row["id"]) for row in rows} == {16} and set(rows[0]) == {"id", "flags", "unanswered"}
    with filled.read() as session:
        kept = session.exec(select(Registration)).all()
    assert not any(row.reference in json.dumps(frozen) or row.id in json.dumps(frozen) for row in kept)
    assert diff(filled, here, json.dumps(frozen)) == []


def test_every_difference_is_explained(filled: Database, here: Installation, keys: Keys) -> None:
    sent = freeze(filled, here)
    with filled.read() as session:
        rows = session.exec(select(Registration).where(Registration.state == "draft").order_by(Registration.id)).all()
    first, second, third, fourth = rows[0], rows[2], rows[5], rows[6]

    def work(session: Any) -> None:
        registrations.set_outcome(
            session, keys, session.get_one(Registration, third.id), "no_place", "full", date(2026, 1, 5), None, LATER
        )
        registrations.override(session, keys, session.get_one(Registration, second.id), "extended", True, LATER)
        session.get_one(Registration, fourth.id).counted_in = "platform"
        erasure.erase(session, first.family_id, LATER)

    filled.write(work).result()
    rows_sent = b"external_reference,desk,asked_on,birth\nNEW,gent,2025-03-01,2025-01"
    filled.write(lambda session: importing.run(session, here, rows_sent, LATER)).result()
    lines = diff(filled, here, sent)
    assert any(line.startswith("all.unique: was 8, is 7") for line in lines)
    assert sum("is not kept any more" in line for line in lines) == 1
    assert any(
        f"({third.reference}): unanswered by opgroeien-2023 was no, is yes, by its outcome of 2026-01-05" in line
        for line in lines
    )
    assert any(f"({second.reference}): extended was unknown, is yes" in line for line in lines)
    assert any("counted by another register" in line for line in lines)
    assert sum("counts now, and did not then" in line for line in lines) == 1
    assert any(line.startswith("extended.unique: was 0, is 1") for line in lines)


@pytest.mark.parametrize(
    "sent", ["", "{}", "[]", '{"hash": "x", "rows": [], "report": {"definitions": {"unanswered": "x"}}}']
)
def test_another_file_is_refused(filled: Database, here: Installation, sent: str) -> None:
    with pytest.raises(WrongReport):
        diff(filled, here, sent)


def test_a_file_that_was_changed_is_refused(filled: Database, here: Installation) -> None:
    with pytest.raises(WrongReport, match="changed after"):
        diff(filled, here, freeze(filled, here).replace("true", "false", 1))


def test_what_is_exported_can_be_imported_and_changes_nothing(filled: Database, here: Installation) -> None:
    with filled.read() as session:
        text = "".join(exporting.as_csv(exporting.registrations(session, here, 2025, None, every(filled))))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 9 and {row["desk"] for row in rows} == {"gent"}
    result = filled.write(lambda session: importing.run(session, here, text.encode(), NOW)).result()
    assert (result.added, result.changed, result.same, result.faults) == (0, 0, 9, [])


def test_the_commands(tmp_path: Path) -> None:
    settings, keys, database = installed(tmp_path)
    here = service.load(keys, settings)
    rows = "\n".join(f"N{n},gent,2025-05-01,2025-02,=1+1" for n in range(12))
    sent = f"external_reference,desk,asked_on,birth,child_first_name\n{rows}".encode()
    database.write(lambda session: importing.run(session, here, sent, NOW)).result()
    database.close()
    public = json.loads(process(tmp_path, "report", "counts", "2025", "--public", "--format", "json").stdout)
    assert public["measures"][0]["unique"] == 12 and isinstance(public["suppressed"], list)
    book = openpyxl.load_workbook(io.BytesIO(run_bytes(tmp_path, "counts", "2025", "--format", "xlsx")))
    assert [cell.value for cell in book["counts"][2]][:3] == ["all", "yes", 12]
    listed = list(csv.DictReader(io.StringIO(run(tmp_path, "registrations", "2025")[1])))
    assert len(listed) == 12 and {row["child_first_name"] for row in listed} == {"'=1+1"}
    book = openpyxl.load_workbook(io.BytesIO(run_bytes(tmp_path, "registrations", "2025", "--format", "xlsx")))
    assert book["registrations"].max_row == 13
    file = tmp_path / "2025.json"
    file.write_text(run(tmp_path, "freeze", "2025")[1], "utf-8")
    assert run(tmp_path, "diff", str(file)) == (0, "Nothing is otherwise.\n")
    assert run(tmp_path, "diff", str(tmp_path / "none"))[0] == 2
    assert run(tmp_path, "counts", "2025", "--format", "pdf")[0] == 2
    assert run(tmp_path, "registrations", "2025", "--desk", "nergens")[0] == 2


def run_bytes(folder: Path, *words: str) -> bytes:
    return command(folder, "report", *words).stdout


def run(folder: Path, *words: str) -> tuple[int, str]:
    done = command(folder, "report", *words)
    return done.returncode, done.stdout.decode()
