"""The generated matrix: action × target × ground × source × language × who decided, each a valid payload."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import combinations, cycle, product
from typing import Any

import jsonschema
import pytest
from django.utils import timezone

from moderation import approvals
from moderation.actions import ACTIONS
from moderation.decisions import JudgedAction, decide
from moderation.models import Case, Item, Policy, Statement
from tests.deciding import REASONS, hold, judgement
from tests.factories import make_case, make_policy, make_user
from tests.sor_matrix import DECIDERS, GROUNDS, LAW, SOURCES, Row, item_of, rows
from transparency.sor import Facts, Restriction, compose, payload
from transparency.sor.mapping import LANGUAGES as DATABASE_LANGUAGES
from transparency.sor.mapping import NO_RESTRICTION, SCHEMA

ALL = tuple(slug for slug, action in ACTIONS.items() if not action.always)
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
FREE_TEXT = {
    "decision_facts": 5000,
    "illegal_content_explanation": 2000,
    "incompatible_content_explanation": 2000,
}
# One for each way in which a tag becomes a code or none; all the others are in test_sor.py.
CONTENT_LANGUAGES = ["en", "pt-BR", "zh-Hant-TW", "fil", "yue", "zxx"]


class Valid:
    """Each payload is valid under ``statementStrict``. Each distinct one goes through the schema; what is only looked
    at by itself there (the language, the length of free text) is looked at here, every time.
    """

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self.count = 0

    def check(self, found: dict[str, Any]) -> None:
        self.count += 1
        shape = dict(found)
        language = shape.pop("content_language", "EN")
        assert language in DATABASE_LANGUAGES
        for name, most in FREE_TEXT.items():
            if name in shape:
                assert 0 < len(shape[name].strip()) <= most
                shape[name] = "x"
        if (key := repr(shape)) not in self.seen:
            self.seen.add(key)
            VALIDATOR.validate(found)


def facts(case: Case, chosen: Iterable[Row], ground: Policy.Ground, **more: Any) -> Facts:
    given: dict[str, Any] = {
        "puid": "0b1c9a52-0f0e-4b0a-9d3c-0d7a5f0e7a11",
        "service": "Harbour",
        "kind": Item.Kind(case.item.kind),
        "snapshot": case.snapshot,
        "language": "en",
        "terms": case.policy,
        "ground": ground,
        "legal_ground": LAW if ground == Policy.Ground.LAW else "",
        "sources": SOURCES[0],
        "automated": False,
        "approved": False,
        "applies_from": timezone.now(),
        "restrictions": [
            Restriction(row.action, row.target, row.parameters, row.territories, row.ends_at)
            for row in chosen
        ],
    }
    return Facts(**given | more)


@pytest.fixture
def cases(db: None) -> dict[Item.Kind, Case]:
    return {kind: make_case(item=item_of(kind)) for kind in Item.Kind}


def test_every_combination_is_a_valid_payload_or_restricts_nothing(cases: dict[Item.Kind, Case]) -> None:
    valid = Valid()
    nothing: Counter[str] = Counter()
    axes = product(rows(), GROUNDS, SOURCES, CONTENT_LANGUAGES, DECIDERS)
    for row, ground, sources, language, (automated, approved) in axes:
        case = cases[row.kind]
        found = compose(
            facts(
                case,
                [row],
                ground,
                sources=sources,
                language=language,
                automated=automated,
                approved=approved,
            )
        )
        if found is None:
            nothing[row.action] += 1
        else:
            valid.check(found)
    assert set(nothing) == set(NO_RESTRICTION)
    assert valid.count > 50_000


def test_every_two_actions_together_are_a_valid_payload(cases: dict[Item.Kind, Case]) -> None:
    valid = Valid()
    for kind, ground in product(Item.Kind, GROUNDS):
        for pair in combinations([row for row in rows() if row.kind == kind], 2):
            found = compose(facts(cases[kind], pair, ground))
            if found is None:
                assert {row.action for row in pair} <= NO_RESTRICTION
            else:
                valid.check(found)
    assert valid.count > 2_000


@pytest.mark.django_db
def test_what_is_really_decided_is_told_in_a_valid_payload() -> None:
    """Through decide() and approve(): each action once on each kind of item and place, on both grounds by turns."""
    policy = make_policy(allowed_actions=[*ALL])
    grounds = cycle(GROUNDS)
    told = 0
    for row in {(row.action, row.kind, row.on, row.parameters.get("how")): row for row in rows()}.values():
        ground = next(grounds)
        statement = really_decided(row, ground, policy)
        found = payload(statement)
        if row.action in NO_RESTRICTION:
            assert found is None
            continue
        told += 1
        assert found is not None, row
        VALIDATOR.validate(found)
        assert found["puid"] == str(statement.puid)
        assert found["decision_ground"].startswith(
            "DECISION_GROUND_ILLEGAL" if ground == Policy.Ground.LAW else "DECISION_GROUND_INCOMPATIBLE"
        )
        assert REASONS not in str(found)
        again = compose(
            facts(
                statement.decision.case,
                [row],
                ground,
                puid=found["puid"],
                terms=policy,
                approved=ACTIONS[row.action].held,
                applies_from=statement.created_at,
            )
        )
        assert again == found
    assert told > 25


def really_decided(row: Row, ground: Policy.Ground, policy: Policy) -> Statement:
    case, moderator, token = hold(item=item_of(row.kind), policy=policy)
    chosen = JudgedAction(row.action, row.parameters, list(row.territories), row.on)
    law = LAW if ground == Policy.Ground.LAW else ""
    decision = decide(case.pk, moderator, token, judgement(chosen, ground=ground.value, legal_ground=law))
    if ACTIONS[row.action].held:
        approvals.approve(decision.approval.pk, make_user(en=5, clearances=("approval",)))
    return decision.statements.get()
