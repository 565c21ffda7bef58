"""The page of a CyberTipline report: what a person types, what is said beside it, and who may see it at all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from lxml import html
from pytest_django import Settings

from accounts.models import Role, User
from moderation import audit
from moderation.holds.looking import open_file
from moderation.models import CyberTip, Event, PreservedFile
from tests.factories import make_user
from tests.referring import cleared, keep, referred
from tests.tips import drafted, reported_item

pytestmark = pytest.mark.django_db
Typed = dict[str, Any]
NOT_TYPED = ("csrfmiddlewaretoken", "version", "save", "file")


def address(tip: CyberTip) -> str:
    return f"/referrals/{tip.referral_id}/cybertip/"


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def parsed(response: Any) -> Any:
    """The page, as lxml's own types say too little of it."""
    return html.fromstring(response.content)


def on_page(client: Client, tip: CyberTip) -> Typed:
    """What a browser would send of the page as it stands."""
    form = parsed(client.get(address(tip))).get_element_by_id("tip-form")
    return dict(form.form_values())


def as_it_is(form: Any) -> Typed:
    return {key: each for key, each in form.form_values() if key not in NOT_TYPED}


def completed(client: Client, tip: CyberTip, **typed: Any) -> Typed:
    return on_page(client, tip) | {"incident_type": "Child Sex Tourism", "reporter_first": "Ada"} | typed


@pytest.fixture(autouse=True)
def _set_up(settings: Settings) -> None:
    settings.CYBERTIPLINE_URL, settings.CYBERTIPLINE_USER = "https://cybertipline.example", "desk"


@pytest.fixture
def client() -> Client:
    return client_of(cleared())


def test_the_page_saved_as_it_stands_changes_nothing(client: Client) -> None:
    tip = drafted()
    before = tip.report["report"]
    assert client.post(address(tip), on_page(client, tip) | {"save": "1"}).status_code == 302
    tip.refresh_from_db()
    after = tip.report["report"]
    assert after["personOrUserReported"] == before["personOrUserReported"]
    assert after["internetDetails"] == before["internetDetails"]
    assert after["incidentSummary"]["platform"] == before["incidentSummary"]["platform"]
    (file,) = tip.report["files"]
    assert file["included"] is True
    assert Event.objects.filter(kind="cybertip.changed").count() == 1
    client.post(address(tip), on_page(client, tip) | {"save": "1"})
    assert Event.objects.filter(kind="cybertip.changed").count() == 1


def test_what_a_person_types_becomes_the_report(client: Client) -> None:
    tip = drafted()
    typed = completed(
        client,
        tip,
        sextortion="on",
        escalate="A child is in danger now.",
        place="chatImIncident",
        place_name="Harbour chat",
        content="What was said.",
        age="34",
        prior="12\r\n34",
        compromised="no",
        closed="2026-11-20 10:00",
        agency="Police of Elsewhere",
        **{
            "victims-0-first": "A child",
            "victims-0-age": "12",
            "recipients-0-screen": "friend",
            "devices-0-value": "",
            "devices-0-type": "",
            "save": "1",
        },
    )
    file = PreservedFile.objects.get()
    typed |= {
        f"file-preserved_{file.pk}-infant": "on",
        f"file-preserved_{file.pk}-elsewhere": "Bo, 20 November",
    }
    assert client.post(address(tip), typed).status_code == 302
    tip.refresh_from_db()
    report = tip.report["report"]
    assert report["incidentSummary"]["reportAnnotations"] == {"sextortion": True}
    assert report["incidentSummary"]["escalateToHighPriority"] == "A child is in danger now."
    assert report["internetDetails"] == [
        {"chatImIncident": {"chatClient": "Harbour chat", "content": "What was said."}}
    ]
    (known,) = report["personOrUserReported"]
    assert known["personOrUserReportedPerson"]["age"] == 34
    assert known["priorCTReports"] == ["12", "34"]
    assert known["compromisedAccount"] is False
    assert known["accountPermanentlyDisabled"] == {"disabledDate": "2026-11-20T10:00:00Z"}
    assert "deviceId" not in known
    assert report["victim"] == [{"victimPerson": {"firstName": "A child", "age": 12}}]
    assert report["intendedRecipient"] == [{"screenName": "friend"}]
    assert report["lawEnforcement"] == {"agencyName": "Police of Elsewhere"}
    (said,) = tip.report["files"]
    assert said["details"]["fileAnnotations"] == {"infant": True}
    assert said["viewedElsewhere"] == "Bo, 20 November"


