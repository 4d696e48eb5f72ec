"""A database as far as it is some desks': what the pages of their people read and write."""

from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TypeVar

from sqlmodel import Session

from storage import row_security
from storage.database import Database, Work

T = TypeVar("T")


class OfDesks:
    """The rows of all other desks are hidden by PostgreSQL, should a query forget to leave them out."""

    def __init__(self, database: Database, desk_ids: Iterable[str]) -> None:
        self._database, self._desk_ids = database, frozenset(desk_ids)

    def write(self, work: "Work[T]") -> "Future[T]":
        """As `Database.write`."""

        def restricted(session: Session) -> T:
            self._restrict(session)
            return work(session)

        return self._database.write(restricted)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """As `Database.read`."""
        with self._database.read() as session:
            self._restrict(session)
            yield session

    def _restrict(self, session: Session) -> None:
        if role := self._database.role_of_desks:
            row_security.restrict(session, role, self._desk_ids)
