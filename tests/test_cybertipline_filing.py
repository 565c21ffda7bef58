"""Filing over HTTP against the double: every path and every fault, and nothing is ever filed twice."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from lxml import etree
from pytest_django import Settings

from moderation.models import CyberTip, Event, PreservedFile, Referral
from moderation.referrals.cybertipline import client, filing
from moderation.referrals.cybertipline.filing import TurnLost, file_due
from tests.cybertipline_double.server import (
    ANSWER_500,
    ANSWER_1000,
    DROP,
    DROP_LATE,
    PASSWORD,
    USER,
    Double,
    Fault,
    running,
)
from tests.referring import PICTURE
from tests.tips import complete, confirmed, drafted, reported_item

pytestmark = pytest.mark.django_db

PATH = ["xsd", "submit", "upload", "fileinfo", "finish"]
Status = CyberTip.Status


@pytest.fixture
def double(settings: Settings) -> Iterator[Double]:
    with running() as it:
        settings.CYBERTIPLINE_URL, settings.CYBERTIPLINE_USER = it.url, USER
        settings.CYBERTIPLINE_PASSWORD = PASSWORD
        settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]
        yield it
        assert it.ncmec.most_filed() <= 1


def due_again(tip: CyberTip) -> None:
    CyberTip.objects.filter(pk=tip.pk).update(next_attempt_at=timezone.now(), lease_until=None)


def events(tip: CyberTip) -> list[str]:
    own = Event.objects.filter(kind__startswith="cybertip.", data__tip_id=tip.pk).order_by("id")
    return [each.kind.removeprefix("cybertip.") for each in own]


def test_a_report_goes_out_in_one_run(double: Double) -> None:
    tip = confirmed()
    assert file_due() == 1
    tip.refresh_from_db()
    assert double.calls == PATH
    (filed,) = double.ncmec.filed()
    assert tip.status == Status.FILED
    assert double.ncmec.reports[tip.report_id or 0] is filed
    assert "<reportDoneResponse>" in tip.receipt
    (file,) = filed.files.values()
    assert file.content == PICTURE + b"\0"
    assert etree.fromstring(file.details).findtext("originalFileName") == "a b.png"
    tip.referral.refresh_from_db()
    assert tip.referral.status == Referral.Status.SENT
    assert tip.referral.sent_how == f"NCMEC CyberTipline, report {tip.report_id}"
    assert events(tip) == ["drafted", "changed", "confirmed", "submitted", "uploaded", "filed"]
    assert file_due() == 0


def test_what_is_filed_is_kept_for_a_year_from_then(double: Double) -> None:
    tip = confirmed()
    file_due()
    tip.refresh_from_db()
    assert tip.filed_at is not None
    assert tip.referral.holds.get().until == tip.filed_at + timedelta(days=365)


def test_what_the_desk_knows_is_in_the_report(double: Double) -> None:
    confirmed()
    file_due()
    (filed,) = double.ncmec.filed()
    report = etree.fromstring(filed.xml)
    assert report.findtext("incidentSummary/incidentDateTime") == "2026-11-20T08:00:00Z"
    assert report.findtext("internetDetails/webPageIncident/url") == "https://harbour.example/posts/1"
    known = report.find("personOrUserReported")
    assert known is not None
    ips = [[part.text for part in ip] for ip in known.findall("ipCaptureEvent")]
    assert ips == [
        ["192.0.2.7", "Login", "2026-11-19T20:00:00Z"],
        ["2001:db8::7", "Upload", "2026-11-20T07:59:58Z", "4711"],
    ]
    assert known.findtext("screenName") == "tidal"
    assert known.findtext("displayName") == "Tidal"
    assert known.findtext("profileUrl") == "https://harbour.example/@tidal"
    assert known.findtext("deviceId/idValue") == "device-1"
    assert known.findtext("estimatedLocation/countryCode") == "TH"
    assert known.findtext("personOrUserReportedPerson/email") == "tidal@mail.example"
    (file,) = filed.files.values()
    details = etree.fromstring(file.details)
    assert details.findtext("ipCaptureEvent/ipAddress") == "2001:db8::7"
    assert details.findtext("fileRelevance") == "Reported"
    assert details.findtext("fileViewedByEsp") == "false"


def test_a_text_without_media_goes_as_a_text_file(double: Double) -> None:
    confirmed(reported_item(media=[], text="Dangerous words ไทย"))
    file_due()
    (filed,) = double.ncmec.filed()
    (file,) = filed.files.values()
    assert file.name.endswith(".txt")
    assert "Dangerous words ไทย" in file.content.decode()
    assert "2001:db8::7" in file.content.decode()


@pytest.mark.parametrize("step", PATH)
@pytest.mark.parametrize(
    "fault", [ANSWER_1000, ANSWER_500, DROP, DROP_LATE], ids=["1000", "500", "drop", "late"]
)
def test_a_passing_fault_at_any_step_costs_time_alone(double: Double, step: str, fault: Fault) -> None:
    if step == "xsd" and fault is ANSWER_1000:
        fault = Fault(status=503)
    tip = confirmed()
    double.then(step, fault)
    assert file_due() == 0
    tip.refresh_from_db()
    assert tip.status == Status.WAITING
    assert tip.last_error
    assert tip.next_attempt_at is not None
    assert tip.next_attempt_at > timezone.now()
    due_again(tip)
    assert file_due() == 1
    tip.refresh_from_db()
    assert tip.status == Status.FILED
    assert len(double.ncmec.filed()) == 1
    begun_before = step in ("upload", "fileinfo", "finish")
    assert ("retract" in double.calls) == begun_before


def test_a_lost_answer_to_finish_is_found_out_and_nothing_is_sent_again(double: Double) -> None:
    tip = confirmed()
    double.then("finish", DROP_LATE)
    file_due()
    due_again(tip)
    assert file_due() == 1
    tip.refresh_from_db()
    assert double.calls == [*PATH, "retract"]
    assert (tip.status, tip.receipt) == (Status.FILED, "")
    filed = Event.objects.get(kind="cybertip.filed")
    assert filed.data["known_by"] == "retract"


@pytest.mark.parametrize("fault", [ANSWER_1000, DROP, DROP_LATE])
def test_a_fault_of_the_retraction_itself_is_tried_again(double: Double, fault: Fault) -> None:
    tip = confirmed()
    double.then("upload", DROP)
    double.then("retract", fault)
    file_due()
    for _ in range(2):
        due_again(tip)
        file_due()
    tip.refresh_from_db()
    assert tip.status == Status.FILED
    assert len(double.ncmec.filed()) == 1


def test_an_unfinished_report_that_ncmec_deleted_is_begun_again(double: Double) -> None:
    tip = confirmed()
    double.then("finish", ANSWER_1000)
    file_due()
    double.ncmec.forget_unfinished()
    due_again(tip)
    assert file_due() == 1
    assert len(double.ncmec.filed()) == 1


@pytest.mark.parametrize(
    ("step", "code"),
    [
        *(("submit", code) for code in (2000, 3000, 4000, 4100, 4110, 4200)),
        *(("upload", 4200), ("fileinfo", 4100), ("finish", 3300)),
    ],
)
def test_what_will_not_work_waits_for_a_person(double: Double, step: str, code: int) -> None:
    tip = confirmed()
    double.then(step, Fault(code=code))
    assert file_due() == 0
    tip.refresh_from_db()
    assert tip.status == Status.REFUSED
    assert str(code) in tip.last_error
    assert Event.objects.get(kind="cybertip.refused").data["code"] == code
    due_again(tip)
    assert file_due() == 0


def test_wrong_credentials_are_said_in_words(double: Double, settings: Settings) -> None:
    settings.CYBERTIPLINE_PASSWORD = "wrong"
    tip = confirmed()
    file_due()
    tip.refresh_from_db()
    assert tip.status == Status.REFUSED
    assert "user or password" in tip.last_error


def test_a_report_that_does_not_fit_todays_schema_is_not_sent(double: Double) -> None:
    double.ncmec.xsd = double.ncmec.xsd.replace(b'name="reporter"', b'name="whoReports"')
    tip = confirmed()
    file_due()
    tip.refresh_from_db()
    assert (tip.status, double.calls) == (Status.REFUSED, ["xsd"])
    assert "reporter" in tip.last_error


def test_a_file_that_does_not_arrive_whole_is_sent_again(
    double: Double, monkeypatch: pytest.MonkeyPatch
) -> None:
    tip = confirmed()
    honest = double.ncmec.upload

    def damaged(number: int, name: str, content: bytes) -> tuple[str, str]:
        monkeypatch.setattr(double.ncmec, "upload", honest)
        return honest(number, name, content[:-1])

    monkeypatch.setattr(double.ncmec, "upload", damaged)
    file_due()
    due_again(tip)
    file_due()
    (filed,) = double.ncmec.filed()
    assert [each.content for each in filed.files.values()] == [PICTURE + b"\0"]


def test_nothing_is_filed_for_a_referral_that_was_withdrawn(double: Double) -> None:
    tip = confirmed()
    Referral.objects.update(status=Referral.Status.WITHDRAWN)
    assert file_due() == 0
    assert double.calls == []
    assert CyberTip.objects.get(pk=tip.pk).status == Status.WAITING


def test_a_worker_that_was_only_slow_files_nothing_beside_the_one_that_took_over(
    double: Double, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lease runs out at each step in turn; the other files all of it; then the first goes on where it was."""
    for step in ("submit", "upload", "file_info", "finish"):
        tip = confirmed()
        before = len(double.ncmec.filed())
        real = getattr(client.CyberTipline, step)

        def slow(
            self: client.CyberTipline, *given: object, real: object = real, tip: CyberTip = tip
        ) -> object:
            monkeypatch.undo()
            due_again(tip)
            assert file_due() == 1
            return real(self, *given)  # type: ignore[operator]

        turn = filing._take()
        assert turn is not None
        monkeypatch.setattr(client.CyberTipline, step, slow)
        with pytest.raises(TurnLost):
            filing._file(turn)
        assert len(double.ncmec.filed()) == before + 1, step
        assert not [each for each in double.ncmec.reports.values() if each.state == "open"], step


