"""Admins change the keyword lists: each change is an Event and a version, and the next screening looks by it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import expect
from pytest_django import DjangoAssertNumQueries

from accounts.models import Platform, Role, User
from moderation import audit
from moderation.detectors.lists import (
    MOST_TERMS,
    ListChanged,
    ListFields,
    change_list,
    create_list,
    read_terms,
)
from moderation.detectors.screening import screen_pending
from moderation.ingest.items import ingest_item
from moderation.ingest.schemas import ItemIn
from moderation.models import Event, Flag, KeywordList, Policy
from tests.browser import NewPage, axe, sign_in
from tests.factories import make_policy, make_queue, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def policy() -> Policy:
    return make_policy("spam")


@pytest.fixture
def admin() -> User:
    return make_user(role=Role.ADMIN)


@pytest.fixture
def client(admin: User) -> Client:
    client = Client()
    client.force_login(admin)
    return client


def fields(policy: Policy, *terms: str, **changes: Any) -> ListFields:
    values: dict[str, Any] = {"name": "Offers", "language": "", "score": 0.7, "enabled": True} | changes
    return ListFields(policy=policy, terms=terms, **values)


def form(policy: Policy, **changes: Any) -> dict[str, Any]:
    values = {
        "name": "Offers",
        "slug": "offers",
        "language": "",
        "policy": policy.pk,
        "score": "0.7",
        "enabled": "on",
    }
    return values | {"terms": "buy now\n🔥🔥", "sample": ""} | changes


def terms_of(kept: KeywordList) -> set[str]:
    return set(kept.keywords.values_list("term", flat=True))


def events() -> list[dict[str, Any]]:
    latest = Event.objects.filter(kind__startswith="keyword_list.").order_by("-id")
    return [{"kind": event.kind, "by": event.actor_id, **event.data} for event in latest]


def test_terms_are_read_one_a_line_and_each_once() -> None:
    assert read_terms("  Buy now \r\n\nbuy  NOW\nＢＵＹ ｎｏｗ\nbuy now*\n🔥\n🔥\ufe0f") == (
        "Buy now",
        "buy now*",
        "🔥",
    )


def test_a_list_is_made_with_its_terms_and_an_event(policy: Policy, admin: User) -> None:
    made = create_list("offers", fields(policy, "buy now", "🔥🔥", language="th"), audit.person(admin))
    assert (made.version, made.language, terms_of(made)) == (1, "th", {"buy now", "🔥🔥"})
    assert events()[0] == {
        "kind": "keyword_list.created",
        "by": admin.pk,
        "list": "offers",
        "name": "Offers",
        "language": "th",
        "policy": "spam",
        "score": 0.7,
        "enabled": True,
        "terms": ["buy now", "🔥🔥"],
    }


def test_a_change_says_what_came_and_went_and_is_a_new_version(policy: Policy, admin: User) -> None:
    made = create_list("offers", fields(policy, "buy now", "free"), audit.person(admin))
    other = make_policy("scams")
    changed = change_list(made.pk, 1, fields(other, "buy now", "cheap", score=0.4), audit.person(admin))
    assert (changed.version, changed.policy, terms_of(changed)) == (2, other, {"buy now", "cheap"})
    assert events()[0] == {
        "kind": "keyword_list.changed",
        "by": admin.pk,
        "list": "offers",
        "version": 2,
        "changes": {"policy": ["spam", "scams"], "score": [0.7, 0.4]},
        "added": ["cheap"],
        "removed": ["free"],
    }


def test_without_a_difference_there_is_no_version_and_no_event(policy: Policy, admin: User) -> None:
    made = create_list("offers", fields(policy, "b", "a"), audit.person(admin))
    count = len(events())
    assert change_list(made.pk, 1, fields(policy, "a", "b"), audit.person(admin)).version == 1
    assert len(events()) == count


def test_a_list_that_somebody_changed_meanwhile_is_not_overwritten(policy: Policy, admin: User) -> None:
    made = create_list("offers", fields(policy, "a"), audit.person(admin))
    change_list(made.pk, 1, fields(policy, "b"), audit.person(admin))
    with pytest.raises(ListChanged):
        change_list(made.pk, 1, fields(policy, "c"), audit.person(admin))
    assert terms_of(made) == {"b"}


def test_a_change_on_the_page_shows_in_the_next_screening(
    client: Client, policy: Policy, platform: Platform
) -> None:
    make_queue("general")

    def screened(external_id: str) -> list[str]:
        text = "Golden anchors, half the price, only today and only here."
        ingest_item(platform, ItemIn(kind="content", id=external_id, text=text), audit.SYSTEM)
        screen_pending()
        return list(
            Flag.objects.filter(case__item__external_id=external_id).values_list("detector", flat=True)
        )

    client.post("/keyword-lists/new/", form(policy))
    assert screened("before") == []
    kept = KeywordList.objects.get()
    client.post(f"/keyword-lists/{kept.pk}/", form(policy, terms="golden anchor*", version=1))
    assert screened("after") == ["keywords"]
    client.post(f"/keyword-lists/{kept.pk}/", form(policy, terms="golden anchor*", version=2, enabled=""))
    assert screened("switched off") == []


def page(client: Client, path: str, data: dict[str, Any] | None = None, status: int = 200) -> str:
    answer = client.get(path) if data is None else client.post(path, data)
    assert answer.status_code == status
    return answer.content.decode()


def test_the_page_makes_changes_and_shows_lists(client: Client, policy: Policy) -> None:
    assert "There are no lists yet" in page(client, "/keyword-lists/")
    answer = client.post("/keyword-lists/new/", form(policy, language="ZH_tw"), follow=True)
    kept = KeywordList.objects.get()
    assert answer.redirect_chain == [(f"/keyword-lists/{kept.pk}/", 302)]
    assert "is at version 1 with 2 terms" in answer.content.decode()
    assert kept.language == "zh-Hant-TW"
    assert "Offers" in page(client, "/keyword-lists/")
    page(client, f"/keyword-lists/{kept.pk}/", form(policy, name="New name", version=1), 302)
    kept.refresh_from_db()
    assert (kept.name, kept.version, kept.slug) == ("New name", 2, "offers")


def test_a_stale_page_keeps_what_was_typed_and_saves_nothing(client: Client, policy: Policy) -> None:
    client.post("/keyword-lists/new/", form(policy))
    kept = KeywordList.objects.get()
    client.post(f"/keyword-lists/{kept.pk}/", form(policy, terms="first", version=1))
    shown = page(client, f"/keyword-lists/{kept.pk}/", form(policy, terms="typed long", version=1), 422)
    assert "Somebody else has changed this list" in shown
    assert "typed long" in shown
    assert terms_of(kept) == {"first"}
    # Sent again as it stands, it is still a stale page.
    assert 'name="version" value="1"' in shown


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"language": "thailandish"}, "BCP 47"),
        ({"language": "und"}, "any language"),
        ({"terms": "fine\n\u200b*"}, "nothing to look for"),
        ({"terms": "x" * 201}, "longer than 200"),
        ({"terms": "\n".join(f"t{n}" for n in range(MOST_TERMS + 1))}, "at most 50000"),
        ({"terms": "a\0b"}, "Null characters"),
        ({"score": "2"}, "less than or equal to 1"),
        ({"score": "nan"}, "Enter a number"),
        ({"name": ""}, "required"),
        ({"slug": "no slug"}, "slug"),
        ({"policy": "999999"}, "valid choice"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_nothing_is_saved(
    client: Client, policy: Policy, wrong: dict[str, str], words: str
) -> None:
    shown = page(client, "/keyword-lists/new/", form(policy) | wrong, 422)
    assert words in shown
    assert not KeywordList.objects.exists()


def test_a_slug_is_taken_once(client: Client, policy: Policy) -> None:
    client.post("/keyword-lists/new/", form(policy))
    assert "There is a list with this slug already" in page(client, "/keyword-lists/new/", form(policy), 422)
    assert KeywordList.objects.count() == 1


def test_terms_can_be_tried_on_a_text_and_nothing_is_saved(client: Client, policy: Policy) -> None:
    tried = form(policy, terms="buy now", sample="BUY\u200b NOW & <b>later</b>", **{"try": "1"})
    shown = page(client, "/keyword-lists/new/", tried)
    assert '<mark data-flags="1"' in shown
    assert "&amp; &lt;b&gt;later" in shown
    assert not KeywordList.objects.exists()


def test_untrusted_terms_are_inert_on_the_page(client: Client, policy: Policy) -> None:
    client.post("/keyword-lists/new/", form(policy, terms="</textarea><script>alert(1)</script>"))
    shown = page(client, f"/keyword-lists/{KeywordList.objects.get().pk}/")
    assert "<script>alert" not in shown


def test_the_list_of_lists_takes_a_constant_number_of_statements(
    client: Client, policy: Policy, admin: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(3):
        create_list(f"list-{number}", fields(policy, "a", "b"), audit.person(admin))
    page(client, "/keyword-lists/")  # the desk's configuration is kept from here
    with django_assert_num_queries(5):  # session, user, what she was asked, the warning of gaps, lists
        page(client, "/keyword-lists/")


def test_moderators_do_not_see_the_lists() -> None:
    client = Client()
    client.force_login(make_user())
    for path in ("/keyword-lists/", "/keyword-lists/new/", "/keyword-lists/1/"):
        assert client.get(path).status_code == 403


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("language", "colours"), [("en", "light"), ("en", "dark"), ("ar", "light"), ("ar", "dark")]
)
def test_a_list_is_made_tried_and_changed_in_a_browser_without_a_barrier(
    new_page: NewPage, language: str, colours: str
) -> None:
    policy = make_policy("spam")
    browser = new_page(language=language, colour_scheme=colours)
    sign_in(browser, make_user(role=Role.ADMIN))
    browser.goto("/keyword-lists/new/")
    browser.locator("#id_name").fill("عروض 🔥")
    browser.locator("#id_slug").fill("offers")
    browser.locator("#id_policy").select_option(str(policy.pk))
    browser.locator("#id_terms").fill("اشتر الآن\n🔥🔥")
    browser.locator("#id_sample").fill("اشترِ الآن! 🔥🔥")
    browser.locator("button[name=try]").click()
    expect(browser.locator("#tried mark")).to_have_count(2)
    axe(browser)
    browser.locator("form button.primary").click()
    expect(browser.locator(".notice-success")).to_be_visible()
    browser.locator("#id_language").fill("not a tag")
    browser.locator("form button.primary").click()
    expect(browser.locator("#language-error")).to_be_visible()
    axe(browser)
    browser.goto("/keyword-lists/")
    axe(browser)