WRONG = {
    "at": ("2026-13-40", "Give a date and a time"),
    "age": ("old", "Give a whole number"),
    "born": ("long ago", "date"),
    "email": ("nobody", "no e-mail address"),
    "country": ("Thailand", "two capital letters"),
    "prior": ("12\nx", "Give a whole number"),
    "escalate": ("x" * 3001, "3001"),
    "ips-1-address": ("300.1.1.1", "no IP address"),
    "ips-0-port": ("70000", "65535"),
    "ips-2-what": ("Login", "needed"),
}


def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(client: Client) -> None:
    tip = drafted()
    wrong = {name: typed for name, (typed, _words) in WRONG.items()}
    everything = completed(client, tip, about="Typed for five minutes.", file="1", **wrong)
    response = client.post(address(tip), everything)
    assert response.status_code == 422
    page = parsed(response)
    for name, (_typed, words) in WRONG.items():
        # Of a row that lacks its address it is said beside the address.
        (field,) = page.xpath(f"//*[@name='{name.replace('ips-2-what', 'ips-2-address')}']")
        assert field.get("aria-invalid") == "true", name
        beside = page.get_element_by_id(field.get("aria-describedby").split()[0])
        assert words in beside.text_content(), name
        assert page.xpath(f"//div[@role='alert']//a[@href='#{field.get('id')}']"), name
    assert len(page.xpath("//*[@aria-invalid='true']")) == len(WRONG)
    typed = {key: each for key, each in everything.items() if key not in NOT_TYPED}
    assert as_it_is(page.get_element_by_id("tip-form")) == typed
    tip.refresh_from_db()
    assert (tip.status, "Typed for" in str(tip.report)) == (CyberTip.Status.DRAFT, False)


def test_an_incident_in_the_future_is_refused(client: Client) -> None:
    tip = drafted()
    soon = (timezone.now() + timedelta(hours=2)).strftime("%Y-%m-%d %H:%M")
    response = client.post(address(tip), completed(client, tip, at=soon, save="1"))
    assert "cannot lie in the future" in response.content.decode()


def test_a_supplemental_file_is_no_meme_and_none_is_classified_without_an_agreement(
    client: Client, settings: Settings
) -> None:
    tip = drafted()
    prefix = f"file-preserved_{PreservedFile.objects.get().pk}-"
    typed = completed(client, tip, file="1") | {prefix + "relevance": "Supplemental Reported"}
    response = client.post(address(tip), typed | {prefix + "meme": "on"})
    assert "cannot be marked as a potential meme" in response.content.decode()
    assert "industryClassification" not in response.content.decode()
    settings.CYBERTIPLINE_HASH_SHARING = True
    response = client.post(address(tip), typed | {prefix + "class": "A1"})
    assert "A supplemental file carries no classification" in response.content.decode()
    assert (
        client.post(address(tip), completed(client, tip, save="1") | {prefix + "class": "A1"}).status_code
        == 302
    )
    settings.CYBERTIPLINE_HASH_SHARING = False
    response = client.post(address(tip), completed(client, tip, file="1"))
    assert "has not agreed to share" in response.content.decode()


def test_a_report_that_lacks_something_can_be_saved_but_not_filed(client: Client) -> None:
    tip = drafted()
    assert client.post(address(tip), on_page(client, tip) | {"save": "1"}).status_code == 302
    response = client.post(address(tip), on_page(client, tip) | {"file": "1"})
    assert response.status_code == 422
    page = parsed(response)
    for name in ("incident_type", "reporter_first"):
        assert page.xpath(f"//div[@role='alert']//a[@href='#id_{name}']")
        assert "needed" in page.get_element_by_id(f"id_{name}-error").text_content()
    tip.refresh_from_db()
    assert tip.status == CyberTip.Status.DRAFT
    again = dict(page.get_element_by_id("tip-form").form_values())
    corrected = again | {"incident_type": "Child Sex Tourism", "reporter_first": "Ada", "file": "1"}
    assert client.post(address(tip), corrected).status_code == 302


def test_it_is_filed_with_what_was_viewed_as_it_was() -> None:
    by = cleared()
    client, tip = (
        client_of(by),
        drafted(reported_item(media=[{"url": f"https://cdn.example/{n}.png"} for n in "ab"])),
    )
    seen, _unseen = PreservedFile.objects.order_by("pk")
    open_file(by, seen.pk, "seen")
    page = client.get(address(tip)).content.decode()
    assert page.count("by nobody") == 1
    assert client.post(address(tip), completed(client, tip, file="1")).status_code == 302
    tip.refresh_from_db()
    assert tip.status == CyberTip.Status.WAITING
    facts = [
        (each["details"]["fileViewedByEsp"], each["details"]["exifViewedByEsp"])
        for each in tip.report["files"]
    ]
    assert facts == [(True, False), (False, False)]
    confirmed = Event.objects.get(kind="cybertip.confirmed")
    assert (confirmed.actor_id, confirmed.data["files"]) == (by.pk, 2)


