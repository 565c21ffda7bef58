"""The page of an appeal in a real browser, in every language: nothing cut off, turned the right way, its language said.

What does not depend on the language is seen by axe in one language of each family of scripts (test_browser_appeals.py).
"""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.utils.translation import to_locale
from playwright.sync_api import Page, expect
from pytest_django import Settings

from config import catalogues
from moderation import languages
from tests import page_faults
from tests.browser import NewPage
from tests.page_faults import CUT, of_page
from tests.public_pages import told_in

ABOUT_LANGUAGE = {
    "runOnly": ["html-has-lang", "html-lang-valid", "valid-lang", "html-xml-lang-mismatch"],
    "resultTypes": ["violations"],
}


def test_the_form_is_whole_in_every_language_on_a_phone(new_page: NewPage, settings: Settings) -> None:
    settings.EMAIL_URL = "smtp://127.0.0.1:1"
    told = told_in("mt")
    page = new_page(viewport=(360, 740))
    page.goto(told.path)
    axe = Axe()
    faults = []
    for code, _name in settings.LANGUAGES:
        page.locator("#language").select_option(code)
        page.locator("[name=change_language]").click()
        expect(page.locator("html")).to_have_attribute("lang", code)
        found = of_page(page, code, languages.direction(languages.normalise(code)))
        found += [each["id"] for each in axe.run(page, options=ABOUT_LANGUAGE).response["violations"]]
        if found:
            faults.append((code, found))
    assert not faults, "\n".join(map(str, faults))


def test_what_is_cut_off_or_sticks_out_is_seen(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.set_content(
        '<html lang="de" dir="ltr"><body><p style="width: 3rem; overflow: hidden; white-space: nowrap">cut off here</p>'
        '<p style="width: 30rem">wide, and so are many other words that stand beside it in one line</p>'
        '<select style="width: 4rem"><option>too long for its list</option></select><p>whole</p></body></html>'
    )
    found = page.evaluate(CUT)
    assert [each.split(":")[0] for each in found] == [
        "the page is 488 wide",
        "is cut off",
        "sticks out",
        "is cut off in its list",
    ]
    assert of_page(page, "ar", "rtl")[-1] == "turned ['de', 'ltr', 'ltr']"


def test_every_character_of_our_texts_has_a_font_here() -> None:
    """Else pictures and browser tests show boxes: `python tests/install_browser.py` installs what is missing."""
    read = [(code, catalogues.read(to_locale(code))) for code, _name in settings.LANGUAGES if code != "en"]
    assert page_faults.without_a_font(read) == {}
    assert 0x0B95 in page_faults.installed_characters()
    assert 0xE000 not in page_faults.installed_characters()
