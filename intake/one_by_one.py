"""What is due with many rows, each in a transaction of its own: one that cannot be read holds up no other."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TypeVar

from storage import damaged
from storage.database import Database, Session
from storage.keys import KeysProblem

T = TypeVar("T")
log = logging.getLogger("intake.worker")
_AT_ONCE = 100


async def one_by_one(
    database: Database, what: str, find: Callable[[Session, int], list[str]], act: Callable[[Session, str], T],
    now: datetime,
) -> list[T]:  # fmt: skip
    """What `act` made of each row that `find` names (at most so many). A killed worker's rest is the next one's.

    `what`: the kind of row. One that cannot be opened or read is noted, and left alone from then on.
    """
    done: list[T] = []
    for id_ in await asyncio.to_thread(_to_do, database, what, find):
        try:
            done.append(await asyncio.wrap_future(database.write(partial(_act, act=act, id_=id_))))
        except (KeysProblem, ValueError):
            log.exception("damaged", extra={"id": id_})
            note = partial(damaged.note, what=what, row_id=id_, now=now)
            await asyncio.wrap_future(database.write(note))
    return done


def _act(session: Session, act: Callable[[Session, str], T], id_: str) -> T:
    return act(session, id_)


def _to_do(database: Database, what: str, find: Callable[[Session, int], list[str]]) -> list[str]:
    with database.read() as session:
        left_alone = damaged.known(session, what)
        return [id_ for id_ in find(session, _AT_ONCE + len(left_alone)) if id_ not in left_alone]
