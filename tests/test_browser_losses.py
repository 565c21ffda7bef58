"""What goes wrong in a shift, in a real browser: nothing that she typed is ever lost over it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from moderation.models import Case, Decision, Draft
from tests.browser import sign_in
from tests.console import open_case
from tests.factories import PASSWORD, make_case, make_user

REASONS = "It attacks people for who they are."


@pytest.fixture
def mali(page: Page) -> User:
    """She reads Thai, Arabic and English, and is signed in on ``page``."""
    user = make_user(th=5, ar=5, en=5)
    sign_in(page, user)
    return user


def test_what_she_types_is_saved_and_there_after_a_reload(page: Page, mali: User) -> None:
    make_case(language="th")
    case = open_case(page, mali)
    page.keyboard.press("4")
    page.get_by_label("Reasons").fill(REASONS)
    expect(page.locator("#saved")).to_have_text("saved")
    assert Draft.objects.get(case=case).fields["reasoning"] == [REASONS]
    page.reload()
    expect(page.get_by_label("Reasons")).to_have_value(REASONS)
    expect(page.locator("input[value=warn]")).to_be_checked()


def test_what_never_reached_the_desk_is_kept_in_the_browser(page: Page, mali: User) -> None:
    make_case(language="th")
    case = open_case(page, mali)
    page.route("**/draft/", lambda route: route.abort())
    page.get_by_label("Reasons").fill(REASONS)
    expect(page.locator("#saved")).to_contain_text("kept in this browser")
    page.unroute("**/draft/")
    page.reload()
    expect(page.get_by_label("Reasons")).to_have_value(REASONS)
    expect(page.locator("#saved")).to_have_text("saved")
    assert Draft.objects.get(case=case).fields["reasoning"] == [REASONS]


def test_a_session_that_ended_costs_her_nothing(page: Page, mali: User) -> None:
    make_case(language="th")
    case = open_case(page, mali)
    page.keyboard.press("1")
    page.get_by_label("Reasons").fill(REASONS)
    Session.objects.all().delete()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#session-lost")).to_be_visible()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in in a new tab").click()
    other = opened.value
    other.get_by_label("Name").fill(mali.username)
    other.get_by_label("Password").fill(PASSWORD)
    other.get_by_role("button", name="Sign in").click()
    expect(other.locator("#board")).to_be_visible()
    # Signing in changed the CSRF token; the page that stood open sends the new one.
    expect(page.get_by_label("Reasons")).to_have_value(REASONS)
    page.get_by_label("Reasons").press("Control+Enter")
    expect(page.locator("#board")).to_be_visible()
    assert Decision.objects.get(case=case).reasoning == REASONS


def test_a_desk_that_cannot_be_reached_costs_her_nothing(page: Page, mali: User) -> None:
    make_case(language="th")
    case = open_case(page, mali)
    page.keyboard.press("1")
    page.get_by_label("Reasons").fill(REASONS)
    page.route("**/decide/", lambda route: route.abort())
    page.keyboard.press("Control+Enter")
    expect(page.locator("#not-sent")).to_be_visible()
    expect(page.get_by_label("Reasons")).to_have_value(REASONS)
    page.unroute("**/decide/")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#board")).to_be_visible()
    assert Decision.objects.get(case=case).reasoning == REASONS


def test_a_hold_that_runs_out_is_said_and_taken_again_with_everything_typed(page: Page, mali: User) -> None:
    make_case(language="th")
    case = open_case(page, mali)
    page.get_by_label("Reasons").fill(REASONS)
    Case.objects.filter(pk=case.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    page.get_by_role("button", name="Keep").click()
    expect(page.locator("[data-standing=ran_out]")).to_contain_text("Your hold on this case ran out.")
    expect(page.locator(".case-tools")).to_be_hidden()
    page.get_by_role("button", name="Claim it again").click()
    expect(page.locator("#lease .clock")).to_contain_text("9:5")
    expect(page.get_by_label("Reasons")).to_have_value(REASONS)


def test_working_renews_the_hold_and_its_time_is_in_sight(page: Page, mali: User) -> None:
    make_case(language="th")
    page.clock.install()
    case = open_case(page, mali)
    expect(page.locator("#lease .clock")).to_have_text(re.compile(r"10:00|9:5\d"))
    page.clock.run_for(45_000)
    expect(page.locator("#lease .clock")).to_have_text(re.compile(r"9:[01]\d"))
    Case.objects.filter(pk=case.pk).update(lease_until=timezone.now() + timedelta(seconds=30))
    with page.expect_response("**/heartbeat/"):
        page.keyboard.press("r")
    case.refresh_from_db()
    assert case.lease_until is not None
    assert case.lease_until > timezone.now() + timedelta(minutes=9)
