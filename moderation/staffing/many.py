"""One change to many people: a language that they read or no longer do, clearances that they get or lose."""

from __future__ import annotations

from dataclasses import dataclass, replace

from moderation.staffing.setups import PersonSetup, SkillSetup


@dataclass(frozen=True)
class Operation:
    """What is done to each. A skill takes the place of the one that somebody has in the same language."""

    skill: SkillSetup | None = None
    no_longer_reads: str = ""
    cleared_for: frozenset[str] = frozenset()
    no_longer_cleared_for: frozenset[str] = frozenset()

    def done_to(self, setup: PersonSetup) -> PersonSetup:
        """The setup after it."""
        if self.no_longer_reads:
            setup = setup.without_skill(self.no_longer_reads)
        if self.skill is not None:
            setup = setup.with_skill(self.skill)
        return replace(setup, clearances=(setup.clearances - self.no_longer_cleared_for) | self.cleared_for)
