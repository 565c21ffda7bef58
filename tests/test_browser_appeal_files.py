"""The files of an appeal on the screen of whoever reviews it: nothing is fetched or shown before she asks for it."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from appeals import drafting
from appeals.files import keeping
from appeals.opening import affected
from moderation.models import Event
from tests import evidence_files as made
from tests.appealing import appealed, claimed_by, make_reader, make_told
from tests.browser import NewPage, axe, sign_in


def test_a_picture_is_fetched_when_it_is_opened_and_clear_when_asked(new_page: NewPage) -> None:
    told = make_told()
    draft = drafting.keep(affected(told.decision), {"text": "See the picture"}, "en")
    photo = keeping.add(draft, "from the café.jpg", made.photo(6))
    keeping.add(draft, "invoice.pdf", made.PDF_WITH_SCRIPT)
    appeal = appealed(told)
    colleague = make_reader("en")
    claimed_by(colleague, appeal)
    page = new_page()
    sign_in(page, colleague)
    page.goto(f"/cases/{appeal.case_id}/appeal/")
    files = page.locator(".appeal-files")
    expect(files).to_contain_text("from the café.jpg")
    page.wait_for_load_state("networkidle")
    looks = Event.objects.filter(kind="evidence.viewed", data__file_id=photo.pk)
    assert not looks.exists()

    files.get_by_text("from the café.jpg").click()
    picture = page.get_by_alt_text("from the café.jpg")
    expect(picture).to_have_js_property("naturalWidth", made.HEIGHT)
    expect(picture).to_have_css("filter", re.compile("blur"))
    axe(page)
    page.get_by_label("Show it clearly, in colour").check()
    expect(picture).to_have_css("filter", "none")
    assert looks.count() == 1

    with page.expect_download() as download:
        files.get_by_role("link", name="invoice.pdf").click()
    assert download.value.suggested_filename == "invoice.pdf"
    assert download.value.path().read_bytes() == made.PDF_WITH_SCRIPT


def test_she_finds_her_files_on_the_page_of_her_appeal(new_page: NewPage) -> None:
    told = make_told("ar")
    draft = drafting.keep(affected(told.decision), {"text": "انظروا"}, "ar")
    keeping.add(draft, "صورة (1).png", made.encoded(made.picture(), "PNG"))
    appealed(told, "انظروا إلى الصورة من فضلكم", "ar")
    page = new_page("ar", viewport=(360, 740))
    page.goto(told.status_path)
    link = page.get_by_role("link", name="صورة (1).png")
    address = str(link.get_attribute("href"))
    expect(link).to_be_visible()
    answer = page.goto(address)
    assert answer is not None
    assert (answer.status, answer.headers["content-type"]) == (200, "image/png")
    expect(page.locator("img")).to_have_js_property("naturalWidth", made.WIDTH)
