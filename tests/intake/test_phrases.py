"""Phrases of a desk: written once, translated and read by two, previewed, sent, and read for as long as it is kept."""

import re

import pytest
from sqlmodel import select

from flows.events import Prompt
from intake import phrases
from intake.installation import Installation
from storage import conversations
from storage.database import Database
from storage.keys import Keys
from storage.models import Desk
from tests.intake.pages import Browser, text_us
from tests.intake.test_desk import FRENCH, PHONE, colleague

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
DUTCH = "Kom op {date} om {time} naar {name}. Breng {number} euro mee."
FRANS = "Venez le {date} à {time} chez {name}. Apportez {number} euros."


@pytest.fixture
def desk(database: Database, client: object) -> str:
    with database.read() as session:
        return session.exec(select(Desk.id)).one()


def made(somebody: Browser, desk: str, text: str = DUTCH, **more: str) -> str:
    """The address of a new phrase."""
    somebody.get(f"/desk/phrases/{desk}/new")
    fields = {"text": text, "hint": "Een bezoek.", "dutch_too": "yes", "was": "", **more}
    assert "De zin is bewaard." in somebody.post(f"/desk/phrases/{desk}/new", **fields), somebody.text
    return somebody.page.url.path


def version(somebody: Browser, place: str) -> str:
    """What a form says stood there: the one of the Dutch, or of a language."""
    found = re.search(rf'action="{place}".*?name="was" value="(\w*)"', somebody.page.text, re.S)
    assert found
    return found[1]


def written_in(somebody: Browser, page: str, language: str) -> str:
    found = re.search(
        rf'/translate">.*?value="{language}"><input type="hidden" name="was" value="(\w*)"', somebody.page.text
    )
    assert found
    return found[1]


def test_a_phrase_goes_out_translated_after_a_second_person_read_it(
    somebody: Browser, database: Database, here: Installation, keys: Keys, desk: str
) -> None:
    somebody.sign_in()
    page = made(somebody, desk)
    somebody.post(f"{page}/translate", language="fr", translation=FRANS, was="")
    assert "ontwerp: iemand anders moet het lezen" in somebody.text and "Ik las het" not in somebody.text
    was = written_in(somebody, page, "fr")
    assert "Iemand anders moet ze lezen" in somebody.post(f"{page}/review", language="fr", was=was)
    talk = f"/desk/conversations/{text_us(database, here, PHONE, *FRENCH)}"
    key = page.rsplit("/", 1)[1]
    values = {f"{key}.date": "2026-12-01", f"{key}.time": "14:30", f"{key}.name": "De Kikker", f"{key}.number": "1500"}
    somebody.get(talk)
    somebody.post(f"{talk}/claim")
    assert "de zin gaat in het Nederlands" in somebody.post(f"{talk}/preview", phrase=key, **values)
    reader = colleague(somebody, database)
    reader.get(page)
    assert "Vanaf nu gaat de zin uit" in reader.post(f"{page}/review", language="fr", was=was)
    somebody.get(talk)
    said = somebody.post(f"{talk}/preview", phrase=key, **values)
    arrives = "Venez le 1 décembre à 14:30 chez De Kikker. Apportez 1 500 euros."
    assert arrives in said and "1 sms" in said and "Frans" in said
    somebody.post(f"{talk}/phrase", phrase=key, **values)
    with database.read() as session:
        _, entries = conversations.of_address(session, keys, "phone", PHONE)
    assert entries[-1].body == arrives and entries[-1].segments == 1
    assert "Kom op 1 december om 14:30 naar De Kikker. Breng 1.500 euro mee." in somebody.get(talk)


def test_what_was_sent_is_read_in_its_own_words_after_the_phrase_changed(
    somebody: Browser, database: Database, here: Installation, desk: str
) -> None:
    somebody.sign_in()
    page = made(somebody, desk, "We bellen u morgen.")
    talk = f"/desk/conversations/{text_us(database, here, PHONE, *FRENCH)}"
    somebody.get(talk)
    somebody.post(f"{talk}/claim")
    somebody.post(f"{talk}/phrase", phrase=page.rsplit("/", 1)[1])
    somebody.get(page)
    somebody.post(page, text="We bellen u overmorgen.", hint="", dutch_too="yes", was=version(somebody, page))
    somebody.post(f"{page}/retire")
    shown = somebody.get(talk)
    assert "We bellen u morgen." in shown and "overmorgen" not in shown


