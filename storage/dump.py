"""A whole installation as lines of JSON, the same from SQLite and PostgreSQL, and back into either of them.

What is sealed stays sealed: without the keys file a dump tells what the database tells, no more. Sessions of browsers,
wrong guesses at sign-in, lists that somebody is looking at, and how often a number was answered today, are left out.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, LargeBinary, Table, insert, select, update
from sqlmodel import Session, SQLModel

from storage.migrations import HEAD
from storage.models import Desk, UtcTime, table

_FORMAT = 1
_LEFT_OUT = ("staff_session", "staff_device", "sign_in_attempt", "budget", "clock", "import_draft", "presence",
             "organiser_text", "heartbeat", "damaged")  # fmt: skip
_CHUNK = 500


class WrongDump(Exception):
    """What cannot be taken as a dump. One sentence."""


@dataclass
class Counted:
    """How many rows of each table, by its name."""

    rows: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.rows.values())


def write(session: Session, at: datetime) -> Iterator[str]:
    """Every line of it, of one moment: the session sees nothing that is written meanwhile."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    digest, rows = hashlib.sha256(), 0
    first = _line({"opvanglijn": _FORMAT, "schema": HEAD, "at": at.isoformat()})
    digest.update(first.encode())
    yield first
    for each in _tables():
        header = _line({"table": each.name, "columns": [column.name for column in each.columns]})
        digest.update(header.encode())
        yield header
        found = session.connection().execution_options(yield_per=_CHUNK).execute(select(each))
        for row in found:
            line = _line([_out(value) for value in row])
            digest.update(line.encode())
            rows += 1
            yield line
    yield _line({"end": rows, "sha256": digest.hexdigest()})


def load(session: Session, lines: Iterable[str]) -> Counted:
    """Fill an empty database with it. Raises `WrongDump`."""
    if session.connection().execute(select(table(Desk).c.id).limit(1)).first() is not None:
        raise WrongDump(
            "this database is not empty: restore into a new one, with INTAKE_DATABASE_URL or INTAKE_DATA_DIR"
        )
    counted, digest, later = Counted(), hashlib.sha256(), list[tuple[Table, str, str, str]]()
    into: tuple[Table, list[str]] | None = None
    waiting: list[dict[str, Any]] = []
    known = {each.name: each for each in _tables()}
    is_whole = False
    for number, line in enumerate(lines):
        content = _read(line)
        if isinstance(content, dict):
            _keep(session, into, waiting)
            if "end" in content:
                is_whole = content == {"end": counted.total, "sha256": digest.hexdigest()}
                break
            if number == 0:
                _check(content)
            else:
                into = _table(content, known)
                counted.rows[into[0].name] = 0
        elif into is None or len(content) != len(into[1]):
            raise WrongDump(f"line {number + 1} is none of a dump")
        else:
            waiting.append(_row(into, content, later))
            counted.rows[into[0].name] += 1
            if len(waiting) >= _CHUNK:
                _keep(session, into, waiting)
        digest.update(line.encode())
    if not is_whole:
        raise WrongDump("this backup is not whole: it ends early, or was changed")
    for each, id_, column, value in later:
        session.connection().execute(update(each).where(each.c.id == id_).values({column: value}))
    return counted


def _keep(session: Session, into: tuple[Table, list[str]] | None, waiting: list[dict[str, Any]]) -> None:
    if into is not None and waiting:
        session.connection().execute(insert(into[0]), waiting)
        waiting.clear()


def _row(into: tuple[Table, list[str]], content: list[Any], later: list[tuple[Table, str, str, str]]) -> dict[str, Any]:
    """What points into its own table comes when that is whole."""
    where, names = into
    row = {name: _in(where.c[name].type, value) for name, value in zip(names, content, strict=True)}
    for name in names:
        if row[name] is not None and any(key.column.table is where for key in where.c[name].foreign_keys):
            later.append((where, row["id"], name, row[name]))
            row[name] = None
    return row


def _tables() -> list[Table]:
    """In an order in which each stands behind those it points to."""
    return [each for each in SQLModel.metadata.sorted_tables if each.name not in _LEFT_OUT]


def _table(content: dict[str, Any], known: dict[str, Table]) -> tuple[Table, list[str]]:
    found = known.get(str(content.get("table")))
    names = content.get("columns")
    if found is None or not isinstance(names, list) or set(names) != {column.name for column in found.columns}:
        raise WrongDump("this backup has other tables than this version: use the version that made it, then migrate")
    return found, names


def _check(content: dict[str, Any]) -> None:
    if content.get("opvanglijn") != _FORMAT:
        raise WrongDump("this is no backup of Opvanglijn")
    if content.get("schema") != HEAD:
        raise WrongDump(
            f"this backup has the schema {content.get('schema')}, this version {HEAD}: restore it with the version that"
            " made it, then migrate"
        )


def _read(line: str) -> Any:
    try:
        found = json.loads(line)
    except ValueError:
        raise WrongDump("this is no backup of Opvanglijn") from None
    if not isinstance(found, dict | list):
        raise WrongDump("this is no backup of Opvanglijn")
    return found


def _line(content: Any) -> str:
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False) + "\n"


def _out(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode()
    return value.isoformat() if isinstance(value, datetime | date) else value


def _in(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, LargeBinary):
        return base64.b64decode(value)
    if isinstance(kind, UtcTime):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if isinstance(kind, Date) else value
