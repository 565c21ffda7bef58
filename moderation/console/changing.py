"""What would change if a decision that is made anew were submitted: what stays, what is taken back, what is new."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from moderation import enforcement, reopening
from moderation.actions import ReferToLawEnforcement
from moderation.console import decided
from moderation.judgements import Judgement, Measure, Reading, may_stand
from moderation.models import Case, Decision, Enforcement, Referral


class What(TextChoices):
    KEPT = "kept", _("stays in force")
    REVERSED = "reversed", _("is taken back")
    WITHDRAWN = "withdrawn", _("is withdrawn before it goes out")
    NEW = "new", _("is new")
    WAITS = "waits", _("waits for a second person first")
    AGAIN = "again", _("is asked of a second person anew")


class Change(NamedTuple):
    """One action: what becomes of it, how it is called, and on which item (the platform's id)."""

    what: What
    label: str
    on: str


def changes(
    resting: Sequence[Enforcement], measures: Sequence[Measure], *, stands: bool = False
) -> list[Change]:
    """What becomes of ``resting`` (in force or held, items loaded) if these measures are decided in their place.

    ``stands``: nothing is decided in their place.
    """
    kept, left = (list(resting), []) if stands else enforcement.compare(resting, measures)
    new = [
        Change(
            _if_new(each), decided.in_words(each.action.slug, each.parameters, each.territories), _on(each)
        )
        for each in left
        if each.action.enforced or each.action.held
    ]
    over = [
        _of(What.WITHDRAWN if each.status == Enforcement.Status.HELD else What.REVERSED, each)
        for each in resting
        if each not in kept
    ]
    # What waits and would wait again is one thing to read, not two.
    both = {each[1:] for each in over if each.what == What.WITHDRAWN}
    both &= {each[1:] for each in new if each.what == What.WAITS}
    return [
        *(_of(What.KEPT, each) for each in kept),
        *(each for each in over if each.what != What.WITHDRAWN or each[1:] not in both),
        *(each._replace(what=What.AGAIN) if each[1:] in both else each for each in new),
    ]


def _if_new(measure: Measure) -> What:
    return What.WAITS if measure.action.held else What.NEW


def _on(measure: Measure) -> str:
    return measure.target.external_id


def changes_of(case: Case, judgement: Judgement) -> list[Change] | None:
    """The changes that a judgement on this case would make; None where it makes nothing anew."""
    before = reopening.replaced_by(case) if case.status != Case.Status.DECIDED else None
    if before is None:
        return None
    resting = Enforcement.objects.filter(
        rests_on=before, status__in=(*Enforcement.IN_FORCE, Enforcement.Status.HELD)
    )
    reading = Reading(case, judgement)
    stands = not judgement.actions and may_stand(case)
    found = changes(
        list(resting.select_related("item").order_by("created_at", "pk")), reading.measures, stands=stands
    )
    return found if stands else [*_referral(before, reading.measures), *found]


def _referral(before: Decision, measures: Sequence[Measure]) -> list[Change]:
    """A referral that nobody has answered for goes with its decision, unless it is asked for again."""
    slug = ReferToLawEnforcement.slug
    referral = getattr(before, "referral", None)
    if referral is None or referral.status != Referral.Status.HELD:
        return []
    if any(measure.action.slug == slug for measure in measures):
        return []
    return [Change(What.WITHDRAWN, decided.in_words(slug, {}), referral.item.external_id)]


def _of(what: What, each: Enforcement) -> Change:
    return Change(
        what, decided.in_words(each.action, each.parameters, each.territories), each.item.external_id
    )
