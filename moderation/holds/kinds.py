"""What a file is, by its content: what it is called or declared to be is not believed."""

from __future__ import annotations

from typing import Final

import puremagic

UNKNOWN: Final = "application/octet-stream"
# Names for files that we hand out. No table of the system: the same file has the same name everywhere.
EXTENSIONS: Final = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "video/quicktime": "mov",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "audio/ogg": "ogg",
    "application/pdf": "pdf",
}
# Pictures that no browser runs anything of. SVG and HTML are programs.
INERT: Final = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})


def mime_of(content: bytes) -> str:
    """The media type; UNKNOWN where nothing says."""
    try:
        found = puremagic.magic_string(content)
    except (puremagic.PureError, ValueError):
        return UNKNOWN
    return (found[0].mime_type if found else "") or UNKNOWN


def extension_of(mime: str) -> str:
    """Without the dot; ``bin`` for everything that is not named above."""
    return EXTENSIONS.get(mime, "bin")
