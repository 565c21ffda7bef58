"""A hold is lifted by two different, cleared people: through the functions, and against SQL."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.http import Http404
from django.utils import timezone

from accounts.models import Role
from moderation.holds import lifting
from moderation.models import Event, LegalHold
from tests.factories import make_user
from tests.referring import cleared, refer

pytestmark = pytest.mark.django_db

Status = LegalHold.Status


@pytest.fixture
def held() -> LegalHold:
    return refer().holds.get()


def test_one_asks_and_another_lifts(held: LegalHold) -> None:
    ada, rosa = cleared(), cleared()
    lifting.ask(held.pk, ada, "  The authority has everything. ")
    held.refresh_from_db()
    assert (held.status, held.lift_asked_by, held.lift_reasons) == (
        Status.LIFTING,
        ada,
        "The authority has everything.",
    )
    with pytest.raises(lifting.SamePerson):
        lifting.lift(held.pk, ada)
    lifting.lift(held.pk, rosa)
    held.refresh_from_db()
    assert (held.status, held.lifted_by) == (Status.LIFTED, rosa)
    assert held.ended_at is not None
    kinds = Event.objects.filter(kind__startswith="hold.lift").order_by("id")
    assert [(each.kind, each.actor_id) for each in kinds] == [
        ("hold.lift_asked", ada.pk),
        ("hold.lifted", rosa.pk),
    ]


def test_nobody_lifts_alone_or_what_nobody_asked_to_lift(held: LegalHold) -> None:
    ada = cleared()
    with pytest.raises(lifting.NotPossible):
        lifting.lift(held.pk, ada)
    with pytest.raises(lifting.NotPossible):
        lifting.ask(held.pk, ada, "   ")
    lifting.ask(held.pk, ada, "Done")
    with pytest.raises(lifting.NotPossible):
        lifting.ask(held.pk, cleared(), "Me too")
    held.refresh_from_db()
    assert held.status == Status.LIFTING
    assert held.lift_asked_by == ada


@pytest.mark.parametrize("role", Role)
def test_nobody_without_the_clearance_has_a_part_in_it(held: LegalHold, role: Role) -> None:
    outsider = make_user(role=role, clearances=("approval", "child_safety"))
    ada = cleared()
    later = held.until + timedelta(days=1)
    with pytest.raises(Http404):
        lifting.ask(held.pk, outsider, "x")
    with pytest.raises(Http404):
        lifting.extend(held.pk, outsider, later, "x")
    lifting.ask(held.pk, ada, "Done")
    for answer in (lifting.lift, lifting.keep):
        with pytest.raises(Http404):
            answer(held.pk, outsider)


def test_the_wish_can_be_turned_down_and_somebody_else_can_ask_again(held: LegalHold) -> None:
    ada, rosa = cleared(), cleared()
    lifting.ask(held.pk, ada, "Done")
    lifting.keep(held.pk, rosa)
    held.refresh_from_db()
    assert (held.status, held.lift_asked_by, held.lift_reasons) == (Status.ACTIVE, None, "")
    assert Event.objects.get(kind="hold.kept").data["reasons"] == "Done"
    lifting.ask(held.pk, rosa, "Now it is")
    lifting.lift(held.pk, ada)


def test_a_hold_is_extended_and_never_shortened(held: LegalHold) -> None:
    ada = cleared()
    later = held.until + timedelta(days=90)
    lifting.extend(held.pk, ada, later, "The prosecutor asked")
    held.refresh_from_db()
    assert held.until == later
    for earlier in (later, timezone.now()):
        with pytest.raises(lifting.NotLater):
            lifting.extend(held.pk, ada, earlier, "x")
    extended = Event.objects.get(kind="hold.extended")
    assert extended.data["reasons"] == "The prosecutor asked"


def test_the_database_lets_nobody_lift_alone(held: LegalHold) -> None:
    ada, rosa = cleared(), cleared()
    lifted = {"status": Status.LIFTED, "ended_at": timezone.now()}
    rows = LegalHold.objects.filter(pk=held.pk)
    with pytest.raises(DatabaseError, match="One person asks"), transaction.atomic():
        rows.update(lift_asked_by=ada, lifted_by=rosa, **lifted)
    lifting.ask(held.pk, ada, "Done")
    with pytest.raises(IntegrityError, match="two_people_lift_a_hold"), transaction.atomic():
        rows.update(lifted_by=ada, **lifted)
    with pytest.raises(IntegrityError, match="two_people_lift_a_hold"), transaction.atomic():
        rows.update(**lifted)
    with pytest.raises(DatabaseError, match="One person asks"), transaction.atomic():
        # The same one, having put another's name to the question.
        rows.update(lift_asked_by=rosa, lifted_by=ada, **lifted)
    with connection.cursor() as cursor, pytest.raises(DatabaseError), transaction.atomic():
        cursor.execute("UPDATE moderation_legalhold SET status = 'lifted' WHERE id = %s", [held.pk])
    held.refresh_from_db()
    assert held.status == Status.LIFTING
