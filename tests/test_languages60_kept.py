"""Each of the sixty languages through the API, a person's page and a file: kept as it was sent, however spelt."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import LanguageSkill, Role, User
from moderation import languages
from moderation.detectors import screening
from moderation.known_languages import OFFERED
from moderation.staffing import reading
from tests.calling import Caller, flag, ndjson
from tests.factories import make_policy, make_queue, make_user
from tests.sixty_languages import ALIASES, ENDONYMS, RIGHT_TO_LEFT, TAGS


@pytest.mark.django_db
def test_each_language_comes_through_the_api_and_waits_in_its_lane(api_key: str) -> None:
    make_policy()
    make_queue()
    caller = Caller(api_key)
    kept = ALIASES | {tag: tag for tag in TAGS}
    # Who declares that she does not know has declared nothing.
    sent = {f"post-{n}": tag for n, tag in enumerate(kept) if kept[tag] != languages.UNDETERMINED}
    lines = [flag(item, item_text=f"Words {item}", item_language=tag) for item, tag in sent.items()]
    answers = caller.batch("flags/batch", ndjson(*lines))
    assert [each.get("error") for each in answers] == [None] * len(sent)
    while screening.screen_pending():
        pass
    found: dict[str, Any] = {}
    for item, answer in zip(sent, answers, strict=True):
        of_item = caller.get(f"items/content/{item}").json()
        case = caller.get(f"cases/{answer['case_id']}").json()
        assert of_item["language_declared"]
        assert of_item["language"] == case["language"]
        assert (case["status"], case["language_source"]) == ("queued", "declared")
        found[item] = case["language"]
    assert found == {item: kept[tag] for item, tag in sent.items()}


@pytest.fixture
def admin_client(db: None) -> Client:
    client = Client()
    client.force_login(make_user(role=Role.ADMIN))
    return client


def person_form(user: User, skills: list[tuple[str, int]]) -> dict[str, Any]:
    """What the person's page sends."""
    fields: dict[str, Any] = {"version": user.configuration_version, "name": "Noor", "role": user.role}
    fields |= {"active": "on", "time_zone": "UTC", "hours-rows": 0, "absence-rows": 0}
    fields["skill-rows"] = len(skills)
    for row, (typed, level) in enumerate(skills):
        fields |= {f"skill-{row}-tag": typed, f"skill-{row}-level": level}
    return fields


@pytest.mark.parametrize("by", ["tag", "endonym", "english"])
def test_each_language_can_be_typed_on_a_persons_page_and_stands_there_afterwards(
    admin_client: Client, by: str
) -> None:
    user = make_user()
    typed = [(getattr(each, by), 3 + n % 3) for n, each in enumerate(OFFERED)]
    assert admin_client.post(f"/people/{user.pk}/", person_form(user, typed)).status_code == 302
    kept = dict(LanguageSkill.objects.filter(moderator=user).values_list("tag", "level"))
    assert kept == {each.tag: 3 + n % 3 for n, each in enumerate(OFFERED)}
    page = admin_client.get(f"/people/{user.pk}/").content.decode()
    shown_tags = re.findall(r'name="skill-\d+-tag" value="([^"]+)"', page)
    assert sorted(shown_tags) == sorted(TAGS)
    for tag in RIGHT_TO_LEFT:
        assert f'<bdi lang="{tag}" dir="rtl">{ENDONYMS[tag]}</bdi>' in page


@pytest.mark.parametrize(
    ("typed", "tag"),
    [("Bengali", "bn"), ("bangla", "bn"), (" FARSI ", "fa"), ("Norwegian", "nb"), ("Mandarin", "zh-Hans")],
)
def test_a_language_is_known_by_the_names_that_people_use(typed: str, tag: str) -> None:
    assert reading.language(typed) == tag


def test_a_file_may_spell_a_language_as_it_likes(admin_client: Client) -> None:
    user = make_user()
    sent = {sent: kept for sent, kept in ALIASES.items() if kept not in languages.SPECIAL}
    # One spelling of each: a file that names a language twice is refused.
    once = {kept: sent for sent, kept in sent.items()}
    lines = ["username,language,level", *(f"{user.username},{spelt},4" for spelt in once.values())]
    preview = {"text": "\n".join(lines), "mode": "add"}
    versions = json.dumps({user.pk: user.configuration_version})
    answer = admin_client.post("/people/csv/", preview | {"versions": versions, "save": "1"})
    assert answer.status_code == 302
    assert set(LanguageSkill.objects.filter(moderator=user).values_list("tag", flat=True)) == set(once)
