"""Translators at their page: one proposes, another reads, the maintainers take it; nothing goes out before."""

import re
import shutil
from pathlib import Path

import pytest
from sqlmodel import select

from channels.simulated_call import tone
from intake import suggestions, translations
from intake.installation import Installation
from locales import catalogue
from locales.catalogue import Catalogues
from storage.database import Database
from storage.models import Audit, Suggestion
from tests.intake.pages import Browser, text_us
from tests.intake.test_desk import PHONE, colleague
from tests.transcript import ROOT

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
PAGE = "/desk/translations/fr/birth"
NEW = "Votre enfant est né quand? Le mois et l'année suffisent. Pas encore né? Donnez le mois."


@pytest.fixture
def writer(somebody: Browser, database: Database) -> Browser:
    return colleague(somebody, database, "amina", "translator")


@pytest.fixture
def reader(writer: Browser, somebody: Browser, database: Database) -> Browser:
    return colleague(somebody, database, "luc", "translator")


def was(browser: Browser) -> str:
    found = re.search(r'/suggest">.*?name="was" value="(\w*)"', browser.page.text, re.S)
    assert found
    return found[1]


def propose(browser: Browser, page: str = PAGE, *texts: str, before: str | None = None) -> str:
    browser.get(page)
    given = {f"text{place}": text for place, text in enumerate(texts or (NEW,))}
    return browser.post(f"{page}/suggest", was=was(browser) if before is None else before, **given)


def approve(browser: Browser, page: str = PAGE, native: str = "yes") -> str:
    browser.get(page)
    return browser.post(f"{page}/approve", was=was(browser), native=native)


def taken(database: Database, here: Installation, code: str, to: Path) -> catalogue.Catalogue:
    """The catalogue of a checkout after the maintainers took what was approved."""
    folder = to / "locales"
    (folder / code).mkdir(parents=True)
    shutil.copy(ROOT / "locales" / code / catalogue.FILE, folder / code / catalogue.FILE)
    with database.read() as session:
        approved = suggestions.approved(
            session, Catalogues(folder, here.form.sources, here.words), here.form.sources, code
        )
    file = to / "approved.xlsx"
    translations.export_approved(folder, here.form, here.words, code, file, approved)
    translations.take_in(folder, here.form, here.words, code, file)
    return catalogue.read(folder / code / catalogue.FILE, here.form.sources)


def test_one_proposes_another_approves_and_the_maintainers_take_it(
    writer: Browser, reader: Browser, database: Database, here: Installation, tmp_path: Path
) -> None:
    assert "Uw woorden zijn bewaard" in propose(writer)
    assert "Iemand anders leest het" in writer.text and "ik groeide op" not in writer.text
    assert "Iemand anders moet ze lezen" in approve(writer) and writer.page.status_code == 409
    assert "te lezen: 1" in reader.get("/desk/translations")
    assert "Votre enfant est né quand" in reader.get("/desk/translations/fr?state=waiting")
    assert "Het is goedgekeurd" in approve(reader)
    with database.read() as session:
        assert "goedgekeurd, komt later" in reader.get("/desk/translations/fr?state=taken")
        acts = [(each.what, each.about, each.desk_id) for each in session.exec(select(Audit)) if "text_" in each.what]
    assert acts == [("text_suggested", "fr:birth", None), ("text_approved", "fr:birth", None)]
    after = taken(database, here, "fr", tmp_path)
    assert after.texts["birth"] == NEW and after.review["birth"] == "native"
    assert {key for key, text in after.texts.items() if text != here.translations["fr"][key]} == {"birth"}


def test_nothing_goes_out_before_a_version_of_the_service_holds_it(
    writer: Browser, reader: Browser, database: Database, here: Installation
) -> None:
    propose(writer)
    approve(reader)
    conversation = text_us(database, here, PHONE, "bonjour", "1")
    reader.sign_in()
    assert NEW not in reader.get(f"/desk/conversations/{conversation}") and NEW not in reader.get("/texts/gent")
    assert here.translations["fr"]["birth"] in reader.get("/texts/gent")


def test_who_did_not_grow_up_with_it_claims_nothing_more(
    writer: Browser, reader: Browser, database: Database, here: Installation, tmp_path: Path
) -> None:
    propose(writer)
    approve(reader, native="no")
    assert taken(database, here, "fr", tmp_path).review["birth"] == "draft"


def test_a_native_speaker_approves_what_goes_out_already(
    reader: Browser, database: Database, here: Installation, tmp_path: Path
) -> None:
    assert here.catalogues["fr"].review["birth"] != "native"
    assert "Het is goedgekeurd" in approve(reader)
    after = taken(database, here, "fr", tmp_path)
    assert after.texts["birth"] == here.translations["fr"]["birth"] and after.review["birth"] == "native"
    reader.get("/desk/translations/fr/place")
    reader.post("/desk/translations/fr/place/approve", was="", native="no")
    assert reader.page.status_code == 409  # it is a draft: nothing to claim


