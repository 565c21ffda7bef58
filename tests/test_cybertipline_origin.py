"""What platforms send as metadata is read where it makes sense, and never stands in the way of an approval."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.referrals.cybertipline.origin import (
    DEVICES,
    IPS,
    devices_of,
    ip_of,
    ips_of,
    moment_of,
    person_of,
)

KEYS = st.sampled_from(
    [
        *IPS,
        *DEVICES,
        *(key + "_at" for key in IPS),
        "login_at",
        "device",
        "email",
        "phone",
        "port",
        "at",
        "address",
    ]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.sampled_from(
        [
            "192.0.2.7",
            "2001:db8::7",
            "@",
            "a@b",
            "a@b@c",
            "2026-01-01T00:00:00Z",
            "0001-01-01T00:00:00Z",
            "2026-13-40T00:00Z",
        ]
    )
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=6))
def test_whatever_is_sent_can_be_read(metadata: dict[str, Any]) -> None:
    found = ips_of(metadata)
    assert ip_of(metadata, "Upload") in (*found, None)
    devices_of(metadata)
    person_of(metadata)


@pytest.mark.parametrize(
    ("metadata", "found"),
    [
        ({"ip": "192.0.2.7"}, [("192.0.2.7", "Unknown", None, None)]),
        (
            {"login_ip": "192.0.2.7", "login_at": "2026-01-01T00:00:00Z"},
            [("192.0.2.7", "Login", "2026-01-01T00:00:00+00:00", None)],
        ),
        (
            {
                "ip_address": [
                    "192.0.2.7",
                    "no address",
                    {"ip": "2001:DB8::7", "time": "2026-01-01T01:00:00+01:00"},
                ]
            },
            [
                ("192.0.2.7", "Unknown", None, None),
                ("2001:db8::7", "Unknown", "2026-01-01T00:00:00+00:00", None),
            ],
        ),
        ({"upload_ip": {"address": "192.0.2.7", "port": 4711}}, [("192.0.2.7", "Upload", None, 4711)]),
        ({"upload_ip": {"address": "192.0.2.7", "port": 70000}}, [("192.0.2.7", "Upload", None, None)]),
        ({"upload_ip": {}, "ip": 7, "login_ip": None}, []),
    ],
)
def test_addresses_come_with_when_and_what_for(metadata: dict[str, Any], found: list[Any]) -> None:
    assert [
        (each.ip_address, each.event_name, each.date_time.isoformat() if each.date_time else None, each.port)
        for each in ips_of(metadata)
    ] == found


def test_a_file_has_one_address_that_of_the_upload_first() -> None:
    both = {"ip": "192.0.2.1", "upload_ip": "192.0.2.2"}
    chosen = ip_of(both, "Upload")
    assert chosen is not None
    assert chosen.ip_address == "192.0.2.2"
    other = ip_of({"ip": "192.0.2.1"}, "Upload")
    assert other is not None
    assert other.ip_address == "192.0.2.1"


def test_a_time_without_its_zone_says_nothing() -> None:
    assert moment_of("2026-01-01T00:00:00") is None
    assert moment_of("0001-01-01T00:00:00Z") is None
