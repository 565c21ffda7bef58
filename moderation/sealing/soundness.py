"""Whether a seal is what was made: its leaves those of its root, its head that of what it says, signed, and chained."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from moderation.models import Seal
from moderation.sealing import heads, merkle
from moderation.sealing.findings import Damage, Findings


def check_seal(
    seal: Seal, before: Seal | None, trusted: Sequence[Ed25519PublicKey], findings: Findings
) -> bool:
    """Add what is wrong with the seal to the findings. Whether its list of Events can be trusted.

    ``before`` is the seal numbered one less, where it is there.
    """
    number, head, signature = seal.number, bytes(seal.head), bytes(seal.signature)
    covered = heads.head_of(seal)
    if changed := _changed(seal, covered, trusted):
        findings.add(Damage.SEAL_CHANGED, f"Seal {number} was changed: {changed}", seal=number)
        return False
    if not heads.is_signed(head, signature, trusted):
        findings.add(
            Damage.SEAL_UNSIGNED, f"Seal {number} is not signed with a key of this desk", seal=number
        )
        return False
    if number == 1 or before is not None:
        allowed = {b""} if before is None else {bytes(before.head), heads.head_of(before)}
        if bytes(seal.previous) not in allowed:
            findings.add(
                Damage.CHAIN_BROKEN,
                f"Seal {number} does not follow seal {number - 1}: it was made after another head",
                seal=number,
            )
    return True


def _changed(seal: Seal, covered: bytes, trusted: Sequence[Ed25519PublicKey]) -> str:
    """What of it is not what was sealed; empty where all is."""
    leaves, signature = merkle.split(bytes(seal.leaves)), bytes(seal.signature)
    whole = len(leaves) == len(seal.event_ids) and all(len(each) == merkle.HASH_BYTES for each in leaves)
    if not whole or merkle.root(leaves) != bytes(seal.root):
        return "the hashes that it lists do not make its root"
    if covered == bytes(seal.head):
        return ""
    if heads.is_signed(covered, signature, trusted):
        return "its head is not that of what it says"
    if heads.is_signed(bytes(seal.head), signature, trusted):
        return "what it says is not what its head covers"
    return "neither its head nor its signature fits what it says"
