"""What a disk holds after the power went: a record of system calls, replayed up to any moment.

What was flushed (fsync, fdatasync) is there. Of what was written since, each sector of 512 bytes is there or not, as
chance has it: written in another order, torn, or never. File names are taken to be there once a file was made.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_CALL = re.compile(r"^(?P<pid>\d+) +(?P<name>\w+)\((?P<args>.*)\) += (?P<result>-?\d+)")
_BEGUN = re.compile(r"^(?P<pid>\d+) +(?P<start>\w+\(.*) <unfinished \.\.\.>$")
_ENDED = re.compile(r"^(?P<pid>\d+) +<\.\.\. \w+ resumed>(?P<rest>.*)$")
_FILE = re.compile(r"^\d+<(?P<path>[^>]*)>(?:\(deleted\))?(?:, )?(?P<rest>.*)$", re.DOTALL)
_DATA = re.compile(r'^"(?P<data>(?:\\x[0-9a-f]{2})*)", (?P<size>\d+)(?:, (?P<offset>\d+))?$')
SECTOR = 512
TRACED = "trace=write,pwrite64,pwritev,fsync,fdatasync,ftruncate,unlink,rename"


@dataclass(frozen=True, slots=True)
class Event:
    """One call that was carried out. `said`: what went to standard output."""

    name: str
    path: str
    data: bytes = b""
    offset: int = 0


def read(record: Path) -> Iterator[Event]:
    """What `strace -f -y -xx` noted, in the order in which it was done."""
    begun: dict[str, str] = {}
    for line in record.read_text(encoding="ascii", errors="replace").splitlines():
        if found := _BEGUN.match(line):
            begun[found["pid"]] = found["start"]
            continue
        if found := _ENDED.match(line):
            line = f"{found['pid']} {begun.pop(found['pid'], '')}{found['rest']}"
        call = _CALL.match(line)
        if call and int(call["result"]) >= 0 and (event := _event(call["name"], call["args"])):
            yield event


def _event(name: str, args: str) -> Event | None:
    file = _FILE.match(args)
    if file is None:
        return None
    path = bytes.fromhex(file["path"].replace("\\x", "")).decode() if file["path"].startswith("\\x") else file["path"]
    if name in ("write", "pwrite64"):
        data = _DATA.match(file["rest"])
        assert data, f"a call that cannot be replayed: {name}"
        return Event(name, path, bytes.fromhex(data["data"].replace("\\x", "")), int(data["offset"] or 0))
    assert name != "pwritev", "a call that cannot be replayed"
    return Event(name, path, b"", int(file["rest"] or 0) if name == "ftruncate" else 0)


@dataclass
class Disk:
    """The files below one folder: what is surely there, and what was written since it was last flushed."""

    flushed: dict[str, bytearray]
    since: dict[str, list[Event]] = field(default_factory=dict)

    def do(self, event: Event) -> None:
        match event.name:
            case "fsync" | "fdatasync":
                for each in self.since.pop(event.path, []):
                    _apply(self.flushed.setdefault(event.path, bytearray()), each)
            case "pwrite64" | "ftruncate":
                self.flushed.setdefault(event.path, bytearray())
                self.since.setdefault(event.path, []).append(event)

    def after_power_loss(self, dice: random.Random) -> dict[str, bytes]:
        """What somebody finds who switches the machine on again."""
        found = {}
        for path, content in self.flushed.items():
            kept, luck = bytearray(content), dice.choice((0.0, 0.5, 0.9))
            for each in self.since.get(path, []):
                for piece in _sectors(each):
                    if dice.random() < luck:
                        _apply(kept, piece)
            found[path] = bytes(kept)
        return found


def _sectors(event: Event) -> Iterator[Event]:
    if event.name == "ftruncate":
        yield event
    for start in range(0, len(event.data), SECTOR):
        yield Event(event.name, event.path, event.data[start : start + SECTOR], event.offset + start)


def _apply(content: bytearray, event: Event) -> None:
    if event.name == "ftruncate":
        del content[event.offset :]
        return
    if len(content) < event.offset:
        content.extend(bytes(event.offset - len(content)))
    content[event.offset : event.offset + len(event.data)] = event.data
