"""Triage: somebody says which language a case is in, with one key, before anybody decides it."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from moderation import identification
from moderation.decisions import InvalidJudgement, LeaseLost, decide
from moderation.languages import UnknownLanguage
from moderation.models import Case, Event, RoutingRule
from moderation.queueing.claim import claim_next
from moderation.queueing.lease import release
from moderation.routing.triage import awaits_language, candidates, settle
from tests.browser import NewPage, axe, sign_in
from tests.console import full_case, post
from tests.deciding import hold, judgement
from tests.factories import make_case, make_item, make_queue, make_reader, make_user

pytestmark = pytest.mark.django_db

THAI = "สวัสดี 12"
STEPS = [{"after_minutes": 0, "level": 4}, {"after_minutes": 30, "level": 2}]


def waited(minutes: int) -> dict[str, Any]:
    return {"queued_at": timezone.now() - timedelta(minutes=minutes)}


def current(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


@pytest.mark.parametrize(
    ("language", "source", "origin", "awaits"),
    [
        ("und", "none", "flag", True),
        ("und", "identified", "flag", True),
        ("mul", "declared", "flag", True),
        ("und", "moderator", "flag", False),
        ("zxx", "identified", "flag", False),
        ("en", "none", "flag", False),
        ("und", "appellant", "appeal", False),
        ("und", "none", "appeal", False),
    ],
)
def test_a_flagged_case_awaits_its_language_until_a_person_has_said_it(
    language: str, source: str, origin: str, awaits: bool
) -> None:
    assert awaits_language(Case(language=language, language_source=source, origin=origin)) is awaits


@pytest.mark.parametrize("language", ["und", "mul"])
def test_nothing_is_decided_before_the_language_is_settled(language: str) -> None:
    case, moderator, token = hold(language=language, moderator=make_user(en=5))
    with pytest.raises(InvalidJudgement) as refused:
        decide(case.pk, moderator, token, judgement("remove"))
    assert [error["loc"] for error in refused.value.errors] == [["language"]]
    settle(case.pk, moderator, token, language)
    again = current(case)
    assert again.lease_token is not None
    decide(case.pk, moderator, again.lease_token, judgement("remove"))
    assert current(case).status == Case.Status.DECIDED


def test_who_reads_it_keeps_it_by_a_new_hold() -> None:
    case, moderator, token = hold(language="und", moderator=make_user(th=5))
    assert settle(case.pk, moderator, token, "th").kept
    after = current(case)
    assert (after.status, after.claimed_by, after.language) == (Case.Status.CLAIMED, moderator, "th")
    assert after.language_source == Case.LanguageSource.MODERATOR
    assert after.lease_token not in (None, token)
    assert after.claimed_through is not None
    assert (after.claimed_through["step"], after.claimed_through["skill"]) == (1, "th")
    trail = Event.objects.filter(case_id=case.pk, actor_id=moderator.pk).order_by("id")
    assert [(each.kind, each.data.get("how")) for each in trail] == [
        ("case.claimed", None),
        ("case.released", "language set"),
        ("case.claimed", "language set"),
    ]


def test_who_does_not_read_it_leaves_it_to_its_readers() -> None:
    case, moderator, token = hold(language="und", moderator=make_user(en=5))
    assert not settle(case.pk, moderator, token, "th").kept
    assert (current(case).status, current(case).language) == (Case.Status.QUEUED, "th")
    assert claim_next(moderator) is None
    assert claim_next(make_user(th=3)) == case


@pytest.mark.parametrize(("minutes", "kept"), [(29, False), (31, True)])
def test_it_stays_only_where_her_step_has_opened_by_the_time_that_it_has_waited(
    minutes: int, kept: bool
) -> None:
    make_user(th=5)  # on shift, so that no step is skipped
    queue = make_queue(steps=STEPS)
    case, moderator, token = hold(language="und", queue=queue, moderator=make_user(th=2), **waited(minutes))
    assert settle(case.pk, moderator, token, "th").kept is kept
    through = current(case).claimed_through
    assert (through or {}).get("step") == (2 if kept else None)


def test_it_leaves_her_where_its_new_queue_is_not_hers() -> None:
    guarded = make_queue("guarded", clearances=("appeals",))
    RoutingRule.objects.create(position=1, name="Thai", conditions={"language": ["th"]}, queue=guarded)
    case, moderator, token = hold(language="und", moderator=make_user(th=5))
    assert not settle(case.pk, moderator, token, "th").kept
    assert current(case).queue == guarded


def test_it_leaves_her_where_its_new_queue_is_paused() -> None:
    paused = make_queue("paused", paused=True)
    RoutingRule.objects.create(position=1, name="Thai", conditions={"language": ["th"]}, queue=paused)
    case, moderator, token = hold(language="und", moderator=make_user(th=5))
    assert not settle(case.pk, moderator, token, "th").kept
    assert current(case).status == Case.Status.QUEUED


@pytest.mark.parametrize("tag", ["und", "zxx"])
def test_what_cannot_be_told_or_has_no_language_is_decided_by_her(tag: str) -> None:
    case, moderator, token = hold(language="und", moderator=make_user(en=5))
    assert settle(case.pk, moderator, token, tag).kept
    assert (current(case).language, awaits_language(current(case))) == (tag, False)


def test_once_settled_as_it_is_nobody_is_asked_again() -> None:
    case, moderator, token = hold(language="und", moderator=make_user(en=5))
    settle(case.pk, moderator, token, "und")
    again = current(case)
    assert again.lease_token is not None
    release(case.pk, moderator, again.lease_token)
    assert claim_next(make_user(en=5)) == case
    assert not awaits_language(current(case))


def test_a_stale_hold_or_no_language_settles_nothing() -> None:
    case, moderator, token = hold(language="und", moderator=make_user(en=5))
    with pytest.raises(LeaseLost):
        settle(case.pk, moderator, uuid.uuid4(), "th")
    with pytest.raises(UnknownLanguage):
        settle(case.pk, moderator, token, "thailandish")
    assert (current(case).lease_token, current(case).language) == (token, "und")


@pytest.mark.parametrize(
    ("text", "likely"),
    [
        (THAI, ["th"]),
        ("hola", ["es"]),
        ("Привет", ["ru"]),
        ("dia makan nasi", ["id", "ms"]),
        ("中文 and ไทย", ["zh-Hans", "th"]),
        ("12 :-)", []),
        ("", []),
    ],
)
def test_a_text_suggests_what_it_may_be_in(text: str, likely: list[str]) -> None:
    guesses = identification.guesses(text)
    assert [tag for tag in guesses if tag in likely] == likely
    assert bool(guesses) == bool(likely)


def test_what_the_text_suggests_comes_first_then_her_languages_in_its_script() -> None:
    moderator = make_reader({"en": 5, "sr": 4, "uk": 4})
    case = make_case(language="und", item=make_item(text="Привет"))
    assert candidates(case, moderator, ["bg", "th"]) == ["ru", "sr", "uk", "bg", "en", "th"]


def test_nine_and_zero_are_left_for_the_other_answers() -> None:
    moderator = make_reader(dict.fromkeys(["en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "pl"], 4))
    case = make_case(language="und", item=make_item(text="12"))
    assert len(candidates(case, moderator)) == 8


def open_triage(client: Client, text: str = THAI, reads: str = "en") -> Case:
    moderator = make_reader({reads: 5})
    case, _, _ = hold(language="und", moderator=moderator, item=make_item(text=text))
    client.force_login(moderator)
    return case


def test_the_page_asks_for_the_language_in_place_of_a_decision(client: Client) -> None:
    case = open_triage(client)
    page = client.get(f"/cases/{case.pk}/").content.decode()
    assert 'name="choice" value="th"' in page
    assert 'name="choice" value="zxx"' in page
    assert 'name="choice" value="und"' in page
    assert 'name="actions"' not in page
    # Enter in the field of another language must not choose the first one offered.
    assert page[page.index("<button", page.index('id="decide-form"')) :].startswith(
        '<button type="submit" hidden'
    )


@pytest.mark.parametrize("htmx", [True, False])
def test_a_decision_that_is_sent_all_the_same_is_refused_in_words(client: Client, htmx: bool) -> None:
    case = open_triage(client)
    answer = post(client, case, "decide", actions="remove", htmx=htmx)
    assert answer.status_code == 422
    assert "Say first which language it is" in answer.content.decode()
    assert current(case).status == Case.Status.CLAIMED


def test_one_choice_keeps_her_on_the_case_or_opens_the_next(client: Client) -> None:
    case = open_triage(client, reads="th")
    assert post(client, case, "language", choice="th", language_tag="").headers["HX-Redirect"] == (
        f"/cases/{case.pk}/"
    )
    assert 'name="actions"' in client.get(f"/cases/{case.pk}/").content.decode()
    other = open_triage(client)
    following = make_case(language="en", **waited(5))
    answer = post(client, other, "language", choice="th", htmx=False)
    assert answer.headers["Location"] == f"/cases/{following.pk}/"


def test_a_language_that_nobody_knows_is_said_beside_the_choices(client: Client) -> None:
    case = open_triage(client)
    answer = post(client, case, "language", language_tag="klingonish")
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert "is not a language we know" in shown
    assert 'value="klingonish"' in shown
    assert 'name="choice" value="th"' in shown


def test_what_she_set_lately_is_offered_again(client: Client) -> None:
    case = open_triage(client)
    post(client, case, "language", language_tag="Lao")
    following = make_case(language="und", item=make_item(text="12"), **waited(5))
    assert client.post("/next/").headers["Location"] == f"/cases/{following.pk}/"
    assert 'name="choice" value="lo"' in client.get(f"/cases/{following.pk}/").content.decode()


def test_the_board_says_what_the_work_of_such_a_lane_is(client: Client) -> None:
    make_case(language="und", **waited(5))
    client.force_login(make_user(en=5))
    assert "triage: say which language it is" in client.get("/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_one_key_sets_the_language_and_the_decision_opens_or_the_next_case(new_page: NewPage) -> None:
    page = new_page()
    moderator = make_user(th=5, en=5)
    sign_in(page, moderator)
    hers = make_case(language="und", item=make_item(text=THAI), priority=400)
    other = make_case(language="und", item=make_item(text="Привет"), priority=300)
    last = make_case(language="en", priority=200)
    page.goto("/")
    page.keyboard.press("n")
    page.wait_for_url(f"**/cases/{hers.pk}/")
    expect(page.locator("#triage-heading")).to_be_visible()
    page.keyboard.press("1")
    expect(page.locator("input[value=remove]")).to_be_visible()
    assert page.url.endswith(f"/cases/{hers.pk}/")
    assert (current(hers).language, current(hers).claimed_by) == ("th", moderator)
    page.keyboard.press("1")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"**/cases/{other.pk}/")
    page.keyboard.press("l")
    page.keyboard.type("Russian")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/cases/{last.pk}/")
    assert (current(other).language, current(other).status) == ("ru", Case.Status.QUEUED)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("ar", "dark")])
def test_triage_has_no_barrier_and_stays_in_sight_however_long_the_text(
    new_page: NewPage, language: str, scheme: str
) -> None:
    page = new_page(language=language, colour_scheme=scheme)
    moderator = make_user(en=5, fr=4, de=4, fa=3)
    sign_in(page, moderator)
    case = full_case()
    Case.objects.filter(pk=case.pk).update(language="und", language_source="none")
    make_case(language="und", priority=0)
    claimed = claim_next(moderator)
    assert claimed == case
    page.goto(f"/cases/{case.pk}/")
    for seen in ("#captured", "[data-key='1']", "[data-key='9']", "[data-key='0']", "#language-tag"):
        expect(page.locator(seen)).to_be_in_viewport()
    assert page.evaluate("document.scrollingElement.scrollHeight") <= 768
    axe(page)
    page.locator("#language-tag").fill("klingonish")
    page.keyboard.press("Enter")
    expect(page.locator("#standing [role=alert]")).to_be_focused()
    axe(page)
