"""What every action is asked: on what it can be taken, what it needs to be told, who must agree, and how it is told.

Its slug is stored in policies, queues, decisions and enforcements and goes out in webhooks: it never changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.db.models import TextChoices
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pydantic import AwareDatetime, BaseModel, ConfigDict, field_validator

from moderation.models import Item

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

CONTENT, ACCOUNT, AD = Item.Kind.CONTENT, Item.Kind.ACCOUNT, Item.Kind.AD


class Place(TextChoices):
    """On what an action is carried out, when the case is about an item."""

    ITEM = "item", _("on this")
    AUTHOR = "author", _("on its author's account")


class Parameters(BaseModel):
    """What an action needs to be told. Unknown names are refused: a misspelt one must not be lost in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Until(Parameters):
    """``until``: when it ends by itself, an ISO 8601 time with its zone; null for "without an end"."""

    until: AwareDatetime | None = None

    @field_validator("until")
    @classmethod
    def _ends_in_the_future(cls, until: AwareDatetime | None) -> AwareDatetime | None:
        if until is not None and until <= timezone.now():
            raise ValueError(gettext("The end must be in the future"))
        return until


class Action:
    """What every action is asked. Subclasses say how they differ."""

    slug: ClassVar[str]
    label: ClassVar[_StrPromise]
    # What taking it back is called.
    reverse_label: ClassVar[_StrPromise]
    # The kinds of item that it can be carried out on.
    targets: ClassVar[frozenset[Item.Kind]] = frozenset({CONTENT, ACCOUNT, AD})
    # Where, when a case is about an item with an author: the first is meant where nobody says. An account has none.
    places: ClassVar[tuple[Place, ...]] = (Place.ITEM,)
    no_target: ClassVar[_StrPromise] = _("This is not possible on this kind of item")
    parameters: ClassVar[type[Parameters]] = Parameters
    # It waits for a second, different person (moderation/approvals.py) before anything of it goes out.
    held: ClassVar[bool] = False
    # Clearances (slugs) without which nobody approves it, besides the right to approve.
    approval_clearances: ClassVar[frozenset[str]] = frozenset()
    # It holds something against the person affected: she is told why, and she can complain.
    restricts: ClassVar[bool] = True
    # What it is told stays with those who are cleared for it: neither the decision nor the platform carries it.
    confidential: ClassVar[bool] = False
    # It counts as a strike against the account.
    strikes: ClassVar[bool] = True
    # It is carried out by the platform, which is told by webhook.
    enforced: ClassVar[bool] = True
    # It can be part of a decision. Escalating moves the case instead.
    decides: ClassVar[bool] = True
    # It can be limited to some countries.
    territorial: ClassVar[bool] = False
    # It goes on, for good or until a time; a warning is given once.
    lasts: ClassVar[bool] = False
    # It is possible under every policy and in every queue.
    always: ClassVar[bool] = False

    def target(self, item: Item, place: str = "") -> Item | None:
        """On what it is carried out when the case is about ``item``; None where it cannot be.

        ``place`` is a Place of this action, or empty for the first at which it is possible.
        """
        return next(
            (found for at in self.places if place in ("", at) and (found := self._at(at, item))), None
        )

    def places_on(self, item: Item) -> list[Place]:
        """Where it can be carried out when the case is about ``item``."""
        return [place for place in self.places if self._at(place, item)]

    def _at(self, place: Place, item: Item) -> Item | None:
        # An account has no author: what would be done to the author is done to itself.
        found = item if place == Place.ITEM or item.kind == ACCOUNT else item.author
        return found if found is not None and found.kind in self.targets else None

    def check(self, target: Item, parameters: Any) -> str | None:
        """What is wrong with these parameters on this target, in words; None where nothing is."""
        return None

    def needs_territories(self, parameters: Any) -> bool:
        """Whether it means nothing without naming countries."""
        return False

    def told(self, item: Item, parameters: dict[str, Any]) -> str:
        """The sentence for the person affected, in the language that is active. ``parameters`` as stored."""
        return ""