def test_nothing_is_open_in_the_database_while_something_is_sent(
    double: Double, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirmed()
    inside = len(connection.savepoint_ids)
    depths: list[int] = []
    for step in ("submit", "upload", "file_info", "finish"):
        real = getattr(client.CyberTipline, step)

        def watched(self: client.CyberTipline, *given: object, real: object = real) -> object:
            depths.append(len(connection.savepoint_ids))
            return real(self, *given)  # type: ignore[operator]

        monkeypatch.setattr(client.CyberTipline, step, watched)
    assert file_due() == 1
    assert depths == [inside] * 4


def test_no_content_goes_into_the_trail(double: Double) -> None:
    confirmed(reported_item(text="Nobody else may read this."))
    file_due()
    told = str(list(Event.objects.filter(kind__startswith="cybertip.").values_list("data", flat=True)))
    for secret in ("Nobody else", "192.0.2.7", "tidal", "cdn.harbour", "<"):
        assert secret not in told


def test_the_check_says_whether_all_is_well(double: Double, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("cybertipline", "check")
    said = capsys.readouterr().out
    assert "reached" in said
    assert "valid" in said
    assert double.calls == ["status", "xsd"]


def test_the_check_says_what_is_wrong(double: Double, settings: Settings) -> None:
    from django.core.management import CommandError

    settings.CYBERTIPLINE_PASSWORD = os.urandom(4).hex()
    with pytest.raises(CommandError, match="user or password"):
        call_command("cybertipline", "check")
    settings.CYBERTIPLINE_PASSWORD = PASSWORD
    double.ncmec.xsd = double.ncmec.xsd.replace(b'name="reporter"', b'name="whoReports"')
    with pytest.raises(CommandError, match="reporter"):
        call_command("cybertipline", "check")
    settings.CYBERTIPLINE_URL = ""
    with pytest.raises(CommandError, match="no account"):
        call_command("cybertipline", "check")


def test_a_draft_is_not_filed(double: Double) -> None:
    from tests.referring import cleared

    complete(drafted(), cleared())
    assert file_due() == 0
    assert PreservedFile.objects.count() == 1
