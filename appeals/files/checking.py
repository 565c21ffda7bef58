"""What somebody sends as evidence: judged by its content alone, and made anew where it is a picture."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.conf import settings
from django.utils.translation import gettext

from appeals import words
from appeals.files import names

logger = logging.getLogger(__name__)

PDF: Final = "application/pdf"
# What the form offers to choose from. Of an animation the first picture is kept.
ACCEPTED: Final = ("image/jpeg", "image/png", "image/webp", "image/gif", PDF)
# How the files begin that are tried as pictures: whether they are, the decoder says.
PICTURES: Final = re.compile(rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|GIF8|RIFF....WEBP", re.DOTALL)
REMAKING: Final = Path(__file__).with_name("remaking.py")
# It ends itself sooner (remaking.py); this is for a machine that hardly gets to it.
SECONDS: Final = 60
# So many pictures at once: each takes a processor and, where it is large, much memory.
AT_ONCE: Final = threading.BoundedSemaphore(2)


class Refused(Exception):
    """The file is not taken. Its ``str`` says why, in the language of the page."""


@dataclass(frozen=True)
class Checked:
    """What may be kept. ``width`` and ``height`` in pixels, of a picture."""

    name: str
    media_type: str
    content: bytes
    width: int | None = None
    height: int | None = None


def check(name: str, content: bytes) -> Checked:
    """The picture made anew, or the PDF as it came. Raises Refused."""
    if not content:
        raise Refused(gettext("This file is empty."))
    if len(content) > settings.APPEAL_FILE_BYTES:
        raise Refused(
            gettext("This file is too large. The largest size is %(size)s.")
            % {"size": words.size(settings.APPEAL_FILE_BYTES)}
        )
    if content.startswith(b"%PDF-"):
        return Checked(names.cleaned(name, PDF), PDF, content)
    if not PICTURES.match(content):
        raise Refused(gettext("We cannot take this kind of file. Please send a picture or a PDF."))
    return _remade(name, content)


def _remade(name: str, content: bytes) -> Checked:
    with AT_ONCE:
        try:
            done = subprocess.run(  # noqa: S603 - our own program, and nothing of hers in its arguments
                [
                    sys.executable,
                    "-IB",
                    str(REMAKING),
                    str(settings.APPEAL_FILE_PIXELS),
                    str(settings.APPEAL_FILE_BYTES),
                ],
                input=content,
                capture_output=True,
                env={},
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as too_slow:
            raise Refused(_unreadable()) from too_slow
    about, _, picture = done.stdout.partition(b"\n")
    if done.returncode or not 0 < len(picture) <= settings.APPEAL_FILE_BYTES:
        # The last line names what went wrong, and nothing of the file.
        why = done.stderr.decode(errors="replace").splitlines()[-1:]
        logger.info("A picture was refused (%s): %s", done.returncode, *why or [""])
        raise Refused(_unreadable())
    told = json.loads(about)
    return Checked(names.cleaned(name, told["media_type"]), content=picture, **told)


def _unreadable() -> str:
    return gettext(
        "We cannot open this picture. It may be damaged, or it has too many pixels. Please send a smaller one."
    )
