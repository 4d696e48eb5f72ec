"""The desk's pages as somebody uses them: sign in, read, take, answer, correct, decide, close."""

import asyncio
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from channels.base import Provider
from channels.simulator import SimulatorSender
from flows import form, wording
from flows.engine.turn import local_day
from intake import worker
from intake.installation import Installation
from storage import audit, clock, conversations, desks, dispatch, erasure, leases, staff
from storage.database import Database, Session
from storage.keys import Keys
from storage.models import Audit, Conversation, Message, Outcome, Referral, Registration
from tests.intake.pages import PUBLIC, Browser, text_us, visit

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
FRENCH = ("bonjour", "1", "02-2026", "9000", "1", "1", "1", "1", "3", "1 3", "Samira", "3", "1", "2")
PHONE = "+32470000021"


@pytest.fixture
def conversation(somebody: Browser, database: Database, here: Installation) -> str:
    """A French family's request, and a browser that is signed in."""
    id_ = text_us(database, here, PHONE, *FRENCH)
    somebody.sign_in()
    return f"/desk/conversations/{id_}"


def registration(database: Database, conversation: str) -> Registration:
    with database.read() as session:
        id_ = conversation.rsplit("/", 1)[1]
        return session.exec(select(Registration).where(Registration.conversation_id == id_)).one()


def colleague(
    somebody: Browser, database: Database, name: str = "mieke", role: str = "worker", slug: str = "gent"
) -> Browser:
    """Somebody else, signed in at another computer."""

    def work(session: Session) -> None:
        desk = desks.by_slug(session, slug)
        assert desk
        secret = staff.add(session, clock.system_now(), name, role, [desk.id])
        session.flush()
        invited = staff.invited(session, secret, clock.system_now())
        assert invited
        staff.set_password(session, invited, "een lange zin")

    database.write(work).result()
    other = Browser(visit(somebody.client.app))
    other.sign_in(name, "een lange zin")
    return other


def test_nobody_reads_without_signing_in(somebody: Browser) -> None:
    assert "Aanmelden" in somebody.get("/desk")
    assert "Dat klopt niet" in somebody.sign_in("balie", "fout")
    assert somebody.page.status_code == 401
    assert "Dat klopt niet" in somebody.sign_in("nobody", "fout")
    assert "Wachtrij" in somebody.sign_in()


def test_too_many_wrong_passwords_lock_an_account(somebody: Browser) -> None:
    for _ in range(8):
        somebody.sign_in("balie", "fout")
    assert "Te veel verkeerde wachtwoorden" in somebody.sign_in()


def test_a_form_from_elsewhere_does_nothing(somebody: Browser, conversation: str) -> None:
    answer = somebody.client.post(f"{conversation}/claim", data={"csrf": "0" * 32})
    assert answer.status_code == 403
    assert "Ik neem dit gesprek" in somebody.get(conversation)


def test_signing_out_ends_the_session_on_the_server(somebody: Browser, conversation: str) -> None:
    cookies = dict(somebody.client.cookies)
    with TestClient(somebody.client.app, base_url=PUBLIC, cookies=cookies, follow_redirects=False) as stolen:
        assert stolen.get("/desk").status_code == 200
        somebody.get("/desk")
        somebody.post("/desk/sign-out")
        assert stolen.get("/desk").status_code == 303


def test_the_queue_says_who_comes_first_and_why(somebody: Browser) -> None:
    somebody.sign_in()
    page = somebody.get("/desk")
    assert page.index("Eerst, want dringend") < page.index("Heeft een vraag") < page.index("In volgorde van wachttijd")
    assert "Dringend" in page and "Frans" in page and "Volledig" in page


def test_a_conversation_is_read_in_dutch_with_the_original_beside_it(somebody: Browser, conversation: str) -> None:
    page = somebody.get(conversation)
    assert "Wanneer is uw kind geboren?" in page and "Quand est né votre enfant" in page
    assert "ik verlies mijn opvang" in page and "Samira" in page and PHONE in page
    assert "Dringend: ja" in page and "door: start" in page
    assert "Specifieke zorgbehoefte: niet gekend" in page


