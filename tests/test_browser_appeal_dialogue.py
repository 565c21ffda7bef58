"""The dialogue after an appeal was filed, on a phone: answered, taken back, kept, with and without a script."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from appeals import questions
from appeals.models import Appeal, Question
from tests.appealing import Told, appealed, claimed_by, make_reader, make_told
from tests.browser import NewPage, axe

PHONE = (360, 740)
QUESTION = {
    "ar": "لمن أرسلت هذه الرسائل؟ وهل كانوا قد كتبوا إليك من قبل؟",
    "th": "คุณส่งข้อความเหล่านี้ถึงใคร และเขาเคยเขียนหาคุณมาก่อนหรือไม่",
}
ANSWER = {"ar": "إلى زبائن طلبوا مني.", "th": "ลูกค้าที่สั่งของจากผม"}


def looks_right(page: Page) -> None:
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("window.innerWidth")


def asked(language: str) -> Told:
    told = make_told(language)
    appeal = appealed(told, QUESTION[language], language)
    colleague = make_reader(language)
    token = claimed_by(colleague, appeal).lease_token
    assert token is not None
    questions.ask(appeal, colleague, token, QUESTION[language])
    return told


def test_what_she_answers_survives_a_reload_and_a_lost_connection_and_is_sent_once(new_page: NewPage) -> None:
    told = asked("ar")
    page = new_page("ar", viewport=PHONE)
    page.goto(told.status_path)
    expect(page.get_by_text(QUESTION["ar"]).first).to_be_visible()
    looks_right(page)

    page.locator("#answer-form button").click()
    expect(page.locator("#answer-error")).to_be_visible()
    expect(page.locator("#answer")).to_be_focused()
    looks_right(page)

    page.locator("#answer").fill(ANSWER["ar"])
    expect(page.locator("#answer-kept")).to_be_visible()
    page.goto(told.status_path)
    expect(page.locator("#answer")).to_have_value(ANSWER["ar"])
    page.context.set_offline(True)
    page.locator("#answer-form button").click()
    page.context.set_offline(False)
    assert Question.objects.get().status == "open"

    page.goto(told.status_path)
    expect(page.locator("#answer")).to_have_value(ANSWER["ar"])
    page.locator("#answer-form button").dblclick()
    expect(page.locator(".notice-success")).to_be_visible()
    assert Question.objects.get().answer == ANSWER["ar"]
    assert page.evaluate("localStorage.length") == 0
    looks_right(page)


def test_all_of_it_works_without_a_script(new_page: NewPage) -> None:
    told = asked("th")
    page = new_page("th", viewport=PHONE, java_script_enabled=False)
    page.goto(told.status_path)
    page.locator("#answer").fill(ANSWER["th"])
    page.locator("#language").select_option("ar")
    page.locator(".language button").click()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.locator("#answer")).to_have_value(ANSWER["th"])
    page.locator("#answer-form button").dblclick()
    expect(page.locator(".notice-success")).to_be_visible()
    assert Question.objects.get().answer == ANSWER["th"]
    expect(page.locator("[data-print]")).to_be_hidden()

    page.locator("a[href$='/withdraw/']").click()
    page.locator("#withdraw-form button").dblclick()
    expect(page).to_have_url(re.compile(r"/status/$"))
    assert Appeal.objects.get().status == "withdrawn"
    page.locator("main a.button").first.click()
    expect(page.locator("#text")).to_be_visible()


def test_she_can_think_again_before_she_takes_it_back(new_page: NewPage) -> None:
    told = make_told()
    appealed(told)
    page = new_page(viewport=PHONE)
    page.goto(told.status_path)
    page.get_by_role("link", name="Take back your appeal").click()
    looks_right(page)
    page.get_by_role("link", name="No, keep it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("We got your appeal")
    assert Appeal.objects.get().status == "received"


def test_a_copy_is_saved_and_the_page_prints_whole(new_page: NewPage) -> None:
    told = make_told()
    appeal = appealed(told)
    page = new_page(viewport=PHONE)
    page.goto(told.status_path)
    with page.expect_download() as saving:
        page.get_by_role("link", name="Save a copy").click()
    assert saving.value.suggested_filename == f"{appeal.reference}.txt"
    assert appeal.text in saving.value.path().read_text(encoding="utf-8")
    page.evaluate("window.print = () => document.body.dataset.printed = 'yes'")
    page.get_by_role("button", name="Print this page").click()
    expect(page.locator("body")).to_have_attribute("data-printed", "yes")
    page.emulate_media(media="print")
    for gone in (".language", "[data-print]", "a[href$='/withdraw/']"):
        expect(page.locator(gone).first).to_be_hidden()
    expect(page.get_by_text(appeal.text)).to_be_visible()


@pytest.mark.parametrize("language", ["ar", "th"])
def test_the_page_is_light_enough_for_a_slow_connection(new_page: NewPage, language: str) -> None:
    told = asked(language)
    page = new_page(language, viewport=PHONE)
    weights: list[int] = []
    page.on("response", lambda response: weights.append(len(response.body())))
    page.goto(told.status_path, wait_until="networkidle")
    assert len(weights) > 3
    assert sum(weights) < 60_000
