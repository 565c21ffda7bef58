"""Out-of-court disputes: recorded with body, reference, days, outcome, and whether it was implemented (DSA Art. 21)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import Role
from appeals import disputes
from appeals.models import Dispute, DisputeBody
from moderation.models import Decision, Event
from tests.deciding import decided
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(client: Client) -> Client:
    client.force_login(make_user(role=Role.ADMIN))
    return client


@pytest.fixture
def decision() -> Decision:
    return decided("remove")


@pytest.fixture
def body() -> DisputeBody:
    return DisputeBody.objects.create(name="Beispielstelle", url="https://body.example/", languages=["de"])


def fields(decision: Decision, body: DisputeBody, **changes: Any) -> dict[str, Any]:
    return {
        "decision": decision.pk,
        "body": body.pk,
        "reference": "OC-2026-17",
        "opened_on": "2026-03-02",
        "outcome": "pending",
        "implemented": "open",
    } | changes


def test_a_dispute_is_recorded_and_what_came_of_it_written_down(
    client: Client, decision: Decision, body: DisputeBody
) -> None:
    assert client.post("/appeals/disputes/new/", fields(decision, body)).status_code == 302
    dispute = Dispute.objects.get()
    assert (dispute.decision, dispute.body, dispute.outcome) == (decision, body, "pending")
    came = {
        "outcome": "reversed",
        "decided_on": "2026-05-01",
        "implemented": "yes",
        "implemented_on": "2026-05-04",
        "reasons": "It was satire.",
    }
    answer = client.post(f"/appeals/disputes/{dispute.pk}/", fields(decision, body, **came))
    assert answer.status_code == 302
    dispute.refresh_from_db()
    assert (dispute.outcome, dispute.decided_on) == ("reversed", date(2026, 5, 1))
    assert (dispute.implemented, dispute.implemented_on) == ("yes", date(2026, 5, 4))
    events = Event.objects.filter(kind__startswith="dispute.").order_by("id")
    assert [each.kind for each in events] == ["dispute.recorded", "dispute.changed"]
    assert events[1].data["changed"]["outcome"] == ["pending", "reversed"]
    page = client.get("/appeals/disputes/").text
    assert "OC-2026-17" in page
    assert "the decision was reversed" in page


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"decision": "999999999"}, "decision"),
        ({"decision": "x"}, "decision"),
        ({"reference": " "}, "reference"),
        ({"opened_on": "2999-01-01"}, "opened_on"),
        ({"opened_on": "yesterday"}, "opened_on"),
        ({"outcome": "upheld"}, "decided_on"),
        ({"decided_on": "2026-05-01"}, "outcome"),
        ({"outcome": "upheld", "decided_on": "2026-01-01"}, "decided_on"),
        ({"implemented": "yes"}, "implemented_on"),
        ({"implemented_on": "2026-05-01"}, "implemented"),
        ({"body": ""}, "body"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field_and_nothing_is_lost(
    client: Client, decision: Decision, body: DisputeBody, changes: dict[str, str], field: str
) -> None:
    typed = fields(decision, body, remarks="Typed at length") | changes
    answer = client.post("/appeals/disputes/new/", typed)
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.text
    assert "Typed at length" in answer.text
    assert not Dispute.objects.exists()


def test_a_dispute_is_recorded_once(client: Client, decision: Decision, body: DisputeBody) -> None:
    client.post("/appeals/disputes/new/", fields(decision, body))
    again = client.post("/appeals/disputes/new/", fields(decision, body))
    assert again.status_code == 422
    assert "This dispute is recorded already" in again.text
    assert Dispute.objects.count() == 1


def test_the_tables_refuse_what_the_form_refuses(decision: Decision, body: DisputeBody) -> None:
    def made(**fields: Any) -> None:
        with transaction.atomic():
            Dispute.objects.create(
                decision=decision,
                body=body,
                reference="R",
                opened_on=date(2026, 3, 2),
                recorded_by=make_user(),
                **fields,
            )

    for wrong in (
        {"outcome": "upheld"},
        {"decided_on": date(2026, 4, 1)},
        {"outcome": "upheld", "decided_on": date(2026, 3, 1)},
        {"implemented": "yes"},
    ):
        with pytest.raises(IntegrityError):
            made(**wrong)
    made()


def test_bodies_are_listed_and_those_out_of_use_are_named_to_nobody(client: Client) -> None:
    typed = {"name": "Stelle", "url": "https://stelle.example/", "languages": "de, fr", "in_use": "on"}
    assert client.post("/appeals/disputes/bodies/", typed).status_code == 302
    made = DisputeBody.objects.get()
    assert (made.languages, list(disputes.bodies_in_use())) == (["de", "fr"], [made])
    again = client.post("/appeals/disputes/bodies/", typed)
    assert again.status_code == 422
    assert "This body is in the list already" in again.text
    path = f"/appeals/disputes/bodies/{made.pk}/"
    assert client.post(path, typed | {"languages": "klingon!"}).status_code == 422
    assert client.post(path, typed | {"url": "javascript:alert(1)"}).status_code == 422
    del typed["in_use"]
    assert client.post(path, typed).status_code == 302
    assert list(disputes.bodies_in_use()) == []
    assert client.get(path).status_code == 200
    assert client.get("/appeals/disputes/bodies/999/").status_code == 404


def test_the_number_of_the_decision_can_come_with_the_address(client: Client, decision: Decision) -> None:
    page = client.get(f"/appeals/disputes/new/?decision={decision.pk}").text
    assert f'value="{decision.pk}"' in page
    assert "There is no body in the list yet." in page
    assert timezone.now() - decision.decided_at < timedelta(minutes=5)
