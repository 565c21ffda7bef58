"""Who may see which case."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.http import Http404
from django.utils import timezone

from accounts.models import Role
from moderation.access import case_for
from moderation.models import Case, Event, Exclusion
from moderation.queueing.claim import claim_next
from tests.deciding import hold
from tests.factories import make_case, make_queue, make_user

pytestmark = pytest.mark.django_db


def test_a_case_in_a_language_that_she_reads_is_hers_to_see() -> None:
    case = make_case(language="th")
    assert case_for(make_user(th=4), case.pk) == case


def test_so_is_one_whose_step_opens_later() -> None:
    queue = make_queue("slow", steps=[{"after_minutes": 0, "level": 5}, {"after_minutes": 600, "level": 3}])
    case = make_case(language="th", queue=queue)
    make_user(th=5)  # or the step of those who read it best would be skipped
    assert claim_next(user := make_user(th=3)) is None
    assert case_for(user, case.pk) == case


def test_a_case_in_another_language_is_as_good_as_not_there() -> None:
    case = make_case(language="th")
    with pytest.raises(Http404):
        case_for(make_user(en=5), case.pk)


@pytest.mark.parametrize("role", list(Role))
def test_nobody_sees_what_she_is_not_cleared_for_whatever_her_role(role: Role) -> None:
    case = make_case(queue=make_queue("child-safety", clearances=("child_safety",)))
    with pytest.raises(Http404):
        case_for(make_user(role=role, en=5), case.pk)
    assert case_for(make_user(role=role, en=5, clearances=("child_safety",)), case.pk) == case


def test_who_took_part_in_the_decision_appealed_cannot_even_read_the_appeal() -> None:
    decider, other = make_user(en=5), make_user(en=5)
    case = make_case(excluded=(decider,))
    assert case_for(other, case.pk) == case
    with pytest.raises(Http404):
        case_for(decider, case.pk)


def test_who_skipped_a_case_may_still_read_it() -> None:
    user, case = make_user(en=5), make_case()
    Exclusion.objects.create(
        case=case,
        moderator=user,
        reason=Exclusion.Reason.SKIPPED,
        until=timezone.now() + timedelta(hours=8),
    )
    assert case_for(user, case.pk) == case


def test_what_she_holds_or_decided_stays_hers_when_her_skills_change() -> None:
    case, user, _ = hold(language="th")
    user.language_skills.all().delete()
    assert case_for(user, case.pk).pk == case.pk


def test_a_case_that_is_still_being_screened_is_shown_to_nobody() -> None:
    case = make_case(status=Case.Status.SCREENING, queue=None, due_at=None, queued_at=None)
    Case.objects.filter(pk=case.pk).update(queue=None)
    with pytest.raises(Http404):
        case_for(make_user(en=5), case.pk)


@pytest.mark.parametrize("case_id", [0, 2_000_000_000, 10**25])
def test_a_case_that_never_was_is_not_found(case_id: int) -> None:
    with pytest.raises(Http404):
        case_for(make_user(en=5), case_id)


def test_finding_a_case_is_not_yet_looking_at_it() -> None:
    case = make_case()
    case_for(make_user(en=5), case.pk)
    assert not Event.objects.filter(case_id=case.pk, kind="evidence.viewed").exists()
