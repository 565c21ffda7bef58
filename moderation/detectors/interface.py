"""What a detector is, what it answers, and the check of that answer. See docs/detectors.md.

A detector is given one snapshot and looks at nothing else of the case. It runs in a worker, alone with its snapshot:
what it raises, how long it takes and whether it brings its worker down touches no other detector (isolation.py).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from moderation.models import Snapshot


@dataclass(frozen=True)
class ProposedFlag:
    """A claim that the snapshot may break a policy. ``evidence`` is JSON that a moderator can make sense of."""

    policy: str  # its slug
    score: float  # 0 to 1
    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """What a detector makes of a snapshot: its flags, and the signals that it looked at, with their values (JSON)."""

    flags: Sequence[ProposedFlag] = ()
    saw: dict[str, Any] = field(default_factory=dict)


class Detector(Protocol):
    """A function from a snapshot to flags."""

    @property
    def slug(self) -> str:
        """Its name for ever: flags, statistics and earned rights are kept under it. At most 64 characters."""

    def version(self) -> str:
        """Which state of its rules or model is to answer: 1 to 64 printable characters.

        Asked right before each ``screen``, within the same time limit, so a detector can read its rules here and
        answer by just those. A snapshot screened again is not shown to the same version twice.
        """

    def screen(self, snapshot: Snapshot) -> Finding | None:
        """Look at a snapshot. None where there is nothing for it to look at, which is not even recorded."""


class BadFinding(ValueError):
    """A detector answered something that is no finding. Says what."""


def check_version(version: object) -> str:
    """The version, if it is one. Raises BadFinding."""
    if not isinstance(version, str) or not 0 < len(version) <= 64 or not version.isprintable():
        raise BadFinding("A version is 1 to 64 printable characters")
    return version


def check(finding: object) -> Finding:
    """The finding, if it is one: scores from 0 to 1, JSON that can be stored. Raises BadFinding."""
    if not isinstance(finding, Finding):
        raise BadFinding(f"A detector answers a Finding or None, not {type(finding).__name__}")
    _storable(finding.saw, "saw")
    for flag in finding.flags:
        if not isinstance(flag, ProposedFlag):
            raise BadFinding(f"A finding holds ProposedFlags, not {type(flag).__name__}")
        if (
            not isinstance(flag.score, int | float)
            or not math.isfinite(flag.score)
            or not 0 <= flag.score <= 1
        ):
            raise BadFinding(f"A score is a number from 0 to 1, not {flag.score!r}")
        _storable(flag.evidence, "evidence")
    return finding


def _storable(value: object, name: str) -> None:
    if not isinstance(value, dict):
        raise BadFinding(f"“{name}” is an object, not {type(value).__name__}")
    try:
        json.dumps(value, allow_nan=False)
        texts = "".join(_texts(value))
        texts.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise BadFinding(f"“{name}” is not JSON that can be stored: {error}") from error
    if "\0" in texts:
        raise BadFinding(f"“{name}” holds a NUL, which cannot be stored")


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _texts(key)
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
