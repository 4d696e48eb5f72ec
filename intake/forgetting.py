"""What is not kept for ever goes, a little at a time: a family that texts meanwhile waits for no more than one part.

What is due is looked up first, outside every write. Each part looks again, because a family may have come back.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import TypeVar

from storage import audit, coarsening, retention
from storage.database import Database, Session
from storage.keys import Keys

T = TypeVar("T")
_PART = 100


def run(database: Database, keys: Keys, now: datetime) -> retention.Plan:
    """Words, names, and what would make somebody stand out; what was done. The audit says what was due, first."""
    with database.read() as session:
        due = retention.due(session, now)
    many = f"{len(due.conversations)} {len(due.families)}"
    database.write(lambda session: audit.add(session, now, None, "", "retention", many)).result()
    words = partial(retention.forget_words, now=now)
    names = partial(retention.forget_names, keys=keys, now=now)
    conversations = sum(_by_part(database, words, due.conversations))
    families = sum(_by_part(database, names, due.families))
    return retention.Plan(conversations, families, _level(database))


def _level(database: Database) -> int:
    """Nobody stands out by what is left; how many requests tell less."""
    with database.read() as session:
        rare = coarsening.rare_languages(session)
    list(_by_part(database, coarsening.forget_languages, rare))
    with database.read() as session:
        found = coarsening.coarser(session)
    list(_by_part(database, coarsening.coarsen, found))
    database.write(coarsening.coarsen_earlier).result()
    return len(found)


def _by_part(database: Database, work: Callable[..., T], everything: Sequence[object]) -> Iterator[T]:
    for first in range(0, len(everything), _PART):
        some = everything[first : first + _PART]

        def part(session: Session, some: Sequence[object] = some) -> T:
            return work(session, some=some)

        yield database.write(part).result()
