"""The public pages: no sign-in, no script, no cookie, her language, and nothing that she typed is ever lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from appeals.filing import MOST_CHARACTERS
from appeals.models import Appeal
from moderation import approvals, audit
from moderation.decisions import JudgedAction
from moderation.models import Case, Decision
from moderation.policies import change_policy, fields_of
from tests.appealing import WHY, Told, appealed, make_told
from tests.factories import make_policy, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> Client:
    """A browser that has never been here. It refuses what a form without a CSRF token would be refused for."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def told() -> Told:
    return make_told()


def test_the_page_says_what_was_decided_on_what_why_by_whom_and_until_when(
    person: Client, told: Told
) -> None:
    page = person.get(told.path)
    assert page.status_code == 200
    for words in (
        "We locked your account. You cannot use it.",
        "Your account",
        "This account sent the same message to 900 people.",
        "A person looked at this and made the decision.",
        "Another person will look at everything again.",
        f"{told.statement.appeal_until:%B} {told.statement.appeal_until.day}",
    ):
        assert words in page.text, words


def test_the_author_of_a_removed_post_sees_what_she_wrote_and_comes_in_with_her_own_name(
    person: Client,
) -> None:
    post = "<b>Buy</b> now " + "x" * 400
    told = make_told(post=post, actions=[JudgedAction("remove")])
    page = person.get(told.path).text
    assert "We removed your content." in page
    assert "What you posted" in page
    assert f'dir="auto">&lt;b&gt;Buy&lt;/b&gt; now {"x" * 200}' in page
    assert "x" * 300 not in page
    answer = person.post("/appeal/", {"code": told.statement.appeal_code, "account": "Somchai Ltd"})
    assert answer.headers["Location"] == told.path


def test_a_lock_that_ends_says_when(person: Client) -> None:
    until = "2099-03-01T12:00:00Z"
    page = person.get(make_told(actions=[JudgedAction("lock_account", {"until": until})]).path)
    assert "We locked your account. You cannot use it. This ends on March 1, 2099." in page.text


def test_no_page_may_be_kept_listed_framed_or_tell_others_its_address(person: Client, told: Told) -> None:
    appealed_page = make_told()
    appealed(appealed_page)
    for path in ("/appeal/", told.path, appealed_page.status_path, "/appeal/forged/"):
        page = person.get(path)
        # Of the one page with her words the browser must be able to give them back.
        kept = "private, no-cache" if path == told.path else "no-store"
        assert page.headers["Cache-Control"] == kept
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in page.headers["X-Robots-Tag"]
        assert page.headers["X-Frame-Options"] == "DENY"
        assert "http://" not in page.text.replace("http://127.0.0.1:8000", "")
        assert not page.cookies


@pytest.mark.parametrize(
    ("language", "direction", "words"),
    [
        ("th", "ltr", "บอกเราว่าทำไมเรื่องนี้ไม่ถูกต้อง"),
        ("ar", "rtl", "سبب اعتراضك"),
        ("es-MX", "ltr", "Cuéntanos por qué esto está mal"),
        ("zh-Hans-SG", "ltr", "告诉我们为什么这不对"),
        ("uk", "ltr", "Напишіть, чому це помилка"),
        # Not among ours: the statement is in English, and so is the page.
        ("ka", "ltr", "Tell us why this is wrong"),
    ],
)
def test_the_page_speaks_the_language_of_the_statement(
    person: Client, language: str, direction: str, words: str
) -> None:
    page = person.get(make_told(language).path)
    assert words in page.text
    assert f'dir="{direction}"' in page.text[:200]


def test_where_no_statement_is_known_yet_the_page_speaks_as_her_browser_asks(person: Client) -> None:
    page = person.get("/appeal/", headers={"Accept-Language": "ru, en;q=0.5"})
    assert "Сообщить, что решение неверное" in page.text


