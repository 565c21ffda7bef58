"""The pages about people in a real browser: what the script adds, full and wrong, in either direction of writing."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import LanguageSkill, Role, User
from moderation.known_languages import OFFERED
from moderation.models import Lane
from tests.browser import NewPage, axe, sign_in
from tests.factories import make_queue, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def admin() -> User:
    return make_user(role=Role.ADMIN)


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1"))


def test_another_row_is_added_in_place_and_named_as_it_is_typed(page: Page, admin: User) -> None:
    mali = make_user(th=5)
    sign_in(page, admin)
    page.goto(f"/people/{mali.pk}/")
    page.get_by_label("Name", exact=True).fill("Mali Suwan")
    page.get_by_role("button", name="Another language").click()
    rows = page.locator("[data-rows=skill] tbody tr")
    expect(rows).to_have_count(3)
    page.get_by_label("Language, 2").fill("bn")
    expect(rows.nth(1)).to_contain_text("বাংলা")
    page.get_by_label("Level, 2").select_option("4")
    expect(page.get_by_label("Language, 3")).to_have_value("")
    page.get_by_label("Language, 3").fill("iw")
    page.get_by_label("Level, 3").select_option("3")
    page.get_by_label("Language, 3").press("Enter")  # saves, and is no other button
    expect(page.get_by_role("status")).to_contain_text("Saved: Mali Suwan")
    skills = dict(LanguageSkill.objects.filter(moderator=mali).values_list("tag", "level"))
    assert skills == {"th": 5, "bn": 4, "he": 3}


def test_a_wrong_row_is_marked_and_everything_typed_is_still_there(page: Page, admin: User) -> None:
    mali = make_user(he=5)
    sign_in(page, admin)
    page.goto(f"/people/{mali.pk}/")
    page.get_by_label("Language, 2").fill("iw")
    page.get_by_label("Certified by, 2").fill("נציגות")
    page.get_by_role("button", name="Save").last.click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was saved")
    expect(page.get_by_label("Language, 2")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Level, 2")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Certified by, 2")).to_have_value("נציגות")
    axe(page)


@pytest.mark.parametrize("language", ["en", "ar"])
def test_names_sit_in_their_own_direction_in_either_direction_of_the_page(
    new_page: NewPage, admin: User, language: str
) -> None:
    mali = make_user(he=5, ur=4, th=3)
    User.objects.filter(pk=mali.pk).update(first_name="نور Noor (3)")
    LanguageSkill.objects.filter(moderator=mali, tag="ur").update(
        certified_until=timezone.now() - timedelta(2)
    )
    page = new_page(language=language)
    sign_in(page, admin)
    for path in ("/people/", f"/people/{mali.pk}/"):
        page.goto(path)
        for tag, name, direction in (("he", "עברית", "rtl"), ("ur", "اردو", "rtl"), ("th", "ไทย", "ltr")):
            shown = page.locator(f"bdi[lang={tag}]").first
            expect(shown).to_have_text(name)
            assert shown.evaluate("element => getComputedStyle(element).direction") == direction
            assert shown.evaluate("element => getComputedStyle(element).unicodeBidi") == "isolate"
        assert fits(page)
        axe(page)


@pytest.mark.parametrize("viewport", [(1366, 768), (360, 740)])
def test_two_hundred_people_fit_any_screen_and_are_ticked_at_once(
    new_page: NewPage, admin: User, viewport: tuple[int, int]
) -> None:
    queue = make_queue()
    Lane.objects.bulk_create(Lane(queue=queue, language=each.tag) for each in OFFERED)
    for number in range(199):
        user = make_user()
        LanguageSkill.objects.bulk_create(
            LanguageSkill(moderator=user, tag=OFFERED[(number + each) % 60].tag, level=each + 1)
            for each in range(5)
        )
    page = new_page(viewport=viewport)
    sign_in(page, admin)
    page.goto("/people/")
    expect(page.locator("#people tbody tr")).to_have_count(200)
    assert fits(page)
    axe(page)
    page.goto(f"/people/{user.pk}/")
    assert fits(page)
    axe(page)
    page.goto("/people/")
    page.get_by_label("Choose all").check()
    page.get_by_role("button", name="Change those ticked").click()
    expect(page.locator("input[name=who]:checked")).to_have_count(200)
    assert fits(page)
    page.get_by_label("Language", exact=True).fill("mt")
    page.get_by_label("Level", exact=True).select_option("4")
    page.get_by_role("button", name="Look at what it would do").last.click()
    expect(page.locator("#changes tbody tr")).to_have_count(200)
    assert fits(page)
    axe(page)
    page.get_by_role("button", name="Save these changes").click()
    expect(page.get_by_role("status")).to_contain_text("200 people have changed")
    assert LanguageSkill.objects.filter(tag="mt", level=4).count() == 200


def test_a_file_goes_out_and_comes_in_changed(page: Page, admin: User, tmp_path: Path) -> None:
    mali = make_user(th=5)
    sign_in(page, admin)
    page.goto("/people/csv/")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the file").click()
    file = tmp_path / "people.csv"
    download.value.save_as(file)
    file.write_text(re.sub(r",th,[^,]*,,5,", ",th,,,2,", file.read_text("utf-8")), "utf-8")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Look at what it would do").click()
    expect(page.locator("#changes")).to_contain_text("level 5 → 2")
    assert LanguageSkill.objects.get(moderator=mali).level == 5
    page.get_by_role("button", name="Save these changes").click()
    expect(page.get_by_role("status")).to_contain_text("1 person has changed")
    assert LanguageSkill.objects.get(moderator=mali).level == 2
