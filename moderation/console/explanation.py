"""Why: a case's place and who may take it, and the lanes of a person. No content is shown on either page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from accounts.models import Clearance, Role, User
from moderation import access
from moderation.console.evidence import trail
from moderation.console.request import moderator
from moderation.eligibility import loading
from moderation.eligibility.desk import Access, Desk, LaneKey
from moderation.explanations import CaseExplained, Taker, WhyNot, explain_case, explain_person
from moderation.models import Case, Exclusion, RoutingRule
from moderation.queueing.lanes import lane_of

# So many people are listed with what lets them in; the rest are counted.
LISTED: Final = 40


@dataclass(frozen=True)
class Reason:
    """A reason in a shape for the template: the clearances by name, and whom or which lanes it keeps apart."""

    why: WhyNot
    clearances: tuple[str, ...]
    people: tuple[str, ...] = ()
    queues: tuple[tuple[str, tuple[str, ...]], ...] = ()
    count: int = 0


@dataclass(frozen=True)
class Serves:
    """A lane that somebody serves; ``asks`` names what a rule asks besides the queue."""

    lane: LaneKey
    queue_name: str
    access: Access
    asks: tuple[str, ...]
    other_steps: bool


def explain_case_page(request: HttpRequest, case_id: int) -> HttpResponse:
    """An admin may ask about any case but an appeal against what she took part in; a moderator about those that she
    may see, and she is told of nobody by name.
    """
    user = moderator(request)
    is_admin = user.role == Role.ADMIN
    if is_admin:
        hers = Exclusion.objects.filter(moderator=user, reason=Exclusion.Reason.TOOK_PART)
        cases = Case.objects.select_related("queue", "policy", "claimed_by", "item")
        case = get_object_or_404(cases.exclude(exclusions__in=hers), pk=case_id)
    else:
        case = access.case_for(user, case_id)
    context: dict[str, Any] = {
        "case": case,
        "reasons": case.reasons,
        "rule": RoutingRule.objects.filter(pk=case.rule_id).first() if case.rule_id else None,
        "names": is_admin,
        "events": trail(case, user),
    }
    lane = lane_of(case)
    if lane is not None and case.queued_at is not None and case.status not in Case.CLOSED:
        desk = loading.current(fresh=True)
        excluded = dict(Exclusion.objects.filter(case=case).values_list("moderator_id", "until"))
        explained = explain_case(desk, lane, case.queued_at, timezone.now(), excluded)
        context |= _who(explained, user)
    return render(request, "moderation/explain_case.html", context)


def explain_person_page(request: HttpRequest, person_id: int) -> HttpResponse:
    """An admin may ask about anybody, everybody about herself."""
    user = moderator(request)
    if user.role != Role.ADMIN and user.pk != person_id:
        raise Http404
    desk = loading.current(fresh=True)
    person = desk.moderators.get(person_id)
    if person is None:
        raise Http404
    explained = explain_person(desk, person)
    names = _clearances()
    context = {
        "person": person,
        "herself": user.pk == person_id,
        "on_shift": person_id in desk.on_shift,
        "serves": [_serves(desk, lane, access, names) for lane, access in explained.serves],
        "others": [
            Reason(why, _named(why, names), queues=_by_queue(desk, lanes), count=len(lanes))
            for why, lanes in explained.others
        ],
    }
    return render(request, "moderation/explain_person.html", context)


def _who(explained: CaseExplained, user: User) -> dict[str, Any]:
    names = _clearances()
    never = [
        Reason(why, _named(why, names), people=tuple(sorted(each.name for each in people)), count=len(people))
        for why, people in explained.never
    ]
    takers = {each.moderator.id: each for each in (*explained.now, *explained.later)}
    return {
        "explained": explained,
        "clearances": [names.get(slug, slug) for slug in explained.clearances],
        "groups": [("now", *_cut(explained.now)), ("later", *_cut(explained.later))],
        "never": never,
        "never_count": sum(each.count for each in never),
        "you": takers.get(user.pk),
        "you_now": any(each.moderator.id == user.pk for each in explained.now),
        "you_never": next(
            (
                reason
                for reason, (_, people) in zip(never, explained.never, strict=True)
                if any(each.id == user.pk for each in people)
            ),
            None,
        ),
    }


def _cut(takers: tuple[Taker, ...]) -> tuple[tuple[Taker, ...], int, int]:
    """Those who are listed, how many there are, and how many of them are not listed."""
    return takers[:LISTED], len(takers), max(0, len(takers) - LISTED)


def _serves(desk: Desk, lane: LaneKey, access: Access, names: Mapping[str, str]) -> Serves:
    asked = desk.requirements[lane.requirements]
    asks = tuple(sorted(names.get(slug, slug) for slug in asked.clearances))
    return Serves(lane, desk.queues[lane.queue].name, access, asks, bool(asked.steps))


def _by_queue(desk: Desk, lanes: tuple[LaneKey, ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Queue by name → the languages of its lanes, each once."""
    named = sorted((desk.queues[lane.queue].name, lane.language) for lane in lanes)
    return tuple(
        (queue, tuple(dict.fromkeys(language for _, language in group)))
        for queue, group in groupby(named, key=lambda each: each[0])
    )


def _clearances() -> dict[str, str]:
    return dict(Clearance.objects.values_list("slug", "name"))


def _named(why: WhyNot, names: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(names.get(slug, slug) for slug in why.missing)
