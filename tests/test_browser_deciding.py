"""Deciding in depth in a real browser: several actions, second thoughts, and a second person."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings

from accounts.models import User
from moderation.models import Approval, Case, Decision, StrikeThreshold
from moderation.outbox.delivery import deliver_due
from moderation.outbox.endpoints import create_endpoint
from tests.browser import NewPage, axe, beside, sign_in
from tests.console import full_case, open_case
from tests.factories import make_case, make_platform, make_policy, make_user
from tests.receiver import receiving

EVERYTHING = [
    *("remove", "restrict", "warn", "demonetise", "lock_account", "terminate_account"),
    "refer_to_law_enforcement",
]
REASONS = "It attacks people for who they are."
HEIGHT = "document.scrollingElement.scrollHeight"


@pytest.fixture
def mali(page: Page, settings: Settings) -> User:
    """She reads Thai and Arabic, may do everything, and has a minute to undo it."""
    settings.UNDO_SECONDS = 60.0
    make_policy(allowed_actions=EVERYTHING)
    user = make_user(th=5, ar=5)
    sign_in(page, user)
    return user


def test_several_actions_are_decided_undone_and_decided_again_without_a_mouse(page: Page, mali: User) -> None:
    first = make_case(language="th")
    second = make_case(language="th", priority=100)
    open_case(page, mali)
    page.keyboard.press("2")
    page.keyboard.press("3")
    page.get_by_label("On what").first.select_option("author")
    page.get_by_label("How", exact=True).select_option("limit_visibility")
    page.get_by_label("How long").first.select_option("7")
    page.get_by_label("Reasons").fill(REASONS)
    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"**/cases/{second.pk}/")
    bar = page.locator("#undo")
    expect(bar).to_contain_text(f"Case {first.pk}")
    expect(bar.get_by_role("status")).to_contain_text("You can undo it")
    axe(page)
    page.keyboard.press("u")
    expect(page.locator("#revision")).to_contain_text("You took your decision back.")
    for value in ("remove", "restrict"):
        expect(page.locator(f"input[value={value}]")).to_be_checked()
    expect(page.get_by_label("How", exact=True)).to_have_value("limit_visibility")
    expect(page.get_by_label("Reasons")).to_have_value(REASONS)
    axe(page)
    page.locator("h1").click()
    page.keyboard.press("3")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"**/cases/{second.pk}/")
    latest = Decision.objects.latest("pk")
    assert (latest.case.revised, [each["action"] for each in latest.actions]) == ("undone", ["remove"])


def test_when_the_time_to_undo_is_over_nothing_under_it_moves(page: Page, mali: User) -> None:
    page.clock.install()
    make_case(language="th")
    open_case(page, mali)
    page.keyboard.press("1")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#board")).to_be_visible()
    before = page.locator("#board").bounding_box()
    page.clock.run_for(61_000)
    expect(page.locator("#undo")).to_contain_text("It is on its way now.")
    expect(page.get_by_role("button", name="Undo")).to_be_hidden()
    assert page.locator("#board").bounding_box() == before


def test_an_account_is_terminated_only_when_a_second_person_approved(
    page: Page, new_page: NewPage, mali: User, settings: Settings
) -> None:
    settings.UNDO_SECONDS = 0
    second = make_user(th=5, clearances=("approval",))
    with receiving() as platform:
        create_endpoint(make_platform(), platform.url, secret=platform.secret)
        case = make_case(language="th")
        open_case(page, mali)
        page.locator("input[value=terminate_account]").check()
        page.get_by_label("Reasons").fill(REASONS)
        page.keyboard.press("Control+Enter")
        expect(page.locator("#board")).to_be_visible()
        beside(deliver_due)
        assert "enforcement.requested" not in platform.types()
        page.goto(f"/cases/{case.pk}/")
        expect(page.locator("#standing")).to_contain_text("waits for a second person")
        axe(page)

        colleague = new_page()
        sign_in(colleague, second)
        colleague.goto("/")
        colleague.get_by_role("link", name="Approvals 1").click()
        axe(colleague)
        colleague.keyboard.press("n")
        expect(colleague.locator("#answer")).to_contain_text("To approve: Terminate account")
        assert colleague.evaluate(HEIGHT) <= 768
        axe(colleague)
        colleague.keyboard.press("j")
        expect(colleague.locator("#error-reasons")).to_be_visible()
        expect(colleague.get_by_label("Reasons")).to_be_focused()
        colleague.locator("h1").click()
        colleague.keyboard.press("v")
        expect(colleague.get_by_text("Nothing waits for your answer.")).to_be_visible()
        beside(deliver_due)
        [carried_out] = [each for each in platform.received if each.type == "enforcement.requested"]
        assert carried_out.data["action"] == "terminate_account"
    assert Approval.objects.get().status == Approval.Status.APPROVED


def test_what_strikes_propose_is_chosen_with_one_key_and_all_stays_in_sight(page: Page, mali: User) -> None:
    StrikeThreshold.objects.create(points=1, window_days=90, action="lock_account", days=14)
    full_case()
    open_case(page, mali)
    for seen in ("#captured", "input[value=refer_to_law_enforcement]", "#field-reasoning", "button.submit"):
        expect(page.locator(seen)).to_be_in_viewport()
    assert page.evaluate(HEIGHT) <= 768
    expect(page.locator(".second-person")).to_have_count(2)
    page.keyboard.press("g")
    expect(page.locator("input[value=lock_account]")).to_be_checked()
    expect(page.locator("[name='lock_account.until']")).to_have_value("14")
    page.locator(".grounds summary").click()
    page.get_by_label("Severity").select_option("1")
    expect(page.locator(".proposal")).to_have_count(0)
    expect(page.locator("input[value=lock_account]")).to_be_checked()
    axe(page)
    assert not Decision.objects.exists()


def test_what_would_change_follows_what_is_chosen(page: Page, mali: User, settings: Settings) -> None:
    settings.UNDO_SECONDS = 0
    case = make_case(language="th")
    open_case(page, mali)
    page.keyboard.press("2")
    page.get_by_label("Reasons").fill(REASONS)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#board")).to_be_visible()
    page.goto(f"/cases/{case.pk}/")
    page.keyboard.press("d")
    changes = page.locator("#changes")
    expect(changes).to_contain_text("stays in force")
    page.keyboard.press("2")
    page.keyboard.press("4")
    expect(changes).to_contain_text("is taken back")
    expect(changes).to_contain_text("is new")
    axe(page)
    assert page.evaluate(HEIGHT) <= 768
    assert Case.objects.filter(revised="reconsidered").count() == 1
