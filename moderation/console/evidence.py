"""Everything there is to see about a case, for the left pane (templates/moderation/_evidence.html).

Showing it is an Event: whoever renders the pane gets its context here, so no view of evidence goes unrecorded. The
number of statements does not grow with flags, decisions or events; the long tails are cut, and say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, F, Prefetch, Q

from accounts.models import Platform, User
from moderation import access, audit, strikes
from moderation.closing import root
from moderation.console import consultations, decided, words
from moderation.console.marking import Marked, mark
from moderation.models import Case, Decision, DetectorRun, Enforcement, Event, Flag, Item, Snapshot
from moderation.queueing.lanes import lane_of
from moderation.referrals.access import visible_events

MOST_FLAGS: Final = 100
DECISIONS_SHOWN: Final = 10
EVENTS_SHOWN: Final = 50


@dataclass(frozen=True)
class ShownFlag:
    """A flag with its number in the text's marks, its evidence in words, and what its detector saw."""

    number: int
    flag: Flag
    terms: list[tuple[str, int]]
    facts: list[tuple[str, str]]
    saw: list[tuple[str, str]]
    other_capture: bool


@dataclass(frozen=True)
class PastDecision:
    """An earlier decision about the item or its author, and whether she may read more of it."""

    decision: Decision
    actions: list[str]
    overturned: bool
    readable: bool
    of_this_item: bool


@dataclass(frozen=True)
class Record:
    """What stands against the author (None where nobody knows who that is), and the latest decisions about her."""

    account: Item | None
    short: strikes.Short | None
    decisions: list[PastDecision]


@dataclass(frozen=True)
class ShownEvent:
    event: Event
    who: str
    words: str


def evidence(case: Case, viewer: User) -> dict[str, Any]:
    """The context of ``moderation/_evidence.html``; writes the Event that ``viewer`` saw it.

    ``case`` comes from ``access.case_for``. Keys: case, item, snapshot, text (Marked), media, metadata, author,
    author_metadata, flags, flag_count, flag_sources, runs, parent, record, in_force, events, reasons, consultations.
    """
    audit.record("evidence.viewed", audit.person(viewer), case=case, snapshot_id=case.snapshot_id)
    snapshot = case.snapshot
    # What is decided anew was flagged in the case in which it was decided first.
    flagged = root(case)
    flags, runs = _flags(flagged), list(snapshot.detector_runs.order_by("detector", "-pk"))
    return {
        "case": case,
        "item": case.item,
        "snapshot": snapshot,
        "text": _text(snapshot, flags),
        "media": [each for each in snapshot.media if isinstance(each, dict)],
        "metadata": words.facts(snapshot.metadata) if snapshot.metadata else [],
        "author": snapshot.author,
        "author_metadata": words.facts(snapshot.author.metadata)
        if snapshot.author and snapshot.author.metadata
        else [],
        "flags": _shown(flags, runs, snapshot),
        **_counts(flagged),
        "runs": runs,
        "parent": _parent(case),
        "record": record_of(case, viewer),
        "in_force": _in_force(case),
        "events": trail(case, viewer),
        "reasons": case.reasons,
        **consultations.panel(case),
    }


def _flags(case: Case) -> list[Flag]:
    # What people wrote has no score and is read first.
    best_first = (
        Flag.objects.filter(case=case)
        .select_related("policy")
        .order_by(F("score").desc(nulls_first=True), "pk")
    )
    return list(best_first[:MOST_FLAGS])


def _counts(case: Case) -> dict[str, Any]:
    by_source = Flag.objects.filter(case=case).values_list("source").annotate(n=Count("pk")).order_by("-n")
    counted = [(Flag.Source(source).label, count) for source, count in by_source]
    total = sum(count for _, count in counted)
    return {"flag_sources": counted, "flag_count": total, "flags_cut": total - MOST_FLAGS}


def _text(snapshot: Snapshot, flags: list[Flag]) -> Marked:
    """The snapshot's text with what its own flags point at. A flag on another capture has other offsets."""
    return mark(
        snapshot.text,
        [
            (start, end, number)
            for number, flag in enumerate(flags, 1)
            if flag.snapshot_id == snapshot.pk
            for start, end in words.spans(flag.evidence)
        ],
    )


