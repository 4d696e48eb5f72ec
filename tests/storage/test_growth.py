"""What is asked all day reads no more because more was kept: SQLite says by which index it finds things.

`make growth` measures it; here the plans are looked at, which takes no million rows.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import Session

from intake import desk
from storage import dispatch, ledger, queue, reports, retention, status, timers, turns
from storage.database import Database
from storage.keys import Keys
from tests.storage.test_turns import NOW, desk_id

__all__ = ["desk_id"]  # the fixture
pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
_LARGE = ("message", "conversation", "registration", "contact", "contact_family")


class Noting:
    """The driver's connection, or a cursor of it, for statements that go past SQLAlchemy: notes what it is asked."""

    def __init__(self, driver: Any, found: list[tuple[str, Any]]) -> None:
        self._driver, self._found = driver, found

    def execute(self, statement: str, given: Any = ()) -> Any:
        self._found.append((statement, given))
        return self._driver.execute(statement, given)

    def executemany(self, statement: str, rows: Sequence[Any]) -> Any:
        self._found.append((statement, rows[0]))
        return self._driver.executemany(statement, rows)

    def cursor(self) -> "Noting":
        return Noting(self._driver.cursor(), self._found)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._driver, name)


@contextmanager
def statements(session: Session) -> Iterator[list[tuple[str, Any]]]:
    found: list[tuple[str, Any]] = []
    engine, driver = session.get_bind(), session.info["driver"]

    def note(connection: Any, cursor: Any, statement: str, given: Any, context: Any, many: bool) -> None:
        found.append((statement, given))

    event.listen(engine, "before_cursor_execute", note)
    session.info["driver"] = Noting(driver, found)
    yield found
    session.info["driver"] = driver
    event.remove(engine, "before_cursor_execute", note)


def plans(database: Database, work: Callable[[Session], object]) -> list[str]:
    def look(session: Session) -> list[str]:
        with statements(session) as seen:
            found = work(session)
            if isinstance(found, Iterator):
                list(found)
        ask = session.info["driver"].execute
        return [row[3] for text, given in seen for row in ask(f"explain query plan {text}", given)]

    return database.write(look).result()


def test_nothing_asked_all_day_reads_a_whole_table(database: Database, keys: Keys, desk_id: str) -> None:
    mine, later = frozenset({desk_id}), NOW + timedelta(days=1)
    asked: dict[str, Callable[[Session], object]] = {
        "what is to go out": lambda session: dispatch.claim(session, keys, NOW),
        "measures": lambda session: ledger.measures(session, NOW),
        "how it is doing": lambda session: status.of(session, NOW, "backup"),
        "who waits": lambda session: queue.queue(session, mine, "waiting", "", NOW),
        "what is closed": lambda session: queue.queue(session, mine, "closed", "", NOW),
        "the next family": lambda session: queue.next_free(session, mine, "", NOW),
        "languages of the queue": lambda session: queue.languages(session, mine),
        "silent ones": lambda session: turns.silent(session, later),
        "to be reminded": lambda session: turns.to_remind(session, 0, later),
        "timers": lambda session: timers.due(session, later, 50),
        **{
            text: lambda session, text=text: queue.search(session, keys, mine, desk.sought(text), NOW)
            for text in ("48123673", "+32470000001", "Noor Peeters")
        },
    }
    for what, work in asked.items():
        steps = plans(database, work)
        whole = [step for step in steps if step in {f"SCAN {name}" for name in _LARGE}]
        assert steps and not whole, (what, whole)
    assert any("INDEX outbox" in step for step in plans(database, asked["what is to go out"]))
    for what in ("measures", "how it is doing"):  # asked every quarter of a minute
        steps = [step for step in plans(database, asked[what]) if step.split()[1] in _LARGE]
        used = {step.split(" INDEX ")[1].split()[0] for step in steps}
        assert used == {"conversation_open", "message_failed", "outbox", "conversation_all"}, (what, steps)
    for what in ("silent ones", "to be reminded"):
        assert any("INDEX conversation_open (status=? AND last" in step for step in plans(database, asked[what]))
    assert any("(desk_id=? AND status=?)" in step for step in plans(database, asked["languages of the queue"]))
    assert not any("TEMP B-TREE FOR ORDER" in step for step in plans(database, asked["what is closed"])[:1])


def test_a_search_does_not_read_all_of_a_desk(database: Database, keys: Keys, desk_id: str) -> None:
    for text in ("48123673", "+32470000001", "Noor Peeters"):
        steps = plans(
            database,
            lambda session, text=text: queue.search(session, keys, frozenset({desk_id}), desk.sought(text), NOW),
        )
        assert not [step for step in steps if "(desk_id=?" in step], (text, steps)


def test_retention_looks_a_family_up_by_its_own_rows(database: Database, keys: Keys, desk_id: str) -> None:
    steps = plans(database, lambda session: retention.plan(session, NOW))
    assert not [step for step in steps if "registration_counted" in step], steps


def test_what_is_due_is_looked_for_where_words_and_names_still_are(
    database: Database, keys: Keys, desk_id: str
) -> None:
    steps = plans(database, lambda session: retention.due(session, NOW))
    assert any("INDEX message_wordy" in step for step in steps), steps
    assert any("INDEX registration_named (asked_on<?)" in step for step in steps), steps
    for name in ("message", "conversation", "registration", "family"):
        assert f"SCAN {name}" not in steps, steps
    assert not [step for step in steps if "conversation_closed" in step], steps


def test_a_count_of_any_day_reads_two_indexes_alone(database: Database, keys: Keys, desk_id: str) -> None:
    """At a quarter of a million requests a year, to read their rows takes longer than everything else."""
    year = (date(2026, 1, 1), date(2026, 12, 31))
    looked = reports.Looked(frozenset({desk_id}), year[1], NOW, year, firsts=True)
    steps = plans(database, lambda session: reports.each(session, keys, looked))
    read = [step for step in steps if step.split()[1].startswith(("registration", "outcome"))]
    used = [step.split("INDEX ")[1].split()[0] for step in read]
    assert used == ["registration_counted", *["outcome_counted"] * 3], read
    assert all("COVERING" in step for step in read if "(since,recorded_at)>" not in step), read  # that one says not
