"""Ingest: what is sent becomes items, snapshots, flags and one open case, each exactly once."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Platform
from moderation import audit, lifecycle
from moderation.ingest.flags import FlagConflict, Ingested, UnknownPolicy, ingest_flag
from moderation.ingest.items import ingest_item
from moderation.ingest.schemas import FlagIn, ItemIn
from moderation.models import Case, Event, Flag, Item, Screening, Snapshot
from moderation.routing import placing
from tests.calling import rows
from tests.factories import make_platform, make_policy, make_queue
from tests.ingesting import AUTHOR, ingest

pytestmark = pytest.mark.django_db


def test_a_first_flag_makes_item_author_snapshots_case_screening_and_events(platform: Platform) -> None:
    make_policy()
    taken = ingest(
        platform,
        item_author=AUTHOR | {"created_at": "2026-01-02T03:04:05+07:00"},
        item_created_at="2026-11-20T08:00:00Z",
        item_url="https://example.com/post-1",
        item_media=[{"url": "https://example.com/a.jpg", "mime": "image/jpeg", "alt": "A boat"}],
        item_parent={"kind": "content", "id": "post-0"},
        item_country="TH",
        item_reach=1200,
        item_metadata={"app_version": "9.1"},
        source="detector",
        detector="keywords-th",
        detector_version="3",
        score=0.93,
        evidence={"matches": [{"term": "words", "start": 5, "end": 10}]},
        metadata={"ip_country": "TH"},
        flagged_at="2026-11-20T08:00:02Z",
        flag_id="flag-1",
    )
    case = Case.objects.get(pk=taken.case_id)
    snapshot = case.snapshot
    assert taken == Ingested("flag-1", case.pk, duplicate=False)
    assert (case.status, case.origin, case.policy.slug) == (Case.Status.SCREENING, "flag", "hate-speech")
    assert case.priority == 300 + 46 + 12
    assert case.reasons["priority"][1] == [46, "best score 0.93"]
    assert (snapshot.text, snapshot.language, snapshot.disclosure) == ("Some words", "en", "public")
    assert snapshot.created_at == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert snapshot.media == [{"url": "https://example.com/a.jpg", "mime": "image/jpeg", "alt": "A boat"}]
    assert (snapshot.parent, snapshot.country, snapshot.reach) == (
        {"kind": "content", "id": "post-0"},
        "TH",
        1200,
    )
    author = case.item.author
    assert author is not None
    assert (author.kind, author.external_id) == ("account", "acct-1")
    assert snapshot.author is not None
    assert (snapshot.author.item, snapshot.author.display_name) == (author, "نور")
    assert snapshot.author.metadata == {"language": "ar"}
    made = case.flags.get()
    assert (made.flag_id, made.detector, made.score) == ("flag-1", "keywords-th", 0.93)
    assert made.evidence["matches"][0]["term"] == "words"
    assert made.metadata == {"ip_country": "TH"}
    assert Screening.objects.get().snapshot == snapshot
    events = Event.objects.filter(case_id=case.pk).order_by("id")
    assert [(event.kind, event.actor_id) for event in events] == [
        ("case.opened", platform.pk),
        ("flag.received", platform.pk),
    ]


def test_a_flag_takes_at_most_14_statements_whatever_it_brings(platform: Platform) -> None:
    make_policy()

    def statements(**changes: Any) -> int:
        with CaptureQueriesContext(connection) as captured:
            ingest(platform, **changes)
        return len([each for each in captured if "SAVEPOINT" not in each["sql"]])

    assert statements(flag_id="a", item_author=AUTHOR) == 13  # everything is new
    assert statements(item="post-2") == 10
    assert statements(flag_id="b", item_author=AUTHOR) == 12  # joins a case that is being screened
    assert statements(flag_id="c", item_author=AUTHOR | {"display_name": "Nour"}, item_text="Edited") == 14
    assert statements(flag_id="a", item_author=AUTHOR) == 1  # sent before
    notifier = {"id": "acct-2", "display_name": "Noor"}
    assert statements(item="post-3", notifier=notifier) == 13  # an account more, and its name
    assert statements(item="post-4", notifier=notifier) == 12


def test_what_is_sent_again_unchanged_is_the_same_snapshot_and_what_changed_is_another(
    platform: Platform,
) -> None:
    make_policy()
    ingest(platform, item_author=AUTHOR)
    ingest(platform, item_author=AUTHOR)
    assert (Snapshot.objects.count(), Flag.objects.count(), Screening.objects.count()) == (2, 2, 1)
    ingest(platform, item_author=AUTHOR, item_text="Edited")
    assert (Snapshot.objects.count(), Screening.objects.count()) == (3, 2)
    ingest(platform, item_author=AUTHOR | {"display_name": "Nour"})
    # The author looks different, and so does the item that carries the author.
    assert (Snapshot.objects.count(), Item.objects.count(), Case.objects.count()) == (5, 2, 1)


def test_the_digest_of_a_snapshot_covers_every_captured_field(platform: Platform) -> None:
    make_policy()
    changes: list[dict[str, Any]] = [
        {},
        {"item_type": "post"},
        {"item_text": "Other"},
        {"item_language": "th"},
        {"item_url": "https://example.com"},
        {"item_created_at": "2026-11-20T08:00:00Z"},
        {"item_media": [{"url": "https://example.com/a.jpg"}]},
        {"item_author": AUTHOR},
        {"item_disclosure": "business_hosted"},
        {"item_country": "TH"},
        {"item_reach": 3},
        {"item_parent": {"kind": "content", "id": "p"}},
        {"item_metadata": {"a": 1}},
        {"item_display_name": "A"},
    ]
    for change in changes:
        ingest(platform, **change)
    assert Item.objects.get(kind="content").snapshots.count() == len(changes)


def test_the_author_once_known_is_kept_where_a_later_flag_names_none(platform: Platform) -> None:
    make_policy()
    ingest(platform, item_author=AUTHOR)
    ingest(platform)
    item = Item.objects.get(kind="content")
    assert item.author is not None
    assert item.author.external_id == "acct-1"


def test_a_language_that_the_platform_declares_is_believed_in_canonical_form(platform: Platform) -> None:
    make_policy()
    for sent, kept in [("iw", "he"), ("zh-TW", "zh-Hant-TW"), ("und", ""), (None, "")]:
        taken = ingest(platform, item=f"in-{sent}", item_language=sent)
        assert Case.objects.get(pk=taken.case_id).snapshot.language == kept


def test_an_item_without_content_is_metadata_only_unless_the_platform_says_otherwise(
    platform: Platform,
) -> None:
    make_policy()
    ingest(platform, "acct-9", item_kind="account", item_text="", item_metadata={"sent_1h": 4000})
    ingest(platform, "acct-8", item_kind="account", item_text="", item_disclosure="public")
    seen = dict(Snapshot.objects.values_list("item__external_id", "disclosure"))
    assert seen == {"acct-9": "metadata_only", "acct-8": "public"}


def test_a_flag_id_counts_once_and_answers_with_its_case(platform: Platform) -> None:
    make_policy()
    first = ingest(platform, flag_id="f")
    before = rows()
    again = ingest(platform, flag_id="f")
    assert again == Ingested("f", first.case_id, duplicate=True)
    assert rows() == before


def test_a_flag_id_with_another_body_is_refused_and_nothing_is_kept(platform: Platform) -> None:
    make_policy()
    ingest(platform, flag_id="f")
    before = rows()
    with pytest.raises(FlagConflict):
        ingest(platform, "post-2", flag_id="f")
    assert rows() == before


def test_a_flag_id_belongs_to_its_platform(platform: Platform) -> None:
    make_policy()
    ingest(platform, flag_id="f")
    other = ingest(make_platform("lagoon"), flag_id="f")
    assert not other.duplicate
    assert Case.objects.count() == Item.objects.count() == 2


def test_an_unknown_policy_is_refused_and_nothing_is_kept(platform: Platform) -> None:
    before = rows()
    with pytest.raises(UnknownPolicy):
        ingest(platform, item_author=AUTHOR)
    assert rows() == before


def test_a_graver_policy_becomes_the_cases_and_a_lesser_one_does_not(platform: Platform) -> None:
    make_policy("spam", severity=2)
    make_policy()
    make_policy("violence", severity=4)
    policies = []
    for slug in ("hate-speech", "spam", "violence"):
        taken = ingest(platform, policy=slug)
        policies.append(Case.objects.get(pk=taken.case_id).policy.slug)
    assert policies == ["hate-speech", "hate-speech", "violence"]


def waiting(case_id: int) -> Case:
    """The case, screened and routed."""
    case = Case.objects.get(pk=case_id)
    placing.route(case, audit.SYSTEM)
    Screening.objects.update(status=Screening.Status.DONE)
    return case


def test_a_flag_on_a_waiting_case_raises_it_in_its_lane(platform: Platform) -> None:
    make_policy()
    make_queue()
    case = waiting(ingest(platform).case_id)
    before = case.priority
    ingest(platform, source="authority", score=1.0)
    case.refresh_from_db()
    assert case.status == Case.Status.QUEUED
    assert case.priority == 300 + 50 + 80 + 10
    assert case.priority > before
    assert not Screening.objects.filter(status="pending").exists()  # nothing new to look at


def test_a_flag_on_an_escalated_case_raises_it_and_leaves_it_where_it_was_brought(
    platform: Platform,
) -> None:
    make_policy()
    make_queue()
    case = waiting(ingest(platform).case_id)
    urgent = make_queue("urgent")
    reasons = case.reasons | {"escalated": "from “general”: look"}
    Case.objects.filter(pk=case.pk).update(queue=urgent, reasons=reasons)
    ingest(platform, source="authority")
    case.refresh_from_db()
    assert (case.queue, case.priority) == (urgent, 300 + 80 + 10)
    assert case.reasons["escalated"] == "from “general”: look"


def test_a_flag_on_a_case_in_review_raises_it_and_leaves_the_lease(platform: Platform) -> None:
    from tests.factories import make_user

    make_policy()
    make_queue()
    case = waiting(ingest(platform).case_id)
    holder = make_user()
    lifecycle.move_to(
        case,
        Case.Status.CLAIMED,
        audit.person(holder),
        claimed_by=holder,
        lease_token="6a1b6a0e-7d5f-4f4c-9a55-0d6b8f4f6f11",
        lease_until=datetime(2030, 1, 1, tzinfo=UTC),
    )
    ingest(platform, source="trusted_flagger")
    case.refresh_from_db()
    assert (case.status, case.claimed_by) == (Case.Status.CLAIMED, holder)
    assert case.priority == 300 + 60 + 10


def test_a_flag_after_the_decision_opens_a_new_case_and_has_the_snapshot_screened_again(
    platform: Platform,
) -> None:
    make_policy()
    make_queue()
    first = waiting(ingest(platform).case_id)
    Case.objects.filter(pk=first.pk).update(status="decided", decided_at=datetime(2026, 11, 1, tzinfo=UTC))
    second = Case.objects.get(pk=ingest(platform).case_id)
    assert second != first
    assert second.snapshot == first.snapshot
    assert Screening.objects.get().status == Screening.Status.PENDING


def test_a_raw_item_is_kept_and_screened_without_a_case(platform: Platform) -> None:
    before = rows()
    item = ItemIn.model_validate({"kind": "content", "id": "post-1", "text": "Words"})
    taken = ingest_item(platform, item, audit.platform(platform))
    assert ingest_item(platform, item, audit.platform(platform)) == taken
    made = {"Item": 1, "Snapshot": 1, "Screening": 1, "Event": 1}
    assert rows() == {table: count + made.get(table, 0) for table, count in before.items()}
    assert Event.objects.latest("id").kind == "item.received"


def test_the_digest_of_a_flag_is_of_canonical_json(platform: Platform) -> None:
    make_policy()
    ingest(platform, flag_id="f", item_language="EN-us", evidence={"b": 1, "a": "é"})
    canonical = (
        '{"evidence":{"a":"é","b":1},"flag_id":"f",'
        '"item":{"id":"post-1","kind":"content","language":"en-US","text":"Some words"},'
        '"policy":"hate-speech","source":"user_notice"}'
    )
    assert Flag.objects.get().body_digest == hashlib.sha256(canonical.encode()).hexdigest()


def test_the_digest_of_a_flag_without_a_notifier_or_a_contact_is_what_it_always_was(
    platform: Platform,
) -> None:
    make_policy()
    sent = {"item": {"kind": "account", "id": "a", "display_name": "A"}, "source": "user_notice"}
    sent |= {"policy": "hate-speech", "flag_id": "f-1"}
    ingest_flag(platform, FlagIn.model_validate(sent), audit.platform(platform))
    text = (
        '{"flag_id":"f-1","item":{"display_name":"A","id":"a","kind":"account"},"policy":"hate-speech",'
        '"source":"user_notice"}'
    )
    assert Flag.objects.get().body_digest == hashlib.sha256(text.encode()).hexdigest()
