"""The service as `make run` starts it, and what tests do at its desk."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from intake import demo, service
from intake.settings import Settings
from storage import clock
from tests.databases import migrated_sqlite
from tests.network import free_port, wait_until_it_listens
from tests.transcript import ROOT


def debians_chromium() -> str | None:
    """Where it is; the one without windows takes three quarters of the time."""
    return which("chromium-headless-shell") or which("chromium")


def prepare(folder: Path, *, is_lively: bool, database_url: str = "") -> None:
    """A demonstration whose data is in `folder`: four families, or (`is_lively`) what `make run` shows."""
    if not database_url:
        migrated_sqlite(folder / "intake.db")
    settings = Settings(demo=True, data_dir=folder, database_url=database_url)
    service.migrate(settings)
    keys, database = service.opened(settings)
    demo.prepare(database, keys, service.load(keys, settings), clock.system_now(), is_lively=is_lively)
    database.close()


@contextmanager
def serving(folder: Path, *more: str, **settings: str) -> Iterator[str]:
    """The address of one process that serves what is in `folder`; `settings` as in the environment, in lower case."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    chosen = {f"INTAKE_{name.upper()}": value for name, value in settings.items()}
    surroundings = {
        **os.environ, "INTAKE_DEMO": "1", "INTAKE_DATA_DIR": str(folder), "INTAKE_PUBLIC_URL": url, **chosen,
    }  # fmt: skip
    command = [sys.executable, "-m", "intake", "serve", "--port", str(port), *more]
    started = subprocess.Popen(command, env=surroundings, cwd=ROOT)
    try:
        wait_until_it_listens(port)
        yield url
    finally:
        started.terminate()
        assert started.wait(timeout=15) in (0, -signal.SIGTERM)  # uvicorn ends by the signal it was sent


def sign_in(page: Page, address: str, name: str = demo.ACCOUNT, password: str = demo.ACCOUNT) -> None:
    page.goto(f"{address}/desk/sign-in")
    page.locator("[name=username]").fill(name)  # this page speaks the language of the browser
    page.locator("[name=password]").fill(password)
    page.locator("main button").click()
    page.wait_for_url(lambda url: urlsplit(url).path != "/desk/sign-in")
    if name == demo.ACCOUNT:
        expect(page.get_by_role("heading", name="Wachtrij")).to_be_visible()


def text_us(page: Page, text: str, number: str = "+32470000001") -> None:
    phone = page.get_by_role("region", name=number)
    phone.get_by_role("textbox").fill(text)
    phone.get_by_role("button", name="Versturen").click()
