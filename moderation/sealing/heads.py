"""The head of a seal: a hash over all that the seal says and the head before, and the desk's signature over it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from moderation.models import Seal

# In front of what is signed, so that the signature of anything else of the desk never passes for one of a head.
SIGNED: Final = b"fairlead seal head 1\n"
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def numbers_digest(event_ids: Sequence[int]) -> str:
    """SHA-256, in hex, of the Events' numbers in order, with commas between."""
    return sha256(",".join(map(str, event_ids)).encode()).hexdigest()


def statement(seal: Seal) -> str:
    """All that a seal says, in lines. The head is this text's SHA-256."""
    return "\n".join(
        (
            "fairlead seal 1",
            f"number {seal.number}",
            f"sealed_at {microseconds(seal.sealed_at)}",
            f"first {seal.first_event}",
            f"last {seal.last_event}",
            f"count {len(seal.event_ids)}",
            f"numbers {numbers_digest(seal.event_ids)}",
            f"root {bytes(seal.root).hex()}",
            f"previous {bytes(seal.previous).hex() or '-'}",
        )
    )


def head_of(seal: Seal) -> bytes:
    return sha256(statement(seal).encode()).digest()


def sign(head: bytes, key: Ed25519PrivateKey) -> bytes:
    return key.sign(SIGNED + head)


def is_signed(head: bytes, signature: bytes, keys: Iterable[Ed25519PublicKey]) -> bool:
    """Whether one of these keys made the signature."""
    for key in keys:
        try:
            key.verify(signature, SIGNED + head)
        except InvalidSignature:
            continue
        return True
    return False
