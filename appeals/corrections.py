"""Corrections: what readers of a language say is wrong with its texts, and what becomes of that.

Nothing is changed by them: a maintainer puts into the catalogue (locale/) what an admin has taken over.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Final

from babel.messages import Catalog, Message
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import to_locale

from accounts.models import User
from appeals.models import Correction
from moderation import audit

PLACEHOLDER: Final = re.compile(r"%\\\(\w+\\\)[sd]")


class Answered(Exception):
    """Somebody has answered it already."""


@dataclass(frozen=True)
class Found:
    """The text of a catalogue that somebody read; ``filled`` where it stood there with something put into it."""

    message: Message
    form: int
    filled: bool


def send(language: str, text: str, suggestion: str, remark: str) -> Correction:
    """``language`` is a code of settings.LANGUAGES. The same sent twice is one."""
    correction, _new = Correction.objects.get_or_create(
        language=language,
        text=text,
        suggestion=suggestion,
        remark=remark,
        status=Correction.Status.OPEN,
    )
    return correction


def waiting(most: int) -> list[tuple[str, list[Correction]]]:
    """The oldest that nobody has answered, by language. One statement."""
    oldest = Correction.objects.filter(status=Correction.Status.OPEN).order_by("sent_at", "pk")[:most]
    by_language = sorted(oldest, key=lambda each: each.language)
    return [(code, list(group)) for code, group in groupby(by_language, key=lambda each: each.language)]


def answer(correction_id: int, status: Correction.Status, by: User) -> Correction:
    """Take it over or refuse it, once. Raises Correction.DoesNotExist and Answered."""
    with transaction.atomic():
        correction = Correction.objects.select_for_update().get(pk=correction_id)
        if correction.status != Correction.Status.OPEN:
            raise Answered
        correction.status, correction.answered_by, correction.answered_at = status, by, timezone.now()
        correction.save(update_fields=["status", "answered_by", "answered_at"])
        # Not what was written: it may be anything, and an Event stays for ever.
        audit.record(
            "correction.taken" if status == Correction.Status.TAKEN else "correction.refused",
            audit.person(by),
            language=correction.language,
            correction_id=correction.pk,
        )
    return correction


def taken(language: str) -> QuerySet[Correction]:
    """What was taken over, in the order in which it came."""
    return Correction.objects.filter(language=language, status=Correction.Status.TAKEN).order_by(
        "sent_at", "pk"
    )


def as_po(language: str, corrections: Iterable[Correction]) -> str:
    """A fragment of a PO file with these corrections, for whoever maintains the catalogue of this language.

    A text that the catalogue has as it was quoted comes with its msgid; one into which something had been put is
    marked as doubtful, as the suggestion holds it too; what is not found, or suggested in several ways, is a comment.
    What the catalogue already says is left out.
    """
    catalogue = _catalogue(language)
    fragment = Catalog(locale=to_locale(language))
    loose = [f"# Corrections to {language} that were taken over and are not in the catalogue yet."]
    for each in corrections:
        if find(each.suggestion, catalogue):
            continue
        found = find(each.text, catalogue)
        if found is None or (found.message.id, found.message.context) in _keys(fragment):
            loose += ["#", *_as_comment("text", each.text), *_as_comment("better", each.suggestion)]
            loose += _as_comment("remark", each.remark)
            continue
        forms = list(_forms(found.message))
        forms[found.form] = each.suggestion
        fragment.add(
            found.message.id,
            tuple(forms) if found.message.pluralizable else forms[0],
            context=found.message.context,
            flags={"fuzzy"} if found.filled else (),
            user_comments=[f"was: {_forms(found.message)[found.form]}", *_remarks(each.remark)],
        )
    written = io.BytesIO()
    write_po(written, fragment, width=110, omit_header=True)
    return "\n".join([*loose, "", written.getvalue().decode()])


def find(text: str, catalogue: Catalog) -> Found | None:
    """The text of the catalogue that reads like this: exactly, or else, where one alone does, when it is filled in."""
    wanted = _plain(text)
    alike = []
    for message in catalogue:
        for form, said in enumerate(_forms(message)) if message.id else ():
            if _plain(said) == wanted:
                return Found(message, form, filled=False)
            if "%(" in said and _filled_in(_plain(said)).fullmatch(wanted):
                alike.append(Found(message, form, filled=True))
    return alike[0] if len({str(each.message.id) for each in alike}) == 1 else None


@lru_cache(maxsize=4096)
def _filled_in(text: str) -> re.Pattern[str]:
    return re.compile(PLACEHOLDER.sub(".+", re.escape(text)))


def _plain(text: str) -> str:
    """On one line, and without what turns the direction: as it is when it was copied from a page."""
    return " ".join(re.sub("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]", "", text).split())


def _catalogue(language: str) -> Catalog:
    path = Path(settings.LOCALE_PATHS[0]) / to_locale(language) / "LC_MESSAGES" / "django.po"
    if not path.exists():
        return Catalog(locale=to_locale(language))
    with path.open("rb") as file:
        return read_po(file, locale=to_locale(language))


def _keys(fragment: Catalog) -> set[tuple[object, str | None]]:
    return {(message.id, message.context) for message in fragment}


def _forms(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def _remarks(remark: str) -> list[str]:
    return [f"remark: {_plain(remark)}"] if remark else []


def _as_comment(name: str, text: str) -> list[str]:
    """Each line of it a comment, so that nothing that was typed can be an entry."""
    return [f"# {name}: {line}" for line in text.splitlines() if line.strip()]