def test_a_translation_of_other_dutch_goes_out_no_more(
    somebody: Browser, database: Database, here: Installation, desk: str
) -> None:
    somebody.sign_in()
    page = made(somebody, desk)
    somebody.post(f"{page}/translate", language="fr", translation=FRANS, was="")
    reader = colleague(somebody, database)
    reader.get(page)
    reader.post(f"{page}/review", language="fr", was=written_in(reader, page, "fr"))
    somebody.get(page)
    old = version(somebody, page)
    somebody.post(page, text=DUTCH, hint="Andere uitleg.", dutch_too="yes", was=old)
    assert "gelezen door een tweede persoon" in somebody.text  # other help, the same words
    somebody.post(page, text="Kom op {date}.", hint="", dutch_too="yes", was=version(somebody, page))
    assert "schrijf het opnieuw" in somebody.text
    with database.read() as session:
        found = phrases.of_desk(session, here, desk)
    said_as = found.get(page.rsplit("/", 1)[1]).said_as
    assert found.wording.text(Prompt(said_as, (("date", "2026-12-01"),)), "fr") == "Kom op 1 december."
    assert "Een collega veranderde dit intussen" in somebody.post(page, text="Mijn zin.", was=old)
    assert "Nu staat er: Kom op {date}." in somebody.text and "Mijn zin." in somebody.text


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Schrijf eerst iets."),
        ("Kom {morgen}.", "Een open plek is een van deze: {date} {time}"),
        ("Kom <b>nu</b>", "kunnen niet in een zin"),
        ("Kom {date", "kunnen niet in een zin"),
        ("a" * 301, "hoogstens 300 tekens"),
    ],
)
def test_what_cannot_be_a_phrase_is_said_and_nothing_is_lost(
    somebody: Browser, desk: str, text: str, sentence: str
) -> None:
    somebody.sign_in()
    somebody.get(f"/desk/phrases/{desk}/new")
    said = somebody.post(f"/desk/phrases/{desk}/new", text=text, hint="", dutch_too="yes", was="")
    assert sentence in said and text in said and somebody.page.status_code == 422


def test_a_phrase_that_must_be_translated_is_not_sent_in_dutch(
    somebody: Browser, database: Database, here: Installation, desk: str
) -> None:
    somebody.sign_in()
    page = made(somebody, desk, "Breng uw papieren mee.", dutch_too="no")
    key = page.rsplit("/", 1)[1]
    id_ = text_us(database, here, PHONE, *FRENCH)
    talk = f"/desk/conversations/{id_}"
    somebody.get(talk)
    somebody.post(f"{talk}/claim")
    assert "niet verstuurd in het Nederlands" in somebody.get(talk)
    assert "gaat niet uit in het Nederlands" in somebody.post(f"{talk}/phrase", phrase=key)
    assert somebody.page.status_code == 409
    somebody.get("/desk")
    assert "niet vertaald in de taal van dit gezin" in somebody.post("/desk/many/preview", families=id_, phrase=key)


def test_a_phrase_of_the_service_is_changed_or_left_out_for_one_desk(
    somebody: Browser, database: Database, here: Installation, desk: str
) -> None:
    somebody.sign_in()
    page = f"/desk/phrases/{desk}/phrase.noted"
    assert "komen met de dienst mee" in somebody.get(page) and "Merci" in somebody.text
    somebody.post(page, text="Genoteerd, dank u.", hint="Dank.", dutch_too="yes", was="")
    assert "Genoteerd, dank u." in somebody.get("/desk/phrases") and "Bedankt. We hebben het" not in somebody.text
    somebody.get(page)
    somebody.post(f"{page}/retire")
    with database.read() as session:
        assert "phrase.noted" not in {each.key for each in phrases.of_desk(session, here, desk).offered}
    somebody.post(f"{page}/retire", back="yes")
    with database.read() as session:
        assert "phrase.noted" in {each.key for each in phrases.of_desk(session, here, desk).offered}


def test_own_words_are_looked_at_as_they_arrive_with_their_cost(
    somebody: Browser, database: Database, here: Installation
) -> None:
    talk = f"/desk/conversations/{text_us(database, here, PHONE, *FRENCH)}"
    somebody.sign_in()
    somebody.get(talk)
    somebody.post(f"{talk}/claim")
    said = somebody.post(f"{talk}/preview", text="« Bonjour » — à demain ş " + "x" * 60)
    assert "2 sms'en" in said and "niet vertaald" in said and '" - à demain ş' in said
    token = somebody.page.text.split('name="csrf" value="')[1].split('"')[0]
    piece = somebody.client.post(f"{talk}/preview", data={"csrf": token, "text": "dag"}, headers={"X-Piece": "1"})
    assert "dag" in piece.text and "<html" not in piece.text and len(piece.content) < 1000


def test_a_translator_translates_and_sees_no_family(somebody: Browser, database: Database, desk: str) -> None:
    somebody.sign_in()
    page = made(somebody, desk)
    translator = colleague(somebody, database, "tolk", "translator")
    assert "Kom op {date}" in translator.get(page) and "Bewaar als ontwerp" in translator.text
    translator.post(f"{page}/translate", language="fr", translation=FRANS, was="")
    assert translator.page.status_code == 200 and "ontwerp: iemand anders" in translator.text
    assert "dezelfde open plekken" in translator.post(f"{page}/translate", language="tr", translation="Gelin.", was="")
    translator.get(page)
    translator.post(page, text="x", was="")
    assert translator.page.status_code == 403
    translator.get("/desk")
    assert translator.page.status_code == 403
