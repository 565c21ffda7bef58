"""A person who is locked out, on her phone: in her language, with and without a script, losing nothing."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from appeals import review
from appeals.models import Appeal
from tests.appealing import appealed, claimed_by, make_reader, make_told
from tests.browser import NewPage, axe, sign_in

PHONE = (360, 740)
SEND = {"en": "Send", "ar": "إرسال", "th": "ส่ง"}
SENT = {"en": "We got your appeal", "ar": "وصلنا اعتراضك", "th": "เราได้รับคำอุทธรณ์ของคุณแล้ว"}
MISSING = {
    "en": "Please tell us why you think this is wrong.",
    "ar": "يُرجى كتابة سبب كون هذا خطأ برأيك.",
    "th": "กรุณาบอกเราว่าทำไมคุณคิดว่าเรื่องนี้ไม่ถูกต้อง",
}
WORDS = {
    "en": "I only answered people who had written to me first.",
    "ar": "رددتُ فقط على من كتب إليّ أولًا، ولم أرسل أي إعلان.",
    "th": "ผมตอบเฉพาะคนที่เขียนมาหาก่อนเท่านั้น ไม่ได้ส่งโฆษณาเลย",
}


def fits(page: Page) -> None:
    """Nothing stands outside of the screen's width."""
    assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("window.innerWidth")


def in_both_lights(page: Page) -> None:
    """axe finds nothing, light or dark."""
    axe(page)
    page.emulate_media(color_scheme="dark")
    axe(page)
    page.emulate_media(color_scheme="light")


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("language", ["en", "ar", "th"])
def test_she_reads_why_appeals_and_sees_how_it_stands(new_page: NewPage, language: str, script: bool) -> None:
    told = make_told(language)
    page = new_page(language, viewport=PHONE, java_script_enabled=script)

    def looks_right() -> None:
        assert page.locator("html").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")
        fits(page)
        if script:
            in_both_lights(page)

    page.goto(told.path)
    expect(page.get_by_text("900 people").first).to_be_visible()
    looks_right()

    page.locator("#background").fill("+")
    page.get_by_role("button", name=SEND[language], exact=True).click()
    expect(page.get_by_text(MISSING[language])).to_be_visible()
    expect(page.locator("#text")).to_be_focused()
    expect(page.locator("#background")).to_have_value("+")
    looks_right()

    page.locator("#text").fill(WORDS[language])
    page.get_by_role("button", name=SEND[language], exact=True).dblclick()
    expect(page.get_by_role("heading", level=1)).to_have_text(SENT[language])
    appeal = Appeal.objects.get()
    assert (appeal.text, appeal.case.language) == (WORDS[language], language)
    expect(page.get_by_text(appeal.reference)).to_be_visible()
    looks_right()

    page.goto(told.path)
    expect(page).to_have_url(re.compile(r"/status/$"))


def test_what_she_typed_survives_a_reload_a_lost_connection_and_a_closed_tab(new_page: NewPage) -> None:
    told = make_told("th")
    page = new_page("th", viewport=PHONE)
    page.goto(told.path)
    page.locator("#text").fill(WORDS["th"])
    expect(page.get_by_text("สิ่งที่คุณพิมพ์จะเก็บไว้ในเครื่องนี้จนกว่าคุณจะส่ง")).to_be_visible()
    axe(page)
    page.reload()
    expect(page.locator("#text")).to_have_value(WORDS["th"])

    page.locator("#background").fill("ถามร้านได้")
    page.context.set_offline(True)
    page.get_by_role("button", name="ส่ง", exact=True).click()
    page.context.set_offline(False)
    assert not Appeal.objects.exists()

    page.close()
    page = page.context.new_page()
    page.goto(told.path)
    expect(page.locator("#text")).to_have_value(WORDS["th"])
    expect(page.locator("#background")).to_have_value("ถามร้านได้")
    page.get_by_role("button", name="ส่ง", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(SENT["th"])
    # Once it is sent nothing stays on a device that may not be hers.
    assert page.evaluate("localStorage.length") == 0


def test_without_a_script_changing_the_language_keeps_what_she_typed(new_page: NewPage) -> None:
    told = make_told("en")
    page = new_page("en", viewport=PHONE, java_script_enabled=False)
    page.goto(told.path)
    page.locator("#text").fill(WORDS["ar"])
    page.get_by_label("Language").select_option("ar")
    page.get_by_role("button", name="Change").click()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.locator("#text")).to_have_value(WORDS["ar"])
    fits(page)
    page.get_by_role("button", name=SEND["ar"], exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(SENT["ar"])
    assert Appeal.objects.get().language == "ar"


@pytest.mark.parametrize("language", ["en", "ar", "th"])
def test_she_comes_in_with_the_code_from_her_message(new_page: NewPage, language: str) -> None:
    told = make_told(language)
    page = new_page(language, viewport=PHONE)
    page.goto("/appeal/")
    fits(page)
    axe(page)
    page.locator("#code").fill(told.statement.appeal_code[:-1] + "?")
    page.locator("#account").fill("somebody else")
    page.locator("#account").press("Enter")
    expect(page.locator("#code-error")).to_be_visible()
    axe(page)
    page.locator("#code").fill(told.statement.appeal_code.replace("-", " ").lower())
    page.locator("#account").press("Enter")
    expect(page.locator("#not-found")).to_be_visible()
    axe(page)
    page.locator("#account").fill(told.account.external_id)
    page.locator("#account").press("Enter")
    expect(page.get_by_text("900 people").first).to_be_visible()


def test_the_code_can_be_typed_without_a_script_too(new_page: NewPage) -> None:
    told = make_told()
    page = new_page(viewport=PHONE, java_script_enabled=False)
    page.goto("/appeal/")
    page.get_by_label("Code").fill(told.statement.appeal_code)
    page.get_by_label("Name of your account").fill("somchai ltd")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("900 people").first).to_be_visible()