def test_a_phrase_arrives_in_the_familys_language(
    somebody: Browser, conversation: str, database: Database, keys: Keys
) -> None:
    somebody.post(f"{conversation}/claim")
    page = somebody.post(
        f"{conversation}/phrase",
        phrase="phrase.call_on",
        **{"phrase.call_on.day": "2026-12-01", "phrase.call_on.time": "14:30"},
    )
    assert "Verstuurd." in page and "We bellen u op 1 december om 14:30." in page
    with database.read() as session:
        _, entries = conversations.of_address(session, keys, "phone", PHONE)
        row = session.get_one(Conversation, conversation.rsplit("/", 1)[1])
    assert entries[-1].body == "Nous vous appelons le 1 décembre à 14:30."
    assert (entries[-1].status, entries[-1].segments, row.waiting_since) == ("queued", 1, None)
    assert registration(database, conversation).first_reply_at is not None


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"phrase": "phrase.call_on", "phrase.call_on.day": "2026-12-01"}, "Vul elk vak van de zin in."),
        (
            {"phrase": "phrase.found", "phrase.found.name": "x" * 81, "phrase.found.phone": "1"},
            "Vul elk vak van de zin in.",
        ),
        ({"phrase": "receipt"}, "Kies een zin."),
        ({}, "Kies een zin."),
    ],
)
def test_a_phrase_with_a_gap_is_not_sent(
    somebody: Browser, conversation: str, fields: dict[str, str], sentence: str
) -> None:
    somebody.post(f"{conversation}/claim")
    assert sentence in somebody.post(f"{conversation}/phrase", **fields)
    assert somebody.page.status_code == 422


def test_own_words_go_out_as_they_are_and_are_marked(somebody: Browser, conversation: str) -> None:
    somebody.post(f"{conversation}/claim")
    page = somebody.post(f"{conversation}/reply", text="Bonjour <script>alert(1)</script>")
    assert "Bonjour <script>alert(1)</script>" in page and "niet vertaald" in page
    assert "<script>alert" not in somebody.page.text
    assert "Schrijf eerst iets." in somebody.post(f"{conversation}/reply", text="  ")
    too_long = somebody.post(f"{conversation}/reply", text="a" * 1001)
    assert "hoogstens 1000 tekens" in too_long and "a" * 1001 in too_long


def test_who_asked_us_to_stop_is_written_to_by_nobody(
    somebody: Browser, database: Database, here: Installation
) -> None:
    address = f"/desk/conversations/{text_us(database, here, PHONE, 'dag', '3', 'is er plaats?', 'stop')}"
    somebody.sign_in()
    somebody.get(address)
    somebody.post(f"{address}/claim")
    somebody.post(f"{address}/reply", text="Toch nog even dit.")
    assert somebody.page.status_code == 409
    with database.read() as session:
        assert not session.exec(select(Message).where(Message.author != None, Message.direction == "out")).all()  # noqa: E711


def test_two_colleagues_never_answer_one_family(somebody: Browser, conversation: str, database: Database) -> None:
    other = colleague(somebody, database)
    somebody.get(conversation)
    other.get(conversation)
    somebody.post(f"{conversation}/claim")
    assert "balie is met dit gezin bezig" in other.post(f"{conversation}/claim")
    assert other.page.status_code == 409
    assert "balie is met dit gezin bezig" in other.post(f"{conversation}/reply", text="dag")
    somebody.post(f"{conversation}/release")
    other.get(conversation)
    assert "Antwoorden met een vaste zin" in other.post(f"{conversation}/claim")


def test_a_claim_that_is_not_renewed_is_free_again(somebody: Browser, conversation: str, database: Database) -> None:
    somebody.post(f"{conversation}/claim")
    later = clock.system_now() + leases.CLAIM + timedelta(minutes=1)
    with database.read() as session:
        row = session.get_one(Conversation, conversation.rsplit("/", 1)[1])
        assert conversations.holder(row, later) is None and conversations.holder(row, clock.system_now())
    assert somebody.post(f"{conversation}/heartbeat") == "" and somebody.page.status_code == 204


def test_what_is_not_taken_cannot_be_answered(somebody: Browser, conversation: str) -> None:
    somebody.get(conversation)
    assert "Neem eerst dit gesprek." in somebody.post(f"{conversation}/reply", text="dag")


def test_a_correction_changes_answers_and_flags(somebody: Browser, conversation: str, database: Database) -> None:
    somebody.post(f"{conversation}/claim")
    id_ = registration(database, conversation).id
    page = somebody.post(f"/desk/registrations/{id_}/correct", **{"a.start": "09-2028"})
    assert "Het antwoord is verbeterd." in page and "september 2028" in page and "verbeterde: start" in page
    kept = registration(database, conversation)
    assert (kept.start, kept.urgent) == ("2028-09", False)
    assert "We konden dit antwoord niet lezen" in somebody.post(
        f"/desk/registrations/{id_}/correct", **{"a.start": "wanneer?"}
    )
    assert "Kies een vraag." in somebody.post(f"/desk/registrations/{id_}/correct", **{"a.purpose": "1"})
    page = somebody.post(f"/desk/registrations/{id_}/correct", **{"a.parent_name": "Amira"})
    assert "naam van de ouder Amira" in page


