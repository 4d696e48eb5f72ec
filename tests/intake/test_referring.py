"""A referrer files for a family: permission recorded, health left out, the family asked in its language, nothing else seen."""

from datetime import timedelta

import pytest
from sqlmodel import col, select

from flows.engine.turn import local_day
from intake.desk import MAY
from intake.installation import Installation
from storage import clock, dispatch, erasure, registrations
from storage.database import Database
from storage.keys import Keys
from storage.models import Audit, Conversation, Filing, Message, Registration
from tests.intake.pages import Browser, text_us
from tests.intake.test_desk import colleague

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
NUMBER = "+32470000091"
LEAST = {"desk": "gent", "birth": "02-2026", "place": "9000", "start": "1", "by": "Fatima", "permission": "spoken"}


@pytest.fixture
def fatima(somebody: Browser, database: Database) -> Browser:
    return colleague(somebody, database, "fatima", "referrer")


def file(referrer: Browser, **fields: str) -> str:
    referrer.get("/desk/refer/new")
    today = local_day(clock.system_now()).isoformat()
    return referrer.post("/desk/refer/new", **{**LEAST, "permitted_on": today, **fields})


def newest(database: Database) -> tuple[Registration, Conversation]:
    with database.read() as session:
        row = session.exec(select(Registration).order_by(col(Registration.id).desc())).first()
        assert row
        return row, session.get_one(Conversation, row.conversation_id)


def sent(database: Database, keys: Keys) -> list[str]:
    found = []
    while due := database.write(lambda session: dispatch.claim(session, keys, clock.system_now())).result():
        found += [each.text for each in due if each.to == NUMBER]
        for each in due:
            database.write(
                lambda session, id_=each.id: dispatch.sent(session, message_id=id_, provider_id=id_)
            ).result()  # type: ignore[misc]
    return found


def test_a_family_with_a_phone_is_asked_in_its_language_whether_it_is_right(
    fatima: Browser, database: Database, keys: Keys, here: Installation
) -> None:
    page = file(fatima, contact_number=NUMBER, contact="1", language="fr", parent_name="Samira", work="1")
    row, talk = newest(database)
    assert (row.source, row.counted_in, row.state, row.language) == ("referrer", "here", "complete", "fr")
    assert (talk.status, talk.waiting_why, talk.claimed_by) == ("waiting", "new_request", None)
    number = f"{row.reference[:4]} {row.reference[4:]}"
    assert number in page and "gezegd, in een gesprek" in page
    text, dutch = sent(database, keys)
    assert dutch.startswith("Dag! Fatima vroeg iets voor u.") and "/texts/gent" in dutch
    assert text == (
        f"Bonjour ! Fatima a demandé quelque chose pour vous. Numéro : {number}. Est-ce correct ?\n"
        "1 oui\n2 non, ce n'est pas moi"
    )
    text_us(database, here, NUMBER, "1")
    assert sent(database, keys)[0].startswith("Merci. Vous aurez de nos nouvelles avant le")
    assert newest(database)[1].waiting_why == "new_request"


def test_who_says_not_me_is_left_to_the_desk(
    fatima: Browser, database: Database, keys: Keys, here: Installation
) -> None:
    file(fatima, contact_number=NUMBER, contact="1")
    assert "Dag! Fatima vroeg iets voor u." in sent(database, keys)[0]
    text_us(database, here, NUMBER, "2")
    assert sent(database, keys) == ["Bedankt. We bekijken dit."]
    assert newest(database)[1].waiting_why == "not_ours"


@pytest.mark.parametrize("contact", ["2", "4"])
def test_nothing_is_written_where_it_is_not_safe(fatima: Browser, database: Database, keys: Keys, contact: str) -> None:
    file(fatima, contact_number=NUMBER, contact=contact)
    assert sent(database, keys) == [] and newest(database)[1].waiting_why == "new_request"


def test_a_family_without_a_phone_gets_a_page_beside_the_dutch(fatima: Browser, database: Database) -> None:
    page = file(fatima, language="tr")
    assert "Fatima vroeg opvang voor uw kind." in page and "Fatima çocuğunuz için kreşte yer istedi." in page
    assert "+3290000001" in page and "Vertaling van het Nederlands" in page
    assert newest(database)[1].channel == "desk"


def test_health_is_never_taken_from_another(fatima: Browser, database: Database, here: Installation) -> None:
    fatima.get("/desk/refer/new")
    assert 'name="care_need"' not in fatima.page.text and 'name="care_situation"' not in fatima.page.text
    file(fatima, care_need="1", care_situation="1", work="1", income_low="1")
    row, _ = newest(database)
    with database.read() as session:
        opened = registrations.opened(session, here.keys, row)
    assert '"work"' in opened.answers and "care_" not in opened.answers and opened.flag("care_need") is None


def test_the_desk_sees_who_told_it(somebody: Browser, fatima: Browser, database: Database) -> None:
    file(fatima, work="1")
    somebody.sign_in()
    page = somebody.get(f"/desk/conversations/{newest(database)[1].id}")
    assert "Verteld door een toeleider: vraag het aan het gezin" in page
    assert "fatima vroeg dit voor het gezin, dat akkoord ging: gezegd, in een gesprek" in page


