"""Copies of held media: fetched, checked and typed by content, or visibly failed, whatever the other end does."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from moderation.holds import fetching, preserving
from moderation.holds.fetching import NotFetched, fetch
from moderation.holds.kinds import UNKNOWN, extension_of, mime_of
from moderation.holds.lifting import ask, lift
from moderation.holds.owing import is_as_declared
from moderation.models import Event, LegalHold, PreservedFile, Snapshot
from tests.referring import DIGEST, PICTURE, Behaviour, Host, cleared, media_host, refer, threat

pytestmark = pytest.mark.django_db

Status = PreservedFile.Status


@pytest.fixture
def host() -> Iterator[Host]:
    with media_host() as it:
        yield it


def owed(host: Host, *media: dict[str, Any]) -> LegalHold:
    given = [{"url": host.url + each.pop("path", "/a.png"), **each} for each in media or ({},)]
    return refer(threat(media=given)).holds.get()


def fetch_kept() -> fetching.Fetched:
    return fetching.Fetched(PICTURE, DIGEST, "image/png")


def come_due() -> None:
    PreservedFile.objects.filter(status=Status.WAITING).update(next_attempt_at=timezone.now())


def test_a_medium_is_kept_with_its_digest_and_its_type_by_content(host: Host) -> None:
    hold = owed(host, {"mime": "text/html", "sha256": DIGEST})
    assert preserving.fetch_due() == 1
    file = hold.files.get()
    assert (file.status, bytes(file.content or b""), file.sha256) == (Status.KEPT, PICTURE, DIGEST)
    assert (file.mime, file.size, file.error) == ("image/png", len(PICTURE), "")
    assert is_as_declared(file) is True
    kept = Event.objects.get(kind="file.kept")
    assert kept.data["sha256"] == DIGEST
    assert kept.data["as_declared"] is True
    assert preserving.fetch_due() == 0
    assert host.asked == ["/a.png"]


def test_what_is_not_what_was_declared_is_kept_and_said(host: Host) -> None:
    file = owed(host, {"sha256": "0" * 64}).files.get()
    preserving.fetch_due()
    file.refresh_from_db()
    assert (file.status, file.sha256) == (Status.KEPT, DIGEST)
    assert is_as_declared(file) is False
    assert Event.objects.get(kind="file.kept").data["as_declared"] is False


def test_nothing_is_claimed_where_nothing_was_declared_or_is_there(host: Host) -> None:
    file = owed(host).files.get()
    assert is_as_declared(file) is None
    preserving.fetch_due()
    file.refresh_from_db()
    assert is_as_declared(file) is None
    assert Event.objects.get(kind="file.kept").data["as_declared"] is None


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        (Behaviour(status=404), "The platform answered 404"),
        (Behaviour(status=500), "The platform answered 500"),
        (Behaviour(content=b""), "The answer was empty"),
        (Behaviour(content=b"x" * 2000), "It is larger than 1000 bytes"),
        (Behaviour(status=302, headers={"Location": "http://10.0.0.1/secret"}), "is not a public address"),
        (Behaviour(status=302, headers={"Location": "file:///etc/passwd"}), "UnsupportedProtocol"),
        (Behaviour(status=302, headers={"Location": "/a.png"}), "TooManyRedirects"),
        (Behaviour(hang=True), "ReadTimeout"),
        (Behaviour(drip=True), "It did not come within"),
    ],
    ids=["gone", "error", "empty", "large", "private", "scheme", "circle", "hangs", "drips"],
)
def test_an_end_that_fails_is_tried_again_and_says_why(
    host: Host, behaviour: Behaviour, said: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PRESERVED_FILE_BYTES = 1000
    monkeypatch.setattr(fetching, "STEP_SECONDS", 0.3)
    monkeypatch.setattr(fetching, "FETCH_SECONDS", 1)
    host.on["/a.png"] = behaviour
    file = owed(host).files.get()
    before = timezone.now()
    assert preserving.fetch_due() == 0
    file.refresh_from_db()
    assert (file.status, file.attempts, file.content) == (Status.WAITING, 1, None)
    assert said in file.error
    assert file.next_attempt_at > before + preserving.WAITS[0]


def test_an_address_that_is_not_public_is_not_called(host: Host, settings: Settings) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = []
    with pytest.raises(NotFetched, match="not a public address"):
        fetch(host.url + "/a.png")
    assert host.asked == []


def test_a_redirect_to_where_it_lies_is_followed(host: Host) -> None:
    host.on["/a.png"] = Behaviour(status=302, headers={"Location": "/there.png"})
    assert fetch(host.url + "/a.png").content == PICTURE
    assert host.asked == ["/a.png", "/there.png"]


@pytest.mark.parametrize(
    "url", ["http://", "nothing", "http://[::1", "http://nowhere.invalid/x", "ftp://a/b"]
)
def test_an_address_that_is_none_is_a_failure_and_no_crash(url: str) -> None:
    with pytest.raises(NotFetched):
        fetch(url)


def test_after_the_last_attempt_it_has_failed_and_can_be_tried_once_more(host: Host) -> None:
    host.on["/a.png"] = Behaviour(status=404)
    hold = owed(host)
    for _ in range(preserving.MOST_ATTEMPTS + 2):
        come_due()
        preserving.fetch_due()
    file = hold.files.get()
    assert (file.status, file.attempts) == (Status.FAILED, preserving.MOST_ATTEMPTS)
    assert len(host.asked) == preserving.MOST_ATTEMPTS
    assert Event.objects.get(kind="file.failed").data["file_id"] == file.pk
    host.on.clear()
    ada = cleared()
    assert preserving.retry(hold, ada) == 1
    assert preserving.fetch_due() == 1
    assert hold.files.get().status == Status.KEPT
    assert Event.objects.get(kind="file.retried").actor_id == ada.pk
    assert preserving.retry(hold, ada) == 0


def test_a_worker_that_dies_leaves_the_file_to_the_next(host: Host) -> None:
    owed(host)
    taken = preserving._take()
    assert taken is not None
    assert preserving.fetch_due() == 0, "leased: the first worker may be at it still"
    come_due()
    assert preserving.fetch_due() == 1
    # The first one was only slow: what it brings is not written over what is kept.
    preserving._write_failure(taken, "late")
    assert not preserving._write_kept(taken, fetching.Fetched(b"other", "0" * 64, UNKNOWN))
    file = PreservedFile.objects.get()
    assert (bytes(file.content or b""), file.error) == (PICTURE, "")


def test_a_slow_worker_keeps_what_it_brings_and_reschedules_nothing(host: Host) -> None:
    host.on["/a.png"] = Behaviour(status=404)
    owed(host)
    slow = preserving._take()
    assert slow is not None
    come_due()
    preserving.fetch_due()
    before = PreservedFile.objects.get()
    preserving._write_failure(slow, "late")
    file = PreservedFile.objects.get()
    assert (file.error, file.next_attempt_at) == (before.error, before.next_attempt_at)
    assert preserving._write_kept(slow, fetch_kept())
    assert PreservedFile.objects.get().status == Status.KEPT


def test_a_file_that_takes_every_worker_down_is_given_up(host: Host) -> None:
    owed(host)
    for _ in range(preserving.MOST_ATTEMPTS):
        come_due()
        assert preserving._take() is not None
    come_due()
    preserving.fetch_due()
    file = PreservedFile.objects.get()
    assert file.status == Status.FAILED
    assert "died" in file.error
    assert host.asked == []


def test_one_bad_file_does_not_keep_the_others_back(host: Host) -> None:
    host.on["/0"] = Behaviour(status=500)
    owed(host, {"path": "/0"}, {"path": "/1"}, {"path": "/2"})
    assert preserving.fetch_due() == 2
    assert sorted(PreservedFile.objects.values_list("position", "status")) == [
        (0, "waiting"),
        (1, "kept"),
        (2, "kept"),
    ]


def test_another_holds_copy_is_taken_where_there_is_one(host: Host) -> None:
    item = threat(media=[{"url": host.url + "/a.png"}])
    refer(item)
    preserving.fetch_due()
    host.on["/a.png"] = Behaviour(status=404)
    again = refer(item).holds.get()
    assert preserving.fetch_due() == 1
    file = again.files.get()
    assert (bytes(file.content or b""), file.mime) == (PICTURE, "image/png")
    assert host.asked == ["/a.png"]


def test_media_that_are_captured_while_it_is_held_are_kept_too(host: Host) -> None:
    item = threat()
    hold = refer(item).holds.get()
    assert not hold.files.exists()
    Snapshot.objects.create(
        item=item, digest="f" * 64, disclosure="public", media=[{"url": host.url + "/later.png"}]
    )
    assert preserving.fetch_due() == 1
    assert hold.files.get().status == Status.KEPT
    assert preserving.fetch_due() == 0


def test_nothing_is_fetched_for_a_hold_that_has_ended(host: Host) -> None:
    hold = owed(host)
    ask(hold.pk, cleared(), "Done")
    lift(hold.pk, cleared())
    assert preserving.fetch_due() == 0
    assert host.asked == []


def test_media_without_a_usable_address_are_passed_over() -> None:
    media = [{"alt": "no address"}, "not a medium", {"url": 7}, {"url": "http://x/" + "a" * 2000}]
    assert not refer(threat(media=media)).holds.get().files.exists()


@pytest.mark.parametrize(
    ("content", "mime", "extension"),
    [
        (PICTURE, "image/png", "png"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"0" * 20 + b"\xff\xd9", "image/jpeg", "jpg"),
        (b"<html><script>alert(1)</script></html>", "text/html", "bin"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml", "bin"),
        (b"hello", UNKNOWN, "bin"),
        (b"\0", UNKNOWN, "bin"),
    ],
)
def test_what_a_file_is_its_content_says(content: bytes, mime: str, extension: str) -> None:
    assert mime_of(content) == mime
    assert extension_of(mime) == extension


def test_the_largest_file_that_is_allowed_is_kept(host: Host, settings: Settings) -> None:
    settings.PRESERVED_FILE_BYTES = 1000
    content = b"x" * 1000
    host.on["/a.png"] = Behaviour(content=content)
    file = owed(host).files.get()
    preserving.fetch_due()
    file.refresh_from_db()
    assert file.sha256 == hashlib.sha256(content).hexdigest()


def test_waits_grow_over_a_day_and_more() -> None:
    assert list(preserving.WAITS) == sorted(preserving.WAITS)
    assert sum(preserving.WAITS, timedelta()) > timedelta(days=1)
