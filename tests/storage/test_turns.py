"""A family's first messages, the outbox and the queue, on both databases."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from sqlmodel import Session, select

from storage import audit, conversations, desks, dispatch, leases, outbox, registrations, staff, turns
from storage.database import Database
from storage.keys import Keys, KeysProblem
from storage.models import Conversation, EarlyStatus, Message

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
NUMBER = "+32470000001"


@pytest.fixture
def desk_id(database: Database, keys: Keys) -> str:
    def work(session: Session) -> str:
        choices = desks.Choices(languages=("nl", "fr"))
        return desks.add(session, keys, NOW, "gent", "Loket Gent", "+3290000001", ["9000", "9030"], choices).id

    return database.write(work).result()


def hear(keys: Keys, desk_id: str, id_: str, text: str) -> Callable[[Session], turns.Thread | None]:
    """What a webhook does, as far as storage goes."""

    def work(session: Session) -> turns.Thread | None:
        if not turns.is_new(session, "twilio", "message", id_, NOW):
            return None
        thread = turns.thread(session, keys, "phone", NUMBER, NOW)
        if not thread.conversation_id:
            thread = turns.open_conversation(
                session, keys, thread, desk_id=desk_id, channel="sms", provider="twilio", our_number="+3290000001",
                language="nl", form="f", state="0", asked_on=date(2026, 3, 2), at=NOW,
            )  # fmt: skip
        turns.add_message(session, keys, thread, direction="in", status="received", at=NOW, body=text)
        return turns.save(session, keys, thread, state=str(int(thread.state) + 1), last_inbound_at=NOW)

    return work


def say(keys: Keys, thread: turns.Thread, *texts: str) -> Callable[[Session], list[str]]:
    def work(session: Session) -> list[str]:
        return [
            turns.add_message(session, keys, thread, direction="out", status="queued", at=NOW, due_at=NOW, body=text)
            for text in texts
        ]

    return work


def test_eight_first_messages_at_once_make_one_conversation(database: Database, keys: Keys, desk_id: str) -> None:
    with ThreadPoolExecutor(8) as senders:
        futures = list(senders.map(lambda n: database.write(hear(keys, desk_id, f"SM{n}", f"text {n}")), range(8)))
    assert all(future.result() for future in futures)
    with database.read() as session:
        (conversation,) = session.exec(select(Conversation)).all()
        assert len(session.exec(select(Message)).all()) == 8
        thread = turns.of_conversation(session, keys, conversation.id, None)
    assert thread is not None and thread.state == "8" and thread.turn == 8


def test_a_conversation_is_locked_while_a_turn_is_taken(database: Database, keys: Keys, desk_id: str) -> None:
    opened = database.write(hear(keys, desk_id, "SM1", "hallo")).result()
    assert opened
    is_held, go_on = threading.Event(), threading.Event()

    def desk(session: Session) -> turns.Thread:
        held = turns.of_conversation(session, keys, opened.conversation_id, None)
        assert held
        is_held.set()
        go_on.wait(timeout=5)
        return turns.save(session, keys, held, state=str(int(held.state) + 1))

    by_desk = database.write(desk)
    assert is_held.wait(timeout=5)
    by_family = database.write(hear(keys, desk_id, "SM2", "nog iets"))  # reads what the desk is about to write
    time.sleep(0.3)
    go_on.set()
    by_desk.result(timeout=5)
    thread = by_family.result(timeout=5)
    assert thread is not None and (thread.state, thread.turn) == ("3", 3)


def test_a_retried_webhook_changes_nothing(database: Database, keys: Keys, desk_id: str) -> None:
    assert database.write(hear(keys, desk_id, "SM1", "hallo")).result()
    assert database.write(hear(keys, desk_id, "SM1", "hallo")).result() is None


def test_a_work_that_fails_leaves_nothing_and_spoils_no_other(database: Database, keys: Keys, desk_id: str) -> None:
    def broken(session: Session) -> None:
        hear(keys, desk_id, "SM1", "hallo")(session)
        raise ZeroDivisionError

    futures = [database.write(broken), database.write(hear(keys, desk_id, "SM2", "dag"))]
    assert isinstance(futures[0].exception(), ZeroDivisionError)
    thread = futures[1].result()
    assert thread is not None and thread.state == "1"


def test_others_hear_that_something_changed(database: Database, keys: Keys, desk_id: str, url: str) -> None:
    other = Database(url)
    deadline = datetime.now(UTC) + timedelta(seconds=10)
    before = other.version()
    while other.version() == before and datetime.now(UTC) < deadline:
        database.write(hear(keys, desk_id, f"SM{datetime.now(UTC).timestamp()}", "hallo")).result()
    assert other.version() != before
    other.close()


def test_messages_of_a_conversation_go_out_in_order_and_once(database: Database, keys: Keys, desk_id: str) -> None:
    thread = database.write(hear(keys, desk_id, "SM1", "hallo")).result()
    assert thread
    first, second = database.write(say(keys, thread, "een", "twee")).result()
    (due,) = database.write(lambda session: dispatch.claim(session, keys, NOW)).result()
    assert (due.id, due.text, due.to, due.was_unknown) == (first, "een", NUMBER, False)
    assert database.write(lambda session: dispatch.claim(session, keys, NOW)).result() == []
    database.write(lambda session: dispatch.sent(session, first, "SM-a")).result()
    (due,) = database.write(lambda session: dispatch.claim(session, keys, NOW)).result()
    assert (due.id, due.text) == (second, "twee")


def test_a_lease_that_ends_makes_a_message_unknown_and_status_only_goes_forward(
    database: Database, keys: Keys, desk_id: str
) -> None:
    thread = database.write(hear(keys, desk_id, "SM1", "hallo")).result()
    assert thread
    (message,) = database.write(say(keys, thread, "een")).result()
    database.write(lambda session: dispatch.claim(session, keys, NOW)).result()
    later = NOW + timedelta(minutes=2)
    (due,) = database.write(lambda session: dispatch.claim(session, keys, later)).result()
    assert due.was_unknown and due.attempts == 2
    database.write(lambda session: dispatch.sent(session, message, "SM-a")).result()
    for status in ("delivered", "sent"):
        database.write(lambda session, s=status: outbox.apply_status(session, "twilio", "SM-a", s, "", NOW)).result()
    with database.read() as session:
        assert session.get_one(Message, message).status == "delivered"


@pytest.mark.parametrize(("early", "ends"), [("delivered", "delivered"), ("failed", "failed"), ("queued", "sent")])
def test_a_status_that_comes_before_we_noted_the_name_is_not_lost(
    database: Database, keys: Keys, desk_id: str, early: str, ends: str
) -> None:
    thread = database.write(hear(keys, desk_id, "SM1", "hallo")).result()
    assert thread
    (message,) = database.write(say(keys, thread, "een")).result()
    database.write(lambda session: dispatch.claim(session, keys, NOW)).result()
    for status in (early, "sent"):
        assert (
            database.write(lambda s, st=status: outbox.apply_status(s, "twilio", "SM-a", st, "", NOW)).result() is None
        )
    database.write(lambda session: dispatch.sent(session, message, "SM-a")).result()
    database.write(lambda session: outbox.apply_status(session, "twilio", "SM-nobody", "read", "", NOW)).result()
    database.write(lambda session: outbox.settle_early(session, NOW + timedelta(hours=1))).result()
    with database.read() as session:
        assert session.get_one(Message, message).status == ends
        assert [each.provider_id for each in session.exec(select(EarlyStatus))] == ["SM-nobody"]
    database.write(lambda session: outbox.settle_early(session, NOW + timedelta(days=2))).result()
    with database.read() as session:
        assert session.exec(select(EarlyStatus)).all() == []


def test_a_request_keeps_its_reference_and_only_goes_forward(database: Database, keys: Keys, desk_id: str) -> None:
    thread = database.write(hear(keys, desk_id, "SM1", "hallo")).result()
    assert thread
    numbers = count()

    def content(state: str) -> registrations.Content:
        flags = {"urgent": True, "extended": None, "priority": None, "vulnerable": False, "care_need": True}
        return registrations.Content(state, '{"birth": "2026-02"}', "{}", {"urgent": "r"}, "h", flags, date(2026, 3, 2))

    def keep(state: str) -> Callable[[Session], str]:
        return lambda session: registrations.store(
            session, keys, thread, 1, content(state), registrations.kept(session, thread.conversation_id).get(1),
            desks.front(session, desk_id).key, lambda: registrations.new_reference(lambda _: next(numbers)), NOW,
        )  # fmt: skip

    references = [database.write(keep(state)).result() for state in ("draft", "complete", "draft")]
    assert len(set(references)) == 1 and registrations.is_reference(references[0])
    with database.read() as session:
        (kept,) = registrations.of_conversation(session, keys, thread.conversation_id)
        assert kept.row.state == "complete" and kept.flag("care_need") is True and kept.flag("extended") is None
        assert kept.row.care_need and b"true" not in kept.row.care_need
    database.write(
        lambda session: registrations.override(session, keys, session.merge(kept.row), "care_need", False, NOW)
    ).result()
    with database.read() as session:
        (kept,) = registrations.of_conversation(session, keys, thread.conversation_id)
        assert kept.flag("care_need") is False and kept.derived["care_need"] is True


def test_two_colleagues_never_hold_one_conversation(database: Database, keys: Keys, desk_id: str) -> None:
    thread = database.write(hear(keys, desk_id, "SM1", "hallo")).result()
    assert thread

    def accounts(session: Session) -> list[str]:
        return [
            staff.invited(session, staff.add(session, NOW, name, "worker", [desk_id]), NOW).id for name in ("an", "bo")
        ]  # type: ignore[union-attr]

    an, bo = database.write(accounts).result()
    take = lambda who, at: database.write(lambda session: conversations.claim(session, thread.conversation_id, who, at))  # noqa: E731
    assert take(an, NOW).result() and not take(bo, NOW).result() and take(an, NOW).result()
    assert take(bo, NOW + leases.CLAIM + timedelta(seconds=1)).result()


def test_an_audit_line_that_was_changed_shows(database: Database, desk_id: str) -> None:
    for what in ("claimed", "replied", "closed"):
        database.write(lambda session, w=what: audit.add(session, NOW, desk_id, "", w, "x")).result()
    with database.read() as session:
        assert audit.verify(session) is None
    database.write(
        lambda session: session.connection().exec_driver_sql("update audit set what='nothing' where id=2")
    ).result()
    with database.read() as session:
        assert audit.verify(session) == 2


def test_overlapping_desks_are_refused(database: Database, keys: Keys, desk_id: str) -> None:
    def add(number: str, postcode: str) -> Callable[[Session], object]:
        return lambda session: desks.add(session, keys, NOW, "aalst", "Aalst", number, [postcode], desks.Choices())

    for number, postcode in (("+3290000001", "9300"), ("+3290000002", "9030")):
        with pytest.raises(desks.DeskProblem, match="gent"):
            database.write(add(number, postcode)).result()
    database.write(add("+3290000002", "9300")).result()


def test_what_is_sealed_opens_only_at_its_place(keys: Keys) -> None:
    key = keys.new_key()
    sealed = keys.seal(key, "message", "body", "1", "hallo")
    assert keys.open(key, "message", "body", "1", sealed) == "hallo"
    for place in (("message", "body", "2"), ("message", "prompts", "1")):
        with pytest.raises(KeysProblem):
            keys.open(key, *place, sealed)
