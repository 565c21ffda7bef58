"""What the CyberTipline keeps of each report and answers to each call, as documented; without any HTTP."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from lxml import etree

from tests.cybertipline_double.schema import schema

INVALID, MALFORMED = 4100, 4110
NO_REPORT, NO_FILE = 5001, 5002
RETRACTED, FINISHED = 5101, 5102
SUPPLEMENTAL: Final = "Supplemental Reported"


class Answered(Exception):
    """The call is refused with a code."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(f"{code} {words}")
        self.code, self.words = code, words


@dataclass
class KeptFile:
    name: str
    content: bytes
    details: bytes = b""


@dataclass
class KeptReport:
    """A report as it was submitted, and how far it came."""

    xml: bytes
    files: dict[str, KeptFile] = field(default_factory=dict)
    state: str = "open"


class Documented:
    """The state machine: submit → upload, fileinfo → finish, or retract before it."""

    def __init__(self) -> None:
        self.xsd = schema()
        self.reports: dict[int, KeptReport] = {}
        self._schema = etree.XMLSchema(etree.fromstring(self.xsd))
        self._numbers = itertools.count(4_564_601)

    def submit(self, xml: bytes) -> int:
        report = self._valid(xml, "report")
        when = datetime.fromisoformat(
            report.findtext("incidentSummary/incidentDateTime", "").replace("Z", "+00:00")
        )
        _require((when if when.tzinfo else when.replace(tzinfo=UTC)) <= datetime.now(UTC), "incidentDateTime")
        _require(
            len(report.findtext("incidentSummary/escalateToHighPriority", "")) <= 3000,
            "escalateToHighPriority",
        )
        _require(len(report.findall("personOrUserReported")) <= 1, "personOrUserReported")
        number = next(self._numbers)
        self.reports[number] = KeptReport(xml)
        return number

    def upload(self, number: int, name: str, content: bytes) -> tuple[str, str]:
        """The file's number, and its MD5."""
        report = self._open(number)
        file_id = hashlib.md5(f"{number} {len(report.files)}".encode()).hexdigest()
        report.files[file_id] = KeptFile(name, content)
        return file_id, hashlib.md5(content).hexdigest()

    def file_info(self, xml: bytes) -> int:
        details = self._valid(xml, "fileDetails")
        number = int(details.findtext("reportId", ""))
        file = self._open(number).files.get(details.findtext("fileId", ""))
        if file is None:
            raise Answered(NO_FILE, "File does not exist")
        if details.findtext("fileRelevance") == SUPPLEMENTAL:
            _require(details.find("industryClassification") is None, "industryClassification")
            _require(not details.findall(".//potentialMeme"), "potentialMeme")
        file.details = xml
        return number

    def finish(self, number: int) -> list[str]:
        """Its files' numbers."""
        report = self._open(number)
        report.state = "finished"
        return list(report.files)

    def retract(self, number: int) -> None:
        self._open(number).state = "retracted"

    def forget_unfinished(self) -> None:
        """What it does by itself, an hour after they were last touched."""
        self.reports = {number: each for number, each in self.reports.items() if each.state != "open"}

    def filed(self) -> list[KeptReport]:
        return [each for each in self.reports.values() if each.state == "finished"]

    def most_filed(self) -> int:
        """How often the report that was filed most often was filed: 2 is what must never be."""
        return max(Counter(each.xml for each in self.filed()).values(), default=0)

    def _open(self, number: int) -> KeptReport:
        report = self.reports.get(number)
        if report is None:
            raise Answered(NO_REPORT, "Report does not exist")
        if report.state == "finished":
            raise Answered(FINISHED, "Report is already finished")
        if report.state == "retracted":
            raise Answered(RETRACTED, "Report was retracted")
        return report

    def _valid(self, xml: bytes, root: str) -> etree._Element:
        try:
            document = etree.fromstring(xml)
        except etree.XMLSyntaxError as error:
            raise Answered(MALFORMED, f"Malformed XML: {error}") from error
        try:
            self._schema.assertValid(document)
        except etree.DocumentInvalid as error:
            raise Answered(INVALID, f"Validation failed: {error}") from error
        _require(document.tag == root, root)
        return document


def _require(so: bool, what: str) -> None:
    if not so:
        raise Answered(INVALID, f"Validation failed: {what}")
