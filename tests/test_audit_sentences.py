"""The audit trail as sentences: one for every kind of Event that the code can record."""

from __future__ import annotations

import string
from typing import Any

import pytest
from django.utils import translation

from moderation import audit
from moderation.console.sentences import KINDS, SENTENCES
from moderation.console.sentences.wording import names_in, sentence
from moderation.lifecycle import TRANSITIONS
from moderation.models import Event
from tests.deciding import decided
from tests.event_kinds import kinds
from tests.factories import make_case, make_item, make_platform, make_policy, make_queue, make_user


def latest(kind: str, *, cleared: bool = True) -> str:
    event = Event.objects.filter(kind=kind).latest("id")
    return sentence(event, names_in([event]), cleared=cleared)


def test_every_kind_of_event_that_the_code_records_has_a_sentence() -> None:
    assert sorted(kinds() - set(KINDS)) == []


def test_every_sentence_is_of_a_kind_that_the_code_records() -> None:
    assert sorted(set(KINDS) - kinds()) == []


def test_the_kinds_are_read_from_calls_tables_and_parameters_alike() -> None:
    found = kinds()
    assert "evidence.viewed" in found  # named in the call
    assert "queue.paused" in found  # one of two, in the call
    assert "enforcement.delivered" in found  # from a table, through a private function
    assert {each for ways in TRANSITIONS.values() for each in ways.values()} <= found


def test_a_template_names_its_parts_and_nothing_else() -> None:
    for template in SENTENCES.values():
        for _text, part, form, conversion in string.Formatter().parse(str(template)):
            assert part is None or part.isidentifier(), template
            assert not form, template
            assert not conversion, template


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_sentence_is_said_even_of_an_event_that_has_lost_all_it_spoke_of(language: str) -> None:
    strange: dict[str, Any] = {
        part: [None, {"x": []}] for part in ("policy", "actions", "people", "until", "person")
    }
    strange |= {
        "queue": 3,
        "language": None,
        "endpoint_id": "x",
        "action": None,
        "how": 7,
        "purged": {"a": [1]},
    }
    gone = 10**9
    for kind in KINDS:
        for data in ({}, strange):
            event = Event(
                id=1, kind=kind, actor="person", actor_id=gone, case_id=gone, item_id=gone, data=data
            )
            with translation.override(language):
                said = sentence(event, names_in([event]), cleared=True)
            assert said, kind
            assert "{who}" not in said, kind


@pytest.mark.django_db
def test_a_decision_reads_as_what_she_did() -> None:
    decision = decided("remove")
    mali = decision.decided_by
    assert mali is not None
    mali.first_name, external_id = "Mali", decision.item.external_id
    mali.save()
    assert latest("case.decided") == (
        f'<bdi>Mali</bdi> removed content <a href="/audit/?item_kind=content&amp;item={external_id}">'
        f"<bdi>{external_id}</bdi></a> under "
        f"<bdi>Hate speech v{decision.policy_version}</bdi> "
        f'(case <a href="/cases/{decision.case_id}/"><bdi>{decision.case_id}</bdi></a>)'
    )


@pytest.mark.django_db
def test_names_come_from_the_tables_and_cannot_break_out_of_the_sentence() -> None:
    item = make_item(kind="account")
    item.external_id = "<b>\u202eacct"
    item.save()
    make_policy()
    case = make_case(item=item, queue=make_queue("q", name="Q & A"))
    audit.record("case.queued", audit.SYSTEM, case=case, queue="q", language="th")
    said = latest("case.queued")
    assert "item=%3Cb%3E%E2%80%AEacct" in said
    assert "<bdi>&lt;b&gt;\u202eacct</bdi></a>" in said
    assert "<bdi>Q &amp; A</bdi>" in said
    assert "<bdi>ไทย</bdi>" in said
    audit.record("flag.received", audit.platform(make_platform()), case=case, policy="{who}<i>")
    assert "<bdi>Harbour</bdi> flagged" in latest("flag.received")
    assert "<bdi>{who}&lt;i&gt;</bdi>" in latest("flag.received")


@pytest.mark.django_db
def test_a_kind_without_a_sentence_is_said_in_its_own_words() -> None:
    item = make_item()
    audit.record("hash_bank.hash_added", audit.person(make_user()), item=item)
    assert "hash bank · hash added" in latest("hash_bank.hash_added")
    assert item.external_id in latest("hash_bank.hash_added")


@pytest.mark.django_db
def test_who_is_not_cleared_does_not_read_of_a_referral_in_a_decision() -> None:
    actions = [{"action": "remove"}, {"action": "refer_to_law_enforcement"}]
    audit.record("case.decided", audit.SYSTEM, case=make_case(), policy="hate-speech", actions=actions)
    assert "law" in latest("case.decided").lower()
    assert "law" not in latest("case.decided", cleared=False).lower()
    audit.record("approval.asked", audit.SYSTEM, case=make_case(), actions=["refer_to_law_enforcement"])
    assert "law" not in latest("approval.asked", cleared=False).lower()
