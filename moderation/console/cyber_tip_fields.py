"""The fields of the form of a CyberTipline report: which part of the report each is, and how it is typed.

The form holds no rules. What is typed goes into the report's JSON where its path says; the shapes judge it there, and
what they say comes back to the field by the same path (cyber_tip_form.py). What has no field stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from moderation.referrals.cybertipline.files import CLASSIFICATIONS, Relevance
from moderation.referrals.cybertipline.report import INCIDENT_TYPES
from moderation.referrals.cybertipline.shapes import CaptureName

Words = str | Promise
Path = tuple[str | int, ...]
# line, text: as typed. lines: one each, a list. texts: the same, each with attributes of its own that stay.
# yes: yes, no or not said. flag: said or not. moment: a time in UTC. number: a whole number.
Kind = Literal["line", "text", "lines", "texts", "yes", "flag", "moment", "day", "number", "choice"]


@dataclass(frozen=True)
class Field:
    """A field: its name in the form, what it is called, where it is in the report, and how it is typed."""

    name: str
    label: Words
    path: Path
    kind: Kind = "line"
    choices: tuple[str, ...] = ()
    help: Words = ""

    @property
    def is_long(self) -> bool:
        """Whether it may have several lines."""
        return self.kind in ("text", "lines", "texts")


@dataclass(frozen=True)
class Section:
    """Fields that belong together."""

    slug: str
    title: Words
    fields: tuple[Field, ...]
    help: Words = ""


@dataclass(frozen=True)
class Table:
    """Rows of the same fields; their paths are within the row. ``path`` is the list that the rows are."""

    slug: str
    title: Words
    path: Path
    fields: tuple[Field, ...]


CAPTURES: Final = get_args(CaptureName)
SUMMARY: Final = "incidentSummary"
WHO: Final[Path] = ("personOrUserReported", 0)
PERSON: Final[Path] = (*WHO, "personOrUserReportedPerson")
REPORTING: Final[Path] = ("reporter", "reportingPerson")
CONTACT: Final[Path] = ("reporter", "contactPerson")
AGENCY: Final = "lawEnforcement"
OFFICER: Final[Path] = (AGENCY, "officerContact")
FLAGS: Final[Path] = (SUMMARY, "reportAnnotations")

INCIDENT: Final = Section(
    "incident",
    _("What happened"),
    (
        Field("incident_type", _("Kind of incident"), (SUMMARY, "incidentType"), "choice", INCIDENT_TYPES),
        Field("platform", _("Platform"), (SUMMARY, "platform")),
        Field("at", _("When (UTC)"), (SUMMARY, "incidentDateTime"), "moment"),
        Field("at_means", _("What that time is"), (SUMMARY, "incidentDateTimeDescription"), "text"),
        Field(
            "escalate",
            _("Why it is urgent"),
            (SUMMARY, "escalateToHighPriority"),
            "text",
            help=_("Anything written here gives the report high priority. At most 3,000 characters."),
        ),
        Field("sextortion", _("Sextortion"), (*FLAGS, "sextortion"), "flag"),
        Field("solicitation", _("Asking for abuse material"), (*FLAGS, "csamSolicitation"), "flag"),
        Field("minors", _("Between minors"), (*FLAGS, "minorToMinorInteraction"), "flag"),
        Field("spam", _("Spam"), (*FLAGS, "spam"), "flag"),
        Field("sadistic", _("Sadistic online exploitation"), (*FLAGS, "sadisticOnlineExploitation"), "flag"),
    ),
)
# Where it happened is one of eight shapes with parts of the same kinds: cyber_tip_place.py puts them in their places.
PLACE: Final = Section(
    "place",
    _("Where it happened"),
    (
        Field("place", _("Kind of place"), ("place",), "choice"),
        Field("place_name", _("Name"), ("name",), help=_("Of the service, game, group or place; a number")),
        Field("room", _("Room or console"), ("room",)),
        Field("addresses", _("Addresses"), ("addresses",), "lines", help=_("One a line: pages, or e-mail")),
        Field("content", _("Content"), ("content",), "text", help=_("What was written, or the files' names")),
        Field("place_more", _("More about the place"), ("more",), "text"),
    ),
)
REPORTED: Final = Section(
    "reported",
    _("Who is reported"),
    (
        Field("identifier", _("The platform's own id"), (*WHO, "espIdentifier")),
        Field("service", _("Service"), (*WHO, "espService")),
        Field("screen_name", _("Screen name"), (*WHO, "screenName")),
        Field("first_name", _("First name"), (*PERSON, "firstName")),
        Field("last_name", _("Last name"), (*PERSON, "lastName")),
        Field("age", _("Age"), (*PERSON, "age"), "number"),
        Field("born", _("Date of birth"), (*PERSON, "dateOfBirth"), "day", help=_("Like 1990-12-31")),
        Field("city", _("City"), (*WHO, "estimatedLocation", "city")),
        Field("region", _("Region"), (*WHO, "estimatedLocation", "region")),
        Field("country", _("Country"), (*WHO, "estimatedLocation", "countryCode"), help=_("Like US")),
        Field("compromised", _("Was the account taken over?"), (*WHO, "compromisedAccount"), "yes"),
        Field(
            "closed",
            _("Closed for good since (UTC)"),
            (*WHO, "accountPermanentlyDisabled", "disabledDate"),
            "moment",
        ),
        Field(
            "locked", _("Locked since (UTC)"), (*WHO, "accountTemporarilyDisabled", "disabledDate"), "moment"
        ),
        Field(
            "unlocked",
            _("Locked until (UTC)"),
            (*WHO, "accountTemporarilyDisabled", "reenabledDate"),
            "moment",
        ),
        Field("display_name", _("Display names"), (*WHO, "displayName"), "lines", help=_("One a line")),
        Field("profile_url", _("Profile pages"), (*WHO, "profileUrl"), "lines", help=_("One a line")),
        Field("bio", _("Profile text"), (*WHO, "profileBio"), "text"),
        Field("email", _("E-mail addresses"), (*PERSON, "email"), "texts", help=_("One a line")),
        Field("phone", _("Telephone numbers"), (*PERSON, "phone"), "texts", help=_("One a line")),
        Field(
            "prior", _("Earlier reports"), (*WHO, "priorCTReports"), "lines", help=_("Numbers, one a line")
        ),
        Field("about", _("More about this person"), (*WHO, "additionalInfo"), "text"),
    ),
)
REPORTER: Final = Section(
    "reporter",
    _("Who reports"),
    (
        Field("reporter_first", _("Reporting: first name"), (*REPORTING, "firstName")),
        Field("reporter_last", _("Reporting: last name"), (*REPORTING, "lastName")),
        Field("contact_first", _("Contact: first name"), (*CONTACT, "firstName")),
        Field("contact_last", _("Contact: last name"), (*CONTACT, "lastName")),
        Field("legal_url", _("Page for legal process"), ("reporter", "legalURL")),
        Field("reporter_email", _("Reporting: e-mail"), (*REPORTING, "email"), "texts", help=_("One a line")),
        Field(
            "reporter_phone", _("Reporting: telephone"), (*REPORTING, "phone"), "texts", help=_("One a line")
        ),
        Field("contact_email", _("Contact: e-mail"), (*CONTACT, "email"), "texts", help=_("One a line")),
        Field("template", _("About the company"), ("reporter", "companyTemplate"), "text"),
        Field("terms", _("Terms of service"), ("reporter", "termsOfService"), "text"),
    ),
    help=_("Taken from the latest report of this desk."),
)
POLICE: Final = Section(
    "police",
    _("Law enforcement that knows already"),
    (
        Field("agency", _("Agency"), (AGENCY, "agencyName")),
        Field("number", _("Its case number"), (AGENCY, "caseNumber")),
        Field("told", _("Was it reported there?"), (AGENCY, "reportedToLe"), "yes"),
        Field("officer_first", _("Officer: first name"), (*OFFICER, "firstName")),
        Field("officer_last", _("Officer: last name"), (*OFFICER, "lastName")),
        Field("officer_email", _("Officer: e-mail"), (*OFFICER, "email"), "texts", help=_("One a line")),
    ),
)
REST: Final = Section(
    "rest", _("Anything else"), (Field("more_info", _("More information"), ("additionalInfo",), "text"),)
)
SECTIONS: Final = (INCIDENT, REPORTED, REPORTER, POLICE, REST)


def _person(path: str) -> tuple[Field, ...]:
    return (
        Field("first", _("First name"), (path, "firstName")),
        Field("last", _("Last name"), (path, "lastName")),
        Field("age", _("Age"), (path, "age"), "number"),
        Field("identifier", _("The platform's own id"), ("espIdentifier",)),
        Field("screen", _("Screen name"), ("screenName",)),
    )


IPS: Final = Table(
    "ips",
    _("IP addresses"),
    (*WHO, "ipCaptureEvent"),
    (
        Field("address", _("Address"), ("ipAddress",)),
        Field("what", _("What was done"), ("eventName",), "choice", CAPTURES),
        Field("at", _("When (UTC)"), ("dateTime",), "moment"),
        Field("port", _("Port"), ("port",), "number"),
        Field("proxy", _("A proxy?"), ("possibleProxy",), "yes"),
    ),
)
DEVICES: Final = Table(
    "devices",
    _("Devices"),
    (*WHO, "deviceId"),
    (
        Field("type", _("Kind of number"), ("idType",)),
        Field("value", _("Number"), ("idValue",)),
        Field("what", _("What was done"), ("eventName",), "choice", CAPTURES),
        Field("at", _("When (UTC)"), ("dateTime",), "moment"),
    ),
)
VICTIMS: Final = Table(
    "victims",
    _("Children who were harmed"),
    ("victim",),
    (*_person("victimPerson"), Field("more", _("More"), ("additionalInfo",))),
)
RECIPIENTS: Final = Table(
    "recipients",
    _("Whom it was meant for"),
    ("intendedRecipient",),
    _person("intendedRecipientPerson"),
)
TABLES: Final = (IPS, DEVICES, VICTIMS, RECIPIENTS)

SHOWN: Final[Path] = ("details", "fileAnnotations")
OF_A_FILE: Final = (
    Field("included", _("Send it"), ("included",), "flag"),
    Field("relevance", _("Why it is sent"), ("details", "fileRelevance"), "choice", get_args(Relevance)),
    Field("public", _("Was it public?"), ("details", "publiclyAvailable"), "yes"),
    Field("drawn", _("Drawn or virtual"), (*SHOWN, "animeDrawingVirtualHentai"), "flag"),
    Field("meme", _("Potential meme"), (*SHOWN, "potentialMeme"), "flag"),
    Field("viral", _("Viral"), (*SHOWN, "viral"), "flag"),
    Field("selfmade", _("Possibly self-produced"), (*SHOWN, "possibleSelfProduction"), "flag"),
    Field("harm", _("Physical harm"), (*SHOWN, "physicalHarm"), "flag"),
    Field("gore", _("Violence or gore"), (*SHOWN, "violenceGore"), "flag"),
    Field("animals", _("Bestiality"), (*SHOWN, "bestiality"), "flag"),
    Field("live", _("Live stream"), (*SHOWN, "liveStreaming"), "flag"),
    Field("infant", _("Infant"), (*SHOWN, "infant"), "flag"),
    Field("generated", _("Made with generative AI"), (*SHOWN, "generativeAi"), "flag"),
    Field("elsewhere", _("Viewed elsewhere, by whom and when"), ("viewedElsewhere",)),
    Field("exif", _("EXIF data viewed elsewhere, by whom and when"), ("exifViewedElsewhere",)),
)
CLASSIFICATION: Final = Field(
    "class",
    _("Classification"),
    ("details", "industryClassification"),
    "choice",
    CLASSIFICATIONS,
    help=_("A prepubescent, B pubescent; 1 a sex act, 2 lascivious exhibition"),
)
