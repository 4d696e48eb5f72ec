"""Every page of the service, once: for every eye and width, with its headers, light, and deaf to what attacks it.

The demonstration's families are there, and texts that attack (group `inj`) wherever somebody can write something.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, Request, Response, expect

from intake import service
from intake.settings import Settings
from storage import clock
from tests.browser import hostile, pictures
from tests.browser.desk import prepare, serving, sign_in
from tests.browser.places import ANYBODY, COORDINATOR, NO_PAGE, PAGES, WHO, Place, routes, things
from tests.transcript import ROOT

WIDE, NARROW = 1440, 360
HEAVIEST = 40 * 1024  # bytes of a page on the line, with its style and scripts, from an empty cache
WIDTHS = (WIDE, 1280, 390, NARROW, 320)
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}  # all that is another thing in the dark
_AWAKE = """() => [...document.querySelectorAll("*")].filter((each) =>
  ["IFRAME", "OBJECT", "EMBED", "BASE", "STYLE"].includes(each.tagName)
  || [...each.attributes].some((one) => one.name.startsWith("on") || one.name === "style" || one.name === "srcdoc"
    || ((one.name === "href" || one.name === "src" || one.name === "action")
      && !["http:", "https:", "mailto:", "tel:"].includes(new URL(one.value, location.href).protocol))
    || (["src", "action"].includes(one.name) && new URL(one.value, location.href).origin !== location.origin))
  ).map((each) => each.outerHTML.slice(0, 140))"""


@dataclass
class Walk:
    """Somebody who goes from page to page, and everything that happened on the page that is open."""

    page: Page
    address: str
    things: dict[str, str]
    weight: int = 0  # bytes on the line for this page alone, with their headers
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        line = self.page.context.new_cdp_session(self.page)
        line.send("Network.enable")
        line.send("Network.setCacheDisabled", {"cacheDisabled": True})
        line.on("Network.loadingFinished", self._arrived)
        self.page.on("request", self._asked)
        self.page.on("pageerror", lambda problem: self.wrong.append(f"error: {problem}"))
        self.page.on("dialog", self._spoke)
        self.page.on(
            "console", lambda said: self.wrong.append(said.text) if said.type in ("error", "warning") else None
        )

    def open(self, place: Place) -> Response:
        self.weight = 0
        self.wrong.clear()
        answer = self.page.goto(f"{self.address}{place.address.format_map(self.things)}")
        assert answer is not None
        return answer

    def _arrived(self, what: dict[str, float]) -> None:
        self.weight += int(what["encodedDataLength"])

    def _asked(self, request: Request) -> None:
        if not request.url.startswith(f"{self.address}/") or urlsplit(request.url).path == "/desk/export.csv":
            self.wrong.append(f"asked for {request.url}")

    def _spoke(self, dialog: object) -> None:
        self.wrong.append("a dialog")
        dialog.dismiss()  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def walks(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Walk]]:
    """One of each who looks at pages, signed in."""
    folder = tmp_path_factory.mktemp("lively")
    prepare(folder, is_lively=True)
    settings = Settings(demo=True, data_dir=folder)
    keys, database = service.opened(settings)
    hostile.fill(database, service.load(keys, settings), clock.system_now())
    database.close()
    found = things(folder)
    with serving(folder) as address:
        walks = {}
        for who in WHO:
            context = browser.new_context(viewport={"width": WIDE, "height": 900}, locale="nl-BE")
            page = context.new_page()
            if who:
                sign_in(page, address, who, COORDINATOR)
            walks[who] = Walk(page, address, found)
        yield walks
        for walk in walks.values():
            walk.page.context.close()


def test_every_page_has_a_place_here() -> None:
    assert routes() == set(PAGES) | set(NO_PAGE)
    assert not set(PAGES) & set(NO_PAGE)


def test_every_page_has_its_picture_in_the_guide() -> None:
    """`make pictures` makes them; the main ones are there in the dark and on a phone too."""
    guide = (ROOT / "docs/desk-guide.md").read_text(encoding="utf-8")
    names = {pictures.name_of(route) for route in PAGES}
    names |= {f"{name}-{how}" for name in pictures.MAIN for how in ("dark", "phone")}
    shown = set(re.findall(r"\(pictures/([\w-]+)\.webp\)", guide))
    kept = {each.stem for each in pictures.FOLDER.iterdir()}
    assert names == shown == kept
    assert sum(each.stat().st_size for each in pictures.FOLDER.iterdir()) < 3_000_000


def test_what_is_no_page_is_none(walks: dict[str, Walk]) -> None:
    walk = walks[COORDINATOR]
    for route in NO_PAGE:
        place = re.sub(r"{.*?}", "0" * 32, route.removeprefix("GET "))
        if place != "/desk/stream":
            answer = walk.page.request.get(f"{walk.address}{place}", max_redirects=0)
            is_document = "text/html" in answer.headers.get("content-type", "")
            assert answer.status != 200 or not is_document, route


@pytest.mark.parametrize("route", PAGES)
def test_no_page_keeps_anybody_out_or_lets_an_attack_in(walks: dict[str, Walk], route: str) -> None:
    for number, place in enumerate(PAGES[route]):
        walk = walks[place.who]
        answer = walk.open(place)
        assert answer.status == 200, place
        _has_its_headers(answer, place)
        assert walk.weight <= HEAVIEST, (place, walk.weight)
        assert walk.page.evaluate(_AWAKE) == [], place
        _is_good_to_look_at(walk.page, place, is_first=number == 0)
        assert walk.wrong == [], place


def test_what_comes_of_a_form_keeps_nobody_out_either(walks: dict[str, Walk]) -> None:
    """Pages that no address leads to: previews, mistakes, a file that is looked at first, a door that is shut."""
    walk = walks[COORDINATOR]
    for name, go in _FORMS.items():
        go(walk)
        place = Place(COORDINATOR, name)
        assert walk.page.evaluate(_AWAKE) == [], name
        _is_good_to_look_at(walk.page, place, is_first=True)
        assert [each for each in walk.wrong if "Failed to load resource" not in each] == [], name  # its own 4xx


def _phrase(walk: Walk) -> None:
    walk.open(Place(COORDINATOR, "/desk/conversations/{hostile_conversation_id}"))
    take = walk.page.get_by_role("button", name=re.compile("Ik neem dit gesprek|Neem het over"))
    if take.count():
        take.first.click()
    walk.page.get_by_label("Zin", exact=True).select_option("phrase.not_yet")
    expect(walk.page.locator("#preview-phrase .bubble")).to_be_visible()


def _many(walk: Walk) -> None:
    walk.open(Place(COORDINATOR, "/desk?show=calls"))
    for box in walk.page.locator(".pick input").all():
        box.check()
    walk.page.get_by_role("button", name="Eén antwoord aan wie is aangevinkt").click()
    walk.page.get_by_label("Zin", exact=True).select_option("phrase.not_yet")
    walk.page.get_by_role("button", name="Bekijk wat iedereen krijgt").click()
    expect(walk.page.get_by_role("button", name=re.compile("Stuur naar"))).to_be_visible()


def _file(walk: Walk) -> None:
    walk.open(Place(COORDINATOR, "/reports/import"))
    lines = [["desk", "asked_on", "birth", "child_first_name", "postcode"]]
    lines += [["gent", "2026-01-05", "2025-06", text[:60], text[:20]] for text in hostile.texts()]
    out = io.StringIO()
    csv.writer(out).writerows(lines)
    sent = {"name": f"{hostile.MARKED}.csv", "mimeType": "text/csv", "buffer": out.getvalue().encode()}
    walk.page.set_input_files("input[type=file]", sent)  # type: ignore[arg-type]
    walk.page.locator("main button").first.click()
    expect(walk.page.locator("table").first).to_be_visible()


def _outcomes(walk: Walk) -> None:
    walk.open(Place(COORDINATOR, "/reports/outcomes"))
    walk.page.locator("main input[type=checkbox]").first.check()
    walk.page.locator("#outcome").select_option("no_place:full")
    walk.page.get_by_role("button", name="Bekijk wat er zou veranderen").click()
    expect(walk.page.get_by_role("heading", level=1)).to_be_visible()


def _mistakes(walk: Walk) -> None:
    walk.open(Place(COORDINATOR, "/desk/new"))
    walk.page.locator("[name=birth]").fill(hostile.MARKED)
    walk.page.locator("[name=place]").fill("9000")
    walk.page.locator("[name=start]").fill("1")
    walk.page.get_by_role("button", name="Aanvraag bewaren").first.click()
    expect(walk.page.locator("[name=birth]")).to_have_value(hostile.MARKED)


def _shut(walk: Walk) -> None:
    walk.open(Place(COORDINATOR, "/desk/conversations/00000000000000000000000000000000"))
    expect(walk.page.get_by_role("heading", level=1)).to_be_visible()


_FORMS: dict[str, Callable[[Walk], None]] = {
    "a phrase as it arrives": _phrase, "one answer to many": _many, "a file to look at first": _file,
    "one outcome for many": _outcomes, "a mistake in a request": _mistakes, "what is not there": _shut,
}  # fmt: skip


def test_what_attacks_is_read_as_letters(walks: dict[str, Walk]) -> None:
    """Where it was written, it stands: it was neither run nor thrown away."""
    walk = walks[COORDINATOR]
    conversation = Place(COORDINATOR, "/desk/conversations/{hostile_conversation_id}")
    walk.open(conversation)
    assert walk.page.locator(".timeline").get_by_text(hostile.MARKED).count() >= 3  # asked, noted, answered with
    for address in (
        "/desk/organisers",
        "/desk/calls/interpreters",
        "/desk/registrations/{hostile_registration_id}/sheet",
    ):
        walk.open(Place(COORDINATOR, address))
        shown = walk.page.locator("main").inner_html()
        assert hostile.MARKED.replace("<", "&lt;").replace(">", "&gt;") in shown or hostile.MARKED in _values(
            walk.page
        ), address


def _values(page: Page) -> list[str]:
    return page.eval_on_selector_all("input, textarea", "all => all.map((each) => each.value)")  # type: ignore[no-any-return]


def _has_its_headers(answer: Response, place: Place) -> None:
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src 'self';" in policy and "style-src 'self';" in policy, place
    assert "require-trusted-types-for 'script'" in policy and "unsafe" not in policy and "*" not in policy, place
    assert "frame-ancestors 'none'" in policy and "base-uri 'none'" in policy and "form-action 'self'" in policy, place
    assert answer.headers["x-content-type-options"] == "nosniff", place
    assert answer.headers["cache-control"] == "no-store" or place.who == ANYBODY, place


def _is_good_to_look_at(page: Page, place: Place, *, is_first: bool) -> None:
    """axe finds nothing, on a phone and on a wide screen, folded and unfolded, light and dark; nothing is wider.

    Further addresses of the same route show the same parts: they are looked at folded, light, on a phone, and dark, wide.
    """
    page.evaluate(AXE_SCRIPT)
    page.set_viewport_size({"width": NARROW, "height": 740})
    assert _problems(page) == [], (place, "folded")
    page.evaluate("document.querySelectorAll('main details').forEach((each) => { each.open = true; })")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (place, width)
        if width == WIDE and is_first:
            assert _problems(page) == [], (place, "unfolded")
        if width == WIDE or (width == NARROW and is_first):
            page.emulate_media(color_scheme="dark")
            assert _problems(page, COLOURS) == [], (place, width, "dark")
            page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": WIDE, "height": 900})


def _problems(page: Page, options: dict[str, object] | None = None) -> list[tuple[str, list[str]]]:
    found = page.evaluate("options => axe.run({resultTypes: ['violations'], ...options})", options or {})["violations"]
    return [(each["id"], [node["html"][:140] for node in each["nodes"]]) for each in found]
