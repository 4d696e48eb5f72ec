"""A family goes on from another phone or app: by a code, agreed to on both sides, and undone at the desk."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from sqlmodel import select

from channels import telegram, twilio
from intake import desk, installation
from intake.conversations import receive
from intake.desk import Act, DeskError
from intake.installation import Installation
from storage import addresses, desks, registrations, staff, turns
from storage.database import Database, Session
from storage.keys import Keys
from storage.models import Conversation, JoinCode, Message
from storage.staff import Person

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SMS, WHATSAPP = "+3290000001", "+3290000002"
_ids = count(1)


class Families:
    """People who write to us, each from a phone or an account of Telegram, and read what comes back."""

    def __init__(self, database: Database, here: Installation) -> None:
        self.database, self.here, self.now = database, here, NOW

    def text(self, text: str, sender: str = "+32470000001", *, whatsapp: bool = False) -> str | None:
        prefix, ours = ("whatsapp:", WHATSAPP) if whatsapp else ("", SMS)
        form = [("MessageSid", f"SM{next(_ids):032x}"), ("From", prefix + sender), ("To", prefix + ours),
                ("Body", text), ("NumMedia", "0")]  # fmt: skip
        self.now += timedelta(seconds=1)
        inbound = twilio.parse(form, self.now)
        return self.database.write(lambda session: receive(session, self.here, inbound)).result()

    def chat(self, text: str, account: int = 7001) -> str | None:
        self.now += timedelta(seconds=1)
        told = telegram.parse(telegram_message(next(_ids), account, text), self.now)
        assert told.inbound is not None
        inbound = told.inbound
        return self.database.write(lambda session: receive(session, self.here, inbound)).result()

    def reads(self, address: str) -> list[str]:
        """Everything that went to this address, in order."""
        keys = self.here.keys
        with self.database.read() as session:
            rows = session.exec(select(Message).where(Message.direction == "out").order_by(Message.id)).all()
            found = []
            for row in rows:
                thread = turns.of_conversation(session, keys, row.conversation_id, None)
                assert thread is not None
                if turns.address_of(session, keys, row.contact_id or thread.contact_id) == address:
                    found.append(keys.open(thread.key, "message", "body", row.id, row.body or b""))
            return found

    def code(self, address: str = "+32470000001") -> str:
        found = re.findall(r"Uw code: (\w{6})\.", "\n".join(self.reads(address)))
        return str(found[-1])


def telegram_message(id_: int, account: int, text: str) -> bytes:
    return json.dumps(
        {
            "update_id": id_,
            "message": {
                "message_id": id_, "date": 1_772_442_000, "text": text, "chat": {"id": account, "type": "private"},
                "from": {"id": account, "is_bot": False, "first_name": "N"},
            },
        }
    ).encode()  # fmt: skip


@pytest.fixture
def families(database: Database, keys: Keys) -> Families:
    def work(session: Session) -> None:
        chosen = desks.Choices(languages=("nl", "fr"), dutch_alongside="off")
        desks.add(session, keys, NOW, "gent", "Gent", SMS, ["9000"], chosen, {"whatsapp": WHATSAPP})

    database.write(work).result()
    return Families(database, installation.load(keys, "https://loket.example", telegram_name="loket_gent_bot"))


def begin(families: Families) -> str:
    """A request that is half done, and a code to go on with."""
    for text in ("dag", "1", "02-2026"):
        families.text(text)
    families.text("code")
    return families.code()


def test_a_request_begun_by_text_goes_on_in_telegram(database: Database, families: Families) -> None:
    code = begin(families)
    assert f"https://t.me/loket_gent_bot?start={code}" in families.reads("+32470000001")[-2]
    assert "In welke gemeente" in families.reads("+32470000001")[-1]
    families.chat(f"/start {code}")
    assert families.reads("7001") == ["Er kwam net een bericht op uw eerste telefoon of app. Antwoord daar ja."]
    assert "Was u dat?" in families.reads("+32470000001")[-1]
    families.text("1")
    assert families.reads("+32470000001")[-1] == "In orde. U gaat verder op uw andere telefoon of app."
    assert families.reads("7001")[-1].startswith("In orde. U gaat hier verder.\nIn welke gemeente")
    for text in ("9000", "1"):
        families.chat(text)
    with database.read() as session:
        (conversation,) = session.exec(select(Conversation)).all()
        (kept,) = registrations.of_conversation(session, families.here.keys, conversation.id)
        assert (kept.row.state, conversation.channel) == ("draft", "telegram")


def test_a_request_begun_in_telegram_goes_on_by_text(database: Database, families: Families) -> None:
    for text in ("dag", "1", "02-2026", "code"):
        families.chat(text)
    families.text(families.code("7001").lower(), "+32470000002")
    families.chat("ja")
    families.text("9000", "+32470000002")
    with database.read() as session:
        (conversation,) = session.exec(select(Conversation)).all()
        assert (conversation.channel, conversation.asking) == ("sms", "start")
    assert "Vanaf wanneer" in families.reads("+32470000002")[-1]


def test_who_only_said_hello_there_may_still_join(database: Database, families: Families) -> None:
    code = begin(families)
    families.chat("dag")
    families.chat(code)
    families.text("1")
    families.chat("9000")
    with database.read() as session:
        found = session.exec(select(Conversation).order_by(Conversation.id)).all()
        assert [(each.channel, each.status) for each in found] == [("telegram", "with_bot"), ("telegram", "closed")]
    assert "Vanaf wanneer" in families.reads("7001")[-1]


def test_a_no_leaves_everything_as_it_was(database: Database, families: Families) -> None:
    code = begin(families)
    families.chat(code)
    families.text("2")
    assert families.reads("+32470000001")[-1].startswith("In orde. Alles blijft zoals het was.\nIn welke gemeente")
    assert families.reads("7001")[-1] == "Met deze code lukt het niet. Stuur 0 voor een mens."
    families.chat("dag")
    with database.read() as session:
        assert len(session.exec(select(Conversation)).all()) == 2
        assert session.exec(select(JoinCode)).all() == []


def test_two_requests_are_never_made_one(database: Database, families: Families) -> None:
    code = begin(families)
    for text in ("dag", "1", "05-2025", "0470000002", "9000", "1"):
        families.chat(text)
    families.chat(code)
    assert families.reads("7001")[-1] == "Met deze code lukt het niet. Stuur 0 voor een mens."
    assert not any("Was u dat?" in each for each in families.reads("+32470000001"))
    with database.read() as session:
        assert len({each.family_id for each in session.exec(select(Conversation)).all()}) == 2


def test_a_code_serves_one_address(families: Families) -> None:
    code = begin(families)
    families.chat(code)
    families.chat(code, account=7002)
    assert families.reads("7002") == ["Met deze code lukt het niet. Stuur 0 voor een mens."]
    families.chat(code)
    assert sum("Was u dat?" in each for each in families.reads("+32470000001")) == 1


def test_an_old_code_and_a_wrong_one_are_words_like_others(families: Families) -> None:
    code = begin(families)
    families.now += timedelta(hours=1)
    families.chat(code)
    families.chat("AAAA22", account=7002)
    assert families.reads("7001") == families.reads("7002")
    assert families.reads("7001")[0].startswith("Kies uw taal.")


def test_a_number_that_we_may_not_answer_learns_nothing(families: Families) -> None:
    code = begin(families)
    families.text(code, "+15550000001")
    assert not any("Was u dat?" in each for each in families.reads("+32470000001"))


def test_a_code_sent_from_where_it_was_given_changes_nothing(families: Families) -> None:
    code = begin(families)
    families.text(code)
    assert "Was u dat?" not in families.reads("+32470000001")[-1]


def person(database: Database) -> Person:
    def work(session: Session) -> Person:
        gent = desks.by_slug(session, "gent")
        assert gent is not None
        staff.add(session, NOW, "els", "worker", [gent.id])
        found = staff.find(session, "els")
        assert found is not None
        return Person(found.id, "els", "worker", frozenset({gent.id}))

    return database.write(work).result()


def test_the_desk_takes_an_address_off_again(database: Database, families: Families) -> None:
    code, keys = begin(families), families.here.keys
    id_ = families.text("9000")
    assert id_
    families.chat(code)
    families.text("1")
    worker = person(database)

    def act(do: Callable[[Act], None]) -> None:
        database.write(lambda session: desk.act(session, families.here, worker, id_, families.now, do)).result()

    act(Act.claim)
    with database.read() as session:
        conversation = session.get_one(Conversation, id_)
        joined, first = addresses.of_family(session, keys, conversation.family_id, conversation.contact_id)
    assert (joined.address, joined.is_joined, first.is_joined) == ("7001", True, False)
    with pytest.raises(DeskError):
        act(lambda each: each.part(first.contact_id))
    act(lambda each: each.part(joined.contact_id))
    with database.read() as session:
        conversation = session.get_one(Conversation, id_)
        assert (conversation.contact_id, conversation.channel) == (first.contact_id, "sms")
    act(lambda each: each.reply("Dag, we bekijken uw vraag."))
    assert families.reads("+32470000001")[-1] == "Dag, we bekijken uw vraag."
    families.chat("dag")
    assert "Wat kunnen we doen?" in families.reads("7001")[-1]
