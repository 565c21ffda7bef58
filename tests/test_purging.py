"""What has been kept for as long as it must be goes, in small batches; nothing else does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Platform
from appeals.filing import file_appeal
from appeals.models import Appeal
from appeals.opening import affected
from moderation import audit
from moderation.decisions import decide
from moderation.ingest.flags import ingest_flag
from moderation.ingest.items import ingest_item
from moderation.ingest.schemas import FlagIn, ItemIn
from moderation.models import (
    Approval,
    Case,
    DetectorRun,
    Draft,
    Event,
    Flag,
    KeptLonger,
    RetentionRule,
    Screening,
    Snapshot,
    Statement,
)
from moderation.models.retention import LEAST_CONTENT_DAYS
from moderation.retention import content, purging, rules
from moderation.retention.rules import AFTER_APPEALS_DAYS, Kind
from tests.deciding import claim, judgement
from tests.factories import make_case, make_item, make_policy, make_user
from tests.retaining import (
    SECRET,
    days_ago,
    decided_ago,
    is_purged,
    lift,
    make_account,
    place_hold,
    purge,
    snapshot_of,
    written_by,
)

pytestmark = pytest.mark.django_db

LONG_AGO = 400  # days: past the default for content
ROW = "SELECT row_to_json(s)::text FROM moderation_snapshot s WHERE id = %s"


def keep(**days: int) -> None:
    """The rules for content: ``default`` and policies by slug."""
    for slug, count in days.items():
        policy = None if slug == "default" else make_policy(slug)
        RetentionRule.objects.create(kind="content", policy=policy, days=count)


def test_the_content_of_an_old_case_goes_and_its_record_stays() -> None:
    account = make_account()
    decision = decided_ago(LONG_AGO, account=account)
    before = snapshot_of(decision)
    Draft.objects.create(case=decision.case, moderator=make_user(), fields={"reasoning": [SECRET]})
    report = purge()
    after = snapshot_of(decision)
    assert after.purged_at is not None
    assert (after.text, after.url, after.media, after.metadata, after.parent) == ("", "", [], {}, None)
    assert (after.digest, after.captured_at, after.language) == (
        before.digest,
        before.captured_at,
        before.language,
    )
    flag = Flag.objects.get(case=decision.case)
    assert (flag.evidence, flag.metadata) == ({}, {})
    assert DetectorRun.objects.get().saw == {}
    assert not Draft.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute(ROW, [after.pk])
        assert "secret" not in cursor.fetchone()[0].lower().replace(SECRET, "secret")
    decision.refresh_from_db()
    assert decision.reasoning
    assert Statement.objects.get(decision=decision).text
    # The account was captured just now.
    assert report.purged == {"content": 1, "flags": 1, "drafts": 1}


def test_the_report_and_the_event_count_and_hold_no_content() -> None:
    account = make_account()
    for _ in range(3):
        decided_ago(LONG_AGO, account=account)
    held = decided_ago(LONG_AGO)
    place_hold(held.item)
    report = purge()
    assert report.purged == {"content": 3, "flags": 3}
    assert report.held == {"content": 1}
    events = Event.objects.filter(kind__startswith="retention.")
    assert {event.kind for event in events} == {"retention.purged", "retention.run_finished"}
    assert SECRET not in str([event.data for event in events])
    assert Snapshot.objects.exclude(purged_at=None).count() == 3


def test_an_account_goes_with_the_last_that_it_wrote() -> None:
    with days_ago(LONG_AGO):
        account = make_account()
    old, young = decided_ago(LONG_AGO, account=account), decided_ago(10, account=account)
    assert purge().purged == {"content": 1, "flags": 1}
    assert is_purged(old)
    shown = account.snapshots.get()
    assert (shown.purged_at, shown.display_name) == (None, "Secret Name")
    Case.objects.filter(pk=young.case_id).update(decided_at=timezone.now() - timedelta(days=LONG_AGO))
    Statement.objects.update(appeal_until=timezone.now() - timedelta(days=200))
    KeptLonger.objects.update(look_again_at=timezone.now())
    # Looked at again before what it wrote has gone, and once more after: in one run.
    with days_ago(-LONG_AGO):
        assert purge().purged == {"content": 2, "flags": 1}
    shown.refresh_from_db()
    assert (shown.display_name, shown.metadata) == ("", {})


def test_an_account_that_came_with_what_it_wrote_goes_with_it_in_one_run() -> None:
    decision = decided_ago(LONG_AGO)
    assert purge().purged == {"content": 2, "flags": 1}
    assert snapshot_of(decision).author is not None
    assert Snapshot.objects.filter(purged_at=None).count() == 0


def test_run_again_it_does_nothing() -> None:
    decided_ago(LONG_AGO)
    purge()
    events = Event.objects.filter(kind="retention.purged").count()
    assert purge().purged == {}
    assert Event.objects.filter(kind="retention.purged").count() == events


@pytest.mark.parametrize(
    ("days", "goes"),
    [(LEAST_CONTENT_DAYS - 1, False), (LEAST_CONTENT_DAYS + 1, True)],
)
def test_content_stays_for_the_time_to_appeal_and_a_month_whatever_the_rule(days: int, goes: bool) -> None:
    keep(default=LEAST_CONTENT_DAYS)
    with_statement, without = decided_ago(days), decided_ago(days, "no_violation")
    purge()
    assert [is_purged(with_statement), is_purged(without)] == [goes, goes]


def test_a_longer_time_to_appeal_keeps_it_for_longer() -> None:
    decision = decided_ago(LONG_AGO)
    statement = Statement.objects.get()
    for late, goes in ((AFTER_APPEALS_DAYS - 1, False), (AFTER_APPEALS_DAYS + 1, True)):
        Statement.objects.filter(pk=statement.pk).update(appeal_until=timezone.now() - timedelta(days=late))
        KeptLonger.objects.update(look_again_at=timezone.now())
        purge()
        assert is_purged(decision) == goes


def test_a_policy_may_keep_what_was_decided_under_it_for_longer() -> None:
    keep(**{"default": 300, "child-safety": 1000})
    make_policy("child-safety")
    with days_ago(500):
        from moderation.decisions import decide
        from tests.deciding import hold

        held, moderator, token = hold(item=written_by(None))
        decision = decide(held.pk, moderator, token, judgement("remove", policy="child-safety"))
    purge()
    assert not is_purged(decision)
    assert KeptLonger.objects.get().look_again_at > timezone.now() + timedelta(days=499)


@pytest.mark.parametrize("open_", ["another case", "an appeal", "an approval", "a screening"])
def test_whatever_is_open_keeps_it(open_: str) -> None:
    make_policy(allowed_actions=["remove", "terminate_account"])
    decision = decided_ago(LONG_AGO, "terminate_account" if open_ == "an approval" else "remove")
    if open_ == "another case":
        make_case(item=decision.item)
    elif open_ == "an appeal":
        with days_ago(LONG_AGO):
            file_appeal(affected(decision), SECRET, "en", Appeal.FiledBy.PERSON, audit.APPELLANT)
    elif open_ == "an approval":
        assert Approval.objects.get().status == Approval.Status.WAITING
    else:
        Screening.objects.create(snapshot=decision.case.snapshot)
    assert purge().purged == {}
    assert not is_purged(decision)


def test_the_words_of_a_decided_appeal_go_with_what_it_was_about() -> None:
    decision = decided_ago(LONG_AGO)
    with days_ago(LONG_AGO):
        appeal = file_appeal(
            affected(decision), SECRET, "en", Appeal.FiledBy.PERSON, audit.APPELLANT, background=SECRET
        )
        Case.objects.filter(pk=appeal.case_id).update(queued_at=timezone.now() - timedelta(minutes=5))
        case, moderator, token = claim(make_user(en=5), appeal.case)
        decide(case.pk, moderator, token, judgement("no_violation", overrides=decision))
    assert purge().purged["appeals"] == 1
    appeal.refresh_from_db()
    assert (appeal.text, appeal.background) == ("", "")
    assert appeal.purged_at is not None
    assert appeal.outcome == Appeal.Outcome.OVERTURNED
    assert appeal.outcome_reasons


def test_what_came_before_nobody_goes_by_its_capture() -> None:
    with days_ago(LONG_AGO):
        old = make_item().snapshots.get()
    young = make_item().snapshots.get()
    assert purge().purged == {"content": 1}
    assert list(Snapshot.objects.filter(purged_at=None)) == [young]
    assert Snapshot.objects.get(pk=old.pk).purged_at


def test_what_was_purged_and_is_sent_again_is_captured_again(platform: Platform) -> None:
    make_policy("spam")
    sent = ItemIn(kind="content", id="post", text=SECRET, language="en")
    by = audit.platform(platform)
    with days_ago(LONG_AGO):
        first = ingest_item(platform, sent, by)
        Screening.objects.update(status=Screening.Status.DONE)
    purge()
    flag = FlagIn(item=sent, source="user_notice", policy="spam")
    case = Case.objects.get(pk=ingest_flag(platform, flag, by).case_id)
    assert case.snapshot_id != first.snapshot_id
    assert case.snapshot.text == SECRET
    assert ingest_item(platform, sent, by).snapshot_id == case.snapshot_id


class TestHolds:
    """While a legal hold lasts, nothing of its items goes: the code leaves it, and the database refuses it."""

    def test_the_purge_leaves_and_counts_it_until_the_hold_ends(self) -> None:
        decision = decided_ago(LONG_AGO)
        hold = place_hold(decision.item)
        assert purge().held == {"content": 1}
        assert not is_purged(decision)
        lift(hold)
        # Looked at again the next day.
        assert purge().purged == {}
        with days_ago(-1.1):
            report = purge()
        assert report.purged["content"] >= 1
        assert is_purged(decision)

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE moderation_snapshot SET text = '', url = '', media = '[]', display_name = '', metadata = '{}',"
            " parent = NULL, purged_at = now()",
            "DELETE FROM moderation_snapshot",
            "UPDATE moderation_flag SET evidence = '{}'",
            "DELETE FROM moderation_flag",
            "DELETE FROM moderation_item",
        ],
    )
    def test_the_database_refuses_it_too(self, statement: str) -> None:
        decision = decided_ago(LONG_AGO, alone=True)
        place_hold(decision.item)
        refused = pytest.raises(IntegrityError, match="A legal hold keeps")
        with refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)

    def test_a_snapshot_is_purged_whole_or_not_at_all(self) -> None:
        decision = decided_ago(LONG_AGO, alone=True)
        for changes in ({"text": ""}, {"text": "", "purged_at": timezone.now()}):
            with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
                Snapshot.objects.filter(pk=decision.case.snapshot_id).update(**changes)


class TestCost:
    """No run looks at all that is kept, and a batch takes a constant number of statements."""

    def test_a_batch_takes_as_many_statements_for_many_as_for_one(self) -> None:
        def statements() -> int:
            with CaptureQueriesContext(connection) as queries:
                purge()
            return len([query for query in queries if "SAVEPOINT" not in query["sql"]])

        decided_ago(LONG_AGO, alone=True)
        purge()
        decided_ago(LONG_AGO, alone=True)
        few = statements()
        for _ in range(20):
            decided_ago(LONG_AGO, alone=True)
        assert statements() == few
        assert Snapshot.objects.filter(purged_at=None).count() == 0

    def test_what_must_stay_is_looked_at_once_and_then_when_it_is_due(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        looked_at: list[int] = []
        real = content.redact

        def counting(snapshots: list[int], *rest: Any) -> Any:
            looked_at.extend(snapshots)
            return real(snapshots, *rest)

        monkeypatch.setattr(purging, "redact", counting)
        keep(**{"default": 216, "hate-speech": 1000})
        for _ in range(5):
            decided_ago(LONG_AGO, alone=True)
        purge()
        assert len(looked_at) == 5
        purge()
        with days_ago(-2):
            purge()
        assert len(looked_at) == 5
        with days_ago(LONG_AGO - 1001):
            assert purge().purged["content"] == 5
        assert len(looked_at) == 10

    def test_a_change_of_the_rules_has_everything_looked_at_anew(self) -> None:
        decision = decided_ago(300, alone=True)
        purge()
        assert not is_purged(decision)
        before = rules.in_force()
        shorter = rules.Rules({**before.general, Kind.CONTENT: 250})
        rules.change(shorter, before.version, audit.SYSTEM)
        assert purge().purged["content"] == 1
        assert is_purged(decision)


def test_what_is_old_is_found_by_its_index_and_not_by_reading_everything() -> None:
    decided_ago(10, alone=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO moderation_snapshot (item_id, digest, captured_at, type, text, language, url, media,"
            " display_name, disclosure, country, metadata) SELECT item_id, 'd' || n, now() - n * interval '1 minute',"
            " type, text, language, url, media, display_name, disclosure, country, metadata"
            " FROM moderation_snapshot, generate_series(1, 20000) n"
        )
        cursor.execute("ANALYZE moderation_snapshot")
        searches: list[tuple[str, list[Any]]] = [
            (purging.COMING_OF_AGE, [*purging.FIRST, timezone.now() - timedelta(days=13), 200]),
            (purging.DUE_AGAIN, [timezone.now(), 200]),
        ]
        for statement, parameters in searches:
            cursor.execute(f"EXPLAIN {statement}", parameters)
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert "Seq Scan on moderation_snapshot" not in plan, plan
            if statement == purging.COMING_OF_AGE:
                assert "snapshot_not_purged" in plan, plan
