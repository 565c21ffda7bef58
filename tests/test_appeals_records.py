"""How far to trust what led to a decision: figures of what came of it, from what was decided alone."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from appeals import records
from appeals.models import Appeal, Misuse
from appeals.records import appellant_record, detector_record, detector_records, notifier_record
from moderation.decisions import decide
from moderation.models import Case, Flag
from tests.appealing import answered
from tests.deciding import hold, judgement
from tests.factories import make_case, make_flag, make_item, make_policy, make_user

pytestmark = pytest.mark.django_db

WHO = "loud-words"


FLAGS_OF_OTHERS = """
INSERT INTO moderation_flag (platform_id, flag_id, body_digest, case_id, snapshot_id, source, detector,
                             detector_version, policy_id, notifier_language, evidence, metadata, flagged_at,
                             received_at)
SELECT platform_id, 'other-' || id || '-' || n, body_digest, case_id, snapshot_id, source, 'other-' || mod(n, 40),
       detector_version, policy_id, notifier_language, evidence, metadata, flagged_at, received_at
FROM moderation_flag, generate_series(1, 10000) AS n
"""


def flagged(language: str = "en", policy: str = "hate-speech") -> Flag:
    case = make_case(language=language, policy=make_policy(policy), status=Case.Status.SCREENING)
    return make_flag(case, detector=WHO)


def not_acted() -> None:
    """It flagged something, and nothing was found wrong with it."""
    case, moderator, token = hold()
    make_flag(case, detector=WHO)
    decide(case.pk, moderator, token, judgement("no_violation"))


def test_a_detectors_flags_are_counted_by_what_was_decided_and_what_appeals_changed() -> None:
    flag = flagged()
    not_acted()
    answered("upheld", detector=WHO)
    answered("overturned", detector=WHO)
    answered("partially_overturned", detector=WHO)
    found = detector_record(flag)
    assert (found.decided, found.acted, found.overturned, found.overturned_percent) == (4, 3, 2, 67)


def test_other_policies_languages_and_detectors_do_not_count() -> None:
    flag = flagged()
    answered("overturned", detector=WHO, policy="bulk-messaging")
    answered("overturned", language="th", detector=WHO)
    answered("overturned", detector="another")
    answered("overturned", language="en-GB", detector=WHO)
    assert (detector_record(flag).decided, detector_record(flag).overturned) == (1, 1)


def test_a_case_that_it_flagged_twice_counts_once() -> None:
    flag = flagged()
    appeal = answered("overturned", detector=WHO)
    make_flag(appeal.decision.case, detector=WHO)
    assert detector_record(flag).decided == 1


def test_only_the_latest_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    answered("overturned", detector=WHO)
    answered("upheld", detector=WHO)
    flag = flagged()
    monkeypatch.setattr(records, "LATEST", 2)
    assert (detector_record(flag).decided, detector_record(flag).overturned) == (1, 0)


def test_one_statement_whatever_was_flagged_and_none_where_nothing_detected_it() -> None:
    flags = [flagged(policy=policy) for policy in ("hate-speech", "threats", "spam")]
    for _ in range(3):
        answered("overturned", detector=WHO)
    with CaptureQueriesContext(connection) as queries:
        assert len(detector_records(flags, "en")) == 3
        assert detector_records([Flag(detector="")], "en") == []
    assert len(queries) == 1


def test_the_plan_goes_by_the_index_of_a_detectors_flags() -> None:
    first = flagged()
    with connection.cursor() as cursor:
        cursor.execute(FLAGS_OF_OTHERS)
        cursor.execute("ANALYZE moderation_flag")
        cursor.execute(f"EXPLAIN {records.DETECTORS}", [[WHO], [first.policy_id], 1000])
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "flag_of_detector" in plan, plan


def test_a_notifiers_notices_are_counted_by_what_came_of_them() -> None:
    notifier = make_item(kind="account", text="")
    for actions in (["remove"], ["no_violation"]):
        case, moderator, token = hold()
        make_flag(case, source="user_notice", detector="", notifier=notifier)
        decide(case.pk, moderator, token, judgement(*actions))
    make_flag(make_case(), source="user_notice", detector="", notifier=notifier)
    found = notifier_record(notifier)
    assert (found.sent, found.decided, found.acted) == (3, 2, 1)
    nobody = notifier_record(make_item(kind="account", text=""))
    assert (nobody.sent, nobody.decided, nobody.acted) == (0, 0, 0)


def test_an_appellants_appeals_are_counted_but_for_the_one_at_hand() -> None:
    case, moderator, token = hold()
    decision = decide(case.pk, moderator, token, judgement("remove"))
    account = decision.statement.recipient
    won = answered("overturned")
    lost = answered("inadmissible")
    Appeal.objects.filter(pk=lost.pk).update(decision=decision)
    at_hand = answered("upheld")
    found = appellant_record(account, at_hand)
    assert (found.appeals, found.won, found.unfounded, found.misuse) == (1, 0, 1, None)
    assert appellant_record(account, lost).appeals == 0
    warned = Misuse.objects.create(
        account=account, of="complaints", measure="warning", reasons="Again.", by=make_user()
    )
    with CaptureQueriesContext(connection) as queries:
        assert appellant_record(account, won).misuse == warned
    assert len(queries) == 2
