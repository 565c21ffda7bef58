"""Ingest by many callers at once: each flag counts once, and nobody waits for another in a circle."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections

from accounts.models import Platform
from moderation import audit
from moderation.ingest.flags import FlagConflict, ingest_flag
from moderation.ingest.schemas import FlagIn
from moderation.models import Case, Event, Flag, Item, Screening, Snapshot
from tests.calling import Caller, flag
from tests.factories import make_policy
from tests.ingesting import AUTHOR, ingest

pytestmark = pytest.mark.django_db(transaction=True)


def test_160_flags_on_one_item_from_16_callers_at_once_are_kept_on_one_case_as_if_one_by_one(
    platform: Platform, api_key: str
) -> None:
    make_policy()
    make_policy("violence", severity=4)
    sent = [
        flag(
            policy="violence" if number % 7 == 0 else "hate-speech",
            source="trusted_flagger" if number == 80 else "user_notice",
            score=(number % 10) / 10,
            item_text=f"Edited {number % 3} times",
            item_author=AUTHOR,
            item_reach=1000,
        )
        for number in range(160)
    ]
    for each in sent:
        ingest_flag(
            platform,
            FlagIn.model_validate(flag("one-by-one") | each | {"item": each["item"] | {"id": "one-by-one"}}),
            audit.platform(platform),
        )

    def call(mine: list[dict[str, Any]]) -> list[int]:
        caller = Caller(api_key)
        try:
            return [caller.post("flags", each).status_code for each in mine]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(call, [sent[start::16] for start in range(16)]))

    assert [status for mine in answers for status in mine] == [202] * 160
    at_once = Case.objects.get(item__external_id="post-1")
    one_by_one = Case.objects.get(item__external_id="one-by-one")
    assert at_once.flags.count() == 160
    assert (at_once.priority, at_once.reasons) == (one_by_one.priority, one_by_one.reasons)
    assert at_once.policy.slug == one_by_one.policy.slug == "violence"
    assert at_once.priority == 400 + 45 + 60 + 40 + 12
    assert Snapshot.objects.filter(item=at_once.item).count() == 3
    assert Screening.objects.filter(snapshot__item=at_once.item).count() == 3
    assert Event.objects.filter(kind="case.opened", case_id=at_once.pk).count() == 1
    assert Event.objects.filter(kind="flag.received", case_id=at_once.pk).count() == 160
    assert Item.objects.filter(kind="account").count() == 1


def test_accounts_and_their_works_flagged_at_once_never_wait_for_each_other_in_a_circle(
    platform: Platform, api_key: str
) -> None:
    make_policy()
    kinds = [
        flag("post-1", item_author={"id": "a"}),
        flag("post-2", item_author={"id": "b"}),
        flag("a", item_kind="account", item_text=""),
        flag("post-1", item_author={"id": "b"}),
        flag("b", item_kind="account", item_text=""),
        flag("post-2", item_author={"id": "a"}),
        flag("post-1", item_author={"id": "a"}, notifier={"id": "b", "display_name": "B"}),
        flag("post-2", item_author={"id": "b"}, notifier={"id": "a", "display_name": "A"}),
        flag("b", item_kind="account", item_text="", notifier={"id": "a"}),
        flag("a", item_kind="account", item_text="", notifier={"id": "a"}),
    ]

    def call(number: int) -> int:
        try:
            return int(Caller(api_key).post("flags", kinds[number % len(kinds)]).status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(12) as threads:
        assert set(threads.map(call, range(120))) == {202}
    assert Flag.objects.count() == 120
    assert Case.objects.count() == 4


@pytest.mark.parametrize("same_body", [True, False])
def test_one_flag_id_sent_at_once_by_many_counts_once(platform: Platform, same_body: bool) -> None:
    make_policy()

    def call(number: int) -> str:
        try:
            item = "post-1" if same_body else f"post-{number}"
            return "again" if ingest(platform, item, flag_id="f").duplicate else "taken"
        except FlagConflict:
            return "refused"
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(call, range(8)))
    assert sorted(answers) == sorted(["taken"] + ["again" if same_body else "refused"] * 7)
    assert (Flag.objects.count(), Case.objects.count(), Item.objects.count()) == (1, 1, 1)
    assert Screening.objects.count() == Snapshot.objects.count() == 1
