"""A program of its own that makes a picture anew from its pixels: what else the file holds ends here.

It is run by checking.py, without our settings and secrets and with little memory and time, because decoders are where
a made-up file does harm: metadata that unpacks to gigabytes, comments that take hours to read, and holes yet unknown.
What happens to it here happens to this process only. The file comes by stdin; stdout has a line of JSON (media_type,
width, height) and the picture.
"""

from __future__ import annotations

import io
import json
import os
import resource
import struct
import sys
from dataclasses import asdict, dataclass
from typing import Final

from PIL import Image

FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF")
# What is drawn or photographed from screens must stay sharp. Of the others only what is transparent becomes a PNG.
SHARP: Final = frozenset({"PNG", "GIF"})
# Good enough to read a letter on a photo; less only where the picture would become larger than files may be.
QUALITIES: Final = (88, 70, 50)
CPU_SECONDS: Final = 15
# Address space: of Python and the decoders, and for each pixel of the largest picture: decoded, turned, encoded.
BASE_BYTES: Final = 400_000_000
BYTES_PER_PIXEL: Final = 20
# EXIF 2.32, tag 0x0112: how the camera was held, and what makes the picture upright again.
ORIENTATION: Final = 0x0112
UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class About:
    media_type: str
    width: int
    height: int


class TooManyPixels(Exception):
    """By its header: nothing was decoded."""


def main() -> None:
    most_pixels, most_bytes = int(sys.argv[1]), int(sys.argv[2])
    _be_small(most_pixels)
    about, content = remake(sys.stdin.buffer.read(), most_pixels, most_bytes)
    sys.stdout.buffer.write(json.dumps(asdict(about)).encode() + b"\n" + content)


def remake(content: bytes, most_pixels: int, most_bytes: int) -> tuple[About, bytes]:
    """The picture as PNG or JPEG; as JPEG in any case where the PNG would be larger than ``most_bytes``.

    Raises whatever the decoders raise on what they cannot read, and TooManyPixels.
    """
    picture, sharp, exif = _decoded(content, most_pixels)
    turn = UPRIGHT.get(orientation(exif))
    if turn is not None:
        picture = picture.transpose(turn)
    if sharp or picture.mode == "RGBA":
        made = _encoded(picture, "PNG")
        if len(made) <= most_bytes:
            return About("image/png", *picture.size), made
    if picture.mode == "RGBA":
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
    for quality in QUALITIES:
        made = _encoded(picture, "JPEG", quality=quality)
        if len(made) <= most_bytes:
            break
    return About("image/jpeg", *picture.size), made


def orientation(exif: bytes) -> int:
    """From the first directory of a TIFF 6.0 header; 0 where it says nothing or is broken.

    Pillow's own reader unpacks every tag, each as long as it claims to be.
    """
    tiff = exif.removeprefix(b"Exif\0\0")
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2], "")
    try:
        (first,) = struct.unpack_from(f"{order}L", tiff, 4) if order else (len(tiff),)
        (count,) = struct.unpack_from(f"{order}H", tiff, first)
        for at in range(first + 2, first + 2 + 12 * count, 12):
            tag, _type, _count, value = struct.unpack_from(f"{order}HHLH", tiff, at)
            if tag == ORIENTATION:
                return int(value)
    except struct.error:
        pass
    return 0


def _decoded(content: bytes, most_pixels: int) -> tuple[Image.Image, bool, bytes]:
    """The first picture in it, whether it must stay sharp, and its EXIF. What the decoder holds is let go of."""
    with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
        if opened.width * opened.height > most_pixels:
            raise TooManyPixels
        opened.load()
        return _plain(opened), opened.format in SHARP, opened.info.get("exif", b"")


def _plain(picture: Image.Image) -> Image.Image:
    """Eight bits a channel, and no palette (its unused colours could carry anything), profile or text."""
    if picture.mode.startswith("I"):
        # Sixteen bits of grey: the upper eight of them. What it says is transparent is a shade that is gone then.
        plain = picture.point(lambda value: value * (1 / 256)).convert("L")
    elif picture.has_transparency_data:
        plain = picture.convert("RGBA")
    else:
        plain = picture.convert("L" if picture.mode in ("1", "L") else "RGB")
    plain.info = {}
    return plain


def _encoded(picture: Image.Image, as_format: str, **options: int) -> bytes:
    output = io.BytesIO()
    # Of PNG: 1 is fastest, and hardly larger.
    picture.save(output, as_format, compress_level=1, **options)
    return output.getvalue()


def _be_small(most_pixels: int) -> None:
    """More memory or time than the largest picture needs there is not, and the desk's own work comes first."""
    memory = BASE_BYTES + BYTES_PER_PIXEL * most_pixels
    if sys.platform != "darwin":  # which refuses it
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # No file grows by it: it writes to a pipe only.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    os.nice(5)


if __name__ == "__main__":
    main()
