"""The desk's tasks in a real browser: two people at once, without a mouse, without a script, for every eye and width."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.browser.desk import sign_in, text_us


def take(page: Page, address: str, what: str, show: str = "waiting") -> str:
    """Open the first family of that kind and take it; its address."""
    page.goto(f"{address}/desk?show={show}")
    page.locator(".queue > li").filter(has_text=what).first.get_by_role("link").click()
    mine = page.get_by_role("button", name="Ik neem dit gesprek")
    over = page.get_by_role("button", name="Neem het over")
    if mine.or_(over).count():
        mine.or_(over).first.click()
    expect(page.get_by_role("heading", name="Antwoorden met een vaste zin")).to_be_visible()
    return page.url.partition("?")[0]


@contextmanager
def somebody_else(browser: Browser, address: str) -> Iterator[Page]:
    """The same account at another computer has a cookie of its own; what one holds the other sees."""
    context = browser.new_context()
    page = context.new_page()
    sign_in(page, address)
    yield page
    context.close()


def test_the_tab_of_the_browser_counts_who_waits(context: BrowserContext, address: str) -> None:
    desk, phone = context.new_page(), context.new_page()
    sign_in(desk, address)
    before = int(desk.title().partition(")")[0].strip("("))
    phone.goto(f"{address}/simulator")
    text_us(phone, "goeiedag")
    text_us(phone, "3")
    text_us(phone, "4")
    text_us(phone, "hoe laat zijn jullie open?")
    expect(desk).to_have_title(f"({before + 1}) Wachtrij · Opvanglijn")  # without reloading
    expect(desk.get_by_role("link", name="Vragen 2")).to_be_visible()


def test_what_is_ticked_survives_what_comes_in(context: BrowserContext, address: str) -> None:
    desk, phone = context.new_page(), context.new_page()
    sign_in(desk, address)
    desk.get_by_label("Kies: Nieuwe aanvraag").check()
    many = desk.locator(".queue > li").count()
    phone.goto(f"{address}/simulator")
    other = phone.get_by_role("region", name="+32470000002")
    other.get_by_role("textbox").fill("goeiedag")
    other.get_by_role("button", name="Versturen").click()
    expect(other.get_by_role("log")).to_contain_text("Wat kunnen we doen?")
    other.get_by_role("textbox").fill("4")
    other.get_by_role("button", name="Versturen").click()
    expect(desk.locator(".queue > li")).to_have_count(many + 1)
    expect(desk.get_by_label("Kies: Nieuwe aanvraag").first).to_be_checked()


def test_a_phrase_is_seen_as_it_arrives_while_it_is_filled_in(context: BrowserContext, address: str) -> None:
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda problem: problems.append(str(problem)))
    page.on("console", lambda said: problems.append(said.text) if said.type in ("error", "warning") else None)
    sign_in(page, address)
    take(page, address, "Frans")
    page.get_by_label("Zin", exact=True).select_option("phrase.found")
    page.get_by_label("Naam", exact=True).locator("visible=true").fill("De Kikker")
    page.get_by_label("Telefoonnummer", exact=True).locator("visible=true").fill("09 000 00 00")
    preview = page.locator("#preview-phrase")
    expect(preview).to_contain_text("Nous avons trouvé une place chez De Kikker")
    expect(preview).to_contain_text("1 sms")
    page.get_by_text("Zelf schrijven").click()
    page.get_by_label("Bericht", exact=True).fill("« Bonjour » " + "ş" * 70)
    expect(page.locator("#preview-own")).to_contain_text("2 sms")
    expect(page.locator("#preview-own")).to_contain_text("niet vertaald")
    assert problems == []


def test_a_reply_that_was_being_written_outlives_the_browser(browser: Browser, address: str) -> None:
    with somebody_else(browser, address) as page:
        talk = take(page, address, "Engels")
        page.get_by_text("Zelf schrijven").click()
        page.get_by_label("Bericht", exact=True).press_sequentially("Dear family, we ", delay=5)
        page.wait_for_timeout(2500)  # a pause in the writing
    with somebody_else(browser, address) as page:
        page.goto(talk)
        expect(page.get_by_label("Bericht", exact=True)).to_have_value("Dear family, we ")


def answer_late(route: Route) -> None:
    """The form is taken; its answer is a second on its way."""
    answer = route.fetch(max_redirects=0)
    time.sleep(1)
    route.fulfill(response=answer)


def test_a_page_that_is_left_by_a_form_is_not_made_anew_under_it(context: BrowserContext, address: str) -> None:
    """What the form changed is told at once, and the page asked for itself then: handed to another desk it was not there."""
    page = context.new_page()
    sign_in(page, address)
    there = take(page, address, "Frans")
    asked: list[str] = []
    page.on("request", lambda each: asked.append(each.url) if each.resource_type == "fetch" else None)
    page.route("**/release", answer_late)
    page.get_by_role("button", name="Teruggeven aan de wachtrij").click()
    expect(page.get_by_role("heading", name="Wachtrij")).to_be_visible()
    assert there not in asked


def test_many_get_one_answer_without_a_script(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, address)
    page.locator(".queue > li").filter(has_text="Frans").first.get_by_role("checkbox").check()
    page.locator(".queue > li").filter(has_text="Engels").first.get_by_role("checkbox").check()
    page.get_by_role("button", name="Eén antwoord aan wie is aangevinkt").click()
    page.get_by_label("Zin", exact=True).select_option("phrase.not_yet")
    page.get_by_role("button", name="Bekijk wat iedereen krijgt").click()
    expect(page.get_by_text("Nous n'avons pas encore trouvé de place")).to_be_visible()
    expect(page.get_by_text("We have not found a place yet")).to_be_visible()
    page.get_by_role("button", name="Stuur naar 2 gezinnen").click()
    expect(page.get_by_text("Verstuurd naar 2 gezinnen.")).to_be_visible()
    context.close()


def test_the_core_tasks_need_no_script(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, address)
    talk = take(page, address, "Nieuwe aanvraag")
    page.get_by_label("Zin", exact=True).select_option("phrase.not_yet")
    page.get_by_role("button", name="Bekijk het eerst").first.click()
    expect(page.locator("#preview-phrase")).to_contain_text("We vonden nog geen plaats. We zoeken verder.")
    page.get_by_text("Antwoorden aanpassen").click()
    page.get_by_label("start", exact=True).fill("09-2028")
    page.get_by_role("button", name="Bewaar de antwoorden").click()
    expect(page.locator(".told")).to_contain_text("september 2028")
    page.get_by_text("Zelf schrijven").click()
    page.get_by_label("Bericht", exact=True).fill("Beste Samira")
    page.get_by_role("button", name="Bewaar als ontwerp").click()
    expect(page.get_by_label("Bericht", exact=True)).to_have_value("Beste Samira")
    page.get_by_text("Later", exact=True).click()
    page.get_by_label("Tot", exact=True).fill(f"{date.today() + timedelta(days=60)}")
    page.locator("#snooze-why").fill("crèche beslist dan")
    page.get_by_role("button", name="Uitstellen").click()
    expect(page.get_by_text("Uitgesteld.")).to_be_visible()
    page.goto(f"{address}/desk?show=later")
    expect(page.locator(f'.queue a[href="{talk.removeprefix(address)}"]')).to_be_visible()
    context.close()


def test_a_family_is_taken_answered_and_given_back_by_keys_alone(context: BrowserContext, address: str) -> None:
    page = context.new_page()
    sign_in(page, address)
    page.locator(".tabs a", has_text="Te bellen").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk?show=calls")
    page.locator(".queue a").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Gesprek, in het Nederlands")).to_be_visible()
    taken = page.get_by_role("button", name="Ik neem dit gesprek").or_(page.get_by_role("button", name="Neem het over"))
    if taken.count():
        taken.first.focus()
        page.keyboard.press("Enter")
    page.get_by_label("Zin", exact=True).focus()
    page.keyboard.press("End")  # the last phrase: noted
    preview = page.locator("#preview-phrase")
    expect(preview.locator(".bubble")).to_be_visible()
    page.get_by_role("button", name="Versturen").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Verstuurd.")).to_be_visible()
    page.get_by_role("button", name="Teruggeven aan de wachtrij").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Wachtrij")).to_be_visible()


def test_a_coordinator_makes_a_phrase_and_retires_it(context: BrowserContext, address: str) -> None:
    page = context.new_page()
    sign_in(page, address)
    page.locator("summary").filter(has_text="Teksten").click()
    page.get_by_role("link", name="Zinnen").click()
    page.get_by_role("link", name="Nieuwe zin").click()
    page.get_by_label("In het Nederlands").fill("Kom op {date} naar {name}.")
    page.get_by_label("Wanneer te gebruiken").fill("Een bezoek.")
    page.get_by_role("button", name="Bewaren").click()
    expect(page.get_by_text("De zin is bewaard.")).to_be_visible()
    french = page.locator("article").filter(has=page.get_by_role("heading", name="Frans"))
    french.locator("summary").click()
    french.get_by_role("textbox").fill("Venez le {date} chez {name}.")
    french.get_by_role("button", name="Bewaar als ontwerp").click()
    expect(page.get_by_text("Het ontwerp is bewaard.")).to_be_visible()
    page.get_by_role("button", name="Bied de zin niet meer aan").click()
    expect(page.get_by_role("button", name="Bied de zin weer aan")).to_be_visible()
