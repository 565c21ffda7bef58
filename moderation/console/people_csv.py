"""People's skills as a CSV file: taken out, and brought in after a look at what it would change."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from accounts.models import Clearance, Level, User
from moderation.console.foreseeing import Foreseen, foreseen
from moderation.console.request import moderator
from moderation.foresight.change import Change
from moderation.staffing import csv_file, csv_text
from moderation.staffing.changing import BadSetup, PeopleChanged, Proposal, change
from moderation.staffing.csv_text import Broken
from moderation.staffing.differences import Difference, between
from moderation.staffing.setups import Kept, PersonSetup, as_change, kept

FILE_NAME: Final = "fairlead-people.csv"
# More would not help whoever mends the file.
MOST_BROKEN: Final = 100


@dataclass(frozen=True)
class Changed:
    """What would be different with a person."""

    person: Kept
    differences: list[Difference]


@dataclass
class Preview:
    """What a file would do: ``changed`` people, or the ``broken`` lines for which it does nothing at all."""

    text: str
    replaces: bool
    broken: list[Broken] = field(default_factory=list)
    setups: dict[int, PersonSetup] = field(default_factory=dict)
    changed: list[Changed] = field(default_factory=list)
    versions: dict[int, int] = field(default_factory=dict)

    @property
    def versions_json(self) -> str:
        """The version of each person that the file names: it is saved only if they are still at these."""
        return json.dumps(self.versions)


def people_csv_file(request: HttpRequest) -> HttpResponse:
    """Everybody's skills and clearances. Five statements."""
    everybody = kept(User.objects.order_by("username")).values()
    answer = HttpResponse(csv_file.written(everybody), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{FILE_NAME}"'
    return answer


def people_csv(request: HttpRequest) -> HttpResponse:
    """The page: a file is looked at first (``preview``, ``foresee``); then the same text is saved (``save``)."""
    if request.method != "POST":
        return _page(request)
    preview = _preview(request)
    if preview is None:
        return _page(request, missing=True)
    if preview.broken or "preview" in request.POST or not preview.changed:
        return _page(request, preview)
    if "foresee" in request.POST:
        changes = tuple(as_change(each.person.id, preview.setups[each.person.id]) for each in preview.changed)
        what = gettext("The file would be brought in")
        return _page(request, preview, foreseen=foreseen(Change(what=what, people=changes)))
    versions = read_versions(request.POST.get("versions", ""))
    proposals = {person: Proposal(versions.get(person, 0), setup) for person, setup in preview.setups.items()}
    try:
        changed = change(proposals, moderator(request), "csv")
    except PeopleChanged as error:
        return _page(request, preview, changed_meanwhile=error.people)
    except BadSetup as error:
        # Her own role and sign-in are not in the file: what is wrong here became so since it was looked at.
        preview.broken = [Broken(0, 0, "", str(error))]
        return _page(request, preview)
    messages.success(request, saved_in_words(len(changed)))
    return HttpResponseRedirect(reverse("people"))


def saved_in_words(count: int) -> str:
    return ngettext(
        "Saved: %(count)s person has changed. It holds from now on, on every open board too.",
        "Saved: %(count)s people have changed. It holds from now on, on every open board too.",
        count,
    ) % {"count": count}


def read_versions(typed: str) -> dict[int, int]:
    """The versions that a form carries, by person; nothing where they are broken."""
    try:
        read = json.loads(typed)
        return {int(person): version for person, version in read.items() if type(version) is int}
    except (ValueError, AttributeError, RecursionError):
        return {}


def _preview(request: HttpRequest) -> Preview | None:
    """What the file that was sent, or its text, would do. None where there is neither."""
    replaces = request.POST.get("mode") == "replace"
    sent: Any = request.FILES.get("file")
    if sent is not None:
        text = csv_text.decoded(sent.read(csv_text.MOST_BYTES + 1))
    elif request.POST.get("text"):
        text = csv_text.decoded(request.POST["text"].encode("utf-8", "replace"))
    else:
        return None
    if isinstance(text, Broken):
        return Preview("", replaces, broken=[text])
    everybody = kept(User.objects.order_by("username"))
    read = csv_file.read(
        text,
        {each.username: each for each in everybody.values()},
        set(Clearance.objects.values_list("slug", flat=True)),
        timezone.now(),
        replaces=replaces,
    )
    changed = [
        Changed(everybody[person], differences)
        for person, setup in read.setups.items()
        if (differences := between(everybody[person].setup, setup))
    ]
    versions = {person: everybody[person].version for person in read.setups}
    return Preview(text, replaces, read.broken, read.setups, [] if read.broken else changed, versions)


def _page(
    request: HttpRequest,
    preview: Preview | None = None,
    *,
    missing: bool = False,
    changed_meanwhile: tuple[Kept, ...] = (),
    foreseen: Foreseen | None = None,
) -> HttpResponse:
    refused = missing or bool(changed_meanwhile) or bool(preview and preview.broken)
    context = {
        "preview": preview,
        "missing": missing,
        "changed_meanwhile": changed_meanwhile,
        "foreseen": foreseen,
        "broken": preview.broken[:MOST_BROKEN] if preview else [],
        "clearances": dict(Clearance.objects.values_list("slug", "name")),
        "levels": Level.choices,
    }
    return render(request, "moderation/people_csv.html", context, status=422 if refused else 200)
