"""The generated matrix again, as text: in each of the desk's languages nothing is left in English, nothing is left
unfilled, and no mark of direction is left open; and in English each sentence is short.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from itertools import cycle, product

import pytest
from django.utils import timezone

from moderation import languages
from moderation.actions import ACTIONS
from moderation.hookspecs import Redress
from moderation.isolates import FIRST_STRONG_ISOLATE, POP_ISOLATE, isolate
from moderation.judgements import Measure
from moderation.models import Case, Flag, Item, Policy
from moderation.statements import Grounds, compose
from tests.deciding import REASONS
from tests.factories import make_case, make_flag, make_policy
from tests.sor_matrix import DECIDERS, GROUNDS, LANGUAGES, LAW, SOURCES, Row, item_of, rows

RULE = "{item} / {account} / {until} / {countries} / {service} / {{ }}"
LINK = "https://desk.example/appeal/x"
MOST_WORDS = 18
# What people wrote, numbers and names: the same in every language.
SAME = re.compile(rf"[{FIRST_STRONG_ISOLATE}].*[{POP_ISOLATE}]|https://\S+|")
TRANSLATED = [code for code in LANGUAGES if code != "en"]
SENTENCE = re.compile(r"(?<=[.!?:])\s+")


@pytest.fixture
def cases(db: None) -> dict[tuple[Item.Kind, frozenset[Flag.Source]], Case]:
    policy = make_policy(
        public_names=dict.fromkeys(LANGUAGES, "Kindness"), public_texts=dict.fromkeys(LANGUAGES, RULE)
    )
    return {(kind, sources): flagged(kind, sources, policy) for kind, sources in product(Item.Kind, SOURCES)}


def flagged(kind: Item.Kind, sources: Iterable[Flag.Source], policy: Policy) -> Case:
    case = make_case(item=item_of(kind), policy=policy)
    Flag.objects.filter(case=case).delete()
    for source in sources:
        make_flag(case, source=source)
    return case


def grounds_of(case: Case, row: Row, ground: Policy.Ground, decider: tuple[bool, bool]) -> Grounds:
    action = ACTIONS[row.action]
    target = action.target(case.item, row.on)
    assert target is not None
    now = timezone.now()
    return Grounds(
        case=case,
        policy=case.policy,
        measures=[Measure(action, target, row.parameters, list(row.territories))],
        reasoning=REASONS,
        automated=decider[0],
        redress=Redress(LINK, "7RT4D-9MQX2", now),
        ground=ground,
        legal_ground=LAW if ground == Policy.Ground.LAW else "",
        approved=decider[1],
        replaces=now - timedelta(days=2),
    )


def said(grounds: Grounds, code: str) -> list[str]:
    """The lines of the statement for somebody who reads this language, looked at one by one."""
    case = grounds.case
    about_her = case.snapshot if case.item.kind == Item.Kind.ACCOUNT else case.snapshot.author
    assert about_her is not None
    about_her.metadata = {"language": code}
    told = compose(grounds)
    tag = languages.normalise(code)
    assert (told.language, told.direction) == (tag, languages.direction(tag))
    lines = told.text.split("\n")
    for line in lines:
        assert balanced(line), line
        assert "%(" not in line, line
        assert not re.search(r"\{[^ ]|[^ ]\}", line), line
    return lines


def balanced(line: str) -> bool:
    """Each isolate that begins in a line ends in it, and none ends that did not begin."""
    depth = 0
    for character in line:
        depth += (character == FIRST_STRONG_ISOLATE) - (character == POP_ISOLATE)
        if depth < 0:
            return False
    return depth == 0


def test_no_sentence_is_left_in_english(
    cases: dict[tuple[Item.Kind, frozenset[Flag.Source]], Case],
) -> None:
    """Every action in every language; ground, source and who decided by turns, and all of them in every language."""
    count: Counter[str] = Counter()
    turns = cycle(product(GROUNDS, SOURCES, DECIDERS))
    plain = Row("warn", Item.Kind.CONTENT, on="item")
    combinations = [(row, *next(turns)) for row in rows()]
    combinations += [(plain, *each) for each in product(GROUNDS, SOURCES, DECIDERS)]
    for row, ground, sources, decider in combinations:
        grounds = grounds_of(cases[row.kind, sources], row, ground, decider)
        english = set(said(grounds, "en"))
        for code in TRANSLATED:
            same = english & set(said(grounds, code))
            assert all(SAME.fullmatch(line) for line in same), (code, same)
            count[code] += 1
    assert len(count) == len(TRANSLATED)
    assert min(count.values()) > 150


def test_each_sentence_is_short_in_english(
    cases: dict[tuple[Item.Kind, frozenset[Flag.Source]], Case],
) -> None:
    """Level B1: short sentences. What people wrote is as long as they wrote it."""
    sentences = set()
    for row, ground, decider in product(rows(), GROUNDS, DECIDERS):
        grounds = grounds_of(cases[row.kind, SOURCES[-2]], row, ground, decider)
        for line in said(grounds, "en"):
            ours = re.sub(rf"{FIRST_STRONG_ISOLATE}.*{POP_ISOLATE}", "…", line)
            sentences |= set(SENTENCE.split(ours))
    long = {each for each in sentences if len(each.split()) > MOST_WORDS}
    assert not long
    assert len(sentences) > 60


def test_a_law_is_told_instead_of_the_terms(
    cases: dict[tuple[Item.Kind, frozenset[Flag.Source]], Case],
) -> None:
    case = cases[Item.Kind.CONTENT, SOURCES[0]]
    grounds = grounds_of(case, Row("remove", Item.Kind.CONTENT), Policy.Ground.LAW, (False, False))
    terms = "This rule is part of the terms of this service."
    text = "\n".join(said(grounds, "en"))
    assert f"We think that this breaks the law: {isolate(LAW)}" in text
    assert terms not in text
    assert terms in "\n".join(said(replace(grounds, ground=Policy.Ground.TERMS), "en"))
