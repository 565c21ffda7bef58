"""A copy of what the desk holds about a person (GDPR Art. 15(3)): her account, what she wrote, and what was decided.

Nobody else is in it: never who else flagged anything, nor what they wrote in their flags, nor who decided. What she is
not told is not in it either: what waits for a second person, and anything about authorities (Art. 15(4), Art. 23).
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.models import User
from moderation import audit, plugins
from moderation.actions import ACTIONS
from moderation.models import (
    Approval,
    DataRequest,
    Decision,
    Enforcement,
    Flag,
    Item,
    Snapshot,
    Statement,
    Strike,
)
from moderation.retention.stays import erased_in_words

CHUNK: Final = 500
# The page for reading shows so many; the data has all of them.
MOST_SHOWN: Final = 500

Row = dict[str, Any]


@transaction.atomic
def ask(account: Item, recorded_by: User) -> DataRequest:
    """Record that she asked for a copy. It is made when it is taken (``take``)."""
    request = DataRequest.objects.create(
        kind=DataRequest.Kind.EXPORT, account=account, recorded_by=recorded_by
    )
    by = audit.person(recorded_by)
    audit.record("data_request.recorded", by, item=account, request=request.pk, of=request.kind)
    return request


@transaction.atomic
def take(request: DataRequest, by: User) -> bytes:
    """The copy, as it is now; each one taken is an Event."""
    made = export(request.account)
    if request.done_at is None:
        request.done_at = timezone.now()
        request.save(update_fields=["done_at"])
    audit.record("data_request.copy_taken", audit.person(by), item=request.account, request=request.pk)
    return made


def export(account: Item) -> bytes:
    """A zip with ``data.json`` and ``read-me.html``."""
    data = held_about(account)
    shown = data | {"content": data["content"][:MOST_SHOWN], "all_content": len(data["content"])}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", json.dumps(data, ensure_ascii=False, indent=1))
        archive.writestr("read-me.html", render_to_string("moderation/data_copy.html", {"data": shown}))
    return packed.getvalue()


def held_about(account: Item) -> dict[str, Any]:
    """Everything of the copy, as JSON. The number of statements grows only with the chunks that her content fills."""
    decisions = _decisions(account)
    told = {row["decision"] for row in decisions}
    data: dict[str, Any] = {
        "made_at": _moment(timezone.now()),
        "platform": account.platform.name,
        "account": {
            "id": account.external_id,
            "first_seen_at": _moment(account.first_seen_at),
            "last_seen_at": _moment(account.last_seen_at),
            "contact": account.contact,
            "captures": [_capture(each) for each in Snapshot.objects.filter(item=account).order_by("pk")],
        },
        "content": list(_content(account)),
        "flags": list(_flags(account, told)),
        "decisions": decisions,
        "enforcements": _enforcements(account),
        "statements": _statements(account),
        "notices": list(_notices(account)),
        "strikes": _strikes(account),
        "requests": _requests(account),
    }
    for part in plugins.manager().hook.personal_data(account=account):
        data |= part
    return data


def _hers(account: Item, path: str = "item") -> Q:
    return Q(**{path: account}) | Q(**{f"{path}__author": account})


def _content(account: Item) -> Iterator[Row]:
    hers = Snapshot.objects.filter(item__author=account).select_related("item").order_by("pk")
    for each in hers.iterator(CHUNK):
        yield {"kind": each.item.kind, "id": each.item.external_id} | _capture(each)


def _capture(snapshot: Snapshot) -> Row:
    """Not what it answers: that is somebody else's."""
    return {
        "captured_at": _moment(snapshot.captured_at),
        "seen_as": str(snapshot.get_disclosure_display()),
        "type": snapshot.type,
        "text": snapshot.text,
        "language": snapshot.language,
        "url": snapshot.url,
        "media": snapshot.media,
        "display_name": snapshot.display_name,
        "created_at": _moment(snapshot.created_at),
        "country": snapshot.country,
        "reach": snapshot.reach,
        "metadata": snapshot.metadata,
        "content_purged_at": _moment(snapshot.purged_at),
    }


def _flags(account: Item, told: set[int]) -> Iterator[Row]:
    """Of what was decided and told. What a flag says may speak of others, and who flagged is nobody's to know."""
    hers = Flag.objects.filter(_hers(account, "case__item"), case__decision__in=told)
    for each in hers.select_related("case__item", "case__decision", "policy").order_by("pk").iterator(CHUNK):
        yield {
            "item": _name(each.case.item),
            "rule": each.policy.name,
            "found_by": "software" if each.source == Flag.Source.DETECTOR else "people",
            "flagged_at": _moment(each.flagged_at),
            "decision": each.case.decision.pk,
        }


