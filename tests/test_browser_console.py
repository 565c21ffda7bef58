"""The console in a real browser, as a moderator uses it through her shift."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from moderation import bells
from moderation.models import Case, Decision
from tests.browser import NewPage, axe, sign_in
from tests.console import full_case, open_case
from tests.deciding import decided
from tests.factories import PASSWORD, make_case, make_item, make_policy, make_queue, make_user

REASONS = "It attacks people for who they are."
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@pytest.fixture
def mali(page: Page) -> User:
    """She reads Thai, Arabic and English, and is signed in on ``page``."""
    user = make_user(th=5, ar=5, en=5)
    sign_in(page, user)
    return user


def test_she_signs_in_and_sees_her_board(page: Page) -> None:
    user = make_user(th=5)
    make_case(language="th")
    page.goto("/")
    page.get_by_label("Name").fill(user.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("row", name="General")).to_contain_text("ไทย")
    expect(page.locator("#connection")).to_have_text("live")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("language", ["en", "ar"])
def test_no_page_has_a_barrier(new_page: NewPage, language: str, scheme: Literal["light", "dark"]) -> None:
    page = new_page(language=language, colour_scheme=scheme)
    page.goto("/sign-in/")
    axe(page)
    user = make_user(th=5, ar=5, en=5)
    sign_in(page, user)
    decided("remove", moderator=user)
    full_case()
    make_case(language="th")
    page.goto("/")
    axe(page)
    page.goto("/history/")
    axe(page)
    page.goto("/nothing-here")
    axe(page)
    case = open_case(page, user)
    axe(page)
    # Panels look the same in every combination but these two.
    tools = ("why", "skip", "escalate", "language", "keys", "person")
    for tool in tools if (language, scheme) in {("en", "light"), ("ar", "dark")} else ():
        page.locator(f"[popovertarget={tool}]").click()
        expect(page.locator(f"#{tool}")).to_be_visible()
        axe(page)
        page.keyboard.press("Escape")
    page.locator("input[value=restrict]").check()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#errors")).to_be_focused()
    axe(page)
    Case.objects.filter(pk=case.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-standing=ran_out]")).to_be_visible()
    axe(page)


@pytest.mark.parametrize("height", [768, 640])
def test_content_and_decision_are_in_sight_together_however_full_the_case_is(
    new_page: NewPage, height: int
) -> None:
    page = new_page(viewport=(1366, height))
    user = make_user(ar=5)
    sign_in(page, user)
    full_case()
    open_case(page, user)
    for seen in ("#captured", "#flags-heading", "input[value=no_violation]", "button.submit"):
        expect(page.locator(seen)).to_be_in_viewport()
    assert page.evaluate("document.scrollingElement.scrollHeight") <= height
    direction = page.locator("#captured .captured-text").evaluate("(e) => getComputedStyle(e).direction")
    assert direction == "rtl"


@pytest.mark.parametrize("width", [320, 360])
def test_nothing_needs_scrolling_sideways_on_a_narrow_screen(new_page: NewPage, width: int) -> None:
    page = new_page(viewport=(width, 740))
    user = make_user(ar=5)
    for path in ("/sign-in/", "/nothing-here"):
        page.goto(path)
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width, path
    sign_in(page, user)
    full_case()
    page.goto("/")
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    open_case(page, user)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width


def test_the_board_is_live_and_moves_only_what_changed(page: Page, mali: User) -> None:
    thai = make_case(language="th")
    make_case(language="ar")
    page.goto("/")
    expect(page.locator("#connection")).to_have_text("live")
    expect(page.locator("#total-waiting")).to_contain_text("2")
    page.evaluate("document.querySelectorAll('#lane-rows tr').forEach((row) => { row.untouched = true; })")
    make_case(language="th")
    bells.lane_changed(thai.queue_id, "th")
    expect(page.locator("#total-waiting")).to_contain_text("3")
    untouched = "(id) => document.getElementById(id).untouched === true"
    assert page.evaluate(untouched, f"lane-{thai.queue_id}-ar")
    assert not page.evaluate(untouched, f"lane-{thai.queue_id}-th")


def test_a_board_without_its_websocket_says_so_and_asks_by_itself(page: Page, mali: User) -> None:
    page.route_web_socket("**/ws/board/", lambda socket: socket.close())
    page.clock.install()
    make_case(language="th")
    page.goto("/")
    expect(page.locator("#connection")).to_contain_text("not live")
    make_case(language="th")
    page.clock.run_for(21_000)
    expect(page.locator("#total-waiting")).to_contain_text("2")


def test_a_whole_decision_needs_no_mouse(page: Page, mali: User) -> None:
    first = make_case(language="th")
    second = make_case(language="th", priority=100)
    page.goto("/")
    page.keyboard.press("n")
    page.wait_for_url(f"**/cases/{first.pk}/")
    page.keyboard.press("2")
    expect(page.locator("input[value=remove]")).to_be_checked()
    page.keyboard.press("r")
    # What is typed is text, whatever keys it takes.
    page.keyboard.type("12 s n ? no")
    expect(page.locator("input[value=no_violation]")).not_to_be_checked()
    expect(page.locator("#skip")).to_be_hidden()
    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"**/cases/{second.pk}/")
    decision = Decision.objects.get(case=first)
    assert (decision.actions[0]["action"], decision.reasoning) == ("remove", "12 s n ? no")
    page.keyboard.press("1")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#nothing")).to_contain_text("Nothing waits for you.")


def test_keys_go_by_their_place_on_a_keyboard_without_latin_letters(page: Page, mali: User) -> None:
    case = make_case(language="th")
    page.goto("/")
    page.evaluate(
        "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'ื', code: 'KeyN', bubbles: true}))"
    )
    page.wait_for_url(f"**/cases/{case.pk}/")


def test_single_keys_can_be_switched_off(page: Page, mali: User) -> None:
    make_case(language="th")
    page.goto("/")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_contain_text("Next case")
    page.get_by_label("Single keys work while nothing is being typed").uncheck()
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("n")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_hidden()
    assert not Case.objects.filter(claimed_by=mali).exists()


def test_no_violation_stands_alone(page: Page, mali: User) -> None:
    make_case(language="th")
    open_case(page, mali)
    page.keyboard.press("2")
    page.keyboard.press("4")
    page.keyboard.press("1")
    expect(page.locator("input[name=actions]:checked")).to_have_count(1)
    page.keyboard.press("2")
    expect(page.locator("input[name=actions]:checked")).to_have_value("remove")


def test_a_double_click_submits_once(page: Page, mali: User) -> None:
    case = make_case(language="th")
    following = [make_case(language="th", priority=100) for _ in range(2)]
    open_case(page, mali)
    page.keyboard.press("1")
    page.get_by_role("button", name="Submit").dblclick()
    page.wait_for_url(f"**/cases/{following[0].pk}/")
    assert Decision.objects.get().case == case
    assert Case.objects.filter(claimed_by=mali).count() == 1


def test_hidden_characters_are_shown_on_demand(page: Page, mali: User) -> None:
    make_case(item=make_item(author=make_item(kind="account", text=""), text="pay \u202eesrever\u202c now"))
    open_case(page, mali)
    expect(page.locator(".odd-characters")).to_contain_text("RIGHT-TO-LEFT OVERRIDE")
    axe(page)
    page.keyboard.press("b")
    sign = page.locator("#captured .odd").first
    content = "(e) => getComputedStyle(e, '::before').content"
    assert sign.evaluate(content) == '"RLO"'
    page.keyboard.press("b")
    assert sign.evaluate(content) == "none"


def test_another_policy_brings_other_actions_and_leaves_her_words(page: Page, mali: User) -> None:
    make_policy("spam", guidelines="Sent to many.", allowed_actions=["no_violation", "lock_account"])
    make_case(language="th")
    open_case(page, mali)
    page.get_by_label("Reasons").fill(REASONS)
    page.keyboard.press("Escape")
    page.get_by_label("Policy", exact=True).select_option("spam")
    expect(page.locator(".guidelines")).to_contain_text("Sent to many.")
    expect(page.locator("input[value=remove]")).to_have_count(0)
    expect(page.get_by_label("Reasons")).to_have_value(REASONS)


def test_the_preview_follows_what_she_writes(page: Page, mali: User) -> None:
    item = make_item(author=make_item(kind="account", text=""), text="ข้อความ", language="th")
    make_case(language="th", item=item)
    open_case(page, mali)
    page.keyboard.press("2")
    page.get_by_label("Reasons").fill(REASONS)
    expect(page.locator("#preview .statement")).to_contain_text(REASONS)
    expect(page.locator("#preview .statement")).to_have_attribute("lang", "th")


def test_enter_in_the_reason_for_a_skip_skips_and_never_decides(page: Page, mali: User) -> None:
    case = make_case(language="th")
    following = make_case(language="th", priority=100)
    open_case(page, mali)
    page.keyboard.press("1")
    page.keyboard.press("s")
    expect(page.get_by_label("Why?")).to_be_focused()
    page.keyboard.type("I know the author")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/cases/{following.pk}/")
    case.refresh_from_db()
    assert case.status == Case.Status.QUEUED
    assert not Decision.objects.exists()


def test_a_case_is_released_and_escalated_from_its_bar(page: Page, mali: User) -> None:
    case = make_case(language="th")
    experts = make_queue("experts", clearances=("legal",))
    open_case(page, mali)
    page.get_by_role("button", name="Release").click()
    expect(page.locator("#board")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="waits in its lane again")).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/cases/{case.pk}/")
    page.keyboard.press("x")
    page.get_by_label("Queue", exact=True).select_option("experts")
    page.get_by_label("Why should others decide?").fill("It needs a lawyer.")
    page.locator("#escalate").get_by_role("button", name="Escalate").click()
    expect(page.locator("#board")).to_be_visible()
    case.refresh_from_db()
    assert case.queue == experts


def test_the_appearance_that_she_chose_stays(page: Page, mali: User) -> None:
    page.goto("/")
    page.get_by_role("button", name=mali.username).click()
    page.get_by_label("High contrast").check()
    axe(page)
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "contrast")
