"""The review: by somebody else, with reasons, and with an effect that is whole."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.http import Http404
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from appeals import review
from appeals.models import Appeal
from moderation import access
from moderation.decisions import (
    AlreadyDecided,
    InvalidJudgement,
    JudgedAction,
    Judgement,
    LeaseLost,
    TookPart,
    decide,
)
from moderation.models import (
    Case,
    Decision,
    Draft,
    Enforcement,
    Event,
    Flag,
    Message,
)
from moderation.outbox.endpoints import create_endpoint
from moderation.queueing.claim import claim_next
from tests.appealing import WHY, Told, appealed, claimed_by, make_reader, make_told
from tests.factories import make_case, make_flag

pytestmark = pytest.mark.django_db

REASONS = "The account only answered people who had written to it first."


@pytest.fixture
def told() -> Told:
    told = make_told()
    create_endpoint(told.account.platform, "http://127.0.0.1:9/hook")
    make_flag(told.decision.case, evidence={"messages_per_hour": 900})
    return told


@pytest.fixture
def appeal(told: Told) -> Appeal:
    return appealed(told)


@pytest.fixture
def colleague() -> User:
    return make_reader("en")


@pytest.fixture
def desk(colleague: User) -> Client:
    """Her browser."""
    client = Client()
    client.force_login(colleague, backend="django.contrib.auth.backends.ModelBackend")
    return client


def token_of(case: Case) -> uuid.UUID:
    assert case.lease_token is not None
    return case.lease_token


def test_taking_the_decision_back_reverses_everything_and_tells_everybody(
    told: Told, appeal: Appeal, colleague: User, client: Client
) -> None:
    case = claimed_by(colleague, appeal)
    decision = review.conclude(
        appeal, colleague, token_of(case), review.Answer("overturned", REASONS, note="Look.")
    )

    assert decision.overrides == told.decision
    enforcement = Enforcement.objects.get(decision=told.decision)
    assert (enforcement.status, enforcement.reversed_by) == (Enforcement.Status.REVERSAL_REQUESTED, decision)
    appeal = Appeal.objects.get()
    assert (appeal.status, appeal.outcome, appeal.outcome_reasons) == ("decided", "overturned", REASONS)
    types = list(Message.objects.order_by("pk").values_list("type", flat=True))
    assert types == ["appeal.received", "enforcement.reversed", "appeal.decided"]
    data = Message.objects.get(type="appeal.decided").payload["data"]
    assert data == {
        "appeal_id": str(appeal.pk),
        "decision_id": str(told.decision.pk),
        "new_decision_id": str(decision.pk),
        "level": 1,
        "flag_id": None,
        "item": {"kind": "account", "id": told.account.external_id},
        "outcome": "overturned",
        "ground": None,
        "reasons": REASONS,
        "language": "en",
        "direction": "ltr",
        "decided_at": data["decided_at"],
        "notices": [],
        "flags": [
            {
                "flag_id": flag.flag_id,
                "detector": "keywords-test",
                "detector_version": "1",
                "policy": "bulk-messaging",
                "evidence": flag.evidence,
            }
            for flag in Flag.objects.order_by("-pk")
        ],
        "status_url": f"http://127.0.0.1:8000{told.status_path}",
    }
    event = Event.objects.get(kind="appeal.decided", case_id=case.pk)
    assert (event.actor_id, event.case_id, event.data["outcome"]) == (colleague.pk, case.pk, "overturned")

    page = client.get(told.status_path).text
    assert "We took the decision back" in page
    assert REASONS in page
    assert "Look." not in page


def test_a_decision_that_stands_changes_nothing_on_the_platform(
    told: Told, appeal: Appeal, colleague: User, client: Client
) -> None:
    case = claimed_by(colleague, appeal)
    decision = review.conclude(appeal, colleague, token_of(case), review.Answer("upheld", REASONS))
    assert (decision.actions, decision.overrides) == ([], None)
    assert Enforcement.objects.get().status == Enforcement.Status.REQUESTED
    assert Message.objects.get(type="appeal.decided").payload["data"]["outcome"] == "upheld"
    assert not Message.objects.filter(type__in=["enforcement.reversed", "case.closed"]).exists()
    page = client.get(told.status_path).text
    assert "The decision stays" in page
    assert REASONS in page
    assert "from a court" in page


@pytest.mark.parametrize("outcome", ["upheld", "overturned"])
def test_an_outcome_without_reasons_is_refused(appeal: Appeal, colleague: User, outcome: str) -> None:
    case = claimed_by(colleague, appeal)
    with pytest.raises(InvalidJudgement):
        review.conclude(appeal, colleague, token_of(case), review.Answer(outcome, " \n"))
    assert Appeal.objects.get().outcome == ""


@pytest.mark.parametrize("outcome", ["", "received", "maybe"])
def test_an_outcome_that_is_none_is_refused(appeal: Appeal, colleague: User, outcome: str) -> None:
    case = claimed_by(colleague, appeal)
    with pytest.raises(InvalidJudgement) as caught:
        review.conclude(appeal, colleague, token_of(case), review.Answer(outcome, REASONS))
    assert [error["loc"] for error in caught.value.errors] == [["outcome"]]


def test_an_appeal_is_answered_once(appeal: Appeal, colleague: User) -> None:
    token = token_of(claimed_by(colleague, appeal))
    review.conclude(appeal, colleague, token, review.Answer("upheld", REASONS))
    with pytest.raises(AlreadyDecided):
        review.conclude(appeal, colleague, token, review.Answer("overturned", REASONS))
    assert Appeal.objects.get().outcome == "upheld"
    assert Message.objects.filter(type="appeal.decided").count() == 1


def test_whichever_way_its_case_is_decided_the_appeal_has_its_outcome(
    told: Told, appeal: Appeal, colleague: User
) -> None:
    case = claimed_by(colleague, appeal)
    decide(case.pk, colleague, token_of(case), Judgement(told.decision.policy.slug, [], REASONS))
    assert Appeal.objects.get().outcome == "upheld"


# The one who decided: three walls, each of which holds alone.


def test_who_decided_cannot_get_the_appeal(told: Told, appeal: Appeal) -> None:
    assert claim_next(told.decider) is None


def test_who_decided_cannot_open_the_appeal(told: Told, appeal: Appeal) -> None:
    with pytest.raises(Http404):
        access.case_for(told.decider, appeal.case_id)
    client = Client()
    client.force_login(told.decider, backend="django.contrib.auth.backends.ModelBackend")
    for name in ("appeal-review", "case"):
        page = client.get(reverse(name, args=[appeal.case_id]))
        assert page.status_code == 404
        assert WHY not in page.text
    answer = client.post(reverse("appeal-conclude", args=[appeal.case_id]), {"outcome": "upheld"})
    assert answer.status_code == 404


def test_who_decided_cannot_answer_the_appeal_even_holding_it(told: Told, appeal: Appeal) -> None:
    token = uuid.uuid4()
    Case.objects.filter(pk=appeal.case_id).update(
        status="claimed",
        claimed_by=told.decider,
        lease_token=token,
        lease_until=timezone.now() + timedelta(minutes=5),
    )
    with pytest.raises(TookPart):
        review.conclude(appeal, told.decider, token, review.Answer("upheld", REASONS))
    assert Appeal.objects.get().outcome == ""
    assert Decision.objects.count() == 1


def test_the_page_shows_appeal_decision_statement_and_evidence_as_it_was(
    told: Told, appeal: Appeal, colleague: User, desk: Client
) -> None:
    make_case(item=told.account, policy=told.decision.policy)
    case = claimed_by(colleague, appeal)
    page = desk.get(reverse("case", args=[case.pk]), follow=True)
    assert page.redirect_chain == [(reverse("appeal-review", args=[case.pk]), 302)]
    for words in (
        WHY,
        appeal.reference,
        told.decision.reasoning,
        "What the person was told, in English",
        "messages_per_hour",
        "metadata only",
        "whoever appeals reads them, in English",
    ):
        assert words in page.text, words
    seen = Event.objects.filter(kind="evidence.viewed", actor_id=colleague.pk)
    assert set(seen.values_list("case_id", flat=True)) == {told.decision.case_id, case.pk}


def test_next_case_opens_the_appeal_on_its_own_page(appeal: Appeal, desk: Client) -> None:
    answer = desk.post(reverse("next-case"))
    assert answer.headers["Location"] == reverse("appeal-review", args=[appeal.case_id])


def test_submitting_answers_and_leads_on(appeal: Appeal, colleague: User, desk: Client) -> None:
    case = claimed_by(colleague, appeal)
    answer = desk.post(
        reverse("appeal-conclude", args=[case.pk]),
        {"token": str(case.lease_token), "outcome": "overturned", "reasoning": REASONS, "note": "n"},
    )
    assert (answer.status_code, answer.headers["Location"]) == (302, reverse("board"))
    assert Appeal.objects.get().outcome == "overturned"
    again = desk.post(
        reverse("appeal-conclude", args=[case.pk]),
        {"token": str(case.lease_token), "outcome": "overturned", "reasoning": REASONS},
    )
    assert again.status_code == 302


def test_what_is_missing_is_said_and_what_was_typed_comes_back(
    appeal: Appeal, colleague: User, desk: Client
) -> None:
    case = claimed_by(colleague, appeal)
    page = desk.post(
        reverse("appeal-conclude", args=[case.pk]),
        {"token": str(case.lease_token), "reasoning": "Half a thought", "note": "and a note"},
    )
    assert page.status_code == 422
    assert "Say whether the decision stands, is taken back or changed" in page.text
    assert "Half a thought" in page.text
    assert "and a note" in page.text
    assert Draft.objects.get().fields["reasoning"] == ["Half a thought"]


@pytest.mark.parametrize("htmx", [True, False])
def test_a_hold_that_ran_out_decides_nothing_and_keeps_the_text(
    appeal: Appeal, colleague: User, desk: Client, htmx: bool
) -> None:
    case = claimed_by(colleague, appeal)
    Case.objects.filter(pk=case.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    page = desk.post(
        reverse("appeal-conclude", args=[case.pk]),
        {"token": str(case.lease_token), "outcome": "overturned", "reasoning": REASONS},
        headers={"HX-Request": "true"} if htmx else {},
    )
    assert page.status_code == 409
    assert "Your hold on this case ran out." in page.text
    assert REASONS in page.text
    assert ("<html" in page.text) is not htmx
    assert 'value="overturned" checked' in page.text
    assert Appeal.objects.get().outcome == ""
    assert Draft.objects.get().fields["reasoning"] == [REASONS]


def test_a_foreign_token_decides_nothing(appeal: Appeal, colleague: User) -> None:
    claimed_by(colleague, appeal)
    with pytest.raises(LeaseLost):
        review.conclude(appeal, colleague, uuid.uuid4(), review.Answer("upheld", REASONS))


def test_the_consoles_own_form_cannot_leave_an_appeal_half_decided(
    appeal: Appeal, colleague: User, desk: Client
) -> None:
    case = claimed_by(colleague, appeal)
    answer = desk.post(
        reverse("decide-case", args=[case.pk]),
        {
            "token": str(case.lease_token),
            "policy": case.policy.slug,
            "actions": ["no_violation"],
            "reasoning": REASONS,
        },
    )
    assert answer.headers["Location"] == reverse("appeal-review", args=[case.pk])
    assert Appeal.objects.get().outcome == ""
    assert REASONS in desk.get(answer.headers["Location"]).text


def test_a_case_that_is_no_appeal_has_no_review_page(colleague: User, desk: Client) -> None:
    make_case()
    case = claim_next(colleague)
    assert case is not None
    assert desk.get(reverse("appeal-review", args=[case.pk])).status_code == 404


def test_the_page_asks_the_tables_as_much_whatever_there_is(
    told: Told, appeal: Appeal, colleague: User, desk: Client
) -> None:
    path = reverse("appeal-review", args=[claimed_by(colleague, appeal).pk])

    def statements() -> int:
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(path).status_code == 200
        return len(queries)

    before = statements()
    for _ in range(20):
        make_flag(told.decision.case)
        make_case(item=told.account, status="decided", policy=told.decision.policy)
    assert statements() == before < 45


def test_of_several_actions_none_stays_in_force(colleague: User) -> None:
    told = make_told(actions=[JudgedAction("warn"), JudgedAction("lock_account", {"until": None})])
    appeal = appealed(told)
    case = claimed_by(colleague, appeal)
    review.conclude(appeal, colleague, token_of(case), review.Answer("overturned", REASONS))
    assert not Enforcement.objects.filter(status__in=Enforcement.IN_FORCE).exists()
    assert Enforcement.objects.filter(reversed_by=case.decision).count() == 2