def test_a_category_decided_by_a_colleague_counts_and_says_so(
    somebody: Browser, conversation: str, database: Database
) -> None:
    somebody.post(f"{conversation}/claim")
    id_ = registration(database, conversation).id
    page = somebody.post(f"/desk/registrations/{id_}/override", flag="vulnerable", value="yes", reason="kent het OCMW")
    assert "Kwetsbaar gezin: ja beslist door een collega" in page and "kent het OCMW" in page
    assert registration(database, conversation).vulnerable_override is True
    assert "Schrijf eerst iets." in somebody.post(
        f"/desk/registrations/{id_}/override", flag="urgent", value="no", reason=""
    )
    somebody.post(f"/desk/registrations/{id_}/override", flag="vulnerable", value="", reason="toch niet")
    assert registration(database, conversation).vulnerable_override is None


def test_the_care_need_that_a_colleague_decides_stands_nowhere_in_clear(
    somebody: Browser, conversation: str, database: Database
) -> None:
    somebody.post(f"{conversation}/claim")
    id_ = registration(database, conversation).id
    page = somebody.post(f"/desk/registrations/{id_}/override", flag="care_need", value="yes", reason="verteld")
    assert "Specifieke zorgbehoefte: ja" in page
    with database.read() as session:
        rows = [*session.exec(select(Message)), *session.exec(select(Audit)), *session.exec(select(Registration))]
    assert not [
        row
        for row in rows
        if "care_need" in repr([v for v in row.model_dump().values() if isinstance(v, str) and not v.startswith("{")])
    ]


@pytest.mark.parametrize(
    ("outcome", "on", "sentence"),
    [
        ("no_place:full", "", "Geef een datum."),
        ("no_place", "2026-11-24", "Kies een resultaat."),
        ("no_place:full", "2001-01-01", "De datum moet tussen"),
        ("no_place:full", "2099-01-01", "De datum moet tussen"),
    ],
)
def test_an_outcome_needs_a_reason_and_a_possible_day(
    somebody: Browser, conversation: str, database: Database, outcome: str, on: str, sentence: str
) -> None:
    somebody.post(f"{conversation}/claim")
    id_ = registration(database, conversation).id
    assert sentence in somebody.post(f"/desk/registrations/{id_}/outcome", outcome=outcome, on=on)


def test_an_outcome_is_kept(somebody: Browser, conversation: str, database: Database) -> None:
    somebody.post(f"{conversation}/claim")
    kept = registration(database, conversation)
    page = somebody.post(
        f"/desk/registrations/{kept.id}/outcome", outcome="no_place:full", on=kept.asked_on.isoformat()
    )
    assert "Geen plaats gevonden: alles vol" in page


def test_after_closing_the_family_is_asked_what_it_is_about(
    somebody: Browser, conversation: str, database: Database, here: Installation, keys: Keys
) -> None:
    somebody.post(f"{conversation}/claim")
    assert "Wachtrij" in somebody.post(f"{conversation}/close")
    assert "Ik neem dit gesprek" not in somebody.get(conversation)
    text_us(database, here, PHONE, "bonjour")
    with database.read() as session:
        _, entries = conversations.of_address(session, keys, "phone", PHONE)
    assert any("Vous avez déjà une demande" in entry.body for entry in entries[-4:])


def test_a_closed_conversation_is_opened_again_and_the_family_is_written_to(
    somebody: Browser, conversation: str, database: Database, here: Installation, keys: Keys
) -> None:
    somebody.post(f"{conversation}/claim")
    somebody.post(f"{conversation}/close")
    page = somebody.get(conversation)
    assert "Open het opnieuw" in page and "Antwoorden met een vaste zin" not in page
    assert "balie opende het opnieuw" in somebody.post(f"{conversation}/reopen")
    somebody.post(f"{conversation}/reply", text="We vonden toch een plaats.")
    with database.read() as session:
        _, entries = conversations.of_address(session, keys, "phone", PHONE)
    assert entries[-1].body == "We vonden toch een plaats."
    assert "Dit gesprek is al open." in somebody.post(f"{conversation}/reopen")
    somebody.post(f"{conversation}/close")
    text_us(database, here, PHONE, "bonjour")  # the family begins another one
    somebody.get(conversation)
    assert "een ander gesprek dat open is" in somebody.post(f"{conversation}/reopen")


