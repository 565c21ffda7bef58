"""The sentences of a payload: standard wording in English (the Commission asks for that), and no personal data.

The moderator's reasons are left out on purpose: they are free text, may quote whoever wrote or reported, and nobody
checks them for personal data before they would be public for years (Art. 24(5) forbids it). Of what people typed only
what an admin wrote as the rule goes in, and the law that a moderator named.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from babel import Locale
from babel.lists import format_list
from django.utils import translation

from moderation.actions import ACTIONS
from moderation.isolates import without_marks
from moderation.models import Flag, Item, Policy, Snapshot
from moderation.statements.policy_texts import fill
from transparency.sor.facts import Facts, Restriction

THINGS: Final = {Item.Kind.CONTENT: "content", Item.Kind.ACCOUNT: "account", Item.Kind.AD: "advertisement"}
FOUND: Final = {
    Flag.Source.DETECTOR: "It was found by automated means.",
    Flag.Source.USER_NOTICE: "It was reported in a notice.",
    Flag.Source.TRUSTED_FLAGGER: "It was reported in a notice by a trusted flagger.",
    Flag.Source.AUTHORITY: "It was reported by a public authority.",
    Flag.Source.OWN_INITIATIVE: "It was found by the service's own staff.",
}
FOLLOWERS_ONLY: Final = "Only followers of the account can see it and its posts."
ENGLISH: Final = Locale("en")


def cut(text: str, most: int) -> str:
    """At most so many characters, cut after a word where there is one, and marked as cut."""
    text = " ".join(text.split())
    if len(text) <= most:
        return text
    kept = text[: most - 1]
    at = kept.rfind(" ")
    return (kept[:at] if at > most // 2 else kept).rstrip() + "…"


def decision_facts(facts: Facts) -> str:
    return " ".join(_sentences(facts))


def _sentences(facts: Facts) -> Iterator[str]:
    article = "an" if facts.kind != Item.Kind.CONTENT else "a piece of"
    yield f"The decision is about {article} {THINGS[facts.kind]} on the service “{facts.service}”."
    if facts.snapshot.disclosure == Snapshot.Disclosure.METADATA_ONLY:
        yield "Only technical data was looked at, and no content."
    yield from (sentence for source, sentence in FOUND.items() if source in facts.sources)
    if facts.automated:
        yield (
            "Automated means proposed the decision, and a person agreed."
            if facts.approved
            else "Automated means made the decision, without a person."
        )
    else:
        yield "A person made the decision." + (" A second person agreed." if facts.approved else "")
    if facts.ground == Policy.Ground.LAW:
        yield f"It was considered illegal on the legal ground given. The service's rule is “{facts.terms.name}”."
    else:
        yield f"It was considered incompatible with the service's rule “{facts.terms.name}”."
    territories = sorted({code for each in facts.restrictions for code in each.territories})
    if territories:
        names = [ENGLISH.territories.get(code, code) for code in territories]
        yield f"Where a restriction is limited to countries, these are: {format_list(names, locale=ENGLISH)}."


def explanation(facts: Facts) -> str:
    """Why it breaks the rule or the law: the rule in English, as people are shown it, without naming anybody."""
    thing = THINGS[facts.kind]
    judged = (
        "illegal on the legal ground given"
        if facts.ground == Policy.Ground.LAW
        else "incompatible with this part of the service's terms"
    )
    said = f"The {thing} was considered {judged}, because it breaks the service's rule “{facts.terms.name}”."
    text = facts.terms.public_texts.get("en", "")
    if not text.strip():
        return said
    values = {
        "item": lambda: f"this {thing}",
        "account": lambda: "this account",
        "until": lambda: "the end of the restriction",
        "countries": lambda: "the countries of the restriction",
        "service": lambda: facts.service,
    }
    return f"{said} The rule says: {without_marks(fill(text, values))}"


def other_visibility(restriction: Restriction) -> str:
    """What a restriction is that the database has no word for."""
    if (restriction.action, restriction.how) == ("restrict", "limit_visibility"):
        return FOLLOWERS_ONLY
    with translation.override("en"):
        action = ACTIONS.get(restriction.action)
        return f"An action of this service's own: {action.label if action else restriction.action}."
