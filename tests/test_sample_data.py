"""The sample desk is whole, fits its sample platform, and a second start changes nothing."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.forms.models import model_to_dict

from accounts.api_keys import authenticate
from accounts.models import ApiKey, LanguageGrant, LanguageSkill, Scope, User
from config.sample import loading
from demo import batches, opening
from demo.store import Account, Store
from moderation import audit, conditions, languages
from moderation.actions import ACTIONS
from moderation.detectors.bulk_messaging import BulkMessaging, check_limits
from moderation.detectors.keywords import Keywords
from moderation.eligibility import steps
from moderation.identification import identify
from moderation.ingest.schemas import FlagIn, ItemIn
from moderation.models import (
    Authority,
    BulkMessagingLimits,
    Event,
    Item,
    Keyword,
    KeywordList,
    Policy,
    Queue,
    RoutingRule,
    Snapshot,
    StrikeThreshold,
    StrikeWeight,
    WebhookEndpoint,
)
from moderation.outbox import rotation
from moderation.strikes.proposing import parameters_of, proposable

OWN_URL = "http://127.0.0.1:8100"
ACCESS = loading.PlatformAccess("fl_" + "k" * 32, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", OWN_URL)
TABLES: tuple[Any, ...] = (
    ApiKey,
    Authority,
    BulkMessagingLimits,
    Keyword,
    KeywordList,
    LanguageSkill,
    Policy,
    Queue,
    RoutingRule,
    StrikeThreshold,
    StrikeWeight,
    User,
    WebhookEndpoint,
)


@pytest.fixture
def sample_desk(db: None) -> None:
    loading.load(ACCESS, lambda line: None)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path)
    opening.settle(store)
    return store


def everything() -> dict[str, list[dict[str, Any]]]:
    return {
        table.__name__: [model_to_dict(row) for row in table._default_manager.order_by("pk")]
        for table in TABLES
    }


@pytest.mark.usefixtures("sample_desk")
def test_a_second_start_changes_nothing() -> None:
    before = everything()
    events = Event.objects.count()

    loading.load(ACCESS, lambda line: None)

    assert everything() == before
    assert Event.objects.count() == events


@pytest.mark.usefixtures("sample_desk")
def test_changes_made_by_hand_outlive_a_start() -> None:
    Policy.objects.filter(slug="scams").update(guidelines="Ours", severity=4, version=2)
    RoutingRule.objects.filter(conditions={}).update(position=1)
    RoutingRule.objects.filter(name__startswith="Child safety").delete()
    Keyword.objects.filter(term="zero risk").delete()
    mali = User.objects.get(username="mali")
    mali.language_skills.filter(tag="en").update(level=2)
    mali.set_password("a password of her own")
    mali.save()
    Authority.objects.earliest("pk").delete()
    Queue.objects.get(slug="child-safety").required_clearances.set([])
    StrikeThreshold.objects.filter(action="terminate_account").delete()
    StrikeWeight.objects.filter(policy__slug="scams").update(weight=5)
    before = everything()

    loading.load(ACCESS, lambda line: None)

    assert everything() == before


@pytest.mark.usefixtures("sample_desk")
def test_the_sample_platform_is_let_in_with_every_scope() -> None:
    key = authenticate(ACCESS.api_key)
    assert key is not None
    assert set(key.scopes) == set(Scope)
    endpoint = key.platform.webhook_endpoints.get()
    assert endpoint.url == f"{OWN_URL}/webhooks/fairlead"
    assert rotation.live(endpoint) == [ACCESS.webhook_secret]


@pytest.mark.usefixtures("sample_desk")
def test_a_secret_that_harbour_does_not_know_is_replaced_at_the_next_start() -> None:
    endpoint = WebhookEndpoint.objects.get()
    rotation.rotate(endpoint.pk, audit.SYSTEM)
    assert rotation.live(endpoint) != [ACCESS.webhook_secret]

    loading.load(ACCESS, lambda line: None)

    assert rotation.live(endpoint) == [ACCESS.webhook_secret]


@pytest.mark.usefixtures("sample_desk")
def test_a_platform_that_moved_to_another_port_is_told_there_and_nowhere_else() -> None:
    moved = loading.PlatformAccess(ACCESS.api_key, ACCESS.webhook_secret, "http://127.0.0.1:8101")

    loading.load(moved, lambda line: None)

    assert WebhookEndpoint.objects.get().url == "http://127.0.0.1:8101/webhooks/fairlead"


def test_without_access_for_a_platform_the_desk_is_made_all_the_same(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("API_KEY", "WEBHOOK_SECRET", "PLATFORM_URL"):
        monkeypatch.delenv(f"FAIRLEAD_DEMO_{name}", raising=False)
    said = StringIO()

    call_command("sample_data", stdout=said)

    assert "policies: 7 made" in said.getvalue()
    assert not ApiKey.objects.exists()


def test_half_of_the_access_is_refused_and_nothing_is_made(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRLEAD_DEMO_API_KEY", ACCESS.api_key)
    monkeypatch.delenv("FAIRLEAD_DEMO_PLATFORM_URL", raising=False)

    with pytest.raises(CommandError, match="FAIRLEAD_DEMO_PLATFORM_URL"):
        call_command("sample_data")

    assert not Policy.objects.exists()


@pytest.mark.usefixtures("sample_desk")
def test_the_sign_ins_are_shown_and_they_work() -> None:
    said = StringIO()

    call_command("sample_data", "--show-sign-ins", stdout=said)

    lines = said.getvalue().splitlines()
    assert loading.PASSWORD in lines[0]
    names = [line.split()[0] for line in lines[1:]]
    assert {"mali", "noor", "sofia", "kenji", "ada", "admin"} <= set(names)
    for name in names:
        assert User.objects.get(username=name).check_password(loading.PASSWORD)


@pytest.mark.usefixtures("sample_desk")
def test_policies_queues_and_rules_can_be_worked_with() -> None:
    offered = {languages.normalise(code) for code, _ in settings.LANGUAGES}
    for policy in Policy.objects.all():
        assert set(policy.allowed_actions) <= set(ACTIONS), policy
        tags = {languages.normalise(tag) for tag in policy.public_texts}
        assert "en" in tags <= offered, policy
        assert len(tags) >= 13, policy
        assert all(text.strip() for text in policy.public_texts.values()), policy
        assert bool(policy.legal_ground) == (policy.ground == Policy.Ground.LAW), policy
    for queue in Queue.objects.all():
        assert steps.parse(queue.steps)[0].after == 0
    for rule in RoutingRule.objects.all():
        conditions.check(rule.conditions)
    assert RoutingRule.objects.order_by("position").last() == RoutingRule.objects.get(conditions={})
    check_limits(BulkMessagingLimits.objects.get().signals)


@pytest.mark.usefixtures("sample_desk")
def test_each_threshold_proposes_what_can_be_done_to_an_account_under_some_policy() -> None:
    can = {action.slug for action in proposable()}
    allowed = {slug for policy in Policy.objects.all() for slug in policy.allowed_actions}
    for threshold in StrikeThreshold.objects.all():
        assert threshold.action in can & allowed
        action = ACTIONS[threshold.action]
        assert action.parameters.model_validate(parameters_of(action, threshold.days))
    strongest = StrikeThreshold.objects.order_by("points").last()
    assert strongest is not None
    assert strongest.action == "terminate_account"


@pytest.mark.usefixtures("sample_desk")
@pytest.mark.parametrize("tag", ["th", "ar", "ja", "en"])
def test_whoever_decides_somebody_else_who_reads_it_may_approve(tag: str) -> None:
    level = min(step["level"] for step in Queue.objects.get(slug="general").steps)
    approvers = {
        skill.moderator.username
        for skill in LanguageSkill.objects.filter(level__gte=level, moderator__clearances__slug="approval")
        if languages.readable(skill.tag, tag)
    }
    assert len(approvers) >= 2


@pytest.mark.usefixtures("sample_desk")
def test_what_policies_let_go_to_law_enforcement_has_people_who_are_cleared() -> None:
    refer = Policy.objects.filter(allowed_actions__contains=["refer_to_law_enforcement"])
    assert {policy.slug for policy in refer} == {"child-safety", "violence"}
    both = User.objects.filter(clearances__slug="law_enforcement").filter(clearances__slug="approval")
    assert both.count() >= 2
    assert Authority.objects.filter(in_use=True).exists()


@pytest.mark.usefixtures("sample_desk")
def test_each_grant_is_needed_and_has_somebody_and_a_step_that_makes_use_of_it() -> None:
    close = [
        queue for queue in Queue.objects.all() if any(step.get("reads") == "close" for step in queue.steps)
    ]
    assert close
    for grant in LanguageGrant.objects.all():
        assert not languages.readable(grant.reads, grant.may_take)
        assert any(languages.readable(skill.tag, grant.reads) for skill in LanguageSkill.objects.all())


@pytest.mark.usefixtures("sample_desk")
@pytest.mark.parametrize("tag", ["th", "ar", "es", "pt", "ja", "hi", "en"])
def test_an_appeal_finds_a_second_reader_who_is_cleared(tag: str) -> None:
    """Whoever reads a language best has probably decided the case, and so may not have its appeal."""
    level = Queue.objects.get(slug="appeals").steps[0]["level"]
    best, *others = sorted(
        (
            skill
            for skill in LanguageSkill.objects.select_related("moderator")
            if languages.readable(skill.tag, tag) and skill.level >= level
        ),
        key=lambda skill: -skill.level,
    )
    assert any(
        skill.moderator != best.moderator and skill.moderator.clearances.filter(slug="appeals").exists()
        for skill in others
    )


@pytest.mark.usefixtures("sample_desk")
def test_every_sample_item_and_flag_is_valid_under_the_api(store: Store) -> None:
    policies = set(Policy.objects.values_list("slug", flat=True))
    items = [item for _, item in opening.items(store, OWN_URL)]
    flags = [flag for _, flag in [*opening.detections(store, OWN_URL), *opening.notices(store, OWN_URL)]]
    assert len(items) >= 60
    assert len(flags) >= 30

    for item in items:
        assert ItemIn.model_validate_json(json.dumps(item)).id == item["id"]
    for flag in flags:
        assert FlagIn.model_validate_json(json.dumps(flag)).policy in policies
    assert len({flag["flag_id"] for flag in flags}) == len(flags)


def test_every_term_that_harbours_own_detector_saw_stands_where_it_says(store: Store) -> None:
    for _, flag in opening.detections(store, OWN_URL):
        matches = flag["evidence"]["matches"]
        assert matches, flag["flag_id"]
        for match in matches:
            assert flag["item"]["text"][match["start"] : match["end"]] == match["term"]


def test_a_thousand_made_up_posts_are_valid_and_all_different(store: Store) -> None:
    with store.reading() as db:
        people = [Account.read(row) for row in db.execute("SELECT * FROM accounts")]

    items = batches.a_thousand(people, OWN_URL)

    assert len({item["id"] for item in items}) == len({item["text"] for item in items}) == 1000
    for item in items:
        ItemIn.model_validate_json(json.dumps(item))


@pytest.mark.usefixtures("sample_desk")
def test_every_keyword_list_finds_something_in_the_sample_posts() -> None:
    found: set[str] = set()
    keywords = Keywords()
    keywords.version()  # reads the lists that it will look for
    for post in opening.sample("posts"):
        finding = keywords.screen(Snapshot(text=post["text"]))
        if finding:
            found |= {slug for slug, seen in finding.saw["lists"].items() if seen["matches"]}

    assert found == set(KeywordList.objects.values_list("slug", flat=True))


@pytest.mark.usefixtures("sample_desk")
def test_every_sample_sender_is_flagged_on_its_figures_alone() -> None:
    bulk_messaging = BulkMessaging()
    bulk_messaging.version()  # reads the limits that it will hold against
    for sender in opening.sample("senders"):
        finding = bulk_messaging.screen(
            Snapshot(item=Item(kind="account"), metadata=sender["signals"], country=sender["country"])
        )
        assert finding, sender["id"]
        assert [flag.policy for flag in finding.flags] == ["bulk-messaging"], sender["id"]


def test_the_sample_posts_are_in_at_least_twelve_languages_as_identified() -> None:
    found = {identify(post["text"]).tag for post in opening.sample("posts")}
    assert {"th", "ar", "bn", "hi", "es", "pt", "en", "de", "fr", "ru", "ja", "zh-Hans", "zh-Hant"} <= found
    assert len(found - languages.SPECIAL) >= 16
