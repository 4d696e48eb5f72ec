"""The queue as a desk works with it: tabs, by when, put off, one answer to many."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from channels import simulator
from intake import demo, promises
from intake.conversations import receive
from intake.installation import Installation
from storage import clock, desks, queue
from storage.database import Database
from storage.keys import Keys
from storage.models import Conversation, Desk, Message
from tests.intake.pages import Browser, text_us
from tests.intake.test_desk import FRENCH, PHONE, colleague

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


def talk(database: Database, id_: str) -> Conversation:
    with database.read() as session:
        return session.get_one(Conversation, id_)


def test_every_tab_counts_what_it_shows(somebody: Browser, database: Database, here: Installation) -> None:
    text_us(database, here, PHONE, "bonjour", "1")
    somebody.sign_in()
    now = clock.system_now()
    with database.read() as session:
        own = frozenset(session.exec(select(Desk.id)))
        counts = queue.counts(session, own, "", now)
        shown = {show: len(queue.queue(session, own, show, "", now)[0]) for show in counts}
    assert counts == shown
    assert {show: many for show, many in counts.items() if many} == {
        "waiting": 4, "new": 1, "questions": 1, "calls": 2, "drafts": 1, "family": 1
    }  # fmt: skip
    assert "(4) Wachtrij" in somebody.get("/desk") and "Te bellen 2" in somebody.text
    for show in queue.TABS:
        assert somebody.get(f"/desk?show={show}") and somebody.page.status_code == 200


def test_who_waits_longer_than_promised_stands_under_too_late(
    somebody: Browser, database: Database, here: Installation
) -> None:
    long_ago = clock.system_now() - timedelta(days=20)
    id_ = text_us(database, here, PHONE, "bonjour", "3", "4", "une question", at=long_ago)
    database.write(promises.reckon).result()
    row = talk(database, id_)
    assert row.answer_by is not None and long_ago < row.answer_by < clock.system_now()
    somebody.sign_in()
    page = somebody.get("/desk?show=overdue")
    assert "Moest beantwoord zijn tegen" in page and "Vroeg, want de beloofde dag is voorbij" in page
    assert "23:59" not in page  # the end of a day is the day
    assert somebody.get("/desk").index("Eerst, want dringend") < somebody.text.index("Vroeg, want de beloofde dag")


def test_other_hours_give_everybody_another_day(somebody: Browser, database: Database, here: Installation) -> None:
    id_ = text_us(database, here, PHONE, "bonjour", "3", "4", "une question")
    database.write(promises.reckon).result()
    before = talk(database, id_).answer_by
    somebody.sign_in()
    somebody.get("/desk/terms")
    fields = {
        "desk": _desk(database).id,
        "was": "call=1 new=5 question=2 urgent=1",
        "urgent": "1",
        "call": "1",
        "new": "5",
    }
    assert "opnieuw berekend" in somebody.post("/desk/terms", **fields, question="9")
    assert talk(database, id_).answer_by is None
    database.write(promises.reckon).result()
    after = talk(database, id_).answer_by
    assert before and after and after > before
    assert "Een collega veranderde dit intussen" in somebody.post("/desk/terms", **fields, question="3")
    assert "Nu staat er: 9" in somebody.text and 'value="3"' in somebody.page.text
    assert "aantal werkdagen" in somebody.post("/desk/terms", **fields, question="veel")


def test_a_request_becomes_urgent_as_its_start_comes_near(
    database: Database, here: Installation, client: object
) -> None:
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    story = ("bonjour", "1", "02-2026", "9000", "09-2026", "1", "1", "1", "3")
    id_ = ""
    for text in story:
        inbound = simulator.parse(text, PHONE, demo.NUMBER, at)
        id_ = database.write(lambda session, inbound=inbound: receive(session, here, inbound)).result() or ""
    database.write(lambda session: promises.look_at_starts(session, datetime(2026, 7, 1, tzinfo=UTC))).result()
    assert talk(database, id_).need < 3
    database.write(lambda session: promises.look_at_starts(session, datetime(2026, 8, 3, tzinfo=UTC))).result()
    assert talk(database, id_).need == 3


def test_what_is_put_off_comes_back_on_its_day_or_when_the_family_writes(
    somebody: Browser, database: Database, here: Installation
) -> None:
    id_ = text_us(database, here, PHONE, *FRENCH)
    page = f"/desk/conversations/{id_}"
    somebody.sign_in()
    somebody.get(page)
    somebody.post(f"{page}/claim")
    soon = (clock.system_now() + timedelta(days=3)).date()
    assert "Schrijf eerst iets." in somebody.post(f"{page}/snooze", on=soon.isoformat(), reason="")
    assert "Kies een dag na vandaag" in somebody.post(f"{page}/snooze", on="2020-01-01", reason="x")
    said = somebody.post(f"{page}/snooze", on=soon.isoformat(), reason="crèche beslist donderdag")
    assert "Uitgesteld." in said and page not in somebody.page.text
    assert page in somebody.client.get("/desk?show=later").text
    assert "crèche beslist donderdag" in somebody.get(page)
    text_us(database, here, PHONE, "bonjour?")
    assert page in somebody.client.get("/desk").text
    somebody.get(page)
    somebody.post(f"{page}/claim")
    somebody.post(f"{page}/snooze", on=soon.isoformat(), reason="nog eens")
    later = clock.system_now() + timedelta(days=5)
    database.write(lambda session: queue.wake(session, later)).result()
    assert page in somebody.client.get("/desk").text


def test_a_day_that_was_planned_after_an_answer_begins_a_wait(
    somebody: Browser, database: Database, here: Installation
) -> None:
    id_ = text_us(database, here, PHONE, *FRENCH)
    page = f"/desk/conversations/{id_}"
    somebody.sign_in()
    somebody.get(page)
    somebody.post(f"{page}/claim")
    somebody.post(f"{page}/phrase", phrase="phrase.not_yet")
    soon = (clock.system_now() + timedelta(days=3)).date()
    somebody.post(f"{page}/snooze", on=soon.isoformat(), reason="kijk of er plaats is")
    database.write(lambda session: queue.wake(session, clock.system_now() + timedelta(days=5))).result()
    row = talk(database, id_)
    assert row.waiting_why == "planned" and row.waiting_since is not None and row.snoozed_until is None


def test_one_answer_goes_to_many_after_everybody_was_looked_at(
    somebody: Browser, database: Database, here: Installation
) -> None:
    one = text_us(database, here, PHONE, *FRENCH)
    two = text_us(database, here, "+32470000022", "merhaba", "3", "4", "bir sorum var")
    held = text_us(database, here, "+32470000023", "goeiedag", "3", "4", "een vraag")
    asking = text_us(database, here, "+32470000024", "goeiedag", "1")
    stopped = text_us(database, here, "+32470000025", *FRENCH, "STOP")
    other = colleague(somebody, database)
    other.get(f"/desk/conversations/{held}")
    other.post(f"/desk/conversations/{held}/claim")
    somebody.sign_in()
    everybody = [one, two, held, asking, stopped]
    chosen = somebody.client.get("/desk/many", params={"family": everybody})
    assert "Voor 5 gezinnen" in chosen.text
    somebody.page = chosen
    said = somebody.post("/desk/many/preview", families=" ".join(everybody), phrase="phrase.not_yet")
    assert "Krijgt het: 2" in said and "Valt weg: 3" in said
    assert "Nous n'avons pas encore trouvé de place" in said and "Henüz" in said
    for why in ("met dit gezin bezig", "beantwoordt nog de vragen", "geen berichten meer"):
        assert why in said
    once = somebody.page.text.split('name="once" value="')[1].split('"')[0]
    fields = {"families": " ".join(everybody), "phrase": "phrase.not_yet", "once": once}
    assert "Verstuurd naar 2 gezinnen; 3 vielen weg." in somebody.post("/desk/many", **fields)
    somebody.page = chosen
    assert "al verstuurd" in somebody.post("/desk/many", **fields)
    with database.read() as session:
        sent = session.exec(select(Message.conversation_id).where(Message.author != None)).all()  # noqa: E711
    assert sorted(each for each in sent if each in everybody and each != held) == sorted([one, two])
    assert talk(database, two).status == "waiting" and talk(database, two).waiting_since is None


def test_a_family_of_another_desk_gets_nothing(
    somebody: Browser, database: Database, here: Installation, keys: Keys
) -> None:
    id_ = text_us(database, here, PHONE, *FRENCH)
    database.write(
        lambda session: desks.add(
            session, keys, clock.system_now(), "aalst", "Aalst", "+3290000002", [], desks.Choices()
        )
    ).result()
    stranger = colleague(somebody, database, "jo", slug="aalst")
    stranger.page = stranger.client.get("/desk/many", params={"family": [id_]})
    assert "Er is geen gezin aangevinkt" in stranger.text
    stranger.page = stranger.client.get("/desk")
    said = stranger.post("/desk/many", families=id_, phrase="phrase.not_yet", once="x")
    assert "Verstuurd naar 0 gezinnen" in said
    assert talk(database, id_).waiting_since is not None


def _desk(database: Database) -> Desk:
    with database.read() as session:
        return session.exec(select(Desk)).one()


def test_who_speaks_a_language_sees_and_takes_only_its_families_until_signing_out(
    somebody: Browser, database: Database, here: Installation
) -> None:
    ids = [text_us(database, here, f"+3247000005{place}", "merhaba", "4") for place in range(2)]
    somebody.sign_in()
    assert "Alleen gezinnen die" not in somebody.get("/desk") and "(6) Wachtrij" in somebody.text
    assert "Alleen gezinnen die Turks spreken." in somebody.get("/desk?show=calls&language=tr")
    assert "Te bellen 2" in somebody.text and "Engels" not in somebody.text.split("Neem het volgende gezin")[1]
    assert "(2) Wachtrij" in somebody.get("/desk")  # it stays
    for place in range(2):
        somebody.post("/desk/next")
        assert somebody.page.url.path.removeprefix("/desk/conversations/") in ids, place
    assert "Er wacht nu niemand die deze taal spreekt." in somebody.post("/desk/next")
    assert somebody.get("/desk?language=") and "(6) Wachtrij" in somebody.text  # of all languages again
    somebody.post("/desk/next")
    assert "merhaba" not in somebody.text and 'form="next"' in somebody.page.text  # and on from there
    somebody.get("/desk?language=tr")
    somebody.post("/desk/sign-out")
    somebody.sign_in()
    assert "(6) Wachtrij" in somebody.get("/desk") and "Alleen gezinnen die" not in somebody.text
    assert "(6) Wachtrij" in somebody.get("/desk?language=klingon")
