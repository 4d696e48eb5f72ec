"""Chromium, and the service that it looks at."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.desk import debians_chromium, prepare, serving

expect.set_options(timeout=20_000)  # ms: other tests have the processors too


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, object]:
    """Debian's Chromium where it is, Playwright's own elsewhere."""
    found = debians_chromium()
    if found is None and not os.environ.get("CI") and not Path.home().joinpath(".cache/ms-playwright").exists():
        pytest.skip("no Chromium here: `make setup` installs one")
    flags = ("no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking",
             "disable-component-update", "disable-sync",
             "use-fake-ui-for-media-stream", "use-fake-device-for-media-stream")  # fmt: skip
    return {"args": [f"--{flag}" for flag in flags]} | ({"executable_path": found} if found else {})


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The service with four families, on a free port."""
    folder = tmp_path_factory.mktemp("demo")
    prepare(folder, is_lively=False)
    with serving(folder) as url:
        yield url