def test_another_language_can_be_chosen_and_is_remembered(person: Client, told: Told) -> None:
    assert "Schreiben Sie uns" in person.get(told.path, {"language": "de"}).text
    assert "Schreiben Sie uns" in person.get(told.path).text
    assert "Tell us why" in person.get(told.path, {"language": "en"}).text
    assert "Tell us why" in person.get(told.path, {"language": "../../etc"}).text


def test_changing_the_language_keeps_what_was_typed_and_files_nothing(person: Client, told: Told) -> None:
    page = person.post(
        told.path,
        {
            "text": "Ich war das <nicht>",
            "background": "Fragen Sie Anna",
            "language": "de",
            "change_language": "1",
        },
    )
    assert page.status_code == 200
    assert "Warum finden Sie das falsch?" in page.text
    assert "Ich war das &lt;nicht&gt;" in page.text
    assert "Fragen Sie Anna" in page.text
    assert not Appeal.objects.exists()


def test_sending_files_the_appeal_and_leads_to_its_status(person: Client, told: Told) -> None:
    answer = person.post(told.path, {"text": f"  {WHY}\r\n", "background": "Ask Anna.", "language": "th"})
    assert (answer.status_code, answer.headers["Location"]) == (303, told.status_path)
    appeal = Appeal.objects.get()
    assert (appeal.text, appeal.background, appeal.language) == (WHY, "Ask Anna.", "th")
    assert (appeal.filed_by, appeal.decision) == (Appeal.FiledBy.PERSON, told.decision)
    status = person.get(told.status_path)
    assert appeal.reference in status.text
    assert "เราได้รับคำอุทธรณ์ของคุณแล้ว" in status.text


def test_an_empty_appeal_gets_an_error_beside_the_field_and_keeps_the_rest(
    person: Client, told: Told
) -> None:
    page = person.post(told.path, {"text": " \n\0 ", "background": "Ask Anna."})
    assert page.status_code == 422
    assert "Please tell us why you think this is wrong." in page.text
    assert 'aria-describedby="text-help text-error"' in page.text
    assert "Ask Anna." in page.text
    assert not Appeal.objects.exists()


def test_a_text_that_is_too_long_is_kept_and_says_by_how_much(person: Client, told: Told) -> None:
    long = "ก" * (MOST_CHARACTERS + 1)
    page = person.post(told.path, {"text": long, "background": long + "ข"})
    assert page.status_code == 422
    assert "shorter by 1 character." in page.text
    assert "shorter by 2 characters." in page.text
    assert long in page.text
    assert person.post(told.path, {"text": long[1:]}).status_code == 303


