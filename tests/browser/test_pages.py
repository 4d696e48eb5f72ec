"""The demonstration in a real browser: a family texts, a colleague answers, nothing needs a mouse or perfect eyes."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import which

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from intake import demo, service
from intake.choosing import Section
from intake.settings import Settings
from storage import clock
from tests.network import free_port, wait_until_it_listens
from tests.transcript import ROOT

PAGES = (
    "/desk/sign-in",
    "/desk",
    "/desk?show=closed",
    "/desk/voice",
    "/desk/voice/so",
    "/desk/translations",
    "/desk/translations/ar",
    "/desk/translations/ar/birth",
    "/desk/new",
    "/desk/people",
    "/desk/account",
    "/desk/settings/gent",
    *(f"/desk/settings/gent/{each.value}" for each in Section),
    "/reports",
    "/reports/divided",
    "/reports/years",
    "/reports/languages",
    "/reports/print",
    "/reports/definitions",
    "/reports/definitions/own",
    "/reports/requests?measure=all&column=unique",
    "/texts/gent",
    "/simulator",
    "/simulator/chat",
)
WIDTHS = ((1280, 850), (390, 800), (320, 640))


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, object]:
    """Debian's Chromium where it is, Playwright's own elsewhere."""
    found = which("chromium")
    if found is None and not os.environ.get("CI") and not Path.home().joinpath(".cache/ms-playwright").exists():
        pytest.skip("no Chromium here: `make setup` installs one")
    flags = ("no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking",
             "disable-component-update", "disable-sync",
             "use-fake-ui-for-media-stream", "use-fake-device-for-media-stream")  # fmt: skip
    return {"args": [f"--{flag}" for flag in flags]} | ({"executable_path": found} if found else {})


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The service as `make run` starts it, on a free port."""
    folder = tmp_path_factory.mktemp("demo")
    settings = Settings(demo=True, data_dir=folder)
    service.migrate(settings)
    keys, database = service.opened(settings)
    demo.prepare(database, keys, service.load(keys, settings), clock.system_now())
    database.close()
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    surroundings = {**os.environ, "INTAKE_DEMO": "1", "INTAKE_DATA_DIR": str(folder), "INTAKE_PUBLIC_URL": url}
    command = [sys.executable, "-m", "intake", "serve", "--port", str(port)]
    running = subprocess.Popen(command, env=surroundings, cwd=ROOT)
    try:
        wait_until_it_listens(port)
        yield url
    finally:
        running.terminate()
        assert running.wait(timeout=15) in (0, -signal.SIGTERM)  # uvicorn ends by the signal it was sent


def sign_in(page: Page, address: str) -> None:
    page.goto(f"{address}/desk/sign-in")
    page.locator("[name=username]").fill("balie")  # this page speaks the language of the browser
    page.locator("[name=password]").fill("balie")
    page.locator("main button").click()
    expect(page.get_by_role("heading", name="Wachtrij")).to_be_visible()


def text_us(page: Page, text: str) -> None:
    phone = page.get_by_role("region", name="+32470000001")
    phone.get_by_role("textbox").fill(text)
    phone.get_by_role("button", name="Versturen").click()


