"""Try the way to the CyberTipline before it is needed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser

from moderation.referrals.cybertipline.client import CyberTipline, TryAgain
from moderation.referrals.cybertipline.files import FileAnnotations, FileDetails
from moderation.referrals.cybertipline.report import (
    IncidentSummary,
    InternetDetails,
    Report,
    Reported,
    Reporter,
    WebPage,
)
from moderation.referrals.cybertipline.schema import NotValid
from moderation.referrals.cybertipline.shapes import IpCapture, Person
from moderation.referrals.cybertipline.xml import file_details_xml, report_xml

ADDRESS: Final = IpCapture(
    ip_address="192.0.2.1", event_name="Upload", date_time=datetime(2026, 1, 1, tzinfo=UTC)
)
# Nothing of it is ever sent: it is only held against the schema.
SAMPLE: Final = Report(
    incident_summary=IncidentSummary(
        incident_type="Child Pornography (possession, manufacture, and distribution)",
        platform="Example",
        incident_date_time=datetime(2026, 1, 1, tzinfo=UTC),
    ),
    internet_details=(InternetDetails(web_page_incident=WebPage(url=("https://example.org/1",))),),
    reporter=Reporter(reporting_person=Person(first_name="Example")),
    person_or_user_reported=(
        Reported(esp_identifier="1", screen_name="example", ip_capture_event=(ADDRESS,)),
    ),
)
SAMPLE_FILE: Final = FileDetails(
    file_name="example.png",
    file_viewed_by_esp=False,
    exif_viewed_by_esp=False,
    file_relevance="Reported",
    file_annotations=FileAnnotations(viral=True),
    ip_capture_event=ADDRESS,
)


class Command(BaseCommand):
    help = "check: whether the CyberTipline can be reached, knows this desk, and would take what this desk writes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["check"])

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with CyberTipline.of_this_desk() as ncmec:
                ncmec.status()
                self.stdout.write("The CyberTipline can be reached, and knows this desk's user and password.")
                schema = ncmec.schema()
            schema.check(report_xml(SAMPLE))
            schema.check(file_details_xml(SAMPLE_FILE, 1, "1"))
        except (TryAgain, NotValid) as error:
            raise CommandError(str(error)) from None
        self.stdout.write("Its current schema is readable, and what this desk writes is valid by it.")
