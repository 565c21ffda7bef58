"""A change of who may take what, from the admin's page to an open board: foreseen, saved, there without a reload."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.models import LanguageSkill, Role, User
from config.launcher import commands
from moderation import languages
from moderation.models import Case, Event, Queue
from moderation.queueing.claim import claim_next
from tests.browser import NewPage, axe, sign_in
from tests.factories import make_case, make_queue, make_user
from tests.processes import Running, wait_until

BENGALI = languages.endonym("bn")
SOON = 15_000  # ms, on a machine with other things to do
# A page that is not looked at does not ask by itself now and then: what it shows it was told of.
OPENED = """
window.opened = true;
Object.defineProperty(document, "visibilityState", { get: () => "hidden" });
"""


@pytest.fixture
def noor(desk: str) -> User:
    """She reads English, and not yet Bengali."""
    user = make_user(en=5)
    User.objects.filter(pk=user.pk).update(first_name="Noor")
    return user


@pytest.fixture
def hate_speech(desk: str) -> Queue:
    """Three Bengali cases that nobody reads."""
    queue = make_queue("hate-speech", name="Hate speech")
    for priority in (300, 400, 200):
        make_case(language="bn", queue=queue, priority=priority)
    return queue


@pytest.fixture
def admins_page(new_page: NewPage) -> Page:
    page = new_page()
    sign_in(page, make_user(role=Role.ADMIN))
    return page


@pytest.fixture
def second_desk(desk: str, _browser: Browser) -> Iterator[Page]:
    """A page at another web process, on the same tables: it hears of changes by its bell alone."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with Running(commands.web("127.0.0.1", port, quiet=True)) as process:
        wait_until(lambda: process.process.poll() is not None or answers(port), "the second desk answers")
        assert process.process.poll() is None, process.said()
        context = _browser.new_context(base_url=f"http://127.0.0.1:{port}", locale="en")
        context.set_default_timeout(10_000)
        yield context.new_page()
        context.close()


def answers(port: int) -> bool:
    with socket.socket() as to:
        return to.connect_ex(("127.0.0.1", port)) == 0


def open_board(page: Page, user: User) -> None:
    """Her board, live, and marked so that a reload would show."""
    sign_in(page, user)
    page.goto("/")
    expect(page.locator("#connection")).to_have_text("live", timeout=SOON)
    page.evaluate(OPENED)


def never_reloaded(page: Page) -> bool:
    return page.evaluate("window.opened === true") is True


def add_bengali(page: Page, user: User) -> None:
    """From the list of people to her page, her form filled and not yet sent."""
    page.goto("/people/")
    page.get_by_role("link", name="Noor", exact=True).click()
    page.wait_for_url(f"**/people/{user.pk}/")
    page.get_by_label("Language, 2", exact=True).fill("Bengali")
    page.get_by_label("Level, 2", exact=True).select_option("4")


def test_a_bengali_skill_is_foreseen_saved_and_opens_the_lane_on_an_open_board(
    admins_page: Page, new_page: NewPage, noor: User, hate_speech: Queue
) -> None:
    board = new_page()
    open_board(board, noor)
    expect(board.locator("#nothing")).to_be_visible()
    lane = f"#lane-{hate_speech.pk}-bn"

    add_bengali(admins_page, noor)
    admins_page.get_by_role("button", name="Foresee").first.click()
    foresee = admins_page.locator("#foresee")
    expect(foresee).to_contain_text("Nothing has been saved.")
    expect(foresee).to_contain_text("Somebody could take these, which nobody can today")
    expect(foresee.locator("#foresee-people")).to_contain_text("Noor")
    expect(foresee.locator("#foresee-people")).to_contain_text("1 lane would open")
    expect(foresee.locator("#foresee-people")).to_contain_text("Hate speech")
    expect(foresee.locator("#foresee-people")).to_contain_text(BENGALI)
    axe(admins_page)
    # What she typed is still there, and nothing of it holds yet.
    expect(admins_page.get_by_label("Language, 2", exact=True)).not_to_have_value("")
    assert not LanguageSkill.objects.filter(tag="bn").exists()
    assert claim_next(noor) is None
    expect(board.locator(lane)).to_have_count(0)

    admins_page.get_by_role("button", name="Save", exact=True).last.click()
    expect(admins_page.get_by_text("It holds from now on, on every open board too.")).to_be_visible()
    expect(admins_page.get_by_label("Language, 1", exact=True)).to_have_value("bn")

    expect(board.locator(lane)).to_contain_text(BENGALI, timeout=SOON)
    expect(board.locator(lane)).to_contain_text("3")
    assert never_reloaded(board)
    axe(board)
    board.keyboard.press("n")
    best = Case.objects.get(priority=400)
    board.wait_for_url(f"**/cases/{best.pk}/")
    best.refresh_from_db()
    assert (best.claimed_by, best.status) == (noor, Case.Status.CLAIMED)
    assert best.claimed_through is not None
    assert (best.claimed_through["skill"], best.claimed_through["level"]) == ("bn", 4)
    told = Event.objects.filter(kind="people.changed", data__people__0__person=noor.pk)
    assert told.count() == 1


def test_a_change_saved_at_one_web_process_shows_on_a_board_that_is_open_at_another(
    admins_page: Page, second_desk: Page, noor: User, hate_speech: Queue
) -> None:
    open_board(second_desk, noor)
    expect(second_desk.locator("#nothing")).to_be_visible()
    add_bengali(admins_page, noor)
    admins_page.get_by_role("button", name="Save", exact=True).last.click()
    expect(second_desk.locator(f"#lane-{hate_speech.pk}-bn")).to_contain_text(BENGALI, timeout=SOON)
    assert never_reloaded(second_desk)
    second_desk.keyboard.press("n")
    second_desk.wait_for_url("**/cases/*/")
    held = Case.objects.get(claimed_by=noor)

    # And away again: her board loses the lane, and what she holds stays hers.
    open_board(second_desk, noor)
    admins_page.get_by_role("region", name="Languages").get_by_label("Remove, 1", exact=True).check()
    admins_page.get_by_role("button", name="Save", exact=True).last.click()
    expect(second_desk.locator(f"#lane-{hate_speech.pk}-bn")).to_have_count(0, timeout=SOON)
    assert never_reloaded(second_desk)
    expect(second_desk.locator(f"#held-{held.pk}")).to_be_visible()
    held.refresh_from_db()
    assert held.claimed_by == noor
