"""What platforms send as metadata, under the names that it commonly has: addresses, devices, ways to reach somebody.

Whatever is there, reading it never fails: what cannot be used is passed over.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive

from moderation.referrals.cybertipline.shapes import (
    EARLIEST,
    LATEST,
    CaptureName,
    DeviceId,
    Email,
    IpCapture,
    Person,
    Phone,
)

# The key and what was done from there; its time is looked for under the key with _at, _time or _timestamp.
IPS: Final[dict[str, CaptureName]] = {
    "upload_ip": "Upload",
    "ip_address": "Unknown",
    "ip": "Unknown",
    "login_ip": "Login",
    "last_login_ip": "Login",
    "registration_ip": "Registration",
    "signup_ip": "Registration",
    "purchase_ip": "Purchase",
}
DEVICES: Final = ("device_id", "idfa", "idfv", "gaid", "advertising_id", "android_id", "imei")
TIMES: Final = ("_at", "_time", "_timestamp")
MAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")
IN_A_VALUE: Final = ("address", "ip", "ip_address", "value", "id")


def ips_of(metadata: dict[str, Any]) -> tuple[IpCapture, ...]:
    """Every address with when and what for, as far as said; what is no address is passed over."""
    found = [
        capture
        for key, name in IPS.items()
        for value in _each(metadata.get(key))
        if (capture := _capture(value, name, _when(metadata, key)))
    ]
    return tuple(dict.fromkeys(found))


def ip_of(metadata: dict[str, Any], name: CaptureName) -> IpCapture | None:
    """The one address that goes with a file: of the upload where it is said, else the first."""
    found = ips_of(metadata)
    return next((each for each in found if each.event_name == name), found[0] if found else None)


def devices_of(metadata: dict[str, Any]) -> tuple[DeviceId, ...]:
    named = [(key, value) for key in DEVICES for value in _each(metadata.get(key))]
    if isinstance(device := metadata.get("device"), dict):
        named += [(f"device {key}", device[key]) for key in ("id", *DEVICES) if key in device]
    return tuple(
        DeviceId(id_type=key, id_value=str(value)[:500])
        for key, value in named
        if isinstance(value, str | int) and str(value).strip()
    )


def person_of(metadata: dict[str, Any]) -> Person | None:
    """How somebody can be reached."""
    emails = [each for each in _each(metadata.get("email")) if isinstance(each, str) and MAIL.fullmatch(each)]
    numbers = metadata.get("phone", metadata.get("phone_number"))
    phones = [each for each in _each(numbers) if isinstance(each, str) and 3 <= len(each.strip()) <= 60]
    if not emails and not phones:
        return None
    return Person(
        email=tuple(Email(text=each) for each in emails),
        phone=tuple(Phone(text=each.strip()) for each in phones),
    )


def moment_of(value: Any) -> datetime | None:
    """A time with its zone, as RFC 3339; None for anything else."""
    try:
        found = parse_datetime(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if found is None or is_naive(found) or not EARLIEST <= found < LATEST:
        return None
    return found


def _capture(value: Any, name: CaptureName, when: datetime | None) -> IpCapture | None:
    port = None
    if isinstance(value, dict):
        when = next(
            (at for key in ("at", "time", "timestamp", "date_time") if (at := moment_of(value.get(key)))),
            when,
        )
        port = value.get("port")
        value = next((value[key] for key in IN_A_VALUE if key in value), None)
    try:
        address = str(ipaddress.ip_address(str(value).strip()))
    except ValueError:
        return None
    good_port = port if type(port) is int and 1 <= port <= 65535 else None
    return IpCapture(ip_address=address, event_name=name, date_time=when, port=good_port)


def _when(metadata: dict[str, Any], key: str) -> datetime | None:
    bases = (key, key.removesuffix("_ip"), key.removesuffix("_address"))
    return next((at for base in bases for end in TIMES if (at := moment_of(metadata.get(base + end)))), None)


def _each(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        yield from value
    elif value is not None:
        yield value
