"""Plants each bug alone and runs the test that should find it; a table of what was found: `make planted`."""

import subprocess
import sys
import time
from pathlib import Path

from tests.faults.planted import Bug, load, scratch_copy

_GREEN, _RED = 0, 1  # how pytest ends; anything else is no verdict


def main(chosen: list[str]) -> int:
    bugs = [bug for bug in load() if not chosen or any(word in bug.bug for word in chosen)]
    with scratch_copy() as folder:
        ended = _run(folder, sorted({bug.caught_by for bug in bugs}))
        if ended != _GREEN:
            print("without any bug the tests fail already: nothing can be told")
            return 1
        found = [_finds(folder, bug) for bug in bugs]
    print(f"\n{sum(found)} of {len(bugs)} planted bugs were found")
    return 0 if all(found) else 1


def _finds(folder: Path, bug: Bug) -> bool:
    """Whether the test fails with the bug in place; the file is mended afterwards."""
    path, began = folder / bug.file, time.monotonic()
    sound = path.read_text(encoding="utf-8")
    path.write_text(bug.planted(sound), encoding="utf-8")
    try:
        ended = _run(folder, [bug.caught_by])
    finally:
        path.write_text(sound, encoding="utf-8")
    verdict = {_GREEN: "NOT FOUND", _RED: "found"}.get(ended, f"no verdict ({ended})")
    print(f"| {bug.bug} | {verdict} | {time.monotonic() - began:.1f} s | `{bug.caught_by}` |", flush=True)
    return ended == _RED


def _run(folder: Path, tests: list[str]) -> int:
    command = [sys.executable, "-B", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    return subprocess.run(command, cwd=folder, capture_output=True, timeout=600).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
