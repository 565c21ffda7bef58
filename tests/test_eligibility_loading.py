"""Reading the configuration: in so many statements whatever its size, and again only when it has changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Absence, Clearance, LanguageGrant, LanguageSkill, Shift
from moderation import audit, configuration
from moderation.eligibility import loading
from moderation.eligibility.desk import Access, LaneKey
from moderation.models import Lane, Queue
from moderation.queueing.claim import claim_next
from moderation.routing import requirements
from tests.factories import make_case, make_queue, make_reader, make_user

pytestmark = pytest.mark.django_db
STATEMENTS = 11


@contextmanager
def statements(expected: int) -> Iterator[None]:
    with CaptureQueriesContext(connection) as captured:
        yield
    assert len(captured) == expected, [each["sql"] for each in captured]


@dataclass
class Clock:
    """The clock that ``loading`` asks, and the one that it measures ages by."""

    at: datetime = field(default_factory=timezone.now)
    seconds: float = 1000.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.seconds

    def pass_by(self, seconds: float) -> None:
        self.seconds += seconds
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(loading, "timezone", clock)
    monkeypatch.setattr(loading, "time", clock)
    loading.forget()
    return clock


def everything(number: int) -> None:
    """A queue, two moderators and whatever else a configuration is made of."""
    queue = make_queue(f"queue-{number}", clearances=(f"cleared-{number}",))
    for tag in ("th", "lo"):
        person = make_reader({tag: 4, "en": 3}, clearances=(f"cleared-{number}",))
        queue.members.add(person)
        Shift.objects.create(moderator=person, weekday=number % 7, starts=time(9), ends=time(17))
        Absence.objects.create(
            moderator=person, starts_at=timezone.now(), ends_at=timezone.now() + timedelta(days=1)
        )
        LanguageGrant.objects.create(moderator=person, reads=tag, may_take="km", most_level=2, why="tests")
        digest = requirements.remember([f"cleared-{number}"], [{"after_minutes": number, "level": 2}])
        Lane.objects.create(queue=queue, language=tag, requirements=digest)


def test_a_configuration_is_read_in_eleven_statements_however_large_it_is() -> None:
    everything(0)
    with statements(STATEMENTS):
        small = loading.load(timezone.now())
    for number in range(1, 8):
        everything(number)
    with statements(STATEMENTS):
        large = loading.load(timezone.now())
    assert (len(small.moderators), len(large.moderators)) == (2, 16)
    assert (len(small.lanes), len(large.lanes)) == (2, 16)
    assert (len(small.grants), len(large.grants)) == (2, 16)


def test_everything_of_a_person_is_read() -> None:
    queue = make_queue("club", members_only=True, clearances=("terrorism",))
    user = make_user(clearances=("terrorism",))
    user.first_name, user.time_zone = "Noor", "Asia/Kathmandu"
    user.save()
    queue.members.add(user)
    until = timezone.now().date()
    LanguageSkill.objects.create(
        moderator=user, tag="sr", scripts=["Cyrl", "Latn"], level=4, certified_until=until
    )
    Shift.objects.create(moderator=user, weekday=6, starts=time(22), ends=time(6))
    away = (datetime(2026, 12, 24, tzinfo=UTC), datetime(2027, 1, 2, tzinfo=UTC))
    Absence.objects.create(moderator=user, starts_at=away[0], ends_at=away[1])
    person = loading.load(timezone.now()).moderators[user.pk]
    assert (person.name, person.time_zone, person.active) == ("Noor", "Asia/Kathmandu", True)
    assert person.clearances == frozenset({"terrorism"})
    assert person.member_of == frozenset({queue.pk})
    assert [(each.tags, each.level, each.certified_until) for each in person.skills] == [
        (("sr-Cyrl", "sr-Latn"), 4, until)
    ]
    assert [(each.weekday, each.starts, each.ends) for each in person.hours] == [(6, time(22), time(6))]
    assert person.absences == (away,)


def test_it_is_asked_for_once_in_three_seconds(clock: Clock) -> None:
    everything(0)
    with statements(STATEMENTS):
        desk = loading.current()
    with statements(0):
        assert loading.current() is desk
        clock.pass_by(loading.DESK_SECONDS - 0.01)
        assert loading.current() is desk
    clock.pass_by(0.02)
    with statements(STATEMENTS):
        loading.current()
    with statements(0):
        loading.current()


def test_what_was_worked_out_is_kept_where_nothing_has_changed(clock: Clock) -> None:
    reader = make_reader({"th": 5})
    make_case(language="th")
    desk = loading.current()
    lanes = desk.open_lanes(reader.pk)
    clock.pass_by(60)
    again = loading.current()
    assert again is desk
    assert again.open_lanes(reader.pk) is lanes


@pytest.mark.parametrize(
    "kind", ["skill", "clearance", "grant", "shift", "absence", "pause", "member", "name"]
)
def test_any_change_is_seen_when_the_tables_are_asked_again(clock: Clock, kind: str) -> None:
    reader = make_reader({"th": 5})
    queue = make_queue()
    make_case(language="th", queue=queue)
    desk = loading.current()
    at = clock.now()
    changes: dict[str, Any] = {
        "skill": lambda: LanguageSkill.objects.update(level=4),
        "clearance": lambda: reader.clearances.add(Clearance.objects.create(slug="x", name="x")),
        "grant": lambda: LanguageGrant.objects.create(reads="th", may_take="lo", most_level=3, why="tests"),
        "shift": lambda: Shift.objects.create(moderator=reader, weekday=0, starts=time(9), ends=time(17)),
        "absence": lambda: Absence.objects.create(
            moderator=reader, starts_at=at, ends_at=at + timedelta(hours=1)
        ),
        "pause": lambda: Queue.objects.update(paused=True),
        "member": lambda: queue.members.add(reader),
        "name": lambda: Queue.objects.update(name="Another name"),
    }
    changes[kind]()
    assert loading.current() is desk
    assert loading.current(fresh=True) is not desk
    assert loading.current() is not desk


def test_time_alone_changes_it_where_a_shift_begins_or_a_certificate_ends(clock: Clock) -> None:
    clock.at = datetime(2026, 11, 23, 8, 59, 30, tzinfo=UTC)  # a Monday
    early, late = make_reader({"th": 5}), make_reader({"th": 2})
    Shift.objects.create(moderator=early, weekday=0, starts=time(9), ends=time(17))
    LanguageSkill.objects.filter(moderator=late).update(certified_until=clock.at.date())
    make_case(
        language="th",
        queue=make_queue(
            "urgent", steps=[{"after_minutes": 0, "level": 4}, {"after_minutes": 60, "level": 1}]
        ),
    )

    def opens() -> int | None:
        desk = loading.current()
        access = desk.access(desk.moderators[late.pk], desk.lanes[0])
        return access.opens_after if isinstance(access, Access) else None

    first = loading.current()
    assert opens() == 0  # nobody of level 4 is on shift
    clock.pass_by(29)
    assert loading.current() is first
    clock.pass_by(5)
    assert loading.current() is not first
    assert opens() == 3600
    clock.pass_by(24 * 3600)
    assert opens() is None


def test_after_forget_the_tables_are_asked_at_once(clock: Clock) -> None:
    reader = make_reader({"th": 5})
    make_queue()
    loading.current()
    LanguageSkill.objects.update(tag="lo")
    loading.forget()
    with statements(STATEMENTS):
        desk = loading.current()
    assert desk.moderators[reader.pk].skills[0].tag == "lo"


@pytest.mark.django_db(transaction=True)
def test_a_change_that_is_told_of_holds_from_its_commit_on(clock: Clock) -> None:
    reader = make_reader({"th": 5})
    loading.current()
    with transaction.atomic():
        LanguageSkill.objects.update(tag="lo")
        configuration.changed("skill.changed", audit.person(reader))
        assert loading.current().moderators[reader.pk].skills[0].tag == "th"
    assert loading.current().moderators[reader.pk].skills[0].tag == "lo"


@pytest.mark.django_db(transaction=True)
def test_a_change_that_was_undone_is_nobodys(clock: Clock) -> None:
    reader = make_reader({"th": 5})
    desk = loading.current()
    with transaction.atomic():
        LanguageSkill.objects.update(tag="lo")
        configuration.changed("skill.changed", audit.person(reader))
        transaction.set_rollback(True)
    assert loading.current() is desk


def test_whoever_is_told_that_nothing_waits_was_looked_up_anew(clock: Clock) -> None:
    reader = make_reader({"en": 5})
    queue = make_queue()
    loading.current()
    Lane.objects.create(queue=queue, language="th")
    LanguageSkill.objects.create(moderator=reader, tag="th", level=5)
    case = make_case(language="th", queue=queue)
    assert LaneKey(queue.pk, "th") not in loading.current().lanes
    assert claim_next(reader) == case
