"""Text that somebody wrote inside text of ours: neither may turn the direction of the other."""

from __future__ import annotations

from typing import Final

# Unicode's direction marks (UAX #9): what is between the first two has a direction of its own.
FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"
_MARKS: Final = dict.fromkeys(map(ord, "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"))


def isolate(text: str) -> str:
    """``text`` isolated in plain text, and without the marks of its own that would reach out of it."""
    return isolate_lines(without_marks(text))


def isolate_lines(text: str) -> str:
    """``text``, in which isolates may stand that begin and end in one line, isolated itself.

    Line by line, because an isolate ends with its paragraph.
    """
    lines = text.splitlines()
    return "\n".join(f"{FIRST_STRONG_ISOLATE}{line}{POP_ISOLATE}" if line.strip() else "" for line in lines)


def without_marks(text: str) -> str:
    return text.translate(_MARKS)
