"""Core statements compiled once a database and run on the driver's own cursor: the hot path of a turn.

SQLAlchemy builds the SQL and knows how each type travels; what it does around every `execute` (events, a result
object, a cache look-up) costs ten times the statement itself. Everything here runs inside the transaction that
`Database.write` began: on the same connection, seen by the same Session.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Date
from sqlalchemy.sql.base import Executable
from sqlmodel import Session

Row = Any  # a named tuple of the columns asked for
_Processor = Callable[[Any], Any]
_UNREAD = object()  # what a row was not asked for
_ROWS: dict[tuple[str, ...], type[Row]] = {}  # made of column names alone


class _Compiled(NamedTuple):
    sql: str
    bind: Callable[[Mapping[str, Any]], Any]  # the values as the driver takes them
    out: tuple[tuple[int, _Processor], ...]  # on the way out, by column
    row: Callable[[Iterable[Any]], Row] | None


class Statement:
    """One statement. `run` gives its rows; `of` chooses the dialect's own where databases differ."""

    def __init__(self, of: Executable | Callable[[str], Executable]) -> None:
        self._of = of
        self._compiled: dict[tuple[str, tuple[str, ...]], _Compiled] = {}

    def run(self, session: Session, values: Mapping[str, Any]) -> list[Row]:
        """Every row; [] for a statement that returns none."""
        compiled = self._for(session, values)
        cursor = _driver(session).execute(compiled.sql, compiled.bind(values))
        if compiled.row is None:
            cursor.close()
            return []
        make, out = compiled.row, compiled.out
        return [make(_outward(each, out) if out else each) for each in cursor.fetchall()]

    def first(self, session: Session, values: Mapping[str, Any]) -> Row | None:
        found = self.run(session, values)
        return found[0] if found else None

    def each(self, session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
        """The same for every row, which all name the same columns. Nothing is returned."""
        if rows:
            compiled = self._for(session, rows[0])
            cursor = _driver(session).cursor()
            cursor.executemany(compiled.sql, [compiled.bind(row) for row in rows])
            cursor.close()

    def _for(self, session: Session, values: Mapping[str, Any]) -> _Compiled:
        dialect = session.info.get("dialect") or session.info.setdefault("dialect", session.get_bind().dialect)
        key = (dialect.name, tuple(values))
        found = self._compiled.get(key)
        if found is None:
            statement = self._of if isinstance(self._of, Executable) else self._of(dialect.name)
            found = self._compiled[key] = _compile(statement, dialect, values)
        return found


def changed(row: Row | None, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """What does not stand in `row` already: an index is written anew for every column that is named, changed or not.

    Everything where nothing was read.
    """
    if row is None:
        return values
    return {name: value for name, value in values.items() if getattr(row, name, _UNREAD) != value}


def insert_of(dialect: str, into: Any) -> Any:
    """An insert that may say what follows a conflict: each database has its own words for it."""
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql  # loads half a dozen drivers' dialects

        return postgresql.insert(into)
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(into)


def _compile(statement: Executable, dialect: Any, values: Mapping[str, Any]) -> _Compiled:
    # An insert or update without values of its own takes its columns from the names that are given.
    compiled: Any = statement.compile(dialect=dialect, column_keys=list(values))  # type: ignore[attr-defined]
    columns = tuple(compiled._result_columns)
    out = ((place, column.type._cached_result_processor(dialect, None)) for place, column in enumerate(columns))
    bind = _by_place if compiled.positional else _by_name
    return _Compiled(
        sql=str(compiled),
        bind=bind(
            tuple(compiled.positiontup if compiled.positional else compiled.params),
            {name: value for name, value in compiled.params.items() if name not in values},
            {name: _inward(dialect, compiled.binds[name], each) for name, each in compiled._bind_processors.items()},
        ),
        out=tuple((place, processor) for place, processor in out if processor is not None),
        row=_row_of(tuple(column.keyname for column in columns)) if columns else None,
    )


def _inward(dialect: Any, parameter: Any, processor: _Processor) -> _Processor:
    """SQLAlchemy writes a day for SQLite by a format that may be chosen: four times as slow as Python's own."""
    return _to_day if dialect.name == "sqlite" and isinstance(parameter.type, Date) else processor


def _to_day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _by_place(
    names: tuple[str, ...], fixed: Mapping[str, Any], into: Mapping[str, _Processor]
) -> Callable[[Mapping[str, Any]], Any]:
    """`fixed`: parameters that stand in the statement itself; `into`: what is done to some on the way in."""
    take = itemgetter(*names) if len(names) > 1 else lambda values: tuple(values[name] for name in names)
    places = tuple((place, into[name]) for place, name in enumerate(names) if name in into)

    def bind(values: Mapping[str, Any]) -> list[Any]:
        row = list(take({**fixed, **values} if fixed else values))
        for place, process in places:
            row[place] = process(row[place])
        return row

    return bind


def _by_name(
    names: tuple[str, ...], fixed: Mapping[str, Any], into: Mapping[str, _Processor]
) -> Callable[[Mapping[str, Any]], Any]:
    processed = tuple((name, process) for name, process in into.items() if name in names)

    def bind(values: Mapping[str, Any]) -> dict[str, Any]:
        row = {**fixed, **values}
        for name, process in processed:
            row[name] = process(row[name])
        return row

    return bind


def _row_of(names: tuple[str, ...]) -> Callable[[Iterable[Any]], Row]:
    if names not in _ROWS:
        _ROWS[names] = namedtuple("Row", names, rename=True)
    make: Callable[[Iterable[Any]], Row] = _ROWS[names]._make
    return make


def _outward(row: Sequence[Any], out: tuple[tuple[int, _Processor], ...]) -> list[Any]:
    changed = list(row)
    for place, processor in out:
        changed[place] = processor(changed[place])
    return changed


def _driver(session: Session) -> Any:
    """The driver's connection in which this Session's transaction is open."""
    kept = session.info.get("driver")
    if kept is None:
        kept = session.info["driver"] = session.connection().connection.driver_connection
    return kept
