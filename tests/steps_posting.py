"""Language steps as the editor's fields post them."""

from __future__ import annotations

from typing import Any


def as_posted(*steps: dict[str, Any]) -> dict[str, Any]:
    """Steps as they are stored, as ``steps-<number>-…`` fields in minutes."""
    posted: dict[str, Any] = {}
    for number, step in enumerate(steps, 1):
        posted |= {
            f"steps-{number}-after": str(step["after_minutes"]),
            f"steps-{number}-unit": "min",
            f"steps-{number}-level": str(step["level"]),
            f"steps-{number}-reads": step.get("reads", "language"),
            f"steps-{number}-actions": step.get("actions", []),
        }
    return posted
