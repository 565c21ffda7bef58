"""Files as people send them, and as somebody sends them who means harm: all of them made here."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import Any

from PIL import Image, PngImagePlugin

# Red on the left and blue on the right: so that one sees which way up it is.
WIDTH, HEIGHT = 48, 32
RED, BLUE = (250, 10, 10), (10, 10, 250)
SECRET = b"lat=52.5200,lon=13.4050"
SCRIPT = b"<script>alert(document.domain)</script>"
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
PDF_WITH_SCRIPT = (
    b"%PDF-1.7\n1 0 obj<</Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)


def picture(mode: str = "RGB") -> Image.Image:
    made = Image.new("RGB", (WIDTH, HEIGHT), RED)
    made.paste(BLUE, (WIDTH // 2, 0, WIDTH, HEIGHT))
    return made.convert(mode)


def encoded(made: Image.Image, as_format: str, **options: Any) -> bytes:
    output = io.BytesIO()
    made.save(output, as_format, **options)
    return output.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def colours(content: bytes) -> tuple[Any, Any]:
    """Of the left and the right half, eight steps to a shade: JPEG keeps no colour exactly."""
    made = opened(content).convert("RGB")
    sides = (made.width // 4, made.height // 2), (made.width * 3 // 4, made.height // 2)
    return tuple("red" if red > blue else "blue" for red, _green, blue in map(made.getpixel, sides))  # type: ignore[return-value,misc]


def exif(**tags: int) -> Image.Exif:
    """With a place where the photo was taken; ``orientation`` as the camera was held."""
    made = Image.Exif()
    made[0x010E] = SECRET.decode()
    made.get_ifd(0x8825)[1] = "N"
    made.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    if "orientation" in tags:
        made[0x0112] = tags["orientation"]
    return made


def photo(orientation: int = 1, as_format: str = "JPEG") -> bytes:
    return encoded(picture(), as_format, exif=exif(orientation=orientation))


def png(*extra: tuple[bytes, bytes], size: tuple[int, int] = (1, 1), pixels: bytes = b"\0\0\0\0") -> bytes:
    """A PNG (8 bits RGB) chunk by chunk: ``extra`` stand before the pixels, whatever the header says."""
    header = struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), *extra, (b"IDAT", zlib.compress(pixels, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*each) for each in chunks)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def told_png() -> bytes:
    """With text of each kind that a PNG can carry."""
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", SECRET.decode())
    texts.add_text("Zipped", SECRET.decode() * 9, zip=True)
    texts.add_itxt("XML:com.adobe.xmp", f"<x:xmpmeta>{SECRET.decode()}</x:xmpmeta>")
    return encoded(picture(), "PNG", pnginfo=texts, exif=exif())


def many_tags() -> bytes:
    """EXIF of 4 MB in which each of 65,000 tags claims nearly all of it: 240 GB once each is read."""
    count, length = 65_000, 3_000_000
    tags = b"".join(struct.pack("<HHLL", tag, 7, length, 8) for tag in range(1, count + 1))
    directory = struct.pack("<H", count) + tags + b"\0" * 4
    return b"II*\0" + struct.pack("<L", 8) + directory + b"\0" * length


def many_comments() -> bytes:
    """A GIF with a comment of 4 MB in two million pieces: joined one by one they take hours."""
    whole = encoded(picture("P"), "GIF")
    head = 13 + 3 * 2 ** ((whole[10] & 7) + 1)
    return whole[:head] + b"\x21\xfe" + b"\x01a" * 2_000_000 + b"\0" + whole[head:]


def animation(as_format: str, frames: int, **options: Any) -> bytes:
    """The first picture as above; then many small ones of one colour."""
    others = [
        Image.new("RGB", (WIDTH, HEIGHT), (number % 250, number // 250, 0)) for number in range(frames - 1)
    ]
    return encoded(picture(), as_format, save_all=True, append_images=others, duration=20, **options)


def gif_and_script() -> bytes:
    """A GIF that is a program as well: its width and height are the beginning of a comment."""
    whole = bytearray(encoded(picture("P"), "GIF"))
    return bytes(whole) + b"*/=1;" + SCRIPT


def zipped(size: int = 50_000_000) -> bytes:
    """A ZIP of 50 kB that unpacks to 50 MB."""
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.png", b"\0" * size)
    return output.getvalue()
