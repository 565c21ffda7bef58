"""The console's evidence: everything there is to see, inert, in words, and every look at it recorded."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from moderation import audit, lifecycle
from moderation.console import words
from moderation.models import Case, DetectorRun, Event, Flag, Item
from tests.console import holder, post
from tests.deciding import decided, hold
from tests.factories import make_flag, make_item, make_policy, make_queue, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def held(client: Client) -> Case:
    """A case that the client's moderator holds."""
    case, user, _ = hold()
    client.force_login(user)
    return case


def test_every_look_at_the_evidence_is_an_event(client: Client, held: Case) -> None:
    for _ in range(2):
        assert client.get(f"/cases/{held.pk}/").status_code == 200
    seen = Event.objects.filter(case_id=held.pk, kind="evidence.viewed", actor_id=holder(held).pk)
    assert seen.count() == 2


def test_the_case_page_takes_as_many_statements_however_full_the_case_is(client: Client) -> None:
    author = make_item(kind="account", text="")
    item = make_item(author=author, text="Some text", parent={"kind": "content", "id": "none"})
    case, user, _ = hold(item=item)
    decided("remove", item=make_item(author=author))
    make_queue("another")
    client.force_login(user)

    def statements() -> int:
        cache.clear()
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"/cases/{case.pk}/").status_code == 200
        return len(captured)

    few = statements()
    for number in range(40):
        make_flag(case, detector=f"detector-{number}", policy=make_policy(f"policy-{number % 5}"))
        DetectorRun.objects.create(snapshot=case.snapshot, detector=f"detector-{number}", version="1")
        audit.record("case.noted", audit.person(make_user()) if number < 3 else audit.SYSTEM, case=case)
    for _ in range(5):
        decided("lock_account", item=make_item(author=author), moderator=make_user(en=5))
    for number in range(20):
        make_queue(f"queue-{number}")
    assert statements() == few
    assert few <= 30


def test_what_a_flag_points_at_is_marked_and_untrusted_text_is_inert(client: Client) -> None:
    text = "<script>alert(1)</script> they are vermin"
    item = make_item(
        author=make_item(kind="account", text=""),
        text=text,
        url="https://evil.example/page",
        media=[{"url": "https://evil.example/a.svg", "mime": "image/svg+xml", "alt": "<b>alt</b>"}],
        metadata={"<i>key</i>": "<img src=x>"},
    )
    case, user, _ = hold(item=item)
    start = text.index("vermin")
    make_flag(case, evidence={"matches": [{"term": "vermin", "start": start, "end": start + 6}]}, score=0.99)
    client.force_login(user)
    page = client.get(f"/cases/{case.pk}/").content.decode()
    assert '<mark data-flags="1" title="1">vermin</mark>' in page
    assert "&lt;script&gt;alert(1)" in page
    assert "hxxps://evil[.]example/page" in page
    assert "hxxps://evil[.]example/a.svg" in page
    for live in ("<script>alert", "<b>alt", "<i>key", "<img", 'href="https://evil', 'src="https://evil'):
        assert live not in page


@pytest.mark.parametrize(
    "evidence",
    [
        {"matches": "not a list"},
        {"matches": [None, 3, {"term": 5}, {"start": "1", "end": 2}, {"start": 5, "end": 10**9}]},
        {"matches": [{"term": "x", "start": True, "end": 3}]},
        {"a": {"b": [{"c": [1, None, True]}]}},
    ],
)
def test_evidence_of_any_shape_is_shown_and_breaks_nothing(
    client: Client, held: Case, evidence: dict[str, Any]
) -> None:
    make_flag(held, evidence=evidence)
    assert client.get(f"/cases/{held.pk}/").status_code == 200


def test_a_metadata_only_case_says_that_nobody_saw_content(client: Client) -> None:
    item = make_item(kind="account", text="", disclosure="metadata_only", metadata={"messages_per_hour": 900})
    case, user, _ = hold(item=item, language="zxx", moderator=make_user(th=5))
    client.force_login(user)
    page = client.get(f"/cases/{case.pk}/").content.decode()
    assert "metadata only – no content was seen" in page
    assert "There is no content here" in page
    assert "messages_per_hour" in page


def test_the_case_page_says_why_the_case_is_here(client: Client, held: Case) -> None:
    reasons = {"rule": "Hate speech first", "priority": [[400, "severity 4 of 5"]], "due": "60 minutes"}
    Case.objects.filter(pk=held.pk).update(reasons=reasons)
    page = client.get(f"/cases/{held.pk}/").content.decode()
    assert "Hate speech first" in page
    assert "severity 4 of 5" in page


def test_past_decisions_on_the_author_are_counted_and_told(client: Client) -> None:
    author = make_item(kind="account", text="")
    decided("lock_account", item=make_item(author=author))
    decided("no_violation", item=make_item(author=author))
    case, user, _ = hold(item=make_item(author=author))
    client.force_login(user)
    page = client.get(f"/cases/{case.pk}/").content.decode()
    assert "1 strike" in page
    assert "In force now:" in page


def test_history_shows_her_own_decisions_in_pages(client: Client) -> None:
    user = make_user(en=5)
    mine = [decided("no_violation", moderator=user) for _ in range(27)]
    others = decided("no_violation")
    client.force_login(user)
    first = client.get("/history/").content.decode()
    assert f"/cases/{mine[-1].case_id}/" in first
    assert f"/cases/{mine[0].case_id}/" not in first
    assert f"/cases/{others.case_id}/" not in first
    older = client.get(f"/history/?before={mine[2].pk}").content.decode()
    assert f"/cases/{mine[0].case_id}/" in older
    assert client.get("/history/?before=x").status_code == 200


def test_a_flag_that_only_a_detector_of_ours_explains_says_what_it_saw(client: Client, held: Case) -> None:
    flag = Flag.objects.get(case=held)
    DetectorRun.objects.create(
        snapshot=held.snapshot,
        detector=flag.detector,
        version=flag.detector_version,
        status=DetectorRun.Status.DONE,
        saw={"messages_per_hour": 900},
    )
    page = client.get(f"/cases/{held.pk}/").content.decode()
    assert "What it saw" in page
    assert "messages_per_hour" in page


def test_what_the_item_answers_is_shown_where_we_know_it(client: Client) -> None:
    parent = make_item(text="The first word was theirs")
    item: Item = make_item(
        author=make_item(kind="account", text=""),
        parent={"kind": "content", "id": parent.external_id},
    )
    case, user, _ = hold(item=item)
    client.force_login(user)
    assert "The first word was theirs" in client.get(f"/cases/{case.pk}/").content.decode()


def test_the_history_of_a_case_is_told_in_words_and_hides_no_kind(client: Client, held: Case) -> None:
    audit.record("case.something_new", audit.SYSTEM, case=held)
    skipper = holder(held)
    post(client, held, "skip", skip_reason="I know the author")
    client.force_login(make_user(en=5))
    page = client.get(f"/cases/{held.pk}/").content.decode()
    for told in ("claimed it", "skipped – I know the author", "case.something_new", skipper.username):
        assert told in page


def test_every_transition_of_a_case_has_its_words() -> None:
    kinds = {kind for ends in lifecycle.TRANSITIONS.values() for kind in ends.values()}
    assert kinds <= set(words.EVENTS)
