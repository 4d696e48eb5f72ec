"""One outcome for many requests: what would change, what is refused and why, what is kept, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlmodel import select

from intake import outcomes
from intake.desk import Act, act
from intake.installation import Installation
from intake.outcomes import Change
from intake.problems import DeskError
from storage import audit, worklists
from storage.database import Database, Session
from storage.models import Audit, Message, Outcome, Registration
from storage.staff import Person
from tests.intake.test_conversations import ALL, NOW, here, text_us
from tests.intake.test_follow_up import FIRST, handled, look, person

__all__ = ["here", "person"]  # the fixtures
LATER = NOW + timedelta(days=60)
NO_PLACE = outcomes.wanted("no_place:full", "2026-04-01", LATER.date())


@pytest.fixture
def requests(database: Database, here: Installation, person: Person) -> list[Registration]:
    """Three that were handled: two to start as soon as possible, one in June."""
    for number, start in (("01", "1"), ("02", "1"), ("03", "06-2026")):
        story = (*ALL[:4], start, *ALL[5:])
        handled(database, here, person, text_us(database, here, *story, sender=f"+324700000{number}"))
    with database.read() as session:
        return list(session.exec(select(Registration).order_by(Registration.id)))


def keep(database: Database, here: Installation, person: Person, *numbers: str) -> list[Change]:
    return database.write(
        lambda session: outcomes.keep(session, here, person, numbers, NO_PLACE, LATER)
    ).result()  # fmt: skip


def refused(found: list[Change]) -> dict[str, str]:
    return {each.reference: each.refused for each in found}


def test_each_is_kept_with_its_author_on_its_timeline_and_in_the_audit(
    database: Database, here: Installation, person: Person, requests: list[Registration]
) -> None:
    numbers = [each.reference for each in requests]
    assert set(refused(keep(database, here, person, *numbers)).values()) == {""}
    with database.read() as session:
        found = session.exec(select(Outcome)).all()
        assert [(row.code, row.reason, row.since, row.author) for row in found] == [
            ("no_place", "full", date(2026, 4, 1), person.id)
        ] * 3
        told = session.exec(select(Message.conversation_id).where(Message.question == "outcome")).all()
        assert set(told) == {each.conversation_id for each in requests}
        written = session.exec(select(Audit.about).where(Audit.what == "outcome")).all()
        assert sorted(written) == sorted(each.id for each in requests)
        assert audit.verify(session) is None


def test_what_is_refused_says_why_and_the_others_are_kept(
    database: Database, here: Installation, person: Person, requests: list[Registration]
) -> None:
    one, two, three = requests

    def work(session: Session) -> None:
        act(session, here, person, one.conversation_id, NOW, lambda each: each.set_outcome(
            session.get_one(Registration, one.id), "placed_via_desk", "2026-03-02"
        ))  # fmt: skip
        act(session, here, person, two.conversation_id, LATER, lambda each: each.set_outcome(
            session.get_one(Registration, two.id), "offer_made", "2026-04-15"
        ))  # fmt: skip

    database.write(work).result()
    found = refused(keep(database, here, person, one.reference, two.reference, three.reference, "11111111"))
    assert found == {
        one.reference: "back", two.reference: "before_outcome", three.reference: "", "11111111": "not_there"
    }  # fmt: skip
    assert refused(keep(database, here, person, three.reference)) == {three.reference: "same"}


def test_another_desk_s_requests_are_not_there(
    database: Database, here: Installation, person: Person, requests: list[Registration]
) -> None:
    stranger = Person(person.id, "els", "coordinator", frozenset({"elsewhere"}))
    assert set(refused(keep(database, here, stranger, requests[0].reference)).values()) == {"not_there"}


def test_what_a_colleague_works_on_is_left_to_that_colleague(
    database: Database, here: Installation, person: Person
) -> None:
    id_ = text_us(database, here, *ALL)
    database.write(lambda session: act(session, here, person, id_, LATER, Act.claim)).result()
    with database.read() as session:
        number = session.exec(select(Registration.reference)).one()
    other = Person("somebody", "els", "coordinator", person.desk_ids)
    assert refused(keep(database, here, other, number)) == {number: "held"}
    assert refused(keep(database, here, person, number)) == {number: ""}


def test_two_coordinators_at_once_keep_it_once(
    database: Database, here: Installation, person: Person, requests: list[Registration]
) -> None:
    numbers = [each.reference for each in requests]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: keep(database, here, person, *numbers), range(4)))
    with database.read() as session:
        assert len(session.exec(select(Outcome)).all()) == 3


@pytest.mark.parametrize(
    ("chosen", "on"), [("", "2026-04-01"), ("no_place", "2026-04-01"), ("no_place:full", "x"), ("lapsed:moved", "2999-01-01")]
)  # fmt: skip
@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_what_cannot_be_read_is_refused(database: Database, chosen: str, on: str) -> None:
    with pytest.raises(DeskError):
        outcomes.wanted(chosen, on, LATER.date())


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_numbers_are_found_in_whatever_is_pasted(database: Database) -> None:
    assert outcomes.references("4812 3673;50000009\n6123-4562, 48123673 telefoon 0470000001") == [
        "48123673", "50000009", "61234562"
    ]  # fmt: skip


def test_the_worklists_show_whom_to_chase(
    database: Database, here: Installation, person: Person, requests: list[Registration]
) -> None:
    first, second, june = (each.reference for each in requests)

    def shown(day: date) -> tuple[set[str], set[str]]:
        with database.read() as session:
            lists = (worklists.started, worklists.silent)
            started, silent = ({row.reference for row in of(session, person.desk_ids, day)} for of in lists)
        return started, silent

    assert shown(NOW.date()) == (set(), set())
    assert shown(date(2026, 6, 1)) == ({first, second}, set())
    assert shown(date(2026, 6, 2)) == ({first, second, june}, set())
    look(database, here, FIRST)
    text_us(database, here, "3", sender="+32470000002", at=FIRST + timedelta(hours=1))
    assert shown(date(2026, 6, 2)) == ({first, june}, {first})
