from pathlib import Path

import pytest
from argon2 import PasswordHasher

from storage import staff


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite-transcripts", action="store_true", help="write what is said now into tests/transcripts")


def pytest_configure() -> None:
    """Passwords cost little here: thousands are tried. What they cost elsewhere is in tests/storage/test_staff.py."""
    staff.hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


# What waits for other processes, with the longest first: began at the end, each would be waited for alone
_FIRST = ("faults", "attacks", "calls", "machines", "counterparts", "bench")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files keep their order within a folder, and tests within a file."""
    here = Path(__file__).parent
    folders = {item: item.path.relative_to(here).parts[0] for item in items}
    items.sort(key=lambda item: _FIRST.index(folders[item]) if folders[item] in _FIRST else len(_FIRST))


pytest_plugins = ["tests.databases", "tests.intake.pages", "tests.faults.table"]
