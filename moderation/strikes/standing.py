"""What stands against an account at this moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone

from moderation.models import Item, Strike, StrikeThreshold


@dataclass(frozen=True)
class Reach:
    """How far an account is from a threshold: the points that were given within its window and still count."""

    threshold: StrikeThreshold
    points: int

    @property
    def reached(self) -> bool:
        return self.points >= self.threshold.points


@dataclass(frozen=True)
class Short:
    """How many strikes count against an account, the points that they make, and how many were taken back."""

    strikes: int
    points: int
    taken_back: int


@dataclass(frozen=True)
class Standing:
    """What stands against an account now.

    ``strikes`` are those that count, newest first, with policy and case; ``reaches`` has each threshold once,
    the strongest first. The counts are of strikes that ended before their time.
    """

    account: Item
    strikes: list[Strike]
    taken_back: int
    void: int
    reaches: list[Reach]

    @property
    def points(self) -> int:
        """All that count now, whenever they were given."""
        return sum(strike.weight for strike in self.strikes)

    @property
    def short(self) -> Short:
        return Short(len(self.strikes), self.points, self.taken_back)


def account_of(item: Item) -> Item | None:
    """Against whom a decision about this item counts; None where its author is not known."""
    return item if item.kind == Item.Kind.ACCOUNT else item.author


def counting(account: Item, at: datetime | None = None) -> QuerySet[Strike]:
    """The strikes that count against the account at that moment (default: now), newest first."""
    return Strike.objects.filter(_counts(at), account=account).order_by("-given_at", "-pk")


def standing(account: Item) -> Standing:
    """What stands against the account now. Three statements."""
    strikes = list(counting(account).select_related("policy", "decision__case"))
    ended = Strike.objects.filter(account=account).aggregate(
        taken_back=Count("pk", filter=Q(status=Strike.Status.TAKEN_BACK)),
        void=Count("pk", filter=Q(status=Strike.Status.VOID)),
    )
    reaches = [Reach(each, points_within(strikes, each.window_days)) for each in strongest_first()]
    return Standing(account, strikes, ended["taken_back"], ended["void"], reaches)


def in_short(account: Item) -> Short:
    """For a line beside the account's name. One statement."""
    found = Strike.objects.filter(account=account).aggregate(
        strikes=Count("pk", filter=_counts()),
        points=Sum("weight", filter=_counts(), default=0),
        taken_back=Count("pk", filter=Q(status=Strike.Status.TAKEN_BACK)),
    )
    return Short(**found)


def strongest_first() -> QuerySet[StrikeThreshold]:
    """The thresholds: the more points one asks, the stronger it is."""
    return StrikeThreshold.objects.order_by("-points", "-window_days")


def points_within(strikes: Iterable[Strike], days: int) -> int:
    """The points of those strikes that were given within the latest so many days."""
    since = timezone.now() - timedelta(days=days)
    return sum(strike.weight for strike in strikes if strike.given_at > since)


def _counts(at: datetime | None = None) -> Q:
    not_expired = Q(expires_at__isnull=True) | Q(expires_at__gt=at or timezone.now())
    return not_expired & Q(status=Strike.Status.ACTIVE)
