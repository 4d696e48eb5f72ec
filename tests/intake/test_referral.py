"""A family is sent to a childcare place and asked whether it answered: on the page, through the worker, on both databases."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from intake import forgetting, referral
from intake.desk import Act, DeskError, act
from intake.installation import Installation
from storage import desks, erasure, referrals, registrations
from storage.database import Database, Session
from storage.keys import Keys
from storage.models import Outcome, Referral, Registration
from storage.staff import Person
from tests.intake.test_conversations import ALL, NOW, here, sent, text_us
from tests.intake.test_follow_up import ASKED, FIRST, NO_CONTACT, handled, look, outcomes, person, waiting

__all__ = ["here", "person"]  # the fixtures
PLACE = "Kribbe De Zonnebloem"
QUESTION = "Kreeg u al antwoord?"
DAY_AFTER = NOW + timedelta(days=8)


def refer(database: Database, here: Installation, person: Person, id_: str, at: datetime = NOW, **given: str) -> None:
    def work(session: Session) -> None:
        row = session.exec(select(Registration).where(Registration.conversation_id == id_)).one()
        act(session, here, person, id_, at, lambda each: referral.send(each, row, {"name": PLACE, **given}))

    database.write(work).result()


def states(database: Database) -> list[str]:
    with database.read() as session:
        return [row.state for row in session.exec(select(Referral).order_by(Referral.id))]


@pytest.fixture
def talk(database: Database, here: Installation, person: Person) -> str:
    """A request that was handled and sent to a place the day it came."""
    id_ = handled(database, here, person, text_us(database, here, *ALL))
    refer(database, here, person, id_)
    return id_


def test_a_family_is_told_in_its_language_and_its_page_names_the_place(
    database: Database, here: Installation, keys: Keys, person: Person
) -> None:
    id_ = text_us(database, here, "bonjour", *ALL[1:])
    database.write(lambda session: act(session, here, person, id_, NOW, Act.claim)).result()
    refer(database, here, person, id_, tell="yes", phone="09 000 00 02")
    assert "Il y a peut-etre une place chez Kribbe De Zonnebloem. Appelez le 09 000 00 02." in sent(
        database, keys, id_
    )[-1][1]  # fmt: skip
    with database.read() as session:
        row = session.exec(select(Referral)).one()
        assert PLACE not in repr(row.model_dump())
        assert referrals.opened(session, keys, row).name == PLACE
        assert (row.answer_by - row.sent_on).days == 7


@pytest.mark.parametrize(
    "given", [{"name": " "}, {"name": "a\nb"}, {"name": "x" * 81}, {"answer_by": "2026-01-01"}, {"answer_by": "ooit"},
              {"tell": "yes"}],
)  # fmt: skip
def test_a_mistake_keeps_nothing(database: Database, here: Installation, person: Person, given: dict[str, str]) -> None:
    id_ = text_us(database, here, *ALL)
    database.write(lambda session: act(session, here, person, id_, NOW, Act.claim)).result()
    with pytest.raises(DeskError):
        refer(database, here, person, id_, **given)
    assert states(database) == []


def test_it_is_asked_once_on_the_day_after(database: Database, here: Installation, keys: Keys, talk: str) -> None:
    look(database, here, DAY_AFTER - timedelta(days=1))
    assert states(database) == ["sent"]
    for hours in range(3):
        look(database, here, DAY_AFTER + timedelta(hours=hours))
    told = [body for _, body in sent(database, keys, talk) if QUESTION in body]
    assert len(told) == 1 and PLACE in told[0]
    assert states(database) == ["asked"]


@pytest.mark.parametrize(
    ("says", "state", "comes_of_it", "queue"),
    [("1", "place", [("offer_made", "2026-03-10", True)], ("closed", "")),
     ("2", "full", [("no_place", "2026-03-10", True)], ("waiting", "place_full")),
     ("3", "no_answer", [], ("waiting", "place_silent"))],
)  # fmt: skip
def test_what_the_family_says_is_the_result(
    database: Database, here: Installation, talk: str, says: str, state: str,
    comes_of_it: list[tuple[str, str, bool]], queue: tuple[str, str],
) -> None:  # fmt: skip
    look(database, here, DAY_AFTER)
    text_us(database, here, says, at=DAY_AFTER + timedelta(hours=1))
    assert (states(database), outcomes(database), waiting(database, talk)) == ([state], comes_of_it, queue)
    if says == "2":
        with database.read() as session:
            assert session.exec(select(Outcome.reason)).one() == "full"


def test_while_another_place_may_answer_a_full_one_ends_nothing(
    database: Database, here: Installation, person: Person, talk: str
) -> None:
    refer(database, here, person, talk, name="Onthaalouder Mia", answer_by="2026-04-01")
    look(database, here, DAY_AFTER)
    text_us(database, here, "2", at=DAY_AFTER + timedelta(hours=1))
    assert (states(database), outcomes(database)) == (["full", "sent"], [])


def test_silence_is_a_task(database: Database, here: Installation, talk: str) -> None:
    look(database, here, DAY_AFTER)
    look(database, here, DAY_AFTER + timedelta(days=6))
    assert waiting(database, talk)[1] == ""
    look(database, here, DAY_AFTER + timedelta(days=8))
    assert waiting(database, talk) == ("waiting", "referred")


def test_who_may_not_be_written_to_is_a_task_at_once(database: Database, here: Installation, person: Person) -> None:
    id_ = handled(database, here, person, text_us(database, here, *NO_CONTACT))
    refer(database, here, person, id_)
    look(database, here, DAY_AFTER)
    assert waiting(database, id_) == ("waiting", "referred")


@pytest.mark.parametrize("hour", [5, 20])
def test_nobody_is_asked_at_night(database: Database, here: Installation, talk: str, hour: int) -> None:
    look(database, here, DAY_AFTER.replace(hour=hour))
    assert states(database) == ["sent"]


def test_a_colleague_notes_what_the_place_answered(
    database: Database, here: Installation, person: Person, talk: str
) -> None:
    def work(session: Session) -> None:
        row, place = session.exec(select(Registration)).one(), session.exec(select(Referral)).one()
        act(session, here, person, talk, NOW, lambda each: referral.settle(each, row, place.id, "place"))

    database.write(work).result()
    assert (states(database), outcomes(database)) == (["place"], [("offer_made", "2026-03-02", False)])
    look(database, here, DAY_AFTER)
    assert states(database) == ["place"]


@pytest.mark.parametrize("ends", ["erase", "forget", "move"])
def test_it_goes_with_the_family(database: Database, here: Installation, keys: Keys, talk: str, ends: str) -> None:
    if ends == "forget":
        forgetting.run(database, keys, datetime(2028, 3, 1, tzinfo=UTC))

    def work(session: Session) -> list[str]:
        row = session.exec(select(Registration)).one()
        if ends == "erase":
            erasure.erase(session, row.family_id, NOW)
        elif ends == "move":
            there = desks.add(session, keys, NOW, "aalst", "Aalst", "+3290000008", ["9300"], desks.Choices())
            registrations.move(session, keys, talk, there.id, NOW)
            (found,) = referrals.of_request(session, keys, row.id)
            return [found.name, str(found.row.desk_id == there.id)]
        return [each.id for each in session.exec(select(Referral))]

    assert database.write(work).result() == ([PLACE, "True"] if ends == "move" else [])


def test_a_family_is_asked_one_thing_at_a_time(
    database: Database, here: Installation, keys: Keys, person: Person
) -> None:
    id_ = handled(database, here, person, text_us(database, here, *ALL))
    refer(database, here, person, id_, answer_by="2026-03-29")
    look(database, here, FIRST)  # both are due on this day
    told = [body for _, body in sent(database, keys, id_)]
    assert (sum(QUESTION in each for each in told), sum(ASKED in each for each in told)) == (1, 0)
    text_us(database, here, "1", at=FIRST + timedelta(hours=1))
    assert states(database) == ["place"]
    look(database, here, FIRST + timedelta(days=1))
    assert ASKED in sent(database, keys, id_)[-1][1]
