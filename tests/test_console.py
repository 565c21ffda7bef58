"""The console through HTTP: taking a case, looking, deciding; and whatever goes wrong, nothing typed is lost."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from moderation import audit
from moderation.models import Case, Decision, DetectorRun, Draft, Event, Flag, Item
from tests.deciding import decided, hold
from tests.factories import make_case, make_flag, make_item, make_policy, make_queue, make_user

pytestmark = pytest.mark.django_db
TYPED = "These words took her five minutes."


@pytest.fixture
def held(client: Client) -> Case:
    """A case that the client's moderator holds."""
    case, user, _ = hold()
    client.force_login(user)
    return case


def holder(case: Case) -> User:
    assert case.claimed_by is not None
    return case.claimed_by


def form(case: Case, **fields: Any) -> dict[str, Any]:
    return {"token": str(case.lease_token), "policy": case.policy.slug, "reasoning": TYPED} | fields


def post(client: Client, case: Case, what: str, **fields: Any) -> Any:
    """As the page's script sends it; with ``htmx=False`` as a browser without the script does."""
    headers = {"HX-Request": "true"} if fields.pop("htmx", True) else {}
    return client.post(f"/cases/{case.pk}/{what}/", form(case, **fields), headers=headers)


def run_out(case: Case) -> None:
    Case.objects.filter(pk=case.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_next_claims_a_case_and_opens_it(client: Client) -> None:
    case, user = make_case(language="th"), make_user(th=5)
    client.force_login(user)
    assert client.post("/next/").headers["Location"] == f"/cases/{case.pk}/"
    case.refresh_from_db()
    assert case.claimed_by == user


def test_next_asked_twice_leads_to_the_same_case_and_holds_one(client: Client) -> None:
    for _ in range(2):
        make_case()
    client.force_login(user := make_user(en=5))
    first, second = client.post("/next/"), client.post("/next/")
    assert first.headers["Location"] == second.headers["Location"]
    assert Case.objects.filter(claimed_by=user).count() == 1


def test_next_says_so_when_nothing_waits(client: Client) -> None:
    client.force_login(make_user(en=5))
    assert "Nothing waits for you now." in client.post("/next/", follow=True).content.decode()


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


def test_a_decision_is_made_and_the_next_case_opens(client: Client, held: Case) -> None:
    following = make_case()
    answer = post(client, held, "decide", actions=["remove", "lock_account"], **{"lock_account.until": "7"})
    assert answer.headers["HX-Redirect"] == f"/cases/{following.pk}/"
    decision = Decision.objects.get(case=held)
    assert [each["action"] for each in decision.actions] == ["remove", "lock_account"]
    assert decision.actions[1]["parameters"]["until"]
    assert decision.reasoning == TYPED


def test_it_works_without_a_script_too(client: Client, held: Case) -> None:
    answer = post(client, held, "decide", htmx=False, actions="no_violation")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert Decision.objects.filter(case=held).exists()


def test_submitting_twice_decides_once_and_leads_on(client: Client, held: Case) -> None:
    following = make_case()
    make_case()
    for _ in range(2):
        answer = post(client, held, "decide", actions="no_violation")
        assert answer.headers["HX-Redirect"] == f"/cases/{following.pk}/"
    assert Decision.objects.filter(case=held).count() == 1
    assert Case.objects.filter(claimed_by__isnull=False).count() == 1


def test_what_is_wrong_is_said_and_everything_typed_comes_back(client: Client, held: Case) -> None:
    answer = post(
        client,
        held,
        "decide",
        actions=["restrict"],
        note="Between us",
        **{"restrict.how": "geo_block", "restrict.territories": "Nowhere"},
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Not decided yet:" in page
    for kept in (TYPED, "Between us", 'value="Nowhere"', 'value="geo_block" selected'):
        assert kept in page
    assert str(held.lease_token) in page
    assert Draft.objects.get(case=held).fields["reasoning"] == [TYPED]


@pytest.mark.parametrize("htmx", [True, False])
def test_a_hold_that_ran_out_is_said_and_can_be_taken_again(client: Client, held: Case, htmx: bool) -> None:
    run_out(held)
    answer = post(client, held, "decide", htmx=htmx, actions="no_violation")
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Your hold on this case ran out." in page
    assert TYPED in page
    assert not Decision.objects.exists()
    again = post(client, held, "claim")
    assert again.headers["HX-Redirect"] == f"/cases/{held.pk}/"
    assert TYPED in client.get(f"/cases/{held.pk}/").content.decode()
    before = held.lease_token
    held.refresh_from_db()
    assert held.lease_token != before
    assert post(client, held, "decide", actions="no_violation").headers["HX-Redirect"]


def test_a_stale_tab_cannot_decide_with_an_older_hold(client: Client, held: Case) -> None:
    stale = form(held, actions="no_violation")
    run_out(held)
    post(client, held, "claim")
    answer = client.post(f"/cases/{held.pk}/decide/", stale, headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert not Decision.objects.exists()


def test_a_case_that_somebody_else_holds_now_is_not_hers_to_take_again(client: Client, held: Case) -> None:
    other = make_user(en=5)
    run_out(held)
    Case.objects.filter(pk=held.pk).update(
        claimed_by=other, lease_until=timezone.now() + timedelta(minutes=5)
    )
    answer = post(client, held, "claim")
    assert answer.status_code == 409
    assert f"{other.username} holds this case now." in answer.content.decode()
    assert Draft.objects.get(case=held).fields["reasoning"] == [TYPED]


def test_a_case_that_somebody_else_decided_shows_the_decision_and_keeps_her_words(client: Client) -> None:
    decision = decided("remove")
    case, user = decision.case, make_user(en=5)
    client.force_login(user)
    answer = post(client, case, "decide", actions="no_violation")
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "This case is decided." in page
    assert "What you typed was not used and is kept below." in page
    assert TYPED in page


def test_she_cannot_choose_a_case_that_she_never_had(client: Client) -> None:
    case = make_case()
    client.force_login(make_user(en=5))
    assert post(client, case, "claim").status_code == 409
    case.refresh_from_db()
    assert case.status == Case.Status.QUEUED


def test_a_case_that_she_does_not_hold_is_for_reading_only(client: Client) -> None:
    case = make_case()
    client.force_login(make_user(en=5))
    page = client.get(f"/cases/{case.pk}/").content.decode()
    assert "It waits in its lane." in page
    assert 'id="decide-form"' not in page


def test_a_skip_needs_a_reason_and_opens_the_next(client: Client, held: Case) -> None:
    answer = post(client, held, "skip", skip_reason="  ")
    assert answer.status_code == 422
    assert "Say in a few words why you skip this case." in answer.content.decode()
    following = make_case()
    answer = post(client, held, "skip", skip_reason="I know the author")
    assert answer.headers["HX-Redirect"] == f"/cases/{following.pk}/"
    held.refresh_from_db()
    assert held.status == Case.Status.QUEUED


def test_a_released_case_waits_again(client: Client, held: Case) -> None:
    assert post(client, held, "release").headers["HX-Redirect"] == "/"
    held.refresh_from_db()
    assert held.status == Case.Status.QUEUED


def test_an_escalated_case_waits_elsewhere(client: Client, held: Case) -> None:
    queue = make_queue("experts")
    answer = post(client, held, "escalate", escalate_queue="experts", escalate_why="")
    assert answer.status_code == 422
    assert TYPED in answer.content.decode()
    post(client, held, "escalate", escalate_queue="experts", escalate_why="Needs a lawyer")
    held.refresh_from_db()
    assert (held.status, held.queue) == (Case.Status.QUEUED, queue)


def test_escalating_never_leaves_those_who_are_cleared(client: Client) -> None:
    make_queue("open")
    make_queue("safe-too", clearances=("child_safety",))
    queue = make_queue("child-safety", clearances=("child_safety",))
    case, user, _ = hold(queue=queue, moderator=make_user(en=5, clearances=("child_safety",)))
    client.force_login(user)
    page = client.get(f"/cases/{case.pk}/").content.decode()
    assert 'value="safe-too"' in page
    assert 'value="open"' not in page


@pytest.mark.parametrize("written", ["th", "Thai", "ไทย"])
def test_a_case_whose_language_is_set_goes_to_its_readers(client: Client, written: str) -> None:
    case, user, _ = hold(language="und", moderator=make_user(en=5))
    client.force_login(user)
    wrong = post(client, case, "language", language_tag="klingonish")
    assert wrong.status_code == 422
    assert TYPED in wrong.content.decode()
    post(client, case, "language", language_tag=written)
    case.refresh_from_db()
    assert (case.status, case.language) == (Case.Status.QUEUED, "th")


def test_the_statement_is_shown_as_the_person_will_read_it(client: Client) -> None:
    item = make_item(author=make_item(kind="account", text=""), language="ar", text="نص")
    case, user, _ = hold(item=item, language="ar")
    client.force_login(user)
    page = post(client, case, "preview", actions="remove").content.decode()
    assert 'lang="ar" dir="rtl"' in page
    assert TYPED in page


def test_another_policy_brings_its_guidelines_and_actions_and_keeps_what_was_chosen(
    client: Client, held: Case
) -> None:
    make_policy("spam", guidelines="Sent to many.", allowed_actions=["no_violation", "lock_account"])
    page = post(
        client,
        held,
        "options",
        policy="spam",
        actions="lock_account",
        **{"lock_account.until": "7"},
    ).content.decode()
    assert "Sent to many." in page
    assert 'value="remove"' not in page
    assert 'value="lock_account" checked' in page
    assert '<option value="7" selected>' in page


def test_what_is_typed_is_kept_and_comes_back(client: Client, held: Case) -> None:
    assert post(client, held, "draft", actions=["remove"], note="one\0two").status_code == 204
    page = client.get(f"/cases/{held.pk}/").content.decode()
    assert TYPED in page
    assert "onetwo" in page
    assert 'value="remove" checked' in page


def test_a_late_save_does_not_bring_back_what_was_submitted(client: Client, held: Case) -> None:
    post(client, held, "decide", actions="no_violation")
    assert post(client, held, "draft").status_code == 204
    assert not Draft.objects.exists()


def test_a_heartbeat_renews_the_hold_or_says_that_it_is_lost(client: Client, held: Case) -> None:
    soon = timezone.now() + timedelta(seconds=30)
    Case.objects.filter(pk=held.pk).update(lease_until=soon)
    assert json.loads(post(client, held, "heartbeat").content) == {"seconds": 600}
    run_out(held)
    lost = post(client, held, "heartbeat")
    assert lost.status_code == 409
    assert "Your hold on this case ran out." in lost.content.decode()


def test_a_broken_token_is_a_lost_hold_not_a_crash(client: Client, held: Case) -> None:
    answer = client.post(f"/cases/{held.pk}/heartbeat/", {"token": "not-a-uuid"})
    assert answer.status_code == 409


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
    for words in ("claimed it", "skipped – I know the author", "case.something_new", skipper.username):
        assert words in page
