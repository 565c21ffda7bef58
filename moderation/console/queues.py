"""The queues, for admins: all of them, one to set up, and the switch that pauses it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Clearance, User
from moderation import audit
from moderation.actions import ACTIONS
from moderation.console import steps_form
from moderation.console.foreseeing import Foreseen, foreseen
from moderation.console.queue_change import change_to, pause_of
from moderation.console.request import moderator
from moderation.console.steps_form import StepsForm
from moderation.coverage.waiting import Waiting, waiting_in
from moderation.eligibility import loading
from moderation.eligibility.steps import MOST_MINUTES
from moderation.models import Queue, RoutingRule
from moderation.models.routing import sufficient_now
from moderation.routing.queues import (
    QueueChanged,
    QueueFields,
    change_queue,
    create_queue,
    fields_of,
    set_paused,
)

SEVERITIES: Final = ("5", "4", "3", "2", "1")


class QueueForm(forms.Form):
    """A queue as typed, but for its language steps, which have a form of their own."""

    name = forms.CharField(max_length=120)
    slug = forms.SlugField(max_length=50)
    clearances = forms.ModelMultipleChoiceField(
        Clearance.objects.order_by("name"), to_field_name="slug", required=False
    )
    members_only = forms.BooleanField(required=False)
    members = forms.ModelMultipleChoiceField(User.objects.order_by("username"), required=False)
    allowed_actions = forms.MultipleChoiceField(
        choices=lambda: [(each.slug, each.label) for each in ACTIONS.values() if not each.always],
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for severity in SEVERITIES:
            self.fields[f"sla_{severity}"] = forms.IntegerField(
                min_value=1, max_value=MOST_MINUTES, required=False
            )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("members_only") and "members" in data and not data["members"]:
            self.add_error("members", _("Choose who is a member, or nobody could ever take a case"))
        return data

    def fields_of_queue(self, steps: list[dict[str, Any]]) -> QueueFields:
        data = self.cleaned_data
        sla = {severity: data[f"sla_{severity}"] for severity in SEVERITIES}
        return QueueFields(
            name=data["name"],
            clearances=[each.slug for each in data["clearances"]],
            members_only=data["members_only"],
            members=[each.pk for each in data["members"]],
            allowed_actions=data["allowed_actions"],
            steps=steps,
            sla_minutes={severity: minutes for severity, minutes in sla.items() if minutes},
        )

    def sla_fields(self) -> list[tuple[str, forms.BoundField]]:
        return [(severity, self[f"sla_{severity}"]) for severity in SEVERITIES]


@dataclass(frozen=True)
class Person:
    """Somebody who can be a member: whether she is chosen, and which clearances that are asked for she lacks."""

    user: User
    chosen: bool
    lacks: list[str]


def queues(request: HttpRequest) -> HttpResponse:
    """Every queue. A constant number of statements, however many there are and however much waits."""
    found = list(Queue.objects.prefetch_related("required_clearances", "members").order_by("name"))
    waiting = _waiting([queue.pk for queue in found])
    shown = [
        {
            "queue": queue,
            "waiting": waiting.get(queue.pk),
            "steps": steps_form.stored(queue.steps).rows,
        }
        for queue in found
    ]
    return render(request, "moderation/queues.html", {"queues": shown})


def new_queue(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request, QueueForm(), steps_form.stored(sufficient_now()))
    form, steps = QueueForm(request.POST), steps_form.typed(request.POST)
    if steps.rearranged or not form.is_valid() or steps.steps is None:
        return _page(request, form, steps)
    try:
        made = create_queue(
            form.cleaned_data["slug"], form.fields_of_queue(steps.steps), audit.person(moderator(request))
        )
    except IntegrityError:
        form.add_error("slug", _("There is a queue with this slug already"))
        return _page(request, form, steps)
    messages.success(request, gettext("Saved: the queue “%(name)s”.") % {"name": made.name})
    return HttpResponseRedirect(reverse("queue", args=[made.pk]))


def queue(request: HttpRequest, queue_id: int) -> HttpResponse:
    """One queue: shown, tried (``foresee``, ``foresee_pause``), or changed. Its slug stays: rules, files and Events
    name it.
    """
    found = get_object_or_404(Queue.objects.prefetch_related("required_clearances", "members"), pk=queue_id)
    if request.method != "POST" or "foresee_pause" in request.POST:
        tried = foreseen(pause_of(found)) if request.method == "POST" else None
        stands = QueueForm(initial=_initial(found))
        return _page(request, stands, steps_form.stored(found.steps), found, foreseen=tried)
    data = request.POST.copy()
    data["slug"] = found.slug
    form, steps = QueueForm(data), steps_form.typed(request.POST)
    if steps.rearranged or not form.is_valid() or steps.steps is None:
        return _page(request, form, steps, found)
    fields = form.fields_of_queue(steps.steps)
    if "foresee" in request.POST:
        return _page(request, form, steps, found, foreseen=foreseen(change_to(found, fields)))
    version = request.POST.get("version", "")
    try:
        saved = change_queue(
            found.pk,
            int(version) if version.isdecimal() and len(version) < 10 else 0,
            fields,
            audit.person(moderator(request)),
        )
    except QueueChanged as error:
        return _page(request, form, steps, found, changed_meanwhile=error.version)
    messages.success(
        request, gettext("Saved: the queue “%(name)s”. It holds from now on.") % {"name": saved.name}
    )
    return HttpResponseRedirect(reverse("queue", args=[found.pk]))


def pause_queue(request: HttpRequest, queue_id: int) -> HttpResponse:
    """Pause it (``paused`` is 1) or go on."""
    get_object_or_404(Queue, pk=queue_id)
    done = set_paused(queue_id, request.POST.get("paused") == "1", audit.person(moderator(request)))
    if done.paused:
        waits = _waiting([queue_id]).get(queue_id)
        count = waits.waiting if waits else 0
        text = ngettext(
            "“%(name)s” is paused: %(count)s case waits in it, and nobody is given it.",
            "“%(name)s” is paused: %(count)s cases wait in it, and nobody is given them.",
            count,
        ) % {"name": done.name, "count": count}
        messages.warning(request, text)
    else:
        messages.success(
            request, gettext("“%(name)s” goes on: its cases are given out again.") % {"name": done.name}
        )
    return HttpResponseRedirect(reverse("queue", args=[queue_id]))


def _page(
    request: HttpRequest,
    form: QueueForm,
    steps: StepsForm,
    found: Queue | None = None,
    changed_meanwhile: int | None = None,
    foreseen: Foreseen | None = None,
) -> HttpResponse:
    """The page with everything as typed, whatever became of it."""
    refused = changed_meanwhile is not None or (
        form.is_bound and not steps.rearranged and (bool(form.errors) or steps.steps is None)
    )
    context: dict[str, Any] = {
        "form": form,
        "steps": steps,
        "queue": found,
        "version": (form.data.get("version") if form.is_bound else None) or (found.version if found else ""),
        "changed_meanwhile": changed_meanwhile,
        "refused": refused,
        "foreseen": foreseen,
        "people": _people(form),
        "waiting": _waiting([found.pk]).get(found.pk) if found else None,
        "rules": RoutingRule.objects.filter(queue=found).order_by("position") if found else [],
    }
    return render(request, "moderation/queue.html", context, status=422 if refused else 200)


def _waiting(queues: Sequence[int]) -> dict[int, Waiting]:
    """What waits in these queues, those without work left out: their lanes together. One statement, by index."""
    found: dict[int, Waiting] = {}
    lanes = [lane for lane in loading.current().lanes if lane.queue in set(queues)]
    for lane, waits in waiting_in(lanes).items():
        found[lane.queue] = found[lane.queue] + waits if lane.queue in found else waits
    return found


def _people(form: QueueForm) -> list[Person]:
    """Everybody who can sign in, and who was chosen before she no longer could; the chosen ones first."""
    asked = {str(each): name for each, name in _asked(form).items()}
    chosen = {str(each) for each in form["members"].value() or []}
    people = User.objects.prefetch_related("clearances").order_by("first_name", "last_name", "username")
    shown = [
        Person(
            user,
            str(user.pk) in chosen,
            sorted(
                name
                for slug, name in asked.items()
                if slug not in {each.slug for each in user.clearances.all()}
            ),
        )
        for user in people
        if user.is_active or str(user.pk) in chosen
    ]
    return sorted(shown, key=lambda person: not person.chosen)


def _asked(form: QueueForm) -> dict[str, str]:
    """The clearances that are ticked, by slug."""
    ticked = set(form["clearances"].value() or [])
    return {each.slug: each.name for each in Clearance.objects.filter(slug__in=ticked)}


def _initial(found: Queue) -> dict[str, Any]:
    fields = fields_of(found)
    return {
        "name": fields.name,
        "slug": found.slug,
        "clearances": list(fields.clearances),
        "members_only": fields.members_only,
        "members": list(fields.members),
        "allowed_actions": list(fields.allowed_actions),
        **{f"sla_{severity}": minutes for severity, minutes in fields.sla_minutes.items()},
    }
