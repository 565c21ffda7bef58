"""The audit trail, for admins: what happened as sentences, latest first, and whether it still is as it was sealed.

A page never reads more than ``WINDOW`` Events, however many there are and however seldom the filter finds one: where
it finds too few among those, the page says so and goes on from there. Each look is an Event.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django import forms
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from moderation import audit as trail
from moderation.console import words
from moderation.console.request import moderator
from moderation.console.sentences import KINDS
from moderation.console.sentences.wording import names_in, sentence, without_referrals
from moderation.models import Event, Item, Seal
from moderation.referrals.access import SECRET, may_see_referrals, visible_events
from moderation.sealing.standing import Standing, standing_of

PAGE: Final = 50
WINDOW: Final = 5_000
# By how much writers may overtake each other, and clocks differ: numbers are looked up for a moment so much away.
SLACK: Final = timedelta(minutes=10)
MOST_ITEMS: Final = 10
Filter = dict[str, Any]


@dataclass(frozen=True)
class Shown:
    """An Event as the page shows it."""

    event: Event
    sentence: SafeString
    facts: list[tuple[str, str]]
    standing: Standing | None


@dataclass(frozen=True)
class Found:
    """Events that match, latest first; ``older``: the number before which to go on, ``searched_on``: as the window
    ended before the page was full."""

    events: list[Event]
    older: int | None
    searched_on: bool


class FilterForm(forms.Form):
    """What to show. Moments are in UTC."""

    person = forms.ModelChoiceField(
        User.objects.order_by("username"), required=False, empty_label=_("anybody, and Fairlead itself")
    )
    kind = forms.ChoiceField(required=False)
    case = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    item_kind = forms.ChoiceField(required=False, choices=[("", _("any kind")), *Item.Kind.choices])
    item = forms.CharField(required=False, max_length=200)
    since = forms.DateTimeField(required=False)
    until = forms.DateTimeField(required=False)
    before = forms.IntegerField(required=False, min_value=-(2**63), max_value=2**63 - 1)

    def __init__(self, *args: Any, kinds: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["kind"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  for the types
        field.choices = [("", _("anything")), *((kind, in_short(kind)) for kind in kinds)]

    def clean(self) -> Filter:
        if self.cleaned_data.get("item_kind") and not self.cleaned_data.get("item") and not self.errors:
            self.add_error("item", _("Give the id of the item as well."))
        return self.cleaned_data


def audit(request: HttpRequest) -> HttpResponse:
    """The page (``?person=&kind=&case=&item_kind=&item=&since=&until=&before=``). A constant number of statements."""
    user = moderator(request)
    cleared = may_see_referrals(user)
    kinds = [kind for kind in KINDS if cleared or not kind.startswith(SECRET)]
    form = FilterForm(request.GET, kinds=kinds)
    chosen: Filter = form.cleaned_data if form.is_valid() else {}
    found = find(chosen, user) if form.is_valid() else Found([], None, False)
    asked = {
        name: str(value.pk if isinstance(value, User) else value) for name, value in chosen.items() if value
    }
    before = asked.pop("before", None)
    looked: dict[str, Any] = {"filter": asked} | ({"before": int(before)} if before else {})
    trail.record("audit.viewed", trail.person(user), **looked)
    context = {
        "form": form,
        "shown": shown(found.events, cleared=cleared),
        "older": found.older,
        "searched_on": found.searched_on,
        "window": WINDOW,
        "filtered": bool(asked) or not form.is_valid(),
        "paged": before is not None,
        "cleared": cleared,
        "last_seal": Seal.objects.only("number", "sealed_at", "last_event").order_by("-number").first(),
    }
    return render(request, "moderation/audit.html", context)


def in_short(kind: str) -> str:
    """``case.claimed`` → ``case: claimed``."""
    return kind.replace(".", ": ", 1).replace("_", " ")


def find(chosen: Filter, user: User) -> Found:
    """What matches the filter, of what she may see. Two statements, and up to three for items and moments."""
    near = _near(chosen).order_by("-id")
    if chosen.get("before") is not None:
        near = near.filter(id__lt=chosen["before"])
    floor = near.values_list("id", flat=True)[WINDOW - 1 : WINDOW].first()
    if floor is not None:
        near = near.filter(id__gte=floor)
    matching = visible_events(user, near)
    if chosen.get("kind"):
        matching = matching.filter(kind=chosen["kind"])
    if chosen.get("person"):
        matching = matching.filter(actor=Event.Actor.PERSON, actor_id=chosen["person"].pk)
    if chosen.get("case"):
        matching = matching.filter(case_id=chosen["case"])
    if chosen.get("since"):
        matching = matching.filter(at__gte=chosen["since"])
    if chosen.get("until"):
        matching = matching.filter(at__lte=chosen["until"])
    events = list(matching[: PAGE + 1])
    if len(events) > PAGE:
        return Found(events[:PAGE], events[PAGE - 1].id, False)
    return Found(events, floor, floor is not None)


def _near(chosen: Filter) -> QuerySet[Event]:
    """The Events that one index leads to: the part of the filter that leaves the fewest, and the moments."""
    near = Event.objects.all()
    if chosen.get("item"):
        near = near.filter(item_id__in=_items(chosen))
    elif chosen.get("case"):
        near = near.filter(case_id=chosen["case"])
    elif chosen.get("person"):
        near = near.filter(actor=Event.Actor.PERSON, actor_id=chosen["person"].pk)
    elif chosen.get("kind"):
        near = near.filter(kind=chosen["kind"])
    if chosen.get("since"):
        near = near.filter(id__gte=number_at(chosen["since"], -SLACK))
    if chosen.get("until"):
        near = near.filter(id__lt=number_at(chosen["until"], SLACK))
    return near


def _items(chosen: Filter) -> list[int]:
    """Items of the platforms by this name. Its own statement, so that the planner knows how few they are."""
    named = Item.objects.filter(external_id=chosen["item"])
    if chosen.get("item_kind"):
        named = named.filter(kind=chosen["item_kind"])
    return list(named.order_by("pk").values_list("pk", flat=True)[:MOST_ITEMS])


def number_at(moment: datetime, away: timedelta) -> int:
    """The number of the first Event at or after what is so much away from a moment, as numbers rise with time."""
    with connection.cursor() as cursor:
        # Added there, where the year 1 is not the first.
        cursor.execute(
            "SELECT event_number_at(%s::timestamptz + make_interval(secs => %s))",
            [moment, away.total_seconds()],
        )
        return int(cursor.fetchone()[0])


def shown(events: list[Event], *, cleared: bool) -> list[Shown]:
    names, standing = names_in(events), standing_of([each.id for each in events])
    return [
        Shown(
            each,
            sentence(each, names, cleared=cleared),
            words.facts(each.data if cleared else without_referrals(each.data)),
            standing.get(each.id),
        )
        for each in events
    ]
