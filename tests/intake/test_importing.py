"""Lists from elsewhere: all or nothing, errors by line and column, nothing doubled, and the same again changes nothing."""

import csv
import io
from datetime import date
from pathlib import Path

import pytest
from sqlmodel import select

from intake import importing, installation, registers
from intake.importing import Result, WrongFile
from intake.installation import Installation
from storage import conversations, desks, imports, registrations
from storage.database import Database, Session
from storage.keys import Keys
from storage.models import Contact, Registration
from tests.installed import command, installed, process, said
from tests.intake.test_conversations import ALL, NOW, text_us

HEADER = "external_reference,desk,asked_on,birth,postcode,start,urgent,outcome,outcome_reason,outcome_on,contact"
GOOD = (
    "A1,gent,2025-05-01,2025-02,9000,asap,,no_place,full,2025-09-01,0470 00 00 11",
    "A2,gent,2025-06-01,due:2025-12,9000,2026-01,no,open,,,",
    "A3,gent,2025-07-01,2024-11-30,,,yes,placed_via_desk,,2025-08-01,buurvrouw",
)


@pytest.fixture
def here(database: Database, keys: Keys) -> Installation:
    def work(session: Session) -> None:
        desks.add(session, keys, NOW, "gent", "Gent", "+3290000001", ["9000"], desks.Choices())
        desks.add(session, keys, NOW, "aalst", "Aalst", "+3290000002", ["9300"], desks.Choices())

    database.write(work).result()
    return installation.load(keys, "https://loket.example")


def take(database: Database, here: Installation, *rows: str, header: str = HEADER, good: bool = False) -> Result:
    sent = "\n".join((header, *rows)).encode()
    return database.write(lambda session: importing.run(session, here, sent, NOW, take_good=good)).result()


def kept(database: Database) -> list[Registration]:
    with database.read() as session:
        return list(session.exec(select(Registration).order_by(Registration.id)))


def opened(database: Database, keys: Keys) -> list[dict[str, str]]:
    with database.read() as session:
        slugs = {desk.id: desk.slug for desk in desks.everything(session)}
        rows = session.exec(select(Registration).order_by(Registration.id)).all()
        return [registers.cells_of(registrations.opened(session, keys, row), slugs[row.desk_id]) for row in rows]


def test_a_list_is_taken_and_sent_again_changes_nothing(database: Database, here: Installation, keys: Keys) -> None:
    result = take(database, here, *GOOD)
    assert (result.added, result.changed, result.same, result.faults) == (3, 0, 0, [])
    first, second, third = opened(database, keys)
    assert (first["urgent"], first["outcome"], first["outcome_reason"], first["contact"]) == (
        "yes", "no_place", "full", "+32470000011",
    )  # fmt: skip
    assert (second["birth"], second["start"], second["urgent"], second["outcome"]) == (
        "due:2025-12",
        "2026-01",
        "no",
        "open",
    )
    assert (third["birth"], third["urgent"], third["contact"], third["outcome_on"]) == (
        "2024-11-30", "yes", "buurvrouw", "2025-08-01",
    )  # fmt: skip
    assert {row.state for row in kept(database)} == {"complete"}
    belgian = (  # as a spreadsheet here writes the same
        "A1,gent,01/05/2025,02-2025,9000,Zo snel mogelijk,,no_place,full,1-9-2025,0470 00 00 11",
        "A2,gent,1.6.2025,due:12/2025,9000,01-2026,Nee,open,,,", GOOD[2].replace(",yes,", ",ja,"),
    )  # fmt: skip
    for rows in (GOOD, belgian):
        again = take(database, here, *rows)
        assert (again.added, again.changed, again.same, again.faults) == (0, 0, 3, [])


