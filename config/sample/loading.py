"""Makes the sample desk, as far as it is missing: people, policies, strikes, queues, rules, lists, and who may call."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Any, Final

from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts.api_keys import create_key, look_up
from accounts.models import Clearance, LanguageGrant, LanguageSkill, Platform, Role, Scope, Shift, User
from moderation import audit, conditions, languages
from moderation.models import (
    Authority,
    BulkMessagingLimits,
    Keyword,
    KeywordList,
    Policy,
    Queue,
    RoutingRule,
    StrikeThreshold,
    StrikeWeight,
)
from moderation.outbox import rotation
from moderation.outbox.endpoints import create_endpoint
from moderation.referrals.authorities import load_known

HERE: Final = Path(__file__).parent
PASSWORD: Final = "fairlead-sample"  # noqa: S105 - of people who exist in sample data only, and printed at the start
WEBHOOK_PATH: Final = "/webhooks/fairlead"
CLEARANCES: Final = {
    "appeals": "Appeals",
    "approval": "Approving",
    "child_safety": "Child safety",
    "law_enforcement": "Law enforcement",
}

Say = Callable[[str], object]


@dataclass(frozen=True)
class PlatformAccess:
    """What the sample platform was told when it was started: its key, its webhook secret, where it is."""

    api_key: str
    webhook_secret: str
    url: str


def entries(name: str) -> Any:
    """What one of the JSON files says."""
    return json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))


@transaction.atomic
def load(access: PlatformAccess | None, say: Say) -> None:
    """Make what is missing, all or nothing, with an Event for each kind of thing that was made."""
    platform = _platform()
    steps: tuple[tuple[str, Callable[[], int]], ...] = (
        ("clearances", _all_clearances),
        ("policies", _policies),
        ("strike weights and thresholds", _strikes),
        ("authorities", _authorities),
        ("queues", _queues),
        ("routing rules", _rules),
        ("keyword lists", _keyword_lists),
        ("bulk messaging limits", _bulk_messaging_limits),
        ("people", _people),
        ("language grants", _grants),
    )
    for what, make in steps:
        made = make()
        if made:
            audit.record("sample_data.loaded", audit.SYSTEM, what=what, made=made)
        say(f"{what}: {made} made" if made else f"{what}: there already")
    if access is not None:
        say(f"platform {platform.slug}: {_give_access(platform, access)}")


def sign_ins() -> list[tuple[str, str]]:
    """The sample people who can sign in: name, and what they read or are."""
    people = User.objects.filter(username__in=[each["username"] for each in entries("people")])
    lines = []
    for person in people.order_by("pk").prefetch_related("language_skills", "clearances"):
        reads = " ".join(f"{languages.endonym(s.tag)}·{s.level}" for s in person.language_skills.all())
        cleared = ", ".join(clearance.name.lower() for clearance in person.clearances.all())
        role = "admin · " if person.role == Role.ADMIN else ""
        lines.append((person.username, f"{role}{reads}" + (f" · cleared for {cleared}" if cleared else "")))
    return lines


def _platform() -> Platform:
    return Platform.objects.get_or_create(slug="harbour", defaults={"name": "Harbour"})[0]


def _policies() -> int:
    return sum(
        Policy.objects.get_or_create(slug=each.pop("slug"), defaults=each)[1] for each in entries("policies")
    )


def _clearances(slugs: list[str]) -> list[Clearance]:
    return [Clearance.objects.get_or_create(slug=s, defaults={"name": CLEARANCES[s]})[0] for s in slugs]


def _all_clearances() -> int:
    """Also those that no queue here asks for: approving, and referring to law enforcement, ask for them themselves."""
    before = Clearance.objects.count()
    _clearances(list(CLEARANCES))
    return Clearance.objects.count() - before


def _strikes() -> int:
    """Weights and thresholds mean something only together: where there are any, none is added."""
    if StrikeWeight.objects.exists() or StrikeThreshold.objects.exists():
        return 0
    said, policies = entries("strikes"), {policy.slug: policy for policy in Policy.objects.all()}
    weights = [StrikeWeight(**each | {"policy": policies[each["policy"]]}) for each in said["weights"]]
    thresholds = [StrikeThreshold(**each) for each in said["thresholds"]]
    return len(StrikeWeight.objects.bulk_create(weights)) + len(
        StrikeThreshold.objects.bulk_create(thresholds)
    )


def _authorities() -> int:
    """Those that come with Fairlead. A list that somebody has begun is hers."""
    return 0 if Authority.objects.exists() else load_known()


def _queues() -> int:
    count = 0
    for each in entries("queues"):
        queue, made = Queue.objects.get_or_create(
            slug=each["slug"], defaults={"name": each["name"], "steps": each["steps"]}
        )
        if made:
            queue.required_clearances.set(_clearances(each["required_clearances"]))
            count += 1
    return count


def _rules() -> int:
    """Rules mean something only together and in order: where there are any, none is added."""
    if RoutingRule.objects.exists():
        return 0
    queues = {queue.slug: queue for queue in Queue.objects.all()}
    rules = entries("rules")
    for position, each in enumerate(rules, start=1):
        conditions.check(each["conditions"])
        # Gaps leave room for a rule in between.
        RoutingRule.objects.create(position=position * 10, **each | {"queue": queues[each["queue"]]})
    return len(rules)


def _keyword_lists() -> int:
    policies = {policy.slug: policy for policy in Policy.objects.all()}
    count = 0
    for each in entries("keywords"):
        found, made = KeywordList.objects.get_or_create(
            slug=each["slug"],
            defaults={
                "name": each["name"],
                "language": each["language"],
                "policy": policies[each["policy"]],
                "score": each["score"],
            },
        )
        if made:
            Keyword.objects.bulk_create(Keyword(keyword_list=found, term=term) for term in each["terms"])
            count += 1
    return count


def _bulk_messaging_limits() -> int:
    if BulkMessagingLimits.objects.exists():
        return 0
    BulkMessagingLimits.objects.create(
        policy=Policy.objects.get(slug="bulk-messaging"), **entries("bulk_messaging")
    )
    return 1


def _people() -> int:
    missing = [
        each for each in entries("people") if not User.objects.filter(username=each["username"]).exists()
    ]
    # Hashing is slow by design, and the password is the same: once for all.
    password = make_password(PASSWORD) if missing else ""
    for each in missing:
        person = User.objects.create(
            username=each["username"],
            first_name=each["name"],
            role=each["role"],
            password=password,
            time_zone=each.get("time_zone", "UTC"),
        )
        person.clearances.set(_clearances(each["clearances"]))
        LanguageSkill.objects.bulk_create(
            LanguageSkill(moderator=person, tag=languages.normalise(tag), level=level)
            for tag, level in each["languages"].items()
        )
        if "shifts" in each:
            hours = {name: time.fromisoformat(each["shifts"][name]) for name in ("starts", "ends")}
            Shift.objects.bulk_create(
                Shift(moderator=person, weekday=day, **hours) for day in each["shifts"]["weekdays"]
            )
    return len(missing)


def _grants() -> int:
    return sum(
        LanguageGrant.objects.get_or_create(
            moderator=None,
            reads=each["reads"],
            may_take=each["may_take"],
            defaults={"most_level": each["most_level"], "why": each["why"]},
        )[1]
        for each in entries("grants")
    )


def _give_access(platform: Platform, access: PlatformAccess) -> str:
    """Let the sample platform that runs beside this desk in. It may have moved since the last start."""
    if look_up(access.api_key) is None:
        create_key(platform, "Sample platform", list(Scope), key=access.api_key)
    url = access.url.rstrip("/") + WEBHOOK_PATH
    endpoint = platform.webhook_endpoints.filter(url__endswith=WEBHOOK_PATH).order_by("pk").first()
    if endpoint is None:
        endpoint = create_endpoint(platform, url, secret=access.webhook_secret)
    elif endpoint.url != url:
        endpoint.url = url
        endpoint.save(update_fields=["url"])
    if rotation.live(endpoint) != [access.webhook_secret]:
        rotation.replace(endpoint, access.webhook_secret)
    return f"told at {url}"
