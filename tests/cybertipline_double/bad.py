"""Reports and file details written by hand, good and bad: they prove that the double refuses what it should."""

from __future__ import annotations

from typing import Final

SUMMARY: Final = (
    "<incidentSummary><incidentType>Child Sex Tourism</incidentType>{more}"
    "<incidentDateTime>2026-01-02T03:04:05Z</incidentDateTime></incidentSummary>"
)
REPORTER: Final = "<reporter><reportingPerson><firstName>Ada</firstName></reportingPerson></reporter>"
GOOD: Final = f"<report>{SUMMARY.format(more='')}{REPORTER}</report>"
IP: Final = "<ipCaptureEvent><ipAddress>192.0.2.7</ipAddress></ipCaptureEvent>"

BAD: Final = {
    "the reporter before the incident": f"<report>{REPORTER}{SUMMARY.format(more='')}</report>",
    "no reporter": f"<report>{SUMMARY.format(more='')}</report>",
    "the platform after the incident's time": GOOD.replace(
        "</incidentSummary>", "<platform>x</platform></incidentSummary>"
    ),
    "an incident type that there is none of": GOOD.replace("Child Sex Tourism", "Spam"),
    "an element that nobody knows": GOOD.replace(REPORTER, REPORTER + "<colour>blue</colour>"),
    "a time that is none": GOOD.replace("2026-01-02T03:04:05Z", "yesterday"),
    "a time in the future": GOOD.replace("2026", "2126"),
    "too long a reason to escalate": GOOD.replace(
        "<incidentDateTime>",
        f"<escalateToHighPriority>{'x' * 3001}</escalateToHighPriority><incidentDateTime>",
    ),
    "two people reported": GOOD.replace("</report>", "<personOrUserReported/>" * 2 + "</report>"),
    "two kinds of place": GOOD.replace(
        REPORTER,
        "<internetDetails><webPageIncident/><emailIncident/></internetDetails>" + REPORTER,
    ),
    "a victim of whom nothing is said": GOOD.replace(
        "</report>", "<victim><schoolName>x</schoolName></victim></report>"
    ),
    "file details": "<fileDetails><reportId>1</reportId><fileId>1</fileId></fileDetails>",
}
MALFORMED: Final = {
    "no end": GOOD[:-3],
    "a character that XML has not": GOOD.replace("Ada", "A\x01"),
    "nothing": "",
}


def details(number: int, file_id: str, more: str = "") -> str:
    return f"<fileDetails><reportId>{number}</reportId><fileId>{file_id}</fileId>{more}</fileDetails>"


GOOD_DETAILS: Final = (
    "<fileName>a.png</fileName><originalFileName>b.png</originalFileName>"
    "<uploadedToEspTimestamp>2026-01-02T03:04:05Z</uploadedToEspTimestamp><locationOfFile>x</locationOfFile>"
    "<fileViewedByEsp>true</fileViewedByEsp><exifViewedByEsp>false</exifViewedByEsp>"
    "<publiclyAvailable>true</publiclyAvailable><fileRelevance>Reported</fileRelevance>"
    "<fileAnnotations><viral>true</viral><infant>true</infant></fileAnnotations>"
    "<industryClassification>A1</industryClassification><originalFileHash hashType='MD5'>x</originalFileHash>"
    f"{IP}<deviceId><idType>IMEI</idType><idValue>1</idValue></deviceId>"
    "<details type='EXIF'><nameValuePair><name>a</name><value>b</value></nameValuePair></details>"
    "<additionalInfo>x</additionalInfo><additionalInfo>y</additionalInfo>"
)

BAD_DETAILS: Final = {
    "a second address": IP * 2,
    "the address before the hash": IP + '<originalFileHash hashType="MD5">x</originalFileHash>',
    "the relevance before whether it is public": (
        "<fileRelevance>Reported</fileRelevance><publiclyAvailable>true</publiclyAvailable>"
    ),
    "a classification that there is none of": "<industryClassification>C1</industryClassification>",
    "a supplemental file with a classification": (
        "<fileRelevance>Supplemental Reported</fileRelevance><industryClassification>A1</industryClassification>"
    ),
    "a supplemental file that is a meme": (
        "<fileRelevance>Supplemental Reported</fileRelevance>"
        "<fileAnnotations><potentialMeme>true</potentialMeme></fileAnnotations>"
    ),
    "a meme beside annotations": "<potentialMeme>true</potentialMeme><fileAnnotations/>",
    "annotations before the relevance": "<fileAnnotations/><fileRelevance>Reported</fileRelevance>",
    "a hash of no type": "<originalFileHash>x</originalFileHash>",
}
