"""Erasure of a person's data at her request (GDPR Art. 17): what may go goes now, and what must stay is named.

Her account's snapshots and those of all she wrote are redacted, with the webhooks that told of them and the texts of
statements whose time is over. How she can be reached goes at once; what nothing needs any more loses its name. What has
to stay is looked at again when its time comes, until nothing of it is left. Killed anywhere, it is gone on with: what
was done is done and counted.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.models import User
from moderation import audit, bells
from moderation.lifecycle import OPEN
from moderation.models import Case, DataRequest, Decision, Flag, Item, LegalHold, Statement, Strike
from moderation.retention import names
from moderation.retention.content import Redacted, redact
from moderation.retention.judging import SHORTEST, judge
from moderation.retention.rules import AFTER_APPEALS_DAYS
from moderation.retention.sentences import erased_text
from moderation.retention.stays import Stays, Why

BELL: Final = "moderation.retention.erasure.erase_pending"
BATCH: Final = 200
MOST_SECONDS: Final = 30.0
# When to look again at what a hold or a case keeps, and at what somebody was at work on.
LOOK_AGAIN: Final = timedelta(days=1)
SOON: Final = timedelta(minutes=1)

# What she wrote first, then herself: an account is shown for as long as something it wrote is.
OF_WORKS: Final = """
SELECT s.id FROM moderation_item i JOIN moderation_snapshot s ON s.item_id = i.id
WHERE i.author_id = %s AND s.purged_at IS NULL AND s.id > %s ORDER BY s.id LIMIT %s
"""
OF_ACCOUNT: Final = """
SELECT id FROM moderation_snapshot WHERE item_id = %s AND purged_at IS NULL AND id > %s ORDER BY id LIMIT %s
"""
DELIVERIES: Final = """
WITH gone AS (
    DELETE FROM moderation_message WHERE id IN (
        SELECT m.id FROM moderation_item i JOIN moderation_message m ON m.item_id = i.id
        WHERE (i.id = %s OR i.author_id = %s) AND m.status || '' IN ('delivered', 'withdrawn') AND NOT is_held(i.id)
        LIMIT %s FOR UPDATE OF m SKIP LOCKED
    ) RETURNING id
), attempts AS (
    DELETE FROM moderation_deliveryattempt WHERE message_id IN (SELECT id FROM gone)
)
SELECT count(*) FROM gone
"""


def erase(account: Item, recorded_by: User) -> DataRequest:
    """Record the request, and carry it out at once. ``outcome`` says what went and what stays."""
    request = ask(account, recorded_by)
    while not carry_out(request.pk):
        pass
    request.refresh_from_db()
    return request


@transaction.atomic
def ask(account: Item, recorded_by: User) -> DataRequest:
    """Record the request; a worker carries it out. The one that is under way already, where there is one."""
    # Two at once take turns here.
    Item.objects.select_for_update(no_key=True).get(pk=account.pk)
    mine = DataRequest.objects.filter(account=account, kind=DataRequest.Kind.ERASURE)
    if (under_way := mine.filter(done_at=None).first()) is not None:
        return under_way
    # From now on it is this one that looks after what had to stay.
    mine.update(look_again_at=None)
    request = DataRequest.objects.create(
        kind=DataRequest.Kind.ERASURE,
        account=account,
        recorded_by=recorded_by,
        look_again_at=timezone.now(),
        outcome={"erased": {}, "stays": []},
    )
    audit.record(
        "data_request.recorded", audit.person(recorded_by), item=account, request=request.pk, of=request.kind
    )
    bells.work_waits(BELL)
    return request


def erase_pending() -> int:
    """Carry out what is owed: new requests, and what had to stay until now. How many were worked on."""
    owed = DataRequest.objects.filter(look_again_at__lte=timezone.now()).order_by("look_again_at")
    worked_on = 0
    for pk in list(owed.values_list("pk", flat=True)[:BATCH]):
        worked_on += 1
        if not carry_out(pk):
            bells.work_waits(BELL)
            break
    return worked_on


def carry_out(request_id: int) -> bool:
    """Erase what may go, and say what stays. False where the time for one call was over: call it again."""
    until = time.monotonic() + MOST_SECONDS
    account = DataRequest.objects.select_related("account").get(pk=request_id).account
    stays, busy = Stays(), False
    for done in _redacted(request_id, account):
        stays.add(done.kept)
        busy = busy or bool(done.busy)
        if time.monotonic() > until:
            return False
    while _count(request_id, "deliveries", lambda: _delete_deliveries(account)) == BATCH:
        pass
    _count(request_id, "statements", lambda: _erase_statements(account))
    _count(request_id, "contacts", lambda: _erase_contact(account))
    while _count(request_id, "names", lambda: names.forget(account, BATCH)) == BATCH:
        pass
    _finish(request_id, stays, busy)
    return True


def would_erase(account: Item, most: int) -> tuple[int, Stays]:
    """What a request would do to the content of hers that is captured first: how many of at most so many snapshots
    would go, and what would stay.
    """
    now, stays = timezone.now(), Stays()
    works = judge(_next(OF_WORKS, account, 0, most), SHORTEST)
    kept = [each for each in works if each.keeper(now)]
    shown_in = {each.author for each in kept}
    for each in judge(_next(OF_ACCOUNT, account, 0, most), SHORTEST):
        # What it is shown in goes first, unless that stays.
        alone = replace(each, works=each.snapshot in shown_in)
        works.append(alone)
        if alone.keeper(now):
            kept.append(alone)
    stays.add(kept)
    return len(works) - len(kept), stays


def _redacted(request_id: int, account: Item) -> Iterator[Redacted]:
    for statement in (OF_WORKS, OF_ACCOUNT):
        after = 0
        while found := _next(statement, account, after, BATCH):
            after = found[-1]
            with transaction.atomic():
                request = DataRequest.objects.select_for_update().get(pk=request_id)
                done = redact(found, SHORTEST)
                _add(request, done.counts)
            yield done


def _next(statement: str, account: Item, after: int, most: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [account.pk, after, most])
        return [pk for (pk,) in cursor.fetchall()]


def _count(request_id: int, name: str, work: Callable[[], int]) -> int:
    """Do a piece of work, and count it in the request, in one transaction."""
    with transaction.atomic():
        request = DataRequest.objects.select_for_update().get(pk=request_id)
        done = work()
        _add(request, {name: done})
    return done


def _add(request: DataRequest, counts: Mapping[str, int]) -> None:
    gone = {name: count for name, count in counts.items() if count}
    if not gone:
        return
    request.outcome["erased"] = dict(Counter(request.outcome["erased"]) + Counter(gone))
    request.save(update_fields=["outcome"])
    audit.record("data_request.erased", audit.SYSTEM, item=request.account, request=request.pk, erased=gone)


def _delete_deliveries(account: Item) -> int:
    with connection.cursor() as cursor:
        cursor.execute(DELIVERIES, [account.pk, account.pk, BATCH])
        return int(cursor.fetchone()[0])


def _statements(account: Item) -> list[tuple[Statement, Why | None]]:
    """Those whose text is still there, each with what keeps it."""
    item = OuterRef("decision__item")
    holds = LegalHold.objects.filter(status__in=LegalHold.HOLDS)
    found = Statement.objects.filter(recipient=account, erased_at=None).annotate(
        held=Exists(holds.filter(held_items__item=item)) | Exists(holds.filter(held_items__item=account.pk)),
        open=Exists(Case.objects.filter(item=item, status__in=OPEN)),
    )
    now = timezone.now()
    return [
        (
            each,
            Why.HOLD if each.held else Why.OPEN if each.open else Why.TIME if _goes_at(each) > now else None,
        )
        for each in found.order_by("pk")
    ]


def _goes_at(statement: Statement) -> datetime:
    return statement.appeal_until + timedelta(days=AFTER_APPEALS_DAYS)


def _erase_statements(account: Item) -> int:
    """The texts whose time is over; that there was one, when and about what, stays with the decision."""
    now = timezone.now()
    over = [statement for statement, keeper in _statements(account) if keeper is None]
    for statement in over:
        statement.text, statement.erased_at = erased_text(statement.language, now), now
        statement.save(update_fields=["text", "erased_at"])
    return len(over)


def _erase_contact(account: Item) -> int:
    """Her e-mail address or phone number: nothing keeps it, and her link goes on working without it."""
    return Item.objects.filter(pk=account.pk).exclude(contact="").update(contact="")


def _finish(request_id: int, stays: Stays, busy: bool) -> None:
    """Say what stays and why, and when to look again."""
    with transaction.atomic():
        request = DataRequest.objects.select_for_update().get(pk=request_id)
        account, now = request.account, timezone.now()
        _note_the_record(account, stays)
        request.outcome["stays"] = stays.as_json()
        again = [stays.first_until] if stays.first_until else []
        if stays.count(Why.HOLD, Why.OPEN, Why.WORKS):
            again.append(now + LOOK_AGAIN)
        if busy:
            # Somebody was at work on something of hers: it is not done before that is looked at.
            again.append(now + SOON)
        request.look_again_at = min(again, default=None)
        is_first = request.done_at is None and not busy
        if is_first:
            request.done_at = now
            audit.record(
                "data_request.done",
                audit.SYSTEM,
                item=account,
                request=request.pk,
                of=request.kind,
                erased=request.outcome["erased"],
            )
        request.save()


def _note_the_record(account: Item, stays: Stays) -> None:
    for statement, keeper in _statements(account):
        if keeper is not None:
            stays.note("statements", keeper, until=_goes_at(statement) if keeper == Why.TIME else None)
    hers = Q(item=account) | Q(item__author=account)
    stays.note("decisions", Why.RECORD, Decision.objects.filter(hers).count())
    stays.note("notices", Why.RECORD, Flag.objects.filter(notifier=account).count())
    stays.note("strikes", Why.RECORD, Strike.objects.filter(account=account).count())
    stays.note("names", Why.NAME, names.kept(account))
    stays.note("audit", Why.AUDIT)
