"""Two admins at the same moment: neither overwrites the other, and the desk is never left without an admin."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connections

from accounts.models import Role, User
from moderation.staffing.changing import BadSetup, PeopleChanged, Proposal, change
from moderation.staffing.setups import SkillSetup, kept
from tests.factories import make_user

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*works: Callable[[], object]) -> list[str]:
    """Do them at the same time, each on a connection of its own. What became of each, by name of its refusal."""
    ready, outcomes = threading.Barrier(len(works)), [""] * len(works)

    def run(number: int, work: Callable[[], object]) -> None:
        ready.wait()
        try:
            work()
        except (PeopleChanged, BadSetup, PermissionDenied) as refused:
            outcomes[number] = type(refused).__name__
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number, work)) for number, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


@pytest.mark.parametrize("_again", range(5))
def test_of_two_changes_to_one_person_one_is_told_that_she_was_late(_again: int) -> None:
    one, other = make_user(role=Role.ADMIN), make_user(role=Role.ADMIN)
    mali = make_user(th=5)
    seen = kept([mali])[mali.pk]

    def gives(tag: str, by: User) -> Callable[[], object]:
        proposal = Proposal(seen.version, seen.setup.with_skill(SkillSetup(tag, 4)))
        return lambda: change({mali.pk: proposal}, by, "page")

    assert at_once(gives("bn", one), gives("hi", other)) == ["", "PeopleChanged"]
    tags = set(mali.language_skills.values_list("tag", flat=True))
    assert tags in ({"th", "bn"}, {"th", "hi"})


@pytest.mark.parametrize("_again", range(5))
def test_two_admins_cannot_take_away_each_others_role(_again: int) -> None:
    one, other = make_user(role=Role.ADMIN), make_user(role=Role.ADMIN)
    seen = kept([one, other])

    def demotes(by: User, whom: User) -> Callable[[], object]:
        proposal = Proposal(seen[whom.pk].version, replace(seen[whom.pk].setup, role=Role.MODERATOR))
        return lambda: change({whom.pk: proposal}, by, "page")

    assert at_once(demotes(one, other), demotes(other, one)) == ["", "PermissionDenied"]
    assert User.objects.filter(role=Role.ADMIN).count() == 1
