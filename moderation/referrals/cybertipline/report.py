"""A report to the CyberTipline: what happened, where, who is reported, who was harmed, who reports.

Shapes of November 2025's schema; see shapes.py for how they are read.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, get_args

from django.utils import timezone
from django.utils.translation import gettext
from pydantic import AfterValidator, Field, model_validator

from moderation.referrals.cybertipline.files import FileDetails
from moderation.referrals.cybertipline.shapes import (
    ATTRIBUTE,
    CONTENT,
    Address,
    AssociatedAccount,
    Contact,
    Country,
    DeviceId,
    Disabled,
    DisabledForATime,
    Email,
    IpCapture,
    Line,
    Location,
    Moment,
    Person,
    Phone,
    Shape,
    Text,
    Yes,
    refuse,
)

LONGEST_ESCALATION: Final = 3000

IncidentType = Literal[
    "Child Pornography (possession, manufacture, and distribution)",
    "Child Sex Trafficking",
    "Child Sex Tourism",
    "Child Sexual Molestation",
    "Misleading Domain Name",
    "Misleading Words or Digital Images on the Internet",
    "Online Enticement of Children for Sexual Acts",
    "Unsolicited Obscene Material Sent to a Child",
]
INCIDENT_TYPES: Final = get_args(IncidentType)


def _not_in_the_future(value: Moment) -> Moment:
    if value > timezone.now():
        raise refuse(gettext("The incident cannot lie in the future"))
    return value


def _short_enough(value: str | None) -> str | None:
    if value is not None and len(value) > LONGEST_ESCALATION:
        words = gettext("At most %(most)s characters; this has %(count)s")
        raise refuse(words % {"most": LONGEST_ESCALATION, "count": len(value)})
    return value


class BatchedReport(Shape):
    """That the report stands for many of the same."""

    reason: Annotated[Literal["VIRAL_POTENTIAL_MEME"], ATTRIBUTE]


class ReportAnnotations(Shape):
    """What kind of incident it is: flags."""

    sextortion: bool = False
    csam_solicitation: bool = False
    minor_to_minor_interaction: bool = False
    spam: bool = False
    sadistic_online_exploitation: bool = False


class IncidentSummary(Shape):
    """What happened and when. A text in ``escalate_to_high_priority`` escalates, by being there, and says why."""

    incident_type: IncidentType
    platform: Line = None
    escalate_to_high_priority: Annotated[Line, AfterValidator(_short_enough)] = None
    report_annotations: ReportAnnotations | None = None
    incident_date_time: Annotated[Moment, AfterValidator(_not_in_the_future)]
    incident_date_time_description: Line = None


class WebPage(Shape):
    third_party_hosted_content: Annotated[Yes, ATTRIBUTE] = None
    url: tuple[Text, ...] = ()
    additional_info: Line = None


class ByEmail(Shape):
    email_address: tuple[Email, ...] = ()
    content: Line = None
    additional_info: Line = None


class Newsgroup(Shape):
    name: Line = None
    email_address: tuple[Email, ...] = ()
    content: Line = None
    additional_info: Line = None


class Chat(Shape):
    chat_client: Line = None
    chat_room_name: Line = None
    content: Line = None
    additional_info: Line = None


class OnlineGame(Shape):
    game_name: Line = None
    console: Line = None
    content: Line = None
    additional_info: Line = None


class CellPhone(Shape):
    phone_number: Phone | None = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    additional_info: Line = None


class OffTheInternet(Shape):
    location_name: Line = None
    incident_address: tuple[Address, ...] = ()
    additional_info: Line = None


class PeerToPeer(Shape):
    client: Line = None
    ip_capture_event: tuple[IpCapture, ...] = ()
    file_names: Line = None
    additional_info: Line = None


class InternetDetails(Shape):
    """Where it happened: exactly one of these."""

    web_page_incident: WebPage | None = None
    email_incident: ByEmail | None = None
    newsgroup_incident: Newsgroup | None = None
    chat_im_incident: Chat | None = None
    online_gaming_incident: OnlineGame | None = None
    cell_phone_incident: CellPhone | None = None
    non_internet_incident: OffTheInternet | None = None
    peer2peer_incident: Annotated[PeerToPeer | None, Field(alias="peer2peerIncident")] = None

    @model_validator(mode="after")
    def _exactly_one(self) -> InternetDetails:
        if sum(getattr(self, name) is not None for name in type(self).model_fields) != 1:
            raise refuse(gettext("Say where it happened: one kind of place"))
        return self


class ServedAbroad(Shape):
    """Whether legal process of another country was served."""

    served: Annotated[bool, CONTENT]
    flea_country: Annotated[Country | None, ATTRIBUTE] = None


class LawEnforcement(Shape):
    """Who of law enforcement knows of it already."""

    agency_name: Text
    case_number: Line = None
    officer_contact: Contact | None = None
    reported_to_le: Yes = None
    served_legal_process_domestic: Yes = None
    served_legal_process_international: ServedAbroad | None = None


class Reporter(Shape):
    """Who reports, for the platform, and whom to ask."""

    reporting_person: Person
    contact_person: Contact | None = None
    company_template: Line = None
    terms_of_service: Line = None
    legal_url: Annotated[Line, Field(alias="legalURL")] = None


PriorReport = Annotated[int, Field(ge=1, lt=2**63)]
PriorReports = Annotated[tuple[PriorReport, ...], Field(alias="priorCTReports")]


class Reported(Shape):
    """The person or account that is reported (personOrUserReported)."""

    person_or_user_reported_person: Person | None = None
    vehicle_description: Line = None
    esp_identifier: Line = None
    esp_service: Line = None
    compromised_account: Yes = None
    screen_name: Line = None
    display_name: tuple[Text, ...] = ()
    profile_url: tuple[Text, ...] = ()
    profile_bio: Line = None
    ip_capture_event: tuple[IpCapture, ...] = ()
    device_id: tuple[DeviceId, ...] = ()
    third_party_user_reported: Yes = None
    prior_ct_reports: PriorReports = ()
    group_identifier: Line = None
    account_temporarily_disabled: DisabledForATime | None = None
    account_permanently_disabled: Disabled | None = None
    estimated_location: Location | None = None
    all_emails_reported: Yes = None
    associated_account: tuple[AssociatedAccount, ...] = ()
    additional_info: Line = None


class Recipient(Shape):
    """Somebody for whom it was meant (intendedRecipient)."""

    intended_recipient_person: Person | None = None
    esp_identifier: Line = None
    esp_service: Line = None
    compromised_account: Yes = None
    screen_name: Line = None
    display_name: tuple[Text, ...] = ()
    profile_url: tuple[Text, ...] = ()
    profile_bio: Line = None
    ip_capture_event: tuple[IpCapture, ...] = ()
    device_id: tuple[DeviceId, ...] = ()
    prior_ct_reports: PriorReports = ()
    group_identifier: Line = None
    account_temporarily_disabled: DisabledForATime | None = None
    account_permanently_disabled: Disabled | None = None
    estimated_location: Location | None = None
    all_emails_reported: Yes = None
    additional_info: tuple[Text, ...] = ()


class Victim(Shape):
    """A child who was harmed, as far as known."""

    victim_person: Person
    esp_identifier: Line = None
    esp_service: Line = None
    compromised_account: Yes = None
    screen_name: Line = None
    display_name: tuple[Text, ...] = ()
    profile_url: tuple[Text, ...] = ()
    profile_bio: Line = None
    ip_capture_event: tuple[IpCapture, ...] = ()
    device_id: tuple[DeviceId, ...] = ()
    school_name: Line = None
    prior_ct_reports: PriorReports = ()
    account_temporarily_disabled: DisabledForATime | None = None
    account_permanently_disabled: Disabled | None = None
    estimated_location: Location | None = None
    all_emails_reported: Yes = None
    associated_account: tuple[AssociatedAccount, ...] = ()
    additional_info: Line = None


class Report(Shape):
    """The whole report. The schema lets several be reported; the documentation says one at most, and so do we."""

    batched_report: BatchedReport | None = None
    incident_summary: IncidentSummary
    internet_details: tuple[InternetDetails, ...] = ()
    law_enforcement: LawEnforcement | None = None
    reporter: Reporter
    person_or_user_reported: Annotated[tuple[Reported, ...], Field(max_length=1)] = ()
    intended_recipient: tuple[Recipient, ...] = ()
    victim: tuple[Victim, ...] = ()
    additional_info: Line = None


class TipFile(Shape):
    """A file that goes with the report: ``preserved:<PreservedFile>`` or ``text:<Snapshot>``, made from its text.

    ``viewed_elsewhere`` and ``exif_viewed_elsewhere`` are somebody's words that, and by whom, it was looked at outside
    of this desk; what was looked at here is known from the audit trail and never typed.
    """

    key: Annotated[str, Field(pattern=r"^(preserved|text):[0-9]+$")]
    included: bool = True
    viewed_elsewhere: Line = None
    exif_viewed_elsewhere: Line = None
    details: FileDetails = FileDetails()


class Tip(Shape):
    """What ``CyberTip.report`` holds once it can be filed. A draft may lack what must be there."""

    report: Report
    files: tuple[TipFile, ...] = ()
