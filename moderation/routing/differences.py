"""Differences: what one order of rules has that another has not, in words. Pure; no tables."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext

from moderation.routing import sentences
from moderation.routing.sentences import Names
from moderation.routing.written import DEFAULTS, Rule, with_defaults


def differences(
    before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]], names: Names
) -> list[str]:
    """One line for each thing that is different, in the order of the rules as they are after."""
    old, new = [with_defaults(each) for each in before], [with_defaults(each) for each in after]
    pairs = paired(old, new)
    gone = set(range(len(old))) - {match for match in pairs if match is not None}
    lines = [gettext("“%(name)s” is gone") % {"name": old[each]["name"]} for each in sorted(gone)]
    moved = _moved(pairs)
    for number, (rule, match) in enumerate(zip(new, pairs, strict=True), start=1):
        if match is None:
            words = gettext("“%(name)s” is new, as rule %(number)s: %(sentence)s")
            sentence = sentences.of(rule, names)
            lines.append(words % {"name": rule["name"], "number": number, "sentence": sentence.text})
            continue
        lines += _changed(old[match], rule, names)
        if match in moved:
            words = gettext("“%(name)s” moves from place %(before)s to %(after)s")
            lines.append(words % {"name": rule["name"], "before": match + 1, "after": number})
    return lines


def paired(old: Sequence[Rule], new: Sequence[Rule]) -> list[int | None]:
    """For each new rule the index of the old one that it is: by name, else by all but the name, else by place."""
    pairs: list[int | None] = [None] * len(new)
    free = dict(enumerate(old))

    def match(index: int, found: int | None) -> None:
        if found is not None:
            pairs[index] = found
            del free[found]

    for index, rule in enumerate(new):
        match(index, next((at for at, each in free.items() if each["name"] == rule["name"]), None))
    for index, rule in enumerate(new):
        if pairs[index] is None:
            same = {"name": rule["name"]}
            match(index, next((at for at, each in free.items() if {**each, **same} == rule), None))
    if len(old) == len(new):
        for index in range(len(new)):
            if pairs[index] is None and index in free:
                match(index, index)
    return pairs


def _moved(pairs: Sequence[int | None]) -> set[int]:
    """The old indices of the fewest rules that must have been moved to come to this order."""
    kept_new = [each for each in pairs if each is not None]
    kept_old = sorted(kept_new)
    blocks = difflib.SequenceMatcher(None, kept_old, kept_new, autojunk=False).get_matching_blocks()
    stayed = {kept_old[block.a + step] for block in blocks for step in range(block.size)}
    return set(kept_old) - stayed


def _changed(old: Rule, new: Rule, names: Names) -> list[str]:
    lines = []
    name = new["name"]
    if old["name"] != name:
        lines.append(gettext("“%(old)s” is called “%(name)s”") % {"old": old["name"], "name": name})
    if old["enabled"] != new["enabled"]:
        words = (
            gettext("“%(name)s” is switched on") if new["enabled"] else gettext("“%(name)s” is switched off")
        )
        lines.append(words % {"name": name})
    for key in DEFAULTS:
        if key in ("name", "enabled") or old[key] == new[key]:
            continue
        words = gettext("“%(name)s”: %(what)s: %(before)s → %(after)s")
        told = {
            "name": name,
            "what": sentences.LABELS[key],
            "before": sentences.value(key, old, names),
            "after": sentences.value(key, new, names),
        }
        lines.append(words % told)
    return lines
