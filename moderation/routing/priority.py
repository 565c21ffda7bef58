"""Priority: how pressing a case is, in points, each part with its words. Pure."""

from __future__ import annotations

import math
from typing import Any, Final

from moderation.models import Flag
from moderation.routing.facts import Facts

# Points are added up, and each part is shown with its words: nothing is weighed in secret.
SEVERITY_POINTS: Final = 100
SCORE_POINTS: Final = 50
SOURCE_POINTS: Final = {
    Flag.Source.AUTHORITY: (80, "ordered or reported by an authority"),
    Flag.Source.TRUSTED_FLAGGER: (60, "reported by a trusted flagger"),
    Flag.Source.USER_NOTICE: (20, "reported by a person"),
}
MOST_FLAG_POINTS: Final = 40
MOST_REACH_POINTS: Final = 20

Reasons = list[list[Any]]  # [[points, words], …]


def prioritise(facts: Facts) -> tuple[int, Reasons]:
    """How pressing a case is: the points, and for each part of them the words."""
    reasons: Reasons = [[SEVERITY_POINTS * facts.severity, f"severity {facts.severity} of 5"]]
    if facts.best_score is not None:
        reasons.append([round(SCORE_POINTS * facts.best_score), f"best score {facts.best_score:.2f}"])
    bonus = max((SOURCE_POINTS[Flag.Source(s)] for s in facts.sources if s in SOURCE_POINTS), default=None)
    if bonus:
        reasons.append(list(bonus))
    if facts.flags > 1:
        points = min(MOST_FLAG_POINTS, round(10 * math.log2(facts.flags)))
        reasons.append([points, f"{facts.flags} flags"])
    if facts.reach:
        points = min(MOST_REACH_POINTS, round(4 * math.log10(1 + facts.reach)))
        reasons.append([points, f"reach {facts.reach:,}"])
    return sum(points for points, _ in reasons), reasons
