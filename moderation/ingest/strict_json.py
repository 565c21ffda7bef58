"""JSON read strictly: what cannot be kept as it was sent is refused, and the place is named.

RFC 8259 lets senders write what no database keeps: NUL and lone surrogates in texts, numbers without bounds, the
same name twice in one object, arrays a hundred thousand deep.
"""

from __future__ import annotations

import json
import math
from typing import Any, Final

DEEPEST: Final = 32
MOST_ERRORS: Final = 20
# PostgreSQL's bigint, and the integers that receivers in other languages can hold.
LEAST_INTEGER: Final = -(2**63)
GREATEST_INTEGER: Final = 2**63 - 1
LONGEST_INTEGER: Final = 20  # digits and sign: longer ones are not even converted

Location = tuple[str | int, ...]
Error = tuple[Location, str]


class Malformed(Exception):
    """Not JSON at all. Says where it stops being JSON."""


class Refused(Exception):
    """JSON that cannot be kept. ``errors``: where, and what is wrong there."""

    def __init__(self, errors: list[Error]) -> None:
        super().__init__(errors)
        self.errors = errors


class _Unkept:
    """Stands where a value was that cannot be kept, until its place is known."""

    def __init__(self, message: str) -> None:
        self.message = message


def read(data: bytes) -> Any:
    """The value that these bytes (UTF-8) say. Raises Malformed, Refused."""
    try:
        value = json.loads(
            data.decode(),
            parse_int=_integer,
            parse_constant=lambda name: _Unkept(f"{name} is not JSON"),
            object_pairs_hook=_object,
        )
    except UnicodeDecodeError as error:
        raise Malformed(f"Not UTF-8 at byte {error.start}") from error
    except json.JSONDecodeError as error:
        raise Malformed(f"Not JSON: {error.msg} at line {error.lineno} column {error.colno}") from error
    except RecursionError as error:
        raise Malformed(f"Nested deeper than {DEEPEST} levels") from error
    errors: list[Error] = []
    _inspect(value, (), errors)
    if errors:
        raise Refused(errors)
    return value


def _integer(digits: str) -> int | _Unkept:
    if len(digits) <= LONGEST_INTEGER and LEAST_INTEGER <= (number := int(digits)) <= GREATEST_INTEGER:
        return number
    return _Unkept("An integer must fit in 64 bits")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                made[name] = _Unkept("This name stands more than once in its object")
            seen.add(name)
    return made


def _inspect(value: Any, loc: Location, errors: list[Error]) -> None:
    if len(errors) >= MOST_ERRORS:
        return
    message: str | None = None
    if isinstance(value, str):
        message = unkept_text(value)
    elif isinstance(value, _Unkept):
        message = value.message
    elif isinstance(value, float):
        message = None if math.isfinite(value) else "A number must be finite"
    elif isinstance(value, dict | list):
        if len(loc) >= DEEPEST:
            message = f"Nested deeper than {DEEPEST} levels"
        elif isinstance(value, dict):
            for name, part in value.items():
                if wrong := unkept_text(name):
                    errors.append(((*loc, _printable(name)), f"In the name: {wrong}"))
                else:
                    _inspect(part, (*loc, name), errors)
        else:
            for index, part in enumerate(value):
                _inspect(part, (*loc, index), errors)
    if message:
        errors.append((loc, message))


def unkept_text(text: str) -> str | None:
    """What is wrong with a text that cannot be kept; None where nothing is."""
    if "\0" in text:
        return "A text must not contain NUL (U+0000)"
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return f"A text must not contain a lone surrogate (U+{ord(text[error.start]):04X})"
    return None


def _printable(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode().replace("\0", "\\u0000")