def _shown(flags: list[Flag], runs: list[DetectorRun], snapshot: Snapshot) -> list[ShownFlag]:
    saw = {(run.detector, run.version): run.saw for run in runs}
    return [
        ShownFlag(
            number,
            flag,
            words.terms(flag.evidence),
            words.facts({key: value for key, value in flag.evidence.items() if key != "matches"})
            + words.facts(flag.metadata),
            words.facts(saw.get((flag.detector, flag.detector_version), {})),
            flag.snapshot_id != snapshot.pk,
        )
        for number, flag in enumerate(flags, 1)
    ]


def _parent(case: Case) -> dict[str, Any] | None:
    """What the item answers: its latest capture where we have one, else only its name."""
    named = case.snapshot.parent
    if not named:
        return None
    capture = (
        Snapshot.objects.filter(
            item__platform=case.item.platform_id,
            item__kind=named.get("kind", ""),
            item__external_id=named.get("id", ""),
        )
        .select_related("item")
        .order_by("-captured_at")
        .first()
    )
    return {"named": named, "snapshot": capture, "text": mark(capture.text) if capture else None}


def record_of(case: Case, viewer: User) -> Record:
    """Decisions about the item, its author and the author's other items, latest first."""
    person = case.item.author_id or case.item_id
    about = Item.objects.filter(Q(pk__in=[case.item_id, person]) | Q(author=person))
    decisions = list(
        Decision.objects.filter(item__in=about)
        .exclude(case=case.pk)
        .select_related("case", "policy", "item", "decided_by")
        .prefetch_related(Prefetch("overridden_by", Decision.objects.only("pk", "overrides_id")))
        .order_by("-pk")[:DECISIONS_SHOWN]
    )
    past = past_decisions(decisions, viewer, case.item_id)
    account = strikes.account_of(case.item)
    return Record(account, strikes.in_short(account) if account else None, past)


def past_decisions(decisions: list[Decision], viewer: User, item: int | None = None) -> list[PastDecision]:
    """The decisions, given with case, policy, item and ``overridden_by``, as ``viewer`` may know them.

    ``item`` is the one at hand: which of them are about it is said.
    """
    lanes = access.lanes_of(viewer)
    return [
        PastDecision(
            decision,
            [words.action_label(each) for each in decided.readable(decision, viewer)],
            bool(decision.overridden_by.all()),
            lane_of(decision.case) in lanes or decision.decided_by_id == viewer.pk,
            decision.item_id == item,
        )
        for decision in decisions
    ]


def _in_force(case: Case) -> list[tuple[str, Enforcement]]:
    of = [pk for pk in (case.item_id, case.item.author_id) if pk]
    found = Enforcement.objects.filter(item__in=of, status__in=Enforcement.IN_FORCE).select_related("item")
    return [
        (words.action_label({"action": each.action}), each) for each in found.order_by("-created_at")[:20]
    ]


def trail(case: Case, viewer: User) -> list[ShownEvent]:
    """The case's trail, latest first, with the names of who did it; without what is for those alone who may refer."""
    hers = visible_events(viewer, Event.objects.filter(case_id=case.pk))
    events = list(hers.order_by("-id")[:EVENTS_SHOWN])
    person, platform = Event.Actor.PERSON, Event.Actor.PLATFORM
    people = User.objects.in_bulk(
        {each.actor_id for each in events if each.actor == person and each.actor_id}
    )
    platforms = Platform.objects.in_bulk(
        {each.actor_id for each in events if each.actor == platform and each.actor_id}
    )

    def who(event: Event) -> str:
        if event.actor == person and event.actor_id in people:
            return people[event.actor_id].display_name
        if event.actor == platform and event.actor_id in platforms:
            return platforms[event.actor_id].name
        return str(Event.Actor(event.actor).label)

    return [ShownEvent(each, who(each), words.event(each.kind, each.data)) for each in events]
