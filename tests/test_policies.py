"""Policies: changed as a new version each time, never lost as they were, and only with texts that can be filled."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import Role, User
from moderation import audit
from moderation.actions import Action
from moderation.actions.registry import ACTIONS, _registered
from moderation.eligibility import loading
from moderation.models import Event, Policy, PolicyVersion, RoutingVersion
from moderation.policies import PolicyChanged, as_it_was, change_policy, create_policy, fields_of
from tests.deciding import decided
from tests.factories import make_platform, make_policy, make_queue, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> User:
    return make_user(role=Role.ADMIN)


@pytest.fixture
def client(admin: User) -> Client:
    client = Client()
    client.force_login(admin)
    return client


def form(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Spam",
        "slug": "spam",
        "severity": "2",
        "guidelines": "What to look for.",
        "allowed_actions": ["remove", "terminate_account"],
        "sla_minutes": "240",
        "dsa_category": "STATEMENT_CATEGORY_SCAMS_AND_FRAUD",
        "dsa_keyword": "KEYWORD_PHISHING",
        "ground": "terms",
        "legal_ground": "",
        "public_name-en": "Spam",
        "public_text-en": "Do not send spam on {service}.",
        "public_text-th": "ห้ามส่งสแปม",
    } | changes


def page(client: Client, path: str, data: dict[str, Any] | None = None, status: int = 200) -> str:
    answer = client.get(path) if data is None else client.post(path, data)
    assert answer.status_code == status, answer.content.decode()[-2000:]
    return answer.content.decode()


def events() -> list[dict[str, Any]]:
    latest = Event.objects.filter(kind__startswith="policy.").order_by("-id")
    return [{"kind": event.kind, "by": event.actor_id, **event.data} for event in latest]


def test_a_change_is_a_new_version_and_says_old_and_new(admin: User) -> None:
    policy = make_policy("spam", public_texts={"en": "No spam.", "th": "ก"})
    wanted = replace(fields_of(policy), name="Bulk", public_texts={"en": "No spam.", "th": "ข"})
    changed = change_policy(policy.pk, 1, wanted, audit.person(admin))
    assert (changed.version, changed.name) == (2, "Bulk")
    assert events()[0] == {
        "kind": "policy.changed",
        "by": admin.pk,
        "policy": "spam",
        "version": 2,
        "changes": {"name": ["Spam", "Bulk"], "public_texts.th": ["ก", "ข"]},
    }
    assert change_policy(policy.pk, 2, wanted, audit.person(admin)).version == 2
    assert len(events()) == 1


def test_a_policy_that_somebody_changed_meanwhile_is_not_overwritten(admin: User) -> None:
    policy = make_policy("spam")
    change_policy(policy.pk, 1, replace(fields_of(policy), name="First"), audit.person(admin))
    with pytest.raises(PolicyChanged):
        change_policy(policy.pk, 1, replace(fields_of(policy), name="Second"), audit.person(admin))
    policy.refresh_from_db()
    assert policy.name == "First"


def test_every_version_is_kept_whoever_makes_it(admin: User) -> None:
    policy = make_policy("spam", public_texts={"en": "One"})
    change_policy(policy.pk, 1, replace(fields_of(policy), public_texts={"en": "Two"}), audit.person(admin))
    # By hand, around everything.
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE moderation_policy SET version = 3, public_texts = %s WHERE id = %s",
            ['{"en": "Three"}', policy.pk],
        )
    kept = policy.versions.order_by("version")
    assert [(each.version, each.public_texts["en"]) for each in kept] == [
        (1, "One"),
        (2, "Two"),
        (3, "Three"),
    ]
    now = fields_of(Policy.objects.get(pk=policy.pk)).in_json()
    assert fields_of(kept[0]).in_json() == now | {"public_texts": {"en": "One"}}


@pytest.mark.parametrize("change", ["UPDATE {} SET name = 'x'", "DELETE FROM {}"])
def test_a_version_is_never_changed_or_deleted(change: str) -> None:
    make_policy("spam")
    table = PolicyVersion._meta.db_table
    with pytest.raises(DatabaseError, match="is never changed"), transaction.atomic():
        connection.cursor().execute(change.format(table))
    assert PolicyVersion.objects.get().name == "Spam"


def test_a_decision_keeps_the_policy_as_it_was(admin: User) -> None:
    decision = decided("remove")
    fields = replace(fields_of(decision.policy), name="New", public_texts={"en": "Something else."})
    change_policy(decision.policy_id, 1, fields, audit.person(admin))
    decision.policy.refresh_from_db()
    assert decision.policy.name == "New"
    assert as_it_was(decision).name == "Hate speech"
    assert as_it_was(decision).public_texts == {"en": "Do not attack people for who they are."}


def test_what_routing_looks_at_is_worked_out_anew(admin: User) -> None:
    make_queue()
    policy = make_policy("spam")
    before = RoutingVersion.objects.count()
    change_policy(policy.pk, 1, replace(fields_of(policy), name="Bulk"), audit.person(admin))
    assert RoutingVersion.objects.count() == before
    policy.refresh_from_db()
    change_policy(policy.pk, 2, replace(fields_of(policy), sla_minutes=5), audit.person(admin))
    assert RoutingVersion.objects.latest("number").why == "The policy “Bulk” changed"


def test_a_new_policy_says_so(admin: User) -> None:
    made = create_policy("other", fields_of(make_policy("spam")), audit.person(admin))
    assert events()[0]["kind"] == "policy.created"
    assert made.versions.get().version == 1


def test_the_page_makes_changes_and_shows_policies(client: Client) -> None:
    assert "There are no policies yet" in page(client, "/policies/")
    page(client, "/policies/new/", form(), 302)
    policy = Policy.objects.get()
    assert policy.public_texts == {"en": "Do not send spam on {service}.", "th": "ห้ามส่งสแปม"}
    assert policy.allowed_actions == ["remove", "terminate_account"]
    listed = page(client, "/policies/")
    assert "Remove, Terminate account" in listed
    assert "Scams and fraud" in listed
    path = f"/policies/{policy.pk}/"
    law = {"ground": "law", "legal_ground": "Section 130"}
    page(client, path, form(slug="ignored", version=1, **law), 302)
    policy.refresh_from_db()
    assert (policy.slug, policy.version, policy.ground, policy.legal_ground) == (
        "spam",
        2,
        "law",
        "Section 130",
    )
    shown = page(client, path)
    assert "changed:" in shown
    old = page(client, f"{path}versions/1/")
    assert "This is how it was" in old
    assert "ห้ามส่งสแปม" in old
    assert "Section 130" not in old
    assert "Section 130" in page(client, f"{path}versions/2/")


def test_a_stale_page_keeps_what_was_typed_and_saves_nothing(client: Client) -> None:
    page(client, "/policies/new/", form(), 302)
    policy = Policy.objects.get()
    path = f"/policies/{policy.pk}/"
    page(client, path, form(version=1, name="First"), 302)
    typed = {"name": "Typed long", "public_text-th": "พิมพ์แล้ว"}
    shown = page(client, path, form(version=1, **typed), 422)
    assert "Somebody else has changed this policy" in shown
    assert "Typed long" in shown
    assert "พิมพ์แล้ว" in shown
    assert 'name="version" value="1"' in shown
    policy.refresh_from_db()
    assert (policy.name, policy.version) == ("First", 2)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": ""}, "required"),
        ({"slug": "no slug"}, "slug"),
        ({"severity": "6"}, "not one of the available choices"),
        ({"sla_minutes": "0"}, "greater than or equal to 1"),
        ({"allowed_actions": ["nonsense"]}, "not one of the available choices"),
        ({"dsa_category": "STATEMENT_CATEGORY_NOT_SPECIFIED_ORDER"}, "not one of the available choices"),
        ({"dsa_keyword": "KEYWORD_HATE_SPEECH"}, "belongs to another category"),
        ({"ground": "law"}, "Name the law"),
        ({"public_text-en": ""}, "Write it in English"),
        ({"public_text-en": "Look at {reporter}."}, "“{reporter}” is not one of these"),
        ({"public_text-th": "{item!r}"}, "“{item!r}” is not one of these"),
        ({"public_text-th": "{item:>9999}"}, "is not one of these"),
        ({"public_text-th": "{0}"}, "“{0}” is not one of these"),
        ({"public_text-th": "{}"}, "is not one of these"),
        ({"public_text-th": "{item.platform.pk}"}, "is not one of these"),
        ({"public_text-th": "one { brace"}, "A brace stands alone"),
        ({"public_text-th": "one } brace"}, "A brace stands alone"),
        ({"public_text-th": "x" * 2001}, "at most 2000 characters"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_nothing_is_saved(
    client: Client, wrong: dict[str, Any], words: str
) -> None:
    shown = page(client, "/policies/new/", form() | wrong, 422)
    assert words in shown
    assert "Nothing was saved" in shown
    assert not Policy.objects.exists()


def test_a_slug_is_taken_once(client: Client) -> None:
    page(client, "/policies/new/", form(), 302)
    assert "There is a policy with this slug already" in page(client, "/policies/new/", form(), 422)


def test_another_language_gets_fields_and_what_was_typed_stays(client: Client) -> None:
    sent = form(name="", add="1", add_language="zh_tw", sla_minutes="soon")
    shown = page(client, "/policies/new/", sent)
    assert 'name="public_text-zh-Hant-TW"' in shown
    assert "ห้ามส่งสแปม" in shown
    assert 'value="soon"' in shown
    assert re.search(r'value="terminate_account" checked', shown)
    assert "Nothing was saved" not in shown
    for nonsense in ("klingon language", "und", ""):
        shown = page(client, "/policies/new/", sent | {"add_language": nonsense}, 422)
        assert 'id="add-error"' in shown
        assert "ห้ามส่งสแปม" in shown
    assert not Policy.objects.exists()
    page(client, "/policies/new/", form(**{"public_text-zh-Hant-TW": "不要發送垃圾訊息"}), 302)
    assert Policy.objects.get().public_texts["zh-Hant-TW"] == "不要發送垃圾訊息"


def test_a_preview_fills_the_rule_in_each_language_and_saves_nothing(client: Client) -> None:
    make_platform()
    texts = {
        "public_text-en": "{service}: {item} of {account} until {until} in {countries} {{so}}.",
        "public_text-ar": "حتى {until} في {countries}",
    }
    shown = page(client, "/policies/new/", form(preview="1", **texts))
    assert "\u2068Harbour\u2069: \u2068post-4711\u2069 of \u2068Noor\u2069" in shown
    assert "in \u2068Germany and France\u2069 {so}." in shown
    assert "ألمانيا وفرنسا" in shown
    assert not Policy.objects.exists()


class Shadow(Action):
    """Somebody else's."""

    slug = "shadow"
    label = "Shadow"  # type: ignore[assignment]
    reverse_label = "Unshadow"  # type: ignore[assignment]


