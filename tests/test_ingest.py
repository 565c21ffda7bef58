"""Ingest: what is sent becomes items, snapshots, flags and one open case, each exactly once."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from accounts.models import Platform
from moderation import audit, lifecycle
from moderation.ingest.flags import FlagConflict, Ingested, UnknownPolicy, ingest_flag
from moderation.ingest.items import ingest_item
from moderation.ingest.schemas import FlagIn, ItemIn
from moderation.models import Case, Event, Flag, Item, Screening, Snapshot
from moderation.routing import placing
from tests.calling import Caller, flag, problem, rows
from tests.factories import make_platform, make_policy, make_queue

pytestmark = pytest.mark.django_db


def ingest(platform: Platform, item: str = "post-1", **changes: Any) -> Ingested:
    sent = FlagIn.model_validate(flag(item, **changes))
    return ingest_flag(platform, sent, audit.platform(platform))


AUTHOR = {"id": "acct-1", "display_name": "نور", "metadata": {"language": "ar"}}


@pytest.mark.django_db(transaction=True)
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


@pytest.mark.django_db(transaction=True)
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


@pytest.mark.django_db(transaction=True)
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


def test_a_contact_is_kept_with_the_account_and_nowhere_else(platform: Platform) -> None:
    make_policy()
    secret = "noor@example.org"
    ingest(platform, item_author=AUTHOR | {"contact": f" {secret} "}, flag_id="a")
    account = Item.objects.get(kind="account")
    assert account.contact == secret
    for model in (Snapshot, Flag, Case, Event):
        assert secret not in str(list(model.objects.values())), model
    # Left out it stays, the latest counts, and empty takes it away. No capture comes of it.
    for number, (sent, known) in enumerate(
        [(None, secret), ("+49 170 1234567", "+49 170 1234567"), ("", "")]
    ):
        ingest(platform, item_author=AUTHOR | {"contact": sent}, flag_id=str(number))
        account.refresh_from_db()
        assert account.contact == known
    assert Snapshot.objects.filter(item=account).count() == 1
    assert Snapshot.objects.count() == 2


def test_an_account_that_is_an_item_or_sends_a_notice_has_a_contact_too(platform: Platform) -> None:
    make_policy()
    ingest(platform, "acct-1", item_kind="account", item_text="", item_contact="one@example.org")
    ingest(platform, notifier={"id": "acct-2", "contact": "two@example.org"})
    assert set(Item.objects.filter(kind="account").values_list("external_id", "contact")) == {
        ("acct-1", "one@example.org"),
        ("acct-2", "two@example.org"),
    }
    assert Snapshot.objects.get(item__external_id="acct-2").disclosure == "metadata_only"


def test_a_notifier_whose_account_is_known_gets_no_capture_but_for_a_new_name(platform: Platform) -> None:
    make_policy()
    ingest(platform, item_author=AUTHOR)
    account = Item.objects.get(kind="account")
    for name, captures in (("", 1), (AUTHOR["display_name"], 1), ("Nour", 2), ("Nour", 2), ("", 2)):
        ingest(platform, notifier={"id": AUTHOR["id"], "display_name": name})
        assert account.snapshots.count() == captures


@pytest.mark.parametrize("source", ["user_notice", "trusted_flagger", "authority"])
def test_a_notice_names_its_sender(platform: Platform, source: str) -> None:
    make_policy()
    ingest(platform, source=source, notifier={"id": "acct-2", "language": "zh-TW"})
    made = Flag.objects.get()
    assert made.notifier is not None
    assert (made.notifier.external_id, made.notifier_language) == ("acct-2", "zh-Hant-TW")


@pytest.mark.parametrize(
    ("changes", "loc"),
    [
        ({"source": "own_initiative", "notifier": {"id": "a"}}, ["notifier"]),
        ({"source": "detector", "detector": "d", "notifier": {"id": "a"}}, ["notifier"]),
        ({"notifier": {"id": ""}}, ["notifier", "id"]),
        ({"notifier": {"id": "a", "language": "klingonish"}}, ["notifier", "language"]),
        ({"notifier": {"id": "a", "contact": "x" * 255}}, ["notifier", "contact"]),
        ({"notifier": {"id": "a", "contact": "a\u200bb"}}, ["notifier", "contact"]),
        ({"notifier": {"id": "a", "mood": "angry"}}, ["notifier", "mood"]),
        ({"item_contact": "a@example.org"}, ["item", "contact"]),
        ({"item_kind": "ad", "item_contact": ""}, ["item", "contact"]),
    ],
)
def test_what_is_wrong_with_a_sender_or_a_contact_is_named_and_nothing_is_kept(
    api_key: str, changes: dict[str, Any], loc: list[str]
) -> None:
    make_policy()
    details = problem(Caller(api_key).post("flags", flag(**changes)), 422, "invalid")
    assert [error["loc"] for error in details["errors"]] == [loc]
    assert not Item.objects.exists()
