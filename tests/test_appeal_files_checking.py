"""Files that come with an appeal are judged by their content: pictures are made anew, the rest is refused in words."""

from __future__ import annotations

import subprocess
import sys
import zlib
from typing import Any

import pytest
from django.utils import translation
from PIL import Image, ImageOps

from appeals.files import checking, names
from appeals.files.checking import PDF as PDF_TYPE
from appeals.files.checking import Refused, check
from appeals.files.remaking import orientation
from tests import evidence_files as made

KIND = "We cannot take this kind of file. Please send a picture or a PDF."
UNREADABLE = (
    "We cannot open this picture. It may be damaged, or it has too many pixels. Please send a smaller one."
)


@pytest.fixture
def no_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused before any decoder sees it."""

    def fail(*_args: Any, **_options: Any) -> None:
        raise AssertionError("It was given to the decoder")

    monkeypatch.setattr(subprocess, "run", fail)


@pytest.mark.parametrize(
    ("as_format", "media_type", "name"),
    [
        ("JPEG", "image/jpeg", "x.jpg"),
        ("PNG", "image/png", "x.png"),
        ("GIF", "image/png", "x.png"),
        ("WEBP", "image/jpeg", "x.jpg"),
        ("MPO", "image/jpeg", "x.jpg"),
    ],
)
def test_a_picture_is_known_by_its_content_and_written_anew(
    as_format: str, media_type: str, name: str
) -> None:
    kept = check("x.exe", made.encoded(made.picture(), as_format))
    assert (kept.media_type, kept.name, kept.width, kept.height) == (
        media_type,
        name,
        made.WIDTH,
        made.HEIGHT,
    )
    assert made.colours(kept.content) == ("red", "blue")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.png", b"<!doctype html><title>x</title>" + made.SCRIPT),
        ("x.svg", b'<svg xmlns="http://www.w3.org/2000/svg">' + made.SCRIPT + b"</svg>"),
        ("x.jpg", b"<?xml version='1.0'?><svg onload='alert(1)'/>"),
        ("x.pdf", b"\n\n" + made.PDF),
        ("x.png", made.zipped()),
        ("x.gif", b"RIFF\x24\0\0\0WAVEfmt "),
        ("x.jpg", b"BM" + bytes(60)),
        ("x.jpg", b"\0\0\0\x18ftypheic" + bytes(60)),
        ("x.png", b"#!/bin/sh\n"),
        ("x.png", b"\x89"),
        ("photo.jpg", b"MZ" + bytes(1000)),
    ],
)
def test_what_is_neither_picture_nor_pdf_is_refused_and_never_decoded(
    name: str, content: bytes, no_decoder: None
) -> None:
    with pytest.raises(Refused) as refused:
        check(name, content)
    assert str(refused.value) == KIND


def test_nothing_and_too_much_are_refused_before_anything_is_read(settings: Any, no_decoder: None) -> None:
    with pytest.raises(Refused, match=r"^This file is empty\.$"):
        check("x.png", b"")
    settings.APPEAL_FILE_BYTES = 2_500_000
    with pytest.raises(Refused, match=r"^This file is too large\. The largest size is 2\.5"):
        check("x.png", made.PDF + bytes(2_500_000))


def test_a_refusal_is_in_the_language_of_the_page() -> None:
    with translation.override("ar"), pytest.raises(Refused) as refused:
        check("x.png", b"")
    assert str(refused.value) != "This file is empty."


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(made.photo()[:-400], id="truncated"),
        pytest.param(made.photo()[:20], id="only its beginning"),
        pytest.param(b"\xff\xd8\xff" + made.SCRIPT, id="html behind a mark"),
        pytest.param(b"GIF89a/*" + made.SCRIPT, id="script behind a mark"),
        pytest.param(b"RIFF\x24\0\0\0WEBP" + made.SCRIPT, id="html as webp"),
        pytest.param(made.png(size=(50_000, 50_000)), id="says 50,000 by 50,000"),
        pytest.param(made.png(size=(0, 0)), id="says nothing by nothing"),
        pytest.param(
            made.png((b"zTXt", b"a\0\0" + zlib.compress(bytes(99_000_000), 9))), id="text that swells"
        ),
        pytest.param(
            made.png((b"iTXt", b"a\0\1\0\0\0" + zlib.compress(bytes(99_000_000), 9))), id="itxt swells"
        ),
    ],
)
def test_a_picture_that_cannot_be_read_is_refused(content: bytes) -> None:
    with pytest.raises(Refused) as refused:
        check("x.png", content)
    assert str(refused.value) == UNREADABLE


@pytest.mark.parametrize("as_format", ["PNG", "JPEG", "GIF"])
def test_a_small_file_of_a_hundred_million_pixels_is_refused_by_its_header(as_format: str) -> None:
    content = made.encoded(Image.new("L", (10_000, 10_000)), as_format)
    assert len(content) < 2_000_000
    assert _most_memory(content) < 150_000, "It was decoded"


def test_tags_that_would_unpack_to_hundreds_of_gigabytes_are_not_unpacked() -> None:
    content = made.png((b"eXIf", made.many_tags()), size=(1, 1))
    assert check("x.png", content).width == 1


def test_a_comment_that_takes_hours_to_read_is_given_up() -> None:
    program = (
        checking.REMAKING.with_name("remaking.py")
        .read_text()
        .replace("CPU_SECONDS: Final = 15", "CPU_SECONDS: Final = 1")
    )
    assert "CPU_SECONDS: Final = 1\n" in program
    done = subprocess.run(
        [sys.executable, "-I", "-c", program, "40000000", "10000000"],
        input=made.many_comments(),
        capture_output=True,
        check=False,
    )
    assert done.returncode < 0, done.stderr[-500:]  # by a signal
    assert not done.stdout


def test_a_picture_gets_no_more_memory_than_the_largest_needs() -> None:
    program = "import sys; sys.path.insert(0, %r); import remaking; remaking._be_small(1_000_000); b'x' * 500_000_000"
    done = subprocess.run(
        [sys.executable, "-c", program % str(checking.REMAKING.parent)], capture_output=True, check=False
    )
    assert b"MemoryError" in done.stderr


def test_the_decoder_sees_nothing_of_our_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}
    run = subprocess.run

    def watched(command: list[str], **options: Any) -> Any:
        seen.update(options)
        return run(command, **options)

    monkeypatch.setattr(subprocess, "run", watched)
    check("x.png", made.photo())
    assert seen["env"] == {}


@pytest.mark.parametrize("turned", range(1, 9))
@pytest.mark.parametrize("as_format", ["JPEG", "PNG", "WEBP"])
def test_a_photo_stands_upright_however_the_camera_was_held(as_format: str, turned: int) -> None:
    content = made.photo(turned, as_format)
    upright = made.encoded(ImageOps.exif_transpose(made.opened(content)).convert("RGB"), "PNG")
    kept = check("x", content)
    assert made.opened(kept.content).size == made.opened(upright).size
    if turned < 5:
        assert made.colours(kept.content) == made.colours(upright)
    else:
        turned_back = [
            made.opened(each).convert("RGB").transpose(Image.Transpose.ROTATE_90)
            for each in (kept.content, upright)
        ]
        assert made.colours(made.encoded(turned_back[0], "PNG")) == made.colours(
            made.encoded(turned_back[1], "PNG")
        )


@pytest.mark.parametrize(
    "exif",
    [
        b"",
        b"Exif\0\0",
        b"II*\0",
        b"II*\0\xff\xff\xff\xff",
        b"MM\0*\0\0\0\x08\xff\xff\0",
        b"XX*\0" + bytes(40),
    ],
)
def test_broken_exif_says_nothing_and_stops_nothing(exif: bytes) -> None:
    assert orientation(exif) == 0


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(made.photo(), id="place in EXIF"),
        pytest.param(made.photo(as_format="WEBP"), id="place in EXIF of WebP"),
        pytest.param(made.told_png(), id="texts of PNG"),
        pytest.param(made.encoded(made.picture(), "JPEG", comment=made.SECRET), id="comment of JPEG"),
        pytest.param(made.encoded(made.picture(), "JPEG", icc_profile=made.SECRET * 9), id="profile of JPEG"),
        pytest.param(made.encoded(made.picture(), "PNG", icc_profile=made.SECRET * 9), id="profile of PNG"),
        pytest.param(made.encoded(made.picture(), "WEBP", xmp=made.SECRET), id="XMP of WebP"),
        pytest.param(made.encoded(made.picture(), "JPEG", xmp=made.SECRET), id="XMP of JPEG"),
        pytest.param(made.encoded(made.picture("P"), "GIF", comment=made.SECRET), id="comment of GIF"),
        pytest.param(made.photo() + made.SECRET, id="behind a JPEG"),
        pytest.param(made.encoded(made.picture(), "PNG") + made.SECRET + made.SCRIPT, id="behind a PNG"),
        pytest.param(made.encoded(made.picture(), "PNG") + made.zipped(9), id="a ZIP behind a PNG"),
        pytest.param(made.encoded(made.picture(), "PNG") + made.PDF, id="a PDF behind a PNG"),
        pytest.param(made.gif_and_script(), id="a GIF that is a program"),
        pytest.param(
            made.png((b"prVt", made.SECRET), (b"PLTE", made.SECRET + b"x")), id="other chunks of PNG"
        ),
    ],
)
def test_nothing_but_pixels_comes_through(content: bytes) -> None:
    kept = check("x", content)
    for hidden in (
        made.SECRET,
        made.SCRIPT,
        b"alert",
        b"PK\x03\x04",
        b"%PDF",
        b"Exif",
        b"http:",
        b"eXIf",
        b"prVt",
    ):
        assert hidden not in kept.content, hidden
    again = made.opened(kept.content)
    assert not again.getexif()
    assert not {"exif", "xmp", "icc_profile", "comment", "XML:com.adobe.xmp", "Comment"} & set(again.info)
    end = b"\xff\xd9" if kept.media_type == "image/jpeg" else b"IEND\xaeB`\x82"
    assert kept.content.endswith(end)


def test_unused_colours_of_a_palette_do_not_come_through() -> None:
    content = made.picture().quantize(2)
    content.putpalette(content.getpalette()[:6] + list(made.SCRIPT), "RGB")  # type: ignore[index]
    hidden = made.encoded(content, "PNG", bits=8)
    assert made.SCRIPT[:30] in hidden
    assert b"script" not in check("x", hidden).content


@pytest.mark.parametrize(
    ("as_format", "options"),
    [("PNG", {"compress_level": 1}), ("WEBP", {"method": 0, "quality": 1}), ("GIF", {"optimize": False})],
)
def test_of_ten_thousand_pictures_in_one_only_the_first_is_taken(
    as_format: str, options: dict[str, int]
) -> None:
    content = made.animation(as_format, 10_000, **options)
    kept = check("x", content)
    again = made.opened(kept.content)
    assert getattr(again, "n_frames", 1) == 1
    assert made.colours(kept.content) == ("red", "blue")


@pytest.mark.parametrize("mode", ["CMYK", "L", "1", "I;16", "P", "LA", "RGBA", "RGB"])
def test_a_picture_of_any_kind_of_colours_can_be_looked_at(mode: str) -> None:
    if mode == "I;16":
        grey = Image.new("I;16", (made.WIDTH, made.HEIGHT), 60_000)
        grey.putpixel((40, 0), 2_000)
        content = made.encoded(grey, "PNG")
        again = made.opened(check("x", content).content)
        assert (again.mode, again.getpixel((0, 0)), again.getpixel((40, 0))) == ("L", 60_000 >> 8, 2_000 >> 8)
        return
    content = made.encoded(made.picture(mode), "JPEG" if mode == "CMYK" else "PNG")
    again = made.opened(check("x", content).content)
    assert again.mode in ("L", "RGB", "RGBA")
    if mode not in ("L", "1", "LA"):
        assert made.colours(check("x", content).content) == ("red", "blue")


def test_what_is_transparent_stays_so() -> None:
    palette = made.picture().quantize(8)
    for content in (
        made.encoded(palette, "PNG", transparency=palette.getpixel((0, 0))),
        made.encoded(palette, "GIF", transparency=palette.getpixel((0, 0))),
        made.encoded(made.picture(), "PNG", transparency=made.RED),
    ):
        again = made.opened(check("x", content).content)
        assert again.mode == "RGBA"
        assert [again.getpixel(at)[3] for at in ((0, 0), (40, 0))] == [0, 255]  # type: ignore[index]


def test_a_picture_that_would_grow_over_the_limit_becomes_a_smaller_one(settings: Any) -> None:
    noise = Image.effect_noise((400, 400), 90).convert("RGBA")
    content = made.encoded(noise, "WEBP", quality=40)
    settings.APPEAL_FILE_BYTES = len(content)
    kept = check("x", content)
    assert kept.media_type == "image/jpeg"
    assert len(kept.content) <= len(content)


def test_a_pdf_is_kept_as_it_came_and_is_no_picture() -> None:
    kept = check("invoice.pdf", made.PDF_WITH_SCRIPT)
    assert (kept.media_type, kept.content, kept.width) == (PDF_TYPE, made.PDF_WITH_SCRIPT, None)
    assert check("x.png", made.PDF + made.photo()).name == "x.pdf"


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("../../etc/passwd", "passwd.jpg"),
        ("C:\\Users\\me\\photo.JPG", "photo.jpg"),
        ("photo.jpeg", "photo.jpg"),
        ("gpj.\u202eexe.jpg", "gpj.exe.jpg"),
        ("a\0b\r\nc\u2066d.png", "ab cd.jpg"),
        ("عکس\u200cها.png", "عکس\u200cها.jpg"),
        ("รูปถ่าย 12.5 กม.", "รูปถ่าย 12.5 กม.jpg"),
        ("", "file.jpg"),
        ("...", "file.jpg"),
        (".htaccess", "htaccess.jpg"),
        ('a"b<c>.png', "a_b_c_.jpg"),
        ("CON/", "file.jpg"),
        ("\ud800.png", "file.jpg"),
    ],
)
def test_a_name_is_cleaned_of_what_could_mislead(name: str, cleaned: str) -> None:
    assert names.cleaned(name, "image/jpeg") == cleaned


def test_a_long_name_is_cut_between_letters() -> None:
    assert len(names.cleaned("x" * 500, "image/jpeg")) == 120
    assert names.cleaned("x\u0323\u0303" * 200, "image/png") == "x\u0323\u0303" * 38 + ".png"


def _most_memory(content: bytes) -> int:
    """How much the decoder's process took at most, in kB."""
    program = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdin=0, capture_output=True);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, sys.executable, "-I", str(checking.REMAKING), "40000000", "10000000"],
        input=content,
        capture_output=True,
        check=True,
    )
    return int(done.stdout)
