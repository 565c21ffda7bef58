"""What an appeal gave back, from what was really reversed, and what holds in its place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.utils.translation import gettext, gettext_noop

from appeals import words
from appeals.models import Appeal
from moderation.actions import Demonetise, LockAccount, Remove, Restrict, TerminateAccount, Warn
from moderation.models import Decision, Enforcement, Item, Strike

CONTENT, ACCOUNT, AD = Item.Kind.CONTENT, Item.Kind.ACCOUNT, Item.Kind.AD
SENTENCES: Final = {
    (Remove.slug, CONTENT): gettext_noop("Your content is back."),
    (Remove.slug, AD): gettext_noop("Your content is back."),
    (Restrict.slug, CONTENT): gettext_noop("The limits on your content are gone."),
    (Restrict.slug, AD): gettext_noop("The limits on your content are gone."),
    (Restrict.slug, ACCOUNT): gettext_noop("The limits on your account are gone."),
    (Warn.slug, CONTENT): gettext_noop("The warning is gone."),
    (Warn.slug, AD): gettext_noop("The warning is gone."),
    (Warn.slug, ACCOUNT): gettext_noop("The warning is gone."),
    (Demonetise.slug, CONTENT): gettext_noop("You can earn money with this content again."),
    (Demonetise.slug, ACCOUNT): gettext_noop("You can earn money with your account again."),
    (LockAccount.slug, ACCOUNT): gettext_noop("You can use your account again."),
    (TerminateAccount.slug, ACCOUNT): gettext_noop("Your account is open again."),
}
# What keeps such a sentence from being true while it is in force on the same item; otherwise the action itself.
KEPT_BY: Final = {
    LockAccount.slug: (LockAccount.slug, TerminateAccount.slug),
    Warn.slug: (),
}
REVERSED: Final = (Enforcement.Status.REVERSAL_REQUESTED, Enforcement.Status.REVERSED)


def undone(appeal: Appeal) -> list[str]:
    """A sentence for each thing that the outcome reversed and that nothing else holds up now, and one for the strike.

    Only for the person affected: what was done about an account is no business of whoever reported it.
    """
    outcome = _outcome(appeal)
    if outcome is None or appeal.by_notifier:
        return []
    reversed_by_it = list(
        outcome.reversals.filter(status__in=REVERSED).select_related("item").order_by("created_at", "pk")
    )
    still = _in_force_on(each.item_id for each in reversed_by_it)
    sentences = [
        gettext(SENTENCES[each.action, Item.Kind(each.item.kind)])
        for each in reversed_by_it
        if (each.action, each.item.kind) in SENTENCES
        and not any((each.item_id, slug) in still for slug in KEPT_BY.get(each.action, (each.action,)))
    ]
    if _strike_is_gone(appeal, outcome):
        sentences.append(gettext("This does not count against you any more."))
    return list(dict.fromkeys(sentences))


def what_holds(appeal: Appeal) -> list[str]:
    """What took the decision's place and is in force, where only a part of it was wrong."""
    outcome = _outcome(appeal)
    if outcome is None or appeal.by_notifier or appeal.outcome != Appeal.Outcome.PARTIALLY_OVERTURNED:
        return []
    resting = outcome.resting.filter(status__in=Enforcement.IN_FORCE).select_related("item")
    return [words.what_holds(each) for each in resting.order_by("created_at", "pk")]


def _outcome(appeal: Appeal) -> Decision | None:
    """The decision that the appeal led to, where it changed something."""
    if appeal.outcome not in Appeal.CHANGING:
        return None
    return Decision.objects.filter(case=appeal.case_id).first()


def _in_force_on(items: Iterable[int]) -> set[tuple[int, str]]:
    rows = Enforcement.objects.filter(item__in=set(items), status__in=Enforcement.IN_FORCE)
    return set(rows.values_list("item_id", "action"))


def _strike_is_gone(appeal: Appeal, outcome: Decision) -> bool:
    """The strike was taken back with what it stood for, and the outcome gave none in its place."""
    strikes = dict(
        Strike.objects.filter(
            decision__in=[appeal.decision_id, outcome.overrides_id, outcome.pk]
        ).values_list("decision_id", "status")
    )
    counts = strikes.pop(outcome.pk, None) == Strike.Status.ACTIVE
    return Strike.Status.TAKEN_BACK in strikes.values() and not counts
