"""The signed package: checked by ``cryptography`` and ``hashlib`` alone, as whoever receives it would."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.db import DatabaseError, transaction
from django.utils import timezone, translation

from moderation.models import Event, Item, PreservedFile, Referral, Snapshot
from moderation.referrals import package
from moderation.referrals.working import NotNow
from tests.factories import make_item
from tests.referring import DIGEST, PICTURE, cleared, keep, refer, referred, threat

pytestmark = pytest.mark.django_db

SCRIPTS = "I will come on Monday. เจอกันวันจันทร์ سآتي يوم الاثنين אבוא ביום שני सोमवार को 星期一 월요일 月曜日 понедельник"
HOSTILE = "</title></pre><script>alert(1)</script><img src=x onerror=alert(2)>\u202egpj.exe"


class Broken(Exception):
    """What does not verify, and why."""


def opened(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def verify(files: dict[str, bytes], trusted: bytes) -> dict[str, Any]:
    """The manifest, if everything is as it was signed. Raises Broken. ``trusted``: the fingerprint, from elsewhere."""
    key = load_pem_public_key(files["public_key.pem"])
    assert isinstance(key, Ed25519PublicKey)
    if hashlib.sha256(key.public_bytes_raw()).digest() != trusted:
        raise Broken("another key")
    try:
        key.verify(files["manifest.json.sig"], files["manifest.json"])
    except InvalidSignature:
        raise Broken("the signature") from None
    manifest: dict[str, Any] = json.loads(files["manifest.json"])
    listed = {each["path"]: each for each in manifest["files"]}
    if set(listed) | {"manifest.json", "manifest.json.sig"} != set(files):
        raise Broken("files")
    for path, each in listed.items():
        if (hashlib.sha256(files[path]).hexdigest(), len(files[path])) != (each["sha256"], each["bytes"]):
            raise Broken(path)
    return manifest


def trusted() -> bytes:
    from moderation import keys

    return hashlib.sha256(keys.public_keys()[0].public_bytes_raw()).digest()


def full() -> Referral:
    """A referral with a thread, every script, a hostile name, a picture kept and one that is not."""
    media = [
        {
            "url": "https://cdn.example/../../etc/passwd%00\u202egpj.exe",
            "mime": "text/html",
            "sha256": DIGEST,
        },
        {"url": "https://cdn.example/gone.jpg"},
    ]
    parent = make_item(text=HOSTILE, display_name=HOSTILE[:200], metadata={HOSTILE: HOSTILE})
    item = threat(
        text=SCRIPTS,
        media=media,
        parent={"kind": "content", "id": parent.external_id},
        url="https://h.example/1",
    )
    make_item(author=item.author, text="x" * 100_000)
    referral = referred(item, summary=HOSTILE, reasoning=HOSTILE, authority_written=HOSTILE, country="TH")
    keep(PreservedFile.objects.get(position=0))
    return referral


def test_a_package_verifies_without_us() -> None:
    referral, ada = full(), cleared()
    made = package.make(referral, ada)
    content = bytes(made.content)
    assert made.digest == hashlib.sha256(content).hexdigest()
    files = opened(content)
    manifest = verify(files, trusted())
    assert manifest["referral"] == referral.pk
    assert manifest["package"]["made_by"] == ada.display_name
    sums = dict(line.split("  ")[::-1] for line in files["SHA256SUMS"].decode().splitlines())
    assert set(sums) == set(files) - {"SHA256SUMS", "manifest.json", "manifest.json.sig"}
    assert all(hashlib.sha256(files[path]).hexdigest() == digest for path, digest in sums.items())
    packed = Event.objects.get(kind="referral.packed")
    assert (packed.actor_id, packed.data["digest"]) == (ada.pk, made.digest)


def test_changing_one_byte_of_any_file_is_found() -> None:
    files = opened(bytes(package.make(full(), cleared()).content))
    for path, content in files.items():
        for at in {0, len(content) // 2, len(content) - 1}:
            changed = bytearray(content)
            changed[at] ^= 1
            with pytest.raises((Broken, ValueError)):
                verify(files | {path: bytes(changed)}, trusted())
    for path in files:
        without = {name: content for name, content in files.items() if name != path}
        with pytest.raises((Broken, KeyError)):
            verify(without, trusted())
    with pytest.raises(Broken):
        verify(files | {"media/slipped-in.png": b"x"}, trusted())


def test_whoever_signs_with_another_key_is_found_by_its_fingerprint() -> None:
    files = opened(bytes(package.make(full(), cleared()).content))
    with pytest.raises(Broken, match="another key"):
        verify(files, b"\0" * 32)


def test_the_commands_of_its_readme_verify_it(tmp_path: Path) -> None:
    content = bytes(package.make(full(), cleared()).content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(tmp_path)
    commands = [
        line.strip().split("  (")[0].strip()
        for line in (tmp_path / "README.txt").read_text().splitlines()
        if line.strip().startswith(("openssl", "sha256sum"))
    ]
    assert len(commands) == 3
    for command in commands:
        program, *arguments = command.split()
        found = shutil.which(program)
        assert found, f"{program} is missing"
        subprocess.run([found, *arguments], cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / "report.html").write_text("something else")
    assert subprocess.run(
        ["sha256sum", "--check", "SHA256SUMS"], cwd=tmp_path, capture_output=True
    ).returncode


def test_the_same_makes_the_same_bytes() -> None:
    referral, at = full(), timezone.now()
    assert package.build(referral, "Ada", at) == package.build(referral, "Ada", at)
    with translation.override("ar"):
        arabic = package.build(referral, "Ada", at)
    assert arabic == package.build(referral, "Ada", at), "whatever language the desk is read in"
    with zipfile.ZipFile(io.BytesIO(arabic)) as archive:
        assert {each.date_time for each in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.namelist() == sorted(archive.namelist())


def test_it_holds_the_evidence_as_it_was() -> None:
    referral = full()
    files = opened(bytes(package.make(referral, cleared()).content))
    facts = json.loads(files["referral.json"])
    assert facts["referral"]["summary"] == HOSTILE
    kept, gone = facts["files"]
    assert files[kept["path"]] == PICTURE
    assert (kept["mime_by_content"], kept["as_declared"]) == ("image/png", True)
    assert gone["path"] is None
    assert "fetched" in gone["not_here_because"]
    for snapshot in Snapshot.objects.filter(item__held__hold__referral=referral):
        captured = json.loads(files[f"snapshots/{snapshot.pk}.json"])
        assert (captured["text"], captured["media"]) == (snapshot.text, snapshot.media)
        assert captured["metadata"] == snapshot.metadata


def test_names_in_it_are_ours_alone() -> None:
    files = opened(bytes(package.make(full(), cleared()).content))
    for path in files:
        assert path.isascii()
        assert ".." not in path
        assert not path.startswith("/")
        assert path.count("/") <= 1


class Page(HTMLParser):
    """What a browser would make of a page: elements, their attributes, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.words += data


