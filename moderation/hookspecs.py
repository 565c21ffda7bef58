"""Every hook that Fairlead calls. Register an implementation with a module named in FAIRLEAD_PLUGINS, or from an app.

The one place where a lower app speaks to a higher one, and where third parties add to the product. Each hook has a
section in docs/hooks.md; a test fails on one that has not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from accounts.models import User
    from moderation.actions import Action
    from moderation.detectors.interface import Detector
    from moderation.models import Case, Decision, Flag, Item

hookspec = pluggy.HookspecMarker("fairlead")
hookimpl = pluggy.HookimplMarker("fairlead")


@dataclass(frozen=True)
class Redress:
    """Where a person can complain about a decision: the link and short code in her statement, and until when."""

    url: str
    code: str
    until: datetime


@dataclass(frozen=True)
class Waiting:
    """A case that waits for somebody outside the desk, and until when."""

    case: Case
    until: datetime


@hookspec
def detectors() -> Sequence[Detector]:  # type: ignore[empty-body]
    """The detectors that screen each snapshot."""


@hookspec(firstresult=True)
def redress(decision: Decision, notices: Sequence[Flag | None]) -> Sequence[Redress] | None:
    """How this decision can be appealed, one for each of ``notices`` in their order: by whoever sent the notice, which
    led to nothing; by the person affected where there is None in its place.

    Called while the decision is being written, once for all who are told of it at that moment.
    """


@hookspec(firstresult=True)
def translate(text: str, source: str, target: str) -> str | None:
    """A text in another language, for a moderator who does not read it; None where this plugin cannot."""


@hookspec
def decided(decision: Decision) -> None:
    """A decision was made. Called in its transaction, when everything else of it is written: raising undoes it."""


@hookspec
def took_part(case: Case, moderator: User) -> None:
    """Somebody has a part in a case that is decided, or will be: she was consulted, or answered as a second person.

    Called in that transaction.
    """


@hookspec
def undone(decision: Decision) -> None:
    """A decision was undone before anything of it was sent. Called in that transaction: raising undoes the undoing."""


@hookspec
def actions() -> Sequence[Action]:  # type: ignore[empty-body]
    """More actions for the registry, asked once when a process starts."""


@hookspec(firstresult=True)
def case_page(case: Case) -> str | None:
    """The URL of the page on which this case is reviewed, where it is not the console's own (an appeal's)."""


@hookspec
def waits_for(moderator: User) -> Sequence[Waiting]:  # type: ignore[empty-body]
    """The cases that this moderator let wait for somebody outside the desk: for her board."""


@hookspec
def said_of(decisions: Sequence[int]) -> Mapping[int, str]:  # type: ignore[empty-body]
    """What else there is to say of these decisions (ids), in a line each: for the history of who made them."""


@hookspec
def purge(cases: Sequence[int]) -> Mapping[str, int]:  # type: ignore[empty-body]
    """The content of these decided cases goes now, for good: redact what you keep of it, and say how much by name.

    Called in the transaction of a batch.
    """


@hookspec
def personal_data(account: Item) -> Mapping[str, Sequence[Mapping[str, Any]]]:  # type: ignore[empty-body]
    """What you hold about the person behind an account, as rows of JSON by name: for her copy. Nobody else's data."""
