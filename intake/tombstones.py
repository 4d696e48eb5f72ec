"""Who was erased, beside the database: bare ids, so that neither a restored backup nor the provider brings them back.

A line of JSON each: the family's id, when, and the provider's ids of what it had sent of late.
"""

import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from storage.erasure import Stone


def keep(path: Path, stones: Mapping[str, Stone]) -> None:
    """Add those that are new."""
    known = read(path)
    fresh = {family_id: stone for family_id, stone in stones.items() if family_id not in known}
    if not fresh:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        for family_id, stone in fresh.items():
            file.write(json.dumps([family_id, stone.at.isoformat(), stone.events]) + "\n")
        file.flush()
        os.fsync(file.fileno())


def read(path: Path) -> dict[str, Stone]:
    """By the family's id."""
    if not path.exists():
        return {}
    lines = (json.loads(line) for line in path.read_text("utf-8").splitlines())
    return {id_: Stone(datetime.fromisoformat(at), _events(more)) for id_, at, *more in lines}


def _events(more: list[list[list[str]]]) -> tuple[tuple[str, str, str], ...]:
    """None in a line of an earlier version."""
    return tuple((provider, kind, id_) for events in more for provider, kind, id_ in events)
