"""An export of the trail, checked by the script that stands alone: no Fairlead, no packages, no network."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import call_command
from django.core.management.base import CommandError
from hypothesis import given
from hypothesis import strategies as st

from moderation import keys
from moderation.models import Seal
from moderation.sealing import check_proof, merkle
from tests.sealing import make_trail, run, tamper

KEY = "--key"


@pytest.fixture
def exported(
    db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Path:
    make_trail(monkeypatch, events=23, batch=7)
    file = tmp_path / "trail.ndjson"
    assert run(capsys, "export", str(file))[0] == 0
    return file


def public_key() -> str:
    return keys.public_keys()[0].public_bytes_raw().hex()


def check(file: Path, *arguments: str) -> tuple[int, str]:
    """Run the script as somebody who has nothing but it: isolated, without site-packages, in a directory of its own."""
    script = file.parent / "alone" / "check_proof.py"
    script.parent.mkdir(exist_ok=True)
    shutil.copy(check_proof.__file__, script)
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(script), str(file), *arguments],
        cwd=script.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


def entries(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def rewrite(file: Path, changed: list[dict[str, Any]]) -> None:
    file.write_text("".join(json.dumps(each) + "\n" for each in changed))


def test_every_event_of_an_export_is_proved_with_the_key_alone(exported: Path) -> None:
    events = [each for each in entries(exported) if "event" in each]
    assert [each["event"] for each in events] == [
        n for s in Seal.objects.order_by("number") for n in s.event_ids
    ]
    code, said = check(exported, KEY, public_key())
    assert code == 0, said
    assert f"{len(events)} events checked: all is well" in said


def test_one_event_is_proved_with_a_head_that_was_written_down(exported: Path) -> None:
    head = bytes(Seal.objects.get(number=2).head).hex()
    event = Seal.objects.get(number=2).event_ids[3]
    code, said = check(exported, "--head", head, "--event", str(event))
    assert code == 0, said
    assert f"event {event} is in seal 2: [{event}, " in said
    assert check(exported, "--head", "0" * 64)[0] == 1
    assert check(exported, "--event", "999999999")[0] == 1


def test_an_export_packed_with_gzip_is_read_as_well(exported: Path) -> None:
    packed = exported.with_suffix(".gz")
    packed.write_bytes(gzip.compress(exported.read_bytes()))
    assert check(packed, KEY, public_key())[0] == 0


def changed_line(export: list[dict[str, Any]]) -> None:
    export[3]["line"] = export[3]["line"].replace("test.happened", "test.nothing")


def changed_number(export: list[dict[str, Any]]) -> None:
    export[3]["event"] += 1000


def changed_proof(export: list[dict[str, Any]]) -> None:
    export[3]["proof"] = export[3]["proof"][:-1]


def changed_place(export: list[dict[str, Any]]) -> None:
    export[3]["index"] += 1


def changed_statement(export: list[dict[str, Any]]) -> None:
    export[1]["statement"] = export[1]["statement"].replace("sealed_at 1", "sealed_at 2")


def changed_signature(export: list[dict[str, Any]]) -> None:
    export[1]["signature"] = "00" * 64


def dropped_seal(export: list[dict[str, Any]]) -> None:
    export[:] = [each for each in export if each.get("seal") != 2]


@pytest.mark.parametrize(
    "change",
    [
        changed_line,
        changed_number,
        changed_proof,
        changed_place,
        changed_statement,
        changed_signature,
        dropped_seal,
    ],
)
def test_an_export_that_was_changed_is_not_believed(exported: Path, change: Any) -> None:
    export = entries(exported)
    change(export)
    rewrite(exported, export)
    code, said = check(exported, KEY, public_key())
    assert code == 1
    assert "1 faults" in said or "faults" in said


def test_an_export_is_not_signed_by_another_key(exported: Path) -> None:
    other = Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex()
    code, said = check(exported, KEY, other)
    assert code == 1
    assert "seal 1: not signed with the key given" in said


def test_without_a_key_or_head_it_says_how_little_that_proves(exported: Path) -> None:
    code, said = check(exported)
    assert code == 0
    assert "only that the export agrees with itself" in said


def test_a_file_that_is_no_export_is_refused_in_words(tmp_path: Path) -> None:
    for content in ("", "{}\n", "nonsense\n", '{"format": "fairlead audit export 1"}\n{"event": 1}\n'):
        file = tmp_path / "no.ndjson"
        file.write_text(content)
        assert check(file)[0] == 1


@pytest.mark.parametrize("harm", ["UPDATE moderation_event SET kind = 'x'", "DELETE FROM moderation_event"])
def test_what_is_not_as_it_was_sealed_is_not_exported(exported: Path, harm: str) -> None:
    tamper(f"{harm} WHERE id = %(id)s", id=Seal.objects.get(number=2).event_ids[-1])
    other = exported.with_name("other.ndjson")
    with pytest.raises(CommandError, match="audit verify"):
        call_command("audit", "export", str(other))
    assert not other.exists()


@given(size=st.integers(1, 200), data=st.data())
def test_a_proof_leads_from_its_leaf_to_the_root_and_from_no_other(size: int, data: st.DataObject) -> None:
    contents = [b"%d" % n for n in range(size)]
    levels = merkle.tree([merkle.leaf(each) for each in contents])
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size - 1))
    path = merkle.proof(levels, index)
    assert check_proof.root_by(contents[index], index, size, path) == levels[-1][0]
    if other != index:
        assert check_proof.root_by(contents[other], index, size, path) != levels[-1][0]
        assert check_proof.root_by(contents[index], other, size, path) != levels[-1][0]


@given(message=st.binary(max_size=200), flip=st.integers(0, 511))
def test_its_signatures_are_those_of_the_library(message: bytes, flip: int) -> None:
    private = Ed25519PrivateKey.generate()
    public, signature = private.public_key().public_bytes_raw(), private.sign(message)
    assert check_proof.is_signed(message, signature, public)
    assert not check_proof.is_signed(message + b".", signature, public)
    forged = bytearray(signature)
    forged[flip // 8] ^= 1 << flip % 8
    assert not check_proof.is_signed(message, bytes(forged), public)
