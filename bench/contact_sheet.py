"""Pictures of the public pages in every language, as a phone shows them, for somebody to look at.

    python -m bench.contact_sheet [--languages de,ar] [--into var/contact-sheets]

Decides a case in each language, and has it appealed, asked about and decided again; opens the pages 360 px wide;
puts a dozen of them on a sheet; and says what a machine can see: what is cut off or sticks out, turned the wrong way,
left in English, or written in characters that no font on this machine has. Ends with 1 where there is any of that.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Browser, Page, sync_playwright

from bench.database import on_a_database

PHONE: Final = {"width": 360, "height": 740}
A_DOZEN: Final = 12
IN_A_ROW: Final = 6
TALLEST: Final = 2200
GAP: Final = 12
TITLE: Final = 28


@dataclass(frozen=True)
class Shot:
    """A page to take a picture of. ``send``: first press the button that sends it, as it is."""

    name: str
    path: str
    send: bool = False


def shots(tag: str) -> list[Shot]:
    """The pages of decisions whose statements are in this language (BCP 47)."""
    from django.urls import reverse

    from tests import public_pages as pages

    told, received, asked, won, lost = (
        pages.told_in(tag, post=pages.WRITTEN if first else "") for first in (True, *[False] * 4)
    )
    pages.conclude(won, tag, "overturned")
    pages.conclude(lost, tag, "upheld")
    pages.question(asked, tag)
    pages.receive(received, tag)
    return [
        Shot("enter", reverse("appeal-enter")),
        Shot("form", told.path),
        Shot("form-with-an-error", told.path, send=True),
        Shot("received", received.status_path),
        Shot("question", asked.status_path),
        Shot("overturned", won.status_path),
        Shot("upheld", lost.status_path),
        Shot("correct-a-text", reverse("correct-text")),
    ]


@contextmanager
def phone(browser: Browser, url: str, code: str) -> Iterator[Page]:
    from django.conf import settings

    context = browser.new_context(base_url=url, viewport=PHONE, reduced_motion="reduce")  # type: ignore[arg-type]
    cookie = {"name": settings.LANGUAGE_COOKIE_NAME, "value": code, "url": url}
    context.add_cookies([cookie])  # type: ignore[list-item]
    try:
        yield context.new_page()
    finally:
        context.close()


def take(page: Page, shot: Shot) -> bytes:
    """Open it, and take a picture of all of it: of a form with an error, from where the error is."""
    page.goto(shot.path)
    # Everything is to be seen, also what opens when it is pressed.
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    if shot.send:
        page.locator("#appeal-form button.primary").last.click()
        page.locator(".field-error").first.wait_for()
        return page.locator("#appeal-form").screenshot()
    return page.screenshot(full_page=True)


def sheet(pictures: list[tuple[str, bytes]]) -> Image.Image:
    """A dozen pages beside each other, each under the name of its language."""
    opened = [(name, Image.open(io.BytesIO(content))) for name, content in pictures]
    width = max(picture.width for _name, picture in opened)
    height = min(TALLEST, max(picture.height for _name, picture in opened))
    rows = -(-len(opened) // IN_A_ROW)
    whole = Image.new("RGB", (IN_A_ROW * (width + GAP), rows * (height + TITLE + GAP)), "#888888")
    draw, font = ImageDraw.Draw(whole), ImageFont.load_default(18)
    for number, (name, picture) in enumerate(opened):
        left, top = (number % IN_A_ROW) * (width + GAP), (number // IN_A_ROW) * (height + TITLE + GAP)
        draw.text((left + 4, top + 4), name, fill="#ffffff", font=font)
        whole.paste(picture.crop((0, 0, picture.width, min(picture.height, height))), (left, top + TITLE))
    return whole


def faults_of(page: Page, code: str, english: object) -> list[str]:
    from moderation import languages
    from tests import page_faults
    from tests.test_languages_of_pages import English, Reading

    faults = page_faults.of_page(page, code, languages.direction(languages.normalise(code)))
    if isinstance(english, English):
        reading = Reading()
        reading.feed(page.content())
        faults += [f"in English: {piece}" for piece in reading.pieces if english.has(piece)]
    return faults


def make(codes: list[str], into: Path) -> int:
    """Take the pictures and write the sheets. How much is wrong."""
    from django.conf import settings
    from django.utils.translation import to_locale

    from bench.appeal_page import a_desk
    from config import catalogues
    from moderation import languages
    from tests import page_faults
    from tests.browser import FLAGS
    from tests.factories import make_policy
    from tests.public_pages import ALL
    from tests.test_languages_of_pages import English

    program = shutil.which("chromium")
    assert program, "Chromium is missing: run `make browser`"
    make_policy("bulk-messaging", allowed_actions=ALL)
    wanted = catalogues.texts(catalogues.PERSON_FACING)
    taken: dict[str, list[tuple[str, bytes]]] = {}
    wrong = 0
    # Before the browser's event loop occupies this thread, which then has another connection to the database.
    every = {code: shots(languages.normalise(code)) for code in codes}
    with a_desk() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        for code in codes:
            source = code == settings.LANGUAGE_CODE
            english = None if source else English(catalogues.read(to_locale(code)), wanted)
            with phone(browser, url, code) as page:
                for shot in every[code]:
                    taken.setdefault(shot.name, []).append((code, take(page, shot)))
                    for fault in faults_of(page, code, english):
                        print(f"{code:8} {shot.name:20} {fault}")
                        wrong += 1
        browser.close()
    into.mkdir(parents=True, exist_ok=True)
    for name, pictures in taken.items():
        for number, first in enumerate(range(0, len(pictures), A_DOZEN), 1):
            sheet(pictures[first : first + A_DOZEN]).save(into / f"{name}-{number}.png")
    read = ((code, catalogues.read(to_locale(code))) for code in codes if code != settings.LANGUAGE_CODE)
    for code, characters in page_faults.without_a_font(read).items():
        print(f"{code:8} no font has: {characters}")
        wrong += 1
    print(
        f"{sum(map(len, taken.values()))} pages in {len(codes)} languages, {wrong} faults; sheets in {into}"
    )
    return wrong


def main() -> None:
    parser = argparse.ArgumentParser(description="Pictures of the public pages in every language")
    parser.add_argument("--languages", default="", help="only these, by their codes in settings.LANGUAGES")
    parser.add_argument("--into", type=Path, default=Path("var/contact-sheets"))
    options = parser.parse_args()
    os.environ.setdefault("EMAIL_URL", "smtp://127.0.0.1:1")
    with on_a_database():
        from django.conf import settings

        from config import catalogues

        catalogues.compile_stale()
        every = [code for code, _name in settings.LANGUAGES]
        codes = (
            [code for code in every if code in options.languages.split(",")] if options.languages else every
        )
        wrong = make(codes, options.into)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
