"""What people at a desk do all day, each as they do it: by keys alone, without a script, two at once, on paper."""

import re

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.desk import sign_in

_REFERENCE = re.compile(r"\d{4} \d{4}")
_MOST_KEYS = 60  # a minute, at the pace of somebody who looks for the letters


class Keys:
    """A keyboard, and how often it was pressed."""

    def __init__(self, page: Page) -> None:
        self.page, self.pressed, self.fields = page, 0, 0

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.pressed += 1

    def write(self, text: str) -> None:
        self.page.keyboard.type(text)
        self.pressed += len(text)
        self.fields += 1

    def to(self, name: str) -> None:
        """With the tab key, to the field of that name."""
        for _ in range(40):
            if self.page.evaluate("document.activeElement.name") == name:
                return
            self.press("Tab")
        raise AssertionError(f"no {name} by the tab key")


def test_a_request_at_the_counter_counts_after_three_fields_and_a_minute_of_keys(
    context: BrowserContext, address: str
) -> None:
    page = context.new_page()
    sign_in(page, address)
    page.goto(f"{address}/desk/new")
    keys = Keys(page)
    for name, text in (("birth", "3 maanden"), ("place", "9000"), ("start", "09-2028")):
        keys.to(name)
        keys.write(text)
    keys.press("Enter")
    expect(page.get_by_text("De aanvraag is bewaard en telt.")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(rf"Aanvraag {_REFERENCE.pattern}"))
    assert keys.fields == 3 and keys.pressed <= _MOST_KEYS, keys.pressed


def test_a_whole_request_is_keyed_in_without_the_mouse_and_a_mistake_loses_nothing(
    context: BrowserContext, address: str
) -> None:
    page = context.new_page()
    sign_in(page, address)
    page.goto(f"{address}/desk/new")
    keys = Keys(page)
    for name, text in (("birth", "ooit"), ("place", "9040"), ("start", "1"), ("contact_number", "0470 00 00 77")):
        keys.to(name)
        keys.write(text)
    keys.to("language")
    keys.write("Frans")  # a list goes to what is typed
    keys.to("parent_name")
    keys.write("Amal")
    keys.press("Enter")
    expect(page.locator("[name=birth]")).to_have_attribute("aria-invalid", "true")
    for name, text in (("place", "9040"), ("contact_number", "0470 00 00 77"), ("parent_name", "Amal")):
        expect(page.locator(f"[name={name}]")).to_have_value(text)
    page.locator("[name=birth]").focus()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("3 maanden")
    page.keyboard.press("Enter")
    expect(page.get_by_text("De aanvraag is bewaard en telt.")).to_be_visible()
    expect(page.get_by_text("+32470000077").first).to_be_visible()
    expect(page.get_by_text("Amal").first).to_be_visible()


def test_two_who_change_the_same_setting_see_both_and_lose_nothing_without_a_script(
    browser: Browser, address: str
) -> None:
    pages = []
    for _ in range(2):
        page = browser.new_context(java_script_enabled=False, locale="nl-BE").new_page()
        sign_in(page, address)
        page.goto(f"{address}/desk/settings/gent/questions")
        pages.append(page)
    days = "[name=promise_days]"
    for page, typed in zip(pages, ("9", "12"), strict=True):
        page.locator(days).fill(typed)
        page.get_by_role("button", name="Bewaren").click()
    first, second = pages
    expect(first.get_by_text("Bewaard.")).to_be_visible()
    expect(second.get_by_text("Bewaard door uw collega:")).to_contain_text("9")
    expect(second.locator(days)).to_have_value("12")
    second.get_by_role("button", name="Bewaren").click()
    expect(second.get_by_text("Bewaard.", exact=True)).to_be_visible()
    first.reload()
    expect(first.locator(days)).to_have_value("12")
    for page in pages:
        page.context.close()


def test_a_referrer_is_invited_files_for_a_family_prints_its_page_and_sees_no_other(
    browser: Browser, address: str
) -> None:
    desk = browser.new_context(java_script_enabled=False, locale="nl-BE").new_page()
    sign_in(desk, address)
    desk.goto(f"{address}/desk/people")
    desk.locator("#username").fill("hilde")
    desk.locator("#role").select_option("referrer")
    desk.get_by_role("button", name="Uitnodigen").click()
    link = desk.locator(".reference").inner_text()
    page = browser.new_context(java_script_enabled=False, locale="nl-BE").new_page()
    page.goto(link)
    for field in ("#password", "#repeat"):
        page.locator(field).fill("een lange zin van Hilde")
    page.get_by_role("button", name="Bewaren").click()
    sign_in(page, address, "hilde", "een lange zin van Hilde")
    page.get_by_role("link", name="Aanvragen voor een gezin").first.click()
    page.locator("#permission").select_option("spoken")
    page.locator("#by").fill("Hilde van De Brug")
    for name, text in (("birth", "3 maanden"), ("place", "9000"), ("start", "09-2028"), ("parent_name", "Meryem")):
        page.locator(f"[name={name}]").fill(text)
    page.locator("#language").select_option("tr")
    page.get_by_role("button", name="De aanvraag indienen").first.click()
    page.emulate_media(media="print")
    papers = page.locator(".paper-for-family")
    reference = _REFERENCE.search(papers.first.inner_text())
    assert reference is not None
    expect(papers).to_have_count(2)
    expect(papers.last).to_have_attribute("lang", "tr")
    expect(papers.last).to_contain_text(reference[0])
    expect(page.locator("header.top")).to_be_hidden()  # not on paper
    page.emulate_media(media="screen")
    page.goto(f"{address}/desk/refer")
    expect(page.locator("tbody tr")).to_have_count(1)
    answer = page.goto(f"{address}/desk")
    assert answer is not None and answer.status == 403
    desk.goto(f"{address}/desk?q={reference[0].replace(' ', '+')}")
    expect(desk.locator(".queue > li")).to_have_count(1)
    for each in (desk, page):
        each.context.close()


def test_an_organiser_gets_its_card_and_its_paper_is_keyed_in_as_its_own(context: BrowserContext, address: str) -> None:
    page = context.new_page()
    sign_in(page, address)
    page.goto(f"{address}/desk/organisers")
    page.locator("#name-new").fill("De Kikker")
    page.locator("#postcode-new").fill("9000")
    page.get_by_role("button", name="Toevoegen").click()
    card = page.locator("article").filter(has_text="De Kikker")
    code = card.locator(".reference").inner_text()
    assert re.fullmatch(r"\d{6}", code)
    card.get_by_role("link", name="Formulier om af te drukken").click()
    page.emulate_media(media="print")
    sheet = page.locator(".on-paper")
    expect(sheet).to_contain_text(f"De Kikker, 9000 · Code {code}")
    asked = [each.strip(" *") for each in sheet.locator("th").all_inner_texts()][:3]
    page.emulate_media(media="screen")
    page.goto(f"{address}/desk/new")
    labels = [each.strip(" *").lower() for each in page.locator("fieldset").first.locator("label").all_inner_texts()]
    assert labels[: len(asked)] == asked, "the page and the paper ask in the same order"
    for name, text in (("birth", "02-2026"), ("place", "9000"), ("start", "1")):
        page.locator(f"[name={name}]").fill(text)
    page.locator("#source").select_option("organiser")
    page.get_by_role("button", name="Aanvraag bewaren").first.click()
    expect(page.get_by_text("De aanvraag is bewaard en telt.")).to_be_visible()
