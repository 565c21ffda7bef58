"""Where the form is not, or is another: late, replaced, not looked into, final, once more, for who sent a notice."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from appeals import drafting, opening
from appeals.links import token_for
from appeals.models import Appeal, AppealDraft, Misuse
from appeals.opening import affected
from moderation import approvals, revisions
from moderation.decisions import JudgedAction, decide
from moderation.models import Statement
from tests.appealing import WHY, Told, appealed, make_told
from tests.deciding import hold, judgement
from tests.factories import make_flag, make_item, make_policy, make_user

pytestmark = pytest.mark.django_db


def ended(told: Told, ago: timedelta) -> None:
    Statement.objects.filter(decision=told.decision).update(appeal_until=timezone.now() - ago)


def test_what_was_begun_in_time_can_still_be_sent_for_three_days_and_the_page_says_so(client: Client) -> None:
    told = make_told()
    client.post(told.path, {"text": WHY, "save": "1"})
    AppealDraft.objects.update(began_at=timezone.now() - timedelta(days=5))
    ended(told, timedelta(days=2))
    page = client.get(told.path)
    assert page.status_code == 200
    assert "You began in time, so you can still send it until" in page.text
    assert WHY in page.text
    ended(told, timedelta(days=4))
    assert client.get(told.path).status_code == 410
    ended(told, timedelta(days=2))
    assert client.post(told.path, {"text": WHY}).headers["Location"] == told.status_path


def test_too_late_she_gets_her_words_back_to_copy_and_to_save(client: Client) -> None:
    told = make_told()
    drafting.keep(affected(told.decision), {"text": WHY, "background": "Ask <b>Anna</b>."}, "de")
    AppealDraft.objects.update(began_at=timezone.now())
    ended(told, timedelta(days=9))
    sent = "Das war ich nicht: 100 % sicher?"
    for page, words in ((client.get(told.path), WHY), (client.post(told.path, {"text": sent}), sent)):
        assert page.status_code == 410
        assert "Hier steht, was Sie geschrieben haben." in page.text
        assert words in page.text.replace("&#x27;", "'")
        assert "Ask &lt;b&gt;Anna&lt;/b&gt;." in page.text
        assert f"charset=utf-8,{quote(words, safe='')}%0A%0A{quote('Ask <b>Anna</b>.', safe='')}" in page.text
        assert told.decision.reasoning not in page.text
    assert not Appeal.objects.exists()


def test_a_decision_that_was_replaced_leads_to_the_newer_one(client: Client) -> None:
    told = make_told()
    case = revisions.reconsider(told.decision.pk, told.decider)
    assert case.lease_token is not None
    better = judgement("warn", policy=told.decision.policy.slug, reasoning="Once, not 900 times.")
    newer = decide(case.pk, told.decider, case.lease_token, better)
    page = client.post(told.path, {"text": WHY})
    assert page.status_code == 410
    assert "This decision was replaced" in page.text
    assert WHY in page.text
    (link,) = re.findall(r'href="(/appeal/[^"]+/)"', page.text)
    assert link == reverse("appeal", args=[token_for(newer.pk)])
    assert "We give you a warning." in client.get(link).text
    # Where the newer one is not about her there is nothing to lead to.
    Statement.objects.filter(decision=newer).update(recipient=make_item(kind="account", text=""))
    assert "To the new decision" not in client.get(told.path).text


def test_who_is_suspended_reads_since_when_and_until_when_and_keeps_her_words(client: Client) -> None:
    told = make_told()
    by, now = make_user(), timezone.now()
    until = now + timedelta(days=30)
    fields = {"account": told.account, "of": Misuse.Of.COMPLAINTS, "reasons": "Insults.", "by": by}
    warning = Misuse.objects.create(measure=Misuse.Measure.WARNING, **fields)
    Misuse.objects.filter(pk=warning.pk).update(at=now - timedelta(days=40))
    suspension = Misuse.objects.create(measure=Misuse.Measure.SUSPENSION, until=until, **fields)
    page = client.post(told.path, {"text": WHY})
    assert page.status_code == 403
    assert f"We warned you on {now - timedelta(days=40):%B %-d, %Y}." in page.text
    assert f"Until {until:%B %-d, %Y} we do not look at new ones." in page.text
    assert WHY in page.text
    assert "from a court" in page.text
    assert not Appeal.objects.exists()
    Misuse.objects.filter(pk=suspension.pk).update(lifted_at=now, lifted_by=by)
    assert client.get(told.path).status_code == 200


def test_a_link_opens_nothing_when_a_year_has_passed_since_the_answer(client: Client) -> None:
    told = make_told("de")
    appeal = appealed(told)
    Appeal.objects.filter(pk=appeal.pk).update(
        status="decided", outcome="upheld", decided_at=timezone.now() - timedelta(days=365)
    )
    ended(told, timedelta(days=200))
    assert client.get(told.status_path).status_code == 200
    Appeal.objects.filter(pk=appeal.pk).update(
        decided_at=timezone.now() - opening.READABLE - timedelta(days=1)
    )
    for page in (client.get(told.path), client.get(told.status_path), client.post(told.path, {"text": WHY})):
        assert page.status_code == 410
        assert "Dieser Link ist zu alt" in page.text
        assert page.headers["Cache-Control"] == "no-store"
        assert told.decision.reasoning not in page.text


@pytest.fixture
def terminated() -> Told:
    """An account that was closed for good, and stays so after the first review."""
    make_policy("bulk-messaging", allowed_actions=["lock_account", "terminate_account"])
    told = make_told(actions=[JudgedAction("lock_account"), JudgedAction("terminate_account")])
    approvals.approve(told.decision.approval.pk, make_user(en=5, clearances=("approval",)))
    appeal = appealed(told)
    Appeal.objects.filter(pk=appeal.pk).update(status="decided", outcome="upheld", decided_at=timezone.now())
    return told


def test_where_an_account_was_closed_for_good_she_can_ask_once_more(client: Client, terminated: Told) -> None:
    page = client.get(terminated.path)
    assert page.status_code == 200
    for words in (
        "Ask once more",
        "Your account was closed for good. That is why you can ask once more.",
        "You can ask once more until",
        f'href="{terminated.status_path}"',
    ):
        assert words in page.text, words
    assert "It will not be the person who decided." not in page.text
    assert client.post(terminated.path, {"text": "Look again."}).status_code == 303
    assert list(Appeal.objects.order_by("pk").values_list("level", "text")) == [(1, WHY), (2, "Look again.")]
    assert client.get(terminated.path).headers["Location"] == terminated.status_path


def test_a_decision_made_on_an_appeal_can_be_read_and_not_appealed_again(client: Client) -> None:
    told = make_told()
    appeal = appealed(make_told())
    # As if it had been made in the appeal's case.
    type(told.decision.case).objects.filter(pk=told.decision.case_id).update(origin="appeal")
    Appeal.objects.filter(pk=appeal.pk).update(case=told.decision.case_id)
    page = client.post(told.path, {"text": WHY})
    assert page.status_code == 200
    assert "We locked your account." in page.text
    assert told.decision.reasoning in page.text
    assert "What you can still do" in page.text
    assert "<textarea" not in page.text
    assert WHY in page.text


def test_who_sent_a_notice_reads_that_nothing_was_done_and_has_the_same_form(client: Client) -> None:
    case, moderator, token = hold(item=make_item(text="Somebody else wrote this."))
    notifier = make_item(kind="account", text="", display_name="Anna")
    fields = {"source": "user_notice", "detector": "", "flag_id": "R-77", "notifier_language": "de"}
    notice = make_flag(case, notifier=notifier, **fields)
    decision = decide(case.pk, moderator, token, judgement("no_violation"))
    path = reverse("appeal", args=[token_for(decision.pk, notice.pk)])
    page = client.get(path)
    assert page.status_code == 200
    for words in (
        "Wir haben angesehen, was Sie gemeldet haben, und entschieden, nichts zu unternehmen.",
        "\u2068R-77\u2069",
    ):
        assert words in page.text, words
    # What she reported is somebody else's, and so are the reasons for leaving it.
    assert "Somebody else wrote this." not in page.text
    assert decision.reasoning
    assert decision.reasoning not in page.text
    client.post(path, {"text": "Bitte noch einmal.", "save": "1"})
    assert AppealDraft.objects.get().reply is not None
    assert client.post(path, {"text": "Bitte noch einmal."}).status_code == 303
    assert Appeal.objects.get().by_notifier
