"""Who may open which case: the one function through which every view, endpoint and consumer finds it.

Which *screens* a role may open is config/permissions.py.
"""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404

from accounts.models import User
from moderation.eligibility.desk import LaneKey
from moderation.models import Case, Consultation, Decision, Exclusion, Item
from moderation.queueing.lanes import lane_of, open_lanes

Lanes = frozenset[LaneKey]


def lanes_of(user: User, *, fresh: bool = False) -> Lanes:
    """Every lane that she may take from, now or at a later step. As old as the claim's, or ``fresh``."""
    return frozenset(lane.key for lane in open_lanes(user, fresh=fresh))


def case_for(user: User, case_id: int) -> Case:
    """The case with item, snapshot, policy and queue, if she may see it; otherwise Http404, as if there were none.

    She may see what she holds, what she decided, what she was asked about, and what is or was in a lane of hers.
    Never a case from which she is excluded because she took part in the decision appealed: not even to read it.
    """
    try:
        case = _with_all(user).get(pk=case_id)
    except Case.DoesNotExist:
        raise Http404 from None
    # Before she is told that there is no such case, her lanes are asked for anew: one may just have become hers.
    if not may_see(user, case) and not may_see(user, case, fresh=True):
        raise Http404
    return case


def may_see(user: User, case: Case, *, fresh: bool = False) -> bool:
    """The rule of ``case_for`` for a case that comes from its queryset."""
    if case.took_part:  # type: ignore[attr-defined]  # annotated below
        return False
    if case.claimed_by_id == user.pk or case.decided_by_her or case.she_was_asked:  # type: ignore[attr-defined]
        return True
    return lane_of(case) in lanes_of(user, fresh=fresh)


def account_for(user: User, item_id: int) -> Item:
    """The account with its platform, if she may see one case at least about it or what it published; else Http404.

    Not through a case from which she is excluded because she took part in the decision appealed.
    """
    account = Item.objects.select_related("platform").filter(pk=item_id, kind=Item.Kind.ACCOUNT).first()
    if account is None or not _sees_any(user, Case.objects.filter(Q(item=account) | Q(item__author=account))):
        raise Http404
    return account


def _sees_any(user: User, cases: QuerySet[Case]) -> bool:
    """The rule of ``case_for``: whether there is one among these that she may see."""
    took_part = Exclusion.objects.filter(
        case=OuterRef("pk"), moderator=user, reason=Exclusion.Reason.TOOK_PART
    )
    open_to_her = cases.filter(~Exists(took_part))
    hers = Q(claimed_by=user) | Q(decision__decided_by=user) | Q(consultations__asked=user)
    if open_to_her.filter(hers).exists():
        return True
    keys = {
        LaneKey(*key)
        for key in open_to_her.filter(queue__isnull=False)
        .values_list("queue_id", "language", "requirements")
        .distinct()
    }
    return bool(keys & lanes_of(user)) or bool(keys and keys & lanes_of(user, fresh=True))


def _with_all(user: User) -> QuerySet[Case]:
    took_part = Exclusion.objects.filter(
        case=OuterRef("pk"), moderator=user, reason=Exclusion.Reason.TOOK_PART
    )
    decided_by_her = Decision.objects.filter(case=OuterRef("pk"), decided_by=user)
    she_was_asked = Consultation.objects.filter(case=OuterRef("pk"), asked=user)
    return Case.objects.select_related(
        "item__platform",
        "item__author",
        "snapshot__author",
        "policy",
        "queue",
        "claimed_by",
        "decision__policy",
        "decision__decided_by",
    ).annotate(
        took_part=Exists(took_part),
        decided_by_her=Exists(decided_by_her),
        she_was_asked=Exists(she_was_asked),
    )
