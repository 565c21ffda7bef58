"""Nothing waits silently: a lane with work and nobody who could ever take it is warned of, once, until it is over."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.db.models import Max
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import LanguageSkill
from config.cron import TIMERS
from moderation import audit, configuration
from moderation.coverage.gaps import open_gaps, watch
from moderation.coverage.uncovered import Missing, Uncovered, uncovered
from moderation.coverage.waiting import waiting_in
from moderation.eligibility import loading
from moderation.models import Case, CoverageGap, Event, Message, Requirements
from moderation.outbox.endpoints import create_endpoint
from tests.deciding import decided, hold_appeal
from tests.factories import make_case, make_item, make_platform, make_queue, make_user

pytestmark = pytest.mark.django_db


def found() -> list[Uncovered]:
    desk = loading.load(timezone.now())
    return uncovered(desk, waiting_in(desk.lanes))


def missing() -> list[Missing]:
    return [each.missing for each in found()]


def events(after: int = 0) -> list[tuple[str, str, Any]]:
    """What was told of lanes, after the Event of that number."""
    kinds = ("lane.uncovered", "lane.covered")
    rows = Event.objects.filter(kind__in=kinds, pk__gt=after).order_by("pk")
    return [(row.kind, row.data["language"], row.data.get("why")) for row in rows]


def test_a_lane_with_work_that_nobody_reads_is_a_gap_from_when_its_first_case_waits() -> None:
    make_user(th=5)
    make_case(language="th")
    make_case(language="bn")
    since = timezone.now() - timedelta(hours=3)
    oldest = make_case(language="bn", queued_at=since)
    (gap,) = found()
    assert (gap.lane.language, gap.lane.queue) == ("bn", oldest.queue_id)
    assert (gap.oldest, gap.missing) == (since, Missing("language"))


def test_a_lane_without_work_is_no_gap() -> None:
    case = make_case(language="bn")
    Case.objects.filter(pk=case.pk).update(status=Case.Status.SCREENING)
    assert found() == []


def test_it_says_what_is_missing() -> None:
    reader = make_user(bn=3)
    make_case(language="bn", queue=make_queue("close", steps=[{"after_minutes": 0, "level": 4}]))
    assert missing() == [Missing("level", (reader.display_name,), 4)]
    make_case(language="bn", queue=make_queue("guarded", clearances=("child_safety",)))
    make_case(language="bn", queue=make_queue("closed", members_only=True))
    Requirements.objects.create(digest="d" * 16, clearances=["terrorism"])
    make_case(language="bn", requirements="d" * 16)
    people = (reader.display_name,)
    assert missing()[1:] == [
        Missing("clearances", people, clearances=("child_safety",)),
        Missing("members", people),
        Missing("clearances", people, clearances=("terrorism",)),
    ]
    assert [gap.lane.requirements for gap in found()] == ["", "", "", "d" * 16]


def test_a_certificate_that_ran_out_a_person_who_left_and_an_absence_are_not_the_same() -> None:
    user = make_user(bn=5)
    make_case(language="bn")
    user.absences.create(
        starts_at=timezone.now() - timedelta(days=1), ends_at=timezone.now() + timedelta(days=30)
    )
    assert found() == []
    LanguageSkill.objects.update(certified_until=timezone.now().date() - timedelta(days=1))
    assert missing() == [Missing("language")]
    LanguageSkill.objects.update(certified_until=None)
    user.is_active = False
    user.save()
    assert missing() == [Missing("language")]


def test_a_paused_queue_is_a_gap_only_where_nobody_could_take_from_it_if_it_went_on() -> None:
    make_user(th=5)
    queue = make_queue("paused", paused=True)
    make_case(language="th", queue=queue)
    make_case(language="bn", queue=queue)
    assert [gap.lane.language for gap in found()] == ["bn"]


def test_an_appeal_is_a_gap_when_all_who_could_take_it_took_part_in_the_decision() -> None:
    original = decided("remove")
    appeal, second, _ = hold_appeal(original)
    Case.objects.filter(pk=appeal.pk).update(
        status="queued", claimed_by=None, lease_token=None, lease_until=None, claimed_through=None
    )
    make_case(language="en")
    assert found() == []
    second.is_active = False
    second.save()
    (gap,) = found()
    assert gap.missing == Missing("took_part", cases=1)
    assert gap.lane.language == "en"


def test_a_gap_is_warned_of_once_and_its_end_is_told() -> None:
    case = make_case(language="bn")
    assert watch() == 1
    assert watch() == 0
    (gap,) = open_gaps()
    assert (gap.queue_id, gap.language) == (case.queue_id, "bn")
    assert events() == [("lane.uncovered", "bn", "language")]
    make_user(bn=3)
    assert watch() == 1
    assert open_gaps() == []
    assert CoverageGap.objects.get().closed_at is not None
    assert events()[1:] == [("lane.covered", "bn", None)]
    LanguageSkill.objects.all().delete()
    assert watch() == 1
    assert CoverageGap.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_many_who_look_at_once_one_warns() -> None:
    create_endpoint(make_platform(), "https://harbour.example/hooks")
    make_case(language="bn")
    make_case(language="fi")
    # Events that were committed outlive a test.
    before = Event.objects.aggregate(latest=Max("pk", default=0))["latest"]

    def look() -> int:
        try:
            return watch()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as threads:
        looking = [threads.submit(look) for _ in range(8)]
        opened = sorted(each.result() for each in looking)
    assert opened == [0, 0, 0, 0, 0, 0, 0, 2]
    assert (CoverageGap.objects.count(), Message.objects.count(), len(events(before))) == (2, 2, 2)


def test_each_platform_that_waits_there_is_told_by_webhook_when_it_opens_and_when_it_closes() -> None:
    for slug in ("harbour", "lagoon", "elsewhere"):
        create_endpoint(make_platform(slug), f"https://{slug}.example/hooks")
    since = timezone.now() - timedelta(hours=2)
    first = make_case(language="bn", item=make_item(make_platform("harbour")), queued_at=since)
    make_case(language="bn", item=make_item(make_platform("harbour")))
    watch()
    (message,) = Message.objects.all()
    gap = CoverageGap.objects.get()
    assert (message.type, message.endpoint.platform.slug) == ("coverage.gap", "harbour")
    assert message.payload["data"] == {
        "gap_id": str(gap.pk),
        "queue": "general",
        "language": "bn",
        "opened_at": gap.opened_at.isoformat().replace("+00:00", "Z"),
        "closed_at": None,
        "waiting_since": since.isoformat().replace("+00:00", "Z"),
        "case_id": first.pk,
    }
    make_case(language="bn", item=make_item(make_platform("lagoon")))
    watch()
    watch()
    assert [m.endpoint.platform.slug for m in Message.objects.order_by("pk")] == ["harbour", "lagoon"]
    make_user(bn=5)
    watch()
    closing = Message.objects.order_by("pk")[2:]
    assert [m.endpoint.platform.slug for m in closing] == ["harbour", "lagoon"]
    assert all(m.payload["data"]["closed_at"] for m in closing)
    assert [m.item_id for m in closing] == [first.item_id, Case.objects.latest("pk").item_id]


def test_it_is_watched_by_a_timer_and_right_after_a_change_of_configuration(
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    assert watch in [timer.function for timer in TIMERS]
    rung: list[str] = []
    monkeypatch.setattr("moderation.bells.ring", lambda function, queue="default": rung.append(function))
    with django_capture_on_commit_callbacks(execute=True):
        configuration.changed("skill.removed", audit.SYSTEM)
    assert rung == [f"{watch.__module__}.{watch.__name__}"]


def statements() -> int:
    with CaptureQueriesContext(connection) as captured:
        watch()
    return len(captured)


def test_watching_takes_as_many_statements_for_a_hundred_lanes_as_for_one() -> None:
    make_user(th=5)
    make_case(language="th")
    make_case(language="bn")
    watch()
    few = statements()
    for number in range(50):
        for language in ("th", "bn"):
            make_case(language=language, queue=make_queue(f"queue-{number}"))
    assert watch() == 50
    assert statements() == few <= 20
