"""What each fault did: rows that tests of one run tell, as one table at its end (`make faults`; small in every run).

Rows travel with pytest's reports, so they also come home from several processes.
"""

import os
from collections.abc import Callable, Iterator

import pytest

Tell = Callable[..., None]
_ROW = "fault"
_HEAD = ("fault", "times", "lost", "doubled", "command")


def size(name: str, small: int) -> int:
    """How often: what the environment says, else what every run can afford."""
    return int(os.environ.get(name, small))


@pytest.fixture
def tell(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Tell:
    """`tell(fault, times, lost, doubled, sized_by)`: one row. Told before it is judged: bad ones stand there too."""

    def one(fault: str, times: int, lost: int = 0, doubled: int = 0, sized_by: str = "") -> None:
        file = request.node.nodeid.partition("::")[0]
        command = f"{sized_by}={os.environ[sized_by]} " if sized_by in os.environ else ""
        record_property(_ROW, (fault, str(times), str(lost), str(doubled), f"{command}pytest {file}"))

    return one


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    rows = list(_rows(terminalreporter))
    if rows:
        terminalreporter.section("faults")
        for row in (_HEAD, ("---",) * len(_HEAD), *rows):
            terminalreporter.write_line(f"| {' | '.join(row)} |")


def _rows(reporter: pytest.TerminalReporter) -> Iterator[tuple[str, ...]]:
    for outcome in ("passed", "failed"):
        for report in reporter.stats.get(outcome, ()):
            for name, row in getattr(report, "user_properties", ()):
                if name == _ROW and report.when == "call":
                    what, *figures = row
                    yield (what if outcome == "passed" else f"FAILED: {what}", *figures)