@pytest.mark.parametrize("outcome", ["overturned", "upheld"])
def test_she_reads_the_outcome_in_her_language(new_page: NewPage, outcome: str) -> None:
    told = make_told("ar")
    appeal = appealed(told, WORDS["ar"], "ar")
    colleague = make_reader("ar")
    case = claimed_by(colleague, appeal)
    assert case.lease_token is not None
    review.conclude(
        appeal, colleague, case.lease_token, review.Answer(outcome, "كان الحساب يرد على زبائنه فقط.")
    )
    page = new_page("ar", "dark", PHONE)
    page.goto(told.status_path)
    heading = {"overturned": "تراجعنا عن القرار", "upheld": "القرار باقٍ كما هو"}[outcome]
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    expect(page.get_by_text("كان الحساب يرد على زبائنه فقط.")).to_be_visible()
    fits(page)
    axe(page)


def test_a_broken_link_and_a_late_one_say_what_to_do(new_page: NewPage) -> None:
    page = new_page(viewport=PHONE)
    page.goto("/appeal/1.broken/")
    axe(page)
    page.get_by_role("link", name="Type the code").click()
    expect(page.get_by_label("Code")).to_be_visible()


def test_the_page_is_light_enough_for_a_slow_connection(new_page: NewPage) -> None:
    told = make_told("th")
    page = new_page("th", viewport=PHONE)
    weights: list[int] = []
    page.on("response", lambda response: weights.append(len(response.body())))
    page.goto(told.path, wait_until="networkidle")
    assert len(weights) > 3
    assert sum(weights) < 60_000


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_moderator_reviews_it_with_the_keyboard(new_page: NewPage, language: str) -> None:
    told = make_told("ar")
    appeal = appealed(told, WORDS["ar"], "ar")
    colleague = make_reader("ar")
    page = new_page(language)
    sign_in(page, colleague)
    page.goto("/")
    page.keyboard.press("n")
    expect(page).to_have_url(re.compile(r"/appeal/$"))
    expect(page.get_by_text(WORDS["ar"])).to_be_visible()
    in_both_lights(page)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#errors")).to_be_visible()
    in_both_lights(page)
    page.keyboard.press("2")
    page.locator("#field-reasoning").fill("كان الحساب يرد على زبائنه فقط.")
    page.keyboard.press("Control+Enter")
    expect(page).not_to_have_url(re.compile(r"/appeal/$"))
    assert Appeal.objects.get(pk=appeal.pk).outcome == "overturned"


def test_what_a_moderator_typed_on_a_review_comes_back_after_a_reload(new_page: NewPage) -> None:
    appeal = appealed(make_told())
    colleague = make_reader("en")
    claimed_by(colleague, appeal)
    page = new_page()
    sign_in(page, colleague)
    page.goto(f"/cases/{appeal.case_id}/")
    page.get_by_label("The decision is taken back").check()
    page.locator("#field-reasoning").fill("Half a thought")
    page.reload()
    expect(page.locator("#field-reasoning")).to_have_value("Half a thought")
    expect(page.get_by_label("The decision is taken back")).to_be_checked()
    expect(page.get_by_label("The decision stands")).not_to_be_checked()
