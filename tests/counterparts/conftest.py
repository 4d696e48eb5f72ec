"""Other people's software that plays the providers: it needs Node."""

import os
from pathlib import Path
from shutil import which

import pytest

MODULES = Path(__file__).parent / "node_modules"


@pytest.fixture(scope="module")
def node() -> None:
    if MODULES.exists() and which("node"):
        return
    if os.environ.get("CI"):
        pytest.fail("Node and its packages are missing: `make setup` brings them")
    pytest.skip("no Node here: `make setup` brings what it needs where it can")
