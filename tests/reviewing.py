"""An appeal that somebody reviews, and what the page of its review sends."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.test import Client
from django.urls import reverse

from accounts.models import User
from appeals import filing, opening
from appeals.models import Appeal
from moderation import audit
from moderation.decisions import JudgedAction, decide
from moderation.models import Case, Decision, Flag, Item
from tests.appealing import (
    WHY,
    Told,
    an_hour_ago,
    appealed,
    claimed_by,
    make_appeal_queue,
    make_reader,
    make_told,
)
from tests.deciding import hold, judgement
from tests.factories import make_flag, make_item

REASONS = "The account only answered people who had written to it first."


@dataclass
class Review:
    """An appeal, who holds its case, and her browser."""

    appeal: Appeal
    moderator: User
    case: Case
    desk: Client

    @property
    def token(self) -> uuid.UUID:
        assert self.case.lease_token is not None
        return self.case.lease_token

    @property
    def path(self) -> str:
        return reverse("appeal-review", args=[self.case.pk])

    def page(self) -> str:
        return self.desk.get(self.path).text

    def post(self, what: str = "conclude", *, htmx: bool = True, **fields: Any) -> Any:
        """As the page's script sends it; with ``htmx=False`` as a browser without the script does."""
        headers = {"HX-Request": "true"} if htmx else {}
        form = {"token": str(self.token), "reasoning": REASONS} | fields
        return self.desk.post(reverse(f"appeal-{what}", args=[self.case.pk]), form, headers=headers)

    def fresh(self) -> Appeal:
        return Appeal.objects.get(pk=self.appeal.pk)


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def reviewing(
    told: Told | None = None, appeal: Appeal | None = None, language: str = "en", text: str = WHY
) -> Review:
    """Somebody else has claimed the appeal; by default of a person whose account was locked."""
    appeal = appeal or appealed(told or make_told(language), text, language)
    moderator = make_reader(language)
    return Review(appeal, moderator, claimed_by(moderator, appeal), browser_of(moderator))


def by_notifier(notifier: Item | None = None) -> Appeal:
    """Of somebody who sent a notice that led to nothing."""
    make_appeal_queue()
    case, moderator, token = hold()
    notice = make_flag(
        case,
        source=Flag.Source.USER_NOTICE,
        detector="",
        notifier=notifier or make_item(kind="account", text=""),
        notifier_language="en",
    )
    decision = decide(case.pk, moderator, token, judgement("no_violation"))
    return appeal_of_notice(decision, notice)


def appeal_of_notice(decision: Decision, notice: Flag) -> Appeal:
    party = opening.party_of(decision.pk, notice.pk)
    assert party is not None
    appeal = filing.file_appeal(party, "It was meant.", "en", Appeal.FiledBy.PERSON, audit.APPELLANT)
    Case.objects.filter(pk=appeal.case_id).update(queued_at=an_hour_ago())
    return appeal


def two_actions() -> Told:
    """Somebody whose account was warned and locked."""
    return make_told(actions=[JudgedAction("warn"), JudgedAction("lock_account", {"until": None})])
