"""A person's data at her request: what may go goes, what must stay is named with its law, and nothing twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from moderation.models import (
    DataRequest,
    Event,
    Flag,
    Item,
    Message,
    Snapshot,
    Statement,
    Strike,
    WebhookEndpoint,
)
from moderation.retention import content, erasure
from moderation.retention.erasure import ask, carry_out, erase, erase_pending, would_erase
from moderation.retention.stays import in_words
from tests.factories import make_case, make_flag, make_platform, make_user
from tests.retaining import (
    SECRET,
    days_ago,
    decided_ago,
    is_purged,
    lift,
    make_account,
    place_hold,
    written_by,
)

pytestmark = pytest.mark.django_db

OVER = 260  # days: past the time to appeal and a month, and within the rules' year
WITHIN = 100


@pytest.fixture
def admin() -> User:
    return make_user()


def stays(request: DataRequest) -> dict[tuple[str, str], int]:
    return {(each["what"], each["why"]): each["count"] for each in request.outcome["stays"]}


def her_text() -> int:
    """How many captures still have her words."""
    return Snapshot.objects.filter(text=SECRET).count()


def test_what_nothing_needs_goes_with_its_name(admin: User) -> None:
    account = make_account()
    works = [written_by(account) for _ in range(3)]
    names = {item.external_id for item in (account, *works)}
    request = erase(account, admin)
    assert her_text() == 0
    shown = account.snapshots.get()
    assert (shown.display_name, shown.purged_at is None) == ("", False)
    assert request.outcome["erased"] == {"content": 4, "names": 4}
    assert stays(request) == {("audit", "audit"): 1}
    assert not Item.objects.filter(external_id__in=names).exists()
    assert request.done_at is not None
    assert request.look_again_at is None


def test_a_decision_whose_time_is_over_stays_without_its_content(admin: User) -> None:
    account = make_account()
    decision = decided_ago(OVER, account=account)
    told = Statement.objects.get().text
    Message.objects.all().delete()
    request = erase(account, admin)
    assert is_purged(decision)
    assert Flag.objects.get(case=decision.case).evidence == {}
    statement = Statement.objects.get()
    assert statement.erased_at is not None
    assert "deleted" in statement.text
    assert told != statement.text
    assert SECRET not in statement.text
    decision.refresh_from_db()
    assert decision.reasoning
    assert request.outcome["erased"] == {"content": 2, "flags": 1, "statements": 1}
    assert stays(request) == {
        ("decisions", "record"): 1,
        ("strikes", "record"): 1,
        ("names", "name"): 2,
        ("audit", "audit"): 1,
    }
    account.refresh_from_db()
    assert not account.external_id.startswith("erased-")


def test_a_statement_keeps_the_name_of_whom_it_was_sent_to_whoever_is_said_to_have_written_it(
    admin: User,
) -> None:
    account = make_account()
    decision = decided_ago(OVER, account=account)
    Strike.objects.all().delete()
    other = make_account()
    Item.objects.filter(pk=decision.item_id).update(author=other)
    erase(other, admin)
    request = erase(account, admin)
    assert account.snapshots.get().purged_at is not None
    account.refresh_from_db()
    assert not account.external_id.startswith("erased-")
    assert stays(request)["names", "name"] == 1


def test_within_the_time_to_appeal_the_evidence_and_the_statement_stay_and_go_after_it(admin: User) -> None:
    account = make_account()
    decision, other = decided_ago(WITHIN, account=account), written_by(account)
    statement = Statement.objects.get()
    request = erase(account, admin)
    assert not is_purged(decision)
    assert other.snapshots.get().text == ""
    assert Statement.objects.get().text == statement.text
    assert stays(request)["content", "time"] == 1
    assert stays(request)["content", "works"] == 1
    assert stays(request)["statements", "time"] == 1
    assert request.done_at is not None
    # Looked at every day while her account is still shown in something; nothing more goes before its time.
    done_at = request.done_at
    assert erase_pending() == 0
    with days_ago(-1.1):
        assert erase_pending() == 1
    assert not is_purged(decision)
    with days_ago(-(OVER - WITHIN)):
        assert erase_pending() == 1
    assert is_purged(decision)
    assert her_text() == 0
    request.refresh_from_db()
    assert request.done_at == done_at
    assert request.outcome["erased"]["statements"] == 1
    assert request.look_again_at is None


@pytest.mark.parametrize("what", ["the work", "the account"])
def test_what_is_under_a_legal_hold_stays_until_two_people_lift_it(admin: User, what: str) -> None:
    account = make_account()
    decision, other = decided_ago(OVER, account=account), decided_ago(OVER, account=account)
    hold = place_hold(decision.item if what == "the work" else account)
    request = erase(account, admin)
    assert is_purged(other)
    assert is_purged(decision) == (what == "the account")
    assert account.snapshots.get().display_name == "Secret Name"
    assert stays(request)["content", "hold"] == 1
    assert stays(request)["statements", "hold"] == (1 if what == "the work" else 2)
    lift(hold)
    with days_ago(-1.1):
        erase_pending()
    assert is_purged(decision)
    assert account.snapshots.get().display_name == ""
    assert not Statement.objects.filter(erased_at=None).exists()


def test_what_is_being_decided_stays_until_it_is(admin: User) -> None:
    account = make_account()
    case = make_case(item=written_by(account))
    request = erase(account, admin)
    assert case.snapshot.text == SECRET
    assert stays(request)["content", "open"] == 1
    assert request.look_again_at is not None


def test_of_a_hold_only_those_who_are_cleared_read(admin: User) -> None:
    account = make_account()
    held, case = decided_ago(OVER, account=account), make_case(item=written_by(account))
    place_hold(held.item)
    lines = erase(account, admin).outcome["stays"]
    cleared = in_words(lines, cleared=True)
    others = in_words(lines, cleared=False)
    assert any("legal hold" in line.why for line in cleared)
    assert not any("hold" in line.why or "preserved" in line.why for line in others)
    # Theirs says the same of it as of an open case, in one line with it.
    kept = {line.what: line.count for line in others if line.why.startswith("It is still needed")}
    assert kept[next(iter(kept))] == 2
    assert case.pk
    # And no Event says it either.
    told = str(list(Event.objects.filter(kind__startswith="data_request.").values_list("data", flat=True)))
    assert "hold" not in told


def test_each_reason_has_its_law_in_words(admin: User) -> None:
    account = make_account()
    decided_ago(WITHIN, account=account)
    held = decided_ago(OVER, account=account)
    place_hold(held.item)
    make_case(item=written_by(account))
    lines = in_words(erase(account, admin).outcome["stays"], cleared=True)
    assert len(lines) == 10
    assert all(line.what and line.why and "Art." in line.law for line in lines)


def test_asked_again_while_under_way_it_is_the_same_request_and_done_again_it_does_nothing(
    admin: User,
) -> None:
    account = make_account()
    written_by(account)
    first = ask(account, admin)
    assert ask(account, admin) == first
    assert carry_out(first.pk)
    first.refresh_from_db()
    before = first.outcome
    assert carry_out(first.pk)
    first.refresh_from_db()
    assert first.outcome["erased"] == before["erased"]
    again = erase(account, admin)
    assert again != first
    assert again.outcome["erased"] == {}
    assert DataRequest.objects.filter(look_again_at__isnull=False).count() == 0


def test_stopped_in_the_middle_it_is_gone_on_with_by_a_worker_and_counted_once(
    admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasure, "BATCH", 2)
    account = make_account()
    for _ in range(5):
        written_by(account)
    request = ask(account, admin)
    real, batches = content.redact, 0

    def failing(*arguments: Any) -> content.Redacted:
        nonlocal batches
        batches += 1
        if batches == 3:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(erasure, "redact", failing)
    with pytest.raises(KeyboardInterrupt):
        carry_out(request.pk)
    request.refresh_from_db()
    assert request.done_at is None
    assert request.outcome["erased"] == {"content": 4}
    assert erase_pending() == 1
    request.refresh_from_db()
    assert request.outcome["erased"] == {"content": 6, "names": 6}
    assert request.done_at is not None
    counted = Event.objects.filter(kind="data_request.erased")
    assert sum(event.data["erased"].get("content", 0) for event in counted) == 6


def test_nothing_of_anybody_else_goes(admin: User) -> None:
    hers, his = make_account(), make_account()
    decided_ago(OVER, account=hers)
    other = decided_ago(OVER, account=his)
    work = written_by(his)
    erase(hers, admin)
    assert not is_purged(other)
    assert work.snapshots.get().text == SECRET
    assert his.snapshots.get().display_name == "Secret Name"
    assert Statement.objects.get(recipient=his).erased_at is None


def test_her_webhooks_go_and_those_on_their_way_stay(admin: User) -> None:
    endpoint = WebhookEndpoint.objects.create(platform=make_platform(), url="https://example.org/hook")
    account = make_account()
    decided_ago(OVER, account=account)
    sent, waiting = Message.objects.order_by("pk")[:2]
    Message.objects.filter(pk=sent.pk).update(
        status=Message.Status.DELIVERED, delivered_at=timezone.now() - timedelta(days=1)
    )
    request = erase(account, admin)
    assert request.outcome["erased"]["deliveries"] == 1
    assert list(Message.objects.values_list("pk", flat=True)) == [waiting.pk]
    assert waiting.endpoint == endpoint


def test_what_would_go_is_said_before_and_is_what_goes(admin: User) -> None:
    account = make_account()
    decided_ago(WITHIN, account=account)
    decided_ago(OVER, account=account)
    written_by(account)
    goes, keeps = would_erase(account, 100)
    request = erase(account, admin)
    assert goes == request.outcome["erased"]["content"] == 2
    assert {(each["what"], each["why"]): each["count"] for each in keeps.as_json()} == {
        key: count for key, count in stays(request).items() if key[0] == "content"
    }
    alone = make_account()
    written_by(alone)
    assert would_erase(alone, 100)[0] == 2


def test_an_account_with_much_to_erase_takes_a_constant_number_of_statements_a_batch(admin: User) -> None:
    def statements(works: int) -> int:
        account = make_account()
        for _ in range(works):
            written_by(account)
        with CaptureQueriesContext(connection) as queries:
            erase(account, admin)
        return len(queries)

    assert statements(2) == statements(30)


def test_how_she_can_be_reached_goes_at_once_and_a_notice_that_she_sent_keeps_her_name(admin: User) -> None:
    account = make_account()
    Item.objects.filter(pk=account.pk).update(contact="noor@example.org")
    case = make_case()
    make_flag(case, source=Flag.Source.USER_NOTICE, detector="", notifier=account)
    request = erase(account, admin)
    account.refresh_from_db()
    assert account.contact == ""
    assert not account.external_id.startswith("erased-")
    assert request.outcome["erased"]["contacts"] == 1
    assert stays(request)["notices", "record"] == 1
    assert "noor@example.org" not in str(list(Event.objects.values()))
    assert {each.what for each in in_words(request.outcome["stays"], cleared=False)} >= {
        "Notices that she sent, and what she was answered"
    }