def test_handed_back_the_bot_goes_on_where_it_was(
    somebody: Browser, database: Database, here: Installation, keys: Keys
) -> None:
    id_ = text_us(database, here, PHONE, "bonjour", "1", "02-2026")
    somebody.sign_in()
    address = f"/desk/conversations/{id_}"
    somebody.get(address)
    somebody.post(f"{address}/claim")
    text_us(database, here, PHONE, "bonjour ?")
    somebody.post(f"{address}/hand-back")
    with database.read() as session:
        _, entries = conversations.of_address(session, keys, "phone", PHONE)
    assert "Dans quelle commune" in entries[-1].body
    text_us(database, here, PHONE, "gand")
    with database.read() as session:
        assert session.get_one(Conversation, id_).asking == "start"


def test_a_note_is_for_colleagues_only(somebody: Browser, conversation: str, database: Database, keys: Keys) -> None:
    somebody.post(f"{conversation}/claim")
    assert "bel na 16 uur" in somebody.post(f"{conversation}/note", text="bel na 16 uur")
    now = clock.system_now()
    due = database.write(lambda session: [each.text for each in dispatch.claim(session, keys, now)]).result()
    assert not [text for text in due if "16 uur" in text]


def test_another_desk_sees_nothing_of_it(somebody: Browser, conversation: str, database: Database, keys: Keys) -> None:
    def work(session: Session) -> None:
        desks.add(session, keys, clock.system_now(), "aalst", "Aalst", "+3290000002", ["9300"], desks.Choices())

    database.write(work).result()
    somebody = colleague(somebody, database, "an", "worker", "aalst")
    assert "Niemand wacht op antwoord." in somebody.get("/desk")
    assert "van een ander loket" in somebody.get(conversation) and somebody.page.status_code == 404
    id_ = registration(database, conversation).id
    somebody.get("/desk")
    assert somebody.post(f"{conversation}/claim") and somebody.page.status_code == 404
    somebody.get("/desk")
    assert somebody.post(f"/desk/registrations/{id_}/correct", **{"a.start": "1"}) and somebody.page.status_code == 404


def test_a_role_that_may_not_read_conversations_is_told_so_and_led_to_its_own_pages(
    somebody: Browser, database: Database
) -> None:
    auditor = colleague(somebody, database, "ine", "auditor")
    auditor.get("/desk")
    assert auditor.page.status_code == 403 and "Uw account mag dit niet" in auditor.text
    assert auditor.text.count("Uw eigen pagina's beginnen hier: Tellingen") == 1
    assert auditor.page.text.count('href="/reports"') == 3  # the name above, the link above, the one of the sentence
    assert auditor.get("/reports") and auditor.page.status_code == 200


def test_a_new_account_chooses_a_password_by_a_link_that_works_once(somebody: Browser, database: Database) -> None:
    secret = database.write(lambda session: staff.add(session, clock.system_now(), "jo", "worker", [])).result()
    link = f"/desk/welcome/{secret}"
    assert "Voor het account jo" in somebody.get(link)
    assert "niet gelijk" in somebody.post(link, password="een lange zin", repeat="iets anders")
    assert "minstens 12 tekens" in somebody.post(link, password="kort", repeat="kort")
    assert "Meld u ermee aan" in somebody.post(link, password="een lange zin", repeat="een lange zin")
    assert "al gebruikt of te oud" in somebody.get(link)
    assert "Wachtrij" in somebody.sign_in("jo", "een lange zin")


def test_every_page_refuses_what_is_not_its_own(somebody: Browser) -> None:
    somebody.sign_in()
    for address in ("/desk", "/desk/sign-in", "/simulator"):
        policy = somebody.client.get(address).headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "require-trusted-types-for" in policy
        assert not re.search(r"\son\w+=|style=|https?://", somebody.client.get(address).text)


def test_a_phone_of_the_simulator_texts_the_desk(somebody: Browser, database: Database) -> None:
    page = somebody.get("/simulator")
    assert "Twee telefoons" in page
    somebody.post("/simulator/message", **{"from": "+32470000001", "text": "goeiedag"})
    assert "goeiedag 1 sms" in somebody.text and "1 sms'en" not in somebody.text.replace("1 sms'en van", "")
    assert "Schrijf eerst een bericht." in somebody.post("/simulator/message", **{"from": "+32470000001", "text": " "})
    somebody.get("/simulator")
    assert (
        somebody.post("/simulator/message", **{"from": "+32470009999", "text": "x"})
        and somebody.page.status_code == 400
    )


