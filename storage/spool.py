"""What providers told us while the database was away: sealed files in a folder, durable before they are acknowledged.

For a database elsewhere (PostgreSQL). SQLite is a file on this disk: where it cannot be written, neither can these.
Files are named by their time; whoever takes them in takes the oldest first and drops each when it is in the database.
A file that is taken in twice changes nothing there: an event of a provider counts once.
"""

import errno
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from storage.ids import new_id
from storage.keys import Keys, KeysProblem

MOST = 50_000  # a long day of a large desk; more would not be ours to keep
_END, _DAMAGED = ".told", ".damaged"


@dataclass(frozen=True, slots=True)
class Told:
    """One webhook: its route and body as they came."""

    id: str
    route: str
    body: bytes
    at: datetime


class Spool:
    """A folder of its own; several processes of one machine share it."""

    def __init__(self, folder: Path, keys: Keys, most: int = MOST) -> None:
        self._folder, self._keys, self._most = folder, keys, most
        self._lock = folder / "lock"
        self._room = 0  # for how many more there is, without counting anew
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def keep(self, route: str, body: bytes, at: datetime) -> None:
        """Durable when this returns: the file is flushed, and the folder that names it. Raises `OSError`."""
        self._make_sure_of_room()
        id_ = new_id(at)
        head = json.dumps({"route": route, "at": at.isoformat()}).encode()
        sealed = self._keys.seal_bytes(self._keys.installation, "spool", "told", id_, head + b"\n" + body)
        unfinished = self._folder / f"{id_}.new"
        try:
            with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(sealed)
                file.flush()
                os.fsync(file.fileno())
            unfinished.rename(self._folder / f"{id_}{_END}")
        except OSError:
            unfinished.unlink(missing_ok=True)
            raise
        self._flush_folder()

    def _make_sure_of_room(self) -> None:
        """Counted now and then: the more wait, the longer it takes, and other processes fill the folder too."""
        self._room -= 1
        if self._room < 0:
            left = self._most - self.count()
            if left <= 0:
                raise OSError(errno.ENOSPC, "as much waits as is kept")
            self._room = left // 100

    def count(self) -> int:
        """How many wait."""
        with os.scandir(self._folder) as found:
            return sum(each.name.endswith(_END) for each in found)

    def is_empty(self) -> bool:
        """Whether nothing waits; asked before everything that is written."""
        with os.scandir(self._folder) as found:
            return not any(each.name.endswith(_END) for each in found)

    def oldest(self) -> datetime | None:
        """Since when the first one waits."""
        names = self._names()
        return datetime.fromtimestamp(int(names[0][:12], 16) / 1000, UTC) if names else None

    def each(self) -> Iterator[Told]:
        """What waits, the oldest first. What cannot be opened is put aside: it holds up nothing. Raises `OSError`."""
        for name in self._names():
            try:
                told = self._opened(name.removesuffix(_END), (self._folder / name).read_bytes())
            except (KeysProblem, ValueError):
                (self._folder / name).rename(self._folder / f"{name}{_DAMAGED}")
                continue
            yield told

    def damaged(self) -> int:
        """How many were put aside."""
        with os.scandir(self._folder) as found:
            return sum(each.name.endswith(_DAMAGED) for each in found)

    def _opened(self, id_: str, sealed: bytes) -> Told:
        content = self._keys.open_bytes(self._keys.installation, "spool", "told", id_, sealed)
        head, _, body = content.partition(b"\n")
        told = json.loads(head)
        return Told(id_, told["route"], body, datetime.fromisoformat(told["at"]))

    def drop(self, told: Told) -> None:
        """It is in the database."""
        (self._folder / f"{told.id}{_END}").unlink(missing_ok=True)

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Whether this process is the one that takes in: one at a time, or the order would be lost."""
        with open(self._lock, "w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True

    def _names(self) -> list[str]:
        return sorted(name for name in os.listdir(self._folder) if name.endswith(_END))

    def _flush_folder(self) -> None:
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
