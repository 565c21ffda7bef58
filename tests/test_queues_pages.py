"""Admins set up the queues: each change is an Event and a version, and holds for the next claim."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect
from pytest_django import DjangoAssertNumQueries

from accounts.models import Clearance, Role, User
from moderation import audit
from moderation.eligibility import loading
from moderation.models import Event, Queue, RoutingRule, RoutingVersion
from moderation.queueing.claim import claim_next
from moderation.routing.queues import (
    QueueChanged,
    QueueFields,
    change_queue,
    create_queue,
    fields_of,
    set_paused,
)
from moderation.routing.rerouting import reroute_waiting
from tests.browser import NewPage, axe, sign_in
from tests.factories import make_case, make_policy, make_queue, make_user
from tests.steps_posting import as_posted

pytestmark = pytest.mark.django_db

B2_NOW = {"after_minutes": 0, "level": 3}
B1_LATER = {"after_minutes": 30, "level": 2}


@pytest.fixture
def admin() -> User:
    return make_user(role=Role.ADMIN)


@pytest.fixture
def client(admin: User) -> Client:
    client = Client()
    client.force_login(admin)
    return client


@pytest.fixture
def clearance() -> Clearance:
    return Clearance.objects.create(slug="child-safety", name="Child safety")


def fields(**changes: Any) -> QueueFields:
    values: dict[str, Any] = {
        "name": "Hate speech",
        "clearances": [],
        "members_only": False,
        "members": [],
        "allowed_actions": [],
        "steps": [B2_NOW],
        "sla_minutes": {},
    }
    return QueueFields(**values | changes)


def form(*steps: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"name": "Hate speech", "slug": "hate-speech"} | as_posted(*steps or (B2_NOW,)) | changes


def events() -> list[dict[str, Any]]:
    latest = Event.objects.filter(kind__startswith="queue.").order_by("-id")
    return [{"kind": event.kind, "by": event.actor_id, **event.data} for event in latest]


def page(client: Client, path: str, data: dict[str, Any] | None = None, status: int = 200) -> str:
    answer = client.get(path) if data is None else client.post(path, data)
    assert answer.status_code == status, answer.content.decode()
    return answer.content.decode()


def test_a_queue_is_made_with_all_that_it_asks(admin: User, clearance: Clearance) -> None:
    member = make_user()
    wanted = fields(
        clearances=["child-safety"],
        members_only=True,
        members=[member.pk],
        allowed_actions=["remove"],
        steps=[B2_NOW, B1_LATER],
        sla_minutes={"5": 15},
    )
    made = Queue.objects.get(pk=create_queue("hate-speech", wanted, audit.person(admin)).pk)
    assert fields_of(made) == wanted
    assert events()[0] == {
        "kind": "queue.created",
        "by": admin.pk,
        "queue": "hate-speech",
        **wanted.in_json(),
    }


def test_a_change_is_a_new_version_and_says_old_and_new(admin: User, clearance: Clearance) -> None:
    made = create_queue("hate-speech", fields(), audit.person(admin))
    changed = change_queue(made.pk, 1, fields(name="Hate", clearances=["child-safety"]), audit.person(admin))
    assert (changed.version, changed.name) == (2, "Hate")
    assert events()[0] == {
        "kind": "queue.changed",
        "by": admin.pk,
        "queue": "hate-speech",
        "version": 2,
        "changes": {"name": ["Hate speech", "Hate"], "clearances": [[], ["child-safety"]]},
    }


def test_without_a_difference_there_is_no_version_and_no_event(admin: User) -> None:
    made = create_queue("hate-speech", fields(allowed_actions=["remove", "restrict"]), audit.person(admin))
    count = len(events())
    same = fields(allowed_actions=["restrict", "remove"])
    assert change_queue(made.pk, 1, same, audit.person(admin)).version == 1
    assert len(events()) == count


def test_a_queue_that_somebody_changed_meanwhile_is_not_overwritten(admin: User) -> None:
    made = create_queue("hate-speech", fields(), audit.person(admin))
    change_queue(made.pk, 1, fields(name="First"), audit.person(admin))
    with pytest.raises(QueueChanged):
        change_queue(made.pk, 1, fields(name="Second"), audit.person(admin))
    assert Queue.objects.get(pk=made.pk).name == "First"


@pytest.mark.parametrize("change", ["clearances", "members", "steps"])
def test_a_change_holds_for_the_next_claim(
    admin: User, clearance: Clearance, change: str, django_capture_on_commit_callbacks: Any
) -> None:
    """Whoever could take its cases no longer can, though what this process knew of the queue is fresh."""
    with django_capture_on_commit_callbacks(execute=True):
        made = create_queue("hate-speech", fields(), audit.person(admin))
    moderator = make_user(en=3)
    make_case(queue=made)
    assert claim_next(make_user(en=3)) is not None
    make_case(queue=made)
    changes: dict[str, dict[str, Any]] = {
        "clearances": {"clearances": ["child-safety"]},
        "members": {"members_only": True, "members": [admin.pk]},
        "steps": {"steps": [{"after_minutes": 0, "level": 4}]},
    }
    with django_capture_on_commit_callbacks(execute=True):
        change_queue(made.pk, 1, fields(**changes[change]), audit.person(admin))
    assert claim_next(moderator) is None


def test_a_paused_queue_gives_out_nothing_until_it_goes_on(
    admin: User, django_capture_on_commit_callbacks: Any
) -> None:
    queue = make_queue()
    moderator = make_user(en=5)
    make_case(queue=queue)
    with django_capture_on_commit_callbacks(execute=True):
        set_paused(queue.pk, True, audit.person(admin))
    assert claim_next(moderator) is None
    with django_capture_on_commit_callbacks(execute=True):
        set_paused(queue.pk, False, audit.person(admin))
        set_paused(queue.pk, False, audit.person(admin))
    assert claim_next(moderator) is not None
    assert [each["kind"] for each in events()] == ["queue.resumed", "queue.paused"]


def test_each_queue_says_what_waits_in_it_and_what_is_overdue(client: Client) -> None:
    busy, quiet = make_queue("busy"), make_queue("quiet")
    for language in ("en", "th"):
        make_case(queue=busy, language=language)
    make_case(queue=busy, language="th", due_at=timezone.now() - timedelta(minutes=5))
    listed = page(client, "/queues/")
    assert re.findall(r'<td class="figure">(?:<.*</span>)?(\d+|–)', listed) == ["3", "1", "0", "–"]
    assert "3 cases wait in it" in page(client, f"/queues/{busy.pk}/")
    assert "0 cases wait in it" in page(client, f"/queues/{quiet.pk}/")


def test_the_page_makes_changes_and_shows_queues(client: Client, clearance: Clearance) -> None:
    assert "There are no queues yet" in page(client, "/queues/")
    member = make_user(en=4)
    sent = form(
        B2_NOW,
        B1_LATER,
        clearances=["child-safety"],
        members_only="on",
        members=[member.pk],
        allowed_actions=["remove"],
        sla_5="15",
    )
    answer = client.post("/queues/new/", sent)
    queue = Queue.objects.get()
    assert answer["Location"] == f"/queues/{queue.pk}/"
    shown = page(client, f"/queues/{queue.pk}/")
    assert "not cleared for Child safety" in shown
    assert fields_of(queue) == fields(
        clearances=["child-safety"],
        members_only=True,
        members=[member.pk],
        allowed_actions=["remove"],
        steps=[B2_NOW, B1_LATER],
        sla_minutes={"5": 15},
    )
    listed = page(client, "/queues/")
    assert "1 member" in listed
    assert "level 2 and better after 30 min" in listed
    assert "Child safety" in listed
    page(client, f"/queues/{queue.pk}/", form(name="New name", version=1), 302)
    queue.refresh_from_db()
    assert (queue.name, queue.version, queue.slug, queue.members_only) == (
        "New name",
        2,
        "hate-speech",
        False,
    )


def test_a_stale_page_keeps_what_was_typed_and_saves_nothing(client: Client, admin: User) -> None:
    made = create_queue("hate-speech", fields(), audit.person(admin))
    path = f"/queues/{made.pk}/"
    page(client, path, form(name="First", version=1), 302)
    shown = page(client, path, form(B2_NOW, B1_LATER, name="Typed long", version=1), 422)
    assert "Somebody else has changed this queue" in shown
    assert "Typed long" in shown
    assert 'name="steps-2-after"' in shown
    assert 'name="version" value="1"' in shown
    assert Queue.objects.get().name == "First"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": ""}, "required"),
        ({"slug": "no slug"}, "slug"),
        ({"members_only": "on"}, "nobody could ever take a case"),
        ({"members": ["999999"]}, "not one of the available choices"),
        ({"clearances": ["nonsense"]}, "not one of the available choices"),
        ({"allowed_actions": ["nonsense"]}, "not one of the available choices"),
        ({"sla_5": "0"}, "greater than or equal to 1"),
        ({"sla_5": "soon"}, "whole number"),
        ({"steps-1-after": "soon"}, "as a whole number"),
        ({"steps-1-after": ""}, "as a whole number"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_nothing_is_saved(
    client: Client, wrong: dict[str, Any], words: str
) -> None:
    shown = page(client, "/queues/new/", form() | wrong, 422)
    assert words in shown
    assert "Nothing was saved" in shown
    assert not Queue.objects.exists()


def test_a_slug_is_taken_once(client: Client) -> None:
    page(client, "/queues/new/", form(), 302)
    assert "There is a queue with this slug already" in page(client, "/queues/new/", form(), 422)


def test_adding_and_removing_a_step_saves_nothing_and_keeps_what_was_typed(
    client: Client, admin: User
) -> None:
    made = create_queue("hate-speech", fields(), audit.person(admin))
    path = f"/queues/{made.pk}/"
    shown = page(client, path, form(B2_NOW, name="Typed", version=1, add_step="1"))
    assert 'name="steps-2-after"' in shown
    assert 'value="Typed"' in shown
    shown = page(client, path, form(B2_NOW, B1_LATER, name="", version=1, remove_step="2"))
    assert 'name="steps-2-after"' not in shown
    assert (Queue.objects.get().name, Queue.objects.get().steps) == ("Hate speech", [B2_NOW])


def test_pausing_warns_how_much_waits(client: Client) -> None:
    queue = make_queue()
    make_case(queue=queue)
    answer = client.post(f"/queues/{queue.pk}/pause/", {"paused": "1"}, follow=True)
    assert "1 case waits in it, and nobody is given it" in answer.content.decode()
    assert "Paused: nobody is given its cases" in answer.content.decode()
    answer = client.post(f"/queues/{queue.pk}/pause/", {"paused": "0"}, follow=True)
    assert "goes on" in answer.content.decode()
    assert not Queue.objects.get(pk=queue.pk).paused


def test_a_queue_says_which_rules_bring_cases_to_it(client: Client) -> None:
    queue = make_queue()
    RoutingRule.objects.create(position=1, name="All <b>hate</b>", queue=queue)
    assert "All &lt;b&gt;hate&lt;/b&gt;" in page(client, f"/queues/{queue.pk}/")


def test_the_list_of_queues_takes_a_constant_number_of_statements(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(3):
        make_queue(f"queue-{number}", clearances=("appeals",)).members.add(make_user())
    loading.current()
    with django_assert_num_queries(8):  # session, user, queues, clearances, members, counts, asked, gaps
        page(client, "/queues/")


def test_a_queue_page_takes_a_constant_number_of_statements(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    queue = make_queue(clearances=("appeals",))
    for _ in range(20):
        queue.members.add(make_user(clearances=("appeals",)))
    loading.current()
    with django_assert_max_num_queries(14):
        page(client, f"/queues/{queue.pk}/")


def test_a_change_of_due_times_is_worked_out_anew_for_what_waits(admin: User) -> None:
    queue = make_queue()
    RoutingRule.objects.create(position=1, name="Everything", queue=queue)
    case = make_case(queue=queue, policy=make_policy(severity=5, sla_minutes=60))
    change_queue(queue.pk, 1, replace(fields_of(queue), sla_minutes={"5": 15}), audit.person(admin))
    reroute_waiting()
    case.refresh_from_db()
    assert case.due_at == case.opened_at + timedelta(minutes=15)
    version = RoutingVersion.objects.latest("number")
    assert (version.saved_by, version.why) == (admin, "The due times of the queue “General” changed")
    queue.refresh_from_db()
    change_queue(queue.pk, 2, replace(fields_of(queue), name="Other"), audit.person(admin))
    assert RoutingVersion.objects.latest("number") == version


def test_a_change_is_foreseen_with_everything_typed_kept_and_nothing_saved(client: Client) -> None:
    queue = make_queue("hate-speech", name="Hate speech", steps=[B2_NOW])
    make_user(th=2)
    make_case(queue=queue, language="th")
    path = f"/queues/{queue.pk}/"
    shown = page(client, path, form(B2_NOW, B1_LATER, name="Typed", version=1, foresee="1"))
    assert 'id="foresee"' in shown
    assert "The queue “Hate speech” with: name, language steps" in shown
    assert "Somebody could take these, which nobody can today" in shown
    assert 'value="Typed"' in shown
    assert Queue.objects.get().steps == [B2_NOW]
    assert "no change" in page(client, path, form(B2_NOW, version=1, foresee="1"))
    shown = page(client, path, form(B2_NOW, name="", version=1, foresee="1"), 422)
    assert 'id="foresee"' not in shown


def test_who_would_become_a_member_is_foreseen(client: Client) -> None:
    member, other = make_user(en=5), make_user(en=5)
    queue = make_queue("hate-speech", name="Hate speech", steps=[B2_NOW], members_only=True)
    queue.members.add(other)
    make_case(queue=queue)
    sent = form(B2_NOW, version=1, members_only="on", members=[member.pk], foresee="1")
    shown = page(client, f"/queues/{queue.pk}/", sent)
    told = shown[shown.index('id="foresee"') :]
    assert member.display_name in told
    assert other.display_name in told
    assert list(queue.members.all()) == [other]


def test_a_pause_is_foreseen(client: Client) -> None:
    queue = make_queue()
    make_user(en=5)
    make_case(queue=queue)
    shown = page(client, f"/queues/{queue.pk}/", {"foresee_pause": "1"})
    assert "Nobody would be given these while the queue is paused" in shown
    assert not Queue.objects.get().paused


def test_moderators_do_not_see_the_queues() -> None:
    queue = make_queue()
    client = Client()
    client.force_login(make_user())
    for path in ("/queues/", "/queues/new/", f"/queues/{queue.pk}/"):
        assert client.get(path).status_code == 403
    assert client.post(f"/queues/{queue.pk}/pause/", {"paused": "1"}).status_code == 403
    assert not Queue.objects.get(pk=queue.pk).paused


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("language", "colours"), [("en", "light"), ("ar", "dark")])
def test_a_queue_is_made_with_steps_in_a_browser_without_a_barrier(
    new_page: NewPage, language: str, colours: str
) -> None:
    browser = new_page(language=language, colour_scheme=colours)
    sign_in(browser, make_user(role=Role.ADMIN))
    browser.goto("/queues/new/")
    browser.locator("#id_name").fill("كراهية")
    browser.locator("#id_slug").fill("hate-speech")
    browser.locator("button[name=add_step]").click()
    expect(browser.locator("#steps-2-after")).to_be_focused()
    browser.locator("#steps-2-after").fill("0")
    browser.locator("#steps-2-after").press("Enter")
    expect(browser.locator("#steps-2-error")).to_be_visible()
    axe(browser)
    browser.locator("#steps-2-after").fill("45")
    browser.locator(".queue-form button.primary").click()
    expect(browser.locator(".notice-success")).to_be_visible()
    assert Queue.objects.get().steps == [B2_NOW, {"after_minutes": 45, "level": 2}]
    browser.locator("#step-2 .step-remove").click()
    expect(browser.locator("#step-2")).to_have_count(0)
    axe(browser)
    browser.goto("/queues/")
    axe(browser)
