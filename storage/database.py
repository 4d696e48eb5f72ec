"""The one way in: `write` (durable when its future resolves) and `read`. Nobody else opens or commits anything.

SQLite: one thread per process commits groups of works, so that one flush to the disk serves many (WAL,
`synchronous=FULL`, BEGIN IMMEDIATE; after a failure the group anew, a SAVEPOINT per work). PostgreSQL: each work is a
transaction of its own. Either way a work may be run twice, and only what it returned last counts.
"""

import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from functools import cached_property
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import Session as Session  # the type of what a work is given
from sqlmodel import create_engine

from storage import row_security

T = TypeVar("T")
Work = Callable[[Session], T]

_GROUP = 128  # works that share one commit: more would make the first of them wait
_SERIALIZATION, _DEADLOCK, _UNIQUE = "40001", "40P01", "23505"
_LOST = ("08", "57P0")  # a connection that broke, a server that goes down or comes up
_NO_ROOM = "53"  # a server without disk, memory or connections left
_CONNECT_WITHIN = 5  # seconds; a provider waits fifteen for its answer
_CHANGED = "intake_changed"
_BUSY = 15  # seconds: how long another process may write before ours is given up
_WAITS = f"busy_timeout={_BUSY * 1000}"
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", _WAITS, "secure_delete=ON")


class Unreachable(Exception):
    """No database answers at that address. One sentence."""


class Database:
    """A SQLite file (`sqlite:///…`) or a PostgreSQL database (`postgresql://…`)."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self._engine = _sqlite(url) if self.is_sqlite else _postgresql(url)
        self._readers = _sqlite(url, read_only=True) if self.is_sqlite else self._engine
        self._writer: _GroupWriter | _PoolWriter = (
            _GroupWriter(self._engine) if self.is_sqlite else _PoolWriter(self._engine)
        )
        self._changes: _DataVersion | _Notifications = (
            _DataVersion(self._readers) if self.is_sqlite else _Notifications(self._engine)
        )

    def write(self, work: "Work[T]") -> "Future[T]":
        """Run `work` in a transaction. The future has its result once that is durable, or what it raised."""
        return self._writer.submit(work)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that only reads, for the length of a `with`."""
        with Session(self._readers) as session:
            yield session

    @cached_property
    def role_of_desks(self) -> str | None:
        """What `OfDesks` takes on; None on SQLite, and where it is missing (`check` says so)."""
        with self.connect() as connection:
            return row_security.role(connection)

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """For migrations and checks: a bare connection. Raises `Unreachable`."""
        try:
            connection = self._engine.connect()
        except DBAPIError:
            raise Unreachable("the database cannot be opened: check INTAKE_DATABASE_URL and whether it runs") from None
        with connection:
            yield connection

    def scrub(self) -> None:
        """After an erasure: no old page stays in SQLite's log beside the file; PostgreSQL's own vacuum sees to its."""
        if self.is_sqlite:
            with closing(self._engine.raw_connection()) as connection:  # outside every transaction
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").close()

    def version(self) -> int:
        """A number that changes when anything was written, by whichever process."""
        return self._changes.version()

    def close(self) -> None:
        """Finish what was accepted, then let go."""
        self._writer.close()
        self._changes.close()
        self._readers.dispose()
        self._engine.dispose()


_Given = tuple[Work[Any], Future[Any]]
_Group = list[_Given]
_Answer = tuple[Future[Any], Any, BaseException | None]


class _GroupWriter:
    """One thread, one connection: takes what has gathered, commits it together, then answers."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._works: queue.SimpleQueue[_Given | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._is_open = True
        self._thread = threading.Thread(target=self._run, name="database-writer", daemon=True)
        self._thread.start()

    def submit(self, work: "Work[T]") -> "Future[T]":
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()  # what was handed over is done, also when nobody waits for it any more
        with self._lock:
            if not self._is_open:
                raise RuntimeError("the database is closed")
            self._works.put((work, future))
        return future

    def close(self) -> None:
        with self._lock:
            self._is_open = False
            self._works.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            first = self._works.get()
            if first is None:
                return
            group, is_last = self._gather(first)
            self._commit(group)
            if is_last:
                return

    def _gather(self, first: _Given) -> tuple[_Group, bool]:
        group = [first]
        with suppress(queue.Empty):
            while len(group) < _GROUP:
                following = self._works.get_nowait()
                if following is None:
                    return group, True
                group.append(following)
        return group, False

    def _commit(self, group: _Group) -> None:
        """Answers go out only after COMMIT; when that fails, every work of the group hears it."""
        try:
            answers = self._together(group) or self._apart(group)
        except BaseException as problem:
            for _, future in group:
                future.set_exception(problem)
            return
        for future, result, failure in answers:
            if failure is None:
                future.set_result(result)
            else:
                future.set_exception(failure)

    def _together(self, group: _Group) -> list[_Answer]:
        """Works hardly ever fail, and a savepoint each costs them a tenth. [] when one did: nothing of any is kept."""
        with self._engine.connect() as connection, connection.begin() as transaction:
            session = _session_in(connection)
            try:
                answers: list[_Answer] = [(future, _run(session, work), None) for work, future in group]
            except Exception as problem:
                transaction.rollback()
                return [(group[0][1], None, problem)] if len(group) == 1 else []
        return answers

    def _apart(self, group: _Group) -> list[_Answer]:
        """The same with a savepoint for each, so that one that fails takes no other with it."""
        with self._engine.begin() as connection:
            session = _session_in(connection)
            return [(future, *_run_in_savepoint(session, work)) for work, future in group]


def _session_in(connection: Connection) -> Session:
    """A Session for the works of one group, one after the other; it never commits."""
    info = {"driver": connection.connection.driver_connection, "dialect": connection.dialect}
    return Session(connection, join_transaction_mode="rollback_only", expire_on_commit=False, info=info)


def _run(session: Session, work: Work[T]) -> T:
    result = work(session)
    session.flush()
    session.expunge_all()
    return result


def _run_in_savepoint(session: Session, work: Work[T]) -> tuple[T | None, BaseException | None]:
    driver = session.info["driver"]
    driver.execute("SAVEPOINT work")
    try:
        result = _run(session, work)
    except Exception as problem:
        session.expunge_all()
        driver.execute("ROLLBACK TO work")
        driver.execute("RELEASE work")
        return None, problem
    driver.execute("RELEASE work")
    return result, None


class _PoolWriter:
    """A few threads, a transaction per work; run once more when only the circumstances were against it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="database-writer")

    def submit(self, work: "Work[T]") -> "Future[T]":
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()  # what was handed over is done, also when nobody waits for it any more
        self._threads.submit(self._answer, work, future)
        return future

    def close(self) -> None:
        self._threads.shutdown(wait=True)

    def _answer(self, work: "Work[T]", future: "Future[T]") -> None:
        try:
            future.set_result(self._run(work))
        except BaseException as problem:
            future.set_exception(problem)

    def _run(self, work: "Work[T]") -> T:
        try:
            return self._once(work)
        except Exception as problem:  # the driver's own errors come as they are from `statements.py`
            if not _is_worth_another_try(problem):
                raise
        return self._once(work)

    def _once(self, work: "Work[T]") -> T:
        with Session(self._engine, expire_on_commit=False) as session, session.begin():
            result = work(session)
            session.connection().exec_driver_sql(f"NOTIFY {_CHANGED}")
            return result


