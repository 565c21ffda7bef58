"""A decision in plain sentences: what was done, on what, and by whom. Written for a reading age of ten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from babel import Locale
from babel.lists import format_list
from babel.units import format_unit
from django.conf import settings
from django.utils.translation import get_language, gettext, to_locale

from moderation import dates_and_numbers, languages
from moderation.actions import ACTIONS, Action
from moderation.models import Approval, Decision, Enforcement, Item


def what_was_done(decision: Decision) -> list[str]:
    """One or two sentences for each action that holds something against the person, and that she was told of."""
    told = [(ACTIONS[judged["action"]], judged) for judged in decision.actions]
    if any(action.held for action, _ in told) and not is_approved(decision):
        told = [(action, judged) for action, judged in told if not action.held]
    return [_sentence(action, decision.item, judged) for action, judged in told if action.restricts]


def what_holds(enforcement: Enforcement) -> str:
    """The same for one action as it was carried out, or is on its way to be."""
    as_judged = {"parameters": enforcement.parameters, "territories": enforcement.territories}
    return _sentence(ACTIONS[enforcement.action], enforcement.item, as_judged)


def by_whom(decision: Decision) -> str:
    approved = is_approved(decision)
    if decision.automated:
        if approved:
            return gettext("An automatic system proposed this decision. A person looked at it and agreed.")
        return gettext("An automatic system made the decision. No person looked at this.")
    decided = gettext("A person looked at this and made the decision.")
    return f"{decided} {gettext('A second person agreed.')}" if approved else decided


def is_approved(decision: Decision) -> bool:
    """Whether a second person agreed to what waited for one."""
    return Approval.objects.filter(decision=decision, status=Approval.Status.APPROVED).exists()


def on_what(item: Item) -> str:
    return {
        Item.Kind.ACCOUNT: gettext("Your account"),
        Item.Kind.AD: gettext("Your ad"),
        Item.Kind.CONTENT: gettext("What you posted"),
    }[Item.Kind(item.kind)]


def page_language(tag: str) -> str:
    """The code of settings.LANGUAGES that is nearest to a BCP 47 tag; the desk's own where none is near."""
    return nearest(tag) or settings.LANGUAGE_CODE


def nearest(tag: str | None) -> str | None:
    """The same, or None where no reader of the tag reads any of them."""
    try:
        reader = languages.normalise(tag) if tag else languages.UNDETERMINED
    except languages.UnknownLanguage:
        return None
    return languages.to_speak_to(reader, tuple(dict(settings.LANGUAGES)))


def day(moment: datetime) -> str:
    """The day in words of the page's language, and in its digits."""
    return dates_and_numbers.day(moment, _locale())


def numeral(number: float) -> str:
    return dates_and_numbers.number(number, _locale())


def counted(text: str, count: int) -> str:
    """A text of ``ngettext`` with its ``%(count)d`` in the digits of the page's language."""
    return text.replace("%(count)d", numeral(count))


def size(content_bytes: int) -> str:
    """How large a file is, in megabytes or kilobytes (decimal), in words of the page's language."""
    unit, of = ("megabyte", 1_000_000) if content_bytes >= 1_000_000 else ("kilobyte", 1_000)
    rounded = round(content_bytes / of, 1) if unit == "megabyte" else max(1, round(content_bytes / of))
    # Where CLDR leaves out a form that is like another, Babel writes the unit's name; the form for ten is there.
    ten = format_unit(10, f"digital-{unit}", "short", locale=_locale())
    return ten.replace("10", numeral(rounded))


def countries(codes: Sequence[str]) -> str:
    """Countries (ISO 3166-1) in words of the page's language."""
    locale = _locale()
    return format_list([locale.territories.get(code, code) for code in codes], locale=locale)


def _locale() -> Locale:
    return Locale.parse(to_locale(get_language() or settings.LANGUAGE_CODE))


def _sentence(action: Action, item: Item, judged: dict[str, Any]) -> str:
    parameters = judged["parameters"]
    told = action.told(action.target(item, judged.get("on", "")) or item, parameters)
    if until := parameters.get("until"):
        told += " " + gettext("This ends on %(date)s.") % {"date": day(datetime.fromisoformat(until))}
    if judged["territories"]:
        told += " " + gettext("This applies in these countries: %(countries)s.") % {
            "countries": countries(judged["territories"])
        }
    return told
