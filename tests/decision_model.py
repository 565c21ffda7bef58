"""What decisions should come to, kept beside the product: a plain reckoning that shares no code with it.

A decision has effect until it is undone, overridden or overturned. What it does is in force on the platform while it
has effect, as far as it does not wait for a second person, is not over, and was not answered with "already gone".
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

# What is done: the item's id, the action, and for a restriction how.
Done = tuple[int, str, str]


@dataclass
class Measure:
    """One action of a decision."""

    done: Done
    held: bool = False
    over: bool = False
    gone: bool = False
    # Kept from the decision that this one replaced: the platform never lost it.
    kept: bool = False

    @property
    def in_force(self) -> bool:
        return not (self.held or self.over or self.gone)


@dataclass
class Decided:
    """One decision."""

    pk: int
    by: int
    item: int
    measures: list[Measure]
    appealed: bool = False
    effect: bool = True
    waits: bool = False
    void: bool = False
    before: Decided | None = None
    struck: bool = False


@dataclass
class Model:
    """Everything that was decided, and what must be in force by now."""

    decisions: list[Decided] = field(default_factory=list)

    def with_effect(self) -> list[Decided]:
        return [each for each in self.decisions if each.effect]

    def in_force(self) -> Counter[Done]:
        """What the platform must have in force once it has heard everything."""
        return Counter(
            measure.done
            for decision in self.with_effect()
            for measure in decision.measures
            if measure.in_force
        )

    def strikes(self) -> set[int]:
        """The decisions (ids) whose strike counts."""
        return {each.pk for each in self.with_effect() if each.struck and not each.void}

    def decide(
        self, pk: int, by: int, item: int, done: list[Done], held: set[str], before: Decided | None = None
    ) -> Decided:
        """A decision, in place of another one if it overrides one."""
        old = [m for m in before.measures if m.in_force] if before else []
        measures = []
        for each in done:
            same = next((m for m in old if m.done == each), None)
            if same is not None:
                old.remove(same)
            measures.append(Measure(each, held=each[1] in held and same is None, kept=same is not None))
        made = Decided(pk, by, item, measures, before=before)
        made.waits = any(measure.held for measure in measures)
        made.struck = any(each[1] not in held for each in done)
        if before is not None:
            before.effect = before.waits = False
        self.decisions.append(made)
        return made

    def undo(self, decision: Decided) -> None:
        decision.effect = decision.waits = False
        if decision.before is not None:
            decision.before.effect = True

    def approve(self, decision: Decided) -> None:
        decision.waits = False
        decision.struck = True
        for measure in decision.measures:
            measure.held = False

    def reject(self, decision: Decided) -> None:
        decision.waits = False
        for measure in decision.measures:
            measure.over = measure.over or measure.held
