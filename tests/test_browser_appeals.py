"""Somebody who is locked out, on her phone: in her language, with and without a script, losing nothing."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import pytest
from django.utils.translation import gettext, override
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from appeals import review
from appeals.models import Appeal, AppealDraft
from moderation import languages
from tests.appealing import Told, appealed, claimed_by, make_reader, make_told
from tests.browser import NewPage, axe, sign_in

PHONE = (360, 740)
# Milliseconds after which the browser itself has taken note of what stands in a form, to give it back.
BROWSER_NOTES = 1_100
# One for each family of scripts, and what somebody writes in it.
WORDS = {
    "de": "Ich habe nur Leuten geantwortet, die mir zuerst geschrieben hatten.",
    "uk": "Я лише відповідала людям, які самі написали мені першими.",
    "el": "Απάντησα μόνο σε ανθρώπους που μου είχαν γράψει πρώτοι.",
    "ar": "رددتُ فقط على من كتب إليّ أولًا، ولم أرسل أي إعلان.",
    "he": "עניתי רק לאנשים שכתבו אליי קודם, ולא שלחתי שום פרסומת.",
    "th": "ผมตอบเฉพาะคนที่เขียนมาหาก่อนเท่านั้น ไม่ได้ส่งโฆษณาเลย",
    "bn": "যাঁরা আগে আমাকে লিখেছিলেন, আমি শুধু তাঁদেরই উত্তর দিয়েছি।",
    "hi": "मैंने केवल उन लोगों को जवाब दिया जिन्होंने पहले मुझे लिखा था।",
    "ta": "முதலில் எனக்கு எழுதியவர்களுக்கு மட்டுமே நான் பதில் எழுதினேன்.",
    "zh-hant": "我只回覆先寫信給我的人，從來沒有發過任何廣告。",
    "ja": "先に連絡をくれた人に返事をしただけで、広告は一度も送っていません。",
    "ko": "먼저 저에게 글을 보낸 사람들에게만 답장했고 광고는 보내지 않았습니다.",
}


def said(language: str, text: str, **values: object) -> str:
    """One of our texts as the page says it."""
    with override(language):
        return gettext(text) % values if values else gettext(text)


def press(page: Page, language: str, text: str) -> None:
    page.get_by_role("button", name=said(language, text), exact=True).click()


def looks_right(page: Page, language: str, *, script: bool) -> None:
    """Nothing stands outside of the screen, the page turns the right way, and axe finds nothing in either light."""
    assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("window.innerWidth")
    html = page.locator("html")
    assert html.get_attribute("lang") == language
    assert html.get_attribute("dir") == languages.direction(languages.normalise(language))
    if script:
        axe(page)


def picture() -> FilePayload:
    content = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(content, "PNG")
    return {"name": "chat.png", "mimeType": "image/png", "buffer": content.getvalue()}


def conclude(told: Told, language: str, outcome: str = "overturned", reasons: str = "") -> None:
    """Somebody else who reads it looks at everything again."""
    appeal = Appeal.objects.get()
    case = claimed_by(make_reader(languages.normalise(language)), appeal)
    assert case.lease_token is not None
    assert case.claimed_by is not None
    answer = review.Answer(outcome, reasons or WORDS[language])
    review.conclude(appeal, case.claimed_by, case.lease_token, answer)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
@pytest.mark.parametrize("language", list(WORDS))
def test_she_reads_why_appeals_loses_the_connection_and_nothing_else_and_sees_the_outcome(
    new_page: NewPage, language: str, script: bool
) -> None:
    told = make_told(languages.normalise(language))
    words = WORDS[language]
    page = new_page(language, viewport=PHONE, java_script_enabled=script)
    page.goto(told.path)
    expect(page.get_by_text("900 people").first).to_be_visible()
    looks_right(page, language, script=script)

    page.locator("#text").fill(words)
    page.locator("#files-chosen").set_input_files([picture()])
    if not script:
        press(page, language, "Add these files")
    expect(page.get_by_text("chat.png")).to_be_visible()
    expect(page.locator("#text")).to_have_value(words)

    page.locator("#background").fill(words)
    if not script:
        page.wait_for_timeout(BROWSER_NOTES)
    page.context.set_offline(True)
    press(page, language, "Send")
    if script:
        offline = (
            "You have no connection. What you wrote is safe on this device. It can be sent when you are connected "
            "again."
        )
        expect(page.get_by_text(said(language, offline))).to_be_visible()
        looks_right(page, language, script=script)
        page.context.set_offline(False)
        expect(
            page.get_by_text(said(language, "You are connected again. You can send it now."))
        ).to_be_visible()
        page.reload()
    else:
        # The browser's own page, from which she goes back.
        page.wait_for_url("chrome-error://**")
        page.go_back()
        page.context.set_offline(False)
    assert not Appeal.objects.exists()
    expect(page.locator("#text")).to_have_value(words)
    expect(page.locator("#background")).to_have_value(words)
    expect(page.get_by_text("chat.png")).to_be_visible()

    page.get_by_role("button", name=said(language, "Send"), exact=True).dblclick()
    expect(page.get_by_role("heading", level=1)).to_have_text(said(language, "We got your appeal"))
    appeal = Appeal.objects.get()
    assert (appeal.text, appeal.background) == (words, words)
    assert [file.name for file in appeal.files.all()] == ["chat.png"]
    assert appeal.case.language == languages.normalise(language)
    expect(page.get_by_text(appeal.reference).first).to_be_visible()
    looks_right(page, language, script=script)
    if script:
        # Once it is sent nothing stays on a device that may not be hers.
        assert page.evaluate("localStorage.length") == 0

    conclude(told, language)
    page.goto(told.path)
    expect(page).to_have_url(re.compile(r"/status/$"))
    expect(page.get_by_role("heading", level=1)).to_have_text(said(language, "We took the decision back"))
    expect(page.get_by_text(words).first).to_be_visible()
    looks_right(page, language, script=script)


def test_what_she_typed_comes_back_on_another_device_and_newer_words_win(new_page: NewPage) -> None:
    told = make_told("th")
    phone, library = new_page("th", viewport=PHONE), new_page("th")
    phone.goto(told.path)
    phone.locator("#text").fill("หนึ่ง")
    saved = said("th", "We found what you wrote before. You can change it and send it.")
    phone.locator("[data-state=server]").wait_for()
    assert AppealDraft.objects.get().text == "หนึ่ง"

    library.goto(told.path)
    expect(library.locator("#text")).to_have_value("หนึ่ง")
    expect(library.get_by_text(saved).first).to_be_visible()
    phone.context.set_offline(True)
    phone.locator("#text").fill("สอง")
    axe(library)
    library.locator("#text").fill("สาม")
    library.close()
    library = library.context.new_page()
    library.goto(told.path)
    expect(library.locator("#text")).to_have_value("สาม")
    library.locator("[data-state=server]").wait_for()

    # What she typed at the library is newer than what the phone could not send; and both can be read.
    phone.context.set_offline(False)
    expect(phone.locator("#text")).to_have_value("สาม")
    expect(phone.locator("#newer")).to_be_visible()
    phone.get_by_text(said("th", "What you wrote"), exact=True).click()
    expect(phone.get_by_text("สอง")).to_be_visible()
    assert AppealDraft.objects.get().text == "สาม"
    axe(phone)

    phone.locator("#text").fill("สี่")
    phone.reload()
    expect(phone.locator("#text")).to_have_value("สี่")
    library.close()
    library = library.context.new_page()
    library.goto(told.path)
    expect(library.locator("#text")).to_have_value("สี่")


def test_a_file_that_could_not_be_sent_goes_when_the_connection_is_back(new_page: NewPage) -> None:
    told = make_told("ar")
    page = new_page("ar", viewport=PHONE)
    page.goto(told.path)
    page.context.set_offline(True)
    page.locator("#files-chosen").set_input_files([picture()])
    expect(page.locator("#files-not-kept")).to_be_visible()
    axe(page)
    page.context.set_offline(False)
    expect(page.locator(".files")).to_contain_text("chat.png")
    expect(page.locator("#files-not-kept")).to_be_hidden()
    page.get_by_role("button", name="chat.png").click()
    expect(page.locator(".files")).to_have_count(0)
    assert not AppealDraft.objects.get().files.exists()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_what_is_wrong_stands_beside_its_field_and_what_is_right_is_kept(
    new_page: NewPage, settings: Any, script: bool
) -> None:
    settings.EMAIL_URL = "filemail:///nowhere"
    told = make_told("ar")
    page = new_page("ar", viewport=PHONE, java_script_enabled=script)
    page.goto(told.path)
    page.locator("#contact").fill("noor at example")
    page.locator("#background").fill(WORDS["ar"])
    press(page, "ar", "Send")
    expect(page.get_by_text(said("ar", "Please tell us why you think this is wrong."))).to_be_visible()
    expect(page.locator("#contact-error")).to_be_visible()
    expect(page.locator("#text")).to_be_focused()
    expect(page.locator("#background")).to_have_value(WORDS["ar"])
    looks_right(page, "ar", script=script)

    page.locator("#text").fill(WORDS["ar"])
    page.locator("#contact").fill("\u200fnoor@example.org ")
    page.locator("#files-chosen").set_input_files(
        [FilePayload(name="page.png", mimeType="image/png", buffer=b"<html>"), picture()]
    )
    if script:
        expect(page.locator("#files-error-1")).to_be_visible()
    else:
        # Nothing is sent while a file is refused.
        press(page, "ar", "Send")
        expect(page.locator("#files-error-1")).to_contain_text("page.png")
    assert not Appeal.objects.exists()
    expect(page.locator(".files")).to_contain_text("chat.png")
    expect(page.locator("#text")).to_have_value(WORDS["ar"])
    looks_right(page, "ar", script=script)
    press(page, "ar", "Send")
    expect(page.get_by_role("heading", level=1)).to_have_text(said("ar", "We got your appeal"))
    assert Appeal.objects.get().contact == "noor@example.org"


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_changing_the_language_or_saving_keeps_what_she_typed(new_page: NewPage, script: bool) -> None:
    told = make_told("en")
    page = new_page("en", viewport=PHONE, java_script_enabled=script)
    page.goto(told.path)
    page.locator("#text").fill(WORDS["ar"])
    page.get_by_label("Language").select_option("ar")
    page.get_by_role("button", name="Change").click()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.locator("#text")).to_have_value(WORDS["ar"])
    looks_right(page, "ar", script=script)
    page.locator("#background").fill("+")
    press(page, "ar", "Save for later")
    expect(page.locator("#kept")).to_be_visible()
    expect(page.locator("#background")).to_have_value("+")
    looks_right(page, "ar", script=script)
    page.goto(told.path)
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    press(page, "ar", "Send")
    expect(page.get_by_role("heading", level=1)).to_have_text(said("ar", "We got your appeal"))
    assert Appeal.objects.get().language == "ar"


@pytest.mark.parametrize("language", ["ar", "ta"])
def test_she_comes_in_with_the_code_from_her_message(new_page: NewPage, language: str) -> None:
    told = make_told(language)
    page = new_page(language, viewport=PHONE)
    page.goto("/appeal/")
    looks_right(page, language, script=True)
    code = told.statement.appeal_code or ""
    page.locator("#code").fill(code[:-1] + "?")
    page.locator("#account").fill("somebody else")
    page.locator("#account").press("Enter")
    expect(page.locator("#code-error")).to_be_visible()
    axe(page)
    page.locator("#code").fill(code.replace("-", " ").lower())
    page.locator("#account").press("Enter")
    expect(page.locator("#not-found")).to_be_visible()
    axe(page)
    page.locator("#account").fill(told.account.external_id)
    page.locator("#account").press("Enter")
    expect(page.get_by_text("900 people").first).to_be_visible()


def test_the_code_can_be_typed_without_a_script_too(new_page: NewPage) -> None:
    told = make_told()
    page = new_page(viewport=PHONE, java_script_enabled=False)
    page.goto("/appeal/1.broken/")
    page.get_by_role("link", name="Type the code").click()
    page.get_by_label("Code").fill(told.statement.appeal_code or "")
    page.locator("#account").fill("somchai ltd")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("900 people").first).to_be_visible()


def test_the_page_is_light_enough_for_a_slow_connection(new_page: NewPage) -> None:
    told = make_told("ta")
    page = new_page("ta", viewport=PHONE)
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
    axe(page)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#errors")).to_be_visible()
    axe(page)
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