def deliver(database: Database, here: Installation) -> None:
    async def work() -> None:
        while await worker.send_due(database, here.keys, {Provider.SIMULATOR: SimulatorSender()}, clock.system_now()):
            pass

    asyncio.run(work())


def test_a_chat_of_the_simulator_has_buttons_that_go_away(
    somebody: Browser, database: Database, here: Installation
) -> None:
    assert "Telegram" in somebody.get("/simulator/chat")
    somebody.post("/simulator/message", **{"from": "7000000004", "text": "goeiedag"})
    deliver(database, here)
    assert "1 opvang voor mijn kind" in somebody.get("/simulator/chat")
    somebody.post(
        "/simulator/message", **{"from": "7000000004", "press": "purpose:own", "label": "1 opvang voor mijn kind"}
    )
    deliver(database, here)
    assert "Wanneer is uw kind geboren?" in somebody.get("/simulator/chat")
    assert 'value="purpose:own"' not in somebody.page.text


def test_a_voice_note_of_the_simulator_is_kept_for_the_desk(somebody: Browser, database: Database) -> None:
    somebody.get("/simulator/chat")
    somebody.post("/simulator/message", **{"from": "7000000004", "text": "goeiedag"})
    assert somebody.record("/simulator/voice-note?phone=7000000004") == 204
    assert "spraakbericht" in somebody.get("/simulator/chat")
    assert somebody.record("/simulator/voice-note?phone=7") == 404


@pytest.mark.parametrize("sought", ["reference", PHONE, "0470 00 00 21", "samira", "SAMIRA"])
def test_a_family_is_found_by_number_or_name(
    somebody: Browser, database: Database, conversation: str, sought: str
) -> None:
    kept = registration(database, conversation)
    if sought == "reference":
        sought = f"{kept.reference[:4]} {kept.reference[4:]}"
    somebody.client.get("/desk", params={"q": sought})
    page = somebody.client.get("/desk", params={"q": sought}).text
    assert f'href="{conversation}"' in page and "Gevonden voor" in page
    with database.read() as session:
        told = session.exec(select(Audit.about).where(Audit.what == "searched")).all()
    assert told.count(conversation.rsplit("/", 1)[1]) == 2 and all(len(each) == 32 for each in told)


def test_what_is_not_there_is_not_found(
    somebody: Browser, database: Database, conversation: str, tmp_path: Path
) -> None:
    for sought in ("Sam", "+32470009999", "12345678", "%", "' or 1=1 --"):
        assert "Niets gevonden" in somebody.client.get("/desk", params={"q": sought}).text
    keys = Keys.create(tmp_path / "other.json")
    database.write(
        lambda session: desks.add(
            session, keys, clock.system_now(), "aalst", "Aalst", "+3290000002", [], desks.Choices()
        )
    ).result()
    stranger = colleague(somebody, database, "jo", slug="aalst")
    assert "Niets gevonden" in stranger.client.get("/desk", params={"q": PHONE}).text


def test_colleagues_who_take_the_next_family_get_different_ones(
    somebody: Browser, database: Database, conversation: str
) -> None:
    mieke = colleague(somebody, database)
    taken = set()
    for person in (somebody, mieke, somebody):
        person.get("/desk")
        person.post("/desk/next")
        assert person.page.status_code == 200 and person.page.url.path.startswith("/desk/conversations/")
        taken.add(person.page.url.path)
    assert len(taken) == 3
    for _ in range(4):
        somebody.get("/desk")
        somebody.post("/desk/next")
    assert somebody.page.status_code == 404 and "wacht nu niemand" in somebody.text


