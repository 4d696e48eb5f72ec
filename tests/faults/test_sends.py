"""Many messages to a provider that fails in nine ways: none vanishes, none goes out of order (P5, P6)."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
from sqlmodel import select, update

from channels import base
from channels.telegram_sender import TelegramSender
from channels.twilio_client import TwilioClient
from channels.twilio_sender import TwilioSender
from intake.installation import Installation
from intake.worker import send_due
from storage import conversations, turns
from storage.database import Database
from storage.keys import Keys
from storage.models import Conversation, Message
from tests.faults.provider import FAULTS, TIMEOUT, Provider
from tests.faults.table import Tell, size
from tests.intake.test_conversations import NOW, here, text_us

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
__all__ = ["here"]  # the fixture
SENDS = size("SENDS", 400)
TEXTS = ("dag", "1", "wat", "wat", "02-2026", "wat", "9000", "status", "1", "1")  # "wat": the same answer again


@pytest.fixture
def provider() -> Iterator[Callable[[float, float], Provider]]:
    with ExitStack() as stack:
        yield lambda often, look_ups_fail: stack.enter_context(Provider(often, look_ups_fail))


def send_everything(
    database: Database, keys: Keys, senders: dict[base.Provider, base.Sender], rounds: int = 200
) -> None:
    async def work() -> None:
        for hours in range(1, rounds):
            tried = await send_due(database, keys, senders, NOW + timedelta(hours=2 * hours))
            if not tried and not left(database):
                break
        for sender in senders.values():
            if isinstance(sender, TelegramSender):
                await sender.close()

    asyncio.run(work())


def left(database: Database) -> int:
    with database.read() as session:
        waiting = select(Message.id).where(
            Message.direction == "out", Message.status.in_(("queued", "unknown", "sending"))
        )  # type: ignore[attr-defined]
        return len(session.exec(waiting).all())


def written(database: Database, keys: Keys) -> list[tuple[str, str, Message]]:
    """Everything that was to go out, in order: to, words, row."""
    with database.read() as session:
        found, threads = [], {}
        for row in session.exec(select(Message).where(Message.direction == "out").order_by(Message.id)):  # type: ignore[arg-type]
            if row.conversation_id not in threads:
                thread = turns.of_conversation(session, keys, row.conversation_id, None)
                assert thread is not None
                threads[row.conversation_id] = thread.key, turns.address_of(session, keys, thread.contact_id)
            key, address = threads[row.conversation_id]
            found.append((address, keys.open(key, "message", "body", row.id, row.body or b""), row))
        return found


def test_messages_survive_nine_kinds_of_fault(
    database: Database, keys: Keys, here: Installation, provider: Callable[[float, float], Provider], tell: Tell
) -> None:
    for number in range(SENDS // len(TEXTS)):
        text_us(database, here, *TEXTS, sender=f"+32470{number:06d}")
    server = provider(0.3, 0.1)
    client = TwilioClient("AC" + "0" * 32, "token", server.origin, TIMEOUT)
    send_everything(database, keys, {base.Provider.TWILIO: TwilioSender(client, "https://loket.example/twilio/status")})
    rows = written(database, keys)
    sids = [sid for *_, sid in server.taken]
    ended = [row.provider_id for *_, row in rows if row.status == "sent" or (row.status == "failed" and row.error)]
    doubled = len(sids) - len(set(sids) & set(ended))
    tell("sends to a provider that fails in nine ways", len(rows), len(rows) - len(ended), doubled, "SENDS")
    assert len(rows) >= SENDS and set(server.faults) == {"", *FAULTS}
    check(rows, server)
    assert sorted(row.provider_id for *_, row in rows if row.status == "sent") == sorted(sids)  # each once: no doubles


def test_telegram_cannot_be_asked_so_a_lost_answer_may_arrive_twice_and_is_never_lost(
    database: Database, keys: Keys, here: Installation, provider: Callable[[float, float], Provider]
) -> None:
    for number in range(SENDS // 5 // len(TEXTS)):
        text_us(database, here, *TEXTS, sender=f"+32470{number:06d}")
    in_telegram(database, keys)
    server = provider(0.3, 0)
    sender = TelegramSender("1:token", server.origin, TIMEOUT)
    send_everything(database, keys, {base.Provider.TELEGRAM: sender})
    rows = written(database, keys)
    check(rows, server)
    sent = sum(row.status == "sent" for *_, row in rows)
    assert len(server.taken) > sent
    for to, words in {(to, words) for to, words, _ in server.taken}:
        wanted = sum(each[:2] == (to, words) and each[2].status == "sent" for each in rows)
        came = sum(each[:2] == (to, words) for each in server.taken)
        assert came == wanted or (to, words) in server.lost_answers


def in_telegram(database: Database, keys: Keys) -> None:
    """The same messages, to accounts of Telegram."""

    def work(session: object) -> None:
        from storage.models import Contact

        for contact in session.exec(select(Contact)):  # type: ignore[attr-defined]
            number = turns.address_of(session, keys, contact.id)  # type: ignore[arg-type]
            contact.address = keys.seal(keys.installation, "contact", "address", contact.id, number.lstrip("+"))
        session.exec(update(Message).values(provider="telegram", channel="telegram"))  # type: ignore[attr-defined]
        session.exec(update(Conversation).values(provider="telegram", channel="telegram"))  # type: ignore[attr-defined]

    database.write(work).result()


def check(rows: list[tuple[str, str, Message]], server: Provider) -> None:
    """Each message ended as sent or as failed with a reason; what was sent is there, in the family's order."""
    assert {row.status for *_, row in rows} == {"sent", "failed"}
    assert all(row.error for *_, row in rows if row.status == "failed")
    taken = {(to, words) for to, words, _ in server.taken}
    assert all((to, words) in taken for to, words, row in rows if row.status == "sent")
    for family in {to for to, *_ in rows}:
        came = [words for to, words, _ in server.taken if to == family]
        place = 0
        for to, words, row in rows:
            if to == family and row.status == "sent":
                place = came.index(words, place) + 1  # after the one before it


def test_a_damaged_row_holds_up_nobody_and_the_desk_sees_it(
    database: Database, keys: Keys, here: Installation, provider: Callable[[float, float], Provider]
) -> None:
    ids = [text_us(database, here, "dag", "1", sender=f"+32470{number:06d}") for number in range(3)]
    with database.read() as session:
        first = session.exec(select(Message.id).where(Message.direction == "out").order_by(Message.id)).first()  # type: ignore[arg-type]
    database.write(
        lambda s: s.connection().execute(update(Message).where(Message.id == first).values(body=b"x"))
    ).result()  # type: ignore[arg-type]
    server = provider(0, 0)
    client = TwilioClient("AC" + "0" * 32, "token", server.origin, TIMEOUT)
    send_everything(
        database, keys, {base.Provider.TWILIO: TwilioSender(client, "https://loket.example/twilio/status")}, 5
    )
    assert len(server.taken) == 5
    with database.read() as session:
        row = session.get_one(Message, first)
        assert (row.status, row.error) == ("failed", "unreadable")
        desk_ids = frozenset({session.get_one(Conversation, ids[0]).desk_id})
        view = conversations.view(session, keys, desk_ids, ids[0])
        assert view is not None and "" in [entry.body for entry in view.entries if entry.direction == "out"]
