"""The pages about referrals and holds: for the cleared alone, and nothing typed is lost on them."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, User
from config.permissions import SCREENS
from moderation.eligibility import loading
from moderation.holds import looking
from moderation.models import Event, LegalHold, PreservedFile, Referral
from moderation.referrals import package
from tests.factories import make_user
from tests.referring import (
    MEDIA,
    PICTURE,
    cleared,
    keep,
    refer,
    referred,
    referred_with_a_file,
    signed_in,
    threat,
)

pytestmark = pytest.mark.django_db

SECRET_SCREENS = {
    "referrals",
    "referral",
    "referral-sent",
    "referral-answer",
    "close-referral",
    "make-package",
    "download-package",
    "holds",
    "hold",
    "ask-to-lift",
    "lift-hold",
    "extend-hold",
    "retry-files",
    "held-file",
    "held-file-content",
}


@pytest.fixture
def ada() -> User:
    return cleared()


@pytest.fixture
def client(ada: User) -> Client:
    return signed_in(ada)


@pytest.fixture
def referral() -> Referral:
    return referred_with_a_file()


def addresses(referral: Referral, by: User) -> dict[str, str]:
    hold, file = referral.holds.get(), PreservedFile.objects.get()
    numbers = {
        "download-package": package.make(referral, by).pk,
        **dict.fromkeys(("hold", "ask-to-lift", "lift-hold", "extend-hold", "retry-files"), hold.pk),
        **dict.fromkeys(("held-file", "held-file-content"), file.pk),
    }
    return {
        name: reverse(name, args=[] if name in ("referrals", "holds") else [numbers.get(name, referral.pk)])
        for name in SECRET_SCREENS
    }


def ago(**span: float) -> str:
    return (timezone.now() - timedelta(**span)).strftime("%Y-%m-%dT%H:%M")


@pytest.mark.parametrize("role", Role)
def test_without_the_clearance_there_is_nothing_whatever_the_role(
    referral: Referral, ada: User, role: Role
) -> None:
    paths = addresses(referral, ada)
    outsider = make_user(role=role, clearances=("approval", "child_safety", "appeals"), en=5)
    client = signed_in(outsider)
    before = Event.objects.filter(actor_id=outsider.pk).count()
    for name, path in paths.items():
        for method in SCREENS[name]:
            answer = client.generic(method, path)
            assert answer.status_code == 404, f"{method} {path}"
            assert b"Tidal" not in answer.content
    assert Event.objects.filter(actor_id=outsider.pk).count() == before
    assert reverse("referrals") not in client.get("/").content.decode()


@pytest.mark.parametrize("role", Role)
def test_with_the_clearance_each_page_opens_and_each_look_is_an_event(
    referral: Referral, ada: User, role: Role
) -> None:
    paths = addresses(referral, ada)
    user = cleared(role=role)
    client = signed_in(user)
    recorded = {
        "referrals": "referral.listed",
        "referral": "referral.viewed",
        "download-package": "referral.package_taken",
        "holds": "hold.listed",
        "hold": "hold.viewed",
        "held-file-content": "file.viewed",
    }
    for name, path in paths.items():
        if "GET" in SCREENS[name]:
            assert client.get(path).status_code == 200, name
            if name in recorded:
                assert Event.objects.filter(kind=recorded[name], actor_id=user.pk).exists(), name
    assert Event.objects.filter(kind="evidence.viewed", actor_id=user.pk).exists(), "the text was on the page"
    loading.forget()  # the link is as old as the claim's configuration
    assert reverse("referrals") in client.get("/").content.decode()


def test_a_clearance_that_is_taken_away_closes_the_door_at_once(referral: Referral, ada: User) -> None:
    client = signed_in(ada)
    path = reverse("referral", args=[referral.pk])
    assert client.get(path).status_code == 200
    ada.clearances.clear()
    assert client.get(path).status_code == 404
    loading.forget()
    assert reverse("referrals") not in client.get("/").content.decode()


def test_the_trail_of_a_case_tells_nobody_else_of_its_referral(referral: Referral) -> None:
    from moderation.referrals.access import visible_events

    events = Event.objects.filter(case_id=referral.decision.case_id)
    outsider = visible_events(make_user(role=Role.ADMIN), events)
    told = {each.kind.split(".")[0] for each in outsider}
    assert told
    assert not told & {"referral", "hold", "file"}
    assert {"referral", "hold"} <= {each.kind.split(".")[0] for each in visible_events(cleared(), events)}


def test_the_list_has_what_needs_somebody_first(client: Client) -> None:
    assert b"There is no open referral" in client.get("/referrals/").content
    routine = referred(urgency="routine")
    held = refer()
    at_once = referred(urgency="immediate")
    Referral.objects.filter(pk=at_once.pk).update(made_at=timezone.now() - timedelta(hours=2))
    page = client.get("/referrals/").content.decode()
    places = [page.index(f"/referrals/{each.pk}/") for each in (at_once, routine, held)]
    assert places == sorted(places)
    assert page.count(">late<") == 1
    assert b"No referral has ended yet" in client.get("/referrals/?ended=1").content


def file_form(**changes: str) -> dict[str, str]:
    return {
        "basis": "life_or_safety",
        "urgency": "urgent",
        "authority": "",
        "authority_written": "Police of Elsewhere",
        "country": "DE",
        "order_reference": "",
        "summary": "He says when.",
    } | changes


def test_the_case_file_is_written_and_each_change_told(client: Client, referral: Referral) -> None:
    path = reverse("referral", args=[referral.pk])
    assert client.post(path, file_form(country="FR", summary="ข้อความ")).status_code == 302
    referral.refresh_from_db()
    assert (referral.country, referral.summary) == ("FR", "ข้อความ")
    changed = Event.objects.get(kind="referral.edited").data["changed"]
    assert changed["country"] == ["DE", "FR"]
    assert "authority" not in changed
    client.post(path, file_form(country="FR", summary="ข้อความ"))
    assert Event.objects.filter(kind="referral.edited").count() == 1, "nothing was changed"


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"basis": "court_order"}, "order_reference"),
        ({"country": "XX"}, "country"),
        ({"authority_written": "x" * 201}, "authority_written"),
        ({"authority": "999999"}, "authority"),
        ({"summary": "x" * 10_001}, "summary"),
    ],
)
def test_what_cannot_be_in_the_case_file_is_said_beside_its_field_and_stays(
    client: Client, referral: Referral, typed: dict[str, str], field: str
) -> None:
    answer = client.post(
        reverse("referral", args=[referral.pk]), file_form(**{"summary": "She typed this."} | typed)
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'id="file_{field}_error"' in page
    assert typed.get("summary", "She typed this.") in page
    assert not Event.objects.filter(kind="referral.edited").exists()


def test_it_is_sent_answered_and_closed_in_that_order(client: Client, referral: Referral, ada: User) -> None:
    path = f"/referrals/{referral.pk}/"
    answer = {"who": "Inspector", "received_at": ago(minutes=5), "reference": "Az. 7", "text": "Received."}
    assert client.post(path + "answers/", answer).status_code == 409, "nobody answers what was not sent"
    client.post(path + "close/")
    assert client.post(path + "sent/", {"how": "By courier", "at": ago(minutes=9)}).status_code == 302
    referral.refresh_from_db()
    assert (referral.status, referral.sent_how, referral.sent_by) == ("sent", "By courier", ada)
    assert client.post(path + "answers/", answer).status_code == 302
    page = client.get(path).content.decode()
    assert "Received." in page
    assert "Az. 7" in page
    client.post(path + "close/")
    referral.refresh_from_db()
    assert referral.status == Referral.Status.CLOSED
    assert referral.holds.get().status == LegalHold.Status.ACTIVE, "its hold goes on"
    steps = ["sent", "answered", "closed"]
    kinds = [f"referral.{each}" for each in steps]
    assert [each.kind for each in Event.objects.filter(kind__in=kinds).order_by("id")] == kinds


@pytest.mark.parametrize(
    ("where", "typed", "field"),
    [
        ("sent/", {"how": "", "at": ago(minutes=1)}, "sent_how"),
        ("sent/", {"how": "Typed", "at": "2999-01-01T00:00"}, "sent_at"),
        ("sent/", {"how": "Typed", "at": "yesterday"}, "sent_at"),
    ],
)
def test_what_is_wrong_about_the_sending_is_said_and_stays(
    client: Client, referral: Referral, where: str, typed: dict[str, str], field: str
) -> None:
    answer = client.post(f"/referrals/{referral.pk}/{where}", typed)
    assert answer.status_code == 422
    assert f'id="{field}_error"' in answer.content.decode()
    for value in filter(None, typed.values()):
        assert value in answer.content.decode()


def test_what_was_typed_too_late_stays_on_the_page(client: Client, referral: Referral) -> None:
    first = {"how": "By courier", "at": ago(minutes=9)}
    client.post(f"/referrals/{referral.pk}/sent/", first)
    client.post(f"/referrals/{referral.pk}/close/")
    typed = {"who": "Inspector", "received_at": ago(minutes=5), "reference": "", "text": "These words."}
    answer = client.post(f"/referrals/{referral.pk}/answers/", typed)
    assert answer.status_code == 409
    assert "These words." in answer.content.decode()


def test_a_package_is_made_on_request_and_downloaded_as_it_was_made(
    client: Client, referral: Referral
) -> None:
    client.post(f"/referrals/{referral.pk}/package/")
    made = referral.packages.get()
    answer = client.get(f"/referrals/packages/{made.pk}/")
    assert answer.content == bytes(made.content)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert zipfile.ZipFile(io.BytesIO(answer.content)).testzip() is None
    assert made.digest in client.get(f"/referrals/{referral.pk}/").content.decode()
    waiting = refer()
    client.post(f"/referrals/{waiting.pk}/package/")
    assert not waiting.packages.exists()


def test_a_picture_is_shown_only_when_asked_for_and_nothing_of_it_runs(
    client: Client, referral: Referral, ada: User
) -> None:
    file = PreservedFile.objects.get()
    path = f"/holds/files/{file.pk}/"
    page = client.get(path).content.decode()
    assert "<img" not in page
    assert "Nobody at this desk" in page
    assert looking.views_of(file) == []
    assert "<img" in client.get(path + "?look=1").content.decode()
    shown = client.get(path + "content/")
    assert shown.content == PICTURE
    assert shown.headers["Content-Type"] == "image/png"
    assert shown.headers["Content-Disposition"].startswith("inline")
    taken = client.get(path + "content/?take=1")
    assert taken.headers["Content-Type"] == "application/octet-stream"
    assert taken.headers["Content-Disposition"].startswith("attachment")
    for answer in (shown, taken):
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
    looks = looking.views_of(file)
    assert [(each.user_id, each.how) for each in looks] == [(ada.pk, "seen"), (ada.pk, "taken")]
    assert ada.display_name in client.get(path).content.decode()


@pytest.mark.parametrize(
    "mime", ["text/html", "image/svg+xml", "application/pdf", "application/octet-stream"]
)
def test_what_could_run_is_never_shown_in_the_page(client: Client, mime: str) -> None:
    hold = refer(threat(media=MEDIA)).holds.get()
    file = keep(hold.files.get(), b"<script>alert(1)</script>", mime)
    assert "<img" not in client.get(f"/holds/files/{file.pk}/?look=1").content.decode()
    answer = client.get(f"/holds/files/{file.pk}/content/")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_a_file_that_is_not_kept_has_no_content_to_give(client: Client) -> None:
    file = refer(threat(media=MEDIA)).holds.get().files.get()
    assert client.get(f"/holds/files/{file.pk}/").status_code == 200
    assert client.get(f"/holds/files/{file.pk}/content/").status_code == 404
    assert not Event.objects.filter(kind="file.viewed").exists()


def test_the_pages_take_as_many_statements_whatever_is_on_them(client: Client) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def statements(path: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(path).status_code == 200
        return len(asked)

    referred(threat(media=MEDIA))
    client.get("/referrals/")
    before = [statements(path) for path in ("/referrals/", "/holds/")]
    for _ in range(3):
        referred(threat(media=MEDIA))
    assert [statements(path) for path in ("/referrals/", "/holds/")] == before
    few = referred(threat(media=MEDIA)).holds.get()
    many = referred(threat(media=[{"url": f"https://cdn.example/{n}"} for n in range(9)])).holds.get()
    assert statements(f"/holds/{few.pk}/") == statements(f"/holds/{many.pk}/")
    assert statements(f"/referrals/{few.referral_id}/") == statements(f"/referrals/{many.referral_id}/")
