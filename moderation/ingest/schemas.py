"""What a platform sends: an item, with its author, and a flag on it (docs/api.md).

Wrong types are refused, never converted, and so is a field that nobody knows: leaving it out in silence would lose
what the sender meant to say. Texts with NUL or lone surrogates are refused while the JSON is read (strict_json).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from django.conf import settings
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    ValidationInfo,
    field_validator,
)
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from moderation import languages
from moderation.ingest.strict_json import GREATEST_INTEGER

EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
MOST_MEDIA: Final = 50

Kind = Literal["content", "account", "ad"]
Disclosure = Literal["public", "reported_by_participant", "business_hosted", "metadata_only"]
Source = Literal["detector", "user_notice", "trusted_flagger", "authority", "own_initiative"]
# Whose flags are notices: somebody sent them, and is owed an answer.
NOTICES: Final = ("user_notice", "trusted_flagger", "authority")


def _refuse(message: str) -> PydanticCustomError:
    return PydanticCustomError("refused", message)


def _only_text(value: Any) -> Any:
    if not isinstance(value, str) or not re.match(r"\d{4}-\d{2}-\d{2}[Tt ]\d", value):
        raise _refuse("Give the time as a text (RFC 3339), like 2026-11-20T08:00:00Z")
    return value


def _in_range(value: datetime) -> datetime:
    if not EARLIEST <= value < LATEST:
        raise _refuse("The time lies outside the years 1900 to 2199")
    return value.astimezone(UTC)


def _language(value: str) -> str:
    try:
        return languages.normalise(value)
    except languages.UnknownLanguage as error:
        raise _refuse(str(error)) from error


def _web_address(value: str) -> str:
    if not re.match(r"https?://[^\s/]", value, re.IGNORECASE):
        raise _refuse("Give a full http:// or https:// address")
    return value


def _not_too_long(value: str) -> str:
    limit: int = settings.API_TEXT_CHARACTERS
    if len(value) > limit:
        raise _refuse(f"At most {limit} characters; this text has {len(value)}")
    return value


def _visible(value: str) -> str:
    if not value.isprintable() or not value.strip():
        raise _refuse("An id is 1 to 255 printable characters")
    return value


def _printable(value: str) -> str:
    if not value.isprintable():
        raise _refuse("There are characters in it that cannot be seen")
    return value.strip()


def _form(pattern: str, words: str) -> AfterValidator:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise _refuse(words)
        return value

    return AfterValidator(check)


Timestamp = Annotated[
    AwareDatetime, Field(strict=False), BeforeValidator(_only_text), AfterValidator(_in_range)
]
Id = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_visible)]
WebAddress = Annotated[str, Field(max_length=2000), AfterValidator(_web_address)]
Text = Annotated[
    str,
    Field(json_schema_extra={"maxLength": settings.API_TEXT_CHARACTERS}),
    AfterValidator(_not_too_long),
]
MediaType = Annotated[
    str, Field(max_length=127), _form(r"[\w.+-]+/[\w.+-]+", "A media type is like image/jpeg")
]
Sha256 = Annotated[str, _form(r"[0-9a-fA-F]{64}", "A SHA-256 is 64 hexadecimal digits")]
Country = Annotated[str, _form(r"[A-Z]{2}", "A country is two capital letters (ISO 3166-1), like TH")]
Metadata = dict[str, JsonValue]
Language = Annotated[str, AfterValidator(_language)]
# Empty: she has none any more. Left out: what is known stays.
Contact = Annotated[str, Field(max_length=254), AfterValidator(_printable)]
CONTACT: Final = (
    "Her e-mail address or phone number, with which and the code of her message she can come in without her account. "
    "The latest is kept and never shown to anybody; empty takes it away, left out it stays"
)


EXAMPLE_ITEM: Final[JsonDict] = {
    "kind": "content",
    "id": "post-8812",
    "type": "post",
    "text": "You people should all be driven into the sea",
    "url": "https://harbour.example/posts/8812",
    "created_at": "2026-11-20T08:00:00Z",
    "author": {"id": "acct-17", "display_name": "Tidal", "metadata": {"language": "en"}},
    "disclosure": "public",
    "country": "TH",
    "reach": 1200,
}
EXAMPLE_FLAG: Final[JsonDict] = {
    "item": EXAMPLE_ITEM,
    "source": "detector",
    "detector": "keywords-en",
    "detector_version": "2026-11-01",
    "policy": "hate-speech",
    "score": 0.93,
    "flagged_at": "2026-11-20T08:00:02Z",
    "evidence": {"matches": [{"term": "driven into the sea", "start": 25, "end": 44}]},
    "flag_id": "harbour-flag-4711",
}


class Sent(BaseModel):
    """What all parts of a call have in common: exact types, and no field that nobody knows."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ParentIn(Sent):
    """What an item answers or belongs to."""

    kind: Kind
    id: Id


