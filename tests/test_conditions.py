"""What a rule may ask of a case."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from moderation import conditions
from moderation.conditions import UnknownCondition
from moderation.routing.facts import Facts

FACTS = Facts(
    policy="hate-speech",
    severity=4,
    sla_minutes=60,
    opened_at=datetime(2026, 11, 20, 8, tzinfo=UTC),
    language="th",
    language_source="identified",
    language_confidence=0.8,
)


@pytest.mark.parametrize(
    ("asked", "changes", "met"),
    [
        ({"max_severity": 4}, {}, True),
        ({"max_severity": 3}, {}, False),
        ({"min_severity": 2, "max_severity": 4}, {}, True),
        ({"min_confidence": 0.8}, {}, True),
        ({"min_confidence": 0.81}, {}, False),
        ({"max_confidence": 0.5}, {}, False),
        ({"max_confidence": 0.5}, {"language_confidence": 0.4}, True),
        ({"max_confidence": 0.5}, {"language_confidence": None, "language_source": "none"}, True),
        ({"min_confidence": 1}, {"language_confidence": None, "language_source": "declared"}, True),
        ({"detector": ["keywords"]}, {"detectors": frozenset({"keywords", "bulk"})}, True),
        ({"detector": ["keywords"]}, {"detectors": frozenset({"bulk"})}, False),
        ({"min_score": 0.9}, {"best_score": 0.95}, True),
        ({"min_score": 0.9}, {"best_score": 0.85}, False),
        ({"min_score": 0.1}, {"best_score": None}, False),
        ({"min_reach": 1000}, {"reach": 1000}, True),
        ({"min_reach": 1000}, {"reach": 999}, False),
        ({"min_reach": 1}, {"reach": None}, False),
        ({"min_author_breaches": 2}, {"author_breaches": 2}, True),
        ({"min_author_breaches": 2}, {"author_breaches": 1}, False),
        ({"min_severity": 1, "language": ["lo"]}, {}, False),
    ],
)
def test_a_condition_holds_or_it_does_not(asked: dict[str, Any], changes: dict[str, Any], met: bool) -> None:
    conditions.check(asked)
    assert (conditions.unmet(asked, replace(FACTS, **changes)) is None) is met


@pytest.mark.parametrize(
    ("asked", "key", "words"),
    [
        ({"min_score": 1.5}, "min_score", "from 0 to 1"),
        ({"min_score": "0.5"}, "min_score", "a number"),
        ({"min_score": float("nan")}, "min_score", "a number"),
        ({"min_reach": 1.5}, "min_reach", "a whole number from 1 to 1,000,000,000,000"),
        ({"min_reach": True}, "min_reach", "a whole number"),
        ({"min_author_breaches": 0}, "min_author_breaches", "from 1 to 100"),
        ({"max_severity": 0}, "max_severity", "from 1 to 5"),
        ({"min_severity": 4, "max_severity": 2}, "max_severity", "No severity is both"),
        ({"min_confidence": 0.9, "max_confidence": 0.1}, "max_confidence", "No confidence is both"),
        ({"detector": [""]}, "detector", "accepted value"),
        ({"language": ["th", "qqqq"]}, "language", "qqqq"),
        ({"min_language": 1}, "min_language", "Nobody knows"),
    ],
)
def test_what_cannot_be_asked_is_refused_and_the_words_name_it(
    asked: dict[str, Any], key: str, words: str
) -> None:
    with pytest.raises(UnknownCondition, match=re.escape(words)) as refused:
        conditions.check(asked)
    assert refused.value.key == key


def test_a_condition_that_got_past_the_check_is_not_passed_over() -> None:
    with pytest.raises(UnknownCondition):
        conditions.unmet({"lang": ["th"]}, FACTS)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("iw-*", "he-*"),
        ("iw", "he"),
        ("no", "nb"),
        ("nn", "nn"),
        ("tl", "fil"),
        ("mo", "ro"),
        ("ZH_tw", "zh-TW"),
        ("zh", "zh"),
        (" zh-hant ", "zh-Hant"),
        ("*-cyrl", "*-Cyrl"),
        ("und", "und"),
        ("EN-*", "en-*"),
    ],
)
def test_a_range_is_kept_in_the_form_that_tags_have(typed: str, kept: str) -> None:
    assert conditions.normalise_range(typed) == kept


@pytest.mark.parametrize("typed", ["", "-", "thailandish", "qq-*", "zh-", "a b", "*-"])
def test_a_range_that_is_none_is_refused(typed: str) -> None:
    with pytest.raises(UnknownCondition):
        conditions.normalise_range(typed)
