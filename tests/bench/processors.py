"""What each part of an installation uses of processors and memory, by Linux's own figures."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

import psycopg

_TICK = os.sysconf("SC_CLK_TCK")


def used(parts: Mapping[str, list[int]]) -> dict[str, float]:
    """Seconds so far of each part: its processes, their children that are no part themselves, and those that ended."""
    named = {pid for pids in parts.values() for pid in pids}
    parents = {int(path.name): _parent(path) for path in Path("/proc").iterdir() if path.name.isdigit()}
    return {
        part: sum(
            _seconds(pid) for pid, parent in parents.items() if pid in pids or (parent in pids and pid not in named)
        )
        for part, pids in parts.items()
    }


def shares(before: Mapping[str, float], after: Mapping[str, float], seconds: float) -> str:
    """ "web 0.80 · worker 0.31": of one processor, over these seconds."""
    return " · ".join(f"{part} {(after[part] - before[part]) / seconds:.2f}" for part in after)


def memory(pids: list[int]) -> float:
    """MB in use by these processes."""
    found = (re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(encoding="utf-8")) for pid in pids)
    return sum(int(each[1]) for each in found if each) / 1024


def of_postgresql(url: str) -> int:
    """The process of the server at this address, which is on this machine."""
    with psycopg.connect(url) as connection:
        return _parent(Path(f"/proc/{connection.info.backend_pid}"))


def _parent(path: Path) -> int:
    fields = _fields(path)
    return int(fields[1]) if fields else 0


def _seconds(pid: int) -> float:
    fields = _fields(Path(f"/proc/{pid}"))
    return sum(map(int, fields[11:15])) / _TICK if fields else 0


def _fields(path: Path) -> list[str]:
    """Of `stat`, from the state on; none for a process that ended."""
    try:
        return (path / "stat").read_text(encoding="utf-8").rpartition(") ")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
