"""The list of childcare of a desk: a table taken whole or not at all, by a page or by a command."""

import io
from pathlib import Path

import pytest
from openpyxl import Workbook
from sqlmodel import select
from typer.testing import CliRunner

from flows.grammar.place import load_places
from intake import childcare as lists
from intake.cli.main import app
from intake.tables import WrongFile
from storage import childcare, desks
from storage.childcare import Place
from storage.database import Database
from storage.models import Audit
from tests.intake.pages import Browser

GOOD = """naam;adres;Postcode;telefoon;soort;prijs
De Zon;Zonnestraat 1;9000;09 000 00 65;groep;inkomen
Anneke;Bloemenlaan 2;9040;;gezin;vrij
"""
PAGE = "/desk/settings/gent/information"
PLACES = load_places()


def workbook(*lines: tuple[object, ...]) -> bytes:
    book, out = Workbook(), io.BytesIO()
    for line in lines:
        book.active.append(line)
    book.save(out)
    return out.getvalue()


def send(somebody: Browser, content: bytes) -> str:
    somebody.get(PAGE)
    token = somebody.page.text.split('name="csrf" value="')[1].split('"')[0]
    somebody.page = somebody.client.post(
        "/desk/settings/gent/childcare", data={"csrf": token}, files={"file": ("list.csv", content, "text/csv")}
    )
    return somebody.text


def names(database: Database, *postcodes: str) -> set[str]:
    with database.read() as session:
        desk = desks.by_slug(session, "gent")
        assert desk
        return {each.name for each in childcare.in_town(session, desk.id, postcodes)}


def test_a_list_is_read_from_csv_and_from_a_workbook_with_dutch_or_english_names() -> None:
    zon = Place("De Zon", "Zonnestraat 1", "9000", "Gent", "09 000 00 65", "group", "income")
    assert lists.read(GOOD.encode(), PLACES).places[0] == zon
    sheet = workbook(
        ("Name", "Address", "Postcode", "Town", "Phone", "Kind", "Price", None),
        ("De Zon", "Zonnestraat 1", 9000, None, "09 000 00 65", "groepsopvang", "IKT"),
        (None, None),
    )
    assert lists.read(sheet, PLACES).places == [zon]


@pytest.mark.parametrize(
    ("row", "column", "sentence"),
    [
        (",Straat 1,9000,,", "name", "filled in"),
        ("Zon,Straat 1,90000,,", "postcode", "four digits"),
        ("Zon,Straat 1,9999,,", "postcode", "do not know"),
        ("Zon,Straat 1,9000,12,", "phone", "phone number"),
        ("Zon,Straat 1,9000,,duur", "price", "income, free"),
        ("Zon <b>,Straat 1,9000,,", "name", "without <"),
        ("Zon,Straat 1,9000", "end", "fewer cells"),
        ("Maan,Straat 1,9000,,\nMaan,Straat 1,9000,,", "name", "on line 2"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_by_line_and_column(row: str, column: str, sentence: str) -> None:
    found = lists.read(f"name,address,postcode,phone,price\n{row}\n".encode(), PLACES)
    assert [each.column for each in found.faults] == [column] and sentence in str(found.faults[0])


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        (b"", "column"), (b"name,address\nZon,Straat 1\n", "postcode is missing"), (b"name,address,postcode\n", "no childcare"),
        (b"naam,name,address,postcode\n", "twice"), (b"PK\x03\x04 not a zip", "no workbook"), ("naäm".encode("latin-1"), "UTF-8"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_such_list_is_refused_in_one_sentence(sent: bytes, sentence: str) -> None:
    with pytest.raises(WrongFile, match=sentence):
        lists.read(sent, PLACES)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_coordinator_takes_a_list_replaces_it_and_takes_it_away(somebody: Browser, database: Database) -> None:
    somebody.sign_in()
    assert "6 opvangplaatsen" in somebody.get(PAGE)
    assert "2 opvangplaatsen" in send(somebody, GOOD.encode())
    assert names(database, "9000", "9040") == {"De Zon", "Anneke"} and names(database, "9040") == {"Anneke"}
    page = send(somebody, b"name,address,postcode\nMaan,Straat 1,9000\n,Straat 2,9\n")
    assert somebody.page.status_code == 422 and "De vorige lijst blijft" in page and "2 opvangplaatsen" in page
    assert "postcode schrijf vier cijfers" in page
    assert "UTF-8" in send(somebody, "naäm".encode("latin-1")) and somebody.page.status_code == 422
    send(somebody, b"name,address,postcode\nMaan,Straat 1,9000\n")
    assert names(database, "9000", "9040") == {"Maan"}
    somebody.post("/desk/settings/gent/childcare/remove")
    assert "nog geen lijst" in somebody.get(PAGE)
    with database.read() as session:
        lines = session.exec(select(Audit).where(Audit.what == "childcare_taken").order_by(Audit.id)).all()
        assert [(each.before, each.after) for each in lines] == [("6", "2"), ("2", "1"), ("1", "0")]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_the_address_is_kept_as_a_setting(somebody: Browser, database: Database) -> None:
    somebody.sign_in()
    somebody.get(PAGE)
    given = {name: somebody.page.text.split(f'name="{name}" value="')[1].split('"')[0] for name in ("csrf", "seen")}
    somebody.client.post(PAGE, data={**given, "address": "  Stationsstraat 1,\n9000 Gent "})
    with database.read() as session:
        desk = desks.by_slug(session, "gent")
        assert desk and desks.choices(desk).address == "Stationsstraat 1, 9000 Gent"
    assert "Stationsstraat 1" in somebody.get("/desk/settings/gent")
    wrong = somebody.client.post(PAGE, data={**given, "address": "x" * 81})
    assert wrong.status_code == 422 and "80 tekens" in wrong.text


def test_the_command_takes_a_list_or_says_what_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTAKE_DATA_DIR", str(tmp_path))
    do = CliRunner().invoke
    assert do(app, ["migrate"]).exit_code == 0
    made = do(app, ["desk", "add", "gent", "--name", "Gent", "--number", "+3290000001", "--postcodes", "9000"])
    assert made.exit_code == 0
    file = tmp_path / "list.csv"
    file.write_text(GOOD, encoding="utf-8")
    assert "2 places" in do(app, ["desk", "childcare", "gent", str(file)]).output
    file.write_text(GOOD.replace("9040", "90"), encoding="utf-8")
    wrong = do(app, ["desk", "childcare", "gent", str(file)])
    assert wrong.exit_code == 1 and "line 3, Postcode: write four digits" in wrong.output
    assert do(app, ["desk", "childcare", "aalst", str(file)]).exit_code != 0
