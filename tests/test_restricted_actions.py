"""Who was let in without reading the language works on a translation, and may decide only what her step allows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Clearance, User
from moderation import plugins
from moderation.actions import allowed_actions
from moderation.console.taking import in_words
from moderation.decisions import InvalidJudgement, JudgedAction, decide, escalate
from moderation.hookspecs import hookimpl
from moderation.models import Case, Event, Queue
from moderation.queueing.claim import claim_next
from tests.appealing import appealed, make_told
from tests.browser import NewPage, axe, sign_in
from tests.console import post
from tests.deciding import judgement
from tests.factories import make_case, make_item, make_policy, make_queue, make_user

pytestmark = pytest.mark.django_db

STEPS: list[dict[str, Any]] = [
    {"after_minutes": 0, "level": 3},
    {"after_minutes": 60, "level": 1, "reads": "any", "actions": ["restrict"]},
]
RESTRICT = JudgedAction("restrict", {"how": "demote"})


class Translator:
    """Answers as it is told to: with a text, with nothing, or with an error."""

    def __init__(self) -> None:
        self.answer: str | Exception | None = "They say <b>hello</b> to everybody."
        self.asked: list[tuple[str, str, str]] = []

    @hookimpl
    def translate(self, text: str, source: str, target: str) -> str | None:
        self.asked.append((text, source, target))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def translator() -> Iterator[Translator]:
    plugin = Translator()
    plugins.manager().register(plugin)
    yield plugin
    plugins.manager().unregister(plugin)


@pytest.fixture
def queue(db: None, translator: Translator) -> Queue:
    make_user(th=5)  # somebody reads it, so that no step is skipped
    return make_queue(steps=STEPS)


def held_in_translation(queue: Queue, user: User | None = None, minutes: int = 61) -> tuple[Case, User]:
    moderator = user or make_user(en=5)
    waiting = make_case(
        language="th",
        queue=queue,
        item=make_item(author=make_item(kind="account", text=""), text="สวัสดีทุกคน"),
        queued_at=timezone.now() - timedelta(minutes=minutes),
    )
    case = claim_next(moderator)
    assert case == waiting
    return case, moderator


def test_only_the_actions_of_her_step_can_be_decided(queue: Queue) -> None:
    case, moderator = held_in_translation(queue)
    assert case.lease_token is not None
    for action in ("remove", "no_violation"):
        with pytest.raises(InvalidJudgement) as refused:
            decide(case.pk, moderator, case.lease_token, judgement(action))
        assert "does not allow this action" in str(refused.value)
    decision = decide(case.pk, moderator, case.lease_token, judgement(RESTRICT))
    assert [each["action"] for each in decision.actions] == ["restrict"]


def test_she_can_always_leave_it_to_others(queue: Queue) -> None:
    case, moderator = held_in_translation(queue)
    assert case.lease_token is not None
    assert [action.slug for action in allowed_actions(case)] == ["restrict", "escalate"]
    escalate(case.pk, moderator, case.lease_token, make_queue("seniors"), "I cannot read it")
    assert Case.objects.get(pk=case.pk).status == Case.Status.QUEUED


def test_who_reads_it_may_decide_everything(queue: Queue) -> None:
    case, moderator = held_in_translation(queue, make_user(th=3))
    assert case.lease_token is not None
    decide(case.pk, moderator, case.lease_token, judgement("remove"))


def test_the_step_narrows_the_policy_and_never_widens_it(queue: Queue) -> None:
    make_policy("spam", allowed_actions=["remove"])
    case, moderator = held_in_translation(queue)
    assert case.lease_token is not None
    with pytest.raises(InvalidJudgement, match="policy does not allow"):
        decide(case.pk, moderator, case.lease_token, judgement(RESTRICT, policy="spam"))


def test_the_page_says_that_she_works_on_a_translation_and_offers_what_she_may(
    client: Client, queue: Queue
) -> None:
    case, moderator = held_in_translation(queue)
    client.force_login(moderator)
    page = client.get(f"/cases/{case.pk}/").content.decode()
    assert "You work on a translation." in page
    assert "By step 2 you may decide only: Restrict." in page
    assert 'value="restrict"' in page
    assert 'value="remove"' not in page
    assert 'value="no_violation"' not in page
    assert f'hx-get="/cases/{case.pk}/translation/"' in page
    assert "step 2: with a translation, after 1 h" in page


def test_where_nothing_is_left_to_decide_she_is_told_and_keeps_the_tools(
    client: Client, queue: Queue
) -> None:
    make_policy("spam", allowed_actions=["remove"])
    case, moderator = held_in_translation(queue)
    client.force_login(moderator)
    page = post(client, case, "decide", policy="spam", actions="remove", htmx=False).content.decode()
    assert "Nothing that you may decide here is allowed under this policy" in page
    assert f'formaction="/cases/{case.pk}/skip/"' in page


def test_who_reads_it_sees_no_translation(client: Client, queue: Queue, translator: Translator) -> None:
    case, moderator = held_in_translation(queue, make_user(th=3))
    client.force_login(moderator)
    page = client.get(f"/cases/{case.pk}/?translated=1").content.decode()
    assert "You work on a translation." not in page
    assert "/translation/" not in page


def test_the_translation_is_a_piece_of_its_own_and_seeing_it_is_an_event(
    client: Client, queue: Queue, translator: Translator
) -> None:
    case, moderator = held_in_translation(queue)
    client.force_login(moderator)
    shown = client.get(f"/cases/{case.pk}/translation/").content.decode()
    assert "They say &lt;b&gt;hello&lt;/b&gt; to everybody." in shown
    assert translator.asked == [("สวัสดีทุกคน", "th", "en")]
    seen = Event.objects.filter(kind="evidence.viewed", actor_id=moderator.pk).latest("id")
    assert (seen.case_id, seen.data["translated_into"]) == (case.pk, "en")


@pytest.mark.parametrize("answer", [None, "", RuntimeError("down")])
def test_a_translation_that_fails_is_said_softly(
    client: Client, queue: Queue, translator: Translator, answer: str | Exception | None
) -> None:
    translator.answer = answer
    case, moderator = held_in_translation(queue)
    client.force_login(moderator)
    shown = client.get(f"/cases/{case.pk}/translation/")
    assert shown.status_code == 200
    assert "It could not be translated" in shown.content.decode()


def test_the_translation_is_shown_without_a_script_too(client: Client, queue: Queue) -> None:
    case, moderator = held_in_translation(queue)
    client.force_login(moderator)
    assert "to everybody." in client.get(f"/cases/{case.pk}/?translated=1").content.decode()


def test_an_appeal_is_translated_with_what_it_is_about(client: Client, translator: Translator) -> None:
    make_user(th=5)
    told = make_told("th")
    appeal = appealed(told, "ผมแค่ทักทายเพื่อน", "th")
    assert appeal.case is not None
    Queue.objects.update(steps=STEPS)
    Case.objects.filter(pk=appeal.case_id).update(queued_at=timezone.now() - timedelta(minutes=61))
    moderator = make_user(en=5, clearances=tuple(Clearance.objects.values_list("slug", flat=True)))
    assert claim_next(moderator) == appeal.case
    client.force_login(moderator)
    path = f"/cases/{appeal.case_id}/appeal/"
    page = client.get(path).content.decode()
    assert "You work on a translation." in page
    assert f'hx-get="{path}translation/"' in page
    shown = client.get(f"{path}translation/").content.decode()
    assert shown.count("They say &lt;b&gt;hello&lt;/b&gt; to everybody.") == len(translator.asked)
    assert translator.asked[0] == ("ผมแค่ทักทายเพื่อน", "th", "en")
    assert "to everybody." in client.get(f"{path}?translated=1").content.decode()


def test_nobody_else_reads_the_translation(client: Client, queue: Queue) -> None:
    queue.required_clearances.create(slug="appeals", name="Appeals")
    case = make_case(language="th", queue=queue)
    client.force_login(make_user(en=5))
    assert client.get(f"/cases/{case.pk}/translation/").status_code == 404


def test_the_history_says_by_which_step_each_case_was_taken(client: Client, queue: Queue) -> None:
    case, moderator = held_in_translation(queue)
    assert case.lease_token is not None
    decide(case.pk, moderator, case.lease_token, judgement(RESTRICT))
    client.force_login(moderator)
    assert "step 2: with a translation, after 1 h" in client.get("/history/").content.decode()
    trail = client.get(f"/cases/{case.pk}/").content.decode()
    assert "claimed it (step 2: with a translation, after 1 h)" in trail


@pytest.mark.parametrize(
    ("through", "words"),
    [
        (None, ""),
        ({}, ""),
        ({"step": 0, "reads": "language", "opens_after": 0}, "no language needed"),
        (
            {"step": 1, "reads": "language", "skill": "th", "level": 5, "opens_after": 0},
            "step 1: \u2068ไทย\u2069, level 5",
        ),
        (
            {
                "step": 3,
                "reads": "close",
                "skill": "th",
                "level": 3,
                "opens_after": 0,
                "brought_forward": True,
            },
            "step 3: \u2068ไทย\u2069, level 3, sooner, as nobody before was on shift",
        ),
    ],
)
def test_how_a_case_was_taken_is_said_in_words(through: dict[str, Any] | None, words: str) -> None:
    assert in_words(through) == words


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("ar", "dark")])
def test_original_and_translation_stand_side_by_side_and_a_lost_one_can_be_asked_again(
    new_page: NewPage, translator: Translator, language: str, scheme: str
) -> None:
    make_user(th=5)
    translator.answer = None
    case, moderator = held_in_translation(make_queue(steps=STEPS))
    page = new_page(language=language, colour_scheme=scheme)
    sign_in(page, moderator)
    page.goto(f"/cases/{case.pk}/")
    again = page.locator("#translation .button")
    expect(again).to_be_visible()
    axe(page)
    translator.answer = "Hello everybody. " * 300
    again.click()
    expect(page.locator("#translation .captured-text")).to_contain_text("Hello everybody.")
    left, right = (page.locator(each).bounding_box() for each in ("#captured", "#translation"))
    assert left is not None
    assert right is not None
    assert abs(left["y"] - right["y"]) < 40
    assert left["x"] != right["x"]
    expect(page.locator("button.submit")).to_be_in_viewport()
    axe(page)
