"""Out-of-court disputes and the bodies that settle them, kept by admins."""

from __future__ import annotations

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from appeals import disputes
from appeals.desk_forms import BodyForm, DisputeForm
from appeals.models import Dispute, DisputeBody
from moderation.console.request import moderator

MOST_SHOWN = 200


def list_disputes(request: HttpRequest) -> HttpResponse:
    """The latest of all, those that are open first."""
    every = list(disputes.every()[:MOST_SHOWN])
    return render(request, "appeals/desk/disputes.html", {"disputes": every})


def new_dispute(request: HttpRequest) -> HttpResponse:
    """With ``?decision=`` the number of the decision is filled in."""
    empty = {"decision": request.GET.get("decision", ""), "opened_on": timezone.now().date()}
    form = DisputeForm(request.POST) if request.method == "POST" else DisputeForm(initial=empty)
    return _dispute_page(request, form, Dispute())


def edit_dispute(request: HttpRequest, dispute_id: int) -> HttpResponse:
    found = get_object_or_404(Dispute.objects.select_related("decision__item"), pk=dispute_id)
    form = DisputeForm.of(found, request.POST if request.method == "POST" else None)
    return _dispute_page(request, form, found)


def bodies(request: HttpRequest) -> HttpResponse:
    """The list, or one more."""
    form = BodyForm(request.POST) if request.method == "POST" else BodyForm()
    if form.is_bound and _saved_body(request, form, DisputeBody()):
        return HttpResponseRedirect(reverse("dispute-bodies"))
    every = DisputeBody.objects.order_by("-in_use", "name")
    return _page(request, "bodies", form, bodies=every)


def body(request: HttpRequest, body_id: int) -> HttpResponse:
    found = get_object_or_404(DisputeBody, pk=body_id)
    name = found.name
    form = BodyForm.of(found, request.POST if request.method == "POST" else None)
    if form.is_bound and _saved_body(request, form, found):
        return HttpResponseRedirect(reverse("dispute-bodies"))
    return _page(request, "body", form, title=name)


def _dispute_page(request: HttpRequest, form: DisputeForm, dispute: Dispute) -> HttpResponse:
    if form.is_bound and form.is_valid():
        try:
            with transaction.atomic():
                saved = disputes.save(form.write_to(dispute), moderator(request))
        except IntegrityError:
            form.add_error("reference", gettext("This dispute is recorded already"))
        else:
            messages.success(request, gettext("Saved: %(reference)s.") % {"reference": saved.reference})
            return HttpResponseRedirect(reverse("disputes"))
    return _page(request, "dispute", form, dispute=dispute, any_body=DisputeBody.objects.exists())


def _saved_body(request: HttpRequest, form: BodyForm, body: DisputeBody) -> bool:
    if not form.is_valid():
        return False
    try:
        with transaction.atomic():
            saved = disputes.save_body(form.write_to(body), moderator(request))
    except IntegrityError:
        form.add_error("name", gettext("This body is in the list already"))
        return False
    messages.success(request, gettext("Saved: “%(name)s”.") % {"name": saved.name})
    return True


def _page(request: HttpRequest, name: str, form: BodyForm | DisputeForm, **context: object) -> HttpResponse:
    shown = {"form": form, "refused": form.is_bound} | context
    return render(request, f"appeals/desk/{name}.html", shown, status=422 if form.is_bound else 200)
