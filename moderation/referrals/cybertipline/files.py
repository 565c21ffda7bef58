"""What is said of each file of a report (fileDetails)."""

from __future__ import annotations

from typing import Annotated, Final, Literal, get_args

from django.utils.translation import gettext
from pydantic import Field, field_validator, model_validator
from pydantic_core.core_schema import ValidationInfo

from moderation.referrals.cybertipline.shapes import (
    ATTRIBUTE,
    CONTENT,
    DeviceId,
    IpCapture,
    Line,
    Moment,
    Shape,
    Text,
    Yes,
    refuse,
)

# A: prepubescent, B: pubescent; 1: a sex act, 2: lascivious exhibition.
Classification = Literal["A1", "A2", "B1", "B2"]
CLASSIFICATIONS: Final = get_args(Classification)
Relevance = Literal["Reported", "Supplemental Reported"]
SUPPLEMENTAL: Final = "Supplemental Reported"


class FileAnnotations(Shape):
    """What is to be seen: flags. The schema also has ``potentialMeme`` beside them, but never both."""

    anime_drawing_virtual_hentai: bool = False
    potential_meme: bool = False
    viral: bool = False
    possible_self_production: bool = False
    physical_harm: bool = False
    violence_gore: bool = False
    bestiality: bool = False
    live_streaming: bool = False
    infant: bool = False
    generative_ai: bool = False


class Hash(Shape):
    """A digest of the file as it was on the platform; the type is its name, such as SHA-256."""

    text: Annotated[Text, CONTENT]
    hash_type: Annotated[Text, ATTRIBUTE]


class NameValue(Shape):
    name: str
    value: str


class Details(Shape):
    """Names and values that a file carries."""

    type: Annotated[Literal["EXIF", "HASH"] | None, ATTRIBUTE] = None
    name_value_pair: Annotated[tuple[NameValue, ...], Field(min_length=1)]


class FileDetails(Shape):
    """A file, but for the report's and the file's number, which the CyberTipline gives.

    ``file_viewed_by_esp`` and ``exif_viewed_by_esp`` are facts (viewed.py), filled in when the report is confirmed.
    """

    file_name: Line = None
    original_file_name: Line = None
    uploaded_to_esp_timestamp: Moment | None = None
    location_of_file: Line = None
    file_viewed_by_esp: Yes = None
    exif_viewed_by_esp: Yes = None
    publicly_available: Yes = None
    file_relevance: Relevance | None = None
    file_annotations: FileAnnotations | None = None
    industry_classification: Classification | None = None
    original_file_hash: tuple[Hash, ...] = ()
    ip_capture_event: IpCapture | None = None
    device_id: tuple[DeviceId, ...] = ()
    details: tuple[Details, ...] = ()
    additional_info: tuple[Text, ...] = ()

    @field_validator("industry_classification")
    @classmethod
    def _supplemental_is_not_classified(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value and info.data.get("file_relevance") == SUPPLEMENTAL:
            raise refuse(gettext("A supplemental file carries no classification"))
        return value

    @model_validator(mode="after")
    def _supplemental_is_no_meme(self) -> FileDetails:
        flags = self.file_annotations
        if flags and flags.potential_meme and self.file_relevance == SUPPLEMENTAL:
            raise refuse(gettext("A supplemental file cannot be marked as a potential meme"))
        return self
