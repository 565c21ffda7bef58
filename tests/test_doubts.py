"""A term that led to a decision which an appeal took back: an admin takes it off the list or keeps it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import expect

from accounts.models import Role, User
from appeals import review
from appeals.models import Appeal
from moderation.detectors import doubts
from moderation.models import Case, Event, KeywordList, Message, TermDoubt
from moderation.outbox.endpoints import create_endpoint
from tests.appealing import appealed, claimed_by, make_reader, make_told
from tests.browser import NewPage, axe, sign_in
from tests.factories import make_flag, make_platform, make_policy, make_user
from tests.test_keyword_detector import make_list
from tests.test_keyword_lists import form

pytestmark = pytest.mark.django_db


@pytest.fixture
def terms() -> KeywordList:
    return make_list("greetings", "sawasdee", "hello all", "greetings", policy="bulk-messaging")


@pytest.fixture
def admin() -> User:
    return make_user(role=Role.ADMIN)


@pytest.fixture
def client(admin: User) -> Client:
    client = Client()
    client.force_login(admin)
    return client


def found(case: Case, *terms: str, name: str = "greetings", **flag: Any) -> None:
    """Our keyword detector found these terms in what the case is about."""
    matches = [{"term": term, "start": 0, "end": 1, "list": name} for term in terms]
    make_flag(case, **{"detector": "keywords", "evidence": {"matches": matches}} | flag)


def taken_back(*terms: str, outcome: str = "overturned", **answer: Any) -> Appeal:
    """An account was locked because of these terms, and appealed."""
    told = make_told("en")
    found(told.decision.case, *terms)
    appeal = appealed(told)
    reviewer = make_reader("en")
    token = claimed_by(reviewer, appeal).lease_token
    assert token is not None
    review.conclude(appeal, reviewer, token, review.Answer(outcome, "We looked again.", **answer))
    return appeal


def open_doubts() -> list[str]:
    return sorted(TermDoubt.objects.filter(status="open").values_list("term", flat=True))


def test_the_terms_that_led_to_what_was_taken_back_are_in_doubt_once(terms: KeywordList) -> None:
    appeal = taken_back("sawasdee", "sawasdee", "hello all")
    assert open_doubts() == ["hello all", "sawasdee"]
    doubt = TermDoubt.objects.get(term="sawasdee")
    assert doubt.decision_id == appeal.decision_id
    event = Event.objects.filter(kind="term.doubted").earliest("pk")
    assert event.data == {"list": "greetings", "term": "hello all", "decision_id": appeal.decision_id}


def test_what_stands_or_is_not_on_the_list_any_more_raises_no_doubt(terms: KeywordList) -> None:
    taken_back("sawasdee", outcome="upheld")
    terms.keywords.filter(term="sawasdee").delete()
    taken_back("sawasdee", "never on it")
    assert open_doubts() == []


def test_it_is_said_how_often_a_term_led_to_decisions_and_how_often_wrongly(terms: KeywordList) -> None:
    taken_back("sawasdee")
    taken_back("sawasdee", "hello all", outcome="upheld")
    taken_back("sawasdee", "hello all")
    first, second = doubts.doubted(terms)
    assert (first.term, first.decisions, first.overturned) == ("sawasdee", 3, 2)
    assert (second.term, second.decisions, second.overturned) == ("hello all", 2, 1)


def test_removed_the_list_has_a_new_version_and_the_doubts_their_answer(
    terms: KeywordList, admin: User
) -> None:
    taken_back("sawasdee")
    taken_back("sawasdee")
    assert doubts.remove(terms, "sawasdee", admin) == 2
    terms.refresh_from_db()
    assert terms.version == 2
    assert set(terms.keywords.values_list("term", flat=True)) == {"hello all", "greetings"}
    assert set(TermDoubt.objects.values_list("status", "answered_by")) == {("removed", admin.pk)}
    changed, removed = Event.objects.order_by("-pk")[:2][::-1]
    assert (changed.kind, changed.data["removed"], changed.data["version"]) == (
        "keyword_list.changed",
        ["sawasdee"],
        2,
    )
    assert (removed.kind, removed.data["doubts"]) == ("term.removed", 2)
    assert doubts.remove(terms, "sawasdee", admin) is None


def test_kept_a_term_is_in_doubt_again_only_after_another_decision(terms: KeywordList, admin: User) -> None:
    taken_back("sawasdee")
    doubts.keep(terms, "sawasdee", admin)
    assert doubts.doubted(terms) == []
    assert terms.keywords.filter(term="sawasdee").exists()
    taken_back("sawasdee")
    assert [each.overturned for each in doubts.doubted(terms)] == [2]


def test_the_page_asks_once_more_and_nothing_typed_is_lost(client: Client, terms: KeywordList) -> None:
    taken_back("sawasdee")
    path = f"/keyword-lists/{terms.pk}/"
    assert 'value="sawasdee"' in client.get(path).content.decode()
    typed = form(terms.policy, name="Half a na", terms="sawasdee\nhello all\nnew term", version=1, score="x")

    asked = client.post(path, typed | {"doubted-ask": "sawasdee"})
    page = asked.content.decode()
    assert asked.status_code == 200
    assert 'name="doubted-remove" value="sawasdee"' in page
    assert "Half a na" in page
    assert "new term" in page
    assert terms.keywords.count() == 3

    page = client.post(path, typed | {"doubted-remove": "sawasdee"}).content.decode()
    assert set(terms.keywords.values_list("term", flat=True)) == {"hello all", "greetings"}
    assert "hello all\nnew term" in page
    assert "Half a na" in page
    # What she typed can still be saved: the version that it began from has gone on with her.
    assert 'name="version" value="2"' in page
    assert "Nothing was saved" not in page


def test_removing_lets_nobody_save_over_what_somebody_else_changed(
    client: Client, terms: KeywordList, admin: User
) -> None:
    taken_back("sawasdee")
    KeywordList.objects.filter(pk=terms.pk).update(version=5)
    typed = form(terms.policy, terms="sawasdee\nmine", version=1)
    page = client.post(f"/keyword-lists/{terms.pk}/", typed | {"doubted-remove": "sawasdee"}).content.decode()
    assert 'name="version" value="1"' in page


def test_keeping_and_leaving_it_on_the_page(client: Client, terms: KeywordList) -> None:
    taken_back("sawasdee")
    path, typed = f"/keyword-lists/{terms.pk}/", form(terms.policy, terms="sawasdee", version=1)
    client.post(path, typed | {"doubted-leave": "sawasdee"})
    assert open_doubts() == ["sawasdee"]
    client.post(path, typed | {"doubted-keep": "sawasdee"})
    assert open_doubts() == []
    assert "doubted-keep" not in client.get(path).content.decode()


def test_the_list_of_lists_counts_terms_in_doubt(client: Client, terms: KeywordList) -> None:
    make_list("others", "a", "b")
    taken_back("sawasdee", "hello all")
    taken_back("sawasdee")
    page = client.get("/keyword-lists/").content.decode()
    assert page.count("#doubted") == 1
    assert "<strong>2</strong>" in page


def test_the_platform_is_given_back_the_flags_that_were_wrong(terms: KeywordList) -> None:
    create_endpoint(make_platform(), "http://127.0.0.1:9/hook")
    told = make_told("en")
    case = told.decision.case
    make_flag(
        case, detector="hashes", detector_version="7", flag_id="f-1", evidence={"hash": "ab12", "list": "x"}
    )
    make_flag(case, source="user_notice", detector="", flag_id="from somebody")
    appeal, reviewer = appealed(told), make_reader("en")
    token = claimed_by(reviewer, appeal).lease_token
    assert token is not None
    review.conclude(appeal, reviewer, token, review.Answer("overturned", "We looked again."))
    flags = Message.objects.get(type="appeal.decided").payload["data"]["flags"]
    assert flags[0] == {
        "flag_id": "f-1",
        "detector": "hashes",
        "detector_version": "7",
        "policy": "bulk-messaging",
        "evidence": {"hash": "ab12", "list": "x"},
    }
    assert "from somebody" not in [each["flag_id"] for each in flags]


def test_of_what_stands_no_flag_is_given_back() -> None:
    create_endpoint(make_platform(), "http://127.0.0.1:9/hook")
    make_policy("bulk-messaging")
    taken_back(outcome="upheld")
    assert Message.objects.get(type="appeal.decided").payload["data"]["flags"] == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("language", "colours"), [("en", "dark"), ("ar", "light")])
def test_a_term_is_taken_off_in_a_browser_with_what_was_typed_still_there(
    new_page: NewPage, language: str, colours: str
) -> None:
    kept = make_list("greetings", "sawasdee", "hello all", policy="bulk-messaging")
    taken_back("sawasdee", "hello all")
    browser = new_page(language=language, colour_scheme=colours)
    sign_in(browser, make_user(role=Role.ADMIN))
    browser.goto(f"/keyword-lists/{kept.pk}/")
    browser.locator("#id_name").fill("Typed and not saved")
    axe(browser)
    browser.locator("button[name=doubted-ask][value=sawasdee]").click()
    expect(browser.locator("button[name=doubted-leave]")).to_be_focused()
    axe(browser)
    browser.locator("button[name=doubted-remove]").click()
    expect(browser.locator(".notice-success")).to_be_visible()
    expect(browser.locator("#id_name")).to_have_value("Typed and not saved")
    expect(browser.locator("#id_terms")).to_have_value("hello all")
    # Enter in a field saves, as it did before there was anything in doubt.
    browser.locator("#id_name").press("Enter")
    expect(browser.locator("h1")).to_contain_text("Typed and not saved")
    assert kept.keywords.count() == 1
    browser.goto("/keyword-lists/")
    axe(browser)