def test_a_text_too_large_to_read_is_refused_in_words(person: Client, told: Told, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 50_000
    page = person.post(told.path, f"text={'x' * 60_000}", content_type="application/x-www-form-urlencoded")
    assert page.status_code == 413
    assert "This was too long to send" in page.text
    assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("text=a%00b", "ab"),
        # A lone surrogate in bytes that are no UTF-8, and bytes that are none at all.
        ("text=a%ED%A0%80b", "a\ufffd\ufffd\ufffdb"),
        ("text=a%FFb", "a\ufffdb"),
    ],
)
def test_bytes_that_are_no_text_lose_nobody_her_appeal(
    person: Client, told: Told, sent: str, kept: str
) -> None:
    answer = person.post(told.path, sent, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 303
    assert Appeal.objects.get().text == kept


def test_pressing_send_twice_makes_one_appeal(person: Client, told: Told) -> None:
    first = person.post(told.path, {"text": WHY})
    second = person.post(told.path, {"text": "Pressed again"})
    assert first.headers["Location"] == second.headers["Location"] == told.status_path
    assert Appeal.objects.get().text == WHY
    assert Case.objects.filter(origin=Case.Origin.APPEAL).count() == 1


def test_once_appealed_the_link_leads_to_the_status_and_before_that_the_status_to_the_form(
    person: Client, told: Told
) -> None:
    assert person.get(told.status_path).headers["Location"] == told.path
    appealed(told)
    assert person.get(told.path).headers["Location"] == told.status_path


def test_after_the_last_day_it_says_in_words_that_it_is_too_late_and_shows_nothing_else(
    person: Client,
) -> None:
    told = make_told("th", until=timedelta(seconds=-1))
    for page in (person.get(told.path), person.post(told.path, {"text": WHY})):
        assert page.status_code == 410
        assert "หมดเวลาแล้ว" in page.text
        assert told.statement.text not in page.text
        assert told.decision.reasoning not in page.text
    assert not Appeal.objects.exists()


def test_the_outcome_can_be_read_after_the_last_day_to_appeal(person: Client) -> None:
    told = make_told(until=timedelta(days=1))
    appealed(told)
    type(told.statement).objects.update(appeal_until=told.statement.appeal_until - timedelta(days=2))
    assert person.get(told.status_path).status_code == 200


def test_a_forged_or_foreign_link_opens_nothing(person: Client, told: Told) -> None:
    number, signature = told.path.split("/")[2].split(".")
    other = Decision.objects.get().pk + 1
    for path in (
        f"/appeal/{other}.{signature}/",
        f"/appeal/{number}.{signature[:-1]}/",
        f"/appeal/{number}/",
        f"/appeal/{number}.{signature}x/status/",
    ):
        page = person.get(path)
        assert page.status_code == 404
        assert "This link does not work" in page.text
        assert told.decision.reasoning not in page.text


def test_what_people_wrote_is_shown_as_text_and_cannot_turn_the_page(person: Client) -> None:
    told = make_told(reasoning="<script>alert(1)</script>\u202e")
    page = person.get(told.path).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    appealed(told, "<img src=x onerror=alert(1)>")
    status = person.get(told.status_path).text
    assert "<img" not in status
    assert '<div class="excerpt" dir="auto">' in status


def test_the_pages_ask_the_tables_a_fixed_number_of_things(
    person: Client, told: Told, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(9):
        person.get(told.path)
    appealed(told)
    with django_assert_num_queries(8):
        person.get(told.status_path)
    with django_assert_num_queries(0):
        person.get("/appeal/")


def test_what_waits_for_a_second_person_is_not_told_before_she_agreed_and_then_is(person: Client) -> None:
    policy = make_policy("bulk-messaging", allowed_actions=["lock_account", "terminate_account"])
    told = make_told(actions=[JudgedAction("lock_account"), JudgedAction("terminate_account")])
    page = person.get(told.path).text
    assert "We locked your account." in page
    assert "We closed your account." not in page
    assert page.count("The message we sent you") == 1
    approvals.approve(told.decision.approval.pk, make_user(en=5, clearances=("approval",)))
    first, second = told.decision.statements.order_by("pk")
    assert "We closed your account." not in first.text
    assert "We locked your account." not in second.text
    assert "A second person agreed." in second.text
    page = person.get(told.path).text
    assert "We locked your account." in page
    assert "We closed your account." in page
    assert "A second person agreed." in page
    assert page.count("The message we sent you") == 2
    for statement in (first, second):
        answer = person.post("/appeal/", {"code": statement.appeal_code, "account": "Somchai Ltd"})
        assert answer.headers["Location"] == told.path
    appealed(told)
    assert person.get(told.status_path).status_code == 200
    assert policy.pk == told.decision.policy_id


def test_the_page_names_the_law_and_the_rule_as_it_was(person: Client) -> None:
    told = make_told(ground="law", legal_ground="Section 130")
    fields = replace(fields_of(told.decision.policy), name="Renamed")
    change_policy(told.decision.policy_id, 1, fields, audit.SYSTEM)
    page = person.get(told.path).text
    assert "We think that this breaks the law: \u2068Section 130\u2069" in page
    assert "Our rule: \u2068Bulk messaging\u2069" in page
    assert "Renamed" not in page
