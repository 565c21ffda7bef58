"""The pieces that reports and their files share, as the CyberTipline's schema has them (schema of November 2025).

The order of a shape's fields is the order of the elements: ``xml.py`` writes them as they stand. Their names are the
schema's, in snake case; stored JSON has the schema's own spelling. What is left out is None, an empty tuple or, of a
flag, False.
"""

from __future__ import annotations

import ipaddress
import re
from datetime import UTC, date, datetime
from enum import Enum
from typing import Annotated, Any, Final, Literal

from django.utils.translation import gettext
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

LONGEST: Final = 100_000
EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)


class Place(Enum):
    """Where a field goes that is not an element: an attribute, or the text of the element itself."""

    ATTRIBUTE = "attribute"
    CONTENT = "content"


ATTRIBUTE: Final = Place.ATTRIBUTE
CONTENT: Final = Place.CONTENT


def refuse(words: str) -> PydanticCustomError:
    """What a validator raises: the words stand beside the field."""
    return PydanticCustomError("refused", "{words}", {"words": words})


class Shape(BaseModel):
    """What all shapes have in common."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


def _empty_is_none(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def _moment(value: datetime) -> datetime:
    if not EARLIEST <= value < LATEST:
        raise refuse(gettext("The time lies outside the years 1900 to 2199"))
    return value.astimezone(UTC)


def _address(value: str) -> str:
    try:
        return str(ipaddress.ip_address(value.strip()))
    except ValueError:
        raise refuse(gettext("This is no IP address (IPv4 or IPv6)")) from None


def _mail_address(value: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", value):
        raise refuse(gettext("This is no e-mail address"))
    return value


def _digits(pattern: str, words: str) -> AfterValidator:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise refuse(gettext(words))
        return value

    return AfterValidator(check)


Text = Annotated[str, Field(min_length=1, max_length=LONGEST)]
Line = Annotated[Annotated[str, Field(max_length=LONGEST)] | None, BeforeValidator(_empty_is_none)]
Yes = bool | None
Moment = Annotated[AwareDatetime, AfterValidator(_moment)]
Country = Annotated[str, _digits(r"[A-Z][A-Z0-9]", "A country is two capital letters (ISO 3166-1), like US")]
State = Annotated[str, _digits(r"[A-Z]{2}", "A state of the USA is two capital letters, like CA")]
CaptureName = Literal["Login", "Registration", "Purchase", "Upload", "Other", "Unknown"]


class IpCapture(Shape):
    """An address from which something was done, and when (ipCaptureEvent)."""

    ip_address: Annotated[str, AfterValidator(_address)]
    event_name: CaptureName | None = None
    date_time: Moment | None = None
    possible_proxy: Yes = None
    port: Annotated[int, Field(ge=1, le=65535)] | None = None


class DeviceId(Shape):
    """A device that was used."""

    id_type: Text
    id_value: Text
    event_name: CaptureName | None = None
    date_time: Moment | None = None


class Email(Shape):
    """An e-mail address, and whether the platform has verified it."""

    text: Annotated[str, Field(max_length=320), AfterValidator(_mail_address), CONTENT]
    type: Annotated[Literal["Home", "Work", "Business", "Recovery"] | None, ATTRIBUTE] = None
    verified: Annotated[Yes, ATTRIBUTE] = None
    verification_date: Annotated[Moment | None, ATTRIBUTE] = None


class Phone(Shape):
    """A telephone number as written, and whether the platform has verified it."""

    text: Annotated[str, Field(min_length=3, max_length=60), CONTENT]
    type: Annotated[
        Literal["Mobile", "Home", "Business", "Work", "Fax", "Internet", "Recovery"] | None, ATTRIBUTE
    ] = None
    verified: Annotated[Yes, ATTRIBUTE] = None
    verification_date: Annotated[Moment | None, ATTRIBUTE] = None
    country_calling_code: Annotated[
        Annotated[str, _digits(r"\+[0-9]{1,3}", "A calling code is + and one to three digits, like +44")]
        | None,
        ATTRIBUTE,
    ] = None
    extension: Annotated[
        Annotated[str, _digits(r"[0-9]+", "An extension is digits only")] | None, ATTRIBUTE
    ] = None


class Address(Shape):
    """A postal address. The state is one of the USA; elsewhere it is ``non_usa_state``."""

    type: Annotated[Literal["Home", "Business", "Billing", "Shipping", "Technical"] | None, ATTRIBUTE] = None
    address: Line = None
    city: Line = None
    zip_code: Line = None
    state: State | None = None
    non_usa_state: Line = None
    country: Country | None = None


class Contact(Shape):
    """Somebody who can be asked (contactPerson)."""

    first_name: Line = None
    last_name: Line = None
    phone: tuple[Phone, ...] = ()
    email: tuple[Email, ...] = ()
    address: tuple[Address, ...] = ()


class Person(Contact):
    """Somebody, as far as known."""

    age: Annotated[int, Field(ge=0, le=130)] | None = None
    date_of_birth: date | None = None


class Disabled(Shape):
    """Whether and when an account was disabled for good (accountPermanentlyDisabled)."""

    disabled: Annotated[bool, CONTENT] = True
    disabled_date: Annotated[Moment | None, ATTRIBUTE] = None
    user_notified: Annotated[Yes, ATTRIBUTE] = None
    user_notified_date: Annotated[Moment | None, ATTRIBUTE] = None


class DisabledForATime(Disabled):
    """Whether and until when an account was disabled (accountTemporarilyDisabled)."""

    reenabled_date: Annotated[Moment | None, ATTRIBUTE] = None


class Location(Shape):
    """Where somebody seems to be (estimatedLocation)."""

    verified: Annotated[Yes, ATTRIBUTE] = None
    timestamp: Annotated[Moment | None, ATTRIBUTE] = None
    city: Line = None
    region: Line = None
    country_code: Country | None = None


class OnPlatform(Shape):
    """The platform of an associated account, and whether it is another one than ours."""

    text: Annotated[Text, CONTENT]
    third_party_user: Annotated[Yes, ATTRIBUTE] = None


class AssociatedAccount(Shape):
    """Another account that belongs to somebody reported, or to a victim."""

    type: Annotated[
        Literal["Billing", "Linked", "Business", "Creator", "Parent/Guardian", "Other"], ATTRIBUTE
    ]
    platform: OnPlatform | None = None
    first_name: Line = None
    middle_name: Line = None
    last_name: Line = None
    approximate_age: Annotated[int, Field(ge=0, le=130)] | None = None
    date_of_birth: date | None = None
    phone: tuple[Phone, ...] = ()
    email: tuple[Email, ...] = ()
    all_emails_reported: Yes = None
    address: tuple[Address, ...] = ()
    esp_service: Line = None
    esp_identifier: Line = None
    profile_url: tuple[Text, ...] = ()
    screen_name: Line = None
    display_name: tuple[Text, ...] = ()
    profile_bio: Line = None
    group_identifier: Line = None
    compromised_account: Yes = None
    account_temporarily_disabled: DisabledForATime | None = None
    account_permanently_disabled: Disabled | None = None
    ip_capture_event: tuple[IpCapture, ...] = ()
    device_id: tuple[DeviceId, ...] = ()
    prior_ct_report: Annotated[
        tuple[Annotated[int, Field(ge=1, lt=2**63)], ...], Field(alias="priorCTReport")
    ] = ()
    additional_info: Line = None
