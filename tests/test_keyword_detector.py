"""The detector that looks for the terms of keyword lists."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from moderation.detectors import keywords
from moderation.detectors.interface import Finding, check
from moderation.detectors.keywords import Keywords
from moderation.models import Keyword, KeywordList
from tests.factories import make_item, make_policy


def make_list(
    slug: str, *terms: str, language: str = "", policy: str = "hate-speech", **changes: Any
) -> KeywordList:
    made = KeywordList.objects.create(
        slug=slug, name=slug, language=language, policy=make_policy(policy), **changes
    )
    Keyword.objects.bulk_create(Keyword(keyword_list=made, term=term) for term in terms)
    return made


def screened(text: str, **snapshot: Any) -> Finding | None:
    detector = Keywords()
    detector.version()
    finding = detector.screen(make_item(text=text, **snapshot).snapshots.get())
    return finding if finding is None else check(finding)


@pytest.mark.django_db
def test_a_list_flags_its_policy_with_its_score() -> None:
    make_list("hate-en", "filthy vexlings", language="en", score=0.85)
    finding = screened("You ﬁlthy vexlings, all of you", language="en")
    assert finding is not None
    (flag,) = finding.flags
    assert (flag.policy, flag.score) == ("hate-speech", 0.85)


@pytest.mark.django_db
def test_evidence_says_term_place_and_list() -> None:
    make_list("hate-en", "filthy vexlings", language="en")
    text = "👋 you FILTHY\u00a0vexlings!"
    finding = screened(text, language="en")
    assert finding is not None
    assert finding.flags[0].evidence == {
        "matches": [{"term": "filthy vexlings", "start": 6, "end": 21, "list": "hate-en"}]
    }
    assert text[6:21] == "FILTHY\u00a0vexlings"
    assert finding.saw == {"language": "en", "lists": {"hate-en": {"version": 1, "matches": 1}}}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("list_language", "declared", "applies"),
    [
        ("", "th", True),
        ("th", "th", True),
        ("th", "en", False),
        ("pt", "pt-BR", True),
        ("zh-Hans", "zh-Hant", False),
        ("en", "und", True),
        ("en", "mul", True),
        ("en", "", True),  # identified from the text
        ("th", "", False),
    ],
)
def test_a_list_applies_to_texts_that_its_readers_read_and_where_nobody_knows(
    list_language: str, declared: str, applies: bool
) -> None:
    make_list("list", "weather", language=list_language)
    finding = screened("I do not know what you said about the weather yesterday.", language=declared)
    assert bool(finding and finding.flags) is applies


@pytest.mark.django_db
def test_lists_of_one_policy_make_one_flag_and_other_policies_their_own() -> None:
    make_list("a", "apple", score=0.4)
    make_list("b", "pear", score=0.9)
    make_list("c", "pear", policy="spam", score=0.3)
    make_list("off", "apple", policy="violence", enabled=False)
    finding = screened("a pear and an apple", language="en")
    assert finding is not None
    by_policy = {flag.policy: flag for flag in finding.flags}
    assert set(by_policy) == {"hate-speech", "spam"}
    assert by_policy["hate-speech"].score == 0.9
    assert [match["term"] for match in by_policy["hate-speech"].evidence["matches"]] == ["pear", "apple"]


@pytest.mark.django_db
def test_a_change_of_a_list_shows_at_once_and_in_the_version() -> None:
    made = make_list("a", "apple")
    detector = Keywords()
    first = detector.version()
    snapshot = make_item(text="a pear", language="en").snapshots.get()
    finding = detector.screen(snapshot)
    assert finding is not None
    assert not finding.flags

    Keyword.objects.create(keyword_list=made, term="pear")
    KeywordList.objects.filter(pk=made.pk).update(version=2)
    second = detector.version()
    assert second != first
    finding = detector.screen(snapshot)
    assert finding is not None
    assert finding.flags


@pytest.mark.django_db
def test_a_known_version_is_not_read_again(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    make_list("a", "apple")
    keywords.warm()
    detector = Keywords()
    snapshot = make_item(text="an apple", language="en").snapshots.get()
    with django_assert_num_queries(1):
        detector.version()
        detector.screen(snapshot)


@pytest.mark.django_db
def test_a_text_that_is_nothing_but_matches_is_shown_with_its_first() -> None:
    make_list("a", "bad")
    finding = screened("bad " * 1000, language="en")
    assert finding is not None
    assert len(finding.flags[0].evidence["matches"]) == keywords.MOST_MATCHES
    assert finding.saw["lists"]["a"]["matches"] == 1000


@pytest.mark.django_db
def test_without_text_or_lists_there_is_nothing_to_look_at() -> None:
    assert screened("some text") is None
    make_list("a", "apple")
    assert screened("") is None
