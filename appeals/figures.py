"""Figures of appeals: what waits, and how often decisions are overturned; counted from the record each time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import sqrt
from statistics import NormalDist
from typing import Final

from django.db.models import Count, F, Min, Q
from django.utils import timezone
from django.utils.translation import gettext

from accounts.models import User
from appeals.models import Appeal
from moderation.models import Case, Flag

CONFIDENCE: Final = 0.95
# Below so many answers a group says nothing about itself.
ENOUGH: Final = 20
# What an appeal can be when the decision was looked at again.
_JUDGED: Final = (Appeal.Outcome.UPHELD, *Appeal.CHANGING)


@dataclass(frozen=True)
class Waiting:
    """The open appeals of one language (BCP 47): how many, of these too late, how many ask the person something."""

    language: str
    appeals: int
    late: int
    asked: int
    oldest: datetime
    next_due: datetime | None


@dataclass(frozen=True)
class Rate:
    """How many decisions of a group were looked at again, and how many of them changed (in whole or in part).

    ``rest`` is the same of all others: a group stands out where its interval lies above their rate.
    """

    name: str
    judged: int
    overturned: int
    rest: tuple[int, int] = (0, 0)

    @property
    def share(self) -> float:
        return self.overturned / self.judged

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's score interval at CONFIDENCE, from 0 to 1."""
        return wilson(self.overturned, self.judged)

    @property
    def stands_out(self) -> bool:
        judged, overturned = self.rest
        return self.judged >= ENOUGH and judged > 0 and self.interval[0] > overturned / judged


@dataclass(frozen=True)
class Figures:
    """``answered``: outcome → how many, in the period. All rates are of what was answered in it."""

    waiting: list[Waiting]
    answered: dict[str, int]
    policies: list[Rate]
    languages: list[Rate]
    detectors: list[Rate]
    moderators: list[Rate]

    @property
    def standing_out(self) -> list[Rate]:
        return [each for each in self.languages if each.stands_out]


def figures(since: datetime, until: datetime) -> Figures:
    """What waits now, and what was answered from ``since`` up to, not including, ``until``.

    A fixed number of statements, whatever there is; one more for each time that a decision was made anew.
    """
    answered = Appeal.objects.filter(
        status=Appeal.Status.DECIDED, decided_at__gte=since, decided_at__lt=until
    )
    judged = list(
        answered.filter(outcome__in=_JUDGED).values_list(
            "outcome",
            "decision__policy__name",
            "decision__case__language",
            "decision__decided_by",
            "decision__case",
        )
    )
    roots = _roots({row[4] for row in judged})
    detectors = _detectors(set(roots.values()))
    changed = [row[0] in Appeal.CHANGING for row in judged]
    names = {None: gettext("automatically")} | _names({row[3] for row in judged} - {None})
    return Figures(
        waiting=waiting(),
        answered=dict(
            answered.values_list("outcome")
            .annotate(count=Count("pk"))
            .order_by()
            .values_list("outcome", "count")
        ),
        policies=_rates(((row[1],) for row in judged), changed),
        languages=_rates(((row[2],) for row in judged), changed),
        detectors=_rates((detectors.get(roots[row[4]], ()) for row in judged), changed),
        moderators=_rates(((names[row[3]],) for row in judged), changed),
    )


def waiting() -> list[Waiting]:
    """What is not answered yet, the language with the oldest appeal first. One statement."""
    return [
        Waiting(*row)
        for row in Appeal.objects.filter(status__in=Appeal.OPEN)
        .values_list("case__language")
        .annotate(
            appeals=Count("pk"),
            late=Count("pk", filter=Q(case__due_at__lt=timezone.now())),
            asked=Count("pk", filter=Q(status=Appeal.Status.ASKED)),
            oldest=Min("filed_at"),
            next_due=Min("case__due_at"),
        )
        .order_by("oldest")
    ]


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Wilson's score interval for a share (E. B. Wilson, 1927), at CONFIDENCE; (0, 1) where nothing was tried."""
    if not trials:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    share = successes / trials
    middle = share + z * z / (2 * trials)
    spread = z * sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    below = 1 + z * z / trials
    return max(0.0, (middle - spread) / below), min(1.0, (middle + spread) / below)


def _rates(groups: Iterable[Iterable[str]], changed: list[bool]) -> list[Rate]:
    """One rate for each name, those with the most answers first; an appeal may stand under several names."""
    judged: Counter[str] = Counter()
    overturned: Counter[str] = Counter()
    for names, was in zip(groups, changed, strict=True):
        judged.update(names := tuple(names))
        overturned.update(names if was else ())
    all_judged, all_overturned = len(changed), sum(changed)
    return [
        Rate(name, count, overturned[name], (all_judged - count, all_overturned - overturned[name]))
        for name, count in sorted(judged.items(), key=lambda each: (-each[1], each[0]))
    ]


def _names(people: set[int]) -> dict[int, str]:
    """What each is called; with the name to sign in where two are called the same."""
    found = User.objects.in_bulk(people)
    called = Counter(each.display_name for each in found.values())
    return {
        key: f"{each.display_name} ({each.username})" if called[each.display_name] > 1 else each.display_name
        for key, each in found.items()
    }


def _roots(cases: set[int]) -> dict[int, int]:
    """For each of these cases the one that its decision was first made in: there are the flags."""
    roots = {case: case for case in cases}
    ahead = set(cases)
    while ahead:
        before = dict(
            Case.objects.filter(pk__in=ahead, revises__isnull=False).values_list("pk", "revises__case")
        )
        roots = {case: before.get(root, root) for case, root in roots.items()}
        ahead = set(before.values())
    return roots


def _detectors(cases: set[int]) -> Mapping[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    flags = Flag.objects.filter(case__in=cases).exclude(detector="").order_by("case", "detector")
    for case, detector in flags.values_list(F("case"), "detector").distinct():
        found[case] = (*found.get(case, ()), detector)
    return found
