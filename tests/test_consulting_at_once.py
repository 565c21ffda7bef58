"""Somebody is asked at the moment at which an appeal is filed: she never gets it, whichever comes first."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections, transaction

from appeals.models import Appeal
from moderation import audit, consulting
from moderation.models import Case, Exclusion
from moderation.reopening import open_again, take
from tests.appealing import appealed, make_reader, make_told
from tests.consulted import QUESTION

pytestmark = pytest.mark.django_db(transaction=True)


def test_who_is_asked_while_an_appeal_is_being_filed_is_kept_from_it() -> None:
    told, advisor = make_told(), make_reader("en")
    by = audit.person(told.decider)
    with transaction.atomic():
        revision = open_again(told.decision, told.decision.case, Case.Revised.RECONSIDERED, by)
        revision = take(revision, told.decider)
    assert revision.lease_token is not None
    filed, go_on = threading.Event(), threading.Event()

    def filing() -> None:
        try:
            with transaction.atomic():
                appealed(told)
                filed.set()
                go_on.wait(2)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(filing)
        assert filed.wait(10)
        threading.Timer(0.3, go_on.set).start()
        consulting.ask(revision.pk, told.decider, revision.lease_token, advisor, QUESTION)
        other.result(10)
    assert Exclusion.objects.filter(case=Appeal.objects.get().case, moderator=advisor).exists()
