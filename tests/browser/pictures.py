"""`make pictures`: a picture of every page from the demonstration's invented people, for docs/desk-guide.md.

WebP, 1440 pixels wide; the first five also in the dark and on a phone. Look at each before it is committed.
"""

import base64
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.desk import debians_chromium, prepare, serving, sign_in
from tests.browser.places import COORDINATOR, PAGES, WHO, things
from tests.transcript import ROOT

FOLDER = ROOT / "docs/pictures"
WIDE, PHONE = (1440, 1000), (390, 844)
MAIN = ("queue", "conversation", "new", "reports", "calls")  # in the dark and on a phone too
_SAYS_NOTHING = ("slug", "secret", "proof")  # of an address, about the page
_QUALITY = 48  # of WebP: letters stay sharp, a page is 20 to 60 KB
_TALLEST = 1200  # pixels: what a long page has below is more of the same


def name_of(route: str) -> str:
    """The words of "GET /desk/phrases/{desk_id}/{key}" are phrases-key, of "GET /desk" queue."""
    parts = route.removeprefix("GET /").removeprefix("desk").strip("/").split("/")
    words = [part for part in parts if not part.startswith("{")]
    last = parts[-1].strip("{}").removesuffix("_id") if parts[-1].startswith("{") else ""
    if last and last not in _SAYS_NOTHING:
        words = [*words[:-1], last] if words[-1] == f"{last}s" else [*words, last]
    return "-".join(words) or "queue"


def main(only: list[str]) -> None:
    """Every page, or those whose names are given."""
    FOLDER.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="pictures"))
    prepare(folder, is_lively=True)
    found = things(folder)
    found = {f"hostile_{name}": value for name, value in found.items()} | found  # nothing hostile is in a picture
    with serving(folder) as address, chromium() as browser:
        for look, size, names in (("light", WIDE, None), ("dark", WIDE, MAIN), ("light", PHONE, MAIN)):
            visitors = {who: _visitor(browser, address, who, look, size) for who in WHO}
            for route, places in PAGES.items():
                name = name_of(route)
                if (names and name not in names) or (only and name not in only):
                    continue
                page = visitors[places[0].who]
                page.goto(f"{address}{places[0].address.format_map(found)}")
                more = "" if names is None else f"-{look}" if look == "dark" else "-phone"
                _take(page, FOLDER / f"{name}{more}.webp", size)
                print(f"{name}{more}", flush=True)


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=debians_chromium(), args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def _visitor(browser: Browser, address: str, who: str, look: str, size: tuple[int, int]) -> Page:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=look, locale="nl-BE", reduced_motion="reduce",  # type: ignore[arg-type]
    )  # fmt: skip
    page = context.new_page()
    if who:
        sign_in(page, address, who, COORDINATOR)
    return page


def _take(page: Page, to: Path, size: tuple[int, int]) -> None:
    page.wait_for_timeout(250)  # what a script adds
    height = min(page.evaluate("document.documentElement.scrollHeight"), _TALLEST)
    session = page.context.new_cdp_session(page)
    shot = session.send(
        "Page.captureScreenshot",
        {
            "format": "webp", "quality": _QUALITY, "captureBeyondViewport": True,
            "clip": {"x": 0, "y": 0, "width": size[0], "height": height, "scale": 1},
        },
    )  # fmt: skip
    to.write_bytes(base64.b64decode(shot["data"]))


if __name__ == "__main__":
    main(sys.argv[1:])
