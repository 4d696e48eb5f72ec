import pytest
from argon2 import PasswordHasher

from storage import staff


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite-transcripts", action="store_true", help="write what is said now into tests/transcripts")


def pytest_configure() -> None:
    """Passwords cost little here: thousands are tried. What they cost elsewhere is in tests/storage/test_staff.py."""
    staff.hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


pytest_plugins = ["tests.databases", "tests.intake.pages", "tests.faults.table"]
