"""What an appeal that is won means for what led to the decision: the detectors' flags, and the terms that they found.

What the decision itself did is undone by the one that takes its place (moderation/decisions.py).
"""

from __future__ import annotations

from typing import Any, Final

from appeals.models import Appeal
from moderation import audit
from moderation.closing import root
from moderation.detectors import doubts
from moderation.hookspecs import hookimpl
from moderation.models import Case, Decision, Flag

# As many flags of one case are told with an outcome; whoever has more asks GET /cases/{case_id}.
MOST_FLAGS: Final = 100


# After appeals/review.py, which gives the appeal its outcome.
@hookimpl(trylast=True)
def decided(decision: Decision) -> None:
    """Where an appeal took a decision back, the terms of our lists that led to it are in doubt."""
    if decision.case.origin != Case.Origin.APPEAL or decision.overrides is None:
        return
    appeal = Appeal.objects.select_related("decision__case", "reply").get(case=decision.case_id)
    if was_wrong(appeal):
        by = audit.person(decision.decided_by) if decision.decided_by else audit.SYSTEM
        doubts.raise_for(decision.overrides, detections(appeal), by)


def was_wrong(appeal: Appeal) -> bool:
    """Whether nothing should have been done: then whatever flagged it was wrong, as far as it said so."""
    return appeal.outcome == Appeal.Outcome.OVERTURNED and not appeal.by_notifier


def detections(appeal: Appeal) -> list[Flag]:
    """What detectors said of what was judged, ours and others', latest first."""
    flags = Flag.objects.filter(case=_flagged(appeal.decision.case), source=Flag.Source.DETECTOR)
    return list(flags.select_related("policy").order_by("-pk")[:MOST_FLAGS])


def as_json(appeal: Appeal) -> list[dict[str, Any]]:
    """The flags that were wrong, with their evidence as it came, so that a hash or a term can be taken off its list."""
    if not was_wrong(appeal):
        return []
    return [
        {
            "flag_id": flag.flag_id,
            "detector": flag.detector,
            "detector_version": flag.detector_version,
            "policy": flag.policy.slug,
            "evidence": flag.evidence,
        }
        for flag in detections(appeal)
    ]


def _flagged(case: Case) -> Case:
    """The case that was opened by flags, of which this one came: revisions and appeals have none of their own."""
    case = root(case)
    while case.origin == Case.Origin.APPEAL:
        case = root(Appeal.objects.select_related("decision__case").get(case=case).decision.case)
    return case
