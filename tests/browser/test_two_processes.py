"""Two processes on PostgreSQL: what happens at one is seen by whoever looks through the other, without reloading."""

from pathlib import Path

from playwright.sync_api import BrowserContext, expect

from tests.browser.desk import prepare, serving, sign_in, text_us


def test_what_comes_in_at_one_process_is_seen_through_the_other(
    context: BrowserContext, migrated_postgresql: str, tmp_path: Path
) -> None:
    prepare(tmp_path, is_lively=False, database_url=migrated_postgresql)
    with (
        serving(tmp_path, "--no-worker", database_url=migrated_postgresql) as one,
        serving(tmp_path, database_url=migrated_postgresql) as other,
    ):
        desk, phone = context.new_page(), context.new_page()
        sign_in(desk, one)
        expect(desk.locator(".queue > li")).to_have_count(4)
        phone.goto(f"{other}/simulator")
        text_us(phone, "goeiedag")
        text_us(phone, "4")
        expect(desk.locator(".queue > li")).to_have_count(5)
        expect(desk.get_by_role("link", name="Te bellen 3")).to_be_visible()
        colleague = context.new_page()  # the same cookie: ports are no part of where a cookie goes
        desk.locator(".queue a").first.click()
        colleague.goto(desk.url.replace(one, other))
        colleague.get_by_role("button", name="Ik neem dit gesprek").click()
        expect(colleague.get_by_role("heading", name="Antwoorden met een vaste zin")).to_be_visible()
        expect(desk.locator(".timeline").get_by_text("balie nam dit gesprek")).to_be_visible()
