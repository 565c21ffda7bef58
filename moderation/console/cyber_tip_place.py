"""Where it happened, as one form for eight shapes: which part of each is which field."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

# Kind of place → its label, and for each of its parts the field of the form.
PLACES: Final[dict[str, tuple[Any, dict[str, str]]]] = {
    "webPageIncident": (_("A web page"), {"url": "addresses", "additionalInfo": "more"}),
    "chatImIncident": (
        _("Chat or instant messages"),
        {"chatClient": "name", "chatRoomName": "room", "content": "content", "additionalInfo": "more"},
    ),
    "emailIncident": (
        _("E-mail"),
        {"emailAddress": "addresses", "content": "content", "additionalInfo": "more"},
    ),
    "onlineGamingIncident": (
        _("An online game"),
        {"gameName": "name", "console": "room", "content": "content", "additionalInfo": "more"},
    ),
    "newsgroupIncident": (
        _("A newsgroup"),
        {"name": "name", "emailAddress": "addresses", "content": "content", "additionalInfo": "more"},
    ),
    "cellPhoneIncident": (_("A mobile phone"), {"phoneNumber": "name", "additionalInfo": "more"}),
    "peer2peerIncident": (
        _("File sharing between peers"),
        {"client": "name", "fileNames": "content", "additionalInfo": "more"},
    ),
    "nonInternetIncident": (
        _("Not on the internet"),
        {"locationName": "name", "additionalInfo": "more"},
    ),
}
WITH_TEXT: Final = frozenset({"emailAddress", "phoneNumber"})


def read(details: list[Any]) -> dict[str, Any]:
    """The form's parts of the first place; {} where there is none."""
    first = details[0] if details else {}
    for place, (_label, parts) in PLACES.items():
        if isinstance(known := first.get(place), dict):
            return {"place": place} | {
                field: _plain(known[part]) for part, field in parts.items() if known.get(part)
            }
    return {}


def write(details: list[Any], typed: dict[str, Any]) -> list[Any]:
    """The places with the first as typed. What the form has no field for stays, unless it becomes another kind."""
    place = typed.get("place")
    if place not in PLACES:
        return details[1:]
    before = details[0].get(place, {}) if details else {}
    parts = PLACES[place][1]
    made = {part: value for part, value in before.items() if part not in parts}
    for part, field in parts.items():
        if value := typed.get(field):
            made[part] = _shaped(part, value)
    return [{place: made}, *details[1:]]


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value.get("text", "") if isinstance(value, dict) else value


def _shaped(part: str, value: Any) -> Any:
    if part not in WITH_TEXT:
        return value
    return [{"text": each} for each in value] if isinstance(value, list) else {"text": value}


def field_of(path: tuple[str | int, ...]) -> str:
    """The form's part that a path within a place leads to; of what has none, the kind of place itself."""
    if len(path) > 1 and path[0] in PLACES:
        return PLACES[str(path[0])][1].get(str(path[1]), "place")
    return "place"
