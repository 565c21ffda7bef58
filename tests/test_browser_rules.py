"""The routing rules in a browser: ordered by hand, by key and without a script; a change reaches waiting cases."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Role, User
from moderation import audit
from moderation.models import RoutingRule
from moderation.routing import rules
from moderation.routing.rerouting import reroute_waiting
from tests.browser import NewPage, axe, beside, sign_in
from tests.factories import make_case, make_item, make_policy, make_queue, make_user

pytestmark = pytest.mark.django_db(transaction=True)

NAMES = ["Alpha", "Beta", "Gamma", "Delta"]


@pytest.fixture
def admin(transactional_db: None) -> User:
    make_queue("general")
    make_queue("hate")
    make_policy()
    make_user(en=5, th=5)
    user = make_user(role=Role.ADMIN)
    written: list[dict[str, Any]] = [
        {"name": name, "queue": "general", "conditions": {"item_type": [name.lower()]}} for name in NAMES
    ]
    rules.save([*written, {"name": "Rest", "queue": "general"}], audit.person(user), "At first", 0)
    return user


def shown(page: Page) -> list[str]:
    return [text.strip() for text in page.locator(".rule-name").all_inner_texts()]


def stored() -> list[str]:
    return list(RoutingRule.objects.order_by("position").values_list("name", flat=True))


def save(page: Page) -> None:
    page.locator("#id_why").fill("A better order")
    page.locator("button.primary[name=save]").click()
    expect(page.locator(".notice-success")).to_be_visible()


def handle(page: Page, name: str) -> Any:
    return page.locator(f'.rule[data-name="{name}"] .rule-handle')


def test_a_rule_is_dragged_to_its_place_and_saved(page: Page, admin: User) -> None:
    sign_in(page, admin)
    page.goto("/rules/")
    source, target = handle(page, "Delta"), page.locator('.rule[data-name="Alpha"]')
    grip, box = source.bounding_box(), target.bounding_box()
    assert grip
    assert box
    page.mouse.move(grip["x"] + 8, grip["y"] + 8)
    page.mouse.down()
    page.mouse.move(grip["x"] + 8, box["y"] + 40, steps=5)
    page.mouse.move(grip["x"] + 8, box["y"] + 4, steps=5)
    expect(page.locator(".rule").first).to_have_attribute("data-name", "Delta")
    page.mouse.up()
    assert shown(page) == ["Delta", "Alpha", "Beta", "Gamma", "Rest"]
    expect(page.locator("#order-said")).to_have_text("“Delta” is rule 1 of 5 now. Not saved yet.")
    assert stored() == [*NAMES, "Rest"]
    save(page)
    assert stored() == ["Delta", "Alpha", "Beta", "Gamma", "Rest"]


def test_a_rule_is_moved_with_the_keyboard_alone(page: Page, admin: User) -> None:
    sign_in(page, admin)
    page.goto("/rules/")
    handle(page, "Gamma").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert shown(page) == ["Gamma", "Alpha", "Beta", "Delta", "Rest"]
    expect(handle(page, "Gamma")).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    assert shown(page) == ["Alpha", "Beta", "Delta", "Rest", "Gamma"]
    expect(page.locator("#order-said")).to_have_text("“Gamma” is rule 5 of 5 now. Not saved yet.")
    page.locator('.rule[data-name="Gamma"] [data-way=up]').click()
    page.locator('.rule[data-name="Alpha"] [data-way=down]').press("Enter")
    assert shown(page) == ["Beta", "Alpha", "Delta", "Gamma", "Rest"]
    save(page)
    assert stored() == ["Beta", "Alpha", "Delta", "Gamma", "Rest"]


def test_rules_are_moved_switched_and_changed_without_a_script(new_page: NewPage, admin: User) -> None:
    page = new_page(java_script_enabled=False)
    sign_in(page, admin)
    page.goto("/rules/")
    page.locator("#id_why").fill("Typed before")
    page.locator('.rule[data-name="Beta"] [role=switch]').uncheck()
    page.locator('.rule[data-name="Beta"] [data-way=up]').click()
    assert shown(page) == ["Beta", "Alpha", "Gamma", "Delta", "Rest"]
    expect(page.locator("#unsaved")).to_contain_text("“Beta” is switched off")
    expect(page.locator("#id_why")).to_have_value("Typed before")
    page.locator("button.primary[name=save]").click()
    expect(page.locator(".notice-success")).to_be_visible()
    assert stored()[:2] == ["Beta", "Alpha"]
    assert not RoutingRule.objects.get(name="Beta").enabled
    page.locator('.rule[data-name="Alpha"] a').click()
    page.locator("button[name=add_step]").click()
    page.locator("#id_due_minutes").fill("20")
    page.locator("#id_why").fill("Sooner")
    page.locator("button.primary[name=save]").click()
    expect(page.locator(".notice-success")).to_be_visible()
    kept = RoutingRule.objects.get(name="Alpha")
    assert (kept.due_minutes, kept.steps) == (20, [{"after_minutes": 0, "level": 4}])


def test_sixty_rules_scroll_by_themselves_and_what_saves_them_stays_in_sight(page: Page, admin: User) -> None:
    many = [
        {"name": f"Rule {n}", "queue": "general", "conditions": {"item_type": [f"t{n}"]}} for n in range(60)
    ]
    rules.save(many, audit.person(admin), "Many", rules.latest())
    sign_in(page, admin)
    page.goto("/rules/")
    assert page.evaluate("document.documentElement.scrollHeight") < 900
    page.locator("#id_why").scroll_into_view_if_needed()
    axe(page)
    handle(page, "Rule 59").focus()
    page.keyboard.press("Home")
    expect(page.locator(".rule").first).to_have_attribute("data-name", "Rule 59")
    expect(handle(page, "Rule 59")).to_be_in_viewport()
    save(page)
    assert stored()[:2] == ["Rule 59", "Rule 0"]


@pytest.mark.parametrize(
    ("language", "colours"), [("en", "light"), ("en", "dark"), ("ar", "light"), ("ar", "dark")]
)
def test_a_rule_is_made_foreseen_saved_and_rolled_back_without_a_barrier(
    new_page: NewPage, admin: User, language: str, colours: str
) -> None:
    case = make_case(item=make_item(language="th"), language="th")
    page = new_page(language=language, colour_scheme=colours)
    sign_in(page, admin)
    page.goto("/rules/new/")
    page.locator("button.primary[name=save]").click()
    expect(page.locator("#name-findings")).to_be_visible()
    axe(page)
    page.locator("#id_name").fill("ภาษาไทย · العربية")
    page.locator("#id_place").select_option("1")
    page.locator("#id_language").fill("th")
    page.locator("#id_queue").select_option("hate")
    page.locator("button[name=foresee]").click()
    expect(page.locator("#foresee")).to_be_visible()
    axe(page)
    assert rules.latest() == 2
    page.locator("#id_why").fill("Thai has its own people now")
    page.locator("button.primary[name=save]").click()
    expect(page.locator(".notice-success")).to_be_visible()
    axe(page)
    beside(reroute_waiting)
    case.refresh_from_db()
    assert case.queue is not None
    assert case.queue.slug == "hate"
    page.goto("/rules/versions/")
    axe(page)
    page.locator("#version-2 form button").click()
    expect(page.locator(".notice-success")).to_be_visible()
    assert stored() == [*NAMES, "Rest"]
    beside(reroute_waiting)
    case.refresh_from_db()
    assert case.queue.slug == "general"
