"""Admins see what is owed to each endpoint, what is parked at a glance, and send it again with one button."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Role, User
from moderation.models import Event, Item, Message, WebhookEndpoint
from moderation.outbox import post
from moderation.outbox.delivery import deliver_due
from moderation.outbox.endpoints import create_endpoint
from tests.browser import NewPage, axe, beside, sign_in
from tests.factories import make_item, make_platform, make_user
from tests.receiver import receiving

pytestmark = pytest.mark.django_db
Status = Message.Status


@pytest.fixture
def admin(db: None) -> User:
    return make_user(role=Role.ADMIN)


@pytest.fixture
def client(admin: User) -> Client:
    client = Client()
    client.force_login(admin)
    return client


def endpoint(url: str = "http://127.0.0.1:1/hooks", platform: str = "harbour") -> WebhookEndpoint:
    return create_endpoint(make_platform(platform), url)


def owe(item: Item | None = None, **changes: object) -> Message:
    item = item or make_item()
    with transaction.atomic():
        post("case.closed", item, {"item": {"kind": item.kind, "id": item.external_id}})
    message = Message.objects.latest("pk")
    Message.objects.filter(pk=message.pk).update(**changes)
    message.refresh_from_db()
    return message


def park(item: Item | None = None) -> Message:
    return owe(item, status=Status.PARKED, attempts=10, last_error="Answered 500")


def shown(client: Client, query: str = "") -> str:
    answer = client.get(f"/deliveries/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_only_admins_open_it(client: Client) -> None:
    where = endpoint()
    message = park()
    addresses = (f"/deliveries/{message.pk}/replay/", f"/deliveries/endpoints/{where.pk}/")
    moderator = Client()
    moderator.force_login(make_user())
    assert moderator.get("/deliveries/").status_code == 403
    assert [moderator.post(address).status_code for address in addresses] == [403, 403]
    assert Client().get("/deliveries/").status_code == 302
    assert [Client().post(address).status_code for address in addresses] == [302, 302]
    assert [client.get(address).status_code for address in addresses] == [405, 405]
    message.refresh_from_db()
    assert message.status == Status.PARKED
    assert "/deliveries/" not in moderator.get("/").content.decode()
    assert "/deliveries/" in client.get("/").content.decode()


def test_a_desk_without_endpoints_says_how_to_add_one(client: Client) -> None:
    assert "create_webhook_endpoint" in shown(client)


def test_what_is_parked_is_seen_at_once_with_its_error_and_attempts(client: Client) -> None:
    endpoint()
    broken = endpoint("http://127.0.0.1:1/broken", "other")
    item = make_item(make_platform("other"))
    parked = park(item)
    behind = owe(item)
    retried = owe(make_item(make_platform("other")), attempts=3, last_error="No answer within 20 s")
    page = shown(client)
    assert "Some webhooks are parked." in page
    # The endpoint that needs somebody is open by itself.
    assert f'href="?endpoint={broken.pk}" aria-current="true"' in page
    for seen in (str(parked.webhook_id), "Answered 500", item.external_id, str(behind.webhook_id)):
        assert seen in page
    assert "after an earlier one about this item" in page
    assert str(retried.webhook_id) in page
    assert "No answer within 20 s" in page
    other = shown(client, f"?endpoint={WebhookEndpoint.objects.exclude(pk=broken.pk).get().pk}")
    assert str(parked.webhook_id) not in other
    assert shown(client, "?endpoint=0")


def test_without_anything_parked_it_is_quiet(client: Client) -> None:
    endpoint()
    owe()
    assert "Some webhooks are parked." not in shown(client)


def test_one_button_sends_a_parked_message_again(client: Client, admin: User) -> None:
    where = endpoint()
    message = park()
    answer = client.post(f"/deliveries/{message.pk}/replay/")
    assert (answer.status_code, answer["Location"]) == (302, f"/deliveries/?endpoint={where.pk}")
    message.refresh_from_db()
    assert (message.status, message.attempts) == (Status.PENDING, 0)
    assert Event.objects.filter(kind="webhook.replayed", actor_id=admin.pk).count() == 1
    again = client.post(f"/deliveries/{message.pk}/replay/", follow=True)
    assert "somebody was faster" in again.content.decode()
    assert client.post("/deliveries/0/replay/").status_code == 404


def test_an_endpoint_is_switched_off_and_on(client: Client, admin: User) -> None:
    where = endpoint()
    message = owe()
    client.post(f"/deliveries/endpoints/{where.pk}/", {"enabled": "0"})
    assert not WebhookEndpoint.objects.get().enabled
    assert "when the endpoint is switched on" in shown(client)
    client.post(f"/deliveries/endpoints/{where.pk}/", {"enabled": "0"})
    client.post(f"/deliveries/endpoints/{where.pk}/", {"enabled": "1"})
    assert WebhookEndpoint.objects.get().enabled
    switched = Event.objects.filter(kind="endpoint.switched", actor_id=admin.pk).order_by("id")
    assert [event.data["enabled"] for event in switched] == [False, True]
    message.refresh_from_db()
    assert message.status == Status.PENDING
    assert client.post("/deliveries/endpoints/0/", {"enabled": "1"}).status_code == 404


def test_a_failing_endpoint_is_seen_at_once(client: Client) -> None:
    where = endpoint()
    since = timezone.now() - timedelta(hours=3)

    def state(**changes: object) -> str:
        WebhookEndpoint.objects.filter(pk=where.pk).update(**changes)
        page = shown(client)
        row = page.split(f'id="endpoint-{where.pk}"')[1].split("</tr>")[0]
        return ("BAD " if 'id="bad-notice"' in page else "") + row

    assert "fine" in state()
    failing = state(failures=2, failing_since=since, last_error="Answered 500")
    for said in ("BAD ", "failing", ">3h</time>", "Answered 500"):
        assert said in failing
    resting = state(failures=9, resting_until=timezone.now() + timedelta(minutes=12, seconds=30))
    for said in ("BAD ", "failing", "rests; tried again", ">in 12m</time>"):
        assert said in resting
    assert "tried again with the next message" in state(resting_until=timezone.now())
    asked = state(failures=0, failing_since=None, resting_until=timezone.now() + timedelta(hours=1))
    assert "asked to be left alone" in asked
    assert "BAD " not in asked
    assert "switched off" in state(enabled=False, resting_until=None)
    gone = state(gone_at=timezone.now())
    for said in ("BAD ", "it answered 410"):
        assert said in gone


def test_how_long_the_oldest_waits_is_shown(client: Client) -> None:
    endpoint()
    for hours in (5, 2):
        Message.objects.filter(pk=owe().pk).update(created_at=timezone.now() - timedelta(hours=hours))
    assert 'UTC">5h</time>' in shown(client)


def test_what_the_other_side_wrote_is_inert(client: Client) -> None:
    endpoint()
    owe(status=Status.PARKED, last_error="<script>alert(1)</script>")
    assert "<script>alert" not in shown(client)


def test_the_statements_do_not_grow_with_messages_or_endpoints(client: Client) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            shown(client)
        return len(queries)

    endpoint()
    park()
    owe()
    shown(client)
    few = statements()
    for number in range(5):
        endpoint(f"http://127.0.0.1:1/{number}")
    for _ in range(12):
        park()
        owe()
    assert statements() == few <= 9


def test_a_backlog_is_counted_up_to_a_thousand_and_no_page_holds_it(client: Client) -> None:
    where = endpoint()
    item = make_item()
    Message.objects.bulk_create(
        Message(
            endpoint=where,
            item=item,
            type="case.closed",
            payload={},
            status=status,
            next_attempt_at=timezone.now() + timedelta(hours=1),
        )
        for status in (Status.PENDING, Status.PARKED)
        for _ in range(1100)
    )
    page = shown(client)
    assert page.count("999+") == 2
    assert page.count("<tr") < 110
    assert "The last 50 are shown." in page


def test_an_admin_sends_a_parked_webhook_again_in_the_browser(new_page: NewPage) -> None:
    admin = make_user(role=Role.ADMIN)
    with receiving() as receiver:
        where = create_endpoint(make_platform(), receiver.url, secret=receiver.secret)
        park(make_item(text="مرحبا"))
        for language, scheme in (("en", "light"), ("en", "dark"), ("ar", "light"), ("ar", "dark")):
            page = new_page(language=language, colour_scheme=scheme)
            sign_in(page, admin)
            page.goto("/deliveries/")
            expect(page.locator("#parked-notice")).to_be_visible()
            axe(page)
        page = new_page()
        sign_in(page, admin)
        page.goto("/")
        page.get_by_role("link", name="Deliveries").click()
        expect(page.locator("#parked-notice")).to_be_visible()
        page.get_by_role("button", name="Send case.closed about").click()
        expect(page.locator(".notice-success")).to_contain_text("It is sent again now")
        expect(page.locator("#parked-notice")).to_have_count(0)
        beside(deliver_due)
        receiver.wait_for(1)
        page.goto(f"/deliveries/?endpoint={where.pk}")
        expect(page.get_by_text("Nothing waits here.")).to_be_visible()
        axe(page)
