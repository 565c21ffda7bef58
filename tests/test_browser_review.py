"""Reviewing an appeal in a real browser, by the keyboard alone."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from appeals.models import Appeal
from moderation import consulting
from moderation.models import Consultation, Decision
from tests.appealing import make_reader
from tests.browser import axe, sign_in
from tests.reviewing import REASONS, reviewing

VISIBLE = "e => { const box = e.getBoundingClientRect(); return box.top >= 0 && box.bottom <= innerHeight; }"


def test_part_of_a_decision_is_taken_back_with_a_colleagues_opinion_without_a_mouse(page: Page) -> None:
    colleague = make_reader("en")
    held = reviewing()
    sign_in(page, held.moderator)
    page.goto(held.path)
    for heading in ("#appeal-heading", "#appealed-heading", "#flagged-heading", "#field-outcome", ".submit"):
        assert page.locator(heading).evaluate(VISIBLE), heading
    assert page.evaluate("document.scrollingElement.scrollHeight") <= 768

    page.keyboard.press("c")
    page.keyboard.press("Tab")
    page.keyboard.type("Would a warning do?")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#error-colleague")).to_be_visible()
    page.get_by_label("Whom?").select_option(str(colleague.pk))
    axe(page)
    page.get_by_role("button", name="Ask", exact=True).press("Enter")
    expect(page.locator(".consultations")).to_contain_text("Would a warning do?")
    consulting.answer(Consultation.objects.get().pk, colleague, "It would.")
    page.reload()
    expect(page.locator(".consultations")).to_contain_text("It would.")

    expect(page.get_by_label("Policy")).to_be_hidden()
    page.keyboard.press("4")
    expect(page.get_by_label("Why is it not looked into?")).to_be_visible()
    page.keyboard.press("3")
    expect(page.get_by_label("Why is it not looked into?")).to_be_hidden()
    expect(page.locator("input[value=lock_account]")).to_be_checked()
    expect(page.locator("#changes")).to_contain_text("stays in force")
    for key in page.locator("input[value=lock_account], input[value=warn]").evaluate_all(
        "all => all.map((each) => each.dataset.key)"
    ):
        page.keyboard.press(key)
    expect(page.locator("#changes")).to_contain_text("is taken back")
    expect(page.locator("#preview")).to_contain_text("We changed a part of the decision")
    axe(page)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#errors")).to_be_focused()
    page.keyboard.press("r")
    page.keyboard.type(REASONS)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#board")).to_be_visible()
    assert Appeal.objects.get().outcome == "partially_overturned"
    assert [each["action"] for each in Decision.objects.latest("pk").actions] == ["warn"]


def test_whoever_is_asked_finds_her_words_again_and_answers(page: Page) -> None:
    held = reviewing()
    colleague = make_reader("en")
    consulting.ask(held.case.pk, held.moderator, held.token, colleague, "Would a warning do?")
    sign_in(page, colleague)
    page.goto("/")
    page.get_by_role("link", name="Asked of you 1").click()
    axe(page)
    page.keyboard.press("n")
    page.wait_for_url("**/cases/**")
    expect(page.locator(".question")).to_contain_text("Would a warning do?")
    page.keyboard.press("r")
    page.keyboard.type("It would, if she")
    expect(page.locator("#saved")).to_have_text("saved")
    page.reload()
    expect(page.get_by_label("Your answer")).to_have_value("It would, if she")
    axe(page)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Nobody waits for your answer.")).to_be_visible()
    assert Consultation.objects.get().answer == "It would, if she"
