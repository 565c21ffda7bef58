"""Appeals and notices that are sent again and again without any ground (DSA Art. 23(2) to (4)).

First a warning, then, where it goes on, a suspension for a reasonable time: each by a person, with reasons, for appeals
and for notices apart. What counts are answers of people who judged: nothing is ever counted by a machine alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Count, F, Max, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext

from accounts.models import User
from appeals.models import Appeal, Misuse
from moderation import audit
from moderation.judgements import InvalidJudgement
from moderation.models import Flag, Item

Of = Misuse.Of
Measure = Misuse.Measure

# What lies longer ago is not counted.
COUNTED: Final = timedelta(days=365)
# From so many on somebody is put before an admin.
OFTEN: Final = 3
# "For a reasonable period of time": no longer than this.
MOST_DAYS: Final = 180
MOST_CHARACTERS: Final = 2_000
MOST_SHOWN: Final = 200


@dataclass(frozen=True)
class Record:
    """What somebody sent in the time that is counted: all, and of these what had no ground; since when the latest."""

    account: Item
    sent: int
    unfounded: int
    latest: datetime | None
    measures: list[Misuse]

    @property
    def in_force(self) -> Misuse | None:
        """The suspension that holds now."""
        now = timezone.now()
        return next(
            (each for each in self.measures if each.until and each.until > now and not each.lifted_at), None
        )

    @property
    def warning(self) -> Misuse | None:
        """The latest warning that stands."""
        return next(
            (each for each in self.measures if each.measure == Measure.WARNING and not each.lifted_at), None
        )

    @property
    def may_be_suspended(self) -> bool:
        """Who was warned and went on, and is not suspended already."""
        return (
            self.in_force is None
            and self.warning is not None
            and self.latest is not None
            and self.latest > self.warning.at
        )


def record_of(account: Item, of: Misuse.Of) -> Record:
    """What one account sent. Two statements."""
    counted = _counted(of).filter(account=account.pk).aggregate(**_FIGURES[of])
    measures = (
        Misuse.objects.filter(account=account, of=of).select_related("by", "lifted_by").order_by("-at", "-pk")
    )
    return Record(account, **counted, measures=list(measures))


def often(of: Misuse.Of) -> list[Record]:
    """Those who sent OFTEN or more without ground and whom no measure since then answers, the most first."""
    rows = list(
        _counted(of)
        .values("account")
        .annotate(**_FIGURES[of])
        .filter(unfounded__gte=OFTEN)
        .order_by("-unfounded", "account")[:MOST_SHOWN]
    )
    accounts = Item.objects.select_related("platform").in_bulk([row["account"] for row in rows])
    measures: dict[int, list[Misuse]] = {}
    for each in Misuse.objects.filter(account__in=accounts, of=of).order_by("-at", "-pk"):
        measures.setdefault(each.account_id, []).append(each)
    found = [
        Record(
            accounts[row["account"]],
            row["sent"],
            row["unfounded"],
            row["latest"],
            measures.get(row["account"], []),
        )
        for row in rows
    ]
    return [
        each for each in found if not each.measures or (each.latest and each.latest > each.measures[0].at)
    ]


def measures_in_force() -> QuerySet[Misuse]:
    """Suspensions that hold now, the one that ends first on top."""
    return (
        Misuse.objects.filter(measure=Measure.SUSPENSION, until__gt=timezone.now(), lifted_at=None)
        .select_related("account__platform", "by")
        .order_by("until")
    )


@transaction.atomic
def warn(account: Item, of: Misuse.Of, reasons: str, by: User) -> Misuse:
    """The prior warning. Raises InvalidJudgement, which names the field."""
    _check(reasons)
    return _record(Misuse(account=account, of=of, measure=Measure.WARNING, reasons=reasons.strip(), by=by))


@transaction.atomic
def suspend(account: Item, of: Misuse.Of, reasons: str, days: int, by: User) -> Misuse:
    """For so many days what she sends is not looked at. Raises InvalidJudgement, which names the field."""
    _check(reasons)
    Item.objects.select_for_update(no_key=True).get(pk=account.pk)
    if not 1 <= days <= MOST_DAYS:
        raise _wrong("days", gettext("From 1 to %(most)s days") % {"most": MOST_DAYS})
    if not record_of(account, of).may_be_suspended:
        raise _wrong("days", gettext("Only who was warned, and went on after that, can be suspended"))
    until = timezone.now() + timedelta(days=days)
    made = Misuse(
        account=account, of=of, measure=Measure.SUSPENSION, reasons=reasons.strip(), by=by, until=until
    )
    return _record(made)


@transaction.atomic
def lift(misuse_id: int, by: User) -> Misuse:
    """End a measure before its time; again it changes nothing. Raises Misuse.DoesNotExist."""
    measure = (
        Misuse.objects.select_for_update(of=("self",), no_key=True)
        .select_related("account")
        .get(pk=misuse_id)
    )
    if measure.lifted_at is None:
        measure.lifted_at, measure.lifted_by = timezone.now(), by
        measure.save(update_fields=["lifted_at", "lifted_by"])
        audit.record(
            "misuse.lifted", audit.person(by), item=measure.account, of=measure.of, measure=measure.measure
        )
    return measure


def appeals_of(account: Item) -> QuerySet[Appeal]:
    """Hers that are counted, latest first."""
    theirs = _appeals().filter(account=account.pk)
    return theirs.select_related("decision__policy", "case").order_by("-decided_at")


def _counted(of: Misuse.Of) -> QuerySet[Any]:
    return _appeals() if of == Of.COMPLAINTS else _notices()


def _appeals() -> QuerySet[Any]:
    """Answered appeals, each with the account that sent it."""
    sender = Coalesce("reply__flag__notifier_id", "decision__item__author_id", "decision__item_id")
    since = timezone.now() - COUNTED
    return Appeal.objects.filter(status=Appeal.Status.DECIDED, decided_at__gte=since).annotate(account=sender)


def _notices() -> QuerySet[Any]:
    """Notices about which something was decided, each with the account that sent it."""
    since = timezone.now() - COUNTED
    decided = Flag.objects.filter(notifier__isnull=False, case__decision__decided_at__gte=since)
    return decided.annotate(account=F("notifier_id"))


_UNFOUNDED_APPEAL: Final = Q(ground__in=Appeal.UNFOUNDED)
# A notice counts as unfounded where whoever judged found no violation, and nothing took that back.
_UNFOUNDED_NOTICE: Final = Q(case__decision__actions=[]) | Q(
    case__decision__actions__contains=[{"action": "no_violation"}]
)
_FIGURES: Final = {
    Of.COMPLAINTS: {
        "sent": Count("pk"),
        "unfounded": Count("pk", filter=_UNFOUNDED_APPEAL),
        "latest": Max("decided_at", filter=_UNFOUNDED_APPEAL),
    },
    Of.NOTICES: {
        "sent": Count("pk"),
        "unfounded": Count("pk", filter=_UNFOUNDED_NOTICE),
        "latest": Max("case__decision__decided_at", filter=_UNFOUNDED_NOTICE),
    },
}


def _record(measure: Misuse) -> Misuse:
    measure.save()
    kind = "misuse.warned" if measure.measure == Measure.WARNING else "misuse.suspended"
    audit.record(
        kind,
        audit.person(measure.by),
        item=measure.account,
        of=measure.of,
        reasons=measure.reasons,
        until=measure.until.isoformat() if measure.until else None,
    )
    return measure


def _check(reasons: str) -> None:
    if not reasons.strip():
        raise _wrong("reasons", gettext("Say why: she is told, and may complain"))
    if len(reasons) > MOST_CHARACTERS:
        raise _wrong("reasons", gettext("At most %(most)s characters") % {"most": MOST_CHARACTERS})


def _wrong(field: str, message: str) -> InvalidJudgement:
    return InvalidJudgement([{"loc": [field], "msg": message}])