def test_a_referrer_does_not_learn_that_a_number_is_known(
    fatima: Browser, database: Database, keys: Keys, here: Installation
) -> None:
    theirs = text_us(database, here, NUMBER, "dag", "1")
    sent(database, keys)
    page = file(fatima, contact_number=NUMBER, contact="1")
    assert "De aanvraag is ingediend" in page and sent(database, keys) == []
    row, talk = newest(database)
    assert talk.id != theirs and talk.waiting_why == "new_request" and row.source == "referrer"
    text_us(database, here, NUMBER, "02-2026")  # what the family said goes on where it was
    with database.read() as session:
        assert session.get_one(Conversation, theirs).asking == "place"


def test_an_earlier_one_is_a_template_without_who_it_was_about(fatima: Browser, database: Database) -> None:
    file(fatima, language="tr", work="1", parent_name="Samira", contact_number=NUMBER, contact="1", place="9050")
    with database.read() as session:
        id_ = session.exec(select(Filing.id)).one()
    fatima.get(f"/desk/refer/new?like={id_}")
    html = fatima.page.text
    assert 'value="tr" selected' in html and 'value="9050"' in html and 'value="Fatima"' in html
    assert (
        "Samira" not in html and NUMBER not in html and "02-2026" not in html.split("<form class")[1].split("value=")[1]
    )


def test_how_far_it_is_stands_there_only_where_the_family_wants_it(
    somebody: Browser, fatima: Browser, database: Database
) -> None:
    file(fatima, feedback="yes")
    _, talk = newest(database)
    assert "Ontvangen" in fatima.get("/desk/refer")
    somebody.sign_in()
    somebody.get(f"/desk/conversations/{talk.id}")
    somebody.post(f"/desk/conversations/{talk.id}/claim")
    somebody.post(f"/desk/conversations/{talk.id}/note", text="alleen voor het loket")
    assert "Wordt bekeken" in fatima.get("/desk/refer") and "alleen voor het loket" not in fatima.text
    row, _ = newest(database)
    today = local_day(clock.system_now()).isoformat()
    somebody.get(f"/desk/conversations/{talk.id}")
    somebody.post(f"/desk/registrations/{row.id}/outcome", outcome="no_place:full", on=today)
    assert "Geen plaats gevonden" in fatima.get("/desk/refer")
    file(fatima, feedback="no")
    assert "het gezin vertelt het u zelf" in fatima.get("/desk/refer")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"by": ""}, "Schrijf wie de aanvraag doet"), ({"permission": ""}, "hoe het gezin toestemming gaf"),
        ({"permitted_on": "2099-01-01"}, "niet in de toekomst"), ({"permitted_on": "gisteren"}, "Geef de dag"),
        ({"contact_number": NUMBER}, "of het veilig is"), ({"contact_number": "12"}, "geen telefoonnummer"),
        ({"birth": "blauw"}, "Dit konden we niet lezen"), ({"desk": "nergens"}, "Kies een loket"),
    ],
)  # fmt: skip
def test_a_mistake_keeps_what_was_typed_and_files_nothing(
    fatima: Browser, database: Database, fields: dict[str, str], says: str
) -> None:
    assert says in file(fatima, **{"parent_name": "Samira", **fields}) and fatima.page.status_code == 422
    assert 'value="Samira"' in fatima.page.text
    with database.read() as session:
        assert not session.exec(select(Filing)).all()


def test_a_referrer_sees_nothing_else(somebody: Browser, fatima: Browser, database: Database) -> None:
    file(fatima, parent_name="Samira")
    with database.read() as session:
        id_ = session.exec(select(Filing.id)).one()
        talk = session.exec(select(Filing.conversation_id)).one()
    other = colleague(somebody, database, "youssef", "referrer")
    assert "Samira" not in other.get("/desk/refer")
    for address in (f"/desk/refer/{id_}", f"/desk/refer/new?like={id_}"):
        other.get(address)
        assert other.page.status_code == 404
    assert MAY["referrer"] == {"refer"}
    for address in (
        "/desk",
        "/desk/calls",
        "/reports",
        "/desk/settings/gent",
        "/desk/new",
        f"/desk/conversations/{talk}",
    ):
        fatima.get(address)
        assert fatima.page.status_code == 403, address
    somebody.sign_in()
    somebody.get("/desk/refer")
    assert somebody.page.status_code == 403
    with database.read() as session:
        assert session.exec(select(Audit).where(Audit.what == "filed_for")).one().about == talk


def test_who_wants_to_be_forgotten_is_gone_here_too(fatima: Browser, database: Database) -> None:
    file(fatima, parent_name="Samira", feedback="yes")
    _, talk = newest(database)
    database.write(lambda session: erasure.erase(session, talk.family_id, clock.system_now())).result()
    assert "Samira" not in fatima.get("/desk/refer")
    with database.read() as session:
        assert (
            not session.exec(select(Filing)).all()
            and not session.exec(select(Message).where(Message.family_id == talk.family_id)).all()
        )


def test_a_helpers_phone_says_nothing_of_who_is_the_same_child(
    somebody: Browser, database: Database, here: Installation
) -> None:
    story = ("dag", "2", "02-2026", "9000", "1", "2")
    first = text_us(database, here, NUMBER, *story, at=clock.system_now() - timedelta(days=2))
    second = text_us(database, here, NUMBER, "dag, ik zoek opvang", "3", "2", "02-2026", "9050", "1", "2")
    assert first and second
    somebody.sign_in()
    assert "hetzelfde nummer" not in somebody.get(f"/desk/conversations/{second}")
