"""What a person on a slow phone loads comes compressed; what somebody signed in sees does not."""

from __future__ import annotations

import gzip

import pytest
from django.test import Client
from django.urls import reverse

from tests.appealing import make_told
from tests.factories import make_user

GZIP = {"Accept-Encoding": "gzip, br"}
STYLES = "/static/fairlead/base.css"


@pytest.mark.django_db
def test_the_pages_of_an_appeal_are_compressed_where_the_browser_takes_it(client: Client) -> None:
    told = make_told("th")
    packed, plain = client.get(told.path, headers=GZIP), client.get(told.path)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(packed.content).decode() == plain.text
    assert len(packed.content) < len(plain.content) / 2


def test_our_own_files_are_compressed_whole_or_not_at_all(client: Client) -> None:
    packed, plain = client.get(STYLES, headers=GZIP), client.get(STYLES)
    whole = b"".join(plain.streaming_content)  # type: ignore[attr-defined]
    assert gzip.decompress(b"".join(packed.streaming_content)) == whole  # type: ignore[attr-defined]
    part = client.get(STYLES, headers=GZIP | {"Range": "bytes=0-9"})
    assert (part.status_code, "Content-Encoding" in part.headers) == (206, False)
    assert b"".join(part.streaming_content) == whole[:10]  # type: ignore[attr-defined]
    same = client.get(STYLES, headers=GZIP | {"If-None-Match": plain.headers["ETag"]})
    assert (same.status_code, b"".join(same.streaming_content)) == (304, b"")  # type: ignore[attr-defined]


@pytest.mark.django_db
def test_what_somebody_signed_in_sees_is_never_compressed(client: Client) -> None:
    client.force_login(make_user(en=5))
    for name in ("board", "history"):
        assert "Content-Encoding" not in client.get(reverse(name), headers=GZIP).headers
    assert "Content-Encoding" not in Client().get(reverse("sign-in"), headers=GZIP).headers
