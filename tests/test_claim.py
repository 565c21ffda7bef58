"""The claim: exclusive, only for those who read it, flat as work grows."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from moderation.lifecycle import Status
from moderation.models import Case, Event, Exclusion
from moderation.queueing import claim, lease
from moderation.queueing.claim import claim_next
from moderation.queueing.lanes import open_lanes
from tests.factories import make_case, make_queue, make_reader, make_user


@pytest.mark.django_db(transaction=True)
def test_16_moderators_at_once_claim_200_cases_exactly_once_each_and_only_what_they_may_take() -> None:
    general = make_queue("general")
    appeals = make_queue("appeals", clearances=("appeals",))
    languages = ["th", "ar", "es", "en"]
    readers = [
        make_reader({languages[n % 4]: 5}, clearances=("appeals",) if n % 2 else ()) for n in range(16)
    ]
    decider = readers[1]
    for n in range(200):
        language = languages[n % 4]
        if n % 5 == 0:
            make_case(language=language, queue=appeals, origin="appeal", excluded=(decider,))
        else:
            make_case(language=language, queue=general)

    taken: list[tuple[int, int]] = []
    errors: list[BaseException] = []
    start = threading.Barrier(16)

    def work(reader: User) -> None:
        try:
            start.wait()
            while case := claim_next(reader):
                taken.append((reader.pk, case.pk))
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(reader,)) for reader in readers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert max(Counter(case for _, case in taken).values()) == 1
    by_id = {reader.pk: reader for reader in readers}
    cases = {case.pk: case for case in Case.objects.select_related("queue")}
    for reader_id, case_id in taken:
        reader, case = by_id[reader_id], cases[case_id]
        assert case.claimed_by_id == reader_id
        assert case.language in {skill.tag for skill in reader.language_skills.all()}
        if case.origin == Case.Origin.APPEAL:
            assert reader.clearances.filter(slug="appeals").exists()
            assert reader != decider
    # Whatever still waits is nobody's to take: every moderator was told that nothing waits for her.
    waiting = Case.objects.filter(status=Status.QUEUED)
    cleared = {languages[n % 4] for n in range(16) if n % 2 and readers[n] != decider}
    assert not waiting.filter(origin="flag").exists()
    assert not waiting.filter(language__in=cleared).exists()
    assert len(taken) + waiting.count() == 200
    claimed_events = Event.objects.filter(kind="case.claimed", case_id__in=cases).count()
    assert claimed_events == len(taken)


@pytest.mark.django_db
def test_a_claim_is_at_most_three_statements() -> None:
    reader = make_user(th=5, en=4)
    for language in ("th", "en", "ar"):
        for name in ("general", "scams", "violence"):
            make_case(language=language, queue=make_queue(name))
    open_lanes(reader)
    with CaptureQueriesContext(connection) as queries:
        case = claim_next(reader)
    assert case is not None
    statements = [query["sql"] for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(statements) <= 3, statements


@pytest.mark.django_db
def test_the_best_case_comes_first_by_priority_and_then_by_due_time() -> None:
    reader = make_user(en=5)
    soon, later = timezone.now() + timedelta(minutes=5), timezone.now() + timedelta(minutes=50)
    plain = make_case(priority=100, due_at=soon)
    grave_later = make_case(priority=500, due_at=later, queue=make_queue("violence"))
    grave_soon = make_case(priority=500, due_at=soon)
    order = [case.pk for _ in range(3) if (case := claim_next(reader))]
    assert order == [grave_soon.pk, grave_later.pk, plain.pk]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("skill", "content", "may"),
    [
        ("pt-BR", "pt-PT", True),
        ("zh-Hans", "zh-Hant-TW", False),
        ("zh-Hant-TW", "zh-Hant-HK", True),
        ("uk", "ru", False),
        ("ms", "id", False),
        ("de", "lb", False),
        ("th", "und", True),
        ("th", "zxx", True),
    ],
)
def test_language_is_matched_by_distance_from_the_reader_to_the_content(
    skill: str, content: str, may: bool
) -> None:
    reader = make_reader({skill: 5})
    make_case(language=content)
    assert (claim_next(reader) is not None) is may


@pytest.mark.django_db
def test_a_lane_opens_to_a_lower_level_only_after_its_step() -> None:
    queue = make_queue("urgent", steps=[{"after_minutes": 0, "level": 4}, {"after_minutes": 30, "level": 3}])
    learner, native, beginner = make_user(th=3), make_user(th=5), make_user(th=2)
    fresh = make_case(language="th", queue=queue)
    assert claim_next(learner) is None
    old = make_case(language="th", queue=queue, queued_at=timezone.now() - timedelta(minutes=31))
    assert claim_next(beginner) is None
    assert claim_next(learner) == old
    assert claim_next(native) == fresh


@pytest.mark.django_db
def test_a_clearance_that_a_queue_demands_is_never_relaxed() -> None:
    make_case(queue=make_queue("child-safety", clearances=("child_safety",)))
    assert claim_next(make_user(en=5)) is None
    assert claim_next(make_user(en=3, clearances=("child_safety",))) is not None


@pytest.mark.django_db
def test_cases_that_she_may_not_take_never_hide_the_ones_behind_them() -> None:
    reader = make_user(en=5)
    for _ in range(claim.FEW[0] * 3):
        make_case(priority=900, excluded=(reader,))
    behind = make_case(priority=1)
    assert claim_next(reader) == behind
    assert claim_next(reader) is None


@pytest.mark.django_db
def test_a_new_lane_is_found_although_lanes_are_remembered_for_seconds() -> None:
    reader = make_user(en=5)
    assert claim_next(reader) is None
    case = make_case(queue=make_queue("brand-new"))
    assert claim_next(reader) == case


@pytest.mark.django_db
def test_a_lease_is_renewed_released_and_runs_out() -> None:
    reader, other = make_user(en=5), make_user(en=5)
    make_case()
    case = claim_next(reader)
    assert case is not None
    assert case.lease_token is not None
    until = case.lease_until
    assert until is not None
    assert lease.renew(case.pk, reader, case.lease_token) > until
    with pytest.raises(lease.LeaseLost):
        lease.renew(case.pk, other, case.lease_token)
    token = case.lease_token
    lease.release(case.pk, reader, token)
    with pytest.raises(lease.LeaseLost):
        lease.release(case.pk, reader, token)

    again = claim_next(other)
    assert again == case
    assert lease.release_expired() == 0
    Case.objects.filter(pk=case.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert again is not None
    assert again.lease_token is not None
    with pytest.raises(lease.LeaseLost):
        lease.renew(case.pk, other, again.lease_token)
    assert lease.release_expired() == 1
    waiting = Case.objects.filter(status=Status.QUEUED, claimed_by=None, lease_token=None)
    assert waiting.get() == case
    kinds = list(Event.objects.filter(case_id=case.pk).order_by("id").values_list("kind", "data__how"))
    assert [kind for kind in kinds if kind[0] == "case.released"] == [
        ("case.released", "released"),
        ("case.released", "expired"),
    ]


@pytest.mark.django_db
def test_a_skipped_case_goes_to_others_and_comes_back_later() -> None:
    reader, other = make_user(en=5), make_user(en=5)
    make_case()
    case = claim_next(reader)
    assert case is not None
    assert case.lease_token is not None
    with pytest.raises(ValueError, match="reason"):
        lease.skip(case.pk, reader, case.lease_token, "  ")
    lease.skip(case.pk, reader, case.lease_token, "I know the author")
    assert claim_next(reader) is None
    Exclusion.objects.update(until=timezone.now() - timedelta(hours=1))
    assert claim_next(reader) == case
    case.refresh_from_db()
    assert case.lease_token is not None
    lease.skip(case.pk, reader, case.lease_token, "still")
    assert claim_next(other) == case
