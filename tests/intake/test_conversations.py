"""From a signed message to a registration in the queue, through everything that is real, on both databases."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from sqlmodel import select

from channels import twilio
from channels.base import Inbound
from intake import installation, worker
from intake.conversations import receive
from intake.installation import Installation
from storage import budgets, conversations, desks, registrations, turns
from storage.budgets import Limits
from storage.database import Database, Session
from storage.keys import Keys
from storage.models import Budget, Conversation, Fact, Message, Quarantine, Registration, Seen

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OURS = "+3290000001"
_ids = count(1)


@pytest.fixture
def here(database: Database, keys: Keys) -> Installation:
    def work(session: Session) -> None:
        desks.add(session, keys, NOW, "gent", "Gent", OURS, ["9000"], desks.Choices(languages=("nl", "fr", "en")))

    database.write(work).result()
    return installation.load(keys, "https://loket.example")


def message(text: str, at: datetime = NOW, sender: str = "+32470000001", to: str = OURS) -> Inbound:
    form = [("MessageSid", f"SM{next(_ids):032x}"), ("From", sender), ("To", to), ("Body", text), ("NumMedia", "0")]
    return twilio.parse(form, at)


def text_us(
    database: Database, here: Installation, *texts: str, sender: str = "+32470000001", at: datetime = NOW
) -> str:
    """Send these, one after another; returns the conversation of the last."""
    found = ""
    for minutes, text in enumerate(texts):
        inbound = message(text, at + timedelta(minutes=minutes), sender)
        found = database.write(lambda session, inbound=inbound: receive(session, here, inbound)).result() or found
    return found


def sent(database: Database, keys: Keys, conversation_id: str) -> list[tuple[str, str]]:
    with database.read() as session:
        thread = turns.of_conversation(session, keys, conversation_id, None)
        assert thread is not None
        rows = session.exec(
            select(Message)
            .where(Message.conversation_id == conversation_id, Message.direction == "out")
            .order_by(Message.id)
        ).all()
        return [(row.status, keys.open(thread.key, "message", "body", row.id, row.body or b"")) for row in rows]


ALL = ("dag", "1", "02-2026", "gent", "1", "1", "1", "3", "1", "3", "Noor", "3", "1", "2")


def test_a_family_texts_and_the_desk_has_its_request(database: Database, here: Installation, keys: Keys) -> None:
    id_ = text_us(database, here, *ALL)
    with database.read() as session:
        (kept,) = registrations.of_conversation(session, keys, id_)
        conversation = session.get_one(Conversation, id_)
        assert (kept.row.state, kept.flag("urgent"), kept.flag("extended")) == ("complete", True, True)
        assert json.loads(kept.answers)["parent_name"] == "text:Noor"
        assert (conversation.status, conversation.waiting_why, conversation.need) == ("waiting", "new_request", 3)
        assert session.exec(select(Fact)).first() is not None
    bodies = sent(database, keys, id_)
    assert {status for status, _ in bodies} == {"queued"}
    reference = kept.row.reference
    assert f"{reference[:4]} {reference[4:]}" in bodies[-1][1]


def test_five_answers_are_enough_to_count(database: Database, here: Installation, keys: Keys) -> None:
    id_ = text_us(database, here, *ALL[:5])
    with database.read() as session:
        assert [kept.row.state for kept in registrations.of_conversation(session, keys, id_)] == ["draft"]


def test_a_message_that_comes_twice_counts_once(database: Database, here: Installation, keys: Keys) -> None:
    inbound = message("dag")
    assert database.write(lambda session: receive(session, here, inbound)).result()
    assert database.write(lambda session: receive(session, here, inbound)).result() is None


def test_after_stop_nothing_goes_out_until_the_family_writes_again(
    database: Database, here: Installation, keys: Keys
) -> None:
    id_ = text_us(database, here, "dag", "1")
    before = len(sent(database, keys, id_))
    text_us(database, here, "stop", at=NOW + timedelta(hours=1))
    assert len(sent(database, keys, id_)) == before
    text_us(database, here, "02-2026", at=NOW + timedelta(hours=2))
    assert len(sent(database, keys, id_)) == before + 1


@pytest.mark.parametrize("sender", ["8850", "+15550000001"])
def test_who_may_not_be_answered_is_kept_all_the_same(
    database: Database, here: Installation, keys: Keys, sender: str
) -> None:
    id_ = text_us(database, here, "dag", sender=sender)
    assert {status for status, _ in sent(database, keys, id_)} == {"failed"}


def test_another_family_on_the_same_phone_has_a_conversation_of_its_own(
    database: Database, here: Installation, keys: Keys
) -> None:
    text_us(database, here, *ALL)
    text_us(database, here, "ik zoek opvang voor mijn kind", "3", "1", "05-2025", at=NOW + timedelta(hours=1))
    with database.read() as session:
        found = session.exec(select(Conversation).order_by(Conversation.id)).all()
        assert [each.status for each in found] == ["closed", "with_bot"]
        assert found[0].family_id != found[1].family_id


def test_a_number_of_no_desk_is_put_aside(database: Database, here: Installation) -> None:
    inbound = replace(message("dag"), recipient="+3290000009")
    assert database.write(lambda session: receive(session, here, inbound)).result() is None
    with database.read() as session:
        assert len(session.exec(select(Quarantine)).all()) == 1


def test_nothing_a_family_said_stands_in_clear(database: Database, here: Installation) -> None:
    planted = ("dag", "1", "02-2026", "gent", "1", "1", "3", "0470999888", "3", "1", "3", "Xanthippe")
    text_us(database, here, *planted)
    with database.read() as session:
        for model in (Message, Conversation, Registration):
            for row in session.exec(select(model)).all():
                text = repr(row.model_dump())
                assert not [each for each in ("Xanthippe", "999888", "32470000001") if each in text]


def test_what_a_family_waits_for_is_not_replaced_by_its_next_message(
    database: Database, here: Installation, keys: Keys
) -> None:
    id_ = text_us(database, here, *ALL)
    text_us(database, here, "dank u wel", at=NOW + timedelta(hours=1))
    with database.read() as session:
        assert session.get_one(Conversation, id_).waiting_why == "new_request"


def test_a_message_to_no_desk_keeps_its_text(database: Database, here: Installation, keys: Keys) -> None:
    inbound = replace(message("opvang gezocht"), recipient="+3290000009")
    database.write(lambda session: receive(session, here, inbound)).result()
    with database.read() as session:
        row = session.exec(select(Quarantine)).one()
        kept = keys.open(keys.installation, "quarantine", "body", row.id, row.body)
    assert json.loads(kept)["text"] == "opvang gezocht"


def test_a_translation_does_not_stand_alone_at_the_opening(database: Database, here: Installation, keys: Keys) -> None:
    bodies = [text for _, text in sent(database, keys, text_us(database, here, "bonjour", "1"))]
    french, dutch, second = bodies[0], bodies[1], bodies[2:]
    assert french.startswith("Bonjour") and "Andere taal?" not in french
    assert dutch.startswith("Dag!") and "Andere taal?" in dutch
    assert any("U kreeg hiervan een vertaling. Alle teksten: loket.example/texts/gent" in text for text in bodies)
    assert not any("Wanneer is uw kind" in text for text in second)


@pytest.mark.parametrize(("choice", "dutch"), [("off", 0), ("always", 2)])
def test_a_desk_chooses_how_often_the_dutch_stands_beside(
    database: Database, here: Installation, keys: Keys, choice: str, dutch: int
) -> None:
    def work(session: Session) -> None:
        desk = desks.by_slug(session, "gent")
        assert desk
        chosen = desks.choices(desk)
        desks.choose(session, desk, chosen.model_copy(update={"dutch_alongside": choice}))

    database.write(work).result()
    bodies = [text for _, text in sent(database, keys, text_us(database, here, "bonjour", "1"))]
    assert sum("Wat kunnen we doen?" in text or "Wanneer is uw kind" in text for text in bodies) == dutch


def test_after_the_menu_the_first_message_in_a_language_has_its_dutch(
    database: Database, here: Installation, keys: Keys
) -> None:
    bodies = [text for _, text in sent(database, keys, text_us(database, here, "xyz", "2"))]
    assert bodies[0].startswith("Kies uw taal.") and "Wat kunnen we doen?" in bodies[-2] + bodies[-1]


def test_a_request_for_another_desks_town_goes_there_with_all_that_was_said(
    database: Database, here: Installation, keys: Keys
) -> None:
    def work(session: Session) -> str:
        return desks.add(session, keys, NOW, "aalst", "Aalst", "+3290000002", ["9300"], desks.Choices()).id

    there = database.write(work).result()
    id_ = text_us(database, here, "dag", "1", "02-2026", "9300", "1")
    with database.read() as session:
        assert session.get_one(Conversation, id_).desk_id == there
        rows = session.exec(select(Message).where(Message.conversation_id == id_)).all()
        assert {row.desk_id for row in rows} == {there} and "moved" in {row.question for row in rows}
        (kept,) = registrations.of_conversation(session, keys, id_)
        assert (kept.row.desk_id, kept.row.state, kept.flag("care_need")) == (there, "draft", None)


def test_a_town_of_no_desk_stays_where_it_was_asked(database: Database, here: Installation, keys: Keys) -> None:
    id_ = text_us(database, here, "dag", "1", "02-2026", "8000", "1")
    with database.read() as session:
        (kept,) = registrations.of_conversation(session, keys, id_)
        assert kept.row.desk_id == session.get_one(Conversation, id_).desk_id
        assert desks.by_slug(session, "gent").id == kept.row.desk_id  # type: ignore[union-attr]


def look_after(database: Database, here: Installation, now: datetime) -> None:
    asyncio.run(worker.look_after(database, here, now, 30))


def test_a_family_that_was_answered_waits_again_when_the_promised_day_comes(
    database: Database, here: Installation, keys: Keys
) -> None:
    id_ = text_us(database, here, *ALL)
    database.write(lambda session: conversations.set_waiting(session, id_, None, "")).result()
    look_after(database, here, NOW + timedelta(days=13))
    with database.read() as session:
        assert session.get_one(Conversation, id_).waiting_since is None
    look_after(database, here, NOW + timedelta(days=15))
    with database.read() as session:
        assert session.get_one(Conversation, id_).waiting_why == "promised"


def test_a_promise_is_over_once_the_conversation_went_on(database: Database, here: Installation, keys: Keys) -> None:
    id_ = text_us(database, here, *ALL)
    text_us(database, here, "bedankt", at=NOW + timedelta(days=1))
    database.write(lambda session: conversations.set_waiting(session, id_, None, "")).result()
    look_after(database, here, NOW + timedelta(days=20))
    with database.read() as session:
        assert session.get_one(Conversation, id_).waiting_since is None


def test_a_silent_month_closes_the_conversation_and_keeps_the_request(
    database: Database, here: Installation, keys: Keys
) -> None:
    id_ = text_us(database, here, *ALL[:5])
    look_after(database, here, NOW + timedelta(days=29))
    with database.read() as session:
        assert session.get_one(Conversation, id_).status == "with_bot"
    look_after(database, here, NOW + timedelta(days=31))
    look_after(database, here, NOW + timedelta(days=31))
    with database.read() as session:
        row = session.get_one(Conversation, id_)
        assert (row.status, row.closed_at) == ("closed", NOW + timedelta(days=31))
        assert [kept.row.state for kept in registrations.of_conversation(session, keys, id_)] == ["draft"]
        events = session.exec(select(Message).where(Message.direction == "event")).all()
        assert [row.question for row in events] == ["expired"]


def test_what_no_provider_sends_again_is_forgotten(database: Database, here: Installation, keys: Keys) -> None:
    text_us(database, here, "dag")
    look_after(database, here, NOW + timedelta(days=15))
    with database.read() as session:
        assert session.exec(select(Seen)).all() == []


def reminders(database: Database, keys: Keys, id_: str) -> list[str]:
    return [body for _, body in sent(database, keys, id_) if body.startswith("U was nog niet klaar")]


def test_who_stopped_in_the_middle_is_reminded_twice_and_by_day(
    database: Database, here: Installation, keys: Keys
) -> None:
    id_ = text_us(database, here, *ALL[:7])  # "1": yes, call and text
    for hours, expected in ((23, 0), (36, 0), (48, 1), (49, 1), (72, 1), (95, 1), (120, 2), (240, 2)):
        look_after(database, here, NOW + timedelta(hours=hours))  # 36 hours later it is night
        assert len(reminders(database, keys, id_)) == expected, hours


@pytest.mark.parametrize("answers", [ALL[:6], (*ALL[:6], "2"), (*ALL[:6], "4")], ids=["unasked", "calls", "nothing"])
def test_who_did_not_say_that_we_may_write_is_not_reminded(
    answers: tuple[str, ...], database: Database, here: Installation, keys: Keys
) -> None:
    id_ = text_us(database, here, *answers)
    look_after(database, here, NOW + timedelta(days=5))
    assert reminders(database, keys, id_) == []


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [("1", "with_bot", "Wanneer kunnen we u bellen?"), ("2", "waiting", "In orde. Uw vraag blijft."),
     ("goeiedag", "with_bot", "Welkom terug.")],
)  # fmt: skip
def test_a_reminder_is_answered_with_one_sign(
    answer: str, status: str, said: str, database: Database, here: Installation, keys: Keys
) -> None:
    id_ = text_us(database, here, *ALL[:7])
    look_after(database, here, NOW + timedelta(days=1, hours=1))
    text_us(database, here, answer, at=NOW + timedelta(days=2))
    with database.read() as session:
        assert session.get_one(Conversation, id_).status == status
    assert sent(database, keys, id_)[-1][1].startswith(said)


def test_two_machines_that_answer_each_other_come_to_an_end(database: Database, here: Installation, keys: Keys) -> None:
    here.limits = Limits(number=5, block=1000)
    id_ = text_us(database, here, *["help"] * 5)
    answered = len(sent(database, keys, id_))
    text_us(database, here, *["help"] * 4, at=NOW + timedelta(hours=1))
    rows = sent(database, keys, id_)
    assert {status for status, _ in rows[:answered]} == {"queued"} and {status for status, _ in rows[answered:]} == {
        "failed"
    }
    with database.read() as session:
        conversation = session.get_one(Conversation, id_)
        assert conversation.waiting_why == "spent" and conversation.waiting_since is not None
    before = len(rows)
    text_us(database, here, "help", at=NOW + timedelta(days=1))
    assert [status for status, _ in sent(database, keys, id_)[before:]] == ["queued"]


def test_a_block_of_numbers_has_a_budget_too(database: Database, here: Installation, keys: Keys) -> None:
    here.limits = Limits(number=100, block=3)
    ids = [text_us(database, here, "dag", sender=f"+32470000{number:03d}") for number in range(5)]
    assert [sent(database, keys, id_)[0][0] for id_ in ids] == ["queued"] * 3 + ["failed"] * 2
    other = text_us(database, here, "dag", sender="+32470001001")
    assert sent(database, keys, other)[0][0] == "queued"
    database.write(lambda session: budgets.prune(session, NOW.date() + timedelta(days=1))).result()
    with database.read() as session:
        assert session.exec(select(Budget)).all() == []