class MediaIn(Sent):
    """A picture, video or sound of an item. Fairlead keeps the address, never the file."""

    url: WebAddress
    mime: MediaType = Field(default="", examples=["image/jpeg"])
    sha256: Sha256 = Field(default="", description="Of the file, in hex")
    alt: Text = Field(default="", description="The description that it carries on the platform")


class AuthorIn(Sent):
    """The account that an item is by. It becomes an account item of its own."""

    id: Id
    display_name: str = Field(default="", max_length=255)
    created_at: Timestamp | None = None
    metadata: Metadata = {}
    contact: Contact | None = Field(default=None, description=CONTACT, examples=["noor@example.org"])


class NotifierIn(Sent):
    """Whoever sent a notice, as an account of the platform: she is told what came of it (DSA Art. 16(5))."""

    id: Id
    display_name: str = Field(default="", max_length=255)
    contact: Contact | None = Field(default=None, description=CONTACT)
    language: Language | None = Field(
        default=None,
        description="BCP 47: the one that she is answered in. Left out: what is known of her account, else English",
        examples=["th"],
    )


class ItemIn(Sent):
    """Something on the platform, as it was captured now."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_ITEM]})

    kind: Kind
    id: Id = Field(description="The platform's own id, unique within the kind")
    type: str = Field(
        default="", max_length=64, description="The platform's own word: post, comment, profile"
    )
    disclosure: Disclosure | None = Field(
        default=None,
        description="How the platform came to see it. Left out: metadata_only where there is neither text nor "
        "media, else public",
    )
    text: Text = ""
    language: Language | None = Field(
        default=None,
        description="BCP 47; believed when given. Left out, or und: identified from the text",
        examples=["th", "zh-Hant"],
    )
    url: WebAddress | None = None
    created_at: Timestamp | None = Field(default=None, description="When it came to be on the platform")
    media: list[MediaIn] = Field(default=[], max_length=MOST_MEDIA)
    author: AuthorIn | None = None
    display_name: str = Field(default="", max_length=255, description="Of an account")
    country: Country = Field(default="", description="ISO 3166-1 alpha-2", examples=["TH"])
    reach: int | None = Field(default=None, ge=0, le=GREATEST_INTEGER, description="How many have seen it")
    parent: ParentIn | None = None
    metadata: Metadata = {}
    contact: Contact | None = Field(default=None, description=f"Of an account. {CONTACT}")

    @field_validator("text", "media")
    @classmethod
    def _no_content_was_seen(cls, value: Any, info: ValidationInfo) -> Any:
        if value and info.data.get("disclosure") == "metadata_only":
            raise _refuse("A metadata_only item has no content: leave this field out, or say how it was seen")
        return value

    @field_validator("author")
    @classmethod
    def _an_account_has_no_author(cls, value: AuthorIn | None, info: ValidationInfo) -> AuthorIn | None:
        if value is not None and info.data.get("kind") == "account":
            raise _refuse("An account has no author")
        return value

    @field_validator("contact")
    @classmethod
    def _only_an_account_has_a_contact(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and info.data.get("kind") in ("content", "ad"):
            raise _refuse("Only an account has a contact: give it with the author")
        return value

    @property
    def seen_as(self) -> Disclosure:
        """The disclosure that was given, else the one that claims least."""
        return self.disclosure or ("public" if self.text or self.media else "metadata_only")


class FlagIn(Sent):
    """One source's claim that an item may break a policy."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_FLAG]})

    item: ItemIn
    source: Source
    policy: str = Field(
        min_length=1, max_length=50, description="The policy's slug", examples=["hate-speech"]
    )
    detector: str = Field(
        default="",
        max_length=64,
        validate_default=True,
        description="Which detector; required where the source is one",
    )
    detector_version: str = Field(default="", max_length=64)
    score: float | None = Field(default=None, ge=0, le=1)
    flagged_at: Timestamp | None = Field(default=None, description="Left out: when it arrived")
    evidence: Metadata = Field(default={}, description="What the source saw; shown to the moderator")
    metadata: Metadata = {}
    flag_id: Id | None = Field(
        default=None,
        description="Chosen by the platform and unique to the flag: sent again it does not count again",
    )
    notifier: NotifierIn | None = Field(
        default=None,
        description="Whoever sent it, of a user_notice, trusted_flagger or authority: is answered with case.closed",
    )

    @field_validator("detector")
    @classmethod
    def _a_detector_has_a_name(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("source") == "detector" and not value.strip():
            raise _refuse("Name the detector: the source is one")
        return value

    @field_validator("notifier")
    @classmethod
    def _only_a_notice_was_sent_by_somebody(
        cls, value: NotifierIn | None, info: ValidationInfo
    ) -> NotifierIn | None:
        if value is not None and info.data.get("source") not in (*NOTICES, None):
            raise _refuse(f"Only a notice has a notifier: the source is none of {', '.join(NOTICES)}")
        return value
