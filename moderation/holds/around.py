"""The messages around an item: what an investigator needs to understand it."""

from __future__ import annotations

from typing import Final

from django.db.models import Q

from moderation.models import Item, Snapshot

# At most so many of each: a thread or an account can be endless, and a decision waits for this.
MOST_IN_THREAD: Final = 200
MOST_RECENT: Final = 100


def around(item: Item) -> list[Item]:
    """The item, its author's account, what it answers, the rest of that thread, its answers, and the author's latest.

    Each once, in that order, as far as we have captured them.
    """
    found = {item.pk: item}
    if item.author is not None:
        found[item.author.pk] = item.author
    for each in (*_thread(item), *_recent(item.author or item)):
        found.setdefault(each.pk, each)
    return list(found.values())


def _thread(item: Item) -> list[Item]:
    on_platform = Item.objects.filter(platform=item.platform_id)
    named = Q()
    answering = _answers_to(item.kind, item.external_id)
    parents_of = Snapshot.objects.filter(item=item, parent__isnull=False)
    for parent in filter(None, parents_of.values_list("parent", flat=True)):
        named |= Q(kind=parent["kind"], external_id=parent["id"])
        answering |= _answers_to(parent["kind"], parent["id"])
    parents = list(on_platform.filter(named)) if named else []
    others = Snapshot.objects.filter(answering, item__platform=item.platform_id).values("item")
    return parents + list(on_platform.filter(pk__in=others).order_by("-pk")[:MOST_IN_THREAD])


def _answers_to(kind: str, external_id: str) -> Q:
    return Q(parent__id=external_id, parent__kind=kind)


def _recent(account: Item) -> list[Item]:
    return list(Item.objects.filter(author=account).order_by("-pk")[:MOST_RECENT])
