"""Bringing a database up to date, and seeing whether it is."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, text
from sqlmodel import SQLModel

from storage import row_security
from storage.database import Database
from storage.migrations import HEAD

_FOLDER = Path(__file__).parent / "migrations"
_PARTS = """
select whole.relname, part.relname from pg_inherits join pg_class part on part.oid = inhrelid
    join pg_class whole on whole.oid = inhparent
where part.relispartition and part.relkind = 'r' and part.relnamespace = current_schema()::regnamespace order by 1, 2
"""


def migrate(database: Database, revision: str = "head") -> None:
    """Every migration that is missing, in order, up to `revision`, and who may see which rows. Safe to run again."""
    if revision != "head" or not is_current(database):
        _upgrade(database, revision)
    if revision == "head":
        with database.connect() as connection, connection.begin():
            row_security.ensure(connection)


def _upgrade(database: Database, revision: str) -> None:
    with database.connect() as connection:
        config = _config(connection)
        from alembic import command  # heavy, and most starts need none of it

        is_sqlite = connection.dialect.name == "sqlite"
        raw: Any = connection.connection.dbapi_connection
        if is_sqlite:  # a table that is made anew is dropped first: rows that name it must not be looked at then
            raw.execute("pragma foreign_keys = off")
        try:
            command.upgrade(config, revision)
            connection.commit()
        finally:
            if is_sqlite:
                raw.execute("pragma foreign_keys = on")


def is_current(database: Database) -> bool:
    """Whether this database has the schema this code expects."""
    with database.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return False
        found = connection.execute(text("select version_num from alembic_version")).scalars().all()
        return found == [HEAD]


def newest_revision() -> str | None:
    """The last one in the folder; a test holds `HEAD` to it."""
    from alembic.script import ScriptDirectory  # heavy, see above

    return ScriptDirectory(str(_FOLDER)).get_current_head()


def differences(database: Database) -> list[Any]:
    """What the tables of this database differ in from `models.py`; [] when nothing."""
    from alembic.autogenerate import compare_metadata  # for a test and for whoever writes a migration
    from alembic.migration import MigrationContext

    with database.connect() as connection:
        apart = {name for names in parts(connection).values() for name in names}
        named: Any = {"include_name": lambda name, kind, _: kind != "table" or name not in apart}
        return list(compare_metadata(MigrationContext.configure(connection, opts=named), SQLModel.metadata))


def parts(connection: Connection) -> dict[str, list[str]]:
    """The tables that lie in parts, and the names of these; {} on SQLite, which has none."""
    if connection.dialect.name == "sqlite":
        return {}
    found: dict[str, list[str]] = {}
    for whole, part in connection.execute(text(_PARTS)):
        found.setdefault(whole, []).append(part)
    return found


def _config(connection: Connection) -> Any:
    from alembic.config import Config  # heavy, see above

    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = connection
    return config
