"""The chain of who did what: on both databases, whatever a search found."""

from datetime import UTC, datetime

import pytest
from sqlmodel import select

from storage import audit
from storage.database import Database
from storage.ids import new_id
from storage.models import Audit

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_a_search_that_found_many_families_is_a_line_for_each(database: Database) -> None:
    found = [(None, new_id(NOW)) for _ in range(50)]
    database.write(lambda session: audit.search(session, NOW, "somebody", found)).result()
    with database.read() as session:
        assert session.exec(select(Audit.about).order_by(Audit.id)).all() == [id_ for _, id_ in found]
        assert audit.verify(session) is None


def test_what_a_setting_was_and_is_may_be_long(database: Database) -> None:
    long = "".join(new_id(NOW) for _ in range(300))
    database.write(lambda session: audit.add(session, NOW, None, "", "setting_changed", "hours", long, long)).result()
    with pytest.raises(ValueError, match="index"):
        database.write(lambda session: audit.add(session, NOW, None, "", "setting_changed", long)).result()
    with database.read() as session:
        assert audit.verify(session) is None
