"""The pages of retention and of people's data requests: shown, changed, refused, and what was typed kept."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, User
from moderation.models import DataRequest, Event, Policy, PurgeReport, RetentionRule
from moderation.models.retention import LEAST_CONTENT_DAYS
from moderation.retention import rules
from moderation.retention.erasure import erase_pending
from moderation.retention.rules import DEFAULT_DAYS, Kind
from tests.factories import make_policy, make_user
from tests.retaining import days_ago, decided_ago, make_account, place_hold, purge, written_by

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> User:
    return make_user(role=Role.ADMIN, en=5)


@pytest.fixture
def client(admin: User) -> Client:
    client = Client()
    client.force_login(admin)
    return client


def typed(**changes: Any) -> dict[str, Any]:
    """The form as it is, with these fields typed over."""
    days = {f"days_{kind.value}": str(count) for kind, count in rules.in_force().general.items()}
    own = {f"policy_{policy}": str(count) for policy, count in rules.in_force().policies.items()}
    return {"version": rules.in_force().version} | days | own | changes


class TestRetention:
    def test_without_any_rule_the_defaults_hold_and_are_shown(self, client: Client) -> None:
        page = client.get("/retention/").content.decode()
        for kind, days in DEFAULT_DAYS.items():
            assert re.search(rf'name="days_{kind.value}" value="{days}"', page)
        assert "1 year after the decision" in page
        assert "There was no run yet" in page

    def test_each_change_is_saved_and_is_an_event_and_no_other(self, client: Client, admin: User) -> None:
        grave, plain = make_policy("child-safety"), make_policy("spam")
        answer = client.post(
            "/retention/",
            typed(days_content="400", **{f"policy_{grave.pk}": "1825", f"policy_{plain.pk}": ""}),
        )
        assert answer.status_code == 302
        assert rules.in_force().general[Kind.CONTENT] == 400
        assert rules.in_force().policies == {grave.pk: 1825}
        assert RetentionRule.objects.count() == 2
        events = Event.objects.filter(kind="retention.changed").order_by("pk")
        assert [(event.actor_id, event.data) for event in events] == [
            (admin.pk, {"of": "content", "policy": None, "days": 400, "before": 365}),
            (admin.pk, {"of": "content", "policy": "child-safety", "days": 1825, "before": None}),
        ]
        assert "5 years after the decision" in client.get("/retention/").content.decode()
        # And back: the policy goes by the rule for all again.
        client.post("/retention/", typed(**{f"policy_{grave.pk}": ""}))
        assert rules.in_force().policies == {}

    @pytest.mark.parametrize(
        ("field", "value", "words"),
        [
            ("days_content", str(LEAST_CONTENT_DAYS - 1), "people may appeal for six months"),
            ("days_deliveries", "6", "At least 7 days"),
            ("days_drafts", "0", "At least 1 days"),
            ("days_foresights", "999999", "nothing is kept for ever"),
            ("days_content", "", "Type a whole number of days"),
            ("days_content", "1 year", "Type a whole number of days"),
            ("days_content", "-5", "Type a whole number of days"),
            ("days_content", "٣٦٥", "Type a whole number of days"),
            ("policy", "30", "people may appeal for six months"),
            ("policy", "never", "Type a whole number of days"),
        ],
    )
    def test_what_cannot_be_is_refused_beside_its_field_and_stays_typed(
        self, client: Client, field: str, value: str, words: str
    ) -> None:
        name = f"policy_{make_policy().pk}" if field == "policy" else field
        answer = client.post("/retention/", typed(**{name: value}))
        page = answer.content.decode()
        assert answer.status_code == 422
        assert words in page
        assert re.search(rf'name="{name}" value="{re.escape(value)}"[^>]*aria-invalid', page)
        assert not RetentionRule.objects.exists()

    def test_everything_that_is_wrong_is_said_at_once(self, client: Client) -> None:
        page = client.post("/retention/", typed(days_content="30", days_drafts="x")).content.decode()
        assert page.count('class="field-error"') == 2

    def test_the_database_holds_the_least_too(self) -> None:
        from django.db import IntegrityError, transaction

        with pytest.raises(IntegrityError, match="content_outlasts"), transaction.atomic():
            RetentionRule.objects.create(kind="content", days=LEAST_CONTENT_DAYS - 1)

    def test_a_stale_tab_saves_nothing_and_keeps_what_was_typed(self, client: Client) -> None:
        mine = typed(days_content="500")
        client.post("/retention/", typed(days_drafts="5"))
        answer = client.post("/retention/", mine)
        assert answer.status_code == 422
        page = answer.content.decode()
        assert "Somebody else has changed these rules meanwhile" in page
        assert 'name="days_content" value="500"' in page
        assert rules.in_force().general[Kind.CONTENT] == 365
        # Sent again from the same tab it is still refused: it has not seen what the other one did.
        assert client.post("/retention/", mine).status_code == 422

    def test_what_would_go_and_what_went_is_told(self, client: Client) -> None:
        for _ in range(3):
            decided_ago(400, alone=True)
        place_hold(decided_ago(400, alone=True).item)
        assert "<strong>3</strong> Content" in client.get("/retention/").content.decode()
        purge()
        page = client.get("/retention/").content.decode()
        assert "<strong>0</strong> Content" in page
        figures = re.sub(r"<[^>]*>", "", page)
        assert "captures 3, flags&#x27; evidence 3" in figures
        assert "captures 1" in figures
        PurgeReport.objects.update(finished_at=None)
        assert "goes on" in client.get("/retention/").content.decode()

    def test_the_page_takes_a_constant_number_of_statements(self, client: Client) -> None:
        def statements() -> int:
            with CaptureQueriesContext(connection) as queries:
                client.get("/retention/")
            return len(queries)

        client.get("/retention/")
        few = statements()
        for number in range(5):
            Policy.objects.get(pk=make_policy(f"policy-{number}").pk)
            decided_ago(400, alone=True)
        assert statements() == few


class TestDataRequests:
    def ask(self, client: Client, kind: str, **changes: Any) -> Any:
        account = changes.pop("of", None) or make_account()
        fields = {"platform": account.platform_id, "account": account.external_id, "kind": kind}
        return client.post("/data-requests/", fields | changes)

    def test_a_copy_is_recorded_and_taken(self, client: Client) -> None:
        account = make_account()
        written_by(account)
        assert "Nobody has asked yet" in client.get("/data-requests/").content.decode()
        assert self.ask(client, "export", of=account).status_code == 302
        request = DataRequest.objects.get()
        assert "not taken yet" in client.get("/data-requests/").content.decode()
        answer = client.get(f"/data-requests/{request.pk}/copy/")
        assert answer.headers["Content-Type"] == "application/zip"
        assert answer.headers["Cache-Control"] == "no-store"
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            assert sorted(archive.namelist()) == ["data.json", "read-me.html"]
        assert "first taken" in client.get("/data-requests/").content.decode()

    def test_an_erasure_is_looked_at_first_then_confirmed_then_told(self, client: Client) -> None:
        account = make_account()
        written_by(account)
        decided_ago(10, account=account)
        looked = self.ask(client, "erasure", of=account)
        page = looked.content.decode()
        assert looked.status_code == 200
        assert "1 capture would go at once" in page
        assert "can still complain" in page
        assert not DataRequest.objects.exists()
        assert self.ask(client, "erasure", of=account, confirmed="1").status_code == 302
        assert "Being carried out" in client.get("/data-requests/").content.decode()
        erase_pending()
        page = client.get("/data-requests/").content.decode()
        assert "Erased: captures 1" in re.sub(r"<[^>]*>", "", page)
        assert "DSA Art. 20(1)" in page
        # An erasure has no copy to take.
        assert client.get(f"/data-requests/{DataRequest.objects.get().pk}/copy/").status_code == 404

    @pytest.mark.parametrize(
        ("field", "value", "words"),
        [
            ("account", "nobody", "The desk knows no account with this id"),
            ("account", "", "Type the account"),
            ("kind", "everything", "Select a valid choice"),
            ("platform", "0", "Select a valid choice"),
            ("account", "a\0b", "Null characters are not allowed"),
        ],
    )
    def test_what_cannot_be_is_refused_and_stays_typed(
        self, client: Client, field: str, value: str, words: str
    ) -> None:
        answer = self.ask(client, **{"kind": "export", field: value})
        assert answer.status_code == 422
        assert words in answer.content.decode()
        assert not DataRequest.objects.exists()

    def test_only_accounts_can_be_asked_about(self, client: Client) -> None:
        work = written_by(make_account())
        answer = self.ask(client, "export", account=work.external_id)
        assert answer.status_code == 422

    def test_who_is_not_cleared_reads_nothing_of_a_hold(self, client: Client, admin: User) -> None:
        account = make_account()
        place_hold(decided_ago(260, account=account).item)
        assert "hold" not in re.sub(r"<[^>]*>", "", self.ask(client, "erasure", of=account).content.decode())
        self.ask(client, "erasure", of=account, confirmed="1")
        erase_pending()
        assert "legal hold" not in client.get("/data-requests/").content.decode()
        cleared = make_user(role=Role.ADMIN, clearances=("law_enforcement",), en=5)
        client.force_login(cleared)
        assert "legal hold" in client.get("/data-requests/").content.decode()


@pytest.mark.parametrize("path", ["/retention/", "/data-requests/", "/data-requests/1/copy/"])
def test_moderators_have_none_of_these_pages(path: str) -> None:
    client = Client()
    client.force_login(make_user(en=5))
    assert client.get(path).status_code == 403


def test_a_case_whose_content_was_purged_says_so(client: Client) -> None:
    from tests.deciding import decided

    moderator = make_user(en=5)
    with days_ago(400):
        decision = decided("remove", item=written_by(make_account()), moderator=moderator)
    purge()
    client.force_login(moderator)
    page = client.get(f"/cases/{decision.case_id}/").content.decode()
    assert "The content was purged on" in page
    assert "It has no text" not in page
