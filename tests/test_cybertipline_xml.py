"""Whatever our shapes allow is valid XML by the CyberTipline's schema, in its order; and nothing is lost in silence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from lxml import etree
from pydantic import ValidationError

from moderation.referrals.cybertipline.files import FileDetails
from moderation.referrals.cybertipline.report import IncidentSummary, InternetDetails, Report, WebPage
from moderation.referrals.cybertipline.schema import NotValid, Schema, UnusableSchema
from moderation.referrals.cybertipline.shapes import IpCapture, Shape
from moderation.referrals.cybertipline.xml import count_left_out, file_details_xml, report_xml
from tests.cybertipline_double.schema import schema
from tests.cybertipline_double.shaped import shaped

SCHEMA = Schema(schema())
MANY = settings(
    max_examples=150,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
SUMMARY = {"incidentType": "Child Sex Tourism", "incidentDateTime": "2026-01-02T03:04:05Z"}
LEAST: dict[str, Any] = {"incidentSummary": SUMMARY, "reporter": {"reportingPerson": {}}}


@MANY
@given(shaped(Report))
def test_any_report_is_valid_and_stored_and_read_it_is_the_same(report: Report) -> None:
    xml = report_xml(report)
    SCHEMA.check(xml)
    assert (
        Report.model_validate(report.model_dump(mode="json", by_alias=True, exclude_defaults=True)) == report
    )
    assert ("Note of the reporting software" in etree.fromstring(xml).findtext("additionalInfo", "")) == bool(
        count_left_out(report)
    )


@MANY
@given(shaped(FileDetails))
def test_any_file_details_are_valid(details: FileDetails) -> None:
    SCHEMA.check(file_details_xml(details, 4_564_654, "0123abcd"))
    assert (
        FileDetails.model_validate(details.model_dump(mode="json", by_alias=True, exclude_defaults=True))
        == details
    )


def test_a_report_is_written_as_it_stands() -> None:
    report = Report.model_validate(
        LEAST
        | {
            "incidentSummary": SUMMARY | {"platform": "Harbour", "reportAnnotations": {"sextortion": True}},
            "internetDetails": [{"webPageIncident": {"url": ["https://harbour.example/1"]}}],
            "personOrUserReported": [
                {
                    "espIdentifier": "acct-17",
                    "ipCaptureEvent": [{"ipAddress": "192.0.2.7", "eventName": "Login"}],
                    "priorCTReports": [12],
                    "accountPermanentlyDisabled": {"disabledDate": "2026-01-03T00:00:00+01:00"},
                }
            ],
        }
    )
    assert report_xml(report).decode().split("\n", 1)[1] == (
        "<report><incidentSummary><incidentType>Child Sex Tourism</incidentType><platform>Harbour</platform>"
        "<reportAnnotations><sextortion>true</sextortion></reportAnnotations>"
        "<incidentDateTime>2026-01-02T03:04:05Z</incidentDateTime></incidentSummary>"
        "<internetDetails><webPageIncident><url>https://harbour.example/1</url></webPageIncident></internetDetails>"
        "<reporter><reportingPerson/></reporter>"
        "<personOrUserReported><espIdentifier>acct-17</espIdentifier>"
        "<ipCaptureEvent><ipAddress>192.0.2.7</ipAddress><eventName>Login</eventName></ipCaptureEvent>"
        "<priorCTReports>12</priorCTReports>"
        '<accountPermanentlyDisabled disabledDate="2026-01-02T23:00:00Z">true</accountPermanentlyDisabled>'
        "</personOrUserReported></report>"
    )


def test_what_was_not_viewed_is_said_not_to_have_been() -> None:
    xml = file_details_xml(FileDetails(file_viewed_by_esp=False, exif_viewed_by_esp=False), 1, "f")
    assert b"<fileViewedByEsp>false</fileViewedByEsp><exifViewedByEsp>false</exifViewedByEsp>" in xml
    assert b"ViewedByEsp" not in file_details_xml(FileDetails(), 1, "f")


def test_characters_that_xml_has_not_are_left_out_and_said_to_be() -> None:
    details = FileDetails(original_file_name="a\x00b\ufffe.png", additional_info=("Seen.",))
    document = etree.fromstring(file_details_xml(details, 1, "f"))
    assert document.findtext("originalFileName") == "ab.png"
    said = [each.text for each in document.findall("additionalInfo")]
    assert said == [
        "Seen.",
        "Note of the reporting software: 2 control characters that XML does not allow were left out.",
    ]


@pytest.mark.parametrize(
    ("shape", "values", "field", "words"),
    [
        (IncidentSummary, SUMMARY | {"incidentDateTime": "soon"}, "incidentDateTime", ""),
        (IncidentSummary, SUMMARY | {"incidentDateTime": "2026-01-02T03:04:05"}, "incidentDateTime", ""),
        (IncidentSummary, SUMMARY | {"escalateToHighPriority": "x" * 3001}, "escalateToHighPriority", "3001"),
        (IncidentSummary, SUMMARY | {"incidentType": "Spam"}, "incidentType", ""),
        (InternetDetails, {}, None, "one kind of place"),
        (InternetDetails, {"webPageIncident": {}, "emailIncident": {}}, None, "one kind of place"),
        (IpCapture, {"ipAddress": "300.1.1.1"}, "ipAddress", "no IP address"),
        (IpCapture, {"ipAddress": "192.0.2.7", "port": 0}, "port", ""),
        (
            FileDetails,
            {"fileRelevance": "Supplemental Reported", "industryClassification": "A1"},
            "industryClassification",
            "supplemental",
        ),
        (
            FileDetails,
            {"fileRelevance": "Supplemental Reported", "fileAnnotations": {"potentialMeme": True}},
            None,
            "meme",
        ),
        (Report, LEAST | {"personOrUserReported": [{}, {}]}, "personOrUserReported", ""),
        (Report, LEAST | {"colour": "blue"}, "colour", ""),
    ],
)
def test_what_the_documentation_rules_out_is_refused_beside_its_field(
    shape: type[Shape], values: dict[str, Any], field: str | None, words: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        shape.model_validate(values)
    (error,) = refused.value.errors()
    assert error["loc"] == ((field,) if field else ())
    assert words in error["msg"]


def test_an_incident_cannot_lie_in_the_future() -> None:
    soon = timezone.now() + timedelta(minutes=1)
    with pytest.raises(ValidationError, match="future"):
        IncidentSummary(incident_type="Child Sex Tourism", incident_date_time=soon)
    assert IncidentSummary(
        incident_type="Child Sex Tourism", incident_date_time=datetime(2026, 1, 1, tzinfo=UTC)
    )


def test_our_own_check_says_what_does_not_fit() -> None:
    page = InternetDetails(web_page_incident=WebPage())
    xml = report_xml(Report.model_validate(LEAST).model_copy(update={"internet_details": (page, page)}))
    SCHEMA.check(xml)
    with pytest.raises(NotValid, match="reporter"):
        SCHEMA.check(xml.replace(b"reporter>", b"reporters>"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>",
        b"<html/>",
        b'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:include schemaLocation="file:///etc/passwd"/>'
        b"</xs:schema>",
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
    ],
)
def test_a_schema_that_is_none_or_leads_elsewhere_is_not_used(content: bytes) -> None:
    with pytest.raises(UnusableSchema):
        Schema(content)
