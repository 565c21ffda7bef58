"""What somebody has typed and not sent yet, kept on the server beside what her device keeps.

Older words must never take the place of newer ones, and two clocks are never the same. So each device has a name and
counts the changes that it made: of the same device the higher count is newer, however late or in whichever order
its requests come. Of different devices it goes by how long ago each was typed, each measured by one clock: by the
device's own for what it sends (``age``), by ours for what we keep. And what a device changed after it had seen what we
keep (``seen``) is newer whatever any clock says. The page's script decides in the same way which words it shows
(static/fairlead/appeal-draft.js). Without a script what she sends is what she sees, and counts as the newest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from appeals.filing import clean
from appeals.models import Appeal, AppealDraft
from appeals.opening import Party

FIELDS: Final = ("text", "background", "contact")
# So long after its last day a draft can still be read and copied.
FORGOTTEN_AFTER: Final = 30  # days
_LONGEST_CONTACT: Final = 254  # no address of e-mail is longer


@dataclass(frozen=True)
class Typed:
    """When a device typed what it sends: its name, its count of changes, how long ago, and what it had seen of ours."""

    device: str = ""
    revision: int = 0
    age: timedelta = timedelta(0)
    seen: int = 0


class OlderWords(Exception):
    """What was sent is older than what is kept; here that is."""

    def __init__(self, draft: AppealDraft) -> None:
        super().__init__(draft)
        self.draft = draft


def draft_of(party: Party) -> AppealDraft | None:
    return _drafts(party).first()


def keep(party: Party, fields: Mapping[str, str], language: str, typed: Typed = Typed()) -> AppealDraft:
    """Keep these words in place of what was kept before. ``language`` (BCP 47) is the page's."""
    with transaction.atomic():
        draft, _ = (
            _drafts(party)
            .select_for_update()
            .get_or_create(decision=party.decision, reply=party.reply, defaults={"language": language})
        )
        for name in FIELDS:
            setattr(draft, name, clean(fields.get(name, "")))
        draft.contact = draft.contact[:_LONGEST_CONTACT]
        draft.language = language
        draft.device, draft.revision = typed.device, typed.revision
        draft.save()
    return draft


def keep_if_newer(party: Party, fields: Mapping[str, str], language: str, typed: Typed) -> AppealDraft:
    """The same for words that a device sends by itself, perhaps late. Raises OlderWords."""
    with transaction.atomic():
        draft = _drafts(party).select_for_update().first()
        if draft is not None and not _newer(typed, draft):
            raise OlderWords(draft)
        return keep(party, fields, language, typed)


def fields_of(draft: AppealDraft | None) -> dict[str, str]:
    return {name: getattr(draft, name) for name in FIELDS} if draft else {}


def version_of(draft: AppealDraft | None) -> int:
    """What a device is told that it has seen: microseconds of our clock, 0 where nothing is kept."""
    return round(draft.saved_at.timestamp() * 1_000_000) if draft else 0


def age_of(draft: AppealDraft | None) -> int:
    """For how long it is kept, in milliseconds."""
    return round((timezone.now() - draft.saved_at) / timedelta(milliseconds=1)) if draft else 0


def forget_old(days: int = FORGOTTEN_AFTER) -> int:
    """Delete drafts, with their files, that nobody could send for so many days. How many they were."""
    before = timezone.now() - timedelta(days=days)
    over = (
        AppealDraft.objects.filter(saved_at__lt=before)
        .annotate(until=Coalesce("reply__appeal_until", Max("decision__statements__appeal_until")))
        .filter(Q(until=None) | Q(until__lt=before))
    )
    # Asked once more: another six months from the answer, which whoever reads the answer may begin at any time.
    answered = Appeal.objects.filter(decided_at__gte=before - timedelta(days=190)).values("decision")
    gone = AppealDraft.objects.filter(pk__in=over.exclude(decision__in=answered).values("pk"))
    return gone.delete()[1].get("appeals.AppealDraft", 0)


def _drafts(party: Party) -> QuerySet[AppealDraft]:
    return AppealDraft.objects.filter(decision=party.decision, reply=party.reply)


def _newer(typed: Typed, draft: AppealDraft) -> bool:
    if typed.device and typed.device == draft.device:
        return typed.revision >= draft.revision
    return typed.seen >= version_of(draft) or timezone.now() - typed.age > draft.saved_at