def test_the_report_reads_in_every_script_and_runs_nothing() -> None:
    html = opened(bytes(package.make(full(), cleared()).content))["report.html"].decode()
    page = Page(html)
    assert page.elements.isdisjoint({"script", "img", "iframe", "form", "a", "object", "style", "base"})
    assert not any(name.startswith("on") or name in ("style", "src") for name in page.attributes)
    assert SCRIPTS in page.words
    assert "<script>alert(1)</script>" in page.words, "shown as it is, as text"
    assert "hxxps://cdn[.]example" in page.words
    assert "https://cdn.example" not in page.words
    assert "x" * 100_000 in page.words
    assert '<html lang="en" dir="ltr">' in html


def test_custody_names_everybody_who_touched_it_in_order() -> None:
    referral = full()
    ada = cleared()
    files = opened(bytes(package.make(referral, ada).content))
    custody = json.loads(files["custody.json"])
    kinds = [each["kind"] for each in custody]
    for kind in ("case.claimed", "case.decided", "referral.made", "hold.placed", "referral.approved"):
        assert kind in kinds, kind
    assert [each["at"] for each in custody] == sorted(each["at"] for each in custody)
    decider = referral.decision.decided_by
    assert decider is not None
    assert any(each["who"] == f"{decider.display_name} (person {decider.pk})" for each in custody)
    again = json.loads(opened(bytes(package.make(referral, ada).content))["custody.json"])
    assert "referral.packed" in [each["kind"] for each in again], "the first package is part of the chain"


@pytest.mark.parametrize("kind", [Item.Kind.CONTENT, Item.Kind.ACCOUNT, Item.Kind.AD])
def test_an_item_without_a_text_an_author_or_media_is_packed(kind: str) -> None:
    item = make_item(kind=kind, text="", disclosure="metadata_only")
    referral = referred(item, authority_written="", summary="", country="")
    files = opened(bytes(package.make(referral, cleared()).content))
    verify(files, trusted())
    words = Page(files["report.html"].decode()).words
    assert "It has no text" in words
    assert "not named" in words


def test_what_is_too_large_together_is_named_and_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "MOST_MEDIA_BYTES", len(PICTURE))
    other = make_item(media=[{"url": "https://cdn.example/other.png"}])
    item = threat(
        media=[{"url": "https://cdn.example/own.png"}], parent={"kind": "content", "id": other.external_id}
    )
    referral = referred(item)
    for file in PreservedFile.objects.all():
        keep(file)
    facts = json.loads(opened(bytes(package.make(referral, cleared()).content))["referral.json"])
    own, left = facts["files"]
    assert own["url"].endswith("own.png")
    assert own["path"]
    assert left["not_here_because"] == "the package would be too large"


def test_no_package_before_a_second_person_agreed() -> None:
    with pytest.raises(NotNow):
        package.make(refer(), cleared())


def test_a_package_is_never_changed() -> None:
    made = package.make(referred(), cleared())
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        type(made).objects.filter(pk=made.pk).update(digest="0" * 64)
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        made.delete()