def test_a_plugins_action_can_be_allowed_and_stays_while_the_plugin_is_away(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(_registered, "shadow", Shadow())
    assert "shadow" in ACTIONS
    page(client, "/policies/new/", form(allowed_actions=["remove", "shadow"]), 302)
    monkeypatch.delitem(_registered, "shadow")
    policy = Policy.objects.get()
    page(client, f"/policies/{policy.pk}/", form(version=1, allowed_actions=["warn"]), 302)
    policy.refresh_from_db()
    assert policy.allowed_actions == ["shadow", "warn"]


def test_the_pages_take_a_constant_number_of_statements(
    client: Client, admin: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(4):
        policy = make_policy(f"policy-{number}")
    for version in range(1, 6):
        fields = replace(fields_of(policy), name=f"Name {version}")
        change_policy(policy.pk, version, fields, audit.person(admin))
    loading.current()
    with django_assert_max_num_queries(6):
        page(client, "/policies/")
    with django_assert_max_num_queries(7):
        page(client, f"/policies/{policy.pk}/")


def test_moderators_do_not_see_the_policies() -> None:
    policy = make_policy()
    client = Client()
    client.force_login(make_user())
    for path in ("", "new/", f"{policy.pk}/", f"{policy.pk}/versions/1/"):
        assert client.get(f"/policies/{path}").status_code == 403
