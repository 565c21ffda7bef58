"""The figures: counted from the record, the same however often they are asked for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Role
from appeals import review
from appeals.models import Appeal
from tests.appealing import appealed, claimed_by, make_reader, make_told
from tests.deciding import decided
from tests.factories import make_policy, make_user
from transparency.figures import ActionFigures, LanguageFigures, PolicyFigures, figures

pytestmark = pytest.mark.django_db


def test_decisions_enforcements_and_appeals_are_counted_once_each(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    decided("remove", "lock_account", language="th")
    decided("no_violation", language="th")
    told = make_told("ar")
    reviewer = make_reader("ar")
    appeal = appealed(told, "لم أفعل شيئًا سوى أنني سلمت على أصدقائي في الصباح.", "ar")
    case = claimed_by(reviewer, appeal)
    assert case.lease_token is not None
    review.conclude(appeal, reviewer, case.lease_token, review.Answer(Appeal.Outcome.OVERTURNED, "نعتذر"))

    now = timezone.now() + timedelta(minutes=1)
    with django_assert_num_queries(4):
        found = figures(now - timedelta(days=1), now)
    assert found.policies == [
        PolicyFigures(make_policy("bulk-messaging").name, decisions=1, automated=0, restricting=1),
        PolicyFigures(make_policy("hate-speech").name, decisions=2, automated=0, restricting=1),
    ]
    assert found.actions == [
        ActionFigures("lock_account", enforcements=2, reversed=1),
        ActionFigures("remove", enforcements=1, reversed=0),
    ]
    assert found.languages == [
        LanguageFigures("th", decisions=2, appeals=0, overturned=0),
        LanguageFigures("ar", decisions=1, appeals=1, overturned=1),
    ]
    assert [each.label for each in found.actions] == ["Lock account", "Remove"]
    assert figures(now, now + timedelta(days=1)).policies == []


def test_an_admin_reads_them_for_a_period_that_exists(client: Client) -> None:
    decided("remove")
    client.force_login(make_user(role=Role.ADMIN))
    assert "Hate speech" in client.get("/figures/").content.decode()
    assert client.get("/figures/?days=30").context["days"] == 30
    assert client.get("/figures/?days=9999999999999").context["days"] == 7
