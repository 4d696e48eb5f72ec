"""The equity mirror: who stops half-way, in which language and at which question, without telling of few."""

import asyncio
from datetime import timedelta

from sqlmodel import select

from intake import answered, mirror, worker
from intake.desk import Act, act
from intake.installation import Installation
from storage import staff
from storage.database import Database, Session
from storage.facts import Total, Wait
from storage.models import Fact, Registration
from storage.staff import Person
from tests.intake.test_conversations import NOW, here, text_us

__all__ = ["here"]  # the fixture
ORDER = ["language", "purpose", "birth"]


def facts(language: str, started: int, dropped: int, finished: int, channel: str = "sms") -> list[Total]:
    return [
        Total(language, channel, "", "started", started), Total(language, channel, "", "finished", finished),
        Total(language, channel, "birth", "asked", started), Total(language, channel, "birth", "dropped", dropped),
        Total(language, channel, "birth", "answered", started - dropped), Total(language, channel, "birth", "no_match", 7),
        Total(language, channel, "purpose", "asked", 3),
    ]  # fmt: skip


def look(*told: list[Total], waits: list[Wait] | None = None) -> mirror.Mirror:
    return mirror.reflect([each for some in told for each in some], waits or [], ORDER, NOW)


def test_a_language_in_which_families_stop_twice_as_often_is_noticed() -> None:
    found = look(facts("nl", 100, 10, 80), facts("ps", 20, 8, 10), facts("ar", 30, 5, 20))
    assert [(each.code, each.share, each.often) for each in found.languages] == [
        ("nl", 10, False), ("ar", 17, False), ("ps", 40, True),
    ]  # fmt: skip
    (nl, *_) = found.languages
    assert (nl.whole.started, nl.whole.repaired, nl.whole.dropped, nl.whole.finished) == (100, 7, 10, 80)
    assert [(channel, key, each.started, each.finished) for channel, key, each in nl.questions] == [
        ("sms", "birth", 100, 90)  # the question that three came by is not told
    ]


def test_a_few_are_not_told_and_not_noticed() -> None:
    found = look(facts("nl", 100, 4, 80), facts("so", 9, 8, 1), facts("ti", 4, 4, 0))
    assert found.hidden == 1 and [each.code for each in found.languages] == ["nl", "so"]
    assert found.languages[0].whole.dropped is None and found.languages[0].share is None
    assert not any(each.often for each in found.languages)  # nine conversations say nothing


def test_who_still_waits_has_waited_until_now() -> None:
    def waited(hours: int, many: int, key: str = "birth") -> list[Total]:
        return [Total("nl", "sms", key, answered.waited(timedelta(hours=hours)), many)]

    def waiting(hours: int, many: int) -> list[Wait]:
        return [Wait("nl", "sms", "birth", NOW - timedelta(hours=hours))] * many

    counted = facts("nl", 9, 0, 9)
    assert look(counted, waited(1, 4)).languages[0].whole.wait is None
    some = look(counted, waited(1, 4), waits=waiting(40, 2)).languages[0]
    assert some.whole.wait == some.questions[0][2].wait == timedelta(hours=1)
    elsewhere = look(counted, waited(1, 1), waited(30, 4, "place"), waits=waiting(50, 1)).languages[0]
    assert elsewhere.whole.wait == timedelta(hours=30) and elsewhere.questions[0][2].wait is None
    assert [answered.span_of(answered.waited(timedelta(minutes=each))) for each in (0, 61, 49 * 60)] == [
        timedelta(hours=1), timedelta(hours=2), timedelta(days=3),
    ]  # fmt: skip


def test_families_that_begin_and_stop_are_counted_where_they_stopped(database: Database, here: Installation) -> None:
    for number in range(6):
        text_us(database, here, "bonjour", "1", sender=f"+3247000010{number}")  # and then nothing, at `birth`
    for number in range(5):
        text_us(database, here, "goeiedag", "1", "02-2026", "9000", "1", sender=f"+3247000020{number}")
    asyncio.run(worker.look_after(database, here, NOW + timedelta(days=31), expire_days=30))
    with database.read() as session:
        seen = {
            (row.language, row.key): row.count
            for row in session.exec(select(Fact).where(Fact.event.in_(("started", "dropped"))))  # type: ignore[attr-defined]
        }
        desks = frozenset(session.exec(select(Fact.desk_id)))
        found = mirror.look(session, desks, 2026, ORDER, NOW + timedelta(days=1))
    assert seen == {("fr", ""): 6, ("nl", ""): 5, ("fr", "birth"): 6, ("nl", "continue"): 5}
    assert [(each.code, each.whole.started, each.whole.dropped) for each in found.languages] == [
        ("fr", 6, 6),
        ("nl", 5, 5),
    ]


def test_a_wait_is_counted_where_the_family_stood_until_a_person_answers(
    database: Database, here: Installation
) -> None:
    talks = [
        text_us(database, here, "goeiedag", "1", "02-2026", "0", sender=f"+3247000020{number}") for number in range(5)
    ]
    at = NOW + timedelta(hours=3)

    def reply(session: Session) -> frozenset[str]:
        desks = frozenset(session.exec(select(Fact.desk_id)))
        staff.add(session, NOW, "an", "worker", list(desks))
        session.flush()
        an = staff.find(session, "an")
        assert an
        for id_ in talks[:4]:
            person = Person(an.id, "an", "worker", desks)
            act(session, here, person, id_, at, Act.claim)
            act(session, here, person, id_, at, lambda each: each.reply("Dag"))
        return desks

    desks = database.write(reply).result()
    with database.read() as session:
        (found,) = mirror.look(session, desks, 2026, ORDER, at + timedelta(days=1)).languages
        rows = session.exec(select(Registration)).all()
    waits = {(channel, key): each.wait for channel, key, each in found.questions}
    assert found.whole.wait == waits["sms", "place"] == timedelta(hours=3) and waits["sms", "birth"] is None
    assert sum(row.first_reply_at == at for row in rows) == (4 if rows else 0)
