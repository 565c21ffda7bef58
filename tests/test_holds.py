"""Legal holds: placed with the decision, and stronger than everything that deletes, in SQL too."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from moderation import decisions
from moderation.holds import lifting, placing
from moderation.holds.around import around
from moderation.models import Event, HeldItem, Item, LegalHold, PreservedFile, Referral, Snapshot
from tests.deciding import hold
from tests.factories import make_item, make_platform
from tests.referring import DIGEST, PARAMETERS, keep, policy, refer, threat

pytestmark = pytest.mark.django_db

MEDIA = [{"url": "https://cdn.example/a.png", "mime": "image/png", "sha256": DIGEST.upper()}]


def sql(statement: str, *values: int) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


def purge(snapshot: Snapshot) -> None:
    sql(
        "UPDATE moderation_snapshot SET purged_at = now(), text = '', url = '', media = '[]', display_name = '',"
        " metadata = '{}', parent = NULL WHERE id = %s",
        snapshot.pk,
    )


def test_a_decision_to_refer_holds_the_evidence_at_once() -> None:
    item = threat(media=MEDIA)
    referral = refer(item)
    assert referral.status == Referral.Status.HELD
    held = referral.holds.get()
    assert held.status == LegalHold.Status.ACTIVE
    assert held.placed_by == referral.decision.decided_by
    assert set(held.held_items.values_list("item", flat=True)) == {item.pk, item.author_id}
    file = held.files.get()
    assert (file.status, file.url, file.declared_sha256) == ("waiting", MEDIA[0]["url"], DIGEST)
    placed = Event.objects.get(kind="hold.placed")
    assert (placed.case_id, placed.item_id) == (referral.decision.case_id, item.pk)
    assert placed.data["items"] == 2


def test_the_hold_and_the_decision_are_one_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    policy()
    case, moderator, token = hold(item=threat(), policy=policy())
    chosen = decisions.JudgedAction("refer_to_law_enforcement", PARAMETERS)

    def fails(*_: object) -> None:
        raise OSError("the hold cannot be placed")

    monkeypatch.setattr(placing, "around", fails)
    with pytest.raises(OSError), transaction.atomic():
        decisions.decide(
            case.pk, moderator, token, decisions.Judgement("violence", [chosen], "He threatens.")
        )
    case.refresh_from_db()
    assert case.status == "claimed"
    assert not Referral.objects.exists()
    assert not LegalHold.objects.exists()


@pytest.mark.parametrize(("basis", "days"), [("child_safety", 365), ("life_or_safety", 180)])
def test_a_hold_lasts_as_the_law_says_or_our_default(basis: str, days: int) -> None:
    left = refer(basis=basis).holds.get().until - timezone.now()
    assert timedelta(days=days) - timedelta(minutes=5) < left <= timedelta(days=days)


def test_what_stands_around_an_item_is_held_with_it_and_nothing_else() -> None:
    parent = make_item(text="Who comes on Monday?")
    named = {"kind": "content", "id": parent.external_id}
    item = threat(parent=named)
    sibling = make_item(parent=named)
    answer = make_item(parent={"kind": "content", "id": item.external_id})
    recent = make_item(author=item.author)
    elsewhere = make_item(make_platform("elsewhere"), parent=named)
    same_name = make_item(kind="ad", text="", parent={"kind": "ad", "id": parent.external_id})
    unrelated = make_item()
    found = around(item)
    assert found[:2] == [item, item.author]
    assert {each.pk for each in found} == {
        each.pk for each in (item, item.author, parent, sibling, answer, recent) if each
    }
    assert not {elsewhere.pk, same_name.pk, unrelated.pk} & {each.pk for each in found}


def test_a_thread_without_an_end_does_not_make_the_decision_wait(
    django_assert_max_num_queries: DjangoAssertNumQueries, monkeypatch: pytest.MonkeyPatch
) -> None:
    from moderation.holds import around as module

    monkeypatch.setattr(module, "MOST_IN_THREAD", 3)
    monkeypatch.setattr(module, "MOST_RECENT", 2)
    parent = {"kind": "content", "id": "thread"}
    item = threat(parent=parent)
    for _ in range(6):
        make_item(parent=parent)
        make_item(author=item.author)
    with django_assert_max_num_queries(5):
        found = around(Item.objects.select_related("author").get(pk=item.pk))
    assert len(found) <= 2 + 3 + 2


def test_what_is_held_is_neither_purged_nor_deleted_not_even_in_sql() -> None:
    item = threat(media=MEDIA)
    referral = refer(item)
    case = referral.decision.case
    file = keep(PreservedFile.objects.get())
    snapshot, author = case.snapshot, Snapshot.objects.get(item=item.author)
    refused: list[tuple[str, tuple[int, ...]]] = [
        ("DELETE FROM moderation_snapshot WHERE id = %s", (snapshot.pk,)),
        ("DELETE FROM moderation_item WHERE id = %s", (item.pk,)),
        ("DELETE FROM moderation_flag WHERE snapshot_id = %s", (snapshot.pk,)),
        ("UPDATE moderation_flag SET evidence = '{}' WHERE snapshot_id = %s", (snapshot.pk,)),
        ("DELETE FROM moderation_preservedfile WHERE id = %s", (file.pk,)),
        ("UPDATE moderation_preservedfile SET content = '' WHERE id = %s", (file.pk,)),
        ("DELETE FROM moderation_helditem WHERE item_id = %s", (item.pk,)),
        ("UPDATE moderation_helditem SET item_id = %s", (make_item().pk,)),
        ("DELETE FROM moderation_legalhold", ()),
        ("UPDATE moderation_legalhold SET until = now()", ()),
        ("UPDATE moderation_legalhold SET status = 'expired', ended_at = now()", ()),
    ]
    for statement, values in refused:
        with pytest.raises(DatabaseError, match="legal hold"):
            sql(statement, *values)
    for each in (snapshot, author):
        with pytest.raises(DatabaseError, match="A legal hold keeps this snapshot"):
            purge(each)
    assert Snapshot.objects.get(pk=snapshot.pk).text == snapshot.text
    assert HeldItem.objects.count() == 2


def test_what_no_hold_keeps_can_be_purged_and_what_one_of_two_keeps_cannot() -> None:
    referral = refer()
    item = referral.item
    other = placing.place([item], "A court asked", timezone.now() + timedelta(days=9), None)
    first = referral.holds.get()
    LegalHold.objects.filter(pk=other.pk).update(until=timezone.now() + timedelta(days=10))
    over(first)
    assert lifting.expire_due() == 1
    with pytest.raises(DatabaseError, match="A legal hold keeps this snapshot"):
        purge(referral.decision.case.snapshot)
    purge(Snapshot.objects.get(item=item.author))
    free = make_item()
    purge(free.snapshots.get())
    over(other)
    lifting.expire_due()
    purge(referral.decision.case.snapshot)


def over(hold: LegalHold) -> None:
    """Its time is over. The database lets nobody shorten it, so the trigger is off for that one line."""
    with connection.cursor() as cursor:
        # Checks that are owed stand in the way of ALTER TABLE.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE moderation_legalhold DISABLE TRIGGER hold_ends_soundly")
        LegalHold.objects.filter(pk=hold.pk).update(until=timezone.now() - timedelta(seconds=1))
        cursor.execute("ALTER TABLE moderation_legalhold ENABLE TRIGGER hold_ends_soundly")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def test_a_hold_ends_when_its_time_is_over_and_says_so() -> None:
    referral = refer()
    held = referral.holds.get()
    assert lifting.expire_due() == 0
    over(held)
    assert lifting.expire_due() == 1
    held.refresh_from_db()
    assert held.status == LegalHold.Status.EXPIRED
    assert held.ended_at is not None
    assert Event.objects.get(kind="hold.expired").data["hold_id"] == held.pk
    assert lifting.expire_due() == 0


def test_copies_are_destroyed_once_their_hold_has_ended_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    held = refer(threat(media=MEDIA)).holds.get()
    file = keep(held.files.get())
    over(held)
    lifting.expire_due()
    assert PreservedFile.objects.filter(pk=file.pk).exists(), "not at once: it may have ended by mistake"
    monkeypatch.setattr(lifting, "COPIES_STAY", timedelta(0))
    lifting.expire_due()
    assert not PreservedFile.objects.exists()
    assert Event.objects.get(kind="file.destroyed").data["files"] == [file.pk]


def test_a_filed_report_is_kept_for_a_year_from_its_filing() -> None:
    referral = refer()
    filed = timezone.now() + timedelta(days=10)
    lifting.preserve_from(referral, filed)
    assert referral.holds.get().until == filed + timedelta(days=365)
    lifting.preserve_from(referral, timezone.now())
    assert referral.holds.get().until == filed + timedelta(days=365), "never earlier"


def test_a_hold_that_has_ended_is_not_made_to_hold_again_or_to_have_ended_otherwise() -> None:
    held = refer().holds.get()
    over(held)
    lifting.expire_due()
    for change in ("status = 'active'", "until = until + interval '1 day'", "reason = ''"):
        with pytest.raises(DatabaseError, match="stays as it ended"):
            sql(f"UPDATE moderation_legalhold SET {change}")


def test_an_item_is_held_once_by_each_hold() -> None:
    held = refer().holds.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        HeldItem.objects.create(hold=held, item=held.held_items.earliest("pk").item)
