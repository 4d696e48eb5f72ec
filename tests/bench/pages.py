"""`python -m tests.bench.pages`: what every page weighs on the line and when a browser first paints it.

Chromium on this machine, from an empty cache (cold) and with style and scripts kept (warm, the median of three); the
demonstration's people. Printed, not tested: a busy machine paints late.
"""

import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import CDPSession, Page

from tests.browser.desk import prepare, serving, sign_in
from tests.browser.pictures import chromium
from tests.browser.places import COORDINATOR, PAGES, WHO, things

GOAL_WEIGHT, GOAL_PAINT = 40 * 1024, 200  # bytes, milliseconds
_PAINTED = """() => new Promise((done) => new PerformanceObserver((list) => {
  const found = list.getEntriesByName("first-contentful-paint")[0];
  if (found) done(found.startTime);
}).observe({ type: "paint", buffered: true }))"""


class Reader:
    """Somebody who opens pages, and what came over the line for the one that is open."""

    def __init__(self, page: Page) -> None:
        self.page, self.weight = page, 0  # bytes, with their headers
        self._line: CDPSession = page.context.new_cdp_session(page)
        self._line.send("Network.enable")
        self._line.on("Network.loadingFinished", self._arrived)

    def paint(self, address: str, *, is_cold: bool) -> float:
        """Milliseconds from asking for it until there is something to read."""
        self.weight = 0
        self._line.send("Network.setCacheDisabled", {"cacheDisabled": is_cold})
        self.page.goto(address)
        return float(self.page.evaluate(_PAINTED))

    def _arrived(self, what: dict[str, float]) -> None:
        self.weight += int(what["encodedDataLength"])


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="bench"))
    prepare(folder, is_lively=True)
    with serving(folder, "--no-worker") as address, chromium() as browser:
        readers = {}
        for who in WHO:
            page = browser.new_context(locale="nl-BE").new_page()
            if who:
                sign_in(page, address, who, COORDINATOR)
            readers[who] = Reader(page)
        found = things(folder)
        found = {f"hostile_{name}": value for name, value in found.items()} | found  # nothing hostile is measured
        rows = sorted(_measured(readers, address, found), reverse=True)
    print("| KiB | cold, ms | warm, ms | page |\n| --- | --- | --- | --- |")
    for weight, cold, warm, name in rows:
        print(f"| {weight / 1024:.1f} | {cold:.0f} | {warm:.0f} | {name} |")
    print(f"\n{sum(each[0] > GOAL_WEIGHT for each in rows)} of {len(rows)} above {GOAL_WEIGHT // 1024} KiB, "
          f"{sum(each[2] > GOAL_PAINT for each in rows)} painted after {GOAL_PAINT} ms (warm), "
          f"{sum(each[1] > GOAL_PAINT for each in rows)} (cold)")  # fmt: skip


def _measured(
    readers: dict[str, Reader], address: str, found: dict[str, str]
) -> Iterator[tuple[int, float, float, str]]:
    """Of each route its first address: bytes, cold and warm paint, the route."""
    for route, places in PAGES.items():
        reader, to = readers[places[0].who], f"{address}{places[0].address.format_map(found)}"
        reader.paint(to, is_cold=True)  # the service reads templates and words the first time
        cold, weight = reader.paint(to, is_cold=True), reader.weight
        warm = statistics.median(reader.paint(to, is_cold=False) for _ in range(3))
        yield weight, cold, warm, route.removeprefix("GET ")


if __name__ == "__main__":
    main()
