"""Merkle trees over leaf hashes, as in RFC 6962 §2.1: one root for many, and a short proof that one is among them."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

LEAF: Final = b"\x00"
NODE: Final = b"\x01"
HASH_BYTES: Final = 32


def leaf(content: bytes) -> bytes:
    """The hash of one leaf's content (32 bytes). The byte in front keeps a leaf from passing for a node."""
    return sha256(LEAF + content).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes; over none, the hash of nothing."""
    return tree(leaves)[-1][0] if leaves else sha256(b"").digest()


def tree(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """Every level from the leaves to the root. The last of an odd number goes up as it is, which makes the same
    tree as splitting at the largest power of two."""
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        below = levels[-1]
        above = [sha256(NODE + below[at] + below[at + 1]).digest() for at in range(0, len(below) - 1, 2)]
        if len(below) % 2:
            above.append(below[-1])
        levels.append(above)
    return levels


def proof(levels: Sequence[Sequence[bytes]], index: int) -> list[bytes]:
    """The hashes beside the path from leaf ``index`` to the root, from the bottom up (RFC 6962 §2.1.1)."""
    path = []
    for level in levels[:-1]:
        beside = index ^ 1
        if beside < len(level):
            path.append(level[beside])
        index //= 2
    return path


def split(joined: bytes) -> list[bytes]:
    """Hashes that were joined into one string of bytes."""
    return [joined[at : at + HASH_BYTES] for at in range(0, len(joined), HASH_BYTES)]
