"""`make fuzz`: machines and requests at random until the time is up (`FUZZ_MINUTES`, 30), on both databases.

Each round is a run of the tests with another seed; what fails is printed whole, with the seed that makes it fail again.
Ends with 1 when anything did.
"""

import os
import secrets
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.faults.server import server
from tests.transcript import ROOT

_MINUTES = float(os.environ.get("FUZZ_MINUTES", "30"))
_EXAMPLES = "10"
_PARTS = {  # what is run, and whether it keeps things in a database of ours to choose
    "leases": ("tests/machines/test_leases.py", True),
    "outbox": ("tests/machines/test_outbox.py", True),
    "requests": ("tests/attacks/test_interface.py", False),
    "forms": ("tests/attacks/test_forms.py", False),
    "families": ("tests/machines/test_families.py", True),
}


def main() -> int:
    until, rounds, failed = time.monotonic() + _MINUTES * 60, Counter[str](), list[str]()
    with ExitStack() as stack:
        databases = {"SQLite": "", **_postgresql(stack)}
        ways = [
            (f"{part}, {name}" if chooses else part, path, url)
            for part, (path, chooses) in _PARTS.items()
            for name, url in (databases.items() if chooses else [("", "")])
        ]
        while time.monotonic() < until:
            what, path, url = ways[sum(rounds.values()) % len(ways)]
            seed = str(secrets.randbelow(10**9))
            if not _passes(path, url, seed):
                failed.append(f"{what}: MACHINE_EXAMPLES={_EXAMPLES} pytest {path} --hypothesis-seed={seed}")
            rounds[what] += 1
    for what, many in rounds.items():
        print(f"{what:<24} {many} rounds of {_EXAMPLES} examples")
    print(f"{len(failed)} failures", *failed, sep="\n")
    return bool(failed)


def _passes(path: str, url: str, seed: str) -> bool:
    surroundings = {
        **os.environ, "MACHINE_EXAMPLES": _EXAMPLES, "INTERFACE_EXAMPLES": _EXAMPLES, "FORMS_EXAMPLES": _EXAMPLES,
        "MACHINE_DATABASE_URL": url,
    }  # fmt: skip
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", path, f"--hypothesis-seed={seed}"]
    done = subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stdout[-6000:], flush=True)
    return done.returncode == 0


def _postgresql(stack: ExitStack) -> dict[str, str]:
    """A server of our own, where one can be had."""
    try:
        url = stack.enter_context(server()).url
    except pytest.skip.Exception as problem:
        print(f"not on PostgreSQL: {problem}")
        return {}
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create database machines")
    return {"PostgreSQL": urlsplit(url)._replace(path="/machines").geturl()}


if __name__ == "__main__":
    sys.exit(main())
