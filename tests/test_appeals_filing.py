"""Filing: one appeal per decision, in a case of its own, in its own language, for somebody else to judge."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from accounts.models import Platform
from appeals import filing
from appeals.models import Appeal
from appeals.opening import AlreadyAppealed, AppealClosed, affected
from moderation import audit, outbox
from moderation.decisions import JudgedAction
from moderation.models import Case, Decision, Event, Exclusion, Item, Message, Statement
from moderation.outbox.endpoints import create_endpoint
from moderation.queueing.claim import claim_next
from tests.appealing import WHY, appealed, make_told
from tests.factories import make_case, make_user

pytestmark = pytest.mark.django_db

IN_THAI = "บัญชีของผมถูกล็อกโดยไม่เป็นธรรม ผมแค่ส่งข้อความหาลูกค้าเก่าของร้านเท่านั้น"


def test_an_appeal_waits_in_the_appeals_lane_of_the_language_that_it_is_written_in() -> None:
    told = make_told("en")
    appeal = appealed(told, IN_THAI, language="en")
    case = appeal.case
    assert (case.origin, case.status) == (Case.Origin.APPEAL, Case.Status.QUEUED)
    assert case.queue is not None
    assert (case.queue.slug, case.language) == ("appeals", "th")
    assert case.language_source == Case.LanguageSource.APPELLANT
    assert (case.item, case.snapshot, case.policy) == (
        told.decision.item,
        told.decision.case.snapshot,
        told.decision.policy,
    )
    # The answer is shown in the language of the page that she wrote on.
    assert appeal.language == "en"


@pytest.mark.parametrize(("page", "lane"), [("th", "th"), ("pt-br", "pt-BR"), ("zh-hans", "zh-Hans")])
def test_a_text_that_says_too_little_goes_by_the_language_of_the_page(page: str, lane: str) -> None:
    assert appealed(make_told(), "???", language=page).case.language == lane


def test_who_decided_is_never_given_the_appeal_and_somebody_else_is() -> None:
    told = make_told("th")
    appeal = appealed(told, IN_THAI)
    colleague = make_user(th=5, clearances=("appeals",))
    assert list(Exclusion.objects.values_list("case", "moderator", "reason", "until")) == [
        (appeal.case_id, told.decider.pk, Exclusion.Reason.TOOK_PART, None)
    ]
    assert claim_next(told.decider) is None
    claimed = claim_next(colleague)
    assert claimed is not None
    assert claimed.pk == appeal.case_id


def test_who_decided_what_the_appealed_decision_took_the_place_of_is_excluded_too() -> None:
    first = make_told()
    case, second = make_case(item=first.account, status="decided"), make_user(en=5)
    decision = Decision.objects.create(
        case=case,
        item=case.item,
        decided_by=second,
        policy=case.policy,
        policy_version=1,
        severity=3,
        actions=first.decision.actions,
        reasoning="Once more.",
        overrides=first.decision,
    )
    Statement.objects.create(
        decision=decision,
        recipient=case.item,
        language="en",
        direction="ltr",
        text="We locked your account.",
        appeal_code="00000-00000",
        appeal_until=timezone.now() + timedelta(days=1),
    )
    appeal = filing.file_appeal(affected(decision), WHY, "en", Appeal.FiledBy.PERSON, audit.APPELLANT)
    assert set(appeal.case.exclusions.values_list("moderator", flat=True)) == {first.decider.pk, second.pk}


def test_without_the_clearance_for_appeals_nobody_gets_one() -> None:
    appealed(make_told("th"), IN_THAI)
    assert claim_next(make_user(th=5)) is None


def test_the_platform_is_told_and_the_trail_says_who_filed() -> None:
    told = make_told()
    endpoint(told.account.platform)
    appeal = appealed(told)
    message = Message.objects.get(type="appeal.received")
    assert message.payload["data"] == {
        "appeal_id": str(appeal.pk),
        "decision_id": str(told.decision.pk),
        "item": {"kind": "account", "id": told.account.external_id},
        "language": "en",
        "level": 1,
        "flag_id": None,
        "filed_by": "person",
        "filed_at": message.payload["data"]["filed_at"],
        "status_url": f"http://127.0.0.1:8000{told.status_path}",
    }
    event = Event.objects.get(kind="appeal.filed", case_id=appeal.case_id)
    assert (event.actor, event.case_id, event.item_id) == (
        Event.Actor.APPELLANT,
        appeal.case_id,
        told.account.pk,
    )
    assert WHY not in str(message.payload)


def test_a_second_appeal_against_the_same_decision_leads_to_the_first() -> None:
    told = make_told()
    first = appealed(told)
    with pytest.raises(AlreadyAppealed) as caught:
        appealed(told, "Something else")
    assert caught.value.appeal == first
    assert Appeal.objects.get().text == WHY


@pytest.mark.django_db(transaction=True)
def test_eight_presses_on_send_at_once_make_one_appeal_one_case_and_one_webhook() -> None:
    told = make_told()
    endpoint(told.account.platform)
    start = threading.Barrier(8)
    outcomes: list[object] = []

    def press() -> None:
        try:
            start.wait()
            outcomes.append(appealed(told).pk)
        except Exception as error:
            outcomes.append(type(error))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=press) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes, key=str) == sorted([Appeal.objects.get().pk, *[AlreadyAppealed] * 7], key=str)
    assert Case.objects.filter(origin=Case.Origin.APPEAL).count() == 1
    assert Message.objects.filter(type="appeal.received").count() == 1


def test_after_the_last_moment_it_is_too_late() -> None:
    told = make_told(until=timedelta(seconds=-1))
    with pytest.raises(AppealClosed) as caught:
        appealed(told)
    assert caught.value.until == told.statement.appeal_until
    assert nothing_was_filed()


def test_what_restricts_nothing_cannot_be_appealed() -> None:
    case = make_case()
    decision = Decision.objects.create(
        case=case,
        item=case.item,
        decided_by=make_user(),
        policy=case.policy,
        policy_version=1,
        severity=3,
        actions=[{"action": "no_violation", "parameters": {}, "territories": []}],
        reasoning="Nothing is wrong with it.",
    )
    with pytest.raises(AppealClosed):
        filing.file_appeal(affected(decision), WHY, "en", Appeal.FiledBy.PERSON, audit.APPELLANT)
    assert nothing_was_filed()


def test_an_appeal_that_fails_half_way_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    told = make_told()

    def fail(*_: object) -> None:
        raise OSError("The disk is full")

    monkeypatch.setattr(outbox, "post", fail)
    with pytest.raises(OSError, match="disk"):
        appealed(told)
    assert nothing_was_filed()
    assert not Exclusion.objects.exists()


def test_flags_do_not_join_an_appeal_and_an_appeal_does_not_join_flags() -> None:
    told = make_told()
    appeal = appealed(told)
    beside = make_case(item=told.account, policy=told.decision.policy)
    assert beside.pk != appeal.case_id
    assert not appeal.case.flags.exists()


def test_an_appeal_against_a_removed_post_is_about_the_post_as_it_was_judged() -> None:
    told = make_told(post="Buy now", actions=[JudgedAction("remove")])
    case = appealed(told).case
    assert (case.item.kind, case.snapshot.text) == ("content", "Buy now")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("a\0b", "ab"),
        ("\x07 bell\r\nline\ttab \x1b[31m", "bell\nline\ttab [31m"),
        ("half \ud83d of a pair", "half \ufffd of a pair"),
        ("👩‍👩‍👧 می‌خواهم", "👩‍👩‍👧 می‌خواهم"),
        ("\u2067right to left", "\u2067right to left"),
    ],
)
def test_what_no_table_keeps_is_taken_out_and_nothing_else(typed: str, kept: str) -> None:
    assert filing.clean(typed) == kept


def endpoint(platform: Platform) -> None:
    create_endpoint(platform, "http://127.0.0.1:9/hook")


def nothing_was_filed() -> bool:
    return not (
        Appeal.objects.exists()
        or Case.objects.filter(origin=Case.Origin.APPEAL).exists()
        or Message.objects.filter(type__startswith="appeal.").exists()
        or Event.objects.filter(kind__startswith="appeal.", item_id__in=Item.objects.values("pk")).exists()
    )
