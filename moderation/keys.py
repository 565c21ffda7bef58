"""Keys that the desk derives from its SECRET_KEY: for secrets at rest, and for what it signs.

Nobody who can write to the database alone can make a seal or read a signing secret. SECRET_KEY_FALLBACKS keep what was
encrypted or signed with a former key readable.
"""

from __future__ import annotations

import base64
from typing import Final

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

KEY_BYTES: Final = 32


def fernet() -> MultiFernet:
    """Encrypts with the key of now, decrypts with a former one too."""
    return MultiFernet(
        Fernet(base64.urlsafe_b64encode(_derived(secret, b"fairlead secrets at rest")))
        for secret in _secrets()
    )


def signing_key() -> Ed25519PrivateKey:
    """What the desk signs with."""
    return _signing_keys()[0]


def public_keys() -> list[Ed25519PublicKey]:
    """What its signatures are checked with: the key of now first, then former ones."""
    return [key.public_key() for key in _signing_keys()]


def _signing_keys() -> list[Ed25519PrivateKey]:
    return [
        Ed25519PrivateKey.from_private_bytes(_derived(secret, b"fairlead signatures"))
        for secret in _secrets()
    ]


def _secrets() -> list[str]:
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]


def _derived(secret: str, purpose: bytes) -> bytes:
    """A key for one purpose alone (HKDF, RFC 5869)."""
    return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(secret.encode())