def test_other_content_updates_and_what_is_left_empty_says_nothing(
    database: Database, here: Installation, keys: Keys
) -> None:
    take(database, here, *GOOD)
    result = take(database, here, "A2,gent,2025-06-01,2025-12,9000,,yes,lapsed,moved,2025-11-01,")
    assert (result.added, result.changed, result.same) == (0, 1, 0)
    second = opened(database, keys)[1]
    assert (second["birth"], second["start"], second["urgent"]) == ("2025-12", "2026-01", "yes")
    assert (second["outcome"], second["outcome_reason"]) == ("lapsed", "moved")


def test_the_same_again_does_not_undo_what_staff_did_since(database: Database, here: Installation, keys: Keys) -> None:
    take(database, here, *GOOD)
    row = kept(database)[1]
    database.write(
        lambda session: registrations.set_outcome(
            session, keys, imports.row_of(session, row.id), "no_place", "full", date(2025, 12, 1), None, NOW
        )
    ).result()
    assert take(database, here, *GOOD).same == 3
    assert opened(database, keys)[1]["outcome"] == "no_place"


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("B,gent,,2025-02,9000,,,,,,", "asked_on"),
        ("B,gent,2025-05-32,2025-02,9000,,,,,,", "asked_on"),
        ("B,gent,2099-05-01,2025-02,9000,,,,,,", "asked_on"),
        ("B,nergens,2025-05-01,2025-02,9000,,,,,,", "desk"),
        ("B,gent,2025-05-01,februari,9000,,,,,,", "birth"),
        ("B,gent,2025-05-01,2025-13,9000,,,,,,", "birth"),
        ("B,gent,2025-05-01,2025-02,Gent,,,,,,", "postcode"),
        ("B,gent,2025-05-01,2025-02,9000,soon,,,,,", "start"),
        ("B,gent,2025-05-01,2025-02,9000,,maybe,,,,", "urgent"),
        ("B,gent,2025-05-01,2025-02,9000,,,gone,,,", "outcome"),
        ("B,gent,2025-05-01,2025-02,9000,,,no_place,full,,", "outcome"),
        ("B,gent,2025-05-01,2025-02,9000,,,no_place,moved,2025-09-01,", "outcome"),
        ("B,gent,2025-05-01,2025-02,9000,,,no_place,full,2025-01-01,", "outcome"),
        ("A1,gent,2025-05-01,2025-02,9000,,,,,,", "external_reference"),
        ("B,gent,2025-05-01,2025-02,9000,,,,,,,", "end"),
        ("B,gent,2025-05-01", "end"),
    ],
)
def test_one_wrong_cell_and_nothing_is_taken(database: Database, here: Installation, row: str, column: str) -> None:
    result = take(database, here, *GOOD, row)
    assert [(fault.line, fault.column) for fault in result.faults] == [(5, column)]
    assert kept(database) == []
    result = take(database, here, *GOOD, row, good=True)
    assert len(kept(database)) == 3 and len(result.bad) == 1
    (back,) = csv.DictReader(io.StringIO(result.bad_file))
    assert list(back) == HEADER.split(",") and back["desk"] == row.split(",")[1]


@pytest.mark.parametrize(
    ("header", "says"),
    [("desk,asked_on,birth,colour", "unknown column colour"), ("desk,asked_on", "the column birth is missing"),
     ("desk,asked_on,birth,desk", "twice"), ("", "is missing")],
)  # fmt: skip
def test_another_table_is_refused(database: Database, here: Installation, header: str, says: str) -> None:
    with pytest.raises(WrongFile, match=says):
        take(database, here, "x", header=header)


@pytest.mark.parametrize(
    "sent", [b"\xff\xfed\x00e\x00s\x00k\x00", "desk,asked_on,birth\ngent,2025-01-01,\xe9".encode("latin-1")]
)
def test_another_encoding_is_refused(database: Database, here: Installation, sent: bytes) -> None:
    with pytest.raises(WrongFile, match="UTF-8"):
        database.write(lambda session: importing.run(session, here, sent, NOW)).result()


def test_a_byte_order_mark_and_semicolons_are_no_trouble(database: Database, here: Installation) -> None:
    sent = "\ufeffdesk;asked_on;birth\r\ngent;2025-01-01;2024-12\r\n".encode()
    assert database.write(lambda session: importing.run(session, here, sent, NOW)).result().added == 1


