"""The pages of the routing rules: every change is typed, foreseen and saved with a reason, or kept as it was typed."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from moderation import audit
from moderation.models import RoutingRule, RoutingVersion
from moderation.routing import rules
from tests.factories import make_case, make_item, make_queue, make_user
from tests.ruling import HATE, REST, SPAM, admin, client, id_of, in_order, page

__all__ = ["admin", "client"]

pytestmark = pytest.mark.django_db


def order(*names: str, off: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    """What the page of all rules sends."""
    ids = {name: id_of(name) for name in names}
    return {
        "rule": list(ids.values()),
        "on": [ids[name] for name in names if name not in off],
        "version": rules.latest(),
        "why": "Because",
    } | more


def form(rule: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """What the page of one rule sends."""
    return {"name": "Thai", "queue": "hate", "enabled": "on", "place": 1, "version": rules.latest()} | {
        "why": "Because",
        **(rule or {}),
        **more,
    }


# All of them


def test_rules_stand_there_as_sentences_with_what_they_caught(client: Client) -> None:
    row = RoutingRule.objects.get(name="Hate")
    make_case(rule=row)
    shown = " ".join(page(client, "/rules/").split())
    assert "policy is Hate speech" in shown
    assert '<strong>1</strong> <span class="soft small">caught this week' in shown
    assert "Version 2" in shown
    assert "At first" in shown


def test_without_rules_the_page_says_where_cases_go(client: Client, admin: User) -> None:
    rules.save([], audit.person(admin), "Away with them", 2)
    assert "There are no rules yet" in page(client, "/rules/")


def test_a_new_order_and_switches_are_saved_together(client: Client, admin: User) -> None:
    page(client, "/rules/", order("Spam", "Hate", "Everything else", off=("Hate",)), 302)
    assert in_order() == ["Spam", "Hate", "Everything else"]
    assert [each["enabled"] for each in rules.as_written()] == [True, False, True]
    version = RoutingVersion.objects.get(number=3)
    assert (version.saved_by, version.why) == (admin, "Because")


def test_a_button_moves_a_rule_on_the_page_and_saves_nothing(client: Client) -> None:
    move = order("Hate", "Spam", "Everything else", off=("Spam",), move=f"{id_of('Spam')}:up", why="kept")
    shown = page(client, "/rules/", move)
    assert shown.index(">Spam<") < shown.index(">Hate<")
    assert "“Spam” is switched off" in shown
    assert "from place 1 to 2" in shown or "from place 2 to 1" in shown
    assert 'value="kept"' in shown
    assert in_order() == ["Hate", "Spam", "Everything else"]
    assert rules.latest() == 2


@pytest.mark.parametrize("move", ["x:up", "99999:down", ":", "", "1"])
def test_a_move_that_is_none_moves_nothing(client: Client, move: str) -> None:
    shown = page(client, "/rules/", order("Hate", "Spam", "Everything else", move=move))
    assert shown.index(">Hate<") < shown.index(">Spam<")


def test_the_first_rule_stays_first_when_it_is_moved_up(client: Client) -> None:
    moved = order("Hate", "Spam", "Everything else", move=f"{id_of('Hate')}:up")
    assert 'id="unsaved"' not in page(client, "/rules/", moved)


def test_without_a_reason_nothing_is_saved_and_the_order_stays_as_typed(client: Client) -> None:
    shown = page(client, "/rules/", order("Spam", "Hate", "Everything else", why=" "), 422)
    assert "Say why" in shown
    assert shown.index(">Spam<") < shown.index(">Hate<")
    assert rules.latest() == 2


def test_a_stale_order_is_kept_over_the_rules_as_they_are_and_saves_nothing(
    client: Client, admin: User
) -> None:
    typed = order("Spam", "Hate", "Everything else", off=("Spam",), why="typed long")
    new = {"name": "New", "queue": "hate", "conditions": {"min_severity": 5}}
    rules.save([new, HATE, SPAM, REST], audit.person(admin), "Meanwhile", 2)
    shown = page(client, "/rules/", typed, 422)
    assert "Somebody else has changed the rules meanwhile" in shown
    assert "typed long" in shown
    assert shown.index(">Spam<") < shown.index(">Hate<") < shown.index(">New<")
    assert 'name="version" value="2"' in shown
    assert in_order() == ["New", "Hate", "Spam", "Everything else"]


def test_the_same_order_is_no_new_version(client: Client) -> None:
    answer = client.post("/rules/", order("Hate", "Spam", "Everything else"), follow=True)
    assert "Nothing was different" in answer.content.decode()
    assert rules.latest() == 2


def test_an_order_is_foreseen_and_nothing_is_saved(client: Client) -> None:
    make_case(item=make_item(language="en"), queue=make_queue("hate"))
    shown = page(client, "/rules/", order("Hate", "Spam", "Everything else", off=("Hate",), foresee="1"))
    assert "What this would do" in shown
    assert "1 of 1 case would have gone to another lane" in " ".join(shown.split())
    assert rules.latest() == 2


def test_a_rule_that_an_earlier_one_leaves_nothing_is_marked(client: Client) -> None:
    moved = order("Hate", "Everything else", "Spam", move="")
    assert "This rule never catches anything" in page(client, "/rules/", moved)


def test_the_page_takes_as_many_statements_for_sixty_rules_as_for_two(client: Client, admin: User) -> None:
    def statements(*written: dict[str, Any]) -> int:
        rules.save([*written, REST], audit.person(admin), "More", rules.latest())
        page(client, "/rules/")  # reads the configuration that has just changed, once for a process
        with CaptureQueriesContext(connection) as captured:
            page(client, "/rules/")
        return len(captured)

    many = [SPAM | {"name": f"Rule {n}", "conditions": {"item_type": [f"t{n}"]}} for n in range(59)]
    assert statements(*many) == statements(HATE)


# One of them


FULL: dict[str, Any] = {
    "name": "  Thai   and Chinese ",
    "place": 2,
    "queue": "hate",
    "language": "th, ZH-* iw",
    "min_confidence": "0.625",
    "max_confidence": "",
    "policy": ["hate-speech", "spam"],
    "min_severity": "2",
    "max_severity": "4",
    "source": ["authority"],
    "detector": "keywords",
    "min_score": "0,5",
    "min_reach": "1000",
    "origin": ["flag"],
    "item_kind": ["content"],
    "item_type": "post",
    "platform": ["harbour"],
    "country": "th de",
    "disclosure": ["public"],
    "min_author_breaches": "2",
    "due_minutes": "45",
    "priority_bonus": "+10",
    "steps-1-after": "0",
    "steps-1-level": "4",
    "steps-2-after": "30",
    "steps-2-level": "3",
}


def test_a_rule_with_everything_is_made_and_shown_again_as_it_is(client: Client) -> None:
    page(client, "/rules/new/", form(FULL), 302)
    made = rules.as_written()[1]
    assert made == {
        "name": "Thai and Chinese",
        "enabled": True,
        "conditions": {
            "policy": ["hate-speech", "spam"],
            "source": ["authority"],
            "origin": ["flag"],
            "item_kind": ["content"],
            "platform": ["harbour"],
            "disclosure": ["public"],
            "language": ["th", "zh-*", "he"],
            "detector": ["keywords"],
            "item_type": ["post"],
            "country": ["TH", "DE"],
            "min_severity": 2,
            "max_severity": 4,
            "min_score": 0.5,
            "min_reach": 1000,
            "min_author_breaches": 2,
            "min_confidence": 0.625,
        },
        "queue": "hate",
        "priority_bonus": 10,
        "due_minutes": 45,
        "clearances": [],
        "steps": [{"after_minutes": 0, "level": 4}, {"after_minutes": 30, "level": 3}],
    }
    shown = page(client, f"/rules/{id_of('Thai and Chinese')}/")
    for typed in ("th, zh-*, he", 'value="0.625"', 'value="0.5"', 'value="45"', 'value="1000"', "TH, DE"):
        assert typed in shown
    same = form(FULL, place=2, name="Thai and Chinese")
    page(client, f"/rules/{id_of('Thai and Chinese')}/", same, 302)
    assert rules.latest() == 3


def test_a_rule_is_changed_and_moved_and_keeps_its_row(client: Client) -> None:
    row = id_of("Spam")
    page(client, f"/rules/{row}/", form(name="Spam and more", queue="general", policy=["spam"], place=1), 302)
    assert in_order() == ["Spam and more", "Hate", "Everything else"]
    assert id_of("Spam and more") == row


def test_a_new_rule_is_proposed_before_the_one_that_catches_the_rest(client: Client) -> None:
    shown = page(client, "/rules/new/")
    assert '<option value="3" selected>3, after “Spam”' in shown


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"name": ""}, "name", "Give the rule a name"),
        ({"name": "Spam"}, "name", "Rule 3 has this name too"),
        ({"queue": ""}, "queue", "Choose a queue"),
        ({"queue": "nowhere"}, "queue", "There is no queue"),
        ({"language": "thailandish"}, "language", "thailandish"),
        ({"min_severity": "grave"}, "min_severity", "whole number from 1 to 5"),
        ({"min_severity": "4", "max_severity": "2"}, "max_severity", "No severity"),
        ({"min_confidence": "62"}, "min_confidence", "from 0 to 1"),
        ({"min_score": "7"}, "min_score", "from 0 to 1"),
        ({"min_reach": "many"}, "min_reach", "whole number"),
        ({"min_author_breaches": "0"}, "min_author_breaches", "from 1 to 100"),
        ({"country": "XQ"}, "country", "not known here"),
        ({"policy": ["gossip"]}, "policy", "not known here"),
        ({"due_minutes": "soon"}, "due_minutes", "whole number of minutes"),
        ({"priority_bonus": "99999"}, "priority_bonus", "whole number from"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_what_was_typed_is_kept(
    client: Client, wrong: dict[str, Any], field: str, words: str
) -> None:
    shown = page(client, "/rules/new/", form(item_type="typed long", **wrong), 422)
    beside = shown[shown.index(f'id="{field}-findings"') :][:400]
    assert words in beside
    assert "typed long" in shown
    assert "Nothing was saved" in shown
    for typed in wrong.values():
        if isinstance(typed, str) and typed:
            assert f'value="{typed}"' in shown or typed == "nowhere"
    assert rules.latest() == 2


def test_steps_that_can_never_open_are_refused_beside_their_row(client: Client) -> None:
    steps = {"steps-1-after": "0", "steps-1-level": "3", "steps-2-after": "0", "steps-2-level": "2"}
    shown = page(client, "/rules/new/", form(steps, item_type="kept"), 422)
    assert 'id="steps-2-error"' in shown
    assert "kept" in shown
    assert rules.latest() == 2


def test_a_step_is_added_on_the_page_and_nothing_is_saved(client: Client) -> None:
    shown = page(client, "/rules/new/", form(add_step="1", item_type="kept"))
    assert 'name="steps-1-after"' in shown
    assert "kept" in shown
    assert rules.latest() == 2


def test_a_new_way_into_a_paused_queue_is_refused_beside_the_queue(client: Client) -> None:
    make_queue("shut", paused=True)
    shown = page(client, "/rules/new/", form(queue="shut"), 422)
    assert "is paused: nobody would be given" in shown[shown.index('id="queue-findings"') :][:300]


def test_a_rule_is_foreseen_with_its_warnings_and_nothing_is_saved(client: Client) -> None:
    make_case(item=make_item(language="bn"), language="bn", queue=make_queue("general"))
    shown = page(client, "/rules/new/", form(language="bn", foresee="1"))
    assert "What this would do" in shown
    assert "Nobody could ever take what it catches in" in shown[shown.index('id="language-findings"') :][:300]
    assert "“Thai” is new, as rule 1" in shown
    assert rules.latest() == 2


def test_a_rule_that_cannot_be_is_not_foreseen(client: Client) -> None:
    shown = page(client, "/rules/new/", form(queue="", foresee="1"), 422)
    assert "What this would do" not in shown


def test_a_stale_rule_is_kept_as_typed_and_saves_nothing(client: Client, admin: User) -> None:
    typed = form(name="Hate", queue="hate", policy=["hate-speech"], item_type="typed long")
    rules.save([HATE, REST], audit.person(admin), "Meanwhile", 2)
    shown = page(client, f"/rules/{id_of('Hate')}/", typed, 422)
    assert "Somebody else has changed the rules meanwhile" in shown
    assert "typed long" in shown
    assert 'name="version" value="2"' in shown
    assert rules.latest() == 3


def test_a_rule_is_deleted_with_a_reason(client: Client) -> None:
    path = f"/rules/{id_of('Spam')}/"
    assert "Say why" in page(client, path, form(name="Spam", delete="1", why=""), 422)
    assert len(in_order()) == 3
    page(client, path, form(name="Spam", delete="1"), 302)
    assert in_order() == ["Hate", "Everything else"]
    assert client.get(path).status_code == 404


def test_untrusted_names_are_inert(client: Client, admin: User) -> None:
    name = "</li><script>alert(1)</script>"
    rules.save([HATE | {"name": name}, REST], audit.person(admin), "</p><script>", 2)
    for path in ("/rules/", f"/rules/{id_of(name)}/", "/rules/versions/"):
        assert "<script>alert" not in page(client, path)


def test_moderators_do_not_see_the_rules() -> None:
    client = Client()
    client.force_login(make_user())
    for path in (
        "/rules/",
        "/rules/new/",
        "/rules/1/",
        "/rules/versions/",
        "/rules/export/",
        "/rules/import/",
    ):
        assert client.get(path).status_code == 403
    assert client.post("/rules/versions/1/roll-back/").status_code == 403
