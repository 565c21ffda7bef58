"""Notices: whoever sends one is told what came of it, in her language, and how to complain where nothing did."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from appeals import filing, links, opening, review
from appeals.models import Appeal
from moderation import approvals, audit, revisions
from moderation.decisions import JudgedAction, decide
from moderation.ingest.flags import ingest_flag
from moderation.ingest.schemas import FlagIn
from moderation.isolates import isolate
from moderation.models import Case, Decision, Flag, Item, Message, NoticeReply
from moderation.outbox.endpoints import create_endpoint
from tests.appealing import an_hour_ago
from tests.calling import flag
from tests.deciding import claim, hold, judgement
from tests.factories import make_case, make_flag, make_item, make_platform, make_policy, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _endpoint(db: None) -> None:
    create_endpoint(make_platform(), "http://127.0.0.1:1/webhooks")


def make_notice(case: Case, *, account: Item | None = None, **changes: Any) -> Flag:
    """Somebody on the platform reported what the case is about."""
    notifier = account or make_item(kind="account", text="")
    fields = {"source": Flag.Source.USER_NOTICE, "detector": "", "notifier": notifier}
    return make_flag(case, **fields | changes)


def on_a_notice(*actions: str | JudgedAction, language: str = "", **case: Any) -> tuple[Flag, Decision]:
    """A notice, and the decision that answers it."""
    held, moderator, token = hold(**case)
    notice = make_notice(held, notifier_language=language)
    return notice, decide(held.pk, moderator, token, judgement(*actions))


def told_with(type_: str) -> list[dict[str, Any]]:
    """The answers in the last message of this type."""
    told: list[dict[str, Any]] = Message.objects.filter(type=type_).latest("pk").payload["data"]["notices"]
    return told


def appeal_of(notice: Flag, decision: Decision) -> Appeal:
    party = opening.party_of(decision.pk, notice.pk)
    assert party is not None
    appeal = filing.file_appeal(party, "It was meant.", "en", Appeal.FiledBy.PERSON, audit.APPELLANT)
    Case.objects.filter(pk=appeal.case_id).update(queued_at=an_hour_ago())
    return appeal


def test_where_nothing_was_done_the_answer_says_so_with_a_link_and_a_code() -> None:
    notice, decision = on_a_notice("no_violation")
    reply = NoticeReply.objects.get()
    assert reply.appeal_until is not None
    assert (reply.decision, reply.flag, reply.language, reply.direction) == (decision, notice, "en", "ltr")
    url = links.link_for(decision.pk, notice.pk)
    assert reply.text == (
        "Thank you for your report.\n"
        f"This is about your report with the number {isolate(notice.flag_id)}.\n\n"
        "We looked at what you reported and decided not to act.\n\n"
        "What you can do\n"
        "If you do not agree, ask us to look at this again. Another person will do that. It is free.\n"
        f"Go to this page. You do not have to sign in:\n{url}\n"
        f"Your code for this decision: {isolate(reply.appeal_code or '')}\n"
        f"You can do this until {reply.appeal_until:%B} {reply.appeal_until.day}, {reply.appeal_until:%Y}.\n"
        "In the European Union you can also ask an independent body to help settle the dispute. The European "
        "Commission has a list of these bodies on its website (“out-of-court dispute settlement bodies”).\n"
        "You can also go to court."
    )
    assert notice.notifier is not None
    assert told_with("case.closed") == [
        {
            "flag_id": notice.flag_id,
            "notifier": notice.notifier.external_id,
            "outcome": "not_acted",
            "language": "en",
            "direction": "ltr",
            "text": reply.text,
            "appeal_url": url,
            "appeal_code": reply.appeal_code,
            "appeal_until": reply.appeal_until.isoformat().replace("+00:00", "Z"),
        }
    ]


def test_where_something_was_done_the_answer_says_so_and_has_no_code() -> None:
    notice, decision = on_a_notice("remove")
    reply = NoticeReply.objects.get()
    assert "We looked at what you reported and acted." in reply.text
    assert "You can also go to court." in reply.text
    assert "ask us to look" not in reply.text
    assert (reply.appeal_code, reply.appeal_until) == (None, None)
    (told,) = told_with("case.closed")
    assert (told["outcome"], told["appeal_url"], told["appeal_code"]) == ("acted", None, None)
    assert opening.party_of(decision.pk, notice.pk) is None


def test_it_says_nothing_about_the_person_who_was_reported() -> None:
    author = make_item(kind="account", text="", display_name="Waldemar Unmistakable")
    item = make_item(author=author, text="Something peculiar")
    on_a_notice("remove", JudgedAction("lock_account"), item=item)
    text = NoticeReply.objects.get().text
    for secret in ("Unmistakable", "peculiar", "lock", item.external_id, author.external_id, "Hate speech"):
        assert secret not in text, secret


def test_a_flag_that_names_nobody_is_answered_to_nobody() -> None:
    held, moderator, token = hold()
    make_flag(held, source=Flag.Source.USER_NOTICE, detector="")
    decide(held.pk, moderator, token, judgement("no_violation"))
    assert not NoticeReply.objects.exists()
    assert told_with("case.closed") == []


def test_each_is_answered_in_her_language_else_in_that_of_her_account_else_in_english() -> None:
    held, moderator, token = hold()
    speaks_german = make_item(kind="account", text="", metadata={"language": "de"})
    sent = {
        "ar": make_notice(held, account=speaks_german, notifier_language="ar"),
        "de": make_notice(held, account=speaks_german),
        "es": make_notice(held, account=make_item(kind="account", text="", language="es")),
        "en": make_notice(held, account=make_item(kind="account", text="", metadata={"language": 5})),
    }
    decide(held.pk, moderator, token, judgement("no_violation"))
    replies = {reply.language: reply for reply in NoticeReply.objects.all()}
    assert {language: reply.flag for language, reply in replies.items()} == sent
    assert replies["ar"].direction == "rtl"
    assert "قرار" in replies["ar"].text


def test_a_number_that_would_turn_the_text_is_kept_apart() -> None:
    held, moderator, token = hold()
    make_notice(held, flag_id="\u202eevil", notifier_language="he")
    decide(held.pk, moderator, token, judgement("no_violation"))
    assert "\u2068evil\u2069" in NoticeReply.objects.get().text


def test_the_statements_of_sql_do_not_grow_with_the_notices_but_by_a_message_for_each_hundred() -> None:
    def statements(count: int) -> int:
        held, moderator, token = hold()
        for _ in range(count):
            make_notice(held)
        with CaptureQueriesContext(connection) as queries:
            decide(held.pk, moderator, token, judgement("no_violation"))
        return len([each for each in queries if "SAVEPOINT" not in each["sql"]])

    assert statements(2) == statements(100)
    Message.objects.all().delete()
    NoticeReply.objects.all().delete()
    statements(101)
    assert NoticeReply.objects.values("appeal_code").distinct().count() == 101
    told = {each.type: each.payload["data"]["notices"] for each in Message.objects.all()}
    assert {type_: len(each) for type_, each in told.items()} == {"case.closed": 100, "notice.answered": 1}
    assert len({each["flag_id"] for several in told.values() for each in several}) == 101


def test_what_waits_for_a_second_person_is_answered_when_she_agreed() -> None:
    make_policy(allowed_actions=["terminate_account"])
    notice, decision = on_a_notice("terminate_account")
    assert not NoticeReply.objects.exists()
    assert told_with("case.closed") == []
    approvals.approve(decision.approval.pk, make_user(en=5, clearances=("approval",)))
    assert "and acted." in NoticeReply.objects.get(flag=notice, decision=decision).text
    assert [each["outcome"] for each in told_with("notice.answered")] == ["acted"]


def test_what_was_answered_at_once_is_not_answered_again_when_a_second_person_agrees() -> None:
    make_policy(allowed_actions=["remove", "terminate_account"])
    _, decision = on_a_notice("remove", "terminate_account")
    approvals.approve(decision.approval.pk, make_user(en=5, clearances=("approval",)))
    assert NoticeReply.objects.count() == 1
    assert not Message.objects.filter(type="notice.answered").exists()


def test_rejected_she_hears_of_the_decision_that_is_made_instead() -> None:
    make_policy(allowed_actions=["no_violation", "terminate_account"])
    notice, decision = on_a_notice("terminate_account")
    revision = approvals.reject(
        decision.approval.pk, make_user(en=5, clearances=("approval",)), "Not grave enough"
    )
    Case.objects.filter(pk=revision.pk).update(queued_at=an_hour_ago())
    held, moderator, token = claim(make_user(en=5), revision)
    decide(held.pk, moderator, token, judgement("no_violation"))
    reply = NoticeReply.objects.get()
    assert (reply.flag, reply.decision.case_id) == (notice, revision.pk)
    assert "decided not to act" in reply.text
    assert "It replaces" not in reply.text


def test_undone_nobody_was_ever_told(settings: Settings) -> None:
    settings.UNDO_SECONDS = 600
    notice, decision = on_a_notice("no_violation")
    assert decision.decided_by is not None
    again = revisions.undo(decision.pk, decision.decided_by)
    assert not NoticeReply.objects.exists()
    assert again.lease_token is not None
    decide(again.pk, decision.decided_by, again.lease_token, judgement("remove"))
    reply = NoticeReply.objects.get()
    assert reply.flag == notice
    assert "and acted." in reply.text
    assert "It replaces" not in reply.text
    sent = Message.objects.exclude(status=Message.Status.WITHDRAWN)
    assert [len(each.payload["data"]["notices"]) for each in sent.filter(type="case.closed")] == [1]


def test_a_decision_that_is_made_anew_is_told_to_her_too_and_the_former_code_leads_to_it() -> None:
    notice, decision = on_a_notice("no_violation")
    assert decision.decided_by is not None
    again = revisions.reconsider(decision.pk, decision.decided_by)
    assert again.lease_token is not None
    newer = decide(again.pk, decision.decided_by, again.lease_token, judgement("remove"))
    first, second = NoticeReply.objects.order_by("pk")
    assert (first.decision, second.decision) == (decision, newer)
    assert second.flag == notice
    day = f"{decision.decided_at:%B} {decision.decided_at.day}, {decision.decided_at:%Y}"
    assert (
        "We made a decision about what you reported.\n"
        f"It replaces our decision of {day}.\n"
        "We looked at what you reported and acted." in second.text
    )
    party = opening.party_of(decision.pk, notice.pk)
    assert party is not None
    with pytest.raises(opening.Replaced) as replaced:
        opening.way_for(party)
    assert replaced.value.decision == newer


def test_when_she_appeals_and_is_right_she_is_told_with_the_outcome() -> None:
    notice, decision = on_a_notice("no_violation")
    appeal = appeal_of(notice, decision)
    held, moderator, token = claim(make_user(en=5), appeal.case)
    answer = review.Answer("overturned", "It does break the rule.", actions=[JudgedAction("remove")])
    newer = review.conclude(appeal, moderator, token, answer)
    assert held.origin == Case.Origin.APPEAL
    assert newer.overrides == decision
    told = told_with("appeal.decided")
    assert [(each["flag_id"], each["outcome"]) for each in told] == [(notice.flag_id, "acted")]
    assert NoticeReply.objects.get(decision=newer).flag == notice


def test_an_appeal_that_changes_nothing_tells_her_nothing_new() -> None:
    notice, decision = on_a_notice("no_violation")
    appeal = appeal_of(notice, decision)
    _, moderator, token = claim(make_user(en=5), appeal.case)
    review.conclude(appeal, moderator, token, review.Answer("upheld", "It breaks no rule."))
    assert told_with("appeal.decided") == []
    assert NoticeReply.objects.get().decision == decision


def taken_back(decision: Decision) -> Decision:
    """Whoever was held to it appealed, and was right."""
    appeal = filing.file_appeal(
        opening.affected(decision), "I did not.", "en", Appeal.FiledBy.PERSON, audit.APPELLANT
    )
    Case.objects.filter(pk=appeal.case_id).update(queued_at=an_hour_ago())
    _, moderator, token = claim(make_user(en=5), appeal.case)
    return review.conclude(appeal, moderator, token, review.Answer("overturned", "She is right."))


def test_when_what_was_done_is_taken_back_on_appeal_she_may_complain_of_that_once() -> None:
    notice, decision = on_a_notice("remove")
    restored = taken_back(decision)
    reply = NoticeReply.objects.get(decision=restored)
    assert reply.appeal_code
    party = opening.party_of(restored.pk, notice.pk)
    assert party is not None
    assert opening.way_for(party).level == 1

    appeal = appeal_of(notice, restored)
    _, moderator, token = claim(make_user(en=5), appeal.case)
    answer = review.Answer("overturned", "It breaks the rule.", actions=[JudgedAction("remove")])
    removed = review.conclude(appeal, moderator, token, answer)
    last = NoticeReply.objects.get(decision=taken_back(removed))
    assert last.appeal_code is None
    assert "decided not to act" in last.text
    assert "You can also go to court." in last.text
    assert "ask us to look" not in last.text


def test_thousands_of_codes_at_once_are_all_different() -> None:
    codes = links.new_codes(3000)
    assert len(set(codes)) == 3000
    assert all(links.read_code(code) == code for code in codes)


def test_from_the_call_to_the_answer() -> None:
    platform = make_platform()
    make_policy()
    sent = FlagIn.model_validate(
        flag(
            flag_id="notice-7",
            notifier={
                "id": "acct-9",
                "display_name": "Noor",
                "language": "iw",
                "contact": "noor@example.org",
            },
        )
    )
    ingest_flag(platform, sent, audit.platform(platform))
    received = Flag.objects.get()
    notifier = received.notifier
    assert notifier is not None
    assert (notifier.kind, notifier.external_id, notifier.contact) == (
        "account",
        "acct-9",
        "noor@example.org",
    )
    assert received.notifier_language == "he"
    assert notifier.snapshots.get().display_name == "Noor"
    other = make_case()
    Flag.objects.filter(pk=received.pk).update(case=other)
    held, moderator, token = claim(make_user(en=5), other)
    decide(held.pk, moderator, token, judgement("no_violation"))
    (told,) = told_with("case.closed")
    assert (told["flag_id"], told["notifier"]) == ("notice-7", "acct-9")
    assert "noor@example.org" not in str(list(Message.objects.values_list("payload", flat=True)))
