"""What a file is called: as she called it, without what could mislead or do harm."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

EXTENSIONS: Final = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "application/pdf": "pdf",
}
MOST_CHARACTERS: Final = 120
NAMELESS: Final = "file"
# Words of Persian and of Indian scripts are written with these two, though they cannot be seen.
JOINERS: Final = "\u200c\u200d"
# Not allowed in a file's name on one system or another.
FORBIDDEN: Final = re.compile(r'[<>:"|?*]')
# Control, format (which turn the direction of what follows), half a character, private, unassigned.
UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
# What stands after the last dot and looks like an extension.
EXTENSION: Final = re.compile(r"\.[A-Za-z0-9]{1,5}$")


def cleaned(name: str, media_type: str) -> str:
    """Without directories, control and direction characters; at most 120 characters; its extension by what it is."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    seen = "".join(
        each for each in last if each in JOINERS or unicodedata.category(each) not in UNSEEN or each.isspace()
    )
    words = " ".join(FORBIDDEN.sub("_", seen).split())
    stem = EXTENSION.sub("", words).strip(". " + JOINERS)
    extension = EXTENSIONS[media_type]
    return f"{_cut(stem, MOST_CHARACTERS - len(extension) - 1) or NAMELESS}.{extension}"


def _cut(text: str, most: int) -> str:
    """Not through a letter and the marks on it."""
    end = min(most, len(text))
    while 0 < end < len(text) and (unicodedata.combining(text[end]) or text[end] in JOINERS):
        end -= 1
    return text[:end].strip(". " + JOINERS)
