"""How a referral comes to be: with the decision, in its transaction, so that nothing is lost while it waits.

The evidence is held at once, whoever has still to agree. Called by decisions.py and approvals.py alone.
"""

from __future__ import annotations

from moderation import audit
from moderation.holds import placing
from moderation.judgements import Measure
from moderation.models import Decision, Referral
from moderation.referrals.cybertipline.drafting import make_draft

Status = Referral.Status


def make(decision: Decision, measure: Measure) -> Referral:
    """The referral of a decision, waiting for a second person, and its legal hold.

    ``measure.parameters`` are those of the action ``refer_to_law_enforcement`` (moderation/actions/moving.py).
    """
    told = measure.parameters
    referral = Referral.objects.create(
        decision=decision,
        item=measure.target,
        basis=told["basis"],
        urgency=told["urgency"],
        authority_id=told["authority"],
        authority_written=told["authority_written"],
        country=told["country"],
        order_reference=told["order_reference"],
        summary=told["summary"],
    )
    audit.record(
        "referral.made",
        audit.person(decision.decided_by) if decision.decided_by else audit.SYSTEM,
        case=decision.case,
        referral_id=referral.pk,
        decision_id=decision.pk,
        basis=referral.basis,
        urgency=referral.urgency,
    )
    placing.place_for(referral, decision.decided_by)
    return referral


def approved(decision: Decision) -> None:
    """A second person agreed: it can be sent. For child safety the report to the CyberTipline is drafted."""
    referral = _of(decision)
    if referral is None or referral.status != Status.HELD:
        return
    _move(referral, Status.APPROVED, "referral.approved")
    if referral.basis == Referral.Basis.CHILD_SAFETY:
        make_draft(referral)


def withdrawn(decision: Decision) -> None:
    """It is not made after all, as far as it was not sent yet.

    What it held stays held until two people lift that, or its time is over.
    """
    referral = _of(decision)
    if referral is not None and referral.status in (Status.HELD, Status.APPROVED):
        _move(referral, Status.WITHDRAWN, "referral.withdrawn")


def _of(decision: Decision) -> Referral | None:
    waiting = Referral.objects.select_for_update(of=("self",), no_key=True).select_related("decision__case")
    return waiting.filter(decision=decision).first()


def _move(referral: Referral, status: Referral.Status, kind: str) -> None:
    referral.status = status
    referral.save(update_fields=["status"])
    # Who agreed or not is in the approval's own Event.
    audit.record(kind, audit.SYSTEM, case=referral.decision.case, referral_id=referral.pk)
