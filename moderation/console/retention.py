"""Retention, for admins: how long data is kept, what would go now, and what the last runs took away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from babel.units import format_unit
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext, to_locale
from django.utils.translation import gettext_lazy as _

from moderation import audit
from moderation.console.request import moderator
from moderation.models import Policy, PurgeReport
from moderation.retention import rules
from moderation.retention.due import due_now
from moderation.retention.rules import LEAST_DAYS, Kind, NotKeptLongEnough, Rules, RulesChanged

REPORTS_SHOWN: Final = 14
LONGEST: Final = 6  # digits
MEANS: Final = {
    Kind.CONTENT: _(
        "Text, media, links and metadata of what was decided go %(span)s after the decision, and never before a month "
        "after the last day to appeal. The decision, the statement and the capture's digest stay."
    ),
    Kind.DELIVERIES: _(
        "Webhooks that a platform took go after %(span)s, with the record of their attempts. They can be sent again "
        "until then. What is parked stays until somebody sees to it."
    ),
    Kind.IDEMPOTENCY_KEYS: _(
        "A call that a platform repeats with its key after more than %(span)s is taken as a new one."
    ),
    Kind.FORESIGHTS: _("Simulations go %(span)s after they were asked for."),
    Kind.DRAFTS: _(
        "What somebody typed on a case and never submitted goes %(span)s after it was decided and saved."
    ),
}
NAMES: Final = {
    "content": _("captures"),
    "flags": _("flags' evidence"),
    "drafts": _("drafts"),
    "appeals": _("appeals' texts"),
    "appeal_files": _("appeals' files"),
    "appeal_drafts": _("appeals that were never sent"),
    "deliveries": _("webhooks"),
    "idempotency_keys": _("idempotency keys"),
    "foresights": _("simulations"),
}


@dataclass(frozen=True)
class Row:
    """One rule as typed: its field, and what it means or what is wrong with it."""

    name: str
    label: str
    value: str
    means: str
    error: str
    least: int


@dataclass
class Typed:
    """The form as typed, and the rules that it says where it says any."""

    values: Mapping[str, str]
    rules: Rules | None
    errors: dict[str, str]


def retention(request: HttpRequest) -> HttpResponse:
    """The page; a POST changes the rules."""
    if request.method != "POST":
        return _page(request)
    typed = _read(request.POST)
    if typed.rules is None:
        return _page(request, typed)
    try:
        rules.change(typed.rules, request.POST.get("version", ""), audit.person(moderator(request)))
    except RulesChanged:
        return _page(request, typed, changed_meanwhile=True)
    messages.success(request, gettext("Saved. The next run goes by it; what is gone does not come back."))
    return HttpResponseRedirect(reverse("retention"))


def _field(kind: Kind, policy: int | None) -> str:
    return f"policy_{policy}" if policy else f"days_{kind.value}"


def _read(typed: Mapping[str, str]) -> Typed:
    """Days are whole numbers; a policy without any goes by the rule for all."""
    values = {_field(kind, None): typed.get(_field(kind, None), "").strip() for kind in Kind}
    policies = {policy: f"policy_{policy}" for policy in Policy.objects.values_list("pk", flat=True)}
    values |= {name: typed.get(name, "").strip() for name in policies.values()}
    errors = {
        name: gettext("Type a whole number of days.")
        for name, value in values.items()
        if not _is_number(value) and (value or name.startswith("days_"))
    }
    # What is a number is looked at all the same, so that everything that is wrong is said at once.
    general = {kind: int(value) for kind in Kind if _is_number(value := values[_field(kind, None)])}
    own = {policy: int(value) for policy, name in policies.items() if _is_number(value := values[name])}
    try:
        rules.check(Rules(general, own))
    except NotKeptLongEnough as error:
        errors |= {_field(kind, policy): wrong for (kind, policy), wrong in error.errors.items()}
    return Typed(values, None if errors else Rules(general, own), errors)


def _is_number(value: str) -> bool:
    return value.isascii() and value.isdecimal() and len(value) <= LONGEST


def _page(
    request: HttpRequest, typed: Typed | None = None, *, changed_meanwhile: bool = False
) -> HttpResponse:
    """The page with everything as typed. A dozen statements, however much there is."""
    in_force = rules.in_force()
    values = typed.values if typed else _values(in_force)
    errors = typed.errors if typed else {}
    refused = bool(errors) or changed_meanwhile
    context: dict[str, Any] = {
        "general": [
            _row(_field(kind, None), str(kind.label), values, errors, MEANS[kind], LEAST_DAYS[kind])
            for kind in Kind
        ],
        "policies": [
            _row(f"policy_{policy.pk}", policy.name, values, errors, None, LEAST_DAYS[Kind.CONTENT])
            for policy in Policy.objects.order_by("name")
        ],
        "version": request.POST.get("version") if typed else in_force.version,
        "refused": bool(errors),
        "changed_meanwhile": changed_meanwhile,
        "due": due_now(in_force),
        "reports": [_report(each) for each in PurgeReport.objects.order_by("-pk")[:REPORTS_SHOWN]],
    }
    return render(request, "moderation/retention.html", context, status=422 if refused else 200)


def _values(in_force: Rules) -> dict[str, str]:
    general = {_field(kind, None): str(days) for kind, days in in_force.general.items()}
    return general | {f"policy_{policy}": str(days) for policy, days in in_force.policies.items()}


def _row(
    name: str, label: str, values: Mapping[str, str], errors: Mapping[str, str], means: Any, least: int
) -> Row:
    value = values.get(name, "")
    if not _is_number(value):
        words = "" if means else gettext("as for all content")
    elif means:
        words = str(means) % {"span": _span(int(value))}
    else:
        words = gettext("goes %(span)s after the decision") % {"span": _span(int(value))}
    return Row(name, label, value, words, errors.get(name, ""), least)


def _span(days: int) -> str:
    """``730`` → ``2 years``, ``400`` → ``400 days``: never rounded."""
    years, rest = divmod(days, 365)
    count, unit = (years, "year") if years and not rest else (days, "day")
    locale = to_locale(get_language() or "en")
    words = format_unit(count, f"duration-{unit}", length="long", locale=locale)
    # CLDR has no long form in some languages, and Babel then writes the unit's code.
    if "duration-" in words:
        return format_unit(count, f"duration-{unit}", length="short", locale=locale)
    return words


def _report(report: PurgeReport) -> dict[str, Any]:
    return {"report": report, "purged": _named(report.purged), "held": _named(report.held)}


def _named(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """In our order; what a plugin's hook counted, last."""
    names = [*NAMES, *sorted(counts.keys() - NAMES.keys())]
    return [(str(NAMES.get(name, name)), counts[name]) for name in names if counts.get(name)]
