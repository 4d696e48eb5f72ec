"""The answers of a request as a form: who said what, changed all at once or not at all, never over a colleague's change."""

import re

import pytest

from intake.installation import Installation
from storage.database import Database
from tests.intake.pages import Browser, text_us
from tests.intake.test_desk import FRENCH, PHONE, colleague, registration

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


@pytest.fixture
def talk(somebody: Browser, database: Database, here: Installation) -> str:
    page = f"/desk/conversations/{text_us(database, here, PHONE, *FRENCH)}"
    somebody.sign_in()
    somebody.get(page)
    somebody.post(f"{page}/claim")
    return page


def as_shown(page: str) -> dict[str, str]:
    """The form of the first request on a page, as a browser would send it."""
    form = page.split('class="answer-form"')[1].split("</form>")[0]
    fields = dict(re.findall(r'name="((?:was|a)\.\w+)" value="([^"]*)"', form))
    for key, inside in re.findall(r'<select id="[^"]*" name="(a\.\w+)">(.*?)</select>', form):
        chosen = re.search(r'value="([^"]*)" selected', inside)
        fields[key] = chosen[1] if chosen else ""
    return fields | {"registration": re.findall(r'name="registration" value="(\w+)"', form)[0]}


def test_every_answer_says_who_gave_it(somebody: Browser, database: Database, talk: str) -> None:
    page = somebody.get(talk)
    assert re.search(r"geboorte februari 2026 gezin, ", page)
    fields = as_shown(somebody.page.text)
    assert (fields["a.birth"], fields["a.place"], fields["a.start"], fields["a.extended"]) == (
        "02-2026", "9000", "1", "1 3"
    )  # fmt: skip
    place = f"/desk/registrations/{registration(database, talk).id}/correct"
    somebody.post(place, **fields | {"a.start": "09-2028"})
    assert (
        re.search(r"start september 2028 balie, ", somebody.text) and "geboorte februari 2026 gezin, " in somebody.text
    )


def test_several_answers_are_kept_at_once_or_none_of_them(somebody: Browser, database: Database, talk: str) -> None:
    somebody.get(talk)
    fields, kept = as_shown(somebody.page.text), registration(database, talk)
    place = f"/desk/registrations/{kept.id}/correct"
    said = somebody.post(place, **fields | {"a.start": "09-2028", "a.birth": "geen idee hoor"})
    assert "We konden dit antwoord niet lezen" in said and "geen idee hoor" in somebody.page.text
    assert registration(database, talk).start == kept.start
    assert "Er is niets veranderd." in somebody.post(place, **fields)
    somebody.post(place, **fields | {"a.start": "09-2028", "a.parent_name": "Amira", "a.extended": "2"})
    assert registration(database, talk).start == "2028-09"
    assert "naam van de ouder Amira" in somebody.text and "uren na 18 uur" in somebody.text


def test_a_colleagues_change_is_not_written_over(somebody: Browser, database: Database, talk: str) -> None:
    somebody.get(talk)
    fields = as_shown(somebody.page.text)
    place = f"/desk/registrations/{registration(database, talk).id}/correct"
    mieke = colleague(somebody, database)
    mieke.get(talk)
    mieke.post(f"{talk}/take-over")
    mieke.post(place, **as_shown(mieke.page.text) | {"a.start": "09-2028"})
    somebody.get(talk)
    somebody.post(f"{talk}/take-over")
    said = somebody.post(place, **fields | {"a.start": "10-2027", "a.parent_name": "Amira"})
    assert somebody.page.status_code == 409 and "Een collega veranderde dit intussen" in said
    assert "Nu staat er: september 2028 (mieke, " in said and 'value="10-2027"' in somebody.page.text
    assert registration(database, talk).start == "2028-09"
    mieke.get(talk)
    mieke.post(f"{talk}/take-over")
    somebody.post(
        place, **fields | {"a.start": "10-2027", "a.parent_name": "Amira"}
    )  # typed, and nobody is asked twice
    typed = as_shown(somebody.page.text)
    assert "Neem het over van mieke en bewaar" in somebody.text and typed["a.start"] == "10-2027"
    somebody.post(place, **typed | {"take_over": "yes"})
    assert "naam van de ouder Amira" in somebody.text and registration(database, talk).start == "2027-10"
    assert "balie nam dit over van mieke" in somebody.text
    somebody.post(place, **as_shown(somebody.page.text) | {"a.start": "09-2028"})
    somebody.post(place, **fields | {"a.parent_name": "Amira"})  # what nobody else touched goes through
    assert "naam van de ouder Amira" in somebody.text and registration(database, talk).start == "2028-09"


def test_the_page_says_what_to_do_now(somebody: Browser, database: Database, here: Installation, talk: str) -> None:
    assert "Wat nu" in somebody.get(talk) and "hetzelfde kind" in somebody.text
    ticket = f"/desk/conversations/{text_us(database, here, '+32470000051', 'goeiedag', '4')}"
    assert "Bel het gezin: het staat onder Te bellen." in somebody.get(ticket)


def test_a_request_is_printed_on_one_page_for_its_own_desk(somebody: Browser, database: Database, talk: str) -> None:
    place = f"/desk/registrations/{registration(database, talk).id}/sheet"
    page = somebody.get(place)
    assert "Opvangvraag" in page and "Lokaal Loket Gent" in page and "februari 2026" in page and PHONE in page
    assert "Dringend" in page and "vertrouwelijk" in page and "<textarea" not in somebody.page.text
    assert somebody.get("/desk/registrations/0/sheet") and somebody.page.status_code == 404


def test_a_long_conversation_shows_its_last_lines_first(
    somebody: Browser, database: Database, here: Installation, talk: str
) -> None:
    for number in range(90):
        text_us(database, here, PHONE, f"regel {number}")
    page = somebody.get(talk)
    assert "Toon alles" in page and "regel 89" in page and "regel 3 " not in page
    assert "regel 3 " in somebody.get(f"{talk}?all=1") and "Toon alles" not in somebody.text
