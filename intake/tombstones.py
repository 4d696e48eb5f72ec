"""Who was erased, beside the database: bare ids, so that a restored backup brings nobody back."""

import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path


def keep(path: Path, stones: Mapping[str, datetime]) -> None:
    """Add those that are new."""
    known = read(path)
    fresh = {family_id: at for family_id, at in stones.items() if family_id not in known}
    if not fresh:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        for family_id, at in fresh.items():
            file.write(json.dumps([family_id, at.isoformat()]) + "\n")
        file.flush()
        os.fsync(file.fileno())


def read(path: Path) -> frozenset[str]:
    if not path.exists():
        return frozenset()
    return frozenset(json.loads(line)[0] for line in path.read_text("utf-8").splitlines())
