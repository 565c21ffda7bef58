"""Actions: what each of them says of itself, and how a third party adds one."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.utils import translation

from moderation.actions import ACTIONS, Action, Place, register
from moderation.actions.registry import _registered
from moderation.console import judgement_form
from moderation.decisions import JudgedAction, decide
from moderation.models import Message
from moderation.outbox.endpoints import create_endpoint
from tests.an_action import SendLesson
from tests.deciding import hold, judgement
from tests.factories import make_item, make_platform, make_policy

ASK = "import django; django.setup(); from moderation.actions import ACTIONS; print(*ACTIONS)"


def asked(plugins: str) -> subprocess.CompletedProcess[str]:
    """A process of the desk that starts with these plugins and prints its actions."""
    environment = os.environ | {"FAIRLEAD_PLUGINS": plugins, "DJANGO_SETTINGS_MODULE": "config.settings"}
    return subprocess.run(
        [sys.executable, "-c", ASK], capture_output=True, text=True, env=environment, cwd=settings.BASE_DIR
    )


def test_a_plugin_named_in_the_settings_adds_its_action() -> None:
    assert asked("tests.an_action").stdout.split()[-1] == "send_lesson"
    assert "send_lesson" not in asked("").stdout


def test_a_slug_that_is_taken_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="There is an action remove already"):
        register(ACTIONS["remove"])


@pytest.mark.django_db
def test_a_plugins_action_is_offered_judged_carried_out_and_explained(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(_registered, "send_lesson", SendLesson())
    create_endpoint(make_platform(), "http://127.0.0.1:9/hook")
    case, moderator, token = hold(policy=make_policy(allowed_actions=["send_lesson"]))
    rows = judgement_form.rows(case, case.policy, {})
    fields = {row.action.slug: [field.name for field in row.fields] for row in rows}
    assert fields["send_lesson"] == ["send_lesson.lesson"]
    decision = decide(
        case.pk, moderator, token, judgement(JudgedAction("send_lesson", {"lesson": "kindness"}))
    )
    assert "Please take our lesson about kindness." in decision.statement.text
    data = Message.objects.get(type="enforcement.requested").payload["data"]
    assert (data["action"], data["parameters"]) == ("send_lesson", {"lesson": "kindness"})


@pytest.mark.django_db
@pytest.mark.parametrize("action", ACTIONS.values(), ids=lambda action: action.slug)
def test_every_action_says_where_it_is_possible_and_how_it_is_told(action: Action) -> None:
    author = make_item(kind="account", text="")
    for item in (make_item(author=author), author, make_item(kind="ad", author=author)):
        for place in action.places_on(item):
            target = action.target(item, place)
            assert target is not None
            assert target == (item if place == Place.ITEM else author)
            assert target.kind in action.targets
        assert (action.target(item) is None) == (not action.places_on(item))
    assert str(action.label)
    assert str(action.reverse_label)
    if action.restricts:
        with translation.override("en"):
            assert action.told(author, {"how": "age_gate"}).endswith(".")
    # What waits for a second person and is not carried out by the platform is known to those who are cleared alone.
    assert not action.held or action.enforced or action.confidential
