#!/usr/bin/env python3
"""Check an export of Fairlead's audit trail without Fairlead: needs this file and Python 3.9 or later, nothing else.

    python check_proof.py EXPORT [--key HEX] [--head HEX] [--event NUMBER]

It says for each event of the export whether it is among those that its seal covers, and for each seal whether it
follows the one before. What makes that worth something must come from elsewhere than the export: the desk's public
key (--key, may be given again for former ones), with which each seal is then signed, or the head of a seal of the
export that was written down at the time (--head). Ends with 0 where all is well and 1 where not.

Leaves and nodes are hashed as in RFC 6962, signatures are Ed25519 (RFC 8032).
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

FORMAT = "fairlead audit export 1"
SIGNED = b"fairlead seal head 1\n"

# The curve of RFC 8032 §5.1: -x² + y² = 1 + D x² y² over the integers modulo P; the base point has order Q.
P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
BASE_Y = 4 * pow(5, P - 2, P) % P
# (X, Y, Z, T) with x = X/Z, y = Y/Z, x·y = T/Z
Point = tuple[int, int, int, int]
NEUTRAL: Point = (0, 1, 1, 0)


def x_of(y: int, sign: int) -> int | None:
    """The x of the point with this y whose lowest bit is ``sign``; none where no point has it."""
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    return P - x if x % 2 != sign else x


def added(a: Point, b: Point) -> Point:
    """RFC 8032 §5.1.4."""
    e = (a[1] - a[0]) * (b[1] - b[0]) % P
    f = (a[1] + a[0]) * (b[1] + b[0]) % P
    g = 2 * a[3] * b[3] * D % P
    h = 2 * a[2] * b[2] % P
    return ((f - e) * (h - g) % P, (h + g) * (f + e) % P, (h - g) * (h + g) % P, (f - e) * (f + e) % P)


def times(factor: int, point: Point) -> Point:
    found = NEUTRAL
    while factor:
        if factor & 1:
            found = added(found, point)
        point = added(point, point)
        factor >>= 1
    return found


def read_point(data: bytes) -> Point | None:
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    x = x_of(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


def is_signed(message: bytes, signature: bytes, key: bytes) -> bool:
    """RFC 8032 §5.1.7."""
    if len(signature) != 64 or len(key) != 32:
        return False
    public, r, s = read_point(key), read_point(signature[:32]), int.from_bytes(signature[32:], "little")
    base_x = x_of(BASE_Y, 0)
    if public is None or r is None or base_x is None or s >= Q:
        return False
    hashed = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % Q
    left = times(s, (base_x, BASE_Y, 1, base_x * BASE_Y % P))
    right = added(r, times(hashed, public))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (
        left[1] * right[2] - right[1] * left[2]
    ) % P == 0


def root_by(content: bytes, index: int, count: int, proof: list[bytes]) -> bytes | None:
    """The root that a leaf at ``index`` of ``count`` and the hashes beside its path make; none where they do not fit.

    RFC 9162 §2.1.3.2.
    """
    node = hashlib.sha256(b"\x00" + content).digest()
    last = count - 1
    for beside in proof:
        if last == 0:
            return None
        if index & 1 or index == last:
            node = hashlib.sha256(b"\x01" + beside + node).digest()
            while not index & 1 and index:
                index >>= 1
                last >>= 1
        else:
            node = hashlib.sha256(b"\x01" + node + beside).digest()
        index >>= 1
        last >>= 1
    return node if last == 0 else None


class Seal:
    """What a seal of the export says."""

    def __init__(self, entry: dict[str, Any]) -> None:
        self.statement = entry["statement"].encode()
        self.head = hashlib.sha256(self.statement).hexdigest()
        self.claimed_head = entry["head"]
        self.signature = bytes.fromhex(entry["signature"])
        title, *rest = entry["statement"].split("\n")
        if title != "fairlead seal 1":
            raise ValueError("unknown kind of seal")
        self.says = dict(each.split(" ", 1) for each in rest)
        self.number = int(self.says["number"])
        self.count = int(self.says["count"])


def faults_of_seal(seal: Seal, before: Seal | None, trusted: list[bytes]) -> Iterator[str]:
    if seal.head != seal.claimed_head:
        yield f"seal {seal.number}: its head is not that of what it says"
    if before and (seal.number != before.number + 1 or seal.says["previous"] != before.head):
        yield f"seal {seal.number}: does not follow seal {before.number}"
    if trusted and not any(
        is_signed(SIGNED + bytes.fromhex(seal.head), seal.signature, key) for key in trusted
    ):
        yield f"seal {seal.number}: not signed with the key given"


def fault_of_event(entry: dict[str, Any], seal: Seal | None) -> str:
    """What is wrong with it; empty where nothing is."""
    if seal is None or entry["seal"] != seal.number:
        return "no seal of its number stands before it"
    content = entry["line"].encode()
    proof = [bytes.fromhex(each) for each in entry["proof"]]
    if not 0 <= entry["index"] < seal.count:
        return "its place is not in the seal"
    root = root_by(content, entry["index"], seal.count, proof)
    if root is None or root.hex() != seal.says["root"]:
        return "not what was sealed"
    return "" if json.loads(content)[0] == entry["event"] else "sealed under another number"


def check(export: TextIO, trusted: list[bytes], heads: list[str], wanted: int | None) -> int:
    """Say what is wrong, and how much was looked at. How many faults there are."""
    faults: list[str] = []
    seal: Seal | None = None
    seals = events = 0
    missed = set(heads)
    seen = False
    if json.loads(export.readline()).get("format") != FORMAT:
        raise ValueError("not an export of this format")
    for text in export:
        entry = json.loads(text)
        if "statement" in entry:
            before, seal = seal, Seal(entry)
            seals += 1
            missed.discard(seal.head)
            faults += faults_of_seal(seal, before, trusted)
        elif wanted is None or entry["event"] == wanted:
            events += 1
            fault = fault_of_event(entry, seal)
            if fault:
                faults.append(f"event {entry['event']}: {fault}")
            elif entry["event"] == wanted:
                seen = True
                say(f"event {wanted} is in seal {entry['seal']}: {entry['line']}")
    faults += [f"no seal of the export has the head {each}" for each in sorted(missed)]
    if wanted is not None and not seen and not faults:
        faults.append(f"event {wanted} is not in the export")
    for each in faults:
        say(each)
    say(f"{seals} seals and {events} events checked: {f'{len(faults)} faults' if faults else 'all is well'}")
    return len(faults)


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("export", type=Path, help="what `audit export` wrote, or that with gzip")
    parser.add_argument("--key", action="append", default=[], type=bytes.fromhex, metavar="HEX")
    parser.add_argument("--head", action="append", default=[], metavar="HEX")
    parser.add_argument("--event", type=int, metavar="NUMBER")
    given = parser.parse_args()
    if not given.key and not given.head:
        say("Neither a key nor a head was given: this says only that the export agrees with itself.")
    opened = gzip.open if given.export.suffix == ".gz" else open
    with opened(given.export, "rt", encoding="utf-8") as export:
        try:
            return min(check(export, given.key, given.head, given.event), 1)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            say(f"This is not an export that can be checked: {error!r}")
            return 1


if __name__ == "__main__":
    sys.exit(main())
