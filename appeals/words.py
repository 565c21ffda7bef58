"""A decision in plain sentences: what was done, on what, and by whom. Written for a reading age of ten."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from babel.dates import format_date
from django.utils.translation import get_language, gettext, to_locale

from moderation.actions import ACTIONS, Action
from moderation.models import Decision, Item


def what_was_done(decision: Decision) -> list[str]:
    """One or two sentences for each action that holds something against the person."""
    return [
        _sentence(action, decision.item, judged["parameters"])
        for judged in decision.actions
        if (action := ACTIONS[judged["action"]]).restricts
    ]


def by_whom(decision: Decision) -> str:
    if decision.automated:
        return gettext("An automatic system made the decision. No person looked at this.")
    return gettext("A person looked at this and made the decision.")


def on_what(item: Item) -> str:
    return {
        Item.Kind.ACCOUNT: gettext("Your account"),
        Item.Kind.AD: gettext("Your ad"),
        Item.Kind.CONTENT: gettext("What you posted"),
    }[Item.Kind(item.kind)]


def day(moment: datetime) -> str:
    """The day in words of the page's language."""
    return format_date(moment, "long", locale=to_locale(get_language() or "en"))


def _sentence(action: Action, item: Item, parameters: dict[str, Any]) -> str:
    told = action.told(action.target(item) or item, parameters)
    until = parameters.get("until")
    if not until:
        return told
    return f"{told} " + gettext("This ends on %(date)s.") % {"date": day(datetime.fromisoformat(until))}
