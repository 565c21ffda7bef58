"""Policies as admins set them: changed as a new version each time, and readable later as they were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext

from moderation.audit import Actor
from moderation.configuration import changed
from moderation.models import Decision, Policy, PolicyTerms, PolicyVersion
from moderation.routing import rules

# What routing looks at: a change of it is worked out anew for all that waits.
ROUTED_BY: Final = frozenset({"severity", "sla_minutes"})


class PolicyChanged(Exception):
    """Somebody else has changed the policy since it was read: it is at ``version`` now."""

    def __init__(self, version: int) -> None:
        super().__init__(f"The policy is at version {version} now")
        self.version = version


@dataclass(frozen=True)
class PolicyFields:
    """What an admin sets. ``public_names`` and ``public_texts`` by BCP 47 tag; the others as in PolicyTerms."""

    name: str
    severity: int
    guidelines: str
    allowed_actions: Sequence[str]
    sla_minutes: int
    dsa_category: str
    dsa_keyword: str
    ground: str
    legal_ground: str
    public_names: Mapping[str, str]
    public_texts: Mapping[str, str]

    def in_json(self) -> dict[str, Any]:
        """In one order, so that the same settings are the same value."""
        return asdict(self) | {
            "allowed_actions": sorted(self.allowed_actions),
            "public_names": dict(sorted(self.public_names.items())),
            "public_texts": dict(sorted(self.public_texts.items())),
        }


def fields_of(policy: PolicyTerms) -> PolicyFields:
    return PolicyFields(**{name: getattr(policy, name) for name in PolicyFields.__dataclass_fields__})


@transaction.atomic
def create_policy(slug: str, fields: PolicyFields, by: Actor) -> Policy:
    """Raises IntegrityError where the slug is taken."""
    made = Policy.objects.create(slug=slug, **fields.in_json())
    changed("policy.created", by, policy=slug, **fields.in_json())
    return made


@transaction.atomic
def change_policy(policy_id: int, version: int, fields: PolicyFields, by: Actor) -> Policy:
    """Make the policy what ``fields`` say, as a new version, if it still is at ``version``. Without a difference
    nothing happens. Decisions keep the version that they were made under.

    Raises PolicyChanged, Policy.DoesNotExist.
    """
    found = Policy.objects.select_for_update(no_key=True).get(pk=policy_id)
    if found.version != version:
        raise PolicyChanged(found.version)
    changes = differences(fields_of(found), fields)
    if not changes:
        return found
    for name, value in (fields.in_json() | {"version": version + 1}).items():
        setattr(found, name, value)
    found.save()
    changed("policy.changed", by, policy=found.slug, version=found.version, changes=changes)
    if ROUTED_BY & set(changes):
        rules.reroute_all(by, gettext("The policy “%(policy)s” changed") % {"policy": found.name})
    return found


def differences(before: PolicyFields, after: PolicyFields) -> dict[str, list[Any]]:
    """Field → [old, new] of what differs; a text by its language: ``public_texts.th``."""
    old, new = _flat(before), _flat(after)
    return {
        name: [old.get(name), new.get(name)]
        for name in old | new
        if (old.get(name) or "") != (new.get(name) or "")
    }


def as_it_was(decision: Decision) -> PolicyTerms:
    """The policy as it was when the decision was made under it. One statement."""
    found = PolicyVersion.objects.filter(policy=decision.policy_id, version=decision.policy_version).first()
    return found or decision.policy


def _flat(fields: PolicyFields) -> dict[str, Any]:
    said = fields.in_json()
    return {
        name if not tag else f"{name}.{tag}": value
        for name, whole in said.items()
        for tag, value in (whole.items() if isinstance(whole, dict) else [("", whole)])
    }
