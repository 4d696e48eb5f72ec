"""What the databases themselves can do, beside ours: one flush to the disk, bare sqlite3, pgbench.

The transaction is the writing of one turn, in as many rows and about as many bytes: the event is seen, the conversation
gets its new state, a message comes in and one goes out.
"""

import os
import re
import shutil
import sqlite3
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.faults.server import server

_SECONDS = float(os.environ.get("BENCH_SECONDS", "8"))
_TABLES = """
create table seen (id text primary key, at text not null);
create table conversation (id integer primary key, state {bytes} not null, turn integer not null);
create table message (id {number} primary key, conversation integer not null, direction text, body {bytes});
create index message_of on message (conversation);
"""
_FAMILIES = 1000
_STATE, _BODY = 1200, 200  # bytes, sealed
_PGBENCH = f"""\\set family random(1, {_FAMILIES})
begin;
insert into seen values (gen_random_uuid()::text, now()::text) on conflict do nothing;
select state, turn from conversation where id = :family for update;
update conversation set state = decode(repeat('ab', {_STATE}), 'hex'), turn = turn + 1 where id = :family;
insert into message (conversation, direction, body) values (:family, 'in', decode(repeat('ab', {_BODY}), 'hex'));
insert into message (conversation, direction, body) values (:family, 'out', decode(repeat('ab', {_BODY}), 'hex'));
commit;
"""


def flush() -> float:
    """Seconds of one `fsync` after a page was written: the median of 200, on the disk where the bench writes."""
    took = []
    with tempfile.NamedTemporaryFile() as file:
        for _ in range(200):
            file.write(os.urandom(4096))
            file.flush()
            began = time.perf_counter()
            os.fsync(file.fileno())
            took.append(time.perf_counter() - began)
    return statistics.median(took)


def bare_sqlite() -> float:
    """Transactions a second of one writer that waits for the disk each time (WAL, `synchronous=FULL`)."""
    state, body = os.urandom(_STATE), os.urandom(_BODY)
    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(Path(folder) / "bare.db", isolation_level=None)
        connection.executescript("pragma journal_mode=wal; pragma synchronous=full;")
        connection.executescript(_TABLES.format(bytes="blob", number="integer"))
        connection.executemany("insert into conversation values (?, ?, 0)", ((n, state) for n in range(_FAMILIES)))
        until, done = time.perf_counter() + _SECONDS, 0
        while time.perf_counter() < until:
            family, done = done % _FAMILIES, done + 1
            connection.execute("begin immediate")
            connection.execute("insert or ignore into seen values (?, ?)", (f"SM{done:032x}", "2026-03-02"))
            connection.execute("select state, turn from conversation where id = ?", (family,)).fetchone()
            connection.execute("update conversation set state = ?, turn = turn + 1 where id = ?", (state, family))
            for direction in ("in", "out"):
                row = (family, direction, body)
                connection.execute("insert into message (conversation, direction, body) values (?, ?, ?)", row)
            connection.execute("commit")
        connection.close()
    return done / _SECONDS


def pgbench() -> str:
    """What `pgbench` makes of it with one client and with eight, on a server of our own; else why not."""
    program = shutil.which("pgbench")
    if program is None:
        return "pgbench is not here"
    try:
        with server() as running:
            return " · ".join(f"{_pgbench(program, running.url, many):.0f}" for many in (1, 8)) + "/s, 1 · 8 clients"
    except pytest.skip.Exception as problem:
        return str(problem)


def _pgbench(program: str, url: str, clients: int) -> float:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("drop table if exists seen, conversation, message")
        connection.execute(_TABLES.format(bytes="bytea", number="bigint generated always as identity"))
        connection.execute(
            f"insert into conversation select n, decode(repeat('ab', {_STATE}), 'hex'), 0 "
            f"from generate_series(1, {_FAMILIES}) n"
        )
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(_PGBENCH)
        script.flush()
        os.chmod(script.name, 0o644)
        command = [program, "-n", "-f", script.name, "-c", str(clients), "-T", str(int(_SECONDS)), *_address(url)]
        found = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(re.search(r"tps = ([\d.]+)", found.stdout)[1])  # type: ignore[index]


def _address(url: str) -> list[str]:
    """`pgbench` takes a connection string as the name of the database."""
    assert urlsplit(url).scheme == "postgresql"
    return [url]
