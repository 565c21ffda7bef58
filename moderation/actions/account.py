"""What is done to an account: the author's, where the case is about something that she published."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from moderation.actions.interface import ACCOUNT, Action, Place, Until
from moderation.models import Item


class LockAccount(Action):
    slug = "lock_account"
    label = _("Lock account")
    reverse_label = _("Unlock account")
    targets = frozenset({ACCOUNT})
    places = (Place.AUTHOR,)
    no_target = _("The author of this item is not known")
    parameters = Until
    lasts = True

    def told(self, item: Item, parameters: dict[str, Any]) -> str:
        return gettext("We locked your account. You cannot use it.")


class TerminateAccount(Action):
    """For good: the gravest thing that is done to a person here, so a second person agrees first."""

    slug = "terminate_account"
    label = _("Terminate account")
    reverse_label = _("Restore account")
    targets = frozenset({ACCOUNT})
    places = (Place.AUTHOR,)
    no_target = _("The author of this item is not known")
    held = True
    lasts = True

    def told(self, item: Item, parameters: dict[str, Any]) -> str:
        return gettext("We closed your account. You cannot use it any more.")