@pytest.mark.parametrize(
    ("key", "text", "sentence"),
    [
        ("birth", "", "Schrijf eerst iets."),
        ("birth", "STOP", "Vraag nooit om STOP te sturen"),
        ("birth", "Quand {by}?", "dezelfde open plekken hebben als het Nederlands: –"),
        ("birth", "Quand <b>?", "Tekens zoals < > of een losse {"),
        ("birth", "Quand\u202e?", "Tekens zoals < > of een losse {"),
        ("birth", "Quand est né " + "votre enfant " * 20, "Maak het korter."),
        ("birth", "x" * 2001, "hoogstens 2000 tekens"),
        ("birth.voice", "Tapez (1).", "Een stem leest tekens"),
    ],
)
def test_what_cannot_go_out_is_said_and_nothing_is_lost(writer: Browser, key: str, text: str, sentence: str) -> None:
    said = propose(writer, f"/desk/translations/fr/{key}", text)
    assert sentence in said and " ".join(text.split()) in said and writer.page.status_code == 422


def test_a_text_with_several_forms_needs_each_of_them(
    writer: Browser, reader: Browser, database: Database, here: Installation, tmp_path: Path
) -> None:
    page = "/desk/translations/ar/call.numbers"
    forms = [text for _, text in here.catalogues.entries("ar")["call.numbers"].forms]
    assert len(forms) == 6
    assert "Schrijf eerst iets." in propose(writer, page, *forms[:5])
    new = [text + " ." for text in forms]
    assert "Uw woorden zijn bewaard" in propose(writer, page, *new)
    approve(reader, page)
    after = taken(database, here, "ar", tmp_path)
    assert [after.texts[f"call.numbers#{place}"] for place in range(6)] == new


def test_two_who_write_at_once_see_each_other(writer: Browser, reader: Browser) -> None:
    propose(writer, before="")
    said = propose(reader, PAGE, NEW.replace("quand", "à quel moment"), before="")
    assert "Een collega veranderde dit intussen" in said and "à quel moment" in said and NEW in said


def test_what_is_not_right_is_set_aside_and_better_words_are_read_anew(
    writer: Browser, reader: Browser, database: Database, here: Installation, tmp_path: Path
) -> None:
    propose(writer)
    reader.get(PAGE)
    assert "Het ligt opzij" in reader.post(f"{PAGE}/drop", was=was(reader))
    assert "goedgekeurd" not in writer.get("/desk/translations/fr?state=taken").partition("Geen tekst")[0][-300:]
    propose(reader, PAGE, NEW.replace("quand", "à quel moment"))
    approve(writer)
    assert "à quel moment" in taken(database, here, "fr", tmp_path).texts["birth"]


def test_a_proposal_made_for_other_dutch_is_not_approved_nor_taken(
    writer: Browser, reader: Browser, database: Database, here: Installation, tmp_path: Path
) -> None:
    def age(session: object) -> None:
        row = session.exec(select(Suggestion)).one()  # type: ignore[attr-defined]
        row.dutch = "Wanneer?"
        session.add(row)  # type: ignore[attr-defined]

    propose(writer)
    database.write(age).result()
    assert "Het Nederlands veranderde" in approve(reader) and reader.page.status_code == 409
    assert taken(database, here, "fr", tmp_path).texts["birth"] == here.translations["fr"]["birth"]


def test_texts_are_found_by_words_by_state_and_page_by_page(writer: Browser) -> None:
    assert "birth.voice" in writer.get("/desk/translations/fr?q=GEBOREN")
    assert "command.privacy" not in writer.text
    assert "1 tot 40 van" in writer.get("/desk/translations/fr") and "Volgende" in writer.text
    assert "Geen tekst gevonden" in writer.get("/desk/translations/fr?q=xyzzy")
    assert writer.client.get("/desk/translations/rif").status_code == 404
    assert writer.client.get("/desk/translations/fr/xyzzy").status_code == 404


def test_a_text_is_heard_by_the_voice_that_is_set_up(writer: Browser, here: Installation, tmp_path: Path) -> None:
    assert "geen stem ingesteld" in writer.get(f"{PAGE}.voice")
    (tmp_path / "said.wav").write_bytes(tone())
    here.voice_command = f"cat {tmp_path / 'said.wav'}"
    assert "/sound?of=" in (writer.get(PAGE) and writer.page.text)
    heard = writer.client.get(f"{PAGE}/sound")
    assert heard.headers["Content-Type"] == "audio/mpeg" and len(heard.content) > 500


def test_who_is_no_translator_sees_none_of_it(somebody: Browser, database: Database) -> None:
    worker = colleague(somebody, database, "wim", "worker")
    worker.get("/desk/translations")
    assert worker.page.status_code == 403
