"""A batch read as a stream: one line at a time, in memory that does not grow with the batch.

What is counted is what comes out: a compressed body that would unfold to more than is allowed stops there.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Final

PIECE: Final = 64 * 1024  # bytes read, and unfolded, at a time
GZIP: Final = zlib.MAX_WBITS | 16


class Unreadable(Exception):
    """A line, or the batch from here on, that cannot be read. ``too_large``: because of a limit."""

    def __init__(self, message: str, *, too_large: bool) -> None:
        super().__init__(message)
        self.too_large = too_large


def lines(
    pieces: Iterable[bytes], *, gzip: bool, most_bytes: int, most_lines: int, most_line_bytes: int
) -> Iterator[tuple[int, bytes | Unreadable]]:
    """Each line with its number from 1, without its end; empty ones are passed over.

    An Unreadable in place of a line that is too long: reading goes on behind it. One that ends the iteration: the
    batch is too large, has too many lines, or is not whole.
    """
    number = 0
    line = bytearray()
    too_long = False
    refusal = Unreadable(f"At most {most_line_bytes} bytes a line", too_large=True)
    try:
        for piece in _plain(pieces, gzip=gzip, most_bytes=most_bytes):
            *ended, rest = piece.split(b"\n")
            for part in ended:
                number += 1
                if number > most_lines:
                    raise Unreadable(f"At most {most_lines} lines a batch", too_large=True)
                too_long = too_long or len(line) + len(part) > most_line_bytes
                line += b"" if too_long else part
                if too_long:
                    yield number, refusal
                elif line.strip():
                    yield number, bytes(line)
                line.clear()
                too_long = False
            too_long = too_long or len(line) + len(rest) > most_line_bytes
            line += b"" if too_long else rest
        if too_long or line.strip():
            number += 1
            if number > most_lines:
                raise Unreadable(f"At most {most_lines} lines a batch", too_large=True)
            yield number, refusal if too_long else bytes(line)
    except Unreadable as end:
        yield number if number > most_lines else number + 1, end


def _plain(pieces: Iterable[bytes], *, gzip: bool, most_bytes: int) -> Iterator[bytes]:
    """The pieces unfolded, each at most PIECE or as large as it came. Raises Unreadable."""
    counted = _at_most(pieces, most_bytes)
    return _at_most(_unfold(counted), most_bytes) if gzip else counted


def _at_most(pieces: Iterable[bytes], most_bytes: int) -> Iterator[bytes]:
    total = 0
    for piece in pieces:
        total += len(piece)
        if total > most_bytes:
            raise Unreadable(f"At most {most_bytes} bytes a batch", too_large=True)
        yield piece


def _unfold(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """gzip (RFC 1952), several members in a row allowed."""
    member = zlib.decompressobj(GZIP)
    whole = True
    try:
        for piece in pieces:
            data = piece
            while True:
                if member.eof:
                    member = zlib.decompressobj(GZIP)
                unfolded = member.decompress(data, PIECE)
                whole = member.eof
                yield unfolded
                data = member.unused_data if member.eof else member.unconsumed_tail
                if not data and (member.eof or len(unfolded) < PIECE):
                    break
    except zlib.error as error:
        raise Unreadable(f"Not gzip from here on: {error}", too_large=False) from error
    if not whole:
        raise Unreadable("The gzip stream ends before its end", too_large=False)
