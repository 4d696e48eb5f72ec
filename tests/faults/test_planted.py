"""Each planted bug still fits the code, and the test that should find it is there. Planting them all: `make planted`."""

import ast

import pytest

from tests.faults.planted import Bug, load
from tests.transcript import ROOT

BUGS = load()


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.bug)
def test_a_planted_bug_fits_the_code(bug: Bug) -> None:
    text = (ROOT / bug.file).read_text(encoding="utf-8")
    spoiled = bug.planted(text)
    assert ast.dump(ast.parse(spoiled)) != ast.dump(ast.parse(text))  # still Python, and otherwise
    file, _, test = bug.caught_by.partition("::")
    assert f"def {test}" in (ROOT / file).read_text(encoding="utf-8")


def test_there_are_enough_of_them() -> None:
    assert len({bug.bug for bug in BUGS}) == len(BUGS) >= 20