def test_a_row_without_a_key_is_known_by_its_content(database: Database, here: Installation) -> None:
    rows = ("gent,2025-01-01,2024-12,Noor", "gent,2025-01-01,2024-12,Lars", "gent,2025-01-01,2024-12,Noor")
    header = "desk,asked_on,birth,child_first_name"
    assert [getattr(take(database, here, *rows, header=header), what) for what in ("added",)] == [2]
    assert take(database, here, *rows, header=header).added == 0


def test_a_formula_is_neutral_out_and_itself_in(database: Database, here: Installation, keys: Keys) -> None:
    take(database, here, "gent,2025-01-01,2024-12,'=cmd()", header="desk,asked_on,birth,child_first_name")
    (row,) = opened(database, keys)
    assert row["child_first_name"] == "=cmd()"
    assert registers.with_apostrophe(row["child_first_name"]) == "'=cmd()"
    assert registers.without_apostrophe("'s avonds") == "'s avonds"


def test_a_request_by_text_is_updated_by_its_reference(database: Database, here: Installation, keys: Keys) -> None:
    id_ = text_us(database, here, *ALL)
    reference = kept(database)[0].reference
    row = f"{reference},gent,2026-03-02,2026-02,Noor,no_place,full,2026-03-02"
    header = "reference,desk,asked_on,birth,child_first_name,outcome,outcome_reason,outcome_on"
    result = take(database, here, row, header=header)
    assert (result.added, result.changed, result.faults) == (0, 1, [])
    (cells,) = opened(database, keys)
    assert (cells["child_first_name"], cells["outcome"], cells["start"]) == ("Noor", "no_place", "asap")
    with database.read() as session:
        assert session.exec(select(Registration.conversation_id)).one() == id_
    elsewhere = take(database, here, row.replace("gent", "aalst").replace("Noor", "Mo"), header=header)
    assert [fault.column for fault in elsewhere.faults] == ["reference"]
    typing_error = take(database, here, "12345678,gent,2026-03-02,2026-02,,,,", header=header)
    assert [fault.column for fault in typing_error.faults] == ["reference"]


def test_an_imported_request_has_a_page_and_its_number_is_known(
    database: Database, here: Installation, keys: Keys
) -> None:
    take(database, here, *GOOD)
    row = kept(database)[0]
    with database.read() as session:
        view = conversations.view(session, keys, frozenset({row.desk_id}), row.conversation_id)
        assert view is not None and view.address == "+32470000011"
        assert len(session.exec(select(Contact)).all()) == 3
    text_us(database, here, "dag, ik zoek opvang", sender="+32470000011")
    with database.read() as session:
        assert len(session.exec(select(Contact)).all()) == 3  # the same number, the same family


def test_the_command_says_what_it_did(tmp_path: Path) -> None:
    _, _, database = installed(tmp_path)
    database.close()
    file, back = tmp_path / "list.csv", tmp_path / "back.csv"
    file.write_text("\n".join((HEADER, *GOOD, "B,gent,x,2025-02,9000,,,,,,")), "utf-8")
    assert process(tmp_path, "import", "registrations", str(tmp_path / "none.csv")).returncode == 2
    code, text = run(tmp_path, str(file))
    assert code == 1 and "line 5, asked_on: write a day" in text and "Nothing was taken: 1 of 4 rows" in text
    code, text = run(tmp_path, str(file), "--take-good", str(back))
    assert code == 1 and "3 added" in text and back.read_text("utf-8").splitlines()[1].startswith("B,gent,x")
    file.write_text("\n".join((HEADER, *GOOD)), "utf-8")
    assert run(tmp_path, str(file)) == (0, "3 the same")


def run(folder: Path, *words: str) -> tuple[int, str]:
    code, text = said(command(folder, "import", "registrations", *words))
    return code, "3 the same" if text.endswith("0 added, 0 changed, 3 the same.\n") else text
