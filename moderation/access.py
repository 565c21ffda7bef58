"""Who may open which case: the one function through which every view, endpoint and consumer finds it.

Which *screens* a role may open is config/permissions.py.
"""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404

from accounts.models import User
from moderation.models import Case, Decision, Exclusion
from moderation.queueing.lanes import open_lanes

Lanes = frozenset[tuple[int, str]]


def lanes_of(user: User) -> Lanes:
    """(queue id, language) of every lane whose language she reads and whose clearances she has, now or at a later
    step. Kept for some seconds, as the claim's."""
    return frozenset((lane.queue_id, lane.language) for lane in open_lanes(user))


def case_for(user: User, case_id: int) -> Case:
    """The case with item, snapshot, policy and queue, if she may see it; otherwise Http404, as if there were none.

    She may see what she holds, what she decided, and what is or was in a lane of hers. Never a case from which she
    is excluded because she took part in the decision appealed: not even to read it.
    """
    try:
        case = _with_all(user).get(pk=case_id)
    except Case.DoesNotExist:
        raise Http404 from None
    if not may_see(user, case):
        raise Http404
    return case


def may_see(user: User, case: Case) -> bool:
    """The rule of ``case_for`` for a case that comes from its queryset."""
    if case.took_part:  # type: ignore[attr-defined]  # annotated below
        return False
    if case.claimed_by_id == user.pk or case.decided_by_her:  # type: ignore[attr-defined]
        return True
    return case.queue_id is not None and (case.queue_id, case.language) in lanes_of(user)


def _with_all(user: User) -> QuerySet[Case]:
    took_part = Exclusion.objects.filter(
        case=OuterRef("pk"), moderator=user, reason=Exclusion.Reason.TOOK_PART
    )
    decided_by_her = Decision.objects.filter(case=OuterRef("pk"), decided_by=user)
    return Case.objects.select_related(
        "item__platform",
        "item__author",
        "snapshot__author",
        "policy",
        "queue",
        "claimed_by",
        "decision__policy",
        "decision__decided_by",
    ).annotate(took_part=Exists(took_part), decided_by_her=Exists(decided_by_her))
