"""The console in a real browser, as a moderator uses it."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser import NewPage, axe, sign_in
from tests.factories import PASSWORD, make_case, make_user


def test_she_signs_in_and_sees_her_board(page: Page) -> None:
    user = make_user(th=5)
    make_case(language="th")
    page.goto("/")
    page.get_by_label("Name").fill(user.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("row", name="General")).to_contain_text("ไทย")
    expect(page.locator("#connection")).to_have_text("live")
    axe(page)
