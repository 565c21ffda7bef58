"""The list of authorities that referrals go to, kept by admins."""

from __future__ import annotations

from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from moderation.console.referral_forms import AuthorityForm, countries
from moderation.console.request import moderator
from moderation.models import Authority
from moderation.referrals import authorities as keeping


def authorities(request: HttpRequest) -> HttpResponse:
    """The list, or one more."""
    if request.method != "POST":
        return _list(request, AuthorityForm())
    form = AuthorityForm(request.POST)
    if not form.is_valid() or not _saved(request, form, Authority()):
        return _list(request, form)
    return HttpResponseRedirect(reverse("authorities"))


def authority(request: HttpRequest, authority_id: int) -> HttpResponse:
    """One of them, or what was changed of it."""
    found = get_object_or_404(Authority, pk=authority_id)
    name = found.name
    form = AuthorityForm.of(found, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid() and _saved(request, form, found):
        return HttpResponseRedirect(reverse("authorities"))
    context = {"name": name, "form": form, "refused": form.is_bound}
    return render(request, "moderation/authority.html", context, status=422 if form.is_bound else 200)


def _saved(request: HttpRequest, form: AuthorityForm, authority: Authority) -> bool:
    try:
        saved = keeping.save(form.write_to(authority), moderator(request))
    except IntegrityError:
        form.add_error("name", _("This authority is in the list already"))
        return False
    messages.success(request, _("Saved: “%(name)s”.") % {"name": saved.name})
    return True


def _list(request: HttpRequest, form: AuthorityForm) -> HttpResponse:
    names = dict(countries())
    every = [(each, names.get(each.country, "")) for each in Authority.objects.order_by("country", "name")]
    context = {"authorities": every, "form": form, "refused": form.is_bound}
    return render(request, "moderation/authorities.html", context, status=422 if form.is_bound else 200)
