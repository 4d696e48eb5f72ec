"""The equity mirror: who stops half-way, in which language and at which question, without telling of few."""

import asyncio
from datetime import timedelta

from sqlmodel import select

from intake import mirror, worker
from intake.installation import Installation
from storage.database import Database
from storage.facts import Total, Wait
from storage.models import Fact
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
    def wait(hours: int, is_answered: bool) -> Wait:
        at = NOW - timedelta(hours=hours)
        return Wait("nl", "sms", at, at + timedelta(hours=1) if is_answered else None)

    few = [wait(10, True)] * 4
    assert look(facts("nl", 9, 0, 9), waits=few).languages[0].whole.wait is None
    some = [*few, wait(50, False), wait(40, False)]
    assert look(facts("nl", 9, 0, 9), waits=some).languages[0].whole.wait == timedelta(hours=1)
    most = [wait(10, True), *(wait(50, False) for _ in range(4))]
    assert look(facts("nl", 9, 0, 9), waits=most).languages[0].whole.wait == timedelta(hours=50)


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
    assert found.languages[1].whole.wait == timedelta(days=1)  # since its first message
