"""Setting people up: all or nothing, each thing checked, never over somebody else's change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Absence, Clearance, LanguageSkill, Role, Shift, User
from moderation.eligibility import loading
from moderation.eligibility.people import Hours
from moderation.models import Event
from moderation.staffing.changing import BadSetup, PeopleChanged, Proposal, change, create, renew_password
from moderation.staffing.setups import AbsenceSetup, Kept, PersonSetup, SkillSetup, kept
from tests.factories import make_case, make_queue, make_user

pytestmark = pytest.mark.django_db
YEAR = timedelta(days=365)


@pytest.fixture
def admin() -> User:
    return make_user(role=Role.ADMIN)


def stands(user: User) -> Kept:
    user.refresh_from_db()
    return kept([user])[user.pk]


def set_up(user: User, by: User, **changes: Any) -> None:
    now = stands(user)
    change({user.pk: Proposal(now.version, replace(now.setup, **changes))}, by, "page")


def refused(user: User, by: User, **changes: Any) -> tuple[str, int, str]:
    """The one problem with these changes: its part, place and field. Nothing is saved."""
    before = stands(user)
    with pytest.raises(BadSetup) as error:
        set_up(user, by, **changes)
    assert stands(user) == before
    (problem,) = error.value.problems[user.pk]
    assert problem.words
    return problem.what, problem.number, problem.field


def test_everything_about_a_person_is_saved_and_read_back_the_same(admin: User) -> None:
    mali = make_user(th=5, en=4)
    Clearance.objects.create(slug="appeals", name="Appeals")
    until = timezone.now().date() + YEAR
    away = datetime(2099, 1, 1, tzinfo=UTC)
    wanted = PersonSetup(
        name="Mali Suwan",
        role=Role.ADMIN,
        active=True,
        time_zone="Asia/Bangkok",
        clearances=frozenset({"appeals"}),
        skills=(SkillSetup("bn", 4, (), "Dhaka office", until), SkillSetup("sr", 3, ("Cyrl", "Latn"))),
        hours=(Hours(0, time(9), time(17)), Hours(4, time(22), time(6))),
        absences=(AbsenceSetup(away, away + timedelta(days=7), "leave"),),
    )
    change({mali.pk: Proposal(1, wanted)}, admin, "page")
    assert stands(mali) == Kept(mali.pk, mali.username, 2, wanted)
    (event,) = Event.objects.filter(kind="people.changed")
    assert event.actor_id == admin.pk
    (told,) = event.data["people"]
    assert (told["person"], told["version"]) == (mali.pk, 2)
    assert {each["what"] for each in told["changes"]} == {
        *("skill", "clearance", "absence", "hours", "name", "role", "time_zone")
    }
    skills = {each["key"]: each["after"] for each in told["changes"] if each["what"] == "skill"}
    assert skills["th"] is None
    assert skills["bn"] == {
        "level": 4,
        "scripts": [],
        "certified_by": "Dhaka office",
        "certified_until": until.isoformat(),
    }


def test_a_saved_skill_counts_at_once(admin: User) -> None:
    mali = make_user(th=5)
    make_case(language="bn", queue=make_queue())
    assert loading.current().open_lanes(mali.pk) == []
    set_up(mali, admin, skills=(SkillSetup("bn", 4),))
    loading.forget()  # what the bell does in each process, once the transaction is committed
    assert [lane.language for lane, _ in loading.current().open_lanes(mali.pk)] == ["bn"]


def test_what_changes_nothing_is_no_change(admin: User) -> None:
    mali = make_user(th=5)
    set_up(mali, admin)
    assert stands(mali).version == 1
    assert not Event.objects.filter(kind="people.changed").exists()


def test_of_two_admins_the_second_overwrites_nothing(admin: User) -> None:
    mali = make_user(th=5)
    both_saw = stands(mali)
    set_up(mali, admin, time_zone="Asia/Bangkok")
    stale = Proposal(both_saw.version, both_saw.setup.with_skill(SkillSetup("bn", 4)))
    with pytest.raises(PeopleChanged) as error:
        change({mali.pk: stale}, make_user(role=Role.ADMIN), "page")
    assert [each.id for each in error.value.people] == [mali.pk]
    assert stands(mali).setup.time_zone == "Asia/Bangkok"
    assert stands(mali).setup.skill("bn") is None


def test_one_stale_or_bad_person_keeps_all_others_as_they_are(admin: User) -> None:
    mali, ada = make_user(th=5), make_user(en=5)
    good = Proposal(1, stands(mali).setup.with_skill(SkillSetup("bn", 4)))
    with pytest.raises(PeopleChanged):
        change({mali.pk: good, ada.pk: Proposal(7, stands(ada).setup)}, admin, "many")
    with pytest.raises(BadSetup):
        change(
            {mali.pk: good, ada.pk: Proposal(1, stands(ada).setup.with_skill(SkillSetup("de", 9)))},
            admin,
            "many",
        )
    assert stands(mali).setup.skill("bn") is None


@pytest.mark.parametrize(
    ("skills", "at"),
    [
        ([SkillSetup("xxyyzz", 3)], (0, "tag")),
        ([SkillSetup("iw", 3)], (0, "tag")),
        ([SkillSetup("und", 3)], (0, "tag")),
        ([SkillSetup("he", 3), SkillSetup("he", 4)], (1, "tag")),
        ([SkillSetup("he", 0)], (0, "level")),
        ([SkillSetup("he", 6)], (0, "level")),
        ([SkillSetup("he", 3, ("Abcd",))], (0, "scripts")),
        ([SkillSetup("he", 3, (), "", date(2020, 1, 1))], (0, "certified_until")),
        ([SkillSetup("he", 3, (), "", date(2800, 1, 1))], (0, "certified_until")),
        ([SkillSetup("he", 3, (), "x" * 121)], (0, "certified_by")),
    ],
)
def test_a_bad_skill_is_refused_and_named(admin: User, skills: list[SkillSetup], at: tuple[int, str]) -> None:
    assert refused(make_user(), admin, skills=tuple(skills)) == ("skill", *at)


def test_a_skill_that_has_run_out_may_stay_as_it_is(admin: User) -> None:
    mali = make_user(th=5)
    LanguageSkill.objects.filter(moderator=mali).update(certified_until=date(2020, 1, 1))
    set_up(mali, admin, time_zone="Asia/Bangkok")
    assert stands(mali).setup.skills == (SkillSetup("th", 5, (), "", date(2020, 1, 1)),)


def test_a_clearance_role_or_time_zone_that_does_not_exist_is_refused(admin: User) -> None:
    mali = make_user()
    assert refused(mali, admin, clearances=frozenset({"nonsense"}))[0] == "clearance"
    assert refused(mali, admin, role="owner")[0] == "role"
    assert refused(mali, admin, time_zone="Mars/Olympus")[0] == "time_zone"


def test_shifts_that_overlap_are_refused_also_around_the_end_of_the_week(admin: User) -> None:
    mali = make_user()
    sunday_night, monday = Hours(6, time(22), time(6)), Hours(0, time(5), time(9))
    assert refused(mali, admin, hours=(sunday_night, monday)) == ("hours", 1, "starts")
    assert refused(mali, admin, hours=(Hours(7, time(1), time(2)),)) == ("hours", 0, "weekdays")
    set_up(mali, admin, hours=(sunday_night, Hours(0, time(6), time(9))))
    assert Shift.objects.filter(moderator=mali).count() == 2


def test_an_absence_must_be_to_come_and_end_after_it_starts(admin: User) -> None:
    mali, now, day = make_user(), timezone.now(), timedelta(days=1)
    for starts, ends in ((now + day, now), (now - 2 * day, now - day), (now, now + 5 * YEAR)):
        assert refused(mali, admin, absences=(AbsenceSetup(starts, ends),)) == ("absence", 0, "ends_at")
    set_up(mali, admin, absences=(AbsenceSetup(now - day, now + day),))
    assert not loading.load(now).moderators[mali.pk].on_shift(now)


def test_absences_that_are_past_are_kept_as_they_were(admin: User) -> None:
    mali, now = make_user(), timezone.now()
    Absence.objects.create(moderator=mali, starts_at=now - 2 * YEAR, ends_at=now - YEAR)
    set_up(mali, admin, absences=(AbsenceSetup(now, now + YEAR),))
    set_up(mali, admin, absences=())
    assert [each.ends_at for each in Absence.objects.filter(moderator=mali)] == [now - YEAR]


def test_an_admin_cannot_shut_herself_out_but_another_can(admin: User) -> None:
    other = make_user(role=Role.ADMIN)
    assert refused(admin, admin, role=Role.MODERATOR)[0] == "role"
    assert refused(admin, admin, active=False)[0] == "active"
    set_up(admin, other, role=Role.MODERATOR)
    # Who is no admin any more, changes nothing, though she was let in a moment ago.
    with pytest.raises(PermissionDenied):
        set_up(other, admin, role=Role.MODERATOR)


def test_who_is_switched_off_cannot_sign_in_and_takes_nothing(admin: User) -> None:
    mali = make_user(en=5)
    make_case(language="en")
    set_up(mali, admin, active=False)
    assert loading.load(timezone.now()).open_lanes(mali.pk) == []
    mali.refresh_from_db()
    assert not mali.is_active


def test_a_hundred_people_cost_as_many_statements_as_two(admin: User) -> None:
    Clearance.objects.create(slug="appeals", name="Appeals")
    away = AbsenceSetup(timezone.now(), timezone.now() + YEAR)
    used = []
    for count in (2, 100):
        people = kept([make_user(en=4, th=3) for _ in range(count)])
        proposals = {
            each.id: Proposal(
                each.version,
                replace(
                    each.setup.with_skill(SkillSetup("bn", 4)).without_skill("th"),
                    clearances=frozenset({"appeals"}),
                    hours=(Hours(0, time(9), time(17)),),
                    absences=(away,),
                ),
            )
            for each in people.values()
        }
        with CaptureQueriesContext(connection) as counted:
            assert len(change(proposals, admin, "many")) == count
        used.append(len(counted))
    assert used[0] == used[1]
    assert Event.objects.filter(kind="people.changed").count() == 2


def test_somebody_new_gets_a_password_that_lets_her_in_and_passes_the_checks(admin: User) -> None:
    setup = PersonSetup("Noor", skills=(SkillSetup("ar", 5),))
    made, password = create("noor", setup, admin)
    validate_password(password, made)
    assert authenticate(RequestFactory().post("/"), username="noor", password=password) == made
    assert made.must_change_password
    assert stands(made).setup == setup
    with pytest.raises(IntegrityError):
        create("noor", setup, admin)


def test_a_new_person_with_a_bad_setup_is_not_made(admin: User) -> None:
    with pytest.raises(BadSetup):
        create("noor", PersonSetup("Noor", skills=(SkillSetup("ar", 9),)), admin)
    assert not User.objects.filter(username="noor").exists()


def test_a_renewed_password_voids_the_old_one(admin: User) -> None:
    made, old = create("noor", PersonSetup("Noor"), admin)
    new = renew_password(made.pk, admin)
    made.refresh_from_db()
    assert made.check_password(new)
    assert not made.check_password(old)
    assert made.must_change_password
    told = Event.objects.get(kind="person.password_renewed")
    assert told.data == {"person": made.pk}
