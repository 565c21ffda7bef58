"""What tests of the console share: what its form sends, holds that run out, and a case as full as they come."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from moderation.models import Case
from moderation.queueing.claim import claim_next
from tests.factories import make_case, make_flag, make_item

TYPED = "These words took her five minutes."


def holder(case: Case) -> User:
    assert case.claimed_by is not None
    return case.claimed_by


def form(case: Case, **fields: Any) -> dict[str, Any]:
    return {"token": str(case.lease_token), "policy": case.policy.slug, "reasoning": TYPED} | fields


def post(client: Client, case: Case, what: str, **fields: Any) -> Any:
    """As the page's script sends it; with ``htmx=False`` as a browser without the script does."""
    headers = {"HX-Request": "true"} if fields.pop("htmx", True) else {}
    return client.post(f"/cases/{case.pk}/{what}/", form(case, **fields), headers=headers)


def run_out(case: Case) -> None:
    Case.objects.filter(pk=case.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def full_case() -> Case:
    """As much as a case ever has: 8,000 characters of Arabic, forty flags, media, an author, a parent."""
    text = "هذا نص عن مجموعة من الناس يقول إنهم لا يستحقون العيش بيننا. " * 140
    parent = make_item(text="What do you think of them?")
    author = make_item(kind="account", text="", display_name="\u202egpj.exe", metadata={"followers": 12})
    item = make_item(
        author=author,
        text=text[:8000],
        language="ar",
        url="https://harbour.example/posts/1",
        media=[{"url": "https://cdn.example/a.jpg", "mime": "image/jpeg", "alt": "A crowd"}],
        metadata={"device": {"os": "Android 15"}, "app_version": "9.1"},
        parent={"kind": "content", "id": parent.external_id},
        reach=1200,
    )
    case = make_case(language="ar", item=item, due_at=timezone.now() - timedelta(minutes=5))
    for number in range(40):
        make_flag(
            case,
            detector=f"detector-{number}",
            score=0.5 + number / 100,
            evidence={"matches": [{"term": "نص", "start": 4, "end": 6}], "model": "n-gram"},
        )
    return case


def open_case(page: Page, user: User) -> Case:
    case = claim_next(user)
    assert case is not None
    page.goto(f"/cases/{case.pk}/")
    expect(page.locator("#preview .statement")).to_be_visible()
    return case