class _DataVersion:
    """SQLite counts, per connection, what others committed: one connection of its own watches."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._lock = engine, threading.Lock()
        self._connection: Any = None  # the driver's own: a transaction would hold the number still

    def version(self) -> int:
        with self._lock:
            if self._connection is None:
                self._connection = self._engine.raw_connection()
            return int(self._connection.driver_connection.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()


class _Notifications:
    """PostgreSQL tells who listens; a thread counts, begun when somebody first asks."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._lock = engine, threading.Lock()
        self._thread: threading.Thread | None = None
        self._count, self._is_open = 0, True

    def version(self) -> int:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._listen, name="database-changes", daemon=True)
                self._thread.start()
        return self._count

    def close(self) -> None:
        self._is_open = False
        if self._thread is not None:
            self._thread.join(timeout=2)

    def _listen(self) -> None:
        """Through lost connections; after each one something may have changed unheard."""
        while self._is_open:
            try:
                with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                    connection.exec_driver_sql(f"LISTEN {_CHANGED}")
                    self._count += 1
                    driver: Any = connection.connection.driver_connection
                    while self._is_open:
                        self._count += sum(1 for _ in driver.notifies(timeout=0.5))
            except DBAPIError:
                time.sleep(0.5)
            except Exception as problem:  # the driver's own errors while it waits are not wrapped
                if not type(problem).__module__.startswith("psycopg"):
                    raise
                time.sleep(0.5)


def is_away(problem: BaseException) -> bool:
    """Whether nothing is wrong with the work: the database was not there, or did not answer in time."""
    if isinstance(problem, TimeoutError | PoolTimeout):
        return True
    cause = problem.orig if isinstance(problem, DBAPIError) else problem
    state = getattr(cause, "sqlstate", None)
    if state is not None:
        return str(state).startswith((*_LOST, _NO_ROOM))
    return type(cause).__name__ in ("OperationalError", "InterfaceError")


def _is_worth_another_try(problem: Exception) -> bool:
    """A lost connection, a conflict with another transaction: what did not happen may happen now."""
    cause = problem.orig if isinstance(problem, DBAPIError) else problem
    state = getattr(cause, "sqlstate", None)
    if state is None:
        return type(cause).__name__ in ("OperationalError", "InterfaceError")
    return str(state).startswith(_LOST) or state in (_SERIALIZATION, _DEADLOCK, _UNIQUE)


def _sqlite(url: str, *, read_only: bool = False) -> Engine:
    options = {"check_same_thread": False, "isolation_level": None, "timeout": _BUSY}
    engine = create_engine(url, connect_args=options, pool_size=8 if read_only else 1, max_overflow=8)

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        if read_only:
            connection.execute("PRAGMA query_only=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # The driver's own idea of when to begin lets two writers read the same state; see docs/decisions.
        if read_only:
            connection.exec_driver_sql("BEGIN")
        elif not _has_begun(connection.connection.driver_connection):
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # once more, to say what is wrong

    return engine


def _has_begun(driver: Any) -> bool:
    """Whether the lock was had in time, looked for every millisecond.

    Left to itself SQLite looks ever less often, up to 100 ms apart, and misses the moments between the short
    transactions of another process.
    """
    end = time.monotonic() + _BUSY
    driver.execute("PRAGMA busy_timeout=1")  # SQLite itself sleeps for it: not with the interpreter's lock, by no clock
    try:
        while time.monotonic() < end:
            try:
                driver.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as problem:
                if problem.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                    return False
            else:
                return True
        return False
    finally:
        driver.execute(f"PRAGMA {_WAITS}")


def _postgresql(url: str) -> Engine:
    address = url.replace("postgresql://", "postgresql+psycopg://", 1)
    within = {"connect_timeout": _CONNECT_WITHIN}
    # a restart is seen before a page
    return create_engine(address, connect_args=within, pool_size=8, max_overflow=8, pool_pre_ping=True)
