"""The audit trail: append-only by the database itself, written by every transition."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from moderation import audit
from moderation.lifecycle import TRANSITIONS, IllegalTransition, Status, lock, move_to
from moderation.models import Case, Decision, Event, Requirements, RoutingVersion
from tests.deciding import decided
from tests.factories import make_case, make_item, make_queue, make_user


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE moderation_event SET kind = 'something.else'",
        "DELETE FROM moderation_event",
        "TRUNCATE moderation_event",
        "UPDATE moderation_event_default SET kind = 'something.else'",
        "DELETE FROM {partition}",
    ],
)
def test_an_event_cannot_be_changed_or_taken_away(statement: str) -> None:
    audit.record("test.happened", audit.SYSTEM, item=make_item())
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM moderation_event ORDER BY id DESC LIMIT 1")
        [partition] = cursor.fetchone()
        # Today's month has a partition of its own; the default one is for a clock that nobody foresaw.
        assert partition != "moderation_event_default"
        cursor.execute(
            "INSERT INTO moderation_event (at, kind, actor, data) VALUES ('1999-01-01', 'test.old', 'system', '{}')"
        )
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            cursor.execute(statement.format(partition=partition))
    assert Event.objects.filter(kind="test.happened").exists()


@pytest.mark.django_db
def test_evidence_and_decisions_refuse_to_be_changed() -> None:
    decision = decided("remove")
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        decision.case.item.snapshots.update(text="something else")
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        Decision.objects.filter(pk=decision.pk).update(reasoning="something else")


@pytest.mark.django_db
@pytest.mark.parametrize(("before", "after"), list(itertools.product(Status, Status)))
def test_a_case_goes_only_where_the_table_lets_it_and_says_so_in_the_trail(
    before: Status, after: Status
) -> None:
    reader, case = make_user(en=5), make_case()
    lease: dict[str, Any] = {"claimed_by": reader, "lease_token": "0" * 32, "lease_until": case.due_at}
    # An appeal's: only those are ever paused or withdrawn.
    Case.objects.filter(pk=case.pk).update(
        status=before, origin="appeal", **(lease if before == Status.CLAIMED else {})
    )
    case = lock(case.pk)
    changes = lease if after == Status.CLAIMED else {}
    if after in TRANSITIONS[before]:
        move_to(case, after, audit.person(reader), why={"how": "in a test"}, **changes)
        case.refresh_from_db()
        assert case.status == after
        assert (case.claimed_by is None) == (after != Status.CLAIMED)
        event = Event.objects.filter(case_id=case.pk).latest("id")
        assert (event.kind, event.actor_id, event.data["how"]) == (
            TRANSITIONS[before][after],
            reader.pk,
            "in a test",
        )
    else:
        with pytest.raises(IllegalTransition):
            move_to(case, after, audit.person(reader), **changes)
        case.refresh_from_db()
        assert case.status == before
        assert not Event.objects.filter(case_id=case.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_a_transition_outside_a_transaction_is_refused() -> None:
    case = make_case(queue=make_queue())
    with pytest.raises(transaction.TransactionManagementError):
        move_to(case, Status.CLAIMED, audit.SYSTEM)


@pytest.mark.django_db
def test_what_was_saved_as_the_rules_and_what_a_case_asked_refuse_to_be_changed() -> None:
    RoutingVersion.objects.create(number=1, why="First", rules=[])
    Requirements.objects.create(digest="0" * 16, clearances=["terrorism"])
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        RoutingVersion.objects.update(why="Second")
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        Requirements.objects.update(clearances=[])
