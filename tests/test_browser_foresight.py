"""Foreseeing in a real browser: asked for beside the form, watched while it runs, and read without a reload."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Role, User
from moderation.foresight.change import Change, PersonChange
from moderation.foresight.running import _take, _Teller, ask, run_pending
from moderation.models import Foresight, Queue
from tests.browser import NewPage, axe, beside, sign_in
from tests.factories import make_case, make_queue, make_reader, make_user


@pytest.fixture
def queue(desk: str) -> Queue:
    """One reader of Thai, and a case that waits for her."""
    queue = make_queue("general", name="Hate speech")
    make_reader({"th": 4})
    make_case(language="th", queue=queue)
    return queue


@pytest.fixture
def admin(page: Page, queue: Queue) -> User:
    admin = make_user(role=Role.ADMIN)
    sign_in(page, admin)
    return admin


def test_a_pause_is_foreseen_and_its_waiting_times_are_simulated(
    page: Page, admin: User, queue: Queue
) -> None:
    page.goto(f"/queues/{queue.pk}/")
    page.get_by_role("button", name="Foresee the pause").click()
    foreseen = page.locator("#foresee")
    expect(foreseen).to_contain_text("Nobody would be given these while the queue is paused")
    expect(foreseen).to_contain_text("1 waits there now")
    axe(page)
    foreseen.get_by_role("button", name="Simulate waiting times").click()
    page.wait_for_url(re.compile(r"/foresights/\d+/$"))
    expect(page.locator("#foresight")).to_contain_text("It waits for a worker.")
    loaded = page.evaluate("performance.timeOrigin")
    beside(run_pending)
    expect(page.locator(".differences")).to_contain_text("Nobody would take the 1 case in Hate speech")
    expect(page.locator("#outcome tbody tr")).to_have_count(2)
    assert page.evaluate("performance.timeOrigin") == loaded, "the page came by itself, without a reload"
    axe(page)
    queue.refresh_from_db()
    assert not queue.paused


def test_how_far_it_is_shows_by_itself_and_without_a_script_by_loading_again(
    new_page: NewPage, page: Page, admin: User
) -> None:
    asked = ask(Change("Nothing"), 7, admin)
    turn = _take()
    assert turn is not None
    plain = new_page(java_script_enabled=False)
    sign_in(plain, admin)
    for each in (page, plain):
        each.goto(f"/foresights/{asked.pk}/")
        expect(each.locator("#foresight-progress")).to_have_attribute("value", "0")
    _Teller(turn)(0.42)
    expect(page.locator("#foresight-progress")).to_have_attribute("value", "42")
    expect(plain.locator("#foresight-progress")).to_have_attribute("value", "0")
    plain.get_by_role("link", name="See how far it is").click()
    expect(plain.locator("#foresight-progress")).to_have_attribute("value", "42")


def test_what_failed_says_why_and_can_be_asked_for_again_with_the_same_seed(page: Page, admin: User) -> None:
    gone = make_reader({"bn": 4})
    first = ask(Change("She is away", people=(PersonChange(gone.pk, active=False),)), 7, admin)
    person = gone.pk
    gone.delete()
    beside(run_pending)
    page.goto(f"/foresights/{first.pk}/")
    expect(page.get_by_role("alert")).to_contain_text("One of these people is not there any more")
    page.get_by_role("button", name="Again with the same seed").click()
    page.wait_for_url(lambda url: not url.endswith(f"/{first.pk}/"))
    again = Foresight.objects.exclude(pk=first.pk).get()
    assert (again.seed, again.until, again.change) == (first.seed, first.until, first.change)
    assert again.change["people"][0]["moderator"] == person
    page.goto("/foresights/")
    expect(page.locator("#foresights tbody tr")).to_have_count(2)