def test_a_text_counts_as_viewed_by_whom_its_evidence_was_shown_to() -> None:
    by = cleared()
    client, tip = client_of(by), drafted(reported_item(media=[]))
    case = tip.referral.decision.case
    assert "by nobody" in client.get(address(tip)).content.decode()
    audit.record("evidence.viewed", audit.person(by), case=case, snapshot_id=case.snapshot_id)
    assert "by nobody" not in client.get(address(tip)).content.decode()


def test_a_file_can_be_left_out_and_one_that_was_not_fetched_is_named(client: Client) -> None:
    tip = drafted(reported_item(media=[{"url": f"https://cdn.example/{n}.png"} for n in "abc"]), kept=False)
    response = client.post(address(tip), completed(client, tip, file="1"))
    assert "still being fetched" in response.content.decode()
    for each in PreservedFile.objects.order_by("pk"):
        keep(each, each.url.encode())
    first = PreservedFile.objects.earliest("pk")
    typed = completed(client, tip, file="1")
    del typed[f"file-preserved_{first.pk}-included"]
    assert client.post(address(tip), typed).status_code == 302
    tip.refresh_from_db()
    assert len(tip.report["files"]) == 2
    assert Event.objects.get(kind="cybertip.confirmed").data["left_out"] == 1


def test_what_could_not_be_fetched_is_named_in_the_report(client: Client) -> None:
    tip = drafted(kept=False)
    PreservedFile.objects.update(status=PreservedFile.Status.FAILED, error="404")
    assert client.post(address(tip), completed(client, tip, file="1")).status_code == 302
    tip.refresh_from_db()
    assert "Not attached, as it could not be fetched: https://cdn" in tip.report["report"]["additionalInfo"]


def test_of_two_who_save_the_second_is_told_and_loses_nothing(client: Client) -> None:
    tip = drafted()
    first, second = (
        completed(client, tip, about="First.", save="1"),
        completed(client, tip, about="Second.", file="1"),
    )
    assert client.post(address(tip), first).status_code == 302
    response = client.post(address(tip), second)
    assert response.status_code == 422
    page = response.content.decode()
    assert "Somebody else has changed" in page
    assert "Second." in page
    tip.refresh_from_db()
    assert tip.report["report"]["personOrUserReported"][0]["additionalInfo"] == "First."


def test_once_confirmed_it_can_neither_be_changed_nor_confirmed_again(client: Client) -> None:
    tip = drafted()
    typed = completed(client, tip, file="1")
    client.post(address(tip), typed)
    assert client.post(address(tip), typed).status_code == 422
    page = parsed(client.get(address(tip)))
    assert page.xpath("//fieldset[contains(@class, 'tip-all')]/@disabled")
    assert not page.xpath("//button[@name='file' or @name='save' and @class!='visually-hidden']")
    assert Event.objects.filter(kind="cybertip.confirmed").count() == 1


def test_a_row_more_keeps_what_was_typed(client: Client) -> None:
    tip = drafted()
    typed = on_page(client, tip) | {"about": "Typed.", "more": "victims", "victims-0-first": "Kim"}
    page = parsed(client.post(address(tip), typed))
    form = dict(page.get_element_by_id("tip-form").form_values())
    assert form["about"] == "Typed."
    assert form["victims-0-first"] == "Kim"
    assert "victims-1-first" in form


@pytest.mark.parametrize("role", Role)
def test_nobody_without_the_clearance_learns_that_there_is_one(role: Role) -> None:
    tip = drafted()
    client = client_of(make_user(role=role, clearances=("approval",), en=5))
    assert client.get(address(tip)).status_code == 404
    assert client.post(address(tip), {"file": "1"}).status_code == 404


def test_a_referral_for_something_else_has_none(client: Client) -> None:
    referral = referred(basis="life_or_safety")
    assert client.get(f"/referrals/{referral.pk}/cybertip/").status_code == 404
    assert not CyberTip.objects.exists()
    referral.basis = "child_safety"
    referral.save()
    assert client.get(f"/referrals/{referral.pk}/cybertip/").status_code == 200


def test_each_look_is_an_event(client: Client) -> None:
    tip = drafted()
    client.get(address(tip))
    looks = Event.objects.filter(kind="referral.viewed", data__referral_id=tip.referral_id)
    assert [each.data["why"] for each in looks] == ["CyberTipline report"]


def test_who_reports_is_taken_from_the_latest_report(client: Client) -> None:
    tip = drafted()
    client.post(
        address(tip), completed(client, tip, reporter_last="Lee", reporter_email="a@b.example", file="1")
    )
    again = drafted()
    assert again.report["report"]["reporter"] == {
        "reportingPerson": {"firstName": "Ada", "lastName": "Lee", "email": [{"text": "a@b.example"}]}
    }
