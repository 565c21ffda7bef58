"""The payload that the DSA Transparency Database takes, or nothing where there is nothing to tell it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

from moderation.models import Flag, Item, Policy, Statement
from transparency.sor import words
from transparency.sor.facts import Facts, Restriction, facts_of
from transparency.sor.mapping import (
    ACCOUNT,
    APPS,
    DISABLED,
    MEDIA,
    MONETARY,
    NO_RESTRICTION,
    OTHER_VISIBILITY,
    OWN_INITIATIVE,
    REMOVED,
    SOURCES,
    TERRITORIES,
    VISIBILITY,
    content_language,
)

EARLIEST_CONTENT: Final = date(2000, 1, 1)
LATEST: Final = date(2038, 1, 1)
SHORT: Final = 500
EXPLANATION: Final = 2000
FACTS: Final = 5000


def payload(statement: Statement) -> dict[str, Any] | None:
    """The statement as the database's API takes it, valid under ``statementStrict``; keys without a value are left out.

    None where it restricts nothing: it only warns, it was withdrawn before it went out, there was nothing left to
    restrict, or what it tells of was told before, with the decision that it replaced.
    """
    return compose(facts_of(statement))


def compose(facts: Facts) -> dict[str, Any] | None:
    """As ``payload``."""
    restricting = [each for each in facts.restrictions if each.action not in NO_RESTRICTION]
    if not restricting:
        return None
    applies = _day(facts.applies_from)
    return {
        **_visibility(restricting, applies),
        **_money(restricting, applies),
        **_account(restricting, applies),
        **_ground(facts),
        **_content(facts, applies),
        **_category(facts),
        **_territories(restricting),
        "application_date": applies.isoformat(),
        "decision_facts": words.cut(words.decision_facts(facts), FACTS),
        "source_type": next(
            (code for source, code in SOURCES.items() if source in facts.sources), OWN_INITIATIVE
        ),
        "automated_detection": "Yes" if Flag.Source.DETECTOR in facts.sources else "No",
        "automated_decision": _automated(facts),
        "puid": facts.puid,
    }


def _visibility(restrictions: Sequence[Restriction], applies: date) -> dict[str, Any]:
    found = [each for each in restrictions if each.action not in MONETARY and each.action not in ACCOUNT]
    if not found:
        return {}
    codes = {_visibility_code(each) for each in found}
    others = sorted(
        {words.other_visibility(each) for each in found if _visibility_code(each) == OTHER_VISIBILITY}
    )
    return {
        "decision_visibility": sorted(codes),
        **({"decision_visibility_other": words.cut(" ".join(others), SHORT)} if others else {}),
        **_end("end_date_visibility_restriction", found, applies),
    }


def _visibility_code(restriction: Restriction) -> str:
    code = VISIBILITY.get((restriction.action, restriction.how), OTHER_VISIBILITY)
    return DISABLED if code == REMOVED and restriction.territories else code


def _money(restrictions: Sequence[Restriction], applies: date) -> dict[str, Any]:
    found = [each for each in restrictions if each.action in MONETARY]
    if not found:
        return {}
    until, for_good = MONETARY[found[0].action]
    ends = all(each.ends_at for each in found)
    return {
        "decision_monetary": until if ends else for_good,
        **_end("end_date_monetary_restriction", found, applies),
    }


def _account(restrictions: Sequence[Restriction], applies: date) -> dict[str, Any]:
    gravest = next((action for action in ACCOUNT if any(r.action == action for r in restrictions)), None)
    if gravest is None:
        return {}
    found = [each for each in restrictions if each.action == gravest]
    return {"decision_account": ACCOUNT[gravest], **_end("end_date_account_restriction", found, applies)}


def _end(name: str, restrictions: Iterable[Restriction], applies: date) -> dict[str, str]:
    """The last end of these, never before they begin. Left out (which means: without an end) where one has none, and
    where it is later than any date that the database takes.
    """
    ends = [_day(each.ends_at) if each.ends_at else None for each in restrictions]
    known = [end for end in ends if end]
    if len(known) < len(ends) or max(known) > LATEST:
        return {}
    return {name: max(*known, applies).isoformat()}


def _ground(facts: Facts) -> dict[str, str]:
    explained = words.cut(words.explanation(facts), EXPLANATION)
    if facts.ground == Policy.Ground.LAW:
        return {
            "decision_ground": "DECISION_GROUND_ILLEGAL_CONTENT",
            "illegal_content_legal_ground": words.cut(facts.legal_ground, SHORT),
            "illegal_content_explanation": explained,
        }
    return {
        "decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
        "incompatible_content_ground": words.cut(f"Rule “{facts.terms.name}”", SHORT),
        "incompatible_content_explanation": explained,
    }


def _content(facts: Facts, applies: date) -> dict[str, Any]:
    snapshot = facts.snapshot
    types, other = _content_types(facts)
    # When it came to be; where nobody knows, when we saw it, and never later than the restriction.
    created = min(_day(snapshot.created_at or snapshot.captured_at), applies)
    language = content_language(facts.language)
    return {
        "content_type": types,
        **({"content_type_other": other} if other else {}),
        "content_date": max(created, EARLIEST_CONTENT).isoformat(),
        **({"content_language": language} if language else {}),
    }


def _content_types(facts: Facts) -> tuple[list[str], str]:
    """Of what it consists, and the words for what the database has none for."""
    if facts.kind == Item.Kind.ACCOUNT:
        return ["CONTENT_TYPE_OTHER"], "Account"
    snapshot = facts.snapshot
    found = {"CONTENT_TYPE_TEXT"} if snapshot.text.strip() else set()
    unknown = False
    for medium in snapshot.media:
        mime = str(medium.get("mime") or "").partition(";")[0].strip().lower()
        code = "CONTENT_TYPE_APP" if mime in APPS else MEDIA.get(mime.partition("/")[0])
        if code:
            found.add(code)
        else:
            unknown = True
    if not found and not unknown:
        thing = words.THINGS[facts.kind].capitalize()
        known = "no copy of which is kept" if snapshot.purged_at else "of which only technical data is known"
        return ["CONTENT_TYPE_OTHER"], f"{thing} {known}"
    if unknown:
        return sorted(found | {"CONTENT_TYPE_OTHER"}), "File of another type"
    return sorted(found), ""


def _category(facts: Facts) -> dict[str, Any]:
    terms = facts.terms
    return {
        "category": terms.dsa_category,
        **({"category_specification": [terms.dsa_keyword]} if terms.dsa_keyword else {}),
    }


def _territories(restrictions: Sequence[Restriction]) -> dict[str, list[str]]:
    """The countries of the Union and the EEA to which all of it is limited; left out where something is not limited.

    Also left out where it is limited to other countries alone, which the database cannot say: ``decision_facts`` does.
    """
    if not all(each.territories for each in restrictions):
        return {}
    found = sorted(TERRITORIES.intersection(*[{c for each in restrictions for c in each.territories}]))
    return {"territorial_scope": found} if found else {}


def _automated(facts: Facts) -> str:
    """Of the decision alone, whatever found it: a machine's proposal to which a person agreed is partly automated."""
    if not facts.automated:
        return "AUTOMATED_DECISION_NOT_AUTOMATED"
    return "AUTOMATED_DECISION_PARTIALLY" if facts.approved else "AUTOMATED_DECISION_FULLY"


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()
