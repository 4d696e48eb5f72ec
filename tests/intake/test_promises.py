"""By when a family is to be answered, in the working days of its desk."""

from datetime import UTC, date, datetime

import pytest

from intake import promises
from storage import desks

_HOURS = "Mo-Fr 09:00-12:00,13:00-16:00; PH off"


@pytest.mark.parametrize(
    ("why", "need", "since", "by"),
    [
        ("question", 0, datetime(2026, 3, 2, 10, tzinfo=UTC), "2026-03-04T16:00"),  # Monday + 2 working days
        ("call_me", 0, datetime(2026, 3, 6, 15, 30, tzinfo=UTC), "2026-03-10T16:00"),  # after hours on a Friday
        ("new_request", 3, datetime(2026, 3, 2, 10, tzinfo=UTC), "2026-03-03T16:00"),  # urgent
        ("question", 0, datetime(2026, 4, 30, 8, tzinfo=UTC), "2026-05-05T16:00"),  # 1 May is a holiday
        ("new_request", 1, datetime(2026, 3, 2, 10, tzinfo=UTC), "2026-03-09T16:00"),
    ],
)
def test_an_answer_is_due_in_working_days_of_the_desk(why: str, need: int, since: datetime, by: str) -> None:
    found = promises.answer_by(desks.Choices(hours=_HOURS), need, why, since)
    assert f"{found:%Y-%m-%dT%H:%M}" == by


def test_what_was_said_to_the_family_is_never_passed() -> None:
    since = datetime(2026, 3, 2, 10, tzinfo=UTC)
    for hours in (_HOURS, "2026 Dec 24-2027 Jan 03 off", "Mo 09:00-12:00"):
        found = promises.answer_by(desks.Choices(hours=hours, promise_days=3), 0, "new_request", since)
        assert found.date() <= date(2026, 3, 5)
