"""The demonstration in a real browser: a family texts, a colleague answers, a volunteer records."""

from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser.desk import sign_in, text_us


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
    desk.get_by_label("Telefoonnummer", exact=True).locator("visible=true").fill("09 000 00 00")
    desk.get_by_role("button", name="Versturen").first.click()
    expect(desk.locator(".timeline").get_by_text("We vonden een plaats bij De Kikker.")).to_be_visible()
    expect(screen).to_contain_text("De Kikker")
    assert "Nous avons trouvé" in screen.inner_text()
    assert problems == []


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
