"""The policies, for admins: all of them, one to change, and each as it was at every version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Platform
from moderation import audit, dsa_categories, languages
from moderation.actions import ACTIONS
from moderation.console.policy_form import PolicyForm, as_typed, in_order, initial, language_to_add, tags_of
from moderation.console.request import moderator
from moderation.known_languages import OFFERED
from moderation.models import Policy, PolicyVersion
from moderation.policies import PolicyChanged, change_policy, create_policy, differences, fields_of
from moderation.statements import example_of_rule
from moderation.statements.policy_texts import PLACEHOLDERS

VERSIONS: Final = 20
FIELDS: Final = {
    "name": _("name"),
    "severity": _("severity"),
    "guidelines": _("guidelines"),
    "allowed_actions": _("actions"),
    "sla_minutes": _("due time"),
    "dsa_category": _("DSA category"),
    "dsa_keyword": _("DSA keyword"),
    "ground": _("ground"),
    "legal_ground": _("the law"),
    "public_names": _("public name"),
    "public_texts": _("public text"),
}


@dataclass(frozen=True)
class Shown:
    """A version, and what was changed by it, in words; nothing where it is the first."""

    version: PolicyVersion
    changes: list[str]
    first: bool


@dataclass(frozen=True)
class Example:
    """The rule in one language as a person would read it, with values made up for its placeholders."""

    tag: str
    name: str
    text: str


def policies(request: HttpRequest) -> HttpResponse:
    """Every policy. Three statements, however many there are."""
    found = [
        {
            "policy": policy,
            "actions": [str(ACTIONS[slug].label) for slug in policy.allowed_actions if _is_offered(slug)],
            "category": dsa_categories.in_words(policy.dsa_category),
            "texts": len(policy.public_texts),
        }
        for policy in Policy.objects.order_by("-severity", "name")
    ]
    return render(request, "moderation/policies.html", {"policies": found})


def new_policy(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request, PolicyForm(tags=tags_of(None), initial={"severity": 3, "ground": "terms"}))
    if "add" in request.POST:
        return _with_language(request, None)
    form = _typed(request, None)
    if not form.is_valid() or "preview" in request.POST:
        return _page(request, form)
    fields = form.fields_of_policy(None)
    try:
        with transaction.atomic():
            made = create_policy(form.cleaned_data["slug"], fields, audit.person(moderator(request)))
    except IntegrityError:
        form.add_error("slug", _("There is a policy with this slug already"))
        return _page(request, form)
    return _saved(request, made)


def policy(request: HttpRequest, policy_id: int) -> HttpResponse:
    """One policy: shown, tried (``preview``), given another language (``add``), or changed. Its slug stays."""
    found = get_object_or_404(Policy, pk=policy_id)
    if request.method != "POST":
        return _page(request, PolicyForm(tags=tags_of(found), initial=initial(found, found.slug)), found)
    if "add" in request.POST:
        return _with_language(request, found)
    form = _typed(request, found)
    if not form.is_valid() or "preview" in request.POST:
        return _page(request, form, found)
    version = request.POST.get("version", "")
    try:
        changed = change_policy(
            found.pk,
            int(version) if version.isdecimal() and len(version) < 10 else 0,
            form.fields_of_policy(found),
            audit.person(moderator(request)),
        )
    except PolicyChanged as error:
        return _page(request, form, found, changed_meanwhile=error.version)
    return _saved(request, changed)


def policy_version(request: HttpRequest, policy_id: int, version: int) -> HttpResponse:
    """A policy as it was: what people were held to then."""
    found = get_object_or_404(
        PolicyVersion.objects.select_related("policy"), policy=policy_id, version=version
    )
    tags = in_order({*found.public_texts, *found.public_names})
    context = {
        "version": found,
        "policy": found.policy,
        "told": [
            Example(tag, found.public_names.get(tag, ""), found.public_texts.get(tag, "")) for tag in tags
        ],
        "actions": [str(ACTIONS[slug].label) for slug in found.allowed_actions if _is_offered(slug)],
        "category": dsa_categories.in_words(found.dsa_category),
        "keyword": dsa_categories.in_words(found.dsa_keyword) if found.dsa_keyword else "",
    }
    return render(request, "moderation/policy_version.html", context)


def _typed(request: HttpRequest, found: Policy | None) -> PolicyForm:
    data = request.POST.copy()
    if found is not None:
        data["slug"] = found.slug
    return PolicyForm(data, tags=tags_of(found, request.POST))


def _with_language(request: HttpRequest, found: Policy | None) -> HttpResponse:
    """The page as typed with fields for another language. Nothing else of it is looked at yet."""
    tags, error = tags_of(found, request.POST), ""
    try:
        tags.add(language_to_add(request.POST.get("add_language", "")))
    except ValidationError as wrong:
        error = wrong.messages[0]
    return _page(request, as_typed(request.POST, tags), found, add_error=error)


def _page(
    request: HttpRequest,
    form: PolicyForm,
    found: Policy | None = None,
    changed_meanwhile: int | None = None,
    add_error: str = "",
) -> HttpResponse:
    """The page with everything as typed, whatever became of it."""
    refused = changed_meanwhile is not None or (form.is_bound and bool(form.errors))
    context: dict[str, Any] = {
        "form": form,
        "policy": found,
        "told": form.told(),
        "examples": _examples(form) if "preview" in form.data else [],
        "placeholders": [f"{{{name}}}" for name in PLACEHOLDERS],
        "version": request.POST.get("version") or (found.version if found else ""),
        "changed_meanwhile": changed_meanwhile,
        "refused": refused,
        "add_error": add_error,
        "versions": _versions(found) if found else [],
        "languages": OFFERED,
    }
    return render(request, "moderation/policy.html", context, status=422 if refused or add_error else 200)


def _examples(form: PolicyForm) -> list[Example]:
    platform = Platform.objects.order_by("pk").values_list("name", flat=True).first()
    ends = timezone.now() + timedelta(days=30)
    return [
        Example(each.tag, each.name, example_of_rule(each.text, each.tag, platform or "", ends))
        for each in form.told()
        if each.written and not each.wrong
    ]


def _versions(found: Policy) -> list[Shown]:
    """The latest of them, each with what it changed. One statement."""
    kept = list(found.versions.order_by("-version")[: VERSIONS + 1])
    shown = [
        Shown(version, _in_words(before, version) if before else [], before is None)
        for version, before in zip(kept, [*kept, None][1:], strict=True)
    ]
    return shown[:VERSIONS]


def _in_words(before: PolicyVersion, after: PolicyVersion) -> list[str]:
    changed = []
    for each in differences(fields_of(before), fields_of(after)):
        field, _dot, tag = each.partition(".")
        changed.append(f"{FIELDS[field]} ({languages.endonym(tag)})" if tag else str(FIELDS[field]))
    return changed


def _saved(request: HttpRequest, saved: Policy) -> HttpResponse:
    text = gettext(
        "Saved: “%(name)s” is at version %(version)s. Decisions made before keep the version that they had."
    )
    messages.success(request, text % {"name": saved.name, "version": saved.version})
    return HttpResponseRedirect(reverse("policy", args=[saved.pk]))


def _is_offered(slug: str) -> bool:
    return slug in ACTIONS and not ACTIONS[slug].always