def test_a_family_texts_and_a_colleague_answers_without_reloading(context: BrowserContext, address: str) -> None:
    phone, desk = context.new_page(), context.new_page()
    problems: list[str] = []
    for page in (phone, desk):
        page.on("pageerror", lambda problem: problems.append(str(problem)))
        page.on("console", lambda said: problems.append(said.text) if said.type in ("error", "warning") else None)
    sign_in(desk, address)
    expect(desk.locator(".queue > li")).to_have_count(4)
    phone.goto(f"{address}/simulator")
    text_us(phone, "bonjour, crèche pour mon fils 8 mois à gand en septembre")
    screen = phone.get_by_role("log").first
    expect(screen).to_contain_text("C'est juste ?")
    text_us(phone, "1")
    expect(screen).to_contain_text("C'est noté. Numéro de votre demande")
    text_us(phone, "2")
    expect(screen).to_contain_text("nous vous appelons")
    expect(desk.locator(".queue > li")).to_have_count(5)  # came by itself
    desk.locator(".queue > li").filter(has_text="0 min").get_by_role("link").click()
    expect(desk.get_by_role("heading", name="Gesprek, in het Nederlands")).to_be_visible()
    desk.get_by_role("button", name="Ik neem dit gesprek").click()
    desk.get_by_label("Zin", exact=True).select_option("phrase.found")
    desk.get_by_label("Naam", exact=True).locator("visible=true").fill("De Kikker")
    desk.get_by_label("Telefoonnummer").locator("visible=true").fill("09 000 00 00")
    desk.get_by_role("button", name="Versturen").first.click()
    expect(desk.locator(".timeline").get_by_text("We vonden een plaats bij De Kikker.")).to_be_visible()
    expect(screen).to_contain_text("De Kikker")
    assert "Nous avons trouvé" in screen.inner_text()
    assert problems == []


@pytest.mark.parametrize("look", ["light", "dark"])
def test_no_page_keeps_anybody_out(browser: Browser, address: str, look: str) -> None:
    context = browser.new_context(color_scheme=look)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{address}/desk/sign-in")
    assert not Axe().run(page).response["violations"]
    sign_in(page, address)
    page.get_by_role("link").filter(has_text="Heeft een vraag").click()
    if page.get_by_role("button", name="Ik neem dit gesprek").is_visible():
        page.get_by_role("button", name="Ik neem dit gesprek").click()
    addresses = [page.url, *(f"{address}{each}" for each in PAGES)]
    for each in addresses:
        page.goto(each)
        found = Axe().run(page).response["violations"]
        assert not [(each, one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found]
    context.close()


@pytest.mark.parametrize("size", WIDTHS)
def test_no_page_is_wider_than_its_screen(browser: Browser, address: str, size: tuple[int, int]) -> None:
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    page = context.new_page()
    sign_in(page, address)
    page.locator(".queue a").first.click()
    for each in [page.url, *(f"{address}{each}" for each in PAGES)]:
        page.goto(each)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], each
    context.close()


def test_everything_works_without_javascript(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False, locale="nl-BE")
    page = context.new_page()
    page.goto(f"{address}/simulator")
    phone = page.get_by_role("region", name="+32470000002")
    phone.get_by_role("textbox").fill("goeiedag")
    phone.get_by_role("button", name="Versturen").click()
    expect(page.get_by_role("log").last).to_contain_text("Wat kunnen we doen?")
    sign_in(page, address)
    page.get_by_role("link").filter(has_text="Nieuwe aanvraag").first.click()
    page.get_by_role("button", name="Ik neem dit gesprek").click()
    page.get_by_label("Zin", exact=True).select_option("phrase.not_yet")
    page.get_by_role("button", name="Versturen").first.click()
    expect(page.locator(".timeline").get_by_text("We vonden nog geen plaats. We zoeken verder.")).to_be_visible()
    context.close()


def test_a_volunteer_records_words_and_listens_back(context: BrowserContext, address: str) -> None:
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda problem: problems.append(str(problem)))
    sign_in(page, address)
    page.locator("summary").filter(has_text="Teksten").click()
    page.get_by_role("link", name="Opnames").click()
    page.get_by_role("link", name="Somali").click()
    goodbye = page.locator('[id="call.bye"]')
    goodbye.get_by_role("button").click()
    expect(goodbye.get_by_role("button", name="Stop")).to_be_visible()
    page.wait_for_timeout(1200)  # the browser's own false microphone beeps
    goodbye.get_by_role("button", name="Stop").click()
    expect(goodbye.locator("audio")).to_be_visible()
    page.reload()
    expect(goodbye.locator("audio")).to_be_visible()
    assert problems == []
