"""The coverage pages in a browser, 60 languages × 8 queues: heads stay in sight, nothing sticks out, axe is clean."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from accounts.models import LanguageSkill, Role, Shift, User
from moderation.coverage.gaps import watch
from moderation.eligibility import loading
from moderation.known_languages import OFFERED
from moderation.models import Case, Lane
from tests.browser import NewPage, axe, beside, sign_in
from tests.factories import make_case, make_queue, make_user

QUEUES = ("Appeals", "Bulk", "Child safety", "General", "Hate", "Scams", "Terrorism", "Violence")
UNREAD = {"bn", "fi"}


@pytest.fixture
def admin(desk: str) -> User:
    """Work in 480 lanes; two languages that nobody reads, one whose reader is away, one paused queue."""
    tags = [each.tag for each in OFFERED]
    people = [make_user() for _ in range(12)]
    read = [tag for tag in tags if tag not in UNREAD]
    skills = [(people[n % len(people)], tag) for n, tag in enumerate(read)]
    LanguageSkill.objects.bulk_create(
        LanguageSkill(moderator=person, tag=tag, level=4) for person, tag in skills
    )
    Shift.objects.bulk_create(
        Shift(moderator=person, weekday=day, starts=time(n * 2 % 24), ends=time((n * 2 + 8) % 24))
        for n, person in enumerate(people[1:])
        for day in range(5)
    )
    now = timezone.now()
    people[0].absences.create(starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=3))
    for name in QUEUES:
        make_queue(name.lower().replace(" ", "-"), name=name, paused=name == "Scams")
    for n, tag in enumerate(tags):
        make_case(language=tag, queue=make_queue("hate"), due_at=now + timedelta(minutes=n - 20))
    others = [make_queue(name.lower().replace(" ", "-")) for name in QUEUES if name != "Hate"]
    cases = list(Case.objects.all())
    made = Case.objects.bulk_create(
        Case(**_fields(case) | {"queue": queue, "origin": Case.Origin.APPEAL})
        for case in cases
        for queue in others
    )
    _lanes(made)
    loading.forget()
    beside(watch)
    return make_user(role=Role.ADMIN)


def _fields(case: Case) -> dict[str, object]:
    kept = ("item", "snapshot", "status", "policy", "language", "priority", "due_at", "queued_at")
    return {name: getattr(case, name) for name in kept}


def _lanes(cases: list[Case]) -> None:
    Lane.objects.bulk_create(Lane(queue=case.queue, language=case.language) for case in cases if case.queue)


def is_in_sight(page: Page, cell: Locator) -> bool:
    box = cell.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    text = cell.inner_text().split()[0]
    found: str = page.evaluate(
        "([x, y]) => document.elementFromPoint(x, y)?.closest('th')?.innerText ?? ''", [x, y]
    )
    return found.startswith(text)


@pytest.mark.parametrize("path", ["/coverage/", "/coverage/hours/"])
def test_sixty_languages_by_eight_queues_or_a_week_of_hours_stay_readable(
    new_page: NewPage, admin: User, path: str
) -> None:
    for language in ("en", "ar"):
        page = new_page(language=language)
        sign_in(page, admin)
        page.goto(path)
        table = page.locator(".matrix-scroll table")
        expect(table.locator("tbody tr")).to_have_count(60)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")
        page.locator(".matrix-scroll").scroll_into_view_if_needed()
        page.evaluate("document.querySelector('.matrix-scroll').scrollIntoView()")
        page.evaluate("document.querySelector('.matrix-scroll').scrollTop = 900")
        assert is_in_sight(page, table.locator("thead th").first)
        row = table.locator("tbody tr").nth(40)
        row.scroll_into_view_if_needed()
        assert is_in_sight(page, row.locator("th"))
        # Some rows of each kind; over all of them axe takes half a minute.
        page.goto(f"{path}?language=en")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            axe(page)


def test_an_admin_is_warned_finds_the_gap_and_asks_why(page: Page, admin: User) -> None:
    sign_in(page, admin)
    page.goto("/history/")
    page.locator(".coverage-warning").get_by_role("link").click()
    expect(page.locator("#gaps tbody tr")).to_have_count(16)
    expect(page.locator("#gaps")).to_contain_text("Nobody reads it.")
    expect(page.locator(".risks")).to_contain_text("Everybody who could take it is away")
    expect(page.get_by_text("is paused, and 60 cases wait in it")).to_be_visible()
    page.get_by_label("Why is this case where it is?").fill(str(Case.objects.filter(language="bn")[0].pk))
    page.get_by_role("button", name="Explain").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Why case")
    expect(page.locator("main")).to_contain_text("no skill in this language")
    axe(page)
