"""The questions that another engine is measured on are ours."""

from shutil import which

import pytest

from tests.bench import flows
from tests.faults.families import SCRIPT
from tests.machines.ground import texts


def test_a_flow_asks_what_a_family_is_asked_and_ends() -> None:
    form = texts().form
    if which("node") is None:
        pytest.skip("no Node here")
    assert (flows.turns_a_second(form, SCRIPT, 2) or 0) > 10
