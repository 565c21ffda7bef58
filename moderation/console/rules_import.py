"""The rules as a file, for admins: taken out, and taken in after a look at what would change."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext

from moderation import audit
from moderation.console.foreseeing import Foreseen, foreseen
from moderation.console.request import moderator
from moderation.console.rules import expected, in_a_line, saved
from moderation.foresight.change import Change
from moderation.routing import rules, rules_file
from moderation.routing.rules import BadRules, NoReason, RulesChanged
from moderation.routing.rules_file import BadFile
from moderation.routing.written import Finding, Rule, read


def export_routing_rules(request: HttpRequest) -> HttpResponse:
    """Every rule, as a file to keep, to compare or to take in elsewhere."""
    day = timezone.now().date().isoformat()
    return HttpResponse(
        rules_file.write(rules.as_written()),
        content_type="application/json; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="routing-rules-{day}.json"'},
    )


def import_routing_rules(request: HttpRequest) -> HttpResponse:
    """A file is chosen, what it would change is shown, and only then it is saved: all of it or nothing."""
    if request.method != "POST":
        return _page(request)
    try:
        text, written = _sent(request)
    except BadFile as error:
        return _page(request, file_error=str(error))
    if "save" not in request.POST:
        return _page(request, text, written, foresee="foresee" in request.POST)
    by, why = audit.person(moderator(request)), request.POST.get("why", "")
    try:
        version = rules.save(written, by, why, expected(request))
    except RulesChanged:
        return _page(request, text, written, changed_meanwhile=True)
    except NoReason as error:
        return _page(request, text, written, why_error=str(error))
    except BadRules:
        return _page(request, text, written)
    return saved(request, version)


def _sent(request: HttpRequest) -> tuple[str, list[Any]]:
    """The file's text, and the rules in it: chosen now, or carried along from the preview. Raises BadFile."""
    file = request.FILES.get("file")
    if file is not None:
        if (file.size or 0) > rules_file.MOST_BYTES:
            raise BadFile(gettext("The file is larger than a megabyte"))
        data = file.read()
    elif text := request.POST.get("rules", ""):
        data = text.encode("utf-8", "surrogatepass")
    else:
        raise BadFile(gettext("Choose a file"))
    return data.decode("utf-8", "replace"), rules_file.read(data)


def _page(
    request: HttpRequest,
    text: str = "",
    written: list[Any] | None = None,
    *,
    file_error: str = "",
    why_error: str = "",
    changed_meanwhile: bool = False,
    foresee: bool = False,
) -> HttpResponse:
    found: list[Finding] = []
    told: list[Rule] = []
    shown: Foreseen | None = None
    changes: list[str] = []
    if written is not None:
        found, told = rules.check(written), read(written).rules
    wrong = bool(rules.errors(found))
    if written is not None and not wrong:
        changes = rules.differences_from_now(told)
        if foresee and changes:
            shown = foreseen(Change(in_a_line(changes), rules=told))
    context: dict[str, Any] = {
        "text": text,
        "read": written is not None,
        "rules": told,
        "differences": changes,
        "findings": [(each, _name(told, each.number)) for each in found],
        "wrong": wrong,
        "file_error": file_error,
        "version": request.POST.get("version") or rules.latest(),
        "why": request.POST.get("why", ""),
        "why_error": why_error,
        "changed_meanwhile": changed_meanwhile,
        "foreseen": shown,
    }
    refused = wrong or file_error or why_error or changed_meanwhile
    return render(request, "moderation/rules_import.html", context, status=422 if refused else 200)


def _name(told: list[Rule], number: int) -> str:
    return told[number - 1]["name"] if 0 < number <= len(told) else ""
