"""What answering may cost: so many answers a day to one number, and to one block of a thousand numbers.

Two machines that answer each other, or somebody who earns on our messages, come to an end; a family never gets there.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import delete
from sqlmodel import Session, col

from storage.keys import Keys
from storage.models import Budget, table
from storage.statements import Statement, insert_of
from storage.turns import Thread

_BUDGET = table(Budget)
_BLOCK = 3  # digits at the end of a number that tell the numbers of one block apart


@dataclass(frozen=True, slots=True)
class Limits:
    """Answers a day. None: as many as asked for."""

    number: int | None = None
    block: int | None = None


def _count(dialect: str) -> Any:
    return (
        insert_of(dialect, _BUDGET)
        .on_conflict_do_update(index_elements=_BUDGET.primary_key.columns, set_={"count": _BUDGET.c.count + 1})
        .returning(_BUDGET.c.count)
    )


_COUNT = Statement(_count)


def is_spent(session: Session, keys: Keys, limits: Limits, thread: Thread, number: str, day: date) -> bool:
    """One answer more to this number (E.164) or account; whether that is too many."""
    is_over = limits.number is not None and thread.heard_today > limits.number
    if limits.block is None or not number.startswith("+"):
        return is_over
    return _one_more(session, keys.blind("block", number[:-_BLOCK]), day) > limits.block or is_over


def _one_more(session: Session, blind: str, day: date) -> int:
    row = _COUNT.first(session, {"day": day, "blind": blind, "count": 1})
    assert row is not None
    return int(row.count)


def prune(session: Session, before: date) -> None:
    """Forget the days before this one."""
    session.connection().execute(delete(Budget).where(col(Budget.day) < before))
