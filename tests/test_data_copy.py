"""A person's copy of her own data: all that she may have of it, and nothing of anybody else."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from appeals.filing import file_appeal
from appeals.models import Appeal
from appeals.opening import affected
from moderation import audit
from moderation.actions import ACTIONS
from moderation.approvals import approve
from moderation.decisions import JudgedAction, decide
from moderation.models import Approval, DataRequest, Event, Flag, Item, Strike
from moderation.retention import export
from moderation.retention.erasure import erase
from moderation.retention.export import held_about
from tests.deciding import hold, judgement
from tests.factories import make_case, make_flag, make_item, make_policy, make_user
from tests.retaining import decided_ago, make_account, purge, written_by

pytestmark = pytest.mark.django_db


def packed(account: Item) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(export.export(account))) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def in_a_world_of(marker: str) -> tuple[Item, User]:
    """A person with something of each kind, every word of which carries her marker; and who decided about her."""
    account = make_item(
        kind="account",
        text="",
        display_name=f"{marker} name",
        metadata={"bio": f"{marker} bio"},
    )
    Item.objects.filter(pk=account.pk).update(external_id=f"{marker}-account")
    account.refresh_from_db()
    work = make_item(
        author=account,
        text=f"{marker} text",
        url=f"https://example.org/{marker}",
        metadata={"of": f"{marker} metadata"},
        language="en",
    )
    Item.objects.filter(pk=work.pk).update(external_id=f"{marker}-post")
    work.refresh_from_db()
    decider = make_user(en=5)
    decider.first_name = f"{marker} decider"
    decider.save()
    held, _, token = hold(decider, item=work)
    make_flag(
        held,
        source=Flag.Source.USER_NOTICE,
        detector="",
        flag_id=f"{marker}-flag-secret",
        evidence={"said": f"{marker} reporter-secret"},
        metadata={"reporter": f"{marker} reporter-secret"},
    )
    reasons = f"{marker} reasons"
    decision = decide(
        held.pk,
        decider,
        token,
        judgement("remove", reasoning=reasons, note=f"{marker} note-secret"),
    )
    file_appeal(
        affected(decision),
        f"{marker} appeal",
        "en",
        Appeal.FiledBy.PERSON,
        audit.APPELLANT,
        background=f"{marker} background",
    )
    return account, decider


def test_it_holds_all_that_is_hers() -> None:
    account, _ = in_a_world_of("Ada")
    request = export.ask(account, make_user())
    data = json.loads(packed(account)["data.json"])
    assert data["account"]["id"] == "Ada-account"
    assert data["account"]["captures"][0]["display_name"] == "Ada name"
    (content,) = data["content"]
    assert (content["id"], content["text"], content["metadata"]) == (
        "Ada-post",
        "Ada text",
        {"of": "Ada metadata"},
    )
    (decision,) = data["decisions"]
    assert decision["reasons"] == "Ada reasons"
    assert [each["action"] for each in decision["actions"]] == ["remove"]
    assert [each["action"] for each in data["enforcements"]] == ["remove"]
    assert "Ada reasons" in data["statements"][0]["text"]
    assert [each["found_by"] for each in data["flags"]] == ["software", "people"]
    assert len(data["strikes"]) == Strike.objects.count() == 1
    assert (data["appeals"][0]["text"], data["appeals"][0]["background"]) == ("Ada appeal", "Ada background")
    assert len(data["requests"]) == 1
    assert request.kind == DataRequest.Kind.EXPORT


def test_what_she_reported_is_in_it_with_the_answers_and_how_she_can_be_reached() -> None:
    (reported, _), (ada, _) = in_a_world_of("Bob"), in_a_world_of("Ada")
    Item.objects.filter(pk=ada.pk).update(contact="ada@example.org")
    ada.refresh_from_db()
    held, moderator, token = hold(item=written_by(reported, text="Bob text"))
    fields = {"source": Flag.Source.USER_NOTICE, "detector": "", "notifier": ada, "flag_id": "Ada-notice"}
    make_flag(held, evidence={"says": "Ada says so"}, **fields)
    decide(held.pk, moderator, token, judgement("no_violation", reasoning="Bob reasons"))
    data = held_about(ada)
    assert data["account"]["contact"] == "ada@example.org"
    (notice,) = data["notices"]
    assert (notice["number"], notice["said"]) == ("Ada-notice", {"says": "Ada says so"})
    (answer,) = notice["answers"]
    assert "decided not to act" in answer["text"]
    assert answer["appeal_code"]
    assert "Bob text" not in packed(ada)["data.json"]
    assert "Bob reasons" not in packed(ada)["data.json"]
    assert "Ada says so" in packed(ada)["read-me.html"]
    assert not held_about(reported)["notices"]
    assert "Ada" not in packed(reported)["data.json"]


def test_it_can_be_read_and_runs_nothing() -> None:
    account, _ = in_a_world_of("<script>alert(1)</script>")
    page = packed(account)["read-me.html"]
    for said in ("name", "bio", "text", "reasons", "appeal", "background"):
        assert f"&lt;script&gt;alert(1)&lt;/script&gt; {said}" in page, said
    assert "<script" not in page


def test_nothing_of_anybody_else_is_in_it() -> None:
    """Neither of the other person, nor who flagged or decided, nor what they wrote for the desk alone."""
    (ada, ada_decider), (_bob, bob_decider) = in_a_world_of("Ada"), in_a_world_of("Bob")
    # They meet: one answers the other, and both are on one platform and under one policy.
    answering = make_item(author=ada, text="Ada answers", parent={"kind": "content", "id": "Bob-post"})
    make_case(item=answering)
    for name, written in packed(ada).items():
        assert "Ada" in written
        assert "Bob" not in written, name
        assert "-secret" not in written, name
        for person in (ada_decider, bob_decider):
            assert person.username not in written, name
            assert person.display_name not in written, name


def test_what_she_is_not_told_is_not_in_it() -> None:
    """An action that waits for a second person; what authorities are told; what is not decided yet."""
    account = make_account()
    make_policy(allowed_actions=["remove", "terminate_account", "refer_to_law_enforcement"])
    waits = decided_ago(1, "remove", "terminate_account", account=account)
    assert Approval.objects.get().status == Approval.Status.WAITING
    assert ACTIONS["terminate_account"].held
    referral = JudgedAction(
        "refer_to_law_enforcement",
        {"basis": "life_or_safety", "urgency": "immediate", "country": "DE", "summary": "of-the-authorities"},
    )
    held, moderator, token = hold(item=written_by(account), moderator=make_user(en=5))
    confidential = decide(held.pk, moderator, token, judgement(referral, reasoning="of-the-authorities"))
    make_flag(make_case(item=written_by(account, text="not decided")))
    data = held_about(account)
    assert {row["decision"] for row in data["decisions"]} == {waits.pk}
    assert [each["action"] for row in data["decisions"] for each in row["actions"]] == ["remove"]
    assert [each["action"] for each in data["enforcements"]] == ["remove"]
    assert {row["decision"] for row in data["flags"]} == {waits.pk}
    for written in packed(account).values():
        assert "of-the-authorities" not in written
        assert "law_enforcement" not in written
    # Approved, the account is terminated and she knows; of authorities she never does.
    second = make_user(clearances=("approval", "law_enforcement"), en=5)
    for decision in (waits, confidential):
        approve(decision.approval.pk, second)
    data = held_about(account)
    assert [each["action"] for row in data["decisions"] for each in row["actions"]] == [
        "remove",
        "terminate_account",
    ]
    assert "law_enforcement" not in packed(account)["data.json"]


def test_what_was_purged_or_erased_says_so() -> None:
    account = make_account()
    decided_ago(400, account=account)
    purge()
    data = held_about(account)
    assert data["content"][0]["text"] == ""
    assert data["content"][0]["content_purged_at"]
    assert "content purged on" in packed(account)["read-me.html"]
    request = erase(account, make_user())
    assert held_about(account)["statements"][0]["erased_at"]
    assert held_about(account)["requests"][0]["done_at"] == request.done_at.isoformat(timespec="seconds")  # type: ignore[union-attr]


def test_each_copy_that_is_taken_is_an_event() -> None:
    account, _ = in_a_world_of("Ada")
    admin = make_user()
    request = export.ask(account, admin)
    assert request.done_at is None
    for _ in range(2):
        export.take(request, admin)
    assert request.done_at is not None
    assert request.done_at <= timezone.now()
    events = Event.objects.filter(item_id=account.pk, kind__startswith="data_request.").order_by("pk")
    assert [(event.kind, event.actor_id) for event in events] == [
        ("data_request.recorded", admin.pk),
        ("data_request.copy_taken", admin.pk),
        ("data_request.copy_taken", admin.pk),
    ]
    assert "Ada" not in str([event.data for event in events])


def test_the_number_of_statements_does_not_grow_with_what_is_held() -> None:
    def statements(works: int) -> int:
        account = make_account()
        for _ in range(works):
            decided_ago(1, account=account)
        with CaptureQueriesContext(connection) as queries:
            held_about(account)
        return len(queries)

    few: Any = statements(1)
    assert statements(8) == few
