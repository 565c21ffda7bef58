"""What stands beside the outcome form, and where moderators see how appeals stand."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from appeals import questions, review, withdrawing
from appeals.models import Appeal, AppealFile
from moderation import approvals, audit, consulting
from moderation.decisions import JudgedAction
from moderation.models import Item
from moderation.policies import change_policy, fields_of
from tests.appealing import answered, appealed, make_reader, make_told
from tests.factories import make_flag, make_item, make_policy, make_user
from tests.reviewing import REASONS, Review, appeal_of_notice, browser_of, by_notifier, reviewing

pytestmark = pytest.mark.django_db

THAI = "ฉันแค่ทักทายเพื่อนของฉันในตอนเช้าเท่านั้น ไม่ได้ทำอะไรผิด"


def notifier_of(appeal: Appeal) -> Item:
    assert appeal.reply is not None
    assert appeal.reply.flag.notifier is not None
    return appeal.reply.flag.notifier


def test_the_policy_is_shown_as_it_was_and_as_it_is() -> None:
    told = make_told()
    policy = told.decision.policy
    before = fields_of(policy)
    change_policy(
        policy.pk,
        policy.version,
        before.__class__(**before.in_json() | {"guidelines": "Look again."}),
        audit.SYSTEM,
    )
    page = reviewing(told).page()
    assert "What to look for." in page
    assert "Look again." in page
    assert "as they were: version 1, now version 2" in page


def test_detectors_and_the_account_stand_there_with_their_record() -> None:
    told = make_told()
    make_flag(told.decision.case, detector="loud", policy=told.decision.policy)
    for outcome in ("overturned", "upheld"):
        answered(outcome, policy="bulk-messaging", detector="loud")
    page = reviewing(told).page()
    assert "3 decided, 3 led to action, 1 changed on appeal (33 %)" in page
    assert "1 strike" in page
    assert "no appeal before" in page


def test_who_sent_a_notice_is_named_only_where_she_appeals() -> None:
    told = make_told()
    notifier = make_item(kind="account", text="")
    make_flag(
        told.decision.case, source="user_notice", detector="", policy=told.decision.policy, notifier=notifier
    )
    page = reviewing(told).page()
    assert "1 notice in all, 1 decided, 1 led to action" in page
    assert notifier.external_id not in page
    hers = by_notifier()
    page = reviewing(appeal=hers).page()
    assert notifier_of(hers).external_id in page
    assert "The decision not to act" in page
    assert "What she was told, in English" in page


def test_the_second_level_shows_what_the_first_answered() -> None:
    make_policy("bulk-messaging", allowed_actions=["terminate_account", "remove"])
    told = make_told(actions=[JudgedAction("remove"), JudgedAction("terminate_account")], post="Cheap boats")
    second = make_reader("en")
    second.clearances.add(make_user(clearances=("approval",)).clearances.get())
    approvals.approve(told.decision.approval.pk, second)
    first = reviewing(told)
    review.conclude(
        first.appeal, first.moderator, first.token, review.Answer("upheld", REASONS, note="Saw 40 of 900.")
    )
    again = reviewing(appeal=appealed(told, "You did not look at all of them."))
    assert again.fresh().level == 2
    page = again.page()
    for words in ("The first review", REASONS, "Saw 40 of 900.", first.moderator.display_name):
        assert words in page, words


def test_other_appeals_against_the_decision_are_listed_without_names() -> None:
    mine = by_notifier()
    other = make_item(kind="account", text="")
    # Somebody else had sent a notice about it as well, and was told the same.
    flag = make_flag(mine.decision.case, source="user_notice", detector="", notifier=other)
    mine.decision.notice_replies.create(
        flag=flag, language="en", direction="ltr", text="-", appeal_code="X", appeal_until=timezone.now()
    )
    mine.decision.notice_replies.update(appeal_until=timezone.now() + timedelta(days=1))
    theirs = appeal_of_notice(mine.decision, flag)
    withdrawing.withdraw(theirs, audit.APPELLANT)
    page = reviewing(appeal=mine).page()
    assert "Other appeals against this decision" in page
    assert "by somebody who sent a notice" in page
    assert "Taken back" in page
    assert other.external_id not in page


def test_what_she_added_stands_there_and_is_not_loaded() -> None:
    appeal = appealed(make_told())
    AppealFile.objects.create(
        appeal=appeal, name="screen.png", media_type="image/png", content=b"x" * 99, size=99, sha256="0" * 64
    )
    with CaptureQueriesContext(connection) as queries:
        page = reviewing(appeal=appeal).page()
    assert "1 file of hers" in page
    assert "screen.png" in page
    assert not any('appealfile"."content' in each["sql"] for each in queries.captured_queries)


def test_what_was_asked_before_the_decision_is_part_of_its_evidence() -> None:
    held = reviewing()
    consulting.ask(held.case.pk, held.moderator, held.token, make_reader("en"), "Would you?")
    assert "Would you?" in held.page()


def test_both_languages_stand_over_the_case_and_why_others_do_not_get_it() -> None:
    both, one = make_user(clearances=("appeals",), en=5, th=5), make_reader("en")
    appeal = appealed(make_told("th", post=THAI))
    assert (appeal.case.language, appeal.case.also_language) == ("en", "th")
    page = browser_of(both).get(reverse("appeal-review", args=[appeal.case_id])).text
    assert '+ <bdi lang="th"' in page
    admin = browser_of(make_user(role=Role.ADMIN))
    explained = admin.get(reverse("explain-case", args=[appeal.case_id])).text
    assert "whoever takes the appeal reads both" in explained
    never = explained.split("Who never, and why")[1]
    assert re.search(r"does not read <bdi[^>]*>ไทย</bdi> as well.*?" + one.display_name, never, re.DOTALL)


def test_her_board_and_history_say_how_appeals_stand() -> None:
    told = make_told()
    review_ = reviewing(told)
    decider = browser_of(told.decider)
    assert "appealed: waits for its review" in decider.get("/history/").text
    questions.ask(review_.appeal, review_.moderator, review_.token, "Whom did you write to?")
    board = review_.desk.get("/").text
    assert "You asked, and wait for an answer" in board
    assert f"Case {review_.case.pk}" in board
    assert "appealed: waits for an answer until" in decider.get("/history/").text
    withdrawing.withdraw(review_.fresh(), audit.APPELLANT)
    assert "the appeal was taken back" in decider.get("/history/").text
    assert "You asked, and wait" not in review_.desk.get("/").text


def test_her_history_says_what_she_answered_to_an_appeal() -> None:
    held = reviewing()
    held.post(outcome="inadmissible", inadmissible="not_entitled")
    page = held.desk.get("/history/").text
    assert "on an appeal: It is not looked into: It does not concern who appeals" in page


def test_a_paused_and_a_withdrawn_case_are_explained() -> None:
    held = reviewing()
    admin = browser_of(make_user(role=Role.ADMIN))
    questions.ask(held.appeal, held.moderator, held.token, "Whom did you write to?")
    path = reverse("explain-case", args=[held.case.pk])
    assert "It waits for an answer of whoever appealed." in admin.get(path).text
    withdrawing.withdraw(held.fresh(), audit.APPELLANT)
    assert "It was closed without a decision" in admin.get(path).text


def test_the_page_asks_the_tables_as_much_whatever_came_before() -> None:
    told = make_told()
    held = reviewing(told)

    def statements(of: Review) -> int:
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            of.page()
        return len(queries)

    notifier = make_item(kind="account", text="")
    make_flag(told.decision.case, source="user_notice", detector="", notifier=notifier)
    before = statements(held)
    for number in range(6):
        answered("overturned", policy="bulk-messaging", detector=f"d{number}")
        make_flag(told.decision.case, detector=f"d{number}")
        other = make_item(kind="account", text="")
        make_flag(told.decision.case, source="user_notice", detector="", notifier=other)
        AppealFile.objects.create(
            appeal=held.appeal,
            name=f"{number}.pdf",
            media_type="application/pdf",
            content=b"%",
            size=1,
            sha256=f"{number}" * 64,
        )
    assert statements(held) == before < 48
