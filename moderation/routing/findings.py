"""Findings: what is wrong, or worth a warning, with rules before they are saved. Reads the desk; changes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import langcodes
from babel import Locale
from django.utils import timezone
from django.utils.translation import gettext

from accounts.models import Clearance, Platform
from moderation import languages
from moderation.conditions import in_range
from moderation.eligibility import loading
from moderation.eligibility import steps as language_steps
from moderation.eligibility.desk import Asked, Desk, LaneKey
from moderation.models import Case, Flag, Item, Policy, Snapshot
from moderation.routing.requirements import digest_of
from moderation.routing.shadows import caught_before, values_caught_before
from moderation.routing.written import Finding, Rule, read

# Languages that are named in one warning.
MOST_NAMED: Final = 5


@dataclass(frozen=True)
class Known:
    """What rules may name: condition → its accepted values; and the desk as it is."""

    values: Mapping[str, frozenset[str]]
    clearances: frozenset[str]
    desk: Desk


def known() -> Known:
    """Three statements, and those of the desk: as it is now, so that no pause of a moment ago is missed."""
    return Known(
        {
            "policy": frozenset(Policy.objects.values_list("slug", flat=True)),
            "platform": frozenset(Platform.objects.values_list("slug", flat=True)),
            "origin": frozenset(Case.Origin.values),
            "source": frozenset(Flag.Source.values),
            "item_kind": frozenset(Item.Kind.values),
            "disclosure": frozenset(Snapshot.Disclosure.values),
            "country": frozenset(code for code in map(str, Locale("en").territories) if len(code) == 2),
        },
        frozenset(Clearance.objects.values_list("slug", flat=True)),
        loading.load(timezone.now()),
    )


def check(written: object, standing: Sequence[Rule], desk: Known) -> list[Finding]:
    """What is wrong with these rules, errors and warnings, in the order of the rules.

    ``standing`` are the rules as they are now: a rule that leads to a paused queue already is warned of, a new one
    is refused.
    """
    understood = read(written)
    findings = list(understood.findings)
    if understood.wrong & {0}:
        return findings
    rules = understood.rules
    sound = [(number, rule) for number, rule in enumerate(rules, start=1) if number not in understood.wrong]
    findings += _names_twice(rules)
    for number, rule in sound:
        findings += [Finding(number, where, words) for where, words in _unknown(rule, desk)]
        findings += [Finding(number, where, words) for where, words in _never_open(rule, desk)]
        if rule["enabled"] and rule["queue"] in _paused(desk.desk):
            findings.append(_to_paused(number, rule, standing))
    findings += _shadows(sound)
    nameable = {number for number, _ in sound} - {each.number for each in findings if each.level == "error"}
    for number, rule in sound:
        if number in nameable and rule["enabled"]:
            findings += [
                Finding(number, where, words, "warning") for where, words in _nobody(rule, desk.desk)
            ]
    if not understood.wrong and not any(rule["enabled"] and not rule["conditions"] for rule in rules):
        words = gettext(
            "No rule catches everything: what none of them catches goes to the queue “general”, or to the "
            "oldest. A last rule without conditions would say where it goes."
        )
        findings.append(Finding(0, "", words, "warning"))
    return sorted(findings, key=lambda each: each.number)


def _names_twice(rules: Sequence[Rule]) -> Iterator[Finding]:
    numbers: defaultdict[str, list[int]] = defaultdict(list)
    for number, rule in enumerate(rules, start=1):
        numbers[rule["name"]].append(number)
    for name, same in numbers.items():
        for number in same if name and len(same) > 1 else ():
            other = next(each for each in same if each != number)
            yield Finding(number, "name", gettext("Rule %(number)s has this name too") % {"number": other})


def _unknown(rule: Rule, desk: Known) -> Iterator[tuple[str, str]]:
    """What a rule names that is not there."""
    if rule["queue"] not in {each.slug for each in desk.desk.queues.values()}:
        yield "queue", gettext("There is no queue “%(slug)s”") % {"slug": rule["queue"]}
    for slug in rule["clearances"]:
        if slug not in desk.clearances:
            yield "clearances", gettext("There is no clearance “%(slug)s”") % {"slug": slug}
    for key, values in desk.values.items():
        for value in rule["conditions"].get(key, []):
            if value not in values:
                yield key, gettext("“%(value)s” is not known here") % {"value": value}


def _never_open(rule: Rule, desk: Known) -> Iterator[tuple[str, str]]:
    if not desk.desk.translates:
        for number, step in enumerate(rule["steps"], start=1):
            if step.get("reads") == "any":
                words = gettext("Step %(number)s can never open: nothing here translates")
                yield "steps", words % {"number": number}


def _paused(desk: Desk) -> set[str]:
    return {each.slug for each in desk.queues.values() if each.paused}


def _to_paused(number: int, rule: Rule, standing: Sequence[Rule]) -> Finding:
    name = rule["queue"]
    if any(
        each["name"] == rule["name"] and each["enabled"] and each["queue"] == rule["queue"]
        for each in standing
    ):
        words = gettext("The queue “%(name)s” is paused: what this rule catches waits until it goes on")
        return Finding(number, "queue", words % {"name": name}, "warning")
    words = gettext("The queue “%(name)s” is paused: nobody would be given what this rule catches")
    return Finding(number, "queue", words % {"name": name})


def _shadows(rules: Sequence[tuple[int, Rule]]) -> Iterator[Finding]:
    earlier: list[tuple[int, Mapping[str, Any]]] = []
    for number, rule in rules:
        if not rule["enabled"]:
            continue
        by = caught_before(rule["conditions"], earlier)
        if by:
            numbers = ", ".join(str(each) for each in by)
            words = gettext(
                "This rule never catches anything: all that it could is caught before, by rule %(by)s"
            )
            yield Finding(number, "conditions", words % {"by": numbers}, "warning")
        else:
            for key, value, caught_by in values_caught_before(rule["conditions"], earlier):
                words = gettext("“%(value)s” never counts here: rule %(by)s catches it before")
                yield Finding(number, key, words % {"value": value, "by": caught_by}, "warning")
        earlier.append((number, rule["conditions"]))


def _nobody(rule: Rule, desk: Desk) -> Iterator[tuple[str, str]]:
    """Whom a rule leaves its cases to: nobody, or nobody in some language that it asks for."""
    queue = next(each for each in desk.queues.values() if each.slug == rule["queue"])
    if queue.paused:
        return
    digest = digest_of(rule["clearances"], rule["steps"])
    asked = Asked(frozenset(rule["clearances"]), language_steps.parse(rule["steps"]) if rule["steps"] else ())
    desk = replace(desk, requirements={**desk.requirements, digest: asked})
    any_language = LaneKey(queue.id, languages.UNDETERMINED, digest)
    if desk.has_nobody(any_language):
        needed = ", ".join(sorted(desk.clearances_of(any_language)))
        if needed:
            words = gettext("Nobody who could be given cases there has all these clearances: %(needed)s")
            yield "clearances" if rule["clearances"] else "queue", words % {"needed": needed}
        else:
            yield "queue", gettext("Nobody could ever be given a case there")
        return
    unread = [
        tag
        for tag in _languages_of(rule, desk)
        if tag not in languages.SPECIAL and desk.has_nobody(LaneKey(queue.id, tag, digest))
    ]
    if unread:
        names = ", ".join(f"{languages.endonym(tag)} ({tag})" for tag in unread[:MOST_NAMED])
        more = f" +{len(unread) - MOST_NAMED}" if len(unread) > MOST_NAMED else ""
        words = gettext("Nobody could ever take what it catches in: %(languages)s")
        yield "language", words % {"languages": names + more}


def _languages_of(rule: Rule, desk: Desk) -> list[str]:
    """The languages that a rule asks for by name, and those of its ranges that there has been work in."""
    ranges = rule["conditions"].get("language", [])
    named = {languages.normalise(each) for each in ranges if "*" not in each and langcodes.tag_is_valid(each)}
    seen = {lane.language for lane in desk.lanes if any(in_range(lane.language, each) for each in ranges)}
    return sorted(named | seen)
