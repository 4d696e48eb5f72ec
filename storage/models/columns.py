"""Kinds of columns that every table uses."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Column, Dialect, Index, LargeBinary, Table, event
from sqlalchemy import types as sql
from sqlmodel import AutoString, Field, SQLModel


class Kept(SQLModel):
    """What every table is. Rows are not validated, so nothing is compiled for it: that took a fifth of a second."""

    model_config = {"defer_build": True}


class UtcTime(sql.TypeDecorator[datetime]):
    """Aware UTC both ways; SQLite keeps no time zone."""

    impl = sql.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def bind_processor(self, dialect: Dialect) -> Any:
        """On SQLite in one step, the text that SQLAlchemy's own type writes: a turn has a dozen of them."""
        return _to_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        return _from_text if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


@lru_cache(maxsize=64)  # a turn writes its one moment in a dozen places
def _to_text(value: datetime | None) -> str | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError("a time without a zone")
    return value.astimezone(UTC).isoformat(" ", "microseconds")[:26]


def _from_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value).replace(tzinfo=UTC)


def table(model: type[SQLModel]) -> Table:
    """The table behind a model, for statements that are compiled once (the turn)."""
    found: Table = model.__table__  # type: ignore[attr-defined]
    return found


_UTC = UtcTime()
_texts: dict[int | None, sql.String] = {}


@event.listens_for(Column, "before_parent_attach")
def _share_texts(column: Column[Any], _table: Table) -> None:
    """One plain type for all columns of text: SQLModel's own is for MySQL, and makes a class for each column."""
    if isinstance(column.type, AutoString):
        length = cast(sql.String, column.type.impl).length
        column.type = _texts.setdefault(length, sql.String(length))


def partial(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index of some rows only. Its migration says so to the database, and a test holds both to the same words.

    SQLAlchemy is not told: to understand `postgresql_where` it loads all of PostgreSQL's drivers.
    """
    return Index(name, *columns, unique=unique, info={"where": where})


def where_given(name: str, column: str) -> Index:
    """An index of the few rows that have something there."""
    return partial(name, column, where=f"{column} is not null")


def in_parts(column: str, many: int) -> dict[str, Any]:
    """On PostgreSQL the rows lie in so many tables, by the hash of this column. Its migration says so to the database.

    There it belongs to the table's key as well: a query that names it reads one part, another one reads them all.
    """
    return {"info": {"parts": (column, many)}}


def time(**more: Any) -> Any:
    return Field(sa_type=_UTC, **more)


def sealed(**more: Any) -> Any:
    return Field(sa_type=LargeBinary, **more)


def row_id() -> Any:
    return Field(primary_key=True, max_length=32)
