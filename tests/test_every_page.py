"""Every page of the desk, by the permission table: in English and Arabic, light and dark, without a violation."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from django.db import transaction
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import Role, User
from appeals import links
from appeals.models import Dispute, DisputeBody
from config.permissions import API_KEY, SCREENS
from moderation import audit, consulting
from moderation.decisions import decide
from moderation.models import (
    Approval,
    Authority,
    Decision,
    DeliveryAttempt,
    Keyword,
    KeywordList,
    Message,
    PreservedFile,
    RoutingRule,
)
from moderation.outbox import breaker
from moderation.outbox.endpoints import create_endpoint
from moderation.queueing.claim import claim_next
from moderation.routing import rules
from tests.appealing import appealed, claimed_by, make_reader, make_told
from tests.browser import AXE, COLOURS, NewPage, axe, sign_in
from tests.deciding import hold, judgement
from tests.factories import make_case, make_item, make_platform, make_policy, make_user
from tests.foreseeing import done_foresight
from tests.owing import owe
from tests.referring import keep, referred, threat

SCHEMES: list[tuple[Literal["light", "dark"], dict[str, Any]]] = [("light", AXE), ("dark", COLOURS)]
# Answers to programs, and pieces of a page that is visited whole.
NOT_PAGES = {
    "healthz",
    "api:openapi-json",
    "api:api-root",
    "board-figures",
    "case-translation",
    "case-consultations",
    "appeal-translation",
    "appeal-copy",
    "people-csv-file",
    "export-routing-rules",
    "data-copy",
    "download-package",
    "held-file-content",
    "corrections-file",
    "appeal-file",
    "appeal-file-review",
}
PAGES = {
    name
    for name, methods in SCREENS.items()
    if "GET" in methods and methods["GET"] != API_KEY and name not in NOT_PAGES
}


def paths() -> tuple[dict[str, str], dict[str, User]]:
    """Where each page is, on a desk with something to see on each; and who looks at those that have a holder."""
    text = "نص للمراجعة مع رابط https://example.org/page"
    # First what is claimed and decided, while nothing else waits.
    approval = waiting_approval()
    referral = referred(threat(text=text, media=[{"url": "https://cdn.example/a.png"}]), basis="child_safety")
    told = make_told("ar")
    reviewer = make_reader("ar")
    appeal = appealed(told, "لم أفعل شيئًا سوى أنني سلمت على أصدقائي في الصباح.", "ar")
    claimed_by(reviewer, appeal)
    not_yet_appealed = make_told("en")
    moderator = make_user(ar=5, en=4)
    make_case(language="ar", item=make_item(author=make_item(kind="account", text=""), text=text))
    make_case(language="en")
    held = claim_next(moderator)
    assert held is not None
    assert held.lease_token is not None
    asked = make_user()
    consulting.ask(held.pk, moderator, held.lease_token, asked, "هل هذه إهانة عندكم؟")
    terms = KeywordList.objects.create(slug="insults-ar", name="Insults", language="ar", policy=make_policy())
    Keyword.objects.create(keyword_list=terms, term="كلمة")
    rules.reroute_all(audit.SYSTEM, "So that there is a version to see")
    arguments: dict[str, list[Any]] = {
        "case": [held.pk],
        "explain-case": [held.pk],
        "explain-person": [moderator.pk],
        "appeal-review": [appeal.case_id],
        "appeal": [links.token_for(not_yet_appealed.decision.pk)],
        "appeal-status": [links.token_for(told.decision.pk)],
        "appeal-withdraw": [links.token_for(told.decision.pk)],
        "keyword-list": [terms.pk],
        "policy": [held.policy_id],
        "policy-version": [held.policy_id, 1],
        "queue": [held.queue_id],
        "routing-rule": [RoutingRule.objects.earliest("pk").pk],
        "person": [moderator.pk],
        "account": [told.decision.item.author_id or told.decision.item_id],
        "foresight": [done_foresight().pk],
        "approval": [approval.pk],
        "delivery": [delivered().pk],
        "referral": [referral.pk],
        "cyber-tip": [referral.pk],
        "hold": [referral.holds.get().pk],
        "held-file": [keep(PreservedFile.objects.get()).pk],
        "misuse-of": [told.account.pk, "complaints"],
        "dispute": [dispute_about(told.decision).pk],
        "dispute-body": [DisputeBody.objects.get_or_create(name="Body", url="https://body.example/")[0].pk],
        "authority": [Authority.objects.create(name="Police", country="DE", kind="police").pk],
    }
    found = {}
    for name in PAGES:
        found[name] = reverse(name, args=arguments.get(name, []))
    admin = make_user(role=Role.ADMIN, clearances=("law_enforcement",), en=5)
    people = dict.fromkeys(PAGES, admin) | {
        "board": moderator,
        "history": told.decider,
        "account": told.decider,
        "asked": asked,
    }
    second = make_user(sw=5, clearances=("approval",))
    people |= {"approval": second, "approvals": second}
    return found, people | {"case": moderator, "appeal-review": reviewer}


def dispute_about(decision: Decision) -> Dispute:
    """One that is not decided yet."""
    body, _ = DisputeBody.objects.get_or_create(name="Body", url="https://body.example/")
    return Dispute.objects.create(
        decision=decision,
        body=body,
        reference="OC-1",
        opened_on=decision.decided_at.date(),
        recorded_by=make_user(role=Role.ADMIN),
    )


def waiting_approval() -> Approval:
    """What a second person who reads Swahili is asked about."""
    policy = make_policy("threats", allowed_actions=["terminate_account", "remove"])
    case, decider, token = hold(language="sw", policy=policy)
    return decide(
        case.pk, decider, token, judgement("remove", "terminate_account", policy="threats")
    ).approval


def delivered() -> Message:
    """A webhook that was tried, beside an endpoint that fails."""
    endpoint = create_endpoint(make_platform(), "http://127.0.0.1:1/")
    message = owe(make_item())
    DeliveryAttempt.objects.create(
        message_id=message.pk, attempt=1, status_code=500, error="Answered 500", milliseconds=12
    )
    with transaction.atomic():
        for _ in range(breaker.FAILURES):
            breaker.failed(endpoint.pk, "Answered 500", probe=False)
    return message


@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_page_is_without_a_violation_in_light_and_dark(new_page: NewPage, language: str) -> None:
    found, people = paths()
    pages: dict[int, Page] = {}
    for name, path in sorted(found.items()):
        anybody = "anyone" in SCREENS[name]["GET"]
        who = people[name]
        key = 0 if anybody else who.pk
        if key not in pages:
            pages[key] = new_page(language=language)
            if not anybody:
                sign_in(pages[key], who)
        page = pages[key]
        response = page.goto(path)
        assert response is not None
        assert response.status == 200, name
        assert page.url.endswith(path), f"{name} led to {page.url}"
        direction = "rtl" if language == "ar" else "ltr"
        if name not in (
            "api:openapi-view",
            "appeal",
            "appeal-status",
            "appeal-withdraw",
        ):  # English; and the statement's language
            expect(page.locator("html")).to_have_attribute("dir", direction)
        for scheme, checks in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            try:
                axe(page, checks)
            except AssertionError as violation:
                raise AssertionError(f"{name}, {language}, {scheme}: {violation}") from violation
            # Nothing may stick out sideways, whatever the direction.
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1"), (
                f"{name} is too wide"
            )
