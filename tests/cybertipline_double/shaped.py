"""Any report that our shapes allow, for hypothesis: worked out from the fields' types, valid as they are."""

from __future__ import annotations

import types
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from hypothesis import strategies as st
from pydantic import AwareDatetime
from pydantic.fields import FieldInfo

from moderation.referrals.cybertipline.files import SUPPLEMENTAL, FileDetails
from moderation.referrals.cybertipline.report import InternetDetails
from moderation.referrals.cybertipline.shapes import Shape

Any_ = TypeVar("Any_", bound=Shape)
# Of everything, with what XML does not allow now and then.
TEXTS = st.text(max_size=12) | st.sampled_from(
    ["\x00\x07bell", "<&>\"'", "ﷺ 🧑‍🚀", "\ud7ff\ufffe", "]]>", " \r\n "]
)
OFTEN = st.integers(0, 2).map(lambda drawn: drawn == 0)
BY_NAME: dict[str, st.SearchStrategy[Any]] = {
    "ip_address": st.ip_addresses().map(str),
    "country": st.sampled_from(["US", "TH", "A1"]),
    "country_code": st.sampled_from(["US", "TH"]),
    "flea_country": st.sampled_from(["GB", "DE"]),
    "state": st.sampled_from(["CA", "NY"]),
    "country_calling_code": st.from_regex(r"\A\+[0-9]{1,3}\Z"),
    "extension": st.from_regex(r"\A[0-9]{1,6}\Z"),
    "age": st.integers(0, 130),
    "approximate_age": st.integers(0, 130),
    "port": st.integers(1, 65535),
    "latitude": st.floats(-90, 90),
    "longitude": st.floats(-180, 180),
    "escalate_to_high_priority": st.none() | st.text(max_size=3000),
}


@st.composite
def shaped(draw: st.DrawFn, shape: type[Any_]) -> Any_:
    """Instances of the shape. What is needed is there, the rest now and then."""
    if shape is InternetDetails:
        names = [draw(st.sampled_from(list(InternetDetails.model_fields)))]
    else:
        names = [name for name, field in shape.model_fields.items() if field.is_required() or draw(OFTEN)]
    values = {name: draw(_field(shape, name, shape.model_fields[name])) for name in names}
    if shape is InternetDetails and values[names[0]] is None:
        values[names[0]] = {}
    return shape(**(_as_allowed(values) if shape is FileDetails else values))


def _as_allowed(values: dict[str, Any]) -> dict[str, Any]:
    """A supplemental file is neither classified nor a meme."""
    if values.get("file_relevance") == SUPPLEMENTAL:
        return {
            k: each for k, each in values.items() if k not in ("industry_classification", "file_annotations")
        }
    return values


def _field(shape: type[Shape], name: str, field: FieldInfo) -> st.SearchStrategy[Any]:
    if name in BY_NAME:
        known = BY_NAME[name]
        return known if field.is_required() else st.none() | known
    if name == "text":
        if shape.__name__ == "Email":
            return st.from_regex(r"\A[a-z0-9.]{1,8}@[a-z]{1,8}\.example\Z")
        return st.text("0123456789 +-", min_size=3, max_size=20) if shape.__name__ == "Phone" else _words()
    if name == "person_or_user_reported":
        return st.tuples() | st.tuples(shaped(get_args(field.annotation)[0]))
    if name == "name_value_pair":
        return st.lists(shaped(get_args(field.annotation)[0]), min_size=1, max_size=2).map(tuple)
    return _of(field.annotation, name, field.is_required())


def _of(annotation: Any, name: str, required: bool) -> st.SearchStrategy[Any]:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _of(arguments[0], name, required)
    if origin in (Union, types.UnionType):
        inner = [each for each in arguments if each is not type(None)]
        return st.none() | _of(inner[0], name, required)
    if origin is tuple:
        return st.lists(_of(arguments[0], name, True), max_size=2).map(tuple)
    if origin is Literal:
        return st.sampled_from(arguments)
    if isinstance(annotation, type) and issubclass(annotation, Shape):
        return shaped(annotation)
    plain: dict[Any, st.SearchStrategy[Any]] = {
        bool: st.booleans(),
        int: st.integers(1, 2**63 - 1),
        AwareDatetime: st.integers(-2_000_000_000, 1_750_000_000).map(
            lambda at: datetime.fromtimestamp(at + 0.25, UTC)
        ),
        date: st.dates(date(1, 1, 1)),
        str: _words() if required else TEXTS,
    }
    return plain[annotation]


def _words() -> st.SearchStrategy[str]:
    return TEXTS.filter(bool)
