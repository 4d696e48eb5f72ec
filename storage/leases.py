"""Leases: something is held from now on for a while, and let go by itself.

A clock may be set back. A lease that ends later than any lasts was given while the clock was ahead, and holds nothing.
Twice as long leaves room for clocks that differ a little.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_

CLAIM = timedelta(minutes=10)  # of a conversation, by a colleague


def holds(until: datetime | None, now: datetime, lasts: timedelta) -> bool:
    """Whether a lease that ends then holds now."""
    return until is not None and now < until <= latest(now, lasts)


def held(until: Any, now: datetime, lasts: timedelta) -> ColumnElement[bool]:
    """The same of a column."""
    return and_(until > now, until <= latest(now, lasts))


def free(until: Any, now: Any, latest_end: Any) -> ColumnElement[bool]:
    """That nobody holds it. `now` and `latest_end` may be parameters of a statement that is kept."""
    return or_(until.is_(None), until <= now, until > latest_end)


def latest(now: datetime, lasts: timedelta) -> datetime:
    """When a lease that holds now ends at the latest."""
    return now + 2 * lasts
