"""The keyword lists, for admins: all of them, and one to change or to try on a text."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db import IntegrityError
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from moderation import audit, languages
from moderation.console import doubted_terms
from moderation.console.marking import Marked, mark
from moderation.console.request import moderator
from moderation.detectors.doubts import waiting
from moderation.detectors.lists import (
    LONGEST_TERM,
    MOST_TERMS,
    ListChanged,
    ListFields,
    TermTooLong,
    TooManyTerms,
    change_list,
    create_list,
    read_terms,
)
from moderation.detectors.normalised import normalise
from moderation.detectors.terms import NothingToLookFor, Terms
from moderation.models import KeywordList, Policy


class KeywordListForm(forms.Form):
    """A list as typed. ``sample`` is a text to try it on, and is not kept."""

    name = forms.CharField(max_length=120)
    slug = forms.SlugField(max_length=50)
    language = forms.CharField(max_length=35, required=False)
    policy = forms.ModelChoiceField(Policy.objects.order_by("name"), empty_label=None)
    score = forms.FloatField(min_value=0, max_value=1, initial=0.7)
    enabled = forms.BooleanField(required=False, initial=True)
    terms = forms.CharField(required=False, strip=False)
    sample = forms.CharField(required=False, strip=False, max_length=20_000)

    def clean_language(self) -> str:
        try:
            tag = languages.normalise(self.cleaned_data["language"]) if self.cleaned_data["language"] else ""
        except languages.UnknownLanguage as error:
            raise forms.ValidationError(
                _("This is not a BCP 47 language tag, such as th or zh-Hant")
            ) from error
        if tag in languages.SPECIAL:
            raise forms.ValidationError(_("Leave it empty for a list that is for any language"))
        return tag

    def clean_terms(self) -> tuple[str, ...]:
        try:
            return read_terms(self.cleaned_data["terms"])
        except NothingToLookFor as error:
            raise forms.ValidationError(
                _("“%(term)s” leaves nothing to look for"), params={"term": error.written}
            ) from error
        except TermTooLong as error:
            raise forms.ValidationError(
                _("“%(term)s…” is longer than %(most)s characters"),
                params={"term": error.written[:40], "most": LONGEST_TERM},
            ) from error
        except TooManyTerms as error:
            raise forms.ValidationError(
                _("A list holds at most %(most)s terms; these are %(count)s"),
                params={"most": MOST_TERMS, "count": error.count},
            ) from error

    def fields_of_list(self) -> ListFields:
        data = self.cleaned_data
        return ListFields(
            name=data["name"],
            language=data["language"],
            policy=data["policy"],
            score=data["score"],
            enabled=data["enabled"],
            terms=data["terms"],
        )


def keyword_lists(request: HttpRequest) -> HttpResponse:
    """Every list. Two statements, however many there are."""
    lists = (
        KeywordList.objects.select_related("policy")
        .annotate(
            terms=Count("keywords", distinct=True),
            doubted=Count("doubts__term", filter=Q(doubts__in=waiting()), distinct=True),
        )
        .order_by("policy__name", "name")
    )
    return render(request, "moderation/keyword_lists.html", {"lists": lists})


def new_keyword_list(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request, KeywordListForm())
    form = KeywordListForm(request.POST)
    if not form.is_valid() or "try" in request.POST:
        return _page(request, form)
    try:
        made = create_list(form.cleaned_data["slug"], form.fields_of_list(), audit.person(moderator(request)))
    except IntegrityError:
        form.add_error("slug", _("There is a list with this slug already"))
        return _page(request, form)
    return _saved(request, made)


def keyword_list(request: HttpRequest, list_id: int) -> HttpResponse:
    """One list: shown, tried on a text (``try``), or changed. Its slug stays: flags and Events name it."""
    found = get_object_or_404(KeywordList.objects.select_related("policy"), pk=list_id)
    if request.method != "POST":
        return _page(request, KeywordListForm(initial=_initial(found)), found)
    data = request.POST.copy()
    data["slug"] = found.slug
    if asked := doubted_terms.asked(data):
        # What she typed beside it stays as it is, saved or not.
        sure = doubted_terms.answer(request, found, data, asked)
        return _page(request, KeywordListForm(data), found, answered=True, sure=sure)
    form = KeywordListForm(data)
    if not form.is_valid() or "try" in request.POST:
        return _page(request, form, found)
    version = request.POST.get("version", "")
    try:
        changed = change_list(
            found.pk,
            int(version) if version.isdecimal() and len(version) < 10 else 0,
            form.fields_of_list(),
            audit.person(moderator(request)),
        )
    except ListChanged as error:
        return _page(request, form, found, changed_meanwhile=error.version)
    return _saved(request, changed)


def _page(
    request: HttpRequest,
    form: KeywordListForm,
    found: KeywordList | None = None,
    changed_meanwhile: int | None = None,
    answered: bool = False,
    sure: str = "",
) -> HttpResponse:
    """The page with the form as typed, whatever became of it.

    ``answered``: a term in doubt was, not the form; ``sure``: the term that she is asked about once more.
    """
    version = form.data.get("version") if form.is_bound else None
    context: dict[str, Any] = {
        "form": form,
        "list": found,
        "version": version or (found.version if found else ""),
        "changed_meanwhile": changed_meanwhile,
        "tried": _tried(form) if form.is_bound and "try" in form.data else None,
        "doubted": doubted_terms.shown(found) if found else [],
        "sure": sure,
        "answered": answered,
    }
    refused = not answered and (changed_meanwhile is not None or (form.is_bound and bool(form.errors)))
    return render(request, "moderation/keyword_list.html", context, status=422 if refused else 200)


def _tried(form: KeywordListForm) -> Marked | None:
    """The sample with what the terms, as typed, find in it."""
    if "terms" not in form.cleaned_data or "sample" not in form.cleaned_data:
        return None
    sample = form.cleaned_data["sample"]
    matches = Terms(form.cleaned_data["terms"]).find(sample, normalise(sample))
    return mark(sample, [(match.start, match.end, number) for number, match in enumerate(matches, 1)])


def _initial(found: KeywordList) -> dict[str, Any]:
    terms = found.keywords.order_by("term").values_list("term", flat=True)
    return {
        "name": found.name,
        "slug": found.slug,
        "language": found.language,
        "policy": found.policy,
        "score": found.score,
        "enabled": found.enabled,
        "terms": "\n".join(terms),
    }


def _saved(request: HttpRequest, saved: KeywordList) -> HttpResponse:
    count = saved.keywords.count()
    text = ngettext(
        "Saved: “%(name)s” is at version %(version)s with %(count)s term. Workers look for it from now on.",
        "Saved: “%(name)s” is at version %(version)s with %(count)s terms. Workers look for them from now on.",
        count,
    )
    if not saved.enabled:
        text = gettext("Saved: “%(name)s” is at version %(version)s and switched off.")
    messages.success(request, text % {"name": saved.name, "version": saved.version, "count": count})
    return HttpResponseRedirect(reverse("keyword-list", args=[saved.pk]))
