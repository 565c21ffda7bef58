"""The routing rules in order, for admins: as sentences, with what each caught; their order and switches.

Nothing that is moved or switched here holds before it is saved, all at once and with a reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from moderation import audit
from moderation.console.foreseeing import Foreseen, foreseen
from moderation.console.request import moderator
from moderation.foresight.change import Change
from moderation.models import RoutingRule, RoutingVersion
from moderation.routing import rules, sentences
from moderation.routing.rules import BadRules, Caught, NoReason, RulesChanged
from moderation.routing.sentences import Sentence
from moderation.routing.written import Finding, Rule


@dataclass(frozen=True)
class Row:
    """A rule as the page shows it. ``on`` is the switch as it stands on the page."""

    id: int
    number: int
    name: str
    on: bool
    sentence: Sentence
    caught: Caught
    findings: list[Finding]


@dataclass(frozen=True)
class Order:
    """The rules in an order, as typed: ids, and the rules that they mean."""

    ids: list[int]
    written: list[Rule]


def routing_rules(request: HttpRequest) -> HttpResponse:
    """Shown, rearranged (``move``), foreseen (``foresee``) or saved. A constant number of statements."""
    if request.method != "POST":
        return _page(request, as_it_is())
    order = _typed(request)
    if "move" in request.POST:
        return _page(request, _moved(order, request.POST["move"]))
    if "foresee" in request.POST:
        found = rules.check(order.written)
        shown = None if rules.errors(found) else foreseen(Change(_what(order), rules=order.written))
        return _page(request, order, findings=found, foreseen=shown)
    if order.written == rules.as_written():
        messages.info(request, gettext("Nothing was different, so nothing was saved."))
        return HttpResponseRedirect(reverse("routing-rules"))
    try:
        version = rules.save(
            order.written, audit.person(moderator(request)), request.POST.get("why", ""), expected(request)
        )
    except RulesChanged:
        return _page(request, order, changed_meanwhile=True)
    except NoReason as error:
        return _page(request, order, why_error=str(error))
    except BadRules as error:
        return _page(request, order, findings=error.findings)
    return saved(request, version)


def saved(request: HttpRequest, version: RoutingVersion) -> HttpResponse:
    text = gettext(
        "Saved as version %(number)s. Waiting cases follow within seconds; claimed ones stay where they are."
    )
    messages.success(request, text % {"number": version.number})
    return HttpResponseRedirect(reverse("routing-rules"))


def expected(request: HttpRequest) -> int:
    """The number of the version that the page was made from; one that there never was where it is missing."""
    version = request.POST.get("version", "")
    return int(version) if version.isdecimal() and len(version) < 9 else -1


def as_it_is() -> Order:
    """The rules as they are. Two statements."""
    ids = list(RoutingRule.objects.order_by("position").values_list("pk", flat=True))
    return Order(ids, rules.as_written())


def _typed(request: HttpRequest) -> Order:
    """The order and the switches as sent, over the rules as they are: one that the page did not know comes last."""
    now = as_it_is()
    by_id = dict(zip(now.ids, now.written, strict=True))
    sent = [int(each) for each in request.POST.getlist("rule") if each.isdecimal() and len(each) < 19]
    ids = list(dict.fromkeys([*(each for each in sent if each in by_id), *now.ids]))
    on = set(request.POST.getlist("on"))
    known = set(sent)
    return Order(
        ids,
        [by_id[each] | ({"enabled": str(each) in on} if each in known else {}) for each in ids],
    )


def _moved(order: Order, move: str) -> Order:
    """The order with one rule a place up or down: ``<id>:up``."""
    which, _, way = move.partition(":")
    if not which.isdecimal() or int(which) not in order.ids:
        return order
    here = order.ids.index(int(which))
    there = here - 1 if way == "up" else here + 1
    if not 0 <= there < len(order.ids):
        return order
    ids, written = list(order.ids), list(order.written)
    ids.insert(there, ids.pop(here))
    written.insert(there, written.pop(here))
    return Order(ids, written)


def _what(order: Order) -> str:
    return in_a_line(rules.differences_from_now(order.written)) or gettext("The rules as they are")


def in_a_line(lines: Sequence[str]) -> str:
    """A change in a line: Change.what has at most so many characters."""
    joined = "; ".join(lines)
    return joined if len(joined) <= 300 else f"{joined[:299]}…"


def _page(
    request: HttpRequest,
    order: Order,
    *,
    findings: Sequence[Finding] | None = None,
    foreseen: Foreseen | None = None,
    changed_meanwhile: bool = False,
    why_error: str = "",
) -> HttpResponse:
    """The page with the order as typed, whatever became of it."""
    names = rules.names()
    found = rules.check(order.written) if findings is None else findings
    caught = rules.caught_lately()
    version = RoutingVersion.objects.select_related("saved_by").first()
    rows = [
        Row(
            each,
            number,
            rule["name"],
            rule["enabled"],
            sentences.of(rule, names),
            caught.get(each, Caught(0, more=False)),
            [finding for finding in found if finding.number == number],
        )
        for number, (each, rule) in enumerate(zip(order.ids, order.written, strict=True), start=1)
    ]
    context: dict[str, Any] = {
        "rules": rows,
        "findings": [finding for finding in found if not finding.number],
        "version": version,
        "number": request.POST.get("version", version.number if version else 0),
        "why": request.POST.get("why", ""),
        "why_error": why_error,
        "changed_meanwhile": changed_meanwhile,
        "differences": rules.differences_from_now(order.written) if request.method == "POST" else [],
        "foreseen": foreseen,
        "moved": request.POST.get("move", "").partition(":")[0],
    }
    refused = changed_meanwhile or why_error or ("move" not in request.POST and rules.errors(found))
    return render(
        request,
        "moderation/rules.html",
        context,
        status=422 if request.method == "POST" and refused else 200,
    )
