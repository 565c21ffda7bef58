"""A signed zip: files by their path, a manifest with the SHA-256 of each, and the desk's signature of the manifest.

The same files make the same zip, byte for byte: entries are sorted, stored as they are, and carry no time.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from moderation import keys

MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.json.sig"
SUMS: Final = "SHA256SUMS"
PUBLIC_KEY: Final = "public_key.pem"
README: Final = "README.txt"
# The earliest time that a zip can say.
NO_TIME: Final = (1980, 1, 1, 0, 0, 0)
READ_BY_ALL: Final = 0o100644 << 16

HOW_TO_VERIFY: Final = """\
This package was made by Fairlead, a review desk for trust and safety.

  report.html      the case file, to read in any browser; it needs no network
  referral.json    the same as data
  snapshots/       what was reviewed and what stood around it, as it was captured
  media/           pictures, videos and sounds as they were fetched. Nothing opens them by itself
  custody.json     who did what with this evidence, and when
  SHA256SUMS       the SHA-256 of every file above
  manifest.json    the SHA-256 and size of every file, and the key that signed it
  manifest.json.sig  the signature of manifest.json: Ed25519 (RFC 8032), 64 bytes
  public_key.pem   the key to check it with

How to verify it without us and without a network, with OpenSSL 3:

  openssl pkeyutl -verify -pubin -inkey public_key.pem -rawin -in manifest.json -sigfile manifest.json.sig
  sha256sum --check SHA256SUMS
  sha256sum SHA256SUMS        (compare with its line in manifest.json)

Whoever changes a file can also change the key that lies beside it. So compare the key's fingerprint with the one
that the desk gave you by another way:

  {fingerprint}
"""


def pack(contents: dict[str, bytes], facts: dict[str, Any]) -> bytes:
    """The zip of these files. ``facts`` are written into the manifest."""
    public = keys.signing_key().public_key()
    files = contents | {
        README: HOW_TO_VERIFY.format(fingerprint=fingerprint(public)).encode(),
        PUBLIC_KEY: public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    }
    files[SUMS] = "".join(f"{_sha256(files[path])}  {path}\n" for path in sorted(files)).encode()
    listed = [
        {"path": path, "bytes": len(files[path]), "sha256": _sha256(files[path])} for path in sorted(files)
    ]
    raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    signed_by = {"algorithm": "Ed25519", "public_key": base64.b64encode(raw).decode()}
    files[MANIFEST] = as_json(facts | {"signed_by": signed_by, "files": listed})
    files[SIGNATURE] = keys.signing_key().sign(files[MANIFEST])
    return _zip(files)


def as_json(value: Any) -> bytes:
    """UTF-8, keys in order, readable."""
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def fingerprint(key: Ed25519PublicKey) -> str:
    """The SHA-256 of the raw key in groups of four, for people to compare."""
    digits = _sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw))
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


def _zip(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, NO_TIME)
            entry.external_attr = READ_BY_ALL
            entry.create_system = 3  # Unix, wherever this runs
            archive.writestr(entry, files[path])
    return out.getvalue()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
