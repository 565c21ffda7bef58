"""The only writer of who somebody is at the desk: one or many at once, all or nothing, never over another's change."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts.models import Absence, Clearance, LanguageSkill, Role, Shift, User
from moderation import audit, configuration
from moderation.staffing.checking import Problem, problems
from moderation.staffing.differences import Difference, between
from moderation.staffing.setups import Kept, PersonSetup, kept, row_of

# Without what is mistaken for something else when it is read out or copied by hand.
READ_ALOUD: Final = "abcdefghjkmnpqrstuvwxyz23456789"


class PeopleChanged(Exception):
    """Somebody else has changed these people since they were read; nothing was saved."""

    def __init__(self, people: tuple[Kept, ...]) -> None:
        super().__init__(", ".join(each.name for each in people))
        self.people = people


class BadSetup(ValueError):
    """Nothing was saved: what is wrong, by person."""

    def __init__(self, found: dict[int, list[Problem]]) -> None:
        super().__init__("; ".join(each.words for problems in found.values() for each in problems))
        self.problems = found


@dataclass(frozen=True)
class Proposal:
    """How a person is to be set up, if she still is at ``version``."""

    version: int
    setup: PersonSetup


@transaction.atomic
def change(proposals: Mapping[int, Proposal], by: User, how: str) -> dict[int, list[Difference]]:
    """Set these people up so, all of them or nobody. Returns what changed, by person; who stays as she is, is left out.

    ``how`` is ``page``, ``many`` or ``csv``. A constant number of statements. One Event tells of all. Raises
    PeopleChanged, BadSetup, User.DoesNotExist, and PermissionDenied to whom another admin has just made none.
    """
    people = _locked(proposals, by)
    now = timezone.now()
    stand = kept(people, now)
    stale = tuple(each for each in stand.values() if each.version != proposals[each.id].version)
    if stale:
        raise PeopleChanged(stale)
    _refuse_problems({person: (each.setup, stand[person].setup) for person, each in proposals.items()}, by)
    found = {person: between(stand[person].setup, each.setup) for person, each in proposals.items()}
    changed = {person: differences for person, differences in found.items() if differences}
    if not changed:
        return {}
    _write_users([each for each in people if each.pk in changed], proposals)
    _write_skills(changed, proposals)
    _write_clearances(changed)
    _write_rota(changed, proposals, now)
    configuration.changed(
        "people.changed",
        audit.person(by),
        how=how,
        people=[
            {
                "person": person,
                "version": stand[person].version + 1,
                "changes": [each.as_json for each in differences],
            }
            for person, differences in sorted(changed.items())
        ],
    )
    return changed


@transaction.atomic
def create(username: str, setup: PersonSetup, by: User) -> tuple[User, str]:
    """A new person, and the password with which she signs in once. Raises IntegrityError where the name is taken,
    and BadSetup (under 0)."""
    _locked({}, by)
    _refuse_problems({0: (setup, None)}, by)
    password = one_time_password()
    user = User(username=username, must_change_password=True)
    validate_password(password, user)
    user.set_password(password)
    user.save()
    configuration.changed("person.created", audit.person(by), person=user.pk, username=username)
    change({user.pk: Proposal(user.configuration_version, setup)}, by, "page")
    user.refresh_from_db()
    return user, password


@transaction.atomic
def renew_password(person: int, by: User) -> str:
    """Another one-time password for somebody who lost hers: the old one is void at once. Raises User.DoesNotExist."""
    user = User.objects.select_for_update(no_key=True).get(pk=person)
    password = one_time_password()
    user.set_password(password)
    user.must_change_password = True
    user.save(update_fields=["password", "must_change_password"])
    audit.record("person.password_renewed", audit.person(by), person=person)
    return password


def check(setups: Mapping[int, PersonSetup], by: User) -> None:
    """What ``change`` and ``create`` (0) would refuse: raises BadSetup, and changes nothing."""
    stand = kept(User.objects.filter(pk__in=list(setups)))
    _refuse_problems(
        {
            person: (setup, stand[person].setup if person in stand else None)
            for person, setup in setups.items()
        },
        by,
    )


def one_time_password() -> str:
    """Four groups of five letters and figures: 99 bits."""
    return "-".join("".join(secrets.choice(READ_ALOUD) for _ in range(5)) for _ in range(4))


def _locked(proposals: Mapping[int, Proposal], by: User) -> list[User]:
    """The rows of these people, locked, and that of who asks: she must still be an admin, so one is always left."""
    locked = {
        each.pk: each
        for each in User.objects.select_for_update(no_key=True)
        .filter(pk__in=[*proposals, by.pk])
        .order_by("pk")
    }
    asking = locked.get(by.pk)
    if asking is None or asking.role != Role.ADMIN or not asking.is_active:
        raise PermissionDenied
    if not proposals.keys() <= locked.keys():
        raise User.DoesNotExist
    return [locked[person] for person in sorted(proposals)]


def _refuse_problems(wanted: Mapping[int, tuple[PersonSetup, PersonSetup | None]], by: User) -> None:
    known, now = set(Clearance.objects.values_list("slug", flat=True)), timezone.now()
    found = {
        person: wrong
        for person, (setup, before) in wanted.items()
        if (wrong := problems(setup, before, clearances=known, now=now, own=person == by.pk))
    }
    if found:
        raise BadSetup(found)


def _write_users(people: list[User], proposals: Mapping[int, Proposal]) -> None:
    for user in people:
        setup = proposals[user.pk].setup
        if user.get_full_name() != setup.name:
            user.first_name, user.last_name = setup.name, ""
        user.role, user.is_active, user.time_zone = setup.role, setup.active, setup.time_zone
        user.configuration_version += 1
    User.objects.bulk_update(
        people, ["first_name", "last_name", "role", "is_active", "time_zone", "configuration_version"]
    )


def _write_skills(changed: Mapping[int, list[Difference]], proposals: Mapping[int, Proposal]) -> None:
    touched = {(person, each.tag) for person, found in changed.items() for each in found if each.tag}
    if not touched:
        return
    rows = LanguageSkill.objects.filter(moderator__in={person for person, _ in touched})
    gone = [pk for pk, *skill in rows.values_list("pk", "moderator_id", "tag") if tuple(skill) in touched]
    LanguageSkill.objects.filter(pk__in=gone).delete()
    LanguageSkill.objects.bulk_create(
        row_of(person, skill)
        for person, tag in sorted(touched)
        if (skill := proposals[person].setup.skill(tag)) is not None
    )


def _write_clearances(changed: Mapping[int, list[Difference]]) -> None:
    holds = User.clearances.through
    touched = [
        (person, each.key, each.after)
        for person, found in changed.items()
        for each in found
        if each.what == "clearance"
    ]
    if not touched:
        return
    ids = dict(Clearance.objects.values_list("slug", "pk"))
    lost = {(person, ids[slug]) for person, slug, wanted in touched if not wanted}
    rows = holds.objects.filter(user__in={person for person, _ in lost})
    gone = [pk for pk, *pair in rows.values_list("pk", "user_id", "clearance_id") if tuple(pair) in lost]
    holds.objects.filter(pk__in=gone).delete()
    holds.objects.bulk_create(
        holds(user_id=person, clearance_id=ids[slug]) for person, slug, wanted in touched if wanted
    )


def _write_rota(
    changed: Mapping[int, list[Difference]], proposals: Mapping[int, Proposal], now: datetime
) -> None:
    """Hours and absences are few: whoever has a change in them has them all written anew."""
    kinds = {
        what: [p for p, found in changed.items() if any(d.what == what for d in found)]
        for what in ("hours", "absence")
    }
    if kinds["hours"]:
        Shift.objects.filter(moderator__in=kinds["hours"]).delete()
        Shift.objects.bulk_create(
            Shift(moderator_id=person, weekday=each.weekday, starts=each.starts, ends=each.ends)
            for person in kinds["hours"]
            for each in proposals[person].setup.hours
        )
    if kinds["absence"]:
        Absence.objects.filter(moderator__in=kinds["absence"], ends_at__gt=now).delete()
        Absence.objects.bulk_create(
            Absence(moderator_id=person, starts_at=each.starts_at, ends_at=each.ends_at, note=each.note)
            for person in kinds["absence"]
            for each in proposals[person].setup.absences
        )
