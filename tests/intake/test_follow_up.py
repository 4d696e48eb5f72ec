"""Around the wanted start a family is asked whether it found childcare, through the real worker, on both databases."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from flows import state as states
from flows.engine import step
from flows.events import Called, Channel
from intake import follow_up, forgetting, worker
from intake.desk import Act, act
from intake.installation import Installation
from storage import audit, desks, erasure, registrations, staff, turns
from storage.database import Database, Session
from storage.follow_ups import CALL, NOBODY, WRITTEN
from storage.keys import Keys
from storage.models import CallBack, Conversation, FollowUp, Message, Outcome, Registration, Timer
from storage.staff import Person
from tests.intake.test_conversations import ALL, NOW, here, sent, text_us

__all__ = ["here"]  # the fixture
ASKED = "Hebt u opvang gevonden?"
OTHER = ("dag", "1", "02-2026", "gent", "1", "1", "3", "0470000077", "3", "1", "3", "Noor", "3", "1", "2")
ONLY_CALL = ("dag", "1", "02-2026", "gent", "1", "1", "2", "3", "1", "3", "Noor", "3", "1", "2")
NO_CONTACT = ("dag", "1", "02-2026", "gent", "1", "1", "4", "1", "3", "Noor", "3", "1", "2")
FIRST = NOW + timedelta(weeks=4)  # "as soon as possible": four weeks after the day of asking


@pytest.fixture
def person(database: Database, here: Installation) -> Person:
    """A colleague at a desk that asks."""

    def work(session: Session) -> Person:
        desk = desks.by_slug(session, "gent")
        assert desk is not None
        desks.choose(session, desk, desks.choices(desk).model_copy(update={"follow_up": True}))
        staff.add(session, NOW, "an", "worker", [desk.id])
        session.flush()
        found = staff.find(session, "an")
        assert found is not None
        return Person(found.id, "an", "worker", frozenset({desk.id}))

    return database.write(work).result()


def look(database: Database, here: Installation, at: datetime) -> None:
    asyncio.run(worker.look_after(database, here, at, 30))


def handled(database: Database, here: Installation, person: Person, id_: str, at: datetime = NOW) -> str:
    """A colleague took it and closed it."""

    def work(session: Session) -> None:
        for do in (Act.claim, Act.close):
            act(session, here, person, id_, at + timedelta(hours=1), do)

    database.write(work).result()
    return id_


def asked(database: Database, keys: Keys, id_: str) -> int:
    return sum(ASKED in body for _, body in sent(database, keys, id_))


def outcomes(database: Database) -> list[tuple[str, str, bool]]:
    with database.read() as session:
        rows = session.exec(select(Outcome).order_by(Outcome.id)).all()
        return [(row.code, row.since.isoformat(), row.by_family) for row in rows]


def waiting(database: Database, id_: str) -> tuple[str, str]:
    with database.read() as session:
        row = session.get_one(Conversation, id_)
        return row.status, row.waiting_why if row.waiting_since else ""


def kinds(database: Database) -> list[str]:
    with database.read() as session:
        return [row.kind for row in session.exec(select(FollowUp).order_by(FollowUp.id))]


def test_a_closed_conversation_is_opened_again_answered_and_closed(
    database: Database, here: Installation, keys: Keys, person: Person
) -> None:
    id_ = handled(database, here, person, text_us(database, here, *ALL))
    look(database, here, FIRST - timedelta(days=1))
    assert asked(database, keys, id_) == 0
    look(database, here, FIRST)
    assert (asked(database, keys, id_), waiting(database, id_)[0]) == (1, "with_bot")
    assert text_us(database, here, "1", "2", at=FIRST + timedelta(days=2)) == id_
    assert outcomes(database) == [("placed_own_solution", "2026-04-01", True)]
    assert waiting(database, id_) == ("closed", "")
    with database.read() as session:
        assert session.exec(select(FollowUp.code)).one() == "found"
        assert audit.verify(session) is None
    look(database, here, FIRST + timedelta(weeks=4))  # it is known: nothing is asked any more
    assert asked(database, keys, id_) == 1


@pytest.mark.parametrize(
    ("says", "comes_of_it"),
    [("2", ("no_place", "2026-03-30", True)), ("3", ("informal_solution", "2026-03-30", True)),
     ("4", ("lapsed", "2026-03-30", True))],
)  # fmt: skip
def test_what_a_family_tells_is_an_outcome_of_today(
    database: Database, here: Installation, person: Person, says: str, comes_of_it: tuple[str, str, bool]
) -> None:
    id_ = handled(database, here, person, text_us(database, here, *ALL))
    look(database, here, FIRST)
    text_us(database, here, says, at=FIRST + timedelta(hours=1))
    assert outcomes(database) == [comes_of_it]
    assert waiting(database, id_) == (("waiting", "seeking") if says == "2" else ("closed", ""))


def test_who_still_looks_before_the_start_stays_open_and_comes_back_into_the_queue(
    database: Database, here: Installation, keys: Keys, person: Person
) -> None:
    id_ = handled(database, here, person, text_us(database, here, *(*ALL[:4], "01-06-2026", *ALL[5:])))
    before = datetime(2026, 5, 18, 9, tzinfo=UTC)  # two weeks before the start
    look(database, here, before - timedelta(days=1))
    assert asked(database, keys, id_) == 0
    look(database, here, before)
    text_us(database, here, "2", at=before + timedelta(hours=1))
    assert outcomes(database) == []
    assert waiting(database, id_) == ("waiting", "seeking")
    later = datetime(2026, 6, 29, 9, tzinfo=UTC)
    look(database, here, later)
    assert asked(database, keys, id_) == 2
    text_us(database, here, "2", at=later + timedelta(hours=1))
    assert outcomes(database) == [("no_place", "2026-06-29", True)]


def test_it_is_asked_three_times_at_most_and_silence_changes_nothing(
    database: Database, here: Installation, keys: Keys, person: Person
) -> None:
    id_ = handled(database, here, person, text_us(database, here, *(*ALL[:4], "01-06-2026", *ALL[5:])))
    for day in range(0, 217, 7):
        look(database, here, NOW + timedelta(days=day))
    assert asked(database, keys, id_) == 3
    assert outcomes(database) == []
    with database.read() as session:
        days = [(row.at - NOW).days for row in session.exec(select(FollowUp).order_by(FollowUp.id))]
    assert days == [77, 119, 147]  # two weeks before the start, four and eight weeks after it
    assert waiting(database, id_) == ("closed", "")
    assert not any("nog niet klaar" in body for _, body in sent(database, keys, id_))  # no reminder of a reminder


def test_it_is_asked_in_the_language_of_the_family_with_the_dutch_beside_it(
    database: Database, here: Installation, keys: Keys, person: Person
) -> None:
    id_ = handled(database, here, person, text_us(database, here, "bonjour", *ALL[1:]))
    look(database, here, FIRST)
    told = [body for _, body in sent(database, keys, id_)]
    assert "Avez-vous trouvé un accueil ?" in told[-3]
    assert ASKED in told[-2] and "loket.example/texts/gent" in told[-1]


@pytest.mark.parametrize("hour", [4, 6, 19, 23])
def test_nobody_is_asked_at_night_by_the_clock_in_belgium(
    database: Database, here: Installation, person: Person, hour: int
) -> None:
    handled(database, here, person, text_us(database, here, *ALL))
    look(database, here, FIRST.replace(hour=hour))  # summer time: two hours later there
    assert kinds(database) == []


def test_a_desk_that_did_not_switch_it_on_asks_nobody(database: Database, here: Installation) -> None:
    text_us(database, here, *ALL)
    look(database, here, FIRST)
    assert kinds(database) == []


def test_two_workers_at_once_ask_once(database: Database, here: Installation, keys: Keys, person: Person) -> None:
    numbers = [f"+3247000010{each}" for each in range(6)]
    talks = [handled(database, here, person, text_us(database, here, *ALL, sender=each)) for each in numbers]
    with database.read() as session:
        ids = follow_up.due(session, FIRST)
    assert len(ids) == 6
    other = Database(database.url)

    def ask(one: tuple[Database, str]) -> None:
        one[0].write(lambda session: follow_up.ask(session, here, one[1], FIRST)).result()

    try:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(ask, [(each, id_) for id_ in ids for each in (database, other, database, other)]))
    finally:
        other.close()
    assert [asked(database, keys, each) for each in talks] == [1] * 6
    assert kinds(database) == [WRITTEN] * 6


def test_what_a_killed_worker_did_not_finish_is_neither_lost_nor_doubled(
    database: Database, here: Installation, keys: Keys, person: Person
) -> None:
    id_ = handled(database, here, person, text_us(database, here, *ALL))

    def dies(session: Session) -> None:
        (due,) = follow_up.due(session, FIRST)
        follow_up.ask(session, here, due, FIRST)
        raise SystemExit  # before the commit

    with pytest.raises(SystemExit):
        database.write(dies).result()
    assert asked(database, keys, id_) == 0
    for _ in range(3):
        look(database, here, FIRST)
    assert asked(database, keys, id_) == 1


def test_who_sent_stop_is_not_written_to_but_called(database: Database, here: Installation, person: Person) -> None:
    id_ = handled(database, here, person, text_us(database, here, *ALL))
    database.write(
        lambda session: turns.opt_out(session, session.get_one(Conversation, id_).contact_id, value=True)
    ).result()
    look(database, here, FIRST)
    look(database, here, FIRST + timedelta(hours=1))
    assert kinds(database) == [CALL]
    with database.read() as session:
        assert session.exec(select(CallBack.reason)).one() == "follow_up"


def test_a_desk_may_choose_to_write_alone(database: Database, here: Installation, person: Person) -> None:
    handled(database, here, person, text_us(database, here, *ONLY_CALL))

    def choose(session: Session) -> None:
        (desk,) = desks.everything(session)
        desks.choose(session, desk, desks.choices(desk).model_copy(update={"follow_up_calls": False}))

    database.write(choose).result()
    look(database, here, FIRST)
    assert kinds(database) == [NOBODY]
    with database.read() as session:
        assert session.exec(select(CallBack).where(CallBack.reason == "follow_up")).all() == []


def test_stop_as_an_answer_is_obeyed(database: Database, here: Installation, keys: Keys, person: Person) -> None:
    id_ = handled(database, here, person, text_us(database, here, *ALL))
    look(database, here, FIRST)
    text_us(database, here, "stop", at=FIRST + timedelta(hours=1))
    many = len(sent(database, keys, id_))
    look(database, here, FIRST + timedelta(weeks=4))
    assert (len(sent(database, keys, id_)), kinds(database)) == (many, [WRITTEN, CALL])


@pytest.mark.parametrize(("story", "kind", "calls"), [(ONLY_CALL, CALL, 1), (NO_CONTACT, NOBODY, 0)])
def test_who_did_not_allow_it_is_never_written_to(
    database: Database, here: Installation, keys: Keys, person: Person, story: tuple[str, ...], kind: str, calls: int
) -> None:
    """Who said "I contact you myself" may not be safe at the phone: it stays a line of a worklist."""
    id_ = handled(database, here, person, text_us(database, here, *story))
    look(database, here, FIRST)
    assert (kinds(database), asked(database, keys, id_)) == ([kind], 0)
    with database.read() as session:
        assert len(session.exec(select(CallBack)).all()) == calls


def test_a_number_that_the_family_named_is_asked_and_may_answer(
    database: Database, here: Installation, keys: Keys, person: Person
) -> None:
    id_ = handled(database, here, person, text_us(database, here, *OTHER))
    look(database, here, FIRST)
    with database.read() as session:
        row = session.exec(select(Message).where(Message.status == "queued").order_by(Message.id.desc())).first()  # type: ignore[attr-defined]
        assert row is not None
        assert turns.address_of(session, keys, row.contact_id or "") == "+32470000077"
    assert text_us(database, here, "4", sender="+32470000077", at=FIRST + timedelta(hours=1)) == id_
    assert [code for code, *_ in outcomes(database)] == ["lapsed"]


def test_a_phone_that_speaks_for_another_family_by_now_is_not_asked_about_this_one(
    database: Database, here: Installation, keys: Keys, person: Person
) -> None:
    id_ = handled(database, here, person, text_us(database, here, *ALL))
    text_us(database, here, "ik zoek opvang voor mijn kind", "3", "4", at=NOW + timedelta(days=1))
    look(database, here, FIRST)
    assert (asked(database, keys, id_), kinds(database)) == (0, [CALL])


def test_of_two_requests_one_is_asked_about_by_its_number_and_the_other_after_its_answer(
    database: Database, here: Installation, keys: Keys, person: Person
) -> None:
    twins = (*ALL[:-1], "1", "02-2026", "1", "1", "3", "1", "2")
    id_ = handled(database, here, person, text_us(database, here, *twins))
    with database.read() as session:
        first, second = session.exec(select(Registration).order_by(Registration.child)).all()
    look(database, here, FIRST)
    look(database, here, FIRST + timedelta(hours=1))
    assert asked(database, keys, id_) == 1
    said = sent(database, keys, id_)[-1][1]
    assert (
        f"{first.reference[:4]} {first.reference[4:]}" in said
        and f"{second.reference[:4]} {second.reference[4:]}" not in said
    )
    text_us(database, here, "3", at=FIRST + timedelta(hours=2))
    look(database, here, FIRST + timedelta(days=1))
    assert f"{second.reference[:4]} {second.reference[4:]}" in sent(database, keys, id_)[-1][1]
    text_us(database, here, "4", at=FIRST + timedelta(days=1, hours=1))
    with database.read() as session:
        told = {row.registration_id: row.code for row in session.exec(select(Outcome))}
    assert told == {first.id: "informal_solution", second.id: "lapsed"}


def test_who_found_and_does_not_say_how_is_a_task_for_staff(
    database: Database, here: Installation, person: Person
) -> None:
    id_ = handled(database, here, person, text_us(database, here, *ALL))
    look(database, here, FIRST)
    text_us(database, here, "1", at=FIRST + timedelta(hours=1))
    look(database, here, FIRST + timedelta(days=6))
    assert waiting(database, id_) == ("with_bot", "")
    look(database, here, FIRST + timedelta(days=8))
    assert waiting(database, id_) == ("waiting", "found")
    assert outcomes(database) == []


def test_a_timer_of_an_earlier_turn_does_nothing(database: Database, here: Installation, person: Person) -> None:
    id_ = handled(database, here, person, text_us(database, here, *ALL))
    look(database, here, FIRST)
    text_us(database, here, "1", "1", at=FIRST + timedelta(hours=1))
    with database.read() as session:
        assert session.exec(select(Timer).where(Timer.kind == "unanswered")).first() is not None
    look(database, here, FIRST + timedelta(days=8))
    assert waiting(database, id_) == ("closed", "")


def test_own_words_go_to_a_person(database: Database, here: Installation, person: Person) -> None:
    id_ = handled(database, here, person, text_us(database, here, *ALL))
    look(database, here, FIRST)
    text_us(database, here, "misschien vanaf mei", "dat weten we nog niet zeker", at=FIRST + timedelta(days=1))
    assert waiting(database, id_) == ("waiting", "about_request")
    assert outcomes(database) == []


def test_while_a_person_is_expected_other_words_reach_that_person(
    database: Database, here: Installation, keys: Keys, person: Person
) -> None:
    id_ = text_us(database, here, *ALL)
    look(database, here, FIRST)
    assert asked(database, keys, id_) == 1
    text_us(database, here, "wanneer belt u mij", at=FIRST + timedelta(hours=1))
    assert waiting(database, id_)[0] == "waiting"
    with database.read() as session:
        thread = turns.of_conversation(session, keys, id_, None)
        assert thread is not None and states.load(thread.state).about == ""


def test_who_answers_questions_or_talks_to_a_colleague_is_asked_later(
    database: Database, here: Installation, keys: Keys, person: Person
) -> None:
    id_ = text_us(database, here, *ALL)
    database.write(lambda session: act(session, here, person, id_, FIRST, Act.claim)).result()
    look(database, here, FIRST)
    assert asked(database, keys, id_) == 0
    look(database, here, FIRST + timedelta(hours=1))  # nobody holds it any more
    assert asked(database, keys, id_) == 1
    assert waiting(database, id_)[0] == "with_desk"
    text_us(database, here, "3", at=FIRST + timedelta(hours=2))
    assert [code for code, *_ in outcomes(database)] == ["informal_solution"]


def test_staff_may_correct_what_a_family_told(
    database: Database, here: Installation, keys: Keys, person: Person
) -> None:
    id_ = handled(database, here, person, text_us(database, here, *ALL))
    look(database, here, FIRST)
    text_us(database, here, "4", at=FIRST + timedelta(hours=1))

    def work(session: Session) -> str:
        row = session.exec(select(Registration)).one()
        act(
            session, here, person, id_, FIRST + timedelta(hours=2),
            lambda each: each.set_outcome(row, "open", "2026-03-30"),
        )  # fmt: skip
        found = registrations.outcome_of(session, row.id)
        assert found is not None
        return found.code

    assert database.write(work).result() == "open"


def test_an_outcome_that_staff_kept_ends_the_questions(database: Database, here: Installation, person: Person) -> None:
    id_ = handled(database, here, person, text_us(database, here, *ALL))

    def work(session: Session) -> None:
        row = session.exec(select(Registration)).one()
        act(session, here, person, id_, NOW, lambda each: each.set_outcome(row, "placed_via_desk", "2026-03-02"))

    database.write(work).result()
    look(database, here, FIRST)
    assert kinds(database) == []


@pytest.mark.parametrize("ends", ["erase", "forget", "move"])
def test_what_was_asked_goes_with_the_family(
    database: Database, here: Installation, keys: Keys, person: Person, ends: str
) -> None:
    id_ = handled(database, here, person, text_us(database, here, *ALL))
    look(database, here, FIRST)
    text_us(database, here, "4", at=FIRST + timedelta(hours=1))

    if ends == "forget":
        forgetting.run(database, keys, datetime(2028, 3, 1, tzinfo=UTC))

    def work(session: Session) -> list[str]:
        row = session.exec(select(Registration)).one()
        if ends == "erase":
            erasure.erase(session, row.family_id, FIRST)
        elif ends == "move":
            there = desks.add(session, keys, NOW, "aalst", "Aalst", "+3290000008", ["9300"], desks.Choices())
            registrations.move(session, keys, id_, there.id, NOW)
            return [str(each.desk_id == there.id) for each in session.exec(select(FollowUp))]
        return [each.kind for each in session.exec(select(FollowUp))]

    assert database.write(work).result() == (["True"] if ends == "move" else [])


def test_a_caller_is_not_asked_on_the_phone(database: Database, here: Installation, keys: Keys, person: Person) -> None:
    """Whoever calls instead of answering hears what it may be about, as ever."""
    id_ = handled(database, here, person, text_us(database, here, *ALL))
    look(database, here, FIRST)
    with database.read() as session:
        thread = turns.of_conversation(session, keys, id_, None)
        assert thread is not None
        desk, _ = here.desk(session, thread.desk_id)
    after, _ = step(here.form, states.load(thread.state), Called(FIRST, Channel.VOICE, is_late=True), desk)
    assert (after.status, after.asking, after.about) == ("waiting", "again", "")
