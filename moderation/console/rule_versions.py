"""The versions of the rules, for admins: who changed what, when and why; and the way back to any of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from moderation import audit
from moderation.console.request import moderator
from moderation.console.rules import expected, saved
from moderation.models import RoutingVersion
from moderation.routing import rules
from moderation.routing.differences import differences
from moderation.routing.rules import BadRules, RulesChanged

PAGE: Final = 20


@dataclass(frozen=True)
class Shown:
    """A version, and what it changed, in words; nothing where it is the first."""

    version: RoutingVersion
    differences: list[str]
    first: bool


def routing_versions(request: HttpRequest) -> HttpResponse:
    """The latest PAGE versions, or those up to the one named in ``from``. A constant number of statements."""
    newest = request.GET.get("from", "")
    found = RoutingVersion.objects.select_related("saved_by").order_by("-number")
    if newest.isdecimal() and len(newest) < 9:
        found = found.filter(number__lte=int(newest))
    versions = list(found[: PAGE + 1])
    names = rules.names()
    shown = [
        Shown(
            version,
            differences(before.rules, version.rules, names) if before else [],
            first=before is None,
        )
        for version, before in zip(versions, [*versions, None][1:], strict=True)
    ]
    context = {
        "versions": shown[:PAGE],
        "older": versions[PAGE].number if len(versions) > PAGE else None,
        "latest": rules.latest(),
        "names": names,
    }
    return render(request, "moderation/rule_versions.html", context)


def roll_back_routing_rules(request: HttpRequest, number: int) -> HttpResponse:
    """Make the rules what they were, if they still are as the page showed them."""
    try:
        version = rules.roll_back(number, audit.person(moderator(request)), expected=expected(request))
    except RoutingVersion.DoesNotExist:
        raise Http404 from None
    except RulesChanged as error:
        messages.error(request, error.words)
    except BadRules as error:
        for each in rules.errors(error.findings)[:5]:
            messages.error(request, each.words)
    else:
        return saved(request, version)
    return HttpResponseRedirect(reverse("routing-versions"))