def _decisions(account: Item) -> list[Row]:
    found = (
        Decision.objects.filter(_hers(account)).select_related("item", "policy", "approval").order_by("pk")
    )
    return [
        {
            "decision": each.pk,
            "item": _name(each.item),
            "decided_at": _moment(each.decided_at),
            "automated": each.automated,
            "rule": each.policy.name,
            "rule_version": each.policy_version,
            "ground": str(each.get_ground_display()),
            "law": each.legal_ground,
            "actions": actions,
            "reasons": each.reasoning,
            "replaces": each.overrides_id,
        }
        for each in found
        if (actions := _told_actions(each)) or not each.actions
    ]


def _told_actions(decision: Decision) -> list[Row]:
    """Those that she knows of, or may: not what is confidential, nor what a second person has not approved."""
    approval = getattr(decision, "approval", None)
    approved = approval is None or approval.status == Approval.Status.APPROVED
    return [
        {"action": judged["action"], "label": str(action.label)}
        | {name: judged[name] for name in ("parameters", "territories") if judged.get(name)}
        for judged in decision.actions
        if (action := ACTIONS.get(judged.get("action", "")))
        and not action.confidential
        and (approved or not action.held)
    ]


def _enforcements(account: Item) -> list[Row]:
    unsent = (Enforcement.Status.HELD, Enforcement.Status.WITHDRAWN)
    found = Enforcement.objects.filter(_hers(account)).exclude(status__in=unsent).select_related("item")
    return [
        {
            "item": _name(each.item),
            "decision": each.decision_id,
            "action": each.action,
            "asked_at": _moment(each.created_at),
            "ends_at": _moment(each.ends_at),
            "stands": str(each.get_status_display()),
            "ended": str(each.get_ended_display()) if each.ended else "",
        }
        for each in found.order_by("created_at")
        if each.action in ACTIONS and not ACTIONS[each.action].confidential
    ]


def _statements(account: Item) -> list[Row]:
    return [
        {
            "decision": each.decision_id,
            "sent_at": _moment(each.created_at),
            "language": each.language,
            "direction": each.direction,
            "text": each.text,
            "appeal_code": each.appeal_code,
            "appeal_until": _moment(each.appeal_until),
            "erased_at": _moment(each.erased_at),
        }
        for each in Statement.objects.filter(recipient=account).order_by("pk")
    ]


def _notices(account: Item) -> Iterator[Row]:
    """What she reported, and what she was answered. Of what became of the other person no more than that says."""
    sent = (
        Flag.objects.filter(notifier=account)
        .select_related("case__item", "policy")
        .prefetch_related("replies")
    )
    for each in sent.order_by("pk").iterator(CHUNK):
        yield {
            "number": each.flag_id,
            "item": _name(each.case.item),
            "rule": each.policy.name,
            "sent_at": _moment(each.flagged_at),
            "said": each.evidence,
            "answers": [
                {
                    "sent_at": _moment(reply.created_at),
                    "language": reply.language,
                    "direction": reply.direction,
                    "text": reply.text,
                    "appeal_code": reply.appeal_code,
                    "appeal_until": _moment(reply.appeal_until),
                }
                for reply in sorted(each.replies.all(), key=lambda reply: reply.pk)
            ],
        }


def _strikes(account: Item) -> list[Row]:
    return [
        {
            "decision": each.decision_id,
            "rule": each.policy.name,
            "severity": each.severity,
            "weight": each.weight,
            "stands": str(each.get_status_display()),
            "given_at": _moment(each.given_at),
            "expires_at": _moment(each.expires_at),
            "ended_at": _moment(each.ended_at),
        }
        for each in Strike.objects.filter(account=account).select_related("policy").order_by("pk")
    ]


def _requests(account: Item) -> list[Row]:
    return [
        {
            "kind": str(each.get_kind_display()),
            "asked_at": _moment(each.asked_at),
            "done_at": _moment(each.done_at),
            "erased": dict(erased_in_words(each.outcome.get("erased", {}))),
        }
        for each in DataRequest.objects.filter(account=account).order_by("pk")
    ]


def _name(item: Item) -> Row:
    return {"kind": item.kind, "id": item.external_id}


def _moment(at: datetime | None) -> str | None:
    """ISO 8601 in UTC."""
    return at.isoformat(timespec="seconds") if at else None
