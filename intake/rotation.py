"""`keys rotate`: a new master key, every data key closed by it anew, old ones gone when nobody needs them any more.

A process that runs meanwhile reads the keys file again before it closes anything by another master key. What it was
just closing is found at the next rotation: only then an old master key goes, and never within a minute.
"""

import time
from functools import partial
from pathlib import Path

from storage import rotation
from storage.database import Database
from storage.keys import Keys

_JUST_NOW = 60.0  # seconds


def rotate(path: Path, database: Database) -> str:
    """What was done, in a sentence. Interrupted and run again it goes on where it was."""
    keys, gone = Keys.load(path), tuple[str, ...]()
    before = database.write(rotation.used).result()
    if before <= {keys.current}:  # nothing is left of an earlier rotation
        if time.time() - path.stat().st_mtime > _JUST_NOW:
            gone = Keys.forget_masters(path, before)
        keys = Keys.add_master(path)
    database.write(partial(rotation.desks, keys=keys)).result()
    after: str | None = ""
    changed = 0
    while after is not None:
        after, some = database.write(partial(rotation.some, keys=keys, after=after)).result()
        changed += some
    forgotten = f" The master keys {', '.join(gone)} are gone from it." if gone else ""
    return f"{changed} data keys are closed by the new master key. Make a copy of {path} now, apart.{forgotten}"
