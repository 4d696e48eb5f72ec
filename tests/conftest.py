import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite-transcripts", action="store_true", help="write what is said now into tests/transcripts")


pytest_plugins = ["tests.databases", "tests.intake.pages", "tests.faults.table"]