def test_a_colleague_decides_that_two_requests_are_for_one_child(
    somebody: Browser, database: Database, here: Installation
) -> None:
    ids = [text_us(database, here, number, *FRENCH) for number in ("+32470000031", "+32470000032")]
    somebody.sign_in()
    page = f"/desk/conversations/{ids[1]}"
    somebody.get(page)
    somebody.post(f"{page}/claim")
    assert "Misschien hetzelfde kind (2)" in somebody.get(page)  # one family of the demonstration is alike too
    one, two = (registration(database, f"/desk/conversations/{id_}") for id_ in ids)
    beside = somebody.get(f"/desk/registrations/{two.id}/alike")
    assert all(wording.reference(each.reference) in beside for each in (one, two)) and "gelijk" in beside
    with database.read() as session:
        seen = set(session.exec(select(Audit.about).where(Audit.what == audit.LOOKED)))
    assert {*ids} <= seen  # each family that was looked at
    said = somebody.post(f"/desk/registrations/{two.id}/same", other=one.id)
    assert "Beide aanvragen tellen vanaf nu één keer." in said and "Hetzelfde kind als" in said
    assert "twee aanvragen voor één kind zijn" in said
    assert "telt weer apart" in somebody.post(f"/desk/registrations/{two.id}/own")


def test_the_outcome_of_a_closed_conversation_is_still_noted(
    somebody: Browser, database: Database, conversation: str
) -> None:
    somebody.post(f"{conversation}/claim")
    somebody.post(f"{conversation}/close")
    assert "Resultaat noteren" in somebody.get(conversation)
    kept = registration(database, conversation)
    today = local_day(clock.system_now()).isoformat()
    somebody.post(f"/desk/registrations/{kept.id}/outcome", outcome="placed_via_desk", on=today)
    assert somebody.page.status_code == 200
    with database.read() as session:
        assert [each.code for each in session.exec(select(Outcome))] == ["placed_via_desk"]


def test_the_desk_stops_an_erasure_when_the_family_changed_its_mind(
    somebody: Browser, database: Database, here: Installation
) -> None:
    id_ = text_us(database, here, PHONE, *FRENCH, "oubliez-moi", "1")
    page = f"/desk/conversations/{id_}"
    somebody.sign_in()
    assert "wordt gewist op" in somebody.get(page)
    somebody.post(f"{page}/claim")
    assert "Er wordt niets gewist." in somebody.post(f"{page}/keep")
    assert "wordt gewist op" not in somebody.get(page)
    somebody.post(f"{page}/keep")
    assert somebody.page.status_code == 409
    with database.read() as session:
        assert erasure.due(session, id_) is None


def test_a_conversation_of_an_older_form_is_read_with_its_own_words(
    somebody: Browser, database: Database, here: Installation
) -> None:
    """Texts change and keys go; what was said stays readable, and what was answered can still be put right."""
    changed = here.form.text.replace("Wat kunnen we doen?", "Waarmee helpen we?")
    changed = changed.replace('label: "reden"', 'label: "waarom"').replace("phrase.noted:", "phrase.gone:")
    older = replace(here, form=form.parse(changed), _forms={}, _wordings={})
    id_ = text_us(database, older, PHONE, "dag", "1", "02-2026", "9000", "1", "1", "1", "1", "3")
    somebody.sign_in()
    page = somebody.get(f"/desk/conversations/{id_}")
    assert "Waarmee helpen we?" in page and "waarom ik verlies mijn opvang" in page
    somebody.post(f"/desk/conversations/{id_}/claim")
    row = registration(database, f"/{id_}").id
    page = somebody.post(f"/desk/registrations/{row}/correct", **{"a.urgent_reason": "1"})
    assert "Het antwoord is verbeterd." in page and "waarom nieuw werk" in page
    page = somebody.post(f"/desk/conversations/{id_}/phrase", phrase="phrase.noted")
    assert page.count("We hebben het genoteerd.") == 2  # on the timeline, and among the phrases


def test_a_family_is_sent_to_a_place_and_what_it_answered_is_noted(
    somebody: Browser, database: Database, conversation: str
) -> None:
    place_name = "Kribbe De Zonnebloem"
    id_ = registration(database, conversation).id
    somebody.get(conversation)
    somebody.post(f"{conversation}/claim")
    said = somebody.post(f"/desk/registrations/{id_}/refer", referring=id_, name=place_name, answer_by="1999-01-01")
    assert "moet tussen vandaag en over een jaar liggen" in said and f'value="{place_name}"' in somebody.page.text
    said = somebody.post(
        f"/desk/registrations/{id_}/refer", name=place_name, answer_by="", tell="yes", phone="09 000 00 02"
    )
    assert f"verwees het gezin naar: {place_name}" in said and "antwoord verwacht tegen" in said
    assert "Misschien is er plaats bij Kribbe De Zonnebloem" in said
    with database.read() as session:
        place = session.exec(select(Referral.id)).one()
    said = somebody.post(f"/desk/registrations/{id_}/answered", referral=place, result="full")
    assert "noteerde wat de opvang antwoordde: is vol" in said
