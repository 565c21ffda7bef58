"""The whole story: a flag becomes a decision becomes an appeal, with every part real.

Harbour runs as a program of its own and is told by signed webhooks; a worker and the timers run as processes; two
moderators of different languages and a person who is locked out sit at browsers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings

from accounts.models import Clearance, User
from config.sample import loading
from moderation.models import Case, Event, Message
from tests.browser import NewPage, axe
from tests.harbour import SECRET, Harbour, running_harbour
from tests.processes import cron, worker

API_KEY = "fl_of-the-story-and-of-nothing-else"
POST = "ไอ้เว็กซ์ลิงพวกนี้มันน่ารังเกียจ ไล่มันออกไปจากเมืองเราให้หมด"
REASONS = "โพสต์นี้เรียกร้องให้ขับไล่คนกลุ่มหนึ่งออกจากเมือง"
APPEAL = "ฉันยกคำพูดของคนอื่นมาเพื่อวิจารณ์มัน ไม่ได้เห็นด้วยกับมันเลย ขอให้อ่านโพสต์ทั้งหมดอีกครั้ง"
ANSWER = "เราอ่านอีกครั้งแล้ว คุณยกคำพูดมาเพื่อวิจารณ์ เราขอโทษ"


@pytest.fixture
def harbour(desk: str, tmp_path: Path, settings: Settings) -> Iterator[Harbour]:
    settings.FAIRLEAD_URL = desk
    with running_harbour(tmp_path, desk, API_KEY, SECRET) as it:
        loading.load(loading.PlatformAccess(API_KEY, SECRET, it.url), lambda line: None)
        with worker(FAIRLEAD_URL=desk), cron():
            yield it


@pytest.fixture
def outside(_browser: Browser) -> Iterator[NewPage]:
    """Pages of people who also look at Harbour, which is another site than the desk."""
    with ExitStack() as open_contexts:

        def make(language: str = "en", viewport: tuple[int, int] = (1366, 768)) -> Page:
            context = _browser.new_context(
                locale=language,
                viewport={"width": viewport[0], "height": viewport[1]},
                reduced_motion="reduce",
            )
            open_contexts.callback(context.close)
            context.set_default_timeout(10_000)
            return context.new_page()

        yield make


def sign_in_by_hand(page: Page, name: str) -> None:
    page.goto("/")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(loading.PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Board")).to_be_visible()
    expect(page.get_by_text("live", exact=True)).to_be_visible()


def write_post(page: Page, harbour: Harbour, words: str, as_account: str) -> None:
    page.goto(harbour.url)
    page.get_by_text("Write a post").click()
    form = page.locator("form").filter(has_text="In any language")
    form.locator("select[name=by]").select_option(as_account)
    form.locator("textarea").fill(words)
    form.get_by_role("button").click()


def test_a_flag_becomes_a_decision_becomes_an_appeal(
    harbour: Harbour, outside: NewPage, new_page: NewPage
) -> None:
    reader = outside()
    mali, noor, ada = new_page(), new_page(), new_page()
    # Mali could take appeals too: only that she decided keeps her from this one.
    User.objects.get(username="mali").clearances.add(Clearance.objects.get(slug="appeals"))
    sign_in_by_hand(mali, "mali")
    sign_in_by_hand(noor, "noor")
    expect(mali.get_by_text("0 waiting for you").or_(mali.get_by_text("Nothing waits"))).to_be_visible()

    # Somebody posts in Thai, and nobody says which language it is. It is screened, and both boards hear of it.
    write_post(reader, harbour, POST, "acct-ploy")
    lane = mali.get_by_role("row").filter(has_text="Hate speech").filter(has_text="ไทย")
    expect(lane).to_be_visible(timeout=60_000)
    expect(noor.get_by_role("row").filter(has_text="ไทย")).to_have_count(0)
    noor.keyboard.press("Enter")
    expect(noor.get_by_text("Nothing waits for you now.")).to_be_visible()

    # Mali opens it with one key, sees what was flagged and why, and locks the account.
    mali.keyboard.press("Enter")
    mali.wait_for_url("**/cases/*/")
    case = Case.objects.get()
    expect(mali.locator("mark", has_text="ไอ้เว็กซ์ลิง").first).to_be_visible()
    expect(mali.get_by_text("keywords").first).to_be_visible()
    # Noor cannot even look at what she does not read.
    assert noor.request.get(f"/cases/{case.pk}/").status in (403, 404)
    mali.get_by_role("checkbox", name="Lock account").check()
    mali.get_by_label("Reasons").fill(REASONS)
    expect(mali.locator("#preview")).to_contain_text(REASONS)
    axe(mali)
    mali.keyboard.press("Control+Enter")
    expect(mali.get_by_role("heading", name="Board")).to_be_visible()

    # Harbour obeys: who signs in as the author finds the account locked, and reads why in Thai.
    person = outside(language="th", viewport=(360, 740))
    locked = person.locator("#lock")
    person.goto(f"{harbour.url}/accounts/acct-ploy")
    expect(locked).to_contain_text(REASONS, timeout=60_000)
    statement = locked.locator("blockquote")
    assert (statement.get_attribute("lang"), statement.get_attribute("dir")) == ("th", "ltr")

    # She appeals from her phone, without signing in.
    locked.get_by_role("link").click()
    person.wait_for_url("**/appeal/**")
    expect(person.locator("html")).to_have_attribute("lang", "th")
    expect(person.locator(".statement")).to_contain_text(REASONS)
    axe(person)
    person.locator("#text").fill(APPEAL)
    person.locator("button[name=send]").click()
    person.wait_for_url("**/status/")
    expect(person.get_by_text(APPEAL)).to_be_visible()
    axe(person)

    # The appeal waits in its own lane, in its own language; Mali, who decided, never gets it nor may look at it.
    appeal_case = Case.objects.get(origin="appeal")
    assert (appeal_case.language, appeal_case.queue and appeal_case.queue.slug) == ("th", "appeals")
    mali.reload()
    expect(mali.get_by_text("live", exact=True)).to_be_visible()
    mali.keyboard.press("Enter")
    expect(mali.get_by_text("Nothing waits for you now.")).to_be_visible()
    assert mali.request.get(f"/cases/{appeal_case.pk}/appeal/").status in (403, 404)

    # Ada reads Thai well enough once the lane opens to her level, and takes the decision back.
    Case.objects.filter(pk=appeal_case.pk).update(queued_at=appeal_case.opened_at.replace(year=2025))
    sign_in_by_hand(ada, "ada")
    ada.keyboard.press("Enter")
    ada.wait_for_url(f"**/cases/{appeal_case.pk}/appeal/")
    expect(ada.get_by_text(APPEAL)).to_be_visible()
    axe(ada)
    ada.locator("input[value=overturned]").check()
    ada.get_by_label("Reasons").fill(ANSWER)
    ada.keyboard.press("Control+Enter")
    expect(ada.get_by_role("heading", name="Board")).to_be_visible()

    # Harbour unlocks the account, and the person reads the outcome.
    person.reload()
    expect(person.get_by_text(ANSWER)).to_be_visible()
    page = outside()
    page.goto(f"{harbour.url}/accounts/acct-ploy")
    expect(page.locator("#lock")).to_have_count(0, timeout=60_000)

    # Every webhook was verified by the official library on Harbour's side, and every step is in the trail.
    assert set(Message.objects.values_list("type", "status")) == {
        ("enforcement.requested", "delivered"),
        ("case.closed", "delivered"),
        ("appeal.received", "delivered"),
        ("appeal.decided", "delivered"),
        ("enforcement.reversed", "delivered"),
    }
    story = list(Event.objects.filter(case_id=case.pk).order_by("id").values_list("kind", flat=True))
    for kind in ("case.opened", "case.queued", "case.claimed", "evidence.viewed", "case.decided"):
        assert kind in story, story
    appealed = list(
        Event.objects.filter(case_id=appeal_case.pk).order_by("id").values_list("kind", flat=True)
    )
    for kind in ("case.queued", "case.claimed", "evidence.viewed", "case.decided"):
        assert kind in appealed, appealed
